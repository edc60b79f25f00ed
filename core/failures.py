"""Failures: jobs that were tried as often as a job is tried, set aside until somebody looks at them."""

import hashlib
import json
import traceback
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, String, Text, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from core import clock
from core.changes import Shown
from core.config import ROOT
from core.db import Key, Model, session, writing
from core.logs import without_secrets
from core.settings import Int, declare

settings = declare(
    "jobs",
    failed_days=Int(30, "Days for which a job that failed is kept, to be tried again", 1, 3650),
    failed_most=Int(1000, "Most jobs kept that failed", 20, 100_000),
)
_LONGEST_TRACE, _LONGEST_ERROR = 8000, 500


class FailedJob(Model):
    """A job that failed for good. The same job with the same arguments is one row, however often it failed."""

    __tablename__ = "failed_jobs"
    __shown__ = Shown(guests=False)
    id: Mapped[Key]
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    arguments: Mapped[str] = mapped_column(Text)
    error: Mapped[str] = mapped_column(Text)
    trace: Mapped[str] = mapped_column(Text)
    times: Mapped[int]
    at: Mapped[datetime]

    __table_args__ = (Index("ix_failed_jobs_name", "name", "id"),)

    def call(self) -> tuple[list[Any], dict[str, Any]]:
        """The arguments that it was called with."""
        given = json.loads(self.arguments)
        return given["args"], given["keywords"]


def keep(name: str, args: Sequence[Any], keywords: Mapping[str, Any], error: BaseException) -> None:
    """Sets a job aside, with what went wrong. In a transaction of its own, or in the running one."""
    arguments = json.dumps({"args": list(args), "keywords": dict(keywords)}, sort_keys=True, default=str)
    digest = hashlib.sha256(f"{name} {arguments}".encode()).hexdigest()
    with writing():
        row = session().scalar(select(FailedJob).where(FailedJob.digest == digest).with_for_update())
        if row is None:
            row = FailedJob(digest=digest, name=name, arguments=arguments, times=0)
            session().add(row)
        row.error, row.trace = short(error), _trace(error)
        row.times, row.at = row.times + 1, clock.now()
        session().flush()
        too_many = select(FailedJob.id).order_by(FailedJob.id.desc()).offset(settings.failed_most)
        if old := list(session().scalars(too_many)):
            session().execute(delete(FailedJob).where(FailedJob.id.in_(old)))


def short(error: BaseException) -> str:
    """What went wrong, on one line, without secrets."""
    words = " ".join(str(error).split())
    kind = type(error).__name__
    return without_secrets(f"{kind}: {words}" if words else kind).replace("\x00", "")[:_LONGEST_ERROR]


def prune() -> None:
    """Forgets what failed long ago. A recurring job."""
    with writing() as current:
        current.execute(delete(FailedJob).where(FailedJob.at < clock.now() - timedelta(days=settings.failed_days)))


def _trace(error: BaseException) -> str:
    text = "".join(traceback.format_exception(error)).replace(f"{ROOT}/", "")
    return without_secrets(text).replace("\x00", "")[-_LONGEST_TRACE:]
