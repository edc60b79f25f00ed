"""Every check, beside its SQL twin. A check says yes, or no with a reason that may be shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from sqlalchemy import ColumnElement, false, or_

from core import cache, clock
from core.i18n import gettext as _
from core.settings import Int, declare
from forum.privileges import STANDS_ON, rights, standing
from forum.refusals import Forbidden, Missing
from forum.viewers import Viewer
from models import Post, Topic

settings = declare(
    "permissions",
    edit_minutes=Int(0, "Minutes for which people may edit their posts (0: for ever)"),
    delete_minutes=Int(0, "Minutes for which people may delete their posts and topics (0: for ever)"),
    delete_answered=Int(0, "Replies from which on people may no longer delete their topics (0: they always may)"),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Yes, or no: then with a reason, or hidden (the viewer may not even know that the thing exists)."""

    allowed: bool
    reason: str = ""
    hidden: bool = False

    def __bool__(self) -> bool:
        return self.allowed


YES = Verdict(True)
HIDDEN = Verdict(False, hidden=True)


class TopicFacts(Protocol):
    """What a check must know of a topic: an entity or a row of a list."""

    @property
    def category_id(self) -> int: ...
    @property
    def author_id(self) -> int: ...
    @property
    def locked_at(self) -> datetime | None: ...
    @property
    def deleted_at(self) -> datetime | None: ...
    @property
    def scheduled(self) -> bool: ...


class PostFacts(Protocol):
    """What a check must know of a post."""

    @property
    def author_id(self) -> int: ...
    @property
    def number(self) -> int: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def deleted_at(self) -> datetime | None: ...
    @property
    def deleted_by_id(self) -> int | None: ...


def require(verdict: Verdict) -> None:
    """Does nothing on yes. Raises Forbidden with the reason, or Missing when the thing is hidden."""
    if verdict.hidden:
        raise Missing(verdict.reason)
    if not verdict:
        raise Forbidden(verdict.reason)


def see_category(viewer: Viewer, category_id: int) -> Verdict:
    """May the viewer know of this category?"""
    return YES if "find" in rights(viewer, category_id) else HIDDEN


def read_category(viewer: Viewer, category_id: int) -> Verdict:
    """May the viewer see the topics of this category in lists?"""
    held = rights(viewer, category_id)
    if "find" not in held:
        return HIDDEN
    return YES if "read" in held else Verdict(False, _("You may not read this category."))


def moderate(viewer: Viewer, category_id: int) -> Verdict:
    """May the viewer moderate this category?"""
    return YES if "moderate" in rights(viewer, category_id) else Verdict(False, _("Only moderators may do this."))


def see_topic(viewer: Viewer, topic: TopicFacts) -> Verdict:
    """May the viewer know of this topic? Its twin is `visible_topics`."""
    held = rights(viewer, topic.category_id)
    if not {"find", "read"} <= held:
        return HIDDEN
    own = not viewer.guest and topic.author_id == viewer.id
    if own or "moderate" in held:
        return YES
    if topic.deleted_at:
        return Verdict(False, _("This topic was deleted."), hidden=True)
    return HIDDEN if topic.scheduled else YES


class Sight(NamedTuple):
    """What decides which topics of some categories somebody sees in lists. Who has the same sight sees the same."""

    readable: tuple[int, ...]
    moderated: tuple[int, ...]
    own: int  # whose topics are seen even when others do not see them; 0: nobody's


def sight(viewer: Viewer, category_ids: Iterable[int]) -> Sight:
    """What a viewer sees in lists of these categories."""
    places = tuple(category_ids)

    def load() -> Sight:
        held = {key: rights(viewer, key) for key in places}
        readable = tuple([key for key, found in held.items() if {"find", "read"} <= found])
        return Sight(readable, tuple([key for key in readable if "moderate" in held[key]]), 0)

    return cache.keep_one_of("sight", (standing(viewer), places), load, *STANDS_ON)._replace(own=viewer.id)


def visible_topics(viewer: Viewer, category_ids: Iterable[int]) -> ColumnElement[bool]:
    """The condition under which a list shows a topic: the twin of `see_topic`, over these categories."""
    return topics_in(sight(viewer, category_ids))


def topics_in(seen: Sight) -> ColumnElement[bool]:
    """The condition under which a list shows a topic to whoever has this sight."""
    readable, moderated, own = seen
    if not readable:
        return false()
    # "+ 0" keeps SQLite from gathering all topics of many categories by their index, only to sort them
    in_place = Topic.category_id == readable[0] if len(readable) == 1 else (Topic.category_id + 0).in_(readable)
    if len(moderated) == len(readable):
        return in_place
    plain = Topic.deleted_at.is_(None) & ~Topic.scheduled
    exceptions: list[ColumnElement[bool]] = []
    if moderated:
        exceptions.append(Topic.category_id.in_(moderated))
    if own:
        exceptions.append(Topic.author_id == own)
    return in_place & or_(plain, *exceptions)


