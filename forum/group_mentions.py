"""Group mentions: who may call a whole group into a topic by its name, and whom that reaches."""

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, false, select

from core.db import session
from core.settings import Choice, Int, declare
from forum.viewers import Viewer
from models import Group, Membership

settings = declare(
    "groups",
    mentioned_by=Choice(
        "members",
        "Who may mention a group, so that all in it are told (moderators always may)",
        options=("moderators", "members", "everybody"),
    ),
    mentioned_most=Int(200, "Groups with more members are told nothing when they are mentioned", low=1, high=10_000),
)


def offered(viewer: Viewer, typed: str, most: int) -> Sequence[Group]:
    """Groups that the viewer may mention and whose handles begin like this."""
    begins = Group.slug.startswith(typed.lower(), autoescape=True)
    query = select(Group).where(begins, _may(viewer)).order_by(Group.members.desc(), Group.id).limit(most)
    return session().scalars(query).all() if typed else []


def reached(author: Viewer, handles: Iterable[str]) -> Sequence[int]:
    """The members of those of some groups that the author may mention. No query for no names."""
    names = sorted(handles)[:50]
    query = select(Membership.user_id).join(Group, Group.id == Membership.group_id)
    return session().scalars(query.where(Group.slug.in_(names), _may(author))).all() if names else []


def _may(viewer: Viewer) -> ColumnElement[bool]:
    """The condition that a group can be mentioned by the viewer: hidden ones and those that rights are made of cannot."""
    plain = ~Group.system & (Group.visibility != "hidden") & Group.members.between(1, settings.mentioned_most)
    if viewer.guest:
        return false()
    if viewer.holds("moderators", "administrators") or settings.mentioned_by == "everybody":
        return plain
    own = Group.id.in_(viewer.groups) if settings.mentioned_by == "members" else false()
    return plain & own
