"""The recurring jobs, one line each."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from core import backups, jobs, tally, wal
from core.db import writing
from core.events import deliver_outbox
from forum import counting, drafts, mailing, marking, notifications, search_index, topics, uploads, users


def flush_tallies() -> None:
    """Writes the views and last-seen times that reading left behind."""
    counts, moments = tally.take()
    if not counts and not moments:
        return
    try:
        with writing():
            counting.flush_views({key: number for (name, key), number in counts.items() if name == "topic.views"})
            users.flush_seen({key: moment for (name, key), moment in moments.items() if name == "user.seen"})
    except Exception:
        tally.give_back(counts, moments)
        raise


def start(context: Callable[[], AbstractContextManager[Any]]) -> Callable[[], None]:
    """Starts the jobs in threads of this process; returns what stops them and keeps the last counts."""
    halt = jobs.start_embedded()

    def stop() -> None:
        halt()
        with context():
            flush_tallies()

    return stop


jobs.recurring(flush_tallies, every=10)
jobs.recurring(marking.flush, every=10)
jobs.recurring(notifications.flush, every=10)
jobs.recurring(mailing.send_due, every=10)
jobs.recurring(notifications.prune, every=3600)
jobs.recurring(topics.publish_due, every=30)
jobs.recurring(deliver_outbox, every=60)
jobs.recurring(drafts.forget_sent, every=3600)
jobs.recurring(search_index.catch_up, every=5)
jobs.recurring(backups.make_due, every=600)
jobs.recurring(uploads.remove_unlinked, every=600)
jobs.recurring(wal.watch, every=60)
