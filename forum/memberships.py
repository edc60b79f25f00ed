"""Memberships: who sees a group, joins it, leaves it, owns it, and who lets whom in."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update

from core import cache, clock, colour
from core.db import session
from core.i18n import gettext as _
from core.pages import Page, decode, encode
from forum import audit, groups, permissions, privileges
from forum.permissions import HIDDEN, YES, Verdict, require
from forum.privileges import rights
from forum.refusals import Forbidden, Invalid, Missing
from forum.slugs import name_key
from forum.users import COLUMNS, UserRow
from forum.viewers import Viewer
from models import Candidacy, Group, Membership, Post, Topic, User

VISIBILITIES = ("public", "private", "hidden")
SORTS = ("name", "members", "newest")
_STAFF = ("administrators", "moderators")
_LISTED = 100
_PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Standing:
    """What a viewer is to a group, and may do with it."""

    member: bool = False
    owner: bool = False
    asked: bool = False
    invited: bool = False
    manages: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A person who asked to join, or was invited."""

    user_id: int
    name: str
    slug: str
    invited: bool


@dataclass(frozen=True, slots=True)
class Said:
    """A post of a member."""

    post_id: int
    title: str
    excerpt: str
    author: str
    slug: str
    at: object


def see_groups(viewer: Viewer) -> Verdict:
    """May the viewer see the list of groups?"""
    return YES if "view:groups" in rights(viewer) else Verdict(False, _("You may not see the list of groups."))


def create_groups(viewer: Viewer) -> Verdict:
    """May the viewer make groups?"""
    held = rights(viewer)
    may = not viewer.guest and ("group:create" in held or "admin:groups" in held)
    return YES if may else Verdict(False, _("You may not make groups."))


def index(viewer: Viewer, *, sort: str = "name", search: str = "") -> list[Group]:
    """Up to 100 groups that the viewer may see. Raises Forbidden."""
    require(see_groups(viewer))
    query = select(Group).where(~Group.system | Group.slug.in_(_STAFF)).limit(_LISTED)
    if "admin:groups" not in rights(viewer):
        mine = select(Membership.group_id).where(Membership.user_id == viewer.id)
        asked = select(Candidacy.group_id).where(Candidacy.user_id == viewer.id, Candidacy.invited)
        query = query.where((Group.visibility != "hidden") | Group.id.in_(mine) | Group.id.in_(asked))
    if search:
        query = query.where(func.lower(Group.name).contains(search.lower(), autoescape=True))
    orders = {"members": (Group.members.desc(), Group.id), "newest": (Group.id.desc(),)}
    return list(session().scalars(query.order_by(*orders.get(sort, (func.lower(Group.name), Group.id)))))


def get(viewer: Viewer, slug: str) -> tuple[Group, Standing]:
    """A group and what the viewer is to it. Raises Missing, Forbidden."""
    require(see_groups(viewer))
    group = session().scalar(select(Group).where(Group.slug == slug).execution_options(populate_existing=True))
    if group is None or (group.system and group.slug not in _STAFF):
        raise Missing
    standing = standing_of(viewer, group)
    if group.visibility == "hidden" and not (standing.member or standing.invited or "admin:groups" in rights(viewer)):
        require(HIDDEN)
    return group, standing


def standing_of(viewer: Viewer, group: Group) -> Standing:
    """What a viewer is to a group."""
    if viewer.guest:
        return Standing()
    held = session().get(Membership, (group.id, viewer.id), populate_existing=True)
    waits = session().get(Candidacy, (group.id, viewer.id), populate_existing=True)
    owner = held is not None and held.owner
    return Standing(
        held is not None, owner, waits is not None and not waits.invited, waits is not None and waits.invited,
        owner or _administrates(viewer, group),
    )  # fmt: skip


def members(group: Group, cursor: str = "") -> Page[UserRow]:
    """A page of a group's members, those who joined the site first ahead."""
    query = select(*COLUMNS).join(Membership, Membership.user_id == User.id).where(Membership.group_id == group.id)
    if cursor:
        query = query.where(User.id > decode(cursor, int)[0])
    rows = [UserRow(*row) for row in session().execute(query.order_by(User.id).limit(_PER_PAGE + 1))]
    more = len(rows) > _PER_PAGE
    return Page(rows[:_PER_PAGE], None if cursor else 1, encode(rows[_PER_PAGE - 1].id) if more else None)


