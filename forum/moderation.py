"""Moderation: what waits for moderators, and what they did, for everybody to read where that is switched on."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, literal, select

from core import cache
from core.changes import of_member
from core.db import session
from core.i18n import gettext as _
from core.pages import Page
from core.settings import Bool, declare
from forum import audit, flags, permissions, privileges, queue, registration
from forum.permissions import HIDDEN, YES, Verdict
from forum.viewers import Viewer
from models import Act, Flag, Post, Queued, Registration, Topic

settings = declare("moderation", public_log=Bool(False, "Everybody may read what moderators did, without their names"))

MOST = 100
"""So many of each kind that waits are counted; whoever has more is told "99+"."""
_PEOPLE = ("person.mute", "person.mute_lifted", "person.ban", "person.ban_lifted")


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits for a viewer; 100 stands for any number above 99."""

    flags: int = 0
    posts: int = 0
    newcomers: int = 0

    @property
    def all(self) -> int:
        """All of it together."""
        return min(self.flags + self.posts + self.newcomers, MOST)


def enter(viewer: Viewer) -> Verdict:
    """May the viewer open the inbox of the moderators?"""
    if privileges.works_inbox(viewer):
        return YES
    return Verdict(False, _("This page is for moderators."))


def waiting(viewer: Viewer) -> Waiting:
    """How much waits in the viewer's inbox. One query, and none when nothing changed or nothing is his to work."""
    if not privileges.works_inbox(viewer):
        return Waiting()
    stands_on = ("inbox", "all", "viewers", of_member(viewer.id))
    return cache.keep_one_of("inbox", viewer.id, lambda: _waiting(viewer), *stands_on)


def names(viewer: Viewer, show: str) -> list[str]:
    """What stands in the viewer's inbox, as its cases are called (`flag-7`), in the order of the page."""
    others = show != "mine"
    newcomers = registration.waiting(viewer, done=show == "done") if others else []
    queued = queue.waiting(viewer, done=show == "done") if others else []
    kinds = (("registration", newcomers), ("queue", queued), ("flag", flags.cases(viewer, show)))
    return [f"{kind}-{each.id}" for kind, found in kinds for each in found]


def see_log(viewer: Viewer) -> Verdict:
    """May the viewer read what moderators did? Everybody may, where it is switched on."""
    return YES if settings.public_log else HIDDEN


def log(viewer: Viewer, category_ids: list[int], cursor: str = "") -> Page[audit.Line]:
    """What moderators did to people and topics that the viewer may know of, without names. Raises Missing, BadCursor."""
    permissions.require(see_log(viewer))
    seen = permissions.visible_topics(viewer, category_ids)
    shown = (Act.kind.startswith("topic.") | Act.kind.startswith("post.")) & Topic.id.is_not(None) & seen
    if permissions.see_users(viewer):
        shown = shown | Act.kind.in_(_PEOPLE)
    return audit.page(audit.lines().outerjoin(Topic, Topic.id == Act.topic_id).where(shown), cursor, shown=False)


def _waiting(viewer: Viewer) -> Waiting:
    flagged = select(Flag.id).outerjoin(Post, Post.id == Flag.post_id).outerjoin(Topic, Topic.id == Post.topic_id)
    flagged = flagged.where(Flag.state.in_(("open", "work")), flags.visible_flags(viewer))
    queued = select(Queued.id).outerjoin(Topic, Topic.id == Queued.topic_id).where(Queued.state == "waiting")
    asking = select(Registration.id).where(Registration.state == "waiting")
    parts = (
        _number(flagged),
        _number(queued.where(queue.visible_queued(viewer))),
        _number(asking) if registration.decide(viewer) else literal(0),
    )
    return Waiting(*session().execute(select(*parts)).one())


def _number(query: Any) -> Any:
    return select(func.count()).select_from(query.limit(MOST).subquery()).scalar_subquery()
