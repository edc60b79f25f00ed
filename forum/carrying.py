"""Carrying: what people have read of posts stays read, and what they have not stays unread, when posts move."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from sqlalchemy import delete, func, insert, select

from core import pending
from core.db import session
from forum import marking, reading
from forum.viewers import Viewer
from models import Post, ReadMark, ReadTopic, Topic, User
from models.unread import EVERYWHERE

_AT_ONCE = 500


@dataclass(slots=True)
class _Reading:
    """One reader before the posts move: his rows, and his marks."""

    rows: dict[int, tuple[int, bool]]  # topic -> number, marked as unread by himself
    marks: dict[int, datetime]
    joined_at: datetime

    def mark(self, category_id: int) -> datetime:
        return self.marks.get(category_id, self.marks.get(EVERYWHERE, self.joined_at))


@dataclass(slots=True)
class _Stretch:
    """The posts that went from one topic to another: for each place in the old order, the first new number behind it."""

    category_id: int  # before
    numbers: list[int]
    first_by_number: list[int]
    moments: list[datetime]
    first_by_moment: list[int]

    def same_for(self, one: datetime, other: datetime) -> bool:
        """Whether two marks leave the same of these posts unread."""
        return bisect_right(self.moments, one) == bisect_right(self.moments, other)

    def first_unread(self, reader: _Reading, topic_id: int) -> int | None:
        """The lowest new number among these posts that the reader had not read."""
        if topic_id in reader.rows:
            at = bisect_right(self.numbers, reader.rows[topic_id][0])
            return self.first_by_number[at] if at < len(self.numbers) else None
        at = bisect_right(self.moments, reader.mark(self.category_id))
        return self.first_by_moment[at] if at < len(self.moments) else None


class _Order:
    """A topic's posts after the move. Where later numbers carry earlier times, a mark may not say how far one has read."""

    def __init__(self, posts: list[tuple[datetime, int]]) -> None:
        by_moment = sorted(posts)
        self._moments = [at for at, _number in by_moment]
        numbers = [number for _at, number in by_moment]
        self._highest_up_to = list(accumulate(numbers, max))
        self._lowest_from = list(accumulate(reversed(numbers), min))[::-1]
        mixed = [at for at in range(1, len(numbers)) if self._lowest_from[at] < self._highest_up_to[at - 1]]
        self.mixed = (self._moments[mixed[0] - 1], self._moments[mixed[-1]]) if mixed else None

    def splits(self, mark: datetime) -> bool:
        """Whether a mark leaves a post unread that stands before one which it says is read."""
        at = bisect_right(self._moments, mark)
        return 0 < at < len(self._moments) and self._lowest_from[at] < self._highest_up_to[at - 1]


@contextmanager
def positions_kept(topic_ids: Iterable[int]) -> Iterator[None]:
    """Around a verb that moves topics to other categories, or posts between topics (merge, fork, move).

    Name every topic that posts may come from or go to; one that the verb makes is found by itself. A reader's new
    position in a topic is just before the first post there that he had not read. Inside `writing()`; its cost grows
    with the number of readers whose state the move touches, not with that of all.
    """
    involved = sorted(set(topic_ids))
    for user_id in pending.owners(reading.HELD):
        if not set(involved).isdisjoint(pending.of(reading.HELD, user_id)):
            marking.write_held(Viewer(id=user_id))
    before = {
        row.id: row
        for row in session().execute(
            select(Post.id, Post.topic_id, Post.number, Post.created_at, Topic.category_id)
            .join(Topic, Topic.id == Post.topic_id)
            .where(Post.topic_id.in_(involved))
        )
    }
    places_before = _homes(involved)
    yield
    session().flush()
    after = _places(list(before))
    arrived = sorted({topic_id for topic_id, _ in after.values()} | set(involved))
    places_after = _homes(arrived)
    sources: dict[int, dict[int, list[tuple[int, datetime, int]]]] = {}  # new topic -> old topic -> posts
    for post_id, (topic_id, number) in after.items():
        old = before[post_id]
        sources.setdefault(topic_id, {}).setdefault(old.topic_id, []).append((old.number, old.created_at, number))
    moved = {key for key in places_before if key in places_after and places_before[key] != places_after[key]}
    changed = {new: olds for new, olds in sources.items() if set(olds) != {new} or new in moved}
    for new, olds in changed.items():
        stretches = {old: _stretch(places_before[old], posts) for old, posts in olds.items()}
        order = _Order([(at, number) for posts in olds.values() for _old, at, number in posts])
        _carry(new, places_after[new], stretches, order)
    emptied = [key for key in involved if key not in sources]
    session().execute(delete(ReadTopic).where(ReadTopic.topic_id.in_(emptied)))