def read_topic(viewer: Viewer, topic: TopicFacts) -> Verdict:
    """May the viewer open this topic?"""
    seen = see_topic(viewer, topic)
    if not seen:
        return seen
    if "topics:read" not in rights(viewer, topic.category_id):
        return Verdict(False, _("You may see the titles of this category, but not open its topics."))
    return YES


def see_post(viewer: Viewer, topic: TopicFacts, post: PostFacts) -> Verdict:
    """May the viewer read this post? Its twin is `visible_posts`."""
    opened = read_topic(viewer, topic)
    if not opened:
        return opened
    own = not viewer.guest and post.author_id == viewer.id
    if post.deleted_at and not (own or "posts:view_deleted" in rights(viewer, topic.category_id)):
        return HIDDEN
    return YES


def visible_posts(viewer: Viewer, category_ids: Iterable[int]) -> ColumnElement[bool]:
    """The condition under which a list shows a post (joined with its topic): the twin of `see_post`."""
    readable = [key for key in category_ids if "topics:read" in rights(viewer, key)]
    shown: list[ColumnElement[bool]] = [Post.deleted_at.is_(None)]
    seeing = [key for key in readable if "posts:view_deleted" in rights(viewer, key)]
    if seeing:
        shown.append((Topic.category_id + 0).in_(seeing))
    if not viewer.guest:
        shown.append(Post.author_id == viewer.id)
    return visible_topics(viewer, readable) & or_(*shown)


def write(viewer: Viewer) -> Verdict:
    """May the viewer write anything at all? Not while he is muted or banned."""
    penalty = viewer.banned or viewer.muted
    return Verdict(False, penalty.words) if penalty else YES


def create_topic(viewer: Viewer, category_id: int) -> Verdict:
    """May the viewer start a topic here?"""
    held = rights(viewer, category_id)
    if "find" not in held:
        return HIDDEN
    if viewer.guest:
        return Verdict(False, _("Log in to post"))
    if not (able := write(viewer)):
        return able
    return YES if "topics:create" in held else Verdict(False, _("You may not start topics in this category."))


def tag_topic(viewer: Viewer, category_id: int) -> Verdict:
    """May the viewer put tags on topics here?"""
    return (
        YES
        if "topics:tag" in rights(viewer, category_id)
        else Verdict(False, _("You may not use tags in this category."))
    )


def reply_to(viewer: Viewer, topic: TopicFacts) -> Verdict:
    """May the viewer reply to this topic?"""
    seen = read_topic(viewer, topic)
    if not seen:
        return seen
    if viewer.guest:
        return Verdict(False, _("Log in to reply"))
    if not (able := write(viewer)):
        return able
    held = rights(viewer, topic.category_id)
    if topic.deleted_at:
        return Verdict(False, _("This topic was deleted, so new replies are closed."))
    if topic.locked_at and "moderate" not in held:
        return Verdict(False, _("This topic is locked, so new replies are closed."))
    if topic.scheduled and "moderate" not in held:
        return Verdict(False, _("This topic is not published yet, so it takes no replies."))
    return YES if "topics:reply" in held else Verdict(False, _("You may not reply in this category."))


def vote_on(viewer: Viewer, topic: TopicFacts, author_id: int, value: int) -> Verdict:
    """May the viewer vote on a post by this author in this topic?"""
    refused = _any_vote(viewer, topic, author_id)
    return _this_vote(viewer, topic, value) if refused is None else refused


def votes_on(viewer: Viewer, topic: TopicFacts, author_id: int) -> tuple[Verdict, Verdict]:
    """The same for both votes: may he vote it up, and down?"""
    refused = _any_vote(viewer, topic, author_id)
    if refused is not None:
        return refused, refused
    return _this_vote(viewer, topic, 1), _this_vote(viewer, topic, -1)


def _any_vote(viewer: Viewer, topic: TopicFacts, author_id: int) -> Verdict | None:
    """Why no vote at all may be given, if so."""
    seen = read_topic(viewer, topic)
    if not seen:
        return seen
    if viewer.guest:
        return Verdict(False, _("Log in to vote"))
    if author_id == viewer.id:
        return Verdict(False, _("You cannot vote on your own post."))
    if topic.deleted_at:
        return Verdict(False, _("This topic was deleted, so voting is closed."))
    return None


def _this_vote(viewer: Viewer, topic: TopicFacts, value: int) -> Verdict:
    needed = {1: "posts:upvote", -1: "posts:downvote"}.get(value)
    if needed and needed not in rights(viewer, topic.category_id):
        return Verdict(False, _("You may not vote in this category."))
    return YES


