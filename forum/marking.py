"""Marking: topics, categories or everything as read or unread, and writing what reading left behind."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, insert, literal, or_, select, update

from core import cache, clock, pending
from core.changes import of_member
from core.db import after_commit, session, writing
from forum import categories, live, notices, permissions, reading
from forum.viewers import Viewer
from models import Account, Post, ReadMark, ReadTopic, Topic
from models.unread import EVERYWHERE

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""The mark of a reader who has read nothing."""
_LATEST = timedelta(seconds=10)
"""A post may carry a time a moment before it can be seen: what is so new is marked by numbers, which cannot err."""


def topics_read(viewer: Viewer, topic_ids: Iterable[int], until: datetime | None = None) -> None:
    """Marks topics as read, as far as they were written until a moment (that of the page which the reader saw)."""
    write_held(viewer)
    until = min(until or clock.now(), clock.now())
    query = reading.joined(select(Topic.id, reading.read_number(viewer), _number_at(until)), viewer.id)
    rows = session().execute(query.where(_chosen(viewer, topic_ids)))
    numbers = {key: max(number, there or 0) for key, number, there in rows}
    _put(viewer, {key: (number, False) for key, number in numbers.items()})
    notices.read_up_to(viewer.id, numbers)
    _tell(viewer)
    reading.look_again(viewer)


def topics_unread(viewer: Viewer, topic_ids: Iterable[int]) -> None:
    """Marks topics as unread: each from where the reader was, or at least its last post."""
    write_held(viewer)
    # the highest, not the newest: posts that came from another topic may be older than those before them
    there = select(Post.number).where(Post.topic_id == Topic.id, Post.deleted_at.is_(None))
    highest = there.order_by(Post.number.desc()).limit(1).correlate(Topic).scalar_subquery()
    query = reading.joined(select(Topic.id, reading.read_number(viewer), highest), viewer.id)
    rows = session().execute(query.where(_chosen(viewer, topic_ids)))
    _put(viewer, {key: (max(0, min(number, (last or 1) - 1)), True) for key, number, last in rows})
    _tell(viewer)
    reading.look_again(viewer)


def places_read(viewer: Viewer, category_ids: Sequence[int] | None = None, until: datetime | None = None) -> None:
    """Marks categories (or everything) as read, as far as they were written until a moment."""
    write_held(viewer)
    until = min(until or clock.now(), clock.now())
    edge = until - _LATEST
    inside = Topic.category_id.in_(category_ids) if category_ids is not None else Topic.id.is_not(None)
    latest = ~Topic.scheduled & ((Topic.last_post_at > edge) | Topic.id.in_(_with_deleted(edge, until)))
    # a topic that is due, and not yet published by the job, will come with a time before the mark
    due = Topic.scheduled & (Topic.published_at <= until)
    query = reading.joined(
        select(Topic.id, Topic.scheduled, reading.read_number(viewer), _number_at(until)), viewer.id
    ).where(inside, or_(latest, due), Topic.created_at <= until)
    rows = session().execute(query).all()
    _set_marks(viewer, category_ids, edge)
    _put(viewer, {key: (0 if scheduled else max(number, there or 0), False) for key, scheduled, number, there in rows})
    notices.read_in(viewer.id, category_ids, until)
    _tell(viewer)
    reading.look_again(viewer)


def places_unread(viewer: Viewer, category_ids: Sequence[int] | None = None) -> None:
    """Marks everything that others wrote in categories (or everywhere) as unread."""
    write_held(viewer)
    _set_marks(viewer, category_ids, NEVER)
    _tell(viewer)
    reading.look_again(viewer)


def _tell(viewer: Viewer) -> None:
    """Says that a member's counts are other than before, to his open pages and to what is kept of him."""
    live.nudge(viewer.id, "bell")
    cache.bump(of_member(viewer.id))


def below(viewer: Viewer, category_id: int) -> list[int]:
    """A category and those under it, as far as the viewer may read them. Raises Missing."""
    readable = set(categories.visible_ids(viewer))
    return [place.id for place in categories.get(viewer, category_id).below() if place.id in readable]


