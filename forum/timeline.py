"""Timeline: what was done to a topic (locked, pinned, moved, merged …), shown between its posts where it happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import aliased

from core import clock, lasting
from core.changes import of_topic
from core.db import session
from forum import audit, permissions
from forum.viewers import Viewer
from models import Post, Topic, TopicEvent, User

INVERSE = {
    "locked": "unlocked", "unlocked": "locked", "pinned": "unpinned", "unpinned": "pinned",
    "deleted": "restored", "restored": "deleted", "moved": "moved", "renamed": "renamed",
}  # fmt: skip
_ALSO_AUTHORS = frozenset({"deleted", "restored", "moved", "renamed"})
"""What authors do to their own topics, too: then it is no act of the staff."""
_UNDONE = timedelta(seconds=60)
"""An act that its doer takes back so soon leaves no mark, and neither does the taking back."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that was done, as a reader sees it: what he may not know of is left out."""

    id: int
    after_number: int
    kind: str
    at: datetime
    actor: str
    actor_slug: str
    category_id: int | None
    other_path: str
    other_title: str
    number: int
    words: str


def between(viewer: Viewer, topic_id: int, low: int, high: int | None) -> list[Mark]:
    """What was done while a topic's last post was one of these numbers, in order; no `high`: to the end. One query."""
    within = (TopicEvent.topic_id == topic_id) & (TopicEvent.after_number >= low)
    if high is not None:
        within &= TopicEvent.after_number <= high
    return _read(viewer, within)


def latest(viewer: Viewer, topic_id: int) -> Mark | None:
    """The last thing that was done to a topic. One query."""
    newest = select(func.max(TopicEvent.id)).where(TopicEvent.topic_id == topic_id).scalar_subquery()
    found = _read(viewer, TopicEvent.id == newest)
    return found[0] if found else None


def note(
    topic: Topic,
    kind: str,
    actor: Viewer,
    *,
    category_id: int | None = None,
    other_id: int | None = None,
    number: int | None = None,
    words: str = "",
    after: int | None = None,
) -> None:
    """Notes what somebody did to a topic; if it only takes back what he did just now, that is forgotten instead."""
    current, present = session(), clock.now()
    if actor.id != topic.author_id or kind not in _ALSO_AUTHORS:
        audit.note(
            actor, f"topic.{kind}", user_id=topic.author_id, category_id=topic.category_id, topic_id=topic.id,
            name=topic.title, detail=topic.deleted_reason if kind == "deleted" else words,
        )  # fmt: skip
    last = current.scalar(
        select(TopicEvent).where(TopicEvent.topic_id == topic.id).order_by(TopicEvent.id.desc()).limit(1)
    )
    if last and last.actor_id == actor.id and present - last.happened_at < _UNDONE and _undoes(topic, last, kind):
        forget(topic, [last.id])
        return
    if after is None:
        after = current.scalar(select(func.max(Post.number)).where(Post.topic_id == topic.id)) or 0
    current.add(
        TopicEvent(
            topic_id=topic.id, after_number=after, kind=kind, actor_id=actor.id, happened_at=present,
            category_id=category_id, other_id=other_id, number=number, words=words,
        )
    )  # fmt: skip
    topic.events += 1
    current.flush()


def forget(topic: Topic, event_ids: Sequence[int]) -> None:
    """Takes marks away from a topic."""
    gone = delete(TopicEvent).where(TopicEvent.topic_id == topic.id, TopicEvent.id.in_(event_ids))
    topic.events -= len(session().execute(gone.returning(TopicEvent.id)).all())
    session().flush()


def forget_move(home: Topic, away: Topic) -> None:
    """Takes the marks of the last move between two topics away, once it is undone."""
    for topic, other in ((home, away), (away, home)):
        marks = select(func.max(TopicEvent.id)).where(TopicEvent.topic_id == topic.id, TopicEvent.other_id == other.id)
        newest = session().scalar(marks)
        if newest is not None:
            forget(topic, [newest])


def _undoes(topic: Topic, last: TopicEvent, kind: str) -> bool:
    if INVERSE.get(last.kind) != kind:
        return False
    return {"moved": topic.category_id == last.category_id, "renamed": topic.title == last.words}.get(kind, True)


def _read(viewer: Viewer, condition: Any) -> list[Mark]:
    other = aliased(Topic)
    rows = session().execute(
        select(
            TopicEvent.id, TopicEvent.after_number, TopicEvent.kind, TopicEvent.happened_at, User.name, User.slug,
            TopicEvent.category_id, TopicEvent.number, TopicEvent.words, other,
        )
        .join(User, User.id == TopicEvent.actor_id)
        .outerjoin(other, other.id == TopicEvent.other_id)
        .where(condition)
        .order_by(TopicEvent.after_number, TopicEvent.id)
    )  # fmt: skip
    return [_mark(viewer, *row) for row in rows]


def _mark(viewer: Viewer, *row: Any) -> Mark:
    key, after, kind, at, name, slug, category_id, number, words, other = row
    if category_id is not None and not permissions.see_category(viewer, category_id):
        category_id = None
    path = title = ""
    if other is not None:
        lasting.depends(of_topic(other.id))  # its title stands here, and who may see it
    if other is not None and permissions.see_topic(viewer, other):
        path, title = f"/topic/{other.id}/{other.slug}", other.title
    return Mark(key, after, kind, at, name, slug, category_id, path, title, number or 0, words)
