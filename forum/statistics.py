"""Statistics: how many visits, registrations, topics, posts and flags there were, by hour, day and month (UTC)."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, func, select, text

from core import clock, tally
from core.db import Moment, session, writing
from forum import panel
from forum.viewers import Viewer
from models import Account, Count, CountMark, FlagReport, Post, Topic, User

RIGHT = "admin:dashboard"
VISITORS = ("members", "guests", "robots")
_ROWS: dict[str, tuple[Any, Any]] = {
    "registrations": (Account.user_id, Account.created_at), "topics": (Topic.id, Topic.created_at),
    "posts": (Post.id, Post.created_at), "flags": (FlagReport.id, FlagReport.at),
}  # fmt: skip
"""What is counted from the rows of a table: the key that grows with each, and when it came to be."""
KINDS = (*VISITORS, *_ROWS)
RANGES = {"24h": ("hour", 24), "7d": ("day", 7), "30d": ("day", 30), "12m": ("month", 12)}
_HOURS_KEPT, _DAYS_KEPT = timedelta(days=40), timedelta(days=800)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_BATCH = 20_000
_AT_A_TIME = 2.0  # seconds of a run of the job; the rest is done by the next
_NEWEST_POSTS = 1000
_MOST_ACTIVE = 10
_ADD = text(
    "INSERT INTO counts (span, at, kind, number) VALUES (:span, :at, :kind, :number)"
    " ON CONFLICT (span, at, kind) DO UPDATE SET number = counts.number + excluded.number"
).bindparams(bindparam("at", type_=Moment()))
_BEGIN = text("INSERT INTO count_marks (kind, counted, seen) VALUES (:kind, 0, 0) ON CONFLICT DO NOTHING")


@dataclass(frozen=True, slots=True)
class Course:
    """The course of things over a range: when each stretch begins, and its numbers by kind, here and in the range before."""

    span: str
    begins: list[datetime]
    numbers: dict[str, list[int]]
    before: dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class Total:
    """How often something happened up to now, and up to the same hour of the days before."""

    number: int
    before: int

    @property
    def change(self) -> int | None:
        """By how many per cent it rose or fell; None where there was nothing before."""
        return round((self.number - self.before) * 100 / self.before) if self.before else None


@dataclass(frozen=True, slots=True)
class Writer:
    """Somebody who wrote many of the newest posts."""

    name: str
    slug: str
    posts: int


# --- counting ---


def visit(kind: str) -> None:
    """Counts that somebody opened a page just now; written later, by a job."""
    tally.count(f"visits.{kind}", int(clock.present().timestamp()) // 3600)


def flush_visits(counts: Mapping[tuple[str, int], int]) -> None:
    """Writes the visits that were gathered since the last time, each to the hour in which it came."""
    _add(
        {
            (name.removeprefix("visits."), datetime.fromtimestamp(hour * 3600, UTC)): number
            for (name, hour), number in counts.items()
            if name.startswith("visits.")
        }
    )


def catch_up() -> None:
    """Counts the rows that came since the last time, each exactly once. A recurring job.

    A row is counted one run after it was first seen: whoever had taken a smaller key has committed by then.
    """
    until = time.monotonic() + _AT_A_TIME
    for kind in _ROWS:
        while time.monotonic() < until and _count_some(kind):
            pass


def forget_old() -> None:
    """Drops the hours that days tell of by now, and the days that months do. A recurring job."""
    with writing() as current:
        for span, kept in (("hour", _HOURS_KEPT), ("day", _DAYS_KEPT)):
            current.execute(delete(Count).where(Count.span == span, Count.at < clock.now() - kept))


def _count_some(kind: str) -> bool:
    """Counts at most a batch of new rows; returns whether more of them wait."""
    key, at = _ROWS[kind]
    newest = session().scalar(select(func.max(key))) or 0
    known = session().execute(select(CountMark.counted, CountMark.seen).where(CountMark.kind == kind)).one_or_none()
    if newest <= (known.counted if known else 0):
        return False
    with writing() as current:
        current.execute(_BEGIN, {"kind": kind})
        mark = current.get_one(CountMark, kind, with_for_update=True, populate_existing=True)
        seen, last = mark.seen, min(mark.seen, mark.counted + _BATCH)
        hour = _hour_of(at).label("hour")
        found = current.execute(select(hour, func.count()).where(key > mark.counted, key <= last).group_by(hour))
        _add({(kind, datetime.strptime(when, "%Y-%m-%d %H").replace(tzinfo=UTC)): number for when, number in found})
        mark.counted = last
        if last == seen:
            mark.seen = max(newest, seen)
        current.flush()
    return last < seen


def _hour_of(column: Any) -> Any:
    if session().get_bind().dialect.name == "sqlite":
        return func.strftime("%Y-%m-%d %H", column)
    return func.to_char(func.timezone("UTC", column), "YYYY-MM-DD HH24")


def _add(hours: Mapping[tuple[str, datetime], int]) -> None:
    """Adds what happened in some hours to them, to their days and to their months, in one order for everybody."""
    present, sums = clock.now(), Counter[tuple[str, datetime, str]]()
    for (kind, hour), number in hours.items():
        hour = min(hour, _begin("hour", present))
        if hour > present - _HOURS_KEPT:
            sums["hour", hour, kind] += number
        if hour > present - _DAYS_KEPT:
            sums["day", _begin("day", hour), kind] += number
        sums["month", _begin("month", hour), kind] += number
    rows = [{"span": span, "at": at, "kind": kind, "number": sums[span, at, kind]} for span, at, kind in sorted(sums)]
    if rows:
        session().connection().execute(_ADD, rows)


# --- reading ---


def course(viewer: Viewer, name: str) -> Course:
    """The course of everything over one of the ranges. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    span, length = RANGES[name]
    begins = [_begin(span, clock.now())]
    while len(begins) < 2 * length:
        begins.insert(0, _begin(span, begins[0] - timedelta(seconds=1)))
    found = _read(span, Count.at >= begins[0])
    here = {kind: [found[kind, at] for at in begins] for kind in KINDS}
    return Course(
        span,
        begins[length:],
        {kind: numbers[length:] for kind, numbers in here.items()},
        {kind: numbers[:length] for kind, numbers in here.items()},
    )


