"""Deletions: posts and topics are deleted, restored, and purged for good."""

from dataclasses import dataclass

from sqlalchemy import delete, func, select, update

from core import clock
from core.db import session
from core.events import emit
from core.i18n import gettext as _
from forum import audit, counting, locking, permissions, tags, timeline, tombstones, topic_permissions
from forum.refusals import Invalid
from forum.viewers import Viewer
from models import Post, Topic, User

REASON_MAX = 500


@dataclass(frozen=True)
class PostDeleted:
    """A post was deleted; it may come back."""

    post_id: int
    topic_id: int
    by_id: int


@dataclass(frozen=True)
class PostRestored:
    """A deleted post is back."""

    post_id: int
    topic_id: int
    by_id: int


@dataclass(frozen=True)
class PostPurged:
    """A post is gone for good."""

    post_id: int
    topic_id: int
    number: int


@dataclass(frozen=True)
class TopicDeleted:
    """A topic was deleted; it may come back."""

    topic_id: int
    by_id: int


@dataclass(frozen=True)
class TopicRestored:
    """A deleted topic is back."""

    topic_id: int
    by_id: int


@dataclass(frozen=True)
class TopicPurged:
    """A topic is gone for good, with all its posts."""

    topic_id: int
    category_id: int


def delete_post(deleter: Viewer, topic_id: int, post_id: int, reason: str = "") -> None:
    """Deletes a post so that it may come back; once more changes nothing. Raises Forbidden, Invalid, Missing."""
    topic, post = locking.post(topic_id, post_id)
    if post.deleted_at and permissions.see_topic(deleter, topic):
        return
    permissions.require(permissions.delete_post(deleter, topic, post))
    post.deleted_at, post.deleted_by_id, post.deleted_reason = clock.now(), deleter.id, _reason(reason)
    counting.post_in(topic, post, -1)
    _note(deleter, "post.deleted", topic, post)
    emit(PostDeleted(post.id, topic.id, deleter.id))


def restore_post(restorer: Viewer, topic_id: int, post_id: int) -> None:
    """Brings a deleted post back; once more changes nothing. Raises Forbidden, Missing."""
    topic, post = locking.post(topic_id, post_id)
    if not post.deleted_at and permissions.see_topic(restorer, topic):
        return
    permissions.require(permissions.restore_post(restorer, topic, post))
    post.deleted_at, post.deleted_by_id, post.deleted_reason = None, None, ""
    counting.post_in(topic, post, 1)
    _note(restorer, "post.restored", topic, post)
    emit(PostRestored(post.id, topic.id, restorer.id))


def purge_post(purger: Viewer, topic_id: int, post_id: int) -> None:
    """Removes a deleted post for good. Raises Forbidden, Missing."""
    topic, post = locking.post(topic_id, post_id)
    permissions.require(permissions.purge_post(purger, topic, post))
    _note(purger, "post.purged", topic, post)
    _erase(purger, topic, post)


def delete_topic(deleter: Viewer, topic_id: int, reason: str = "") -> None:
    """Deletes a topic so that it may come back; once more changes nothing. Raises Forbidden, Invalid, Missing."""
    topic = locking.topic(topic_id)
    if topic.deleted_at and permissions.see_topic(deleter, topic):
        return
    permissions.require(topic_permissions.delete_topic(deleter, topic))
    was_shown = counting.shown(topic)
    topic.deleted_at, topic.deleted_by_id, topic.deleted_reason = clock.now(), deleter.id, _reason(reason)
    timeline.note(topic, "deleted", deleter)
    if was_shown:
        counting.topic_in(topic, -1)
    emit(TopicDeleted(topic.id, deleter.id))


def restore_topic(restorer: Viewer, topic_id: int) -> None:
    """Brings a deleted topic back; once more changes nothing. Raises Forbidden, Missing."""
    topic = locking.topic(topic_id)
    if not topic.deleted_at and permissions.see_topic(restorer, topic):
        return
    permissions.require(topic_permissions.restore_topic(restorer, topic))
    topic.deleted_at, topic.deleted_by_id, topic.deleted_reason = None, None, ""
    timeline.note(topic, "restored", restorer)
    if counting.shown(topic):
        counting.topic_in(topic, 1)
    emit(TopicRestored(topic.id, restorer.id))