def write_held(viewer: Viewer) -> int:
    """Writes what a reader has read and what was only held so far; returns in how many topics. Inside `writing()`."""
    current = session()
    current.execute(select(Account.user_id).where(Account.user_id == viewer.id).with_for_update())
    held = pending.of(reading.HELD, viewer.id)
    reading.only_written(viewer)
    if not held:
        return 0
    query = select(
        Topic.id, Topic.last_number, Topic.last_post_at, ReadTopic.number, reading.read_number(viewer).label("read"),
        reading.mark(viewer).label("mark"),
    )  # fmt: skip
    moved, covered = {}, {}
    for row in current.execute(reading.joined(query, viewer.id).where(Topic.id.in_(held))):
        number = min(max(held[row.id], row.read), row.last_number)
        moved[row.id] = (number, False)
        if row.number is None and number >= row.last_number and row.last_post_at <= row.mark:
            covered[row.id] = row.mark  # by the mark alone, unless it hides a deleted post that came after it
    for topic_id in covered.keys() - _with_deleted_after(covered):
        del moved[topic_id]
    _put(viewer, moved)
    notices.read_up_to(viewer.id, held)
    after_commit(lambda: pending.settle(reading.HELD, viewer.id, held))
    reading.look_again(viewer)
    return len(moved)


def flush(compact: int = 100) -> None:
    """Writes what everybody has read; a recurring job. Whoever has more rows than `compact` gets a later mark."""
    for user_id in pending.owners(reading.HELD):
        viewer = Viewer(id=user_id)
        with writing() as current:
            if current.get(Account, user_id) is None:
                pending.settle(reading.HELD, user_id, pending.of(reading.HELD, user_id))
                continue
            write_held(viewer)
            rows = select(func.count()).select_from(ReadTopic).where(ReadTopic.user_id == user_id)
            if (current.scalar(rows) or 0) > compact:
                move_marks(viewer)


