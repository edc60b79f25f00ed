"""Durable jobs: what was promised to somebody and is done whatever dies meanwhile. Mails are, and removals that take long.

A job on the queue is gone with the process that took it from there, or with a Redis that forgets. `promise` writes the
call down in the transaction of who promised it; the queue is only told which row to see to. A row that nobody saw to
in time goes on the queue again, by a recurring job.
"""

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, String, Text, delete, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from core import clock, failures, jobs
from core.changes import Shown
from core.db import Key, Model, after_commit, session, write_in_progress, writing

_WAITS, _WORKS = timedelta(minutes=5), timedelta(minutes=5)
"""How long a row may wait on the queue, and one stretch of its work may take, before somebody else sees to it."""
_AT_ONCE = 100


class DurableJob(Model):
    """A call that was promised and is not yet done."""

    __tablename__ = "durable_jobs"
    __shown__ = Shown(guests=False)
    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(120))
    arguments: Mapped[str] = mapped_column(Text)
    tries: Mapped[int] = mapped_column(default=0)
    busy: Mapped[bool] = mapped_column(default=False)
    lost_at: Mapped[datetime]  # when nobody is at it any more, and the queue has forgotten it

    __table_args__ = (Index("ix_durable_jobs_lost_at", "lost_at"),)


def promise(job: jobs.Job[...], *args: Any) -> None:
    """Has a job done after the running transaction, for certain. Raises RuntimeError outside one.

    It is called again while it returns true: one that takes long does a little each time.
    """
    if not write_in_progress():
        raise RuntimeError("promise() belongs inside writing().")
    row = DurableJob(name=job.name, arguments=json.dumps(args), lost_at=clock.now() + _WAITS)
    session().add(row)
    session().flush()
    after_commit(lambda: see_to.later(row.id))


@jobs.job
def see_to(row_id: int) -> None:
    """Does what was promised, unless it is done or somebody is at it."""
    row = _claim(row_id)
    if row is None:
        return
    name, args = row.name, json.loads(row.arguments)
    try:
        while jobs.named(name)(*args):
            _note(row_id, lost_at=clock.now() + _WORKS)
    except jobs.NotNow as wait:
        _note(row_id, busy=False, lost_at=clock.now() + timedelta(seconds=wait.seconds) + _WAITS)
        raise
    except Exception as error:
        session().rollback()
        _failed(row_id, name, args, error)
        raise
    with writing() as current:
        current.execute(delete(DurableJob).where(DurableJob.id == row_id))


jobs.kept_elsewhere(see_to)


def find_lost() -> None:
    """Puts what nobody is at any more on the queue again. A recurring job."""
    now = clock.now()
    lost = select(DurableJob.id).where(DurableJob.lost_at < now).order_by(DurableJob.lost_at).limit(_AT_ONCE)
    for row_id in session().scalars(lost).all():
        _note(row_id, busy=False, lost_at=now + _WAITS)
        see_to.later(row_id)


def _claim(row_id: int) -> DurableJob | None:
    """The row for who is to do it now; None when it is done, or somebody is at it."""
    now = clock.now()
    free = DurableJob.id == row_id, or_(DurableJob.busy.is_(False), DurableJob.lost_at < now)
    with writing() as current:
        row = current.scalar(
            select(DurableJob).where(*free).with_for_update().execution_options(populate_existing=True)
        )
        if row is not None:
            row.busy, row.lost_at = True, now + _WORKS
        return row


def _failed(row_id: int, name: str, args: list[Any], error: Exception) -> None:
    """Notes a try that failed; after the last one the call is set aside with the other failures."""
    with writing() as current:
        row = current.get(DurableJob, row_id, with_for_update=True, populate_existing=True)
        if row is None:
            return
        row.busy, row.tries = False, row.tries + 1
        row.lost_at = clock.now() + timedelta(seconds=2 * jobs.wait_after(row.tries)) + _WAITS
        if row.tries > jobs.RETRIES:
            failures.keep(name, args, {}, error)
            current.delete(row)


def _note(row_id: int, **values: object) -> None:
    with writing() as current:
        current.execute(update(DurableJob).where(DurableJob.id == row_id).values(**values))
