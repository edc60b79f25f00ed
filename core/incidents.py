"""Incidents: what went wrong or was slow, of all processes together, grouped, bounded and forgotten after a while."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, Index, String, Text, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from core import clock, noticed
from core.changes import Shown
from core.db import Key, Model, session, writing
from core.noticed import Noticed
from core.settings import Int, declare

settings = declare(
    "incidents",
    keep_days=Int(30, "Days after which an error that came no more, or something slow, is forgotten", 1, 3650),
    most=Int(500, "Most kinds of errors kept, and of slow pages and queries", 20, 10_000),
    slow_page_ms=Int(1000, "From how many milliseconds on a page is slow; 0: none is", 0, 600_000),
    slow_query_ms=Int(200, "From how many milliseconds on a query is slow; 0: none is", 0, 600_000),
)


class Incident(Model):
    """Something that went wrong or was slow, however often: what has the same kind and shape is one row."""

    __tablename__ = "incidents"
    __shown__ = Shown(guests=False)
    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(10))
    digest: Mapped[str] = mapped_column(String(64))
    shape: Mapped[str] = mapped_column(Text)
    times: Mapped[int]
    worst: Mapped[int]  # milliseconds
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    seen_at: Mapped[datetime | None]
    details: Mapped[dict[str, Any]] = mapped_column(JSON)

    __table_args__ = (UniqueConstraint("kind", "digest"), Index("ix_incidents_kind", "kind", "last_at", "id"))

    @property
    def fresh(self) -> bool:
        """Whether it came after somebody looked last."""
        return self.seen_at is None or self.last_at > self.seen_at


def flush() -> None:
    """Writes down what this process gathered, and takes over what the settings call slow. Each process does it often."""
    noticed.slower_than.update(page=settings.slow_page_ms, query=settings.slow_query_ms)
    found = noticed.take()
    if not found:
        return
    try:
        with writing():
            _write(found)
    except Exception:
        noticed.add(found)
        raise


def prune() -> None:
    """Forgets what came no more for as long as the settings say. A recurring job."""
    with writing() as current:
        current.execute(delete(Incident).where(Incident.last_at < clock.now() - timedelta(days=settings.keep_days)))


def _write(found: dict[tuple[str, str], Noticed]) -> None:
    named = {(kind, hashlib.sha256(shape.encode()).hexdigest()): (shape, each) for (kind, shape), each in found.items()}
    # one order for all processes, so that none waits for another in a circle
    query = select(Incident).where(Incident.digest.in_([digest for _, digest in named])).order_by(Incident.id)
    rows = {
        (row.kind, row.digest): row
        for row in session().scalars(query.with_for_update().execution_options(populate_existing=True))
    }
    grown = set()
    for (kind, digest), (shape, each) in named.items():
        row = rows.get((kind, digest))
        if row is None:
            grown.add(kind)
            session().add(
                Incident(
                    kind=kind, digest=digest, shape=shape, times=each.times, worst=each.worst, first_at=each.first,
                    last_at=each.last, details=each.details,
                )
            )  # fmt: skip
            continue
        row.times += each.times
        row.last_at = max(row.last_at, each.last)
        if each.worst >= row.worst:
            row.worst, row.details = each.worst, each.details
    session().flush()
    for kind in sorted(grown):
        _bound(kind)


def _bound(kind: str) -> None:
    """Removes what is too much: first what came a single time, the oldest of it."""
    ordered = (
        select(Incident.id).where(Incident.kind == kind).order_by((Incident.times > 1).desc(), Incident.last_at.desc())
    )
    too_many = list(session().scalars(ordered.offset(settings.most)))
    if too_many:
        session().execute(delete(Incident).where(Incident.id.in_(too_many)))
