"""Job tools: the recurring jobs, the queue, and what failed for good, as the control panel shows and mends them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, func, select

from core import events, jobs
from core.backups import Report, report
from core.db import after_commit, session
from core.failures import FailedJob
from core.i18n import gettext as _
from core.i18n import mark, ngettext
from core.runs import Run
from forum import audit, panel
from forum.refusals import Missing
from forum.viewers import Viewer

RIGHT = "admin:operations"
WORDS = {
    "core.backups.make_due": mark("Makes the backups of the schedule"),
    "core.durable.find_lost": mark("Sees to what a broken process was to do"),
    "core.durable.see_to": mark("Sends a mail, or removes what takes long"),
    "core.events.deliver": mark("Tells the other parts of the site what happened"),
    "core.events.deliver_outbox": mark("Delivers what a broken process left behind"),
    "core.failures.prune": mark("Forgets jobs that failed long ago"),
    "core.incidents.flush": mark("Writes down errors and slow pages"),
    "core.incidents.prune": mark("Forgets old errors and slow pages"),
    "core.mail.send": mark("Sends a mail"),
    "core.mail_log.prune": mark("Forgets to whom mails were sent long ago"),
    "core.wal.watch": mark("Keeps the database's log short"),
    "web.checkup.look": mark("Looks whether everything is in order"),
    "web.checkup.look_when_due": mark("Looks whether everything is in order, when it is time"),
    "forum.drafts.forget_sent": mark("Forgets drafts that were sent"),
    "forum.mailing.send_due": mark("Sends notices by mail"),
    "forum.marking.flush": mark("Writes down how far people have read"),
    "forum.notifications.flush": mark("Writes down which notices were read"),
    "forum.notifications.prune": mark("Forgets old notices"),
    "forum.registration.accept_due": mark("Lets in whoever has waited long enough"),
    "forum.registration.forget": mark("Forgets people whose registration was refused"),
    "forum.schedule.flush_tallies": mark("Writes down views, and who was here"),
    "forum.search_index.catch_up": mark("Brings the search up to date"),
    "forum.topics.publish_due": mark("Publishes scheduled topics"),
    "forum.uploads.remove_unlinked": mark("Removes uploads that no post shows"),
}
"""What the jobs do, in shorter words than their functions have."""
_GROUPS, _ALIKE, _SHOWN, _LONGEST = 100, 50, 200, 60


@dataclass(frozen=True, slots=True)
class Recurring:
    """A recurring job: what it does, how often, and its last run."""

    name: str
    every: int
    run: Run

    @property
    def words(self) -> str:
        """What it does."""
        return words(self.name)

    @property
    def schedule(self) -> str:
        """How often it runs."""
        return schedule_words(self.every)

    @property
    def last(self) -> datetime | None:
        """When it ran last."""
        return _moment(self.run.at)

    @property
    def next(self) -> datetime | None:
        """When it runs next."""
        return _moment(self.run.at + self.every) if self.run.at else None

    @property
    def failed_at(self) -> datetime | None:
        """When it failed last."""
        return _moment(self.run.failed_at)


@dataclass(frozen=True, slots=True)
class Group:
    """Jobs that failed in the same way: the newest of them stands for all."""

    id: int
    name: str
    error: str
    number: int
    last: datetime


@dataclass(frozen=True, slots=True)
class Queue:
    """What the queue holds: how many wait, of which kind, and what is being worked on since when.

    One that does not answer holds nothing that anybody knows of.
    """

    answers: bool
    alive: bool
    number: int
    waiting: list[tuple[str, int, datetime | None]]
    running: list[tuple[str, datetime | None]]


def words(name: str) -> str:
    """What a job does."""
    return _(WORDS[name]) if name in WORDS else jobs.meaning(name)


def schedule_words(seconds: int) -> str:
    """How often something is done."""
    if seconds % 3600 == 0:
        return ngettext("every hour", "every %(num)s hours", seconds // 3600)
    if seconds % 60 == 0:
        return ngettext("every minute", "every %(num)s minutes", seconds // 60)
    return ngettext("every second", "every %(num)s seconds", seconds)


def recurring(viewer: Viewer) -> list[Recurring]:
    """All recurring jobs; those whose last run failed come first. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    found = [Recurring(*each) for each in jobs.working()[0]]
    return sorted(found, key=lambda each: (not each.run.failed, each.words))


