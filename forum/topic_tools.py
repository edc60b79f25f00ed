"""Topic tools: a topic is locked, pinned, moved to another category, and named anew."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import select

from core import clock
from core.db import session
from core.events import emit
from core.i18n import gettext as _
from forum import carrying, categories, counting, locking, permissions, revisions, tags, timeline, topic_permissions
from forum.categories import Place
from forum.refusals import Invalid
from forum.topics import TopicPage
from forum.viewers import Viewer
from models import Post


@dataclass(frozen=True)
class TopicLocked:
    """A topic was locked, or opened again."""

    topic_id: int
    locked: bool
    by_id: int


@dataclass(frozen=True)
class TopicPinned:
    """A topic was pinned, or no longer is."""

    topic_id: int
    pinned: bool
    by_id: int


@dataclass(frozen=True)
class TopicMoved:
    """A topic stands in another category now."""

    topic_id: int
    from_id: int
    to_id: int
    by_id: int


def open_places(viewer: Viewer) -> list[tuple[int, Place]]:
    """The categories in which the viewer may start topics, with the depth of each in the tree."""
    places = [place for root in categories.forest().roots for place in root.below()]
    return [
        (len(categories.ancestors(place)), place)
        for place in places
        if not (place.section or place.link) and permissions.create_topic(viewer, place.id)
    ]


def places_for(mover: Viewer, topic: TopicPage) -> list[tuple[int, Place]]:
    """Where a topic may be moved to, with the depth of each place in the tree."""
    return [
        (depth, place) for depth, place in open_places(mover) if topic_permissions.move_topic(mover, topic, place.id)
    ]


def lock(locker: Viewer, topic_id: int, *, locked: bool) -> None:
    """Closes a topic for replies, or opens it again; once more changes nothing. Raises Forbidden, Missing."""
    topic = locking.topic(topic_id)
    permissions.require(topic_permissions.lock_topic(locker, topic))
    if bool(topic.locked_at) == locked:
        return
    topic.locked_at, topic.locked_by_id = (clock.now(), locker.id) if locked else (None, None)
    timeline.note(topic, "locked" if locked else "unlocked", locker)
    emit(TopicLocked(topic_id, locked, locker.id))


def pin(pinner: Viewer, topic_id: int, *, pinned: bool, until: datetime | None = None) -> None:
    """Keeps a topic above the others of its category, perhaps until a time. Raises Forbidden, Invalid, Missing."""
    topic = locking.topic(topic_id)
    permissions.require(topic_permissions.pin_topic(pinner, topic))
    if pinned and until is not None and until <= clock.now():
        raise Invalid("until", _("This day is over. Choose one that is still to come."))
    before = (topic.pinned_at is not None, topic.pinned_until)
    if before == (pinned, until if pinned else None):
        return
    topic.pinned_at = (topic.pinned_at or clock.now()) if pinned else None
    topic.pinned_until = until if pinned else None
    if before[0] != pinned:
        timeline.note(topic, "pinned" if pinned else "unpinned", pinner)
    emit(TopicPinned(topic_id, pinned, pinner.id))


def end_of(day: str) -> datetime | None:
    """The end of a day that a form names (2026-12-31), in UTC; None for no day. Raises Invalid."""
    if not day:
        return None
    try:
        return datetime.combine(date.fromisoformat(day), time(23, 59, 59), UTC)
    except ValueError:
        raise Invalid("until", _("“%(day)s” is no day. Write it as 2026-12-31.", day=day[:20])) from None


def move(mover: Viewer, topic_id: int, category_id: int) -> None:
    """Moves a topic to another category; back at once leaves no trace. Raises Forbidden, Missing."""
    topic = locking.topic(topic_id)
    if topic.category_id == category_id and permissions.read_topic(mover, topic):
        return
    permissions.require(topic_permissions.move_topic(mover, topic, category_id))
    left, counted = topic.category_id, counting.shown(topic)
    if counted:
        tags.count(topic, -1)
    with carrying.positions_kept([topic_id]):
        topic.category_id = category_id
    timeline.note(topic, "moved", mover, category_id=left)
    back = topic.moved_from_id == category_id
    topic.moved_from_id, topic.moved_at = (None, None) if back else (left, clock.now())
    session().flush()
    if counted:
        tags.count(topic, 1)
        for key, by in sorted(((left, -1), (category_id, 1))):
            categories.count(key, topics=by, posts=by * topic.posts)
    emit(TopicMoved(topic_id, left, category_id, mover.id))


def rename(editor: Viewer, topic: TopicPage, title: str, tag_line: str) -> None:
    """Gives a topic another title and other tags: an edit of its first post. Raises Forbidden, Invalid, Missing."""
    known = select(Post.id, Post.source, Post.version).where(Post.id == topic.first_post_id)
    post = session().execute(known).one()
    revisions.edit(editor, topic, post.id, post.source, version=post.version, title=title, tag_line=tag_line)
