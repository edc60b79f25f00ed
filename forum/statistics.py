"""Statistics: how many visits, registrations, topics, posts and flags there were, by hour, day and month (UTC)."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, case, delete, func, or_, select, text

from core import cache, clock, tally
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
_VERSION = "counts"
_TOTALS = (1, 7, 30)
"""Days, today included."""
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


def visit(kind: str, number: int = 1) -> None:
    """Counts that somebody opened a page just now, or some did; written later, by a job."""
    tally.count(f"visits.{kind}", int(clock.present().timestamp()) // 3600, number)


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
        cache.bump(_VERSION)


# --- reading ---


def course(viewer: Viewer, name: str) -> Course:
    """The course of everything over one of the ranges. Raises Forbidden. No query while nothing is counted."""
    panel.guard(viewer, RIGHT)
    hour = _begin("hour", clock.now())
    return cache.keep_one_of("courses", (name, hour), lambda: _course(name, hour), _VERSION)


def _course(name: str, hour: datetime) -> Course:
    span, length = RANGES[name]
    begins = [_begin(span, hour)]
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
    """How often what happened today, in 7 and in 30 days, today included, and as long before. Raises Forbidden.

    No query while nothing is counted.
    """
    panel.guard(viewer, RIGHT)
    hour = _begin("hour", clock.now())
    return cache.keep_one_of("totals", hour, lambda: _totals(hour), _VERSION)


def _totals(hour: datetime) -> dict[str, tuple[Total, Total, Total]]:
    today = _begin("day", hour)
    here = {length: (today - (length - 1) * _DAY, today + _DAY) for length in _TOTALS}
    past = {length: (begin - length * _DAY, begin) for length, (begin, _end) in here.items()}
    # a day that is not over is compared with as much of the day so long before
    rest = {length: (hour + _HOUR - length * _DAY, today + _DAY - length * _DAY) for length in _TOTALS}
    numbers, before = _sums("day", here), _sums("day", past)
    later = _sums("hour", rest)

    def total(kind: str, length: int) -> Total:
        return Total(numbers[kind, length], before[kind, length] - later[kind, length])

    day, week, month = _TOTALS
    return {kind: (total(kind, day), total(kind, week), total(kind, month)) for kind in KINDS}


def _sums(span: str, stretches: Mapping[int, tuple[datetime, datetime]]) -> Counter[tuple[str, int]]:
    """How often what happened in some stretches of time, by kind and the stretch. One query."""
    inside = {name: (Count.at >= begin) & (Count.at < end) for name, (begin, end) in stretches.items()}
    sums = [func.sum(case((within, Count.number), else_=0)) for within in inside.values()]
    query = select(Count.kind, *sums).where(Count.span == span, or_(*inside.values())).group_by(Count.kind)
    found = session().execute(query)
    return Counter({(row[0], name): int(row[at]) for row in found for at, name in enumerate(inside, 1)})


def most_active(viewer: Viewer) -> list[Writer]:
    """Who wrote most of the newest 1,000 posts of the site. Raises Forbidden. No query while nobody writes."""
    panel.guard(viewer, RIGHT)
    return cache.keep("most active", _most_active, "all")


def _most_active() -> list[Writer]:
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
