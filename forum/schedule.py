"""The recurring jobs, one line each."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from core import backups, durable, failures, incidents, jobs, mail_log, tally, wal
from core.db import writing
from core.events import deliver_outbox
from forum import (
    categories,
    counting,
    digests,
    drafts,
    invitations,
    mailing,
    marking,
    notifications,
    registration,
    sanction_letters,  # noqa: F401  (listens)
    search_index,
    sessions,
    statistics,
    topics,
    uploads,
    users,
)


def flush_tallies() -> None:
    """Writes the views and last-seen times that reading left behind; what could not be written is tried the next time.

    Each kind in a transaction of its own: whoever replies holds first himself and then the topic, and one that holds a topic
    must not wait for him.
    """
    counts, moments = tally.take()
    failed: Exception | None = None
    for kind, write in _TALLIED.items():
        numbers = {mark: number for mark, number in counts.items() if mark[0].startswith(kind)}
        times = {mark: moment for mark, moment in moments.items() if mark[0].startswith(kind)}
        try:
            if numbers or times:
                with writing():
                    write(numbers or times)
        except Exception as error:
            tally.give_back(numbers, times)
            failed = error
    if failed is not None:
        raise failed


def _by_key(write: Callable[[dict[int, Any]], None]) -> Callable[[dict[tuple[str, int], Any]], None]:
    return lambda found: write({key: value for (_, key), value in found.items()})


_TALLIED: dict[str, Callable[[dict[tuple[str, int], Any]], None]] = {
    "topic.": _by_key(counting.flush_views), "category.": categories.flush_clicks, "visits.": statistics.flush_visits,
    "user.": _by_key(users.flush_seen), "session.": _by_key(sessions.flush_seen),
}  # fmt: skip


def start(context: Callable[[], AbstractContextManager[Any]], *, embedded: bool) -> Callable[[], None]:
    """Starts the jobs in threads of this process; returns what stops them and keeps the last counts.

    Not `embedded`, a worker does the jobs, and this process only writes down what it gathered itself.
    """
    halt = jobs.start_embedded() if embedded else jobs.start_own()

    def stop() -> None:
        halt()
        with context():
            flush_tallies()
            incidents.flush()

    return stop


jobs.recurring(flush_tallies, every=10, everywhere=True)
jobs.recurring(incidents.flush, every=10, everywhere=True)
jobs.recurring(incidents.prune, every=3600)
jobs.recurring(failures.prune, every=3600)
jobs.recurring(mail_log.prune, every=3600)
jobs.recurring(marking.flush, every=10)
jobs.recurring(notifications.flush, every=10)
jobs.recurring(mailing.send_due, every=10)
jobs.recurring(digests.send_due, every=60)
jobs.recurring(notifications.prune, every=3600)
jobs.recurring(topics.publish_due, every=30)
jobs.recurring(registration.accept_due, every=300)
jobs.recurring(registration.forget, every=3600)
jobs.recurring(invitations.forget, every=3600)
jobs.recurring(deliver_outbox, every=60)
jobs.recurring(durable.find_lost, every=60)
jobs.recurring(drafts.forget_sent, every=3600)
jobs.recurring(sessions.prune, every=3600)
jobs.recurring(search_index.catch_up, every=5)
jobs.recurring(backups.make_due, every=600)
jobs.recurring(uploads.remove_unlinked, every=600)
jobs.recurring(statistics.catch_up, every=60)
jobs.recurring(statistics.forget_old, every=3600)
jobs.recurring(wal.watch, every=60)