def owners(group: Group) -> set[int]:
    """The ids of a group's owners."""
    return set(session().scalars(select(Membership.user_id).where(Membership.group_id == group.id, Membership.owner)))


def waiting(group: Group) -> list[Line]:
    """Who asked to join a group, and who was invited."""
    query = select(User.id, User.name, User.slug, Candidacy.invited).join(Candidacy, Candidacy.user_id == User.id)
    rows = session().execute(query.where(Candidacy.group_id == group.id).order_by(Candidacy.since).limit(_LISTED))
    return [Line(*row) for row in rows]


def latest(viewer: Viewer, group: Group, category_ids: list[int]) -> list[Said]:
    """The ten newest posts of a group's members that the viewer may read."""
    who = select(Membership.user_id).where(Membership.group_id == group.id)
    rows = session().execute(
        select(Post.id, Topic.title, Post.excerpt, User.name, User.slug, Post.created_at)
        .join(Topic, Topic.id == Post.topic_id)
        .join(User, User.id == Post.author_id)
        .where(Post.author_id.in_(who), Post.deleted_at.is_(None), permissions.visible_posts(viewer, category_ids))
        .order_by(Post.id.desc())
        .limit(10)
    )
    return [Said(*row) for row in rows]


def keep(viewer: Viewer, group: Group | None, form: Mapping[str, str]) -> Group:
    """Makes a group, its maker its owner, or changes one. Raises Forbidden, Invalid."""
    name, title = " ".join(form.get("name", "").split()), " ".join(form.get("title", "").split())
    description, visibility = form.get("description", "").strip(), form.get("visibility", "")
    if not 2 <= len(name) <= 60 or "\x00" in name:
        raise Invalid("name", _("A group needs a name of 2 to 60 letters."))
    if len(title) > 40 or len(description) > 1000 or "\x00" in title + description:
        raise Invalid("title" if len(title) > 40 else "description", _("That is too long."))
    if visibility not in VISIBILITIES:
        raise Invalid("visibility", _("Choose who may join."))
    if session().scalar(
        select(Group.id).where(func.lower(Group.name) == name.lower(), Group.id != (group.id if group else 0))
    ):
        raise Invalid("name", _("There is a group of this name."))
    try:
        tint = colour.parse(form.get("colour", "").strip())
    except colour.BadColourError:
        raise Invalid("colour", _("Write a colour like #1a2b3c.")) from None
    if group is None:
        require(create_groups(viewer))
        group = groups.create(name)
        groups.join(viewer.id, group.id)
        _set_owner(group.id, viewer.id, owner=True)
    else:
        _require_manager(viewer, group)
    group = session().get_one(Group, group.id, populate_existing=True)
    if not group.system:
        group.name, group.visibility, group.leavable = name, visibility, form.get("leavable") == "1"
    had = bool(group.title)
    group.title, group.description, group.colour, group.icon = title, description, tint, form.get("icon", "")[:40]
    session().flush()
    if bool(title) != had:
        groups.wear(group.id, worn=bool(title))
    cache.bump("groups")
    audit.note(viewer, "group.kept", name=name)
    return group


def destroy(viewer: Viewer, group: Group) -> None:
    """Removes a group; its members stay, its rights go. Raises Forbidden."""
    _require_manager(viewer, group)
    if group.system:
        raise Forbidden(_("The site cannot do without this group."))
    audit.note(viewer, "group.destroyed", name=group.name)
    groups.wear(group.id, worn=False)
    session().delete(session().get_one(Group, group.id))
    session().flush()
    cache.bump("groups")
    cache.bump("grants")