def backups(viewer: Viewer) -> Report:
    """The backups of the schedule. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    return report()


def queue(viewer: Viewer) -> Queue:
    """What the queue holds just now. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    running = [(name, _moment(since)) for name, since in jobs.working()[1]]
    try:
        alive, (number, tasks) = jobs.alive(), jobs.waiting(_SHOWN)
    except jobs.Away:
        return Queue(False, False, 0, [], running)
    kinds: dict[str, tuple[int, datetime | None]] = {}
    for task in tasks:
        seen, due = kinds.get(task.name, (0, task.due))
        kinds[task.name] = (seen + 1, min(due, task.due) if due and task.due else None)
    return Queue(True, alive, number, [(name, *each) for name, each in kinds.items()], running)


def failed(viewer: Viewer) -> list[Group]:
    """What failed for good, grouped by job and error, the newest first. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    newest = func.max(FailedJob.id)
    query = select(newest, FailedJob.name, FailedJob.error, func.count(), func.max(FailedJob.at))
    rows = session().execute(query.group_by(FailedJob.name, FailedJob.error).order_by(newest.desc()).limit(_GROUPS))
    return [Group(*row) for row in rows]


def number_failed(viewer: Viewer) -> int:
    """How many jobs failed for good; 100 stands for any number above 99. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    return session().scalar(select(func.count()).select_from(select(FailedJob.id).limit(_GROUPS).subquery())) or 0


def get(viewer: Viewer, failed_id: int) -> FailedJob:
    """A job that failed. Raises Forbidden, Missing."""
    panel.guard(viewer, RIGHT)
    found = session().get(FailedJob, failed_id, populate_existing=True)
    if found is None:
        raise Missing(_("It is not there any more: it was tried again, or removed."))
    return found


def alike(viewer: Viewer, job: FailedJob) -> list[FailedJob]:
    """Jobs that failed in the same way, this one too, the newest first. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    query = select(FailedJob).where(_group(job)).order_by(FailedJob.id.desc()).limit(_ALIKE)
    return list(session().scalars(query))


def shown_arguments(job: FailedJob) -> str:
    """What a job was called with, as far as it may be shown: long texts are people's own."""
    args, keywords = job.call()
    given = [*args, *keywords.values()]
    return ", ".join(text if len(text := str(each)) <= _LONGEST else "…" for each in given)


def number(viewer: Viewer, which: str, job: FailedJob | None) -> int:
    """How many jobs are meant by one, alike or all. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    return session().scalar(select(func.count()).select_from(FailedJob).where(*_meant(which, job))) or 0


def retry(viewer: Viewer, which: str, job: FailedJob | None) -> int:
    """Puts what failed on the queue again: one, those alike, or all. Returns how many. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    rows = list(
        session().scalars(select(FailedJob).where(*_meant(which, job)).order_by(FailedJob.id).with_for_update())
    )
    calls = [(row.name, *row.call()) for row in rows]
    _forget(rows)
    if rows:
        audit.note(viewer, "operation.jobs_retried", name=_said(rows), detail=str(len(rows)))
    after_commit(lambda: _again(calls))
    return len(rows)


def discard(viewer: Viewer, which: str, job: FailedJob | None) -> int:
    """Forgets what failed: one, those alike, or all. Returns how many. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    rows = list(session().scalars(select(FailedJob).where(*_meant(which, job)).with_for_update()))
    for row in rows:
        if row.name == events.deliver.name:
            events.drop(*row.call()[0])
    _forget(rows)
    if rows:
        audit.note(viewer, "operation.jobs_discarded", name=_said(rows), detail=str(len(rows)))
    return len(rows)


def _forget(rows: list[FailedJob]) -> None:
    session().execute(delete(FailedJob).where(FailedJob.id.in_([row.id for row in rows])))


def _again(calls: list[tuple[str, list[Any], dict[str, Any]]]) -> None:
    for name, args, keywords in calls:
        try:
            jobs.again(name, args, keywords)
        except Exception as error:  # the queue is away, or there is no such job any more
            jobs.set_aside(name, args, keywords, error)


def _meant(which: str, job: FailedJob | None) -> list[Any]:
    if which == "all" or job is None:
        return []
    return [_group(job) if which == "alike" else FailedJob.id == job.id]


def _group(job: FailedJob) -> Any:
    return (FailedJob.name == job.name) & (FailedJob.error == job.error)


def _said(rows: list[FailedJob]) -> str:
    names = sorted({row.name for row in rows})
    return ", ".join(names)


def _moment(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