def purge_topic(purger: Viewer, topic_id: int) -> None:
    """Removes a deleted topic for good, with all its posts. Raises Forbidden, Missing."""
    topic = locking.topic(topic_id)
    permissions.require(topic_permissions.purge_topic(purger, topic))
    _purge(purger, topic)


def purge_with_category(purger: Viewer, topic_id: int) -> None:
    """Removes a topic for good, deleted before or not, as its whole category goes; the right to that is checked already."""
    _purge(purger, _hidden(purger, topic_id))


def withdraw(author: Viewer, topic: Topic) -> None:
    """Removes a topic that was never published and that nobody else has written in; its rights are checked already."""
    assert topic.scheduled
    assert topic.posts == 1
    _remove(author, topic)


def erase_post(doer: Viewer, topic_id: int, post_id: int) -> None:
    """Removes a post that is no topic's first for good, of somebody who leaves; his right to it is checked already."""
    topic, post = locking.post(topic_id, post_id)
    assert post.number > 1
    if not post.deleted_at:
        post.deleted_at, post.deleted_by_id = clock.now(), doer.id
        counting.post_in(topic, post, -1)
    _erase(doer, topic, post)


def erase_topic(doer: Viewer, topic_id: int) -> None:
    """Removes a topic in which nobody else wrote for good, of somebody who leaves."""
    _remove(doer, _hidden(doer, topic_id))


def _hidden(doer: Viewer, topic_id: int) -> Topic:
    """A topic that counts nowhere any more."""
    topic = locking.topic(topic_id)
    if counting.shown(topic):
        topic.deleted_at, topic.deleted_by_id = clock.now(), doer.id
        counting.topic_in(topic, -1)
    return topic


def _erase(purger: Viewer, topic: Topic, post: Post) -> None:
    current, post_id, number = session(), post.id, post.number
    tombstones.bury(purger, "post", select(Post.id).where(Post.id == post_id))
    current.execute(update(User).where(User.id == post.author_id).values(reputation=User.reputation - post.score))
    current.execute(update(Post).where(Post.reply_to_id == post_id).values(reply_to_id=None))
    current.execute(delete(Post).where(Post.id == post_id))
    current.expunge(post)
    emit(PostPurged(post_id, topic.id, number))


def _purge(purger: Viewer, topic: Topic) -> None:
    audit.note(
        purger, "topic.purged", user_id=topic.author_id, category_id=topic.category_id, topic_id=topic.id,
        name=topic.title,
    )  # fmt: skip
    _remove(purger, topic)


def _remove(purger: Viewer, topic: Topic) -> None:
    topic_id = topic.id
    current, within = session(), Post.topic_id == topic_id
    tags.put(topic_id, [])
    earned = select(func.sum(Post.score)).where(within, Post.author_id == User.id).correlate(User).scalar_subquery()
    current.execute(
        update(User)
        .where(User.id.in_(select(Post.author_id).where(within, Post.score != 0)))
        .values(reputation=User.reputation - earned)
        .execution_options(synchronize_session=False)
    )
    own = select(Post.id).where(within)
    tombstones.bury(purger, "post", own)
    current.execute(
        update(Post).where(Post.reply_to_id.in_(own)).values(reply_to_id=None)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    current.execute(delete(Post).where(within).execution_options(synchronize_session=False))
    tombstones.bury(purger, "topic", select(Topic.id).where(Topic.id == topic_id))
    current.execute(delete(Topic).where(Topic.id == topic_id).execution_options(synchronize_session=False))
    current.expunge(topic)
    emit(TopicPurged(topic_id, topic.category_id))


def _note(doer: Viewer, kind: str, topic: Topic, post: Post) -> None:
    """Writes down what was done to somebody else's post."""
    if doer.id != post.author_id:
        audit.note(
            doer, kind, user_id=post.author_id, category_id=topic.category_id, topic_id=topic.id, post_id=post.id,
            name=topic.title, detail=post.deleted_reason,
        )  # fmt: skip


def _reason(reason: str) -> str:
    reason = " ".join(reason.split())
    if len(reason) > REASON_MAX:
        raise Invalid("reason", _("A reason has at most %(most)s letters.", most=REASON_MAX))
    return reason