def move_marks(viewer: Viewer) -> None:
    """Moves the marks of a reader on, where that takes more rows away than it needs for what is left unread."""
    reading.only_written(viewer)
    reader, now = reading.of(viewer), clock.now()
    edge = now - _LATEST
    # what was deleted since may be restored, and is read: such a topic keeps its row until the mark is past it
    before = (Topic.last_post_at <= edge) & Topic.id.not_in(_with_deleted(edge, now))
    done = (ReadTopic.number >= Topic.last_number) & ~ReadTopic.forced & before
    read = (
        select(Topic.category_id, func.count())
        .join(ReadTopic, (ReadTopic.topic_id == Topic.id) & (ReadTopic.user_id == viewer.id))
        .where(done)
        .group_by(Topic.category_id)
    )
    for category_id, spared in session().execute(read).all():
        mark = reader.mark(category_id)
        if edge <= mark or not _keep_behind(viewer, category_id, mark, edge, spared // 2):
            continue
        _set_mark(viewer, category_id, edge)
        covered = select(Topic.id).where(Topic.category_id == category_id, before)
        session().execute(
            delete(ReadTopic).where(
                ReadTopic.user_id == viewer.id,
                ReadTopic.topic_id.in_(covered),
                ~ReadTopic.forced,
                ReadTopic.number
                >= select(Topic.last_number)
                .where(Topic.id == ReadTopic.topic_id)
                .correlate(ReadTopic)
                .scalar_subquery(),
            )
        )
    reading.look_again(viewer)


def _keep_behind(viewer: Viewer, category_id: int, mark: datetime, edge: datetime, most: int) -> bool:
    """Gives topics that a later mark would wrongly cover rows of their own; refuses when they are more than `most`."""
    query = (
        select(Topic.id, reading.read_number(viewer))
        .where(
            Topic.category_id == category_id,
            ReadTopic.user_id.is_(None),
            or_((Topic.last_post_at > mark) & (Topic.created_at <= edge), Topic.id.in_(_with_deleted(mark, edge))),
        )
        .limit(most + 1)
    )
    rows = session().execute(reading.joined(query, viewer.id)).all()
    if len(rows) > most:
        return False
    _put(viewer, {key: (number, False) for key, number in rows})
    return True


def _with_deleted(since: datetime, until: datetime) -> Select[Any]:
    """The topics with posts of that time that are deleted now, and may be restored."""
    return select(Post.topic_id).where(Post.deleted_at.is_not(None), Post.created_at.between(since, until))


def _with_deleted_after(moments: dict[int, datetime]) -> set[int]:
    """Of these topics, those with posts later than their moment that are deleted now, and may be restored."""
    if not moments:
        return set()
    later = or_(*[(Post.topic_id == key) & (Post.created_at > at) for key, at in moments.items()])
    return set(session().scalars(select(Post.topic_id).where(later, Post.deleted_at.is_not(None))))


def _set_marks(viewer: Viewer, category_ids: Sequence[int] | None, at: datetime) -> None:
    """Puts the marks there (or leaves them later, unless at NEVER), and drops the rows that differed from them."""
    current, reader = session(), reading.of(viewer)

    def moved(old: datetime) -> datetime:
        return at if at == NEVER else max(at, old)

    rows, marks = ReadTopic.user_id == viewer.id, ReadMark.user_id == viewer.id
    if category_ids is None:
        current.execute(delete(ReadTopic).where(rows))
        current.execute(delete(ReadMark).where(marks))
        current.add(ReadMark(user_id=viewer.id, category_id=EVERYWHERE, at=moved(reader.everywhere)))
    else:
        inside = select(Topic.id).where(Topic.category_id.in_(category_ids))
        current.execute(delete(ReadTopic).where(rows, ReadTopic.topic_id.in_(inside)))
        current.execute(delete(ReadMark).where(marks, ReadMark.category_id.in_(category_ids)))
        current.add_all(
            ReadMark(user_id=viewer.id, category_id=key, at=moved(reader.mark(key))) for key in category_ids
        )
    current.flush()


def _set_mark(viewer: Viewer, category_id: int, at: datetime) -> None:
    key = (ReadMark.user_id == viewer.id) & (ReadMark.category_id == category_id)
    moved = session().execute(update(ReadMark).where(key).values(at=at))
    if not moved.rowcount:  # type: ignore[attr-defined]
        session().execute(insert(ReadMark).values(user_id=viewer.id, category_id=category_id, at=at))


def _number_at(until: datetime) -> ColumnElement[int | None]:
    """The number of a topic's last post at a moment, whether or not it was deleted since."""
    return (
        select(Post.number)
        .where(Post.topic_id == Topic.id, Post.created_at <= literal(until))
        .order_by(Post.number.desc())
        .limit(1)
        .correlate(Topic)
        .scalar_subquery()
    )


def _chosen(viewer: Viewer, topic_ids: Iterable[int]) -> ColumnElement[bool]:
    visible = permissions.visible_topics(viewer, categories.visible_ids(viewer))
    return Topic.id.in_(sorted(set(topic_ids))) & visible


def _put(viewer: Viewer, positions: dict[int, tuple[int, bool]]) -> None:
    """Writes rows: topic -> number, and whether he marked it as unread himself."""
    current = session()
    known = set(
        current.scalars(
            select(ReadTopic.topic_id).where(ReadTopic.user_id == viewer.id, ReadTopic.topic_id.in_(sorted(positions)))
        )
    )
    for topic_id in sorted(known):
        number, forced = positions[topic_id]
        key = (ReadTopic.user_id == viewer.id) & (ReadTopic.topic_id == topic_id)
        current.execute(update(ReadTopic).where(key).values(number=number, forced=forced))
    made = [
        {"user_id": viewer.id, "topic_id": topic_id, "number": number, "forced": forced}
        for topic_id, (number, forced) in sorted(positions.items())
        if topic_id not in known
    ]
    if made:
        current.execute(insert(ReadTopic), made)
