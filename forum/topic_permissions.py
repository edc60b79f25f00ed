"""Topic permissions: who may delete a topic, bring it back, and use its tools."""

from datetime import datetime, timedelta
from typing import Protocol

from core import clock
from core.i18n import gettext as _
from core.settings import Int, declare
from forum import categories
from forum.permissions import HIDDEN, YES, TopicFacts, Verdict, create_topic, moderate, read_topic, settings, write
from forum.privileges import rights
from forum.viewers import Viewer

own_settings = declare(
    "topic_tools",
    own_move_posts=Int(5, "Posts up to which people may move their own topics to another category"),
)


class TopicState(TopicFacts, Protocol):
    """What a check of the tools must know of a topic."""

    @property
    def created_at(self) -> datetime: ...
    @property
    def deleted_by_id(self) -> int | None: ...
    @property
    def posts(self) -> int: ...


def delete_topic(viewer: Viewer, topic: TopicState) -> Verdict:
    """May the viewer delete this topic? Its author under the settings' conditions, moderators always."""
    refused = _own(viewer, topic)
    if refused is not None:
        return refused
    held = rights(viewer, topic.category_id)
    if topic.deleted_at:
        return Verdict(False, _("This topic is deleted already."))
    if "moderate" in held:
        return YES
    if "topics:delete" not in held:
        return Verdict(False, _("You may not delete topics in this category."))
    if topic.locked_at:
        return Verdict(False, _("This topic is locked, so it stays as it is."))
    if settings.delete_answered and topic.posts > settings.delete_answered:
        return Verdict(False, _("This topic has replies already, so only moderators can delete it."))
    late = settings.delete_minutes and clock.now() > topic.created_at + timedelta(minutes=settings.delete_minutes)
    return Verdict(False, _("This topic is too old to be deleted.")) if late else YES


def restore_topic(viewer: Viewer, topic: TopicState) -> Verdict:
    """May the viewer bring this topic back? What a moderator deleted its author cannot restore."""
    refused = _own(viewer, topic)
    if refused is not None:
        return refused
    if not topic.deleted_at:
        return Verdict(False, _("This topic is not deleted."))
    if "moderate" in rights(viewer, topic.category_id) or topic.deleted_by_id == viewer.id:
        return YES
    return Verdict(False, _("A moderator deleted this topic, so only moderators can bring it back."))


def purge_topic(viewer: Viewer, topic: TopicState) -> Verdict:
    """May the viewer remove this topic for good? Only what is deleted, and only with the right to purge."""
    refused = _own(viewer, topic)
    if refused is not None:
        return refused
    if "purge" not in rights(viewer, topic.category_id):
        return Verdict(False, _("You may not remove anything for good."))
    return YES if topic.deleted_at else Verdict(False, _("Only what is deleted can be removed for good."))


def lock_topic(viewer: Viewer, topic: TopicFacts) -> Verdict:
    """May the viewer lock this topic, or open it again?"""
    return _moderated(viewer, topic)


def pin_topic(viewer: Viewer, topic: TopicFacts) -> Verdict:
    """May the viewer pin this topic, or take it down again?"""
    verdict = _moderated(viewer, topic)
    if verdict and topic.scheduled:
        return Verdict(False, _("This topic is not published yet, so it cannot be pinned."))
    return verdict


def move_topic(viewer: Viewer, topic: TopicState, category_id: int = 0) -> Verdict:
    """May the viewer move this topic (to that category)? Moderators may, and its author while it is small and open."""
    refused = _own(viewer, topic)
    if refused is not None:
        return refused
    if topic.deleted_at:
        return Verdict(False, _("This topic was deleted, so it stays where it is."))
    if "moderate" not in rights(viewer, topic.category_id):
        if topic.locked_at:
            return Verdict(False, _("This topic is locked, so it stays where it is."))
        if topic.posts > own_settings.own_move_posts:
            return Verdict(False, _("This topic has grown too long for its author to move it."))
    return _receives(viewer, category_id) if category_id else YES


def moderate_topic(viewer: Viewer, topic: TopicFacts) -> Verdict:
    """May the viewer do what only moderators may with this topic's posts?"""
    return _moderated(viewer, topic)


def receive_posts(viewer: Viewer, topic: TopicFacts) -> Verdict:
    """May the viewer move posts out of this topic and into it?"""
    verdict = _moderated(viewer, topic)
    if verdict and topic.deleted_at:
        return Verdict(False, _("This topic was deleted, so its posts stay as they are."))
    if verdict and topic.scheduled:
        return Verdict(False, _("This topic is not published yet, so its posts stay as they are."))
    return verdict


def rename_topic(viewer: Viewer, topic: TopicState) -> Verdict:
    """May the viewer give this topic another title and other tags? Whoever may edit its first post."""
    refused = _own(viewer, topic)
    if refused is not None:
        return refused
    if not (able := write(viewer)):
        return able
    if "moderate" in rights(viewer, topic.category_id):
        return YES
    if topic.deleted_at or topic.locked_at:
        return Verdict(False, _("This topic is closed, so its title stays as it is."))
    if "posts:edit" not in rights(viewer, topic.category_id):
        return Verdict(False, _("You may not edit posts in this category."))
    late = settings.edit_minutes and clock.now() > topic.created_at + timedelta(minutes=settings.edit_minutes)
    return Verdict(False, _("This topic is too old to be renamed.")) if late else YES


def _receives(viewer: Viewer, category_id: int) -> Verdict:
    place = categories.find(category_id)
    if place is None:
        return HIDDEN
    if place.section or place.link:
        return Verdict(False, _("Topics cannot be started in this category."))
    return create_topic(viewer, category_id)


def _moderated(viewer: Viewer, topic: TopicFacts) -> Verdict:
    seen = read_topic(viewer, topic)
    return moderate(viewer, topic.category_id) if seen else seen


def over_topic(viewer: Viewer, topic: TopicState) -> dict[str, Verdict]:
    """All that the viewer may do with a topic or not: what its menu of tools shows."""
    checks = {
        "lock": lock_topic, "pin": pin_topic, "move": move_topic, "rename": rename_topic, "transfer": receive_posts,
        "delete": delete_topic, "restore": restore_topic, "purge": purge_topic,
    }  # fmt: skip
    return {name: check(viewer, topic) for name, check in checks.items()}  # type: ignore[operator]


def _own(viewer: Viewer, topic: TopicFacts) -> Verdict | None:
    """Why the viewer may change nothing about this topic, if it is not his and he does not moderate it."""
    seen = read_topic(viewer, topic)
    if not seen:
        return seen
    if viewer.guest:
        return Verdict(False, _("Log in to do this."))
    if "moderate" in rights(viewer, topic.category_id) or topic.author_id == viewer.id:
        return None
    return Verdict(False, _("Only its author and moderators may do this to a topic."))
