"""Moderation: what waits for moderators, and what they did, for everybody to read where that is switched on."""

from core.i18n import gettext as _
from core.pages import Page
from core.settings import Bool, declare
from forum import audit, permissions, privileges
from forum.permissions import HIDDEN, YES, Verdict
from forum.privileges import rights
from forum.viewers import Viewer
from models import Act, Topic

settings = declare("moderation", public_log=Bool(False, "Everybody may read what moderators did, without their names"))

_PEOPLE = ("person.mute", "person.mute_lifted", "person.ban", "person.ban_lifted")


def enter(viewer: Viewer) -> Verdict:
    """May the viewer open the inbox of the moderators?"""
    if privileges.moderates(viewer) or not rights(viewer).isdisjoint({"ban", "mute"}):
        return YES
    return Verdict(False, _("This page is for moderators."))


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