def join(viewer: Viewer, group: Group) -> bool:
    """Joins a group or, where that takes a yes, asks to; returns whether he is in. Raises Forbidden."""
    standing = standing_of(viewer, group)
    if group.system:
        raise Forbidden(_("Only administrators let people into this group."))
    if standing.member or group.visibility == "public" or standing.invited:
        _let_in(group.id, viewer.id)
        return True
    if group.visibility == "hidden":
        raise Missing
    if not standing.asked:
        session().add(Candidacy(group_id=group.id, user_id=viewer.id, invited=False, since=clock.now()))
        session().flush()
    return False


def leave(viewer: Viewer, group: Group) -> None:
    """Leaves a group, takes a request back, or declines an invitation. Raises Forbidden, Conflict."""
    _forget(group.id, viewer.id)
    if not standing_of(viewer, group).member:
        return
    if not group.leavable:
        raise Forbidden(_("Nobody leaves this group by himself. Ask one of its owners."))
    groups.leave(viewer.id, group.id)


def invite(viewer: Viewer, group: Group, who: str) -> User:
    """Invites a person by name or handle; whoever asked is let in. Into a group of the staff people are put at once.

    Raises Forbidden, Invalid.
    """
    _require_manager(viewer, group)
    word = who.strip().lstrip("@")
    named = (User.name_key == name_key(word)) & (User.domain == "")
    user = session().scalar(select(User).where(named | (User.slug == word)).limit(1))
    if user is None:
        raise Invalid("who", _("There is nobody of this name."))
    if session().get(Membership, (group.id, user.id)):
        raise Invalid("who", _("%(name)s is a member already.", name=user.name))
    waits = session().get(Candidacy, (group.id, user.id), populate_existing=True)
    if group.system or (waits is not None and not waits.invited):
        _let_in(group.id, user.id)
        audit.note(viewer, "group.let_in", user_id=user.id, name=group.name)
    elif waits is None:
        session().add(Candidacy(group_id=group.id, user_id=user.id, invited=True, since=clock.now()))
        session().flush()
    return user


def answer(viewer: Viewer, group: Group, user_id: int, *, accept: bool) -> None:
    """Lets in somebody who asked, or refuses him; refusing takes an invitation back, too. Raises Forbidden, Missing."""
    _require_manager(viewer, group)
    waits = session().get(Candidacy, (group.id, user_id), populate_existing=True)
    if waits is None or (accept and waits.invited):
        raise Missing
    if accept:
        _let_in(group.id, user_id)
        audit.note(viewer, "group.let_in", user_id=user_id, name=group.name)
    else:
        _forget(group.id, user_id)


def set_rank(viewer: Viewer, group: Group, user_id: int, rank: str) -> None:
    """Makes a member owner or plain member, or puts him out (owner, member, out). Raises Forbidden, Missing, Conflict."""
    _require_manager(viewer, group)
    if session().get(Membership, (group.id, user_id)) is None or rank not in ("owner", "member", "out"):
        raise Missing
    audit.note(viewer, f"group.{rank}", user_id=user_id, name=group.name)
    if rank == "out":
        groups.leave(user_id, group.id)
    elif not group.system:
        _set_owner(group.id, user_id, owner=rank == "owner")


def _administrates(viewer: Viewer, group: Group) -> bool:
    """Whether the viewer manages a group by a right of administration: one that gives nothing he does not hold."""
    if viewer.administrator:
        return True
    if group.slug == "administrators" or ("admin:admins-mods" if group.system else "admin:groups") not in rights(
        viewer
    ):
        return False
    return all(right in rights(viewer, place) for place, right in privileges.grants_to(group.id))


def _require_manager(viewer: Viewer, group: Group) -> None:
    if not standing_of(viewer, group).manages:
        raise Forbidden(_("Only the owners of the group and administrators who hold its rights may do this."))


def _let_in(group_id: int, user_id: int) -> None:
    _forget(group_id, user_id)
    groups.join(user_id, group_id)


def _forget(group_id: int, user_id: int) -> None:
    session().execute(delete(Candidacy).where(Candidacy.group_id == group_id, Candidacy.user_id == user_id))


def _set_owner(group_id: int, user_id: int, *, owner: bool) -> None:
    mine = (Membership.group_id == group_id) & (Membership.user_id == user_id)
    session().execute(update(Membership).where(mine).values(owner=owner))