def edit_post(viewer: Viewer, topic: TopicFacts, post: PostFacts) -> Verdict:
    """May the viewer edit this post? Its author while it is young enough and the topic open, moderators always."""
    refused = _change(viewer, topic, post)
    if refused is not None:
        return refused
    if not (able := write(viewer)):
        return able
    if post.deleted_at:
        return Verdict(False, _("This post was deleted. It can be edited once it is restored."))
    return _own(
        viewer, topic, post, "posts:edit", "edit_minutes",
        _("You may not edit posts in this category."), _("This post is too old to be edited."),
    )  # fmt: skip


def delete_post(viewer: Viewer, topic: TopicFacts, post: PostFacts) -> Verdict:
    """May the viewer delete this post? Its author while it is young enough and the topic open, moderators always."""
    refused = _change(viewer, topic, post)
    if refused is not None:
        return refused
    if post.number == 1:
        return Verdict(False, _("A topic stands on its first post. Delete the topic instead."))
    if post.deleted_at:
        return Verdict(False, _("This post is deleted already."))
    return _own(
        viewer, topic, post, "posts:delete", "delete_minutes",
        _("You may not delete posts in this category."), _("This post is too old to be deleted."),
    )  # fmt: skip


def _own(
    viewer: Viewer, topic: TopicFacts, post: PostFacts, right: str, minutes: str, refused: str, late: str
) -> Verdict:
    """What an author may do with the right to it and in time, and moderators always."""
    held = rights(viewer, topic.category_id)
    if "moderate" in held:
        return YES
    if right not in held:
        return Verdict(False, refused)
    return Verdict(False, late) if _late(post.created_at, minutes) else YES


def restore_post(viewer: Viewer, topic: TopicFacts, post: PostFacts) -> Verdict:
    """May the viewer bring this post back? What a moderator deleted its author cannot restore."""
    refused = _change(viewer, topic, post)
    if refused is not None:
        return refused
    if not post.deleted_at:
        return Verdict(False, _("This post is not deleted."))
    if "moderate" in rights(viewer, topic.category_id) or post.deleted_by_id == viewer.id:
        return YES
    return Verdict(False, _("A moderator deleted this post, so only moderators can bring it back."))


def purge_post(viewer: Viewer, topic: TopicFacts, post: PostFacts) -> Verdict:
    """May the viewer remove this post for good? Only what is deleted, and only with the right to purge."""
    refused = _change(viewer, topic, post)
    if refused is not None:
        return refused
    if "purge" not in rights(viewer, topic.category_id):
        return Verdict(False, _("You may not remove anything for good."))
    return YES if post.deleted_at else Verdict(False, _("Only what is deleted can be removed for good."))


def see_history(viewer: Viewer, topic: TopicFacts, post: PostFacts) -> Verdict:
    """May the viewer see what this post said before it was edited?"""
    held = rights(viewer, topic.category_id)
    if post.deleted_at and not {"moderate", "posts:view_deleted"} & held:
        return Verdict(False, _("This post was deleted."))
    if "posts:history" in held or (not viewer.guest and post.author_id == viewer.id):
        return YES
    return Verdict(False, _("You may not see earlier versions of posts in this category."))


def over_post(viewer: Viewer, topic: TopicFacts, post: PostFacts) -> dict[str, Verdict]:
    """All that the viewer may do with a post or not: what its menu shows."""
    checks = {"edit": edit_post, "delete": delete_post, "restore": restore_post, "purge": purge_post}
    found = {name: check(viewer, topic, post) for name, check in checks.items()}
    return {**found, "moderate": moderate(viewer, topic.category_id)}


def _late(since: datetime, setting: str) -> bool:
    minutes: int = getattr(settings, setting)
    return bool(minutes) and clock.now() > since + timedelta(minutes=minutes)


def _change(viewer: Viewer, topic: TopicFacts, post: PostFacts) -> Verdict | None:
    """Why the viewer may change nothing about this post, if that is so: it is not his, or the topic is closed."""
    seen = read_topic(viewer, topic)
    if not seen:
        return seen
    if viewer.guest:
        return Verdict(False, _("Log in to do this."))
    if "moderate" in rights(viewer, topic.category_id):
        return None
    if post.author_id != viewer.id:
        return Verdict(False, _("Only its author and moderators may do this to a post."))
    if topic.deleted_at:
        return Verdict(False, _("This topic was deleted, so its posts stay as they are."))
    if topic.locked_at:
        return Verdict(False, _("This topic is locked, so its posts stay as they are."))
    return None


def see_users(viewer: Viewer) -> Verdict:
    """May the viewer see the list of people and their pages?"""
    return YES if "view:users" in rights(viewer) else Verdict(False, _("You may not see the list of people."))


def see_tags(viewer: Viewer) -> Verdict:
    """May the viewer see tags?"""
    return YES if "view:tags" in rights(viewer) else Verdict(False, _("You may not see the list of tags."))