def totals(viewer: Viewer) -> dict[str, tuple[Total, Total, Total]]:
    """How often what happened today, in 7 and in 30 days, today included, and as long before. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    present = clock.now()
    today, hour = _begin("day", present), _begin("hour", present)
    days = _read("day", Count.at >= today - 59 * _DAY)
    # a day that is not over is compared with as much of the day so long before
    ends = {length: today - length * _DAY for length in (1, 7, 30)}
    within = [at + each * _HOUR for at in ends.values() for each in range((hour - today) // _HOUR + 1, 24)]
    later = _read("hour", Count.at.in_(within)) if within else Counter()

    def total(kind: str, length: int) -> Total:
        number = sum(days[kind, today - each * _DAY] for each in range(length))
        before = sum(days[kind, today - each * _DAY] for each in range(length, 2 * length))
        rest = sum(later[kind, ends[length] + each * _HOUR] for each in range(24))
        return Total(number, before - rest)

    return {kind: (total(kind, 1), total(kind, 7), total(kind, 30)) for kind in KINDS}


def most_active(viewer: Viewer) -> list[Writer]:
    """Who wrote most of the newest 1,000 posts of the site. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    newest = select(Post.author_id, Post.deleted_at).order_by(Post.id.desc()).limit(_NEWEST_POSTS).subquery()
    number = func.count().label("number")
    rows = session().execute(
        select(User.name, User.slug, number)
        .join(newest, newest.c.author_id == User.id)
        .where(newest.c.deleted_at.is_(None))
        .group_by(User.id, User.name, User.slug)
        .order_by(number.desc(), User.id)
        .limit(_MOST_ACTIVE)
    )
    return [Writer(*row) for row in rows]


def _read(span: str, when: Any) -> Counter[tuple[str, datetime]]:
    rows = session().execute(select(Count.kind, Count.at, Count.number).where(Count.span == span, when))
    return Counter({(row.kind, row.at): row.number for row in rows})


def _begin(span: str, moment: datetime) -> datetime:
    """When the hour, day or month of a moment began."""
    hour = moment.replace(minute=0, second=0, microsecond=0)
    if span == "hour":
        return hour
    return hour.replace(hour=0) if span == "day" else hour.replace(hour=0, day=1)
