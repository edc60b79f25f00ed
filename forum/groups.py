"""Groups: the badges beside a name, and the built-in groups that rights are granted to."""

from dataclasses import dataclass

from sqlalchemy import delete, func, select, update

from core import cache
from core.db import session
from core.i18n import gettext as _
from forum import handles
from forum.privileges import DEFAULT_GRANTS
from forum.refusals import Conflict
from forum.viewers import builtin_groups, under
from models import Grant, Group, Handle, Membership, User

BUILT_IN = {
    "guests": "Guests",
    "registered": "Registered",
    "verified": "Verified",
    "banned": "Banned",
    "moderators": "Global moderators",
    "administrators": "Administrators",
    "fediverse": "Fediverse",
}
_BUILT_IN_BADGES = {
    "administrators": (_("Administrator"), "#b91c1c", "shield-lock"),
    "moderators": (_("Moderator"), "#0f766e", "shield-check"),
}


@dataclass(frozen=True, slots=True)
class Badge:
    """What stands beside a member's name."""

    group_id: int
    title: str
    colour: str
    icon: str


def badges() -> dict[int, Badge]:
    """The badges of all groups that have one; kept in the process until a group changes."""

    def load() -> dict[int, Badge]:
        rows = session().execute(
            select(Group.id, Group.title, Group.colour, Group.icon)
            .where(Group.title != "", Group.visibility != "hidden")
            .order_by(Group.id)  # in every process the same: a stylesheet is made of them, and called by what is in it
        )
        return {row.id: Badge(row.id, row.title, row.colour, row.icon) for row in rows}

    return cache.keep("badges", load, "groups")


def lay_foundation() -> None:
    """Makes the built-in groups and the default grants, once."""
    current = session()
    if current.scalar(select(func.count()).select_from(Group)):
        return
    for slug, name in BUILT_IN.items():
        title, colour, icon = _BUILT_IN_BADGES.get(slug, ("", "#475569", ""))
        group = Group(name=name, slug=slug, system=True, title=title, colour=colour, icon=icon)
        current.add(group)
        current.flush()
        current.add(Handle(handle=slug, kind="group", target_id=group.id))
        current.add_all(Grant(right=right, group_id=group.id) for right in DEFAULT_GRANTS.get(slug, ()))
    cache.bump("groups")
    cache.bump("grants")


def create(
    name: str, *, title: str = "", colour: str = "#475569", icon: str = "", visibility: str = "private"
) -> Group:
    """Makes a group, with a badge if it has a title."""
    group = Group(name=name, slug="", title=title, colour=colour, icon=icon, visibility=visibility)
    group.slug = handles.free(name)
    session().add(group)
    session().flush()
    handles.claim(name, "group", group.id)
    cache.bump("groups")
    return group


def join(user_id: int, group_id: int) -> None:
    """Puts a person into a group and shows its badge."""
    current = session()
    if current.get(Membership, (group_id, user_id)):
        return
    current.add(Membership(group_id=group_id, user_id=user_id))
    current.execute(update(Group).where(Group.id == group_id).values(members=Group.members + 1))
    if current.scalar(select(Group.title).where(Group.id == group_id)):
        user = current.get_one(User, user_id)
        user.badges = [*user.badges, group_id]
    current.flush()


def wear(group_id: int, *, worn: bool) -> None:
    """Puts a group's badge behind the others of all its members, or takes it away."""
    current = session()
    inside = select(Membership.user_id).where(Membership.group_id == group_id)
    for user in current.scalars(select(User).where(User.id.in_(inside))):
        others = [badge for badge in user.badges if badge != group_id]
        user.badges = [*others, group_id] if worn else others
    current.flush()


def place_moved(gone_id: int, into_id: int) -> None:
    """Where the page of a group shows the posts of a category that became a part of another, it shows that one's."""
    current = session()
    for group in current.scalars(select(Group)):
        chosen = set(group.shown_in or ())
        if gone_id in chosen:
            group.shown_in = sorted((chosen | {into_id}) - {gone_id})
    current.flush()


def own_badges(user_id: int) -> tuple[list[Badge], list[int]]:
    """The badges that somebody may wear, those that he wears first and in his order; and the ids of these."""
    inside = select(Membership.group_id).where(Membership.user_id == user_id)
    known = {key: badge for key, badge in badges().items() if key in set(session().scalars(inside))}
    worn = [key for key in session().scalar(select(User.badges).where(User.id == user_id)) or () if key in known]
    return [known[key] for key in [*worn, *(key for key in known if key not in worn)]], worn


def choose_badges(user_id: int, wanted: list[int]) -> None:
    """Shows these badges beside somebody's name, in this order; what is none of his is left out."""
    known = {badge.group_id for badge in own_badges(user_id)[0]}
    user = session().get_one(User, user_id, populate_existing=True)
    user.badges = [key for key in dict.fromkeys(wanted) if key in known]
    session().flush()


def make_administrator(user_id: int) -> None:
    """Gives a person every right."""
    join(user_id, builtin_groups()["administrators"])


def spare_administrator(user_id: int) -> None:
    """Raises Conflict for an administrator beside whom no other one can log in."""
    current, group_id = session(), builtin_groups()["administrators"]
    if current.get(Membership, (group_id, user_id)) is None:
        return
    # one at a time: two who leave in the same moment must not both take the other for the one who stays
    current.execute(select(Group.id).where(Group.id == group_id).with_for_update())
    others = select(func.count()).select_from(Membership).join(User, User.id == Membership.user_id)
    if not current.scalar(others.where(Membership.group_id == group_id, User.id != user_id, ~under("ban"))):
        raise Conflict(_("The last administrator must stay one."))


def leave(user_id: int, group_id: int) -> None:
    """Takes a person out of a group. Raises Conflict for the last administrator."""
    current = session()
    if group_id == builtin_groups()["administrators"]:
        spare_administrator(user_id)
    gone = current.execute(delete(Membership).where(Membership.group_id == group_id, Membership.user_id == user_id))
    if gone.rowcount:  # type: ignore[attr-defined]
        current.execute(update(Group).where(Group.id == group_id).values(members=Group.members - 1))
        user = current.get_one(User, user_id)
        user.badges = [badge for badge in user.badges if badge != group_id]
        current.flush()
