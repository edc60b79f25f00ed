"""Publishing: what happens to a topic that is not published yet: another time, or now."""

import secrets
from datetime import datetime

from sqlalchemy import select, update

from core import clock
from core.db import session
from core.i18n import gettext as _
from forum import deletions, drafts, locking, permissions, tags, topics
from forum.permissions import Verdict
from forum.privileges import rights
from forum.topics import TopicPage
from forum.viewers import Viewer
from models import Post, Topic


def reschedule_topic(viewer: Viewer, topic: TopicPage | Topic) -> Verdict:
    """May the viewer change when this topic is published? Its author may, and who moderates there."""
    if not topic.scheduled or topic.deleted_at:
        return Verdict(False, _("This topic is published already."))
    held = rights(viewer, topic.category_id)
    if "moderate" in held or ("topics:schedule" in held and topic.author_id == viewer.id):
        return permissions.YES
    return Verdict(False, _("You may not schedule topics in this category."))


def cancel_topic(viewer: Viewer, topic: TopicPage | Topic) -> Verdict:
    """May the viewer take back a topic that is not published yet? Its author may, while nobody has answered it."""
    if not topic.scheduled or topic.deleted_at:
        return Verdict(False, _("This topic is published already."))
    if topic.author_id != viewer.id:
        return Verdict(False, _("Only its author can make it a draft again."))
    return permissions.YES if topic.posts == 1 else Verdict(False, _("Somebody has answered already."))


def cancel(author: Viewer, topic_id: int) -> int:
    """Makes a draft out of a topic that is not published yet, and returns its id. Raises Forbidden, Invalid, Missing."""
    topic = locking.topic(topic_id)
    permissions.require(permissions.see_topic(author, topic))
    permissions.require(cancel_topic(author, topic))
    source = session().scalars(select(Post.source).where(Post.topic_id == topic.id, Post.number == 1)).one()
    words = ", ".join(tags.of_topics([topic.id]).get(topic.id, []))
    key = secrets.token_urlsafe(12)
    saved = drafts.save(author, drafts.Sheet(key, "category", topic.category_id, source, topic.title, words))
    deletions.withdraw(author, topic)
    return saved.id


def reschedule(editor: Viewer, topic_id: int, at: datetime | None) -> None:
    """Publishes a scheduled topic at another time; with none, or one that has passed, now. Raises Forbidden, Missing."""
    topic = locking.topic(topic_id)
    permissions.require(permissions.see_topic(editor, topic))
    permissions.require(reschedule_topic(editor, topic))
    moment = max(at or clock.now(), clock.now())
    topic.published_at = topic.last_post_at = moment
    session().flush()
    written = update(Post).where(Post.topic_id == topic.id)
    session().execute(written.values(published_at=moment, created_at=moment))
    topics.publish_due()