def _homes(topic_ids: list[int]) -> dict[int, int]:
    """The categories of topics."""
    rows = session().execute(select(Topic.id, Topic.category_id).where(Topic.id.in_(topic_ids)))
    return {row.id: row.category_id for row in rows}


def _places(post_ids: list[int]) -> dict[int, tuple[int, int]]:
    found: dict[int, tuple[int, int]] = {}
    for at in range(0, len(post_ids), _AT_ONCE):
        some = post_ids[at : at + _AT_ONCE]
        rows = session().execute(select(Post.id, Post.topic_id, Post.number).where(Post.id.in_(some)))
        found |= {row.id: (row.topic_id, row.number) for row in rows}
    return found


def _stretch(category_id: int, posts: list[tuple[int, datetime, int]]) -> _Stretch:
    def lowest_behind(values: list[int]) -> list[int]:
        lowest = values[:]
        for at in range(len(lowest) - 2, -1, -1):
            lowest[at] = min(lowest[at], lowest[at + 1])
        return lowest

    by_number = sorted(posts, key=lambda post: post[0])
    by_moment = sorted(posts, key=lambda post: post[1])
    return _Stretch(
        category_id,
        [post[0] for post in by_number], lowest_behind([post[2] for post in by_number]),
        [post[1] for post in by_moment], lowest_behind([post[2] for post in by_moment]),
    )  # fmt: skip


def _carry(topic_id: int, category_id: int, stretches: dict[int, _Stretch], order: _Order) -> None:
    """Writes the rows that readers need in a topic after the move."""
    last = session().scalar(select(func.max(Post.number)).where(Post.topic_id == topic_id)) or 0
    old_places = {stretch.category_id for stretch in stretches.values()}
    places = old_places | {category_id} if old_places != {category_id} else set()
    readers = _readers(topic_id, category_id, stretches, places, order)
    made = []
    for user_id, reader in readers.items():
        new_mark = reader.mark(category_id)
        if not reader.rows and all(
            stretch.same_for(reader.mark(stretch.category_id), new_mark) and not order.splits(new_mark)
            for stretch in stretches.values()
        ):
            continue
        firsts = [stretch.first_unread(reader, old) for old, stretch in stretches.items()]
        unread = [number for number in firsts if number is not None]
        forced = any(reader.rows.get(old, (0, False))[1] for old in stretches)
        number = min(unread) - 1 if unread else last
        made.append({"user_id": user_id, "topic_id": topic_id, "number": number, "forced": forced})
    session().execute(delete(ReadTopic).where(ReadTopic.topic_id == topic_id))
    if made:
        session().execute(insert(ReadTopic), made)


def _readers(
    topic_id: int, category_id: int, stretches: dict[int, _Stretch], places: set[int], order: _Order
) -> dict[int, _Reading]:
    """Those whose position cannot be told from the mark alone: with rows, with marks of their own in `places`, or
    with a mark from the time in which the order of numbers is not that of times."""
    current = session()
    sources = [*stretches, topic_id]
    with_rows = select(ReadTopic.user_id).where(ReadTopic.topic_id.in_(sources))
    with_marks = select(ReadMark.user_id).where(ReadMark.category_id.in_(places))
    concerned = User.id.in_(with_rows) | User.id.in_(with_marks) if places else User.id.in_(with_rows)
    if order.mixed:
        begin, end = order.mixed
        known = ReadMark.category_id.in_((category_id, EVERYWHERE)) & (ReadMark.at >= begin) & (ReadMark.at < end)
        between = (User.joined_at >= begin) & (User.joined_at < end)
        concerned = concerned | between | User.id.in_(select(ReadMark.user_id).where(known))
    found = {
        row.id: _Reading({}, {}, row.joined_at)
        for row in current.execute(select(User.id, User.joined_at).where(concerned))
    }
    rows = select(ReadTopic).where(ReadTopic.topic_id.in_(sources))
    for row in current.scalars(rows):
        found[row.user_id].rows[row.topic_id] = (row.number, row.forced)
    wanted = {stretch.category_id for stretch in stretches.values()} | places | {EVERYWHERE}
    marks = select(ReadMark.user_id, ReadMark.category_id, ReadMark.at).where(
        ReadMark.category_id.in_(wanted), ReadMark.user_id.in_(select(User.id).where(concerned))
    )
    for user_id, key, at in current.execute(marks):
        if user_id in found:
            found[user_id].marks[key] = at
    return found
