"""Memberships: who sees a group, joins it, leaves it, owns it, and who lets whom in."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Select, delete, func, select, true, update

from core import clock
from core.db import session
from core.i18n import gettext as _
from core.pages import Page, decode, encode
from forum import audit, groups, notices, panel, permissions, privileges
from forum.permissions import HIDDEN, YES, Verdict, require
from forum.privileges import rights
from forum.refusals import Conflict, Forbidden, Invalid, Missing
from forum.slugs import name_key
from forum.users import COLUMNS, UserRow
from forum.viewers import Viewer, builtin_groups
from models import Candidacy, Group, Membership, Post, Topic, User

SORTS = ("name", "members", "newest")
STAFF = ("administrators", "moderators")
"""The groups of the site itself that are groups of people, too."""
_LISTED = 100
_PER_PAGE = 50
_BATCH = 1000


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
    may = not {"view:groups", "admin:groups"}.isdisjoint(rights(viewer))
    return YES if may else Verdict(False, _("You may not see the list of groups."))


def create_groups(viewer: Viewer) -> Verdict:
    """May the viewer make groups?"""
    held = rights(viewer)
    may = not viewer.guest and ("group:create" in held or "admin:groups" in held)
    return YES if may else Verdict(False, _("You may not make groups."))


def index(viewer: Viewer, *, sort: str = "name", search: str = "") -> list[Group]:
    """Up to 100 groups that the viewer may see. Raises Forbidden."""
    query = _seen(viewer)
    if search:
        query = query.where(func.lower(Group.name).contains(search.lower(), autoescape=True))
    orders = {"members": (Group.members.desc(), Group.id), "newest": (Group.id.desc(),)}
    return list(session().scalars(query.order_by(*orders.get(sort, (func.lower(Group.name), Group.id)))))


def of_person(viewer: Viewer, person_id: int) -> list[Group]:
    """The groups of a person that the viewer may see. Raises Forbidden."""
    held = select(Membership.group_id).where(Membership.user_id == person_id)
    return list(session().scalars(_seen(viewer).where(Group.id.in_(held)).order_by(func.lower(Group.name), Group.id)))


def _seen(viewer: Viewer) -> Select[Group]:
    require(see_groups(viewer))
    query = select(Group).where(~Group.system | Group.slug.in_(STAFF)).limit(_LISTED)
    if "admin:groups" not in rights(viewer):
        mine = select(Membership.group_id).where(Membership.user_id == viewer.id)
        asked = select(Candidacy.group_id).where(Candidacy.user_id == viewer.id, Candidacy.invited)
        query = query.where((Group.visibility != "hidden") | Group.id.in_(mine) | Group.id.in_(asked))
    return query


def get(viewer: Viewer, slug: str) -> tuple[Group, Standing]:
    """A group and what the viewer is to it. Raises Missing, Forbidden."""
    require(see_groups(viewer))
    group = session().scalar(select(Group).where(Group.slug == slug).execution_options(populate_existing=True))
    if group is None or (group.system and group.slug not in STAFF):
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


def all_of_the_site(viewer: Viewer) -> list[Any]:
    """The ids and names of up to 500 groups by name, the hidden ones too, for who works with people. Raises Forbidden."""
    panel.guard(viewer, "admin:users")
    return list(session().execute(_of_the_site(Group.id, Group.name)))


def managed(viewer: Viewer) -> list[Group]:
    """Those of them that a viewer manages by a right of administration. Raises Forbidden."""
    panel.guard(viewer, "admin:users")
    return [group for group in session().scalars(_of_the_site(Group)) if _administrates(viewer, group)]


def _of_the_site(*what: Any) -> Select[Any]:
    query = select(*what).where(~Group.system | Group.slug.in_(STAFF))
    return query.order_by(func.lower(Group.name), Group.id).limit(500)


class GroupFacts(Protocol):
    """What must be known of a group to tell who manages it: an entity or a row of a list."""

    @property
    def id(self) -> int: ...
    @property
    def slug(self) -> str: ...
    @property
    def system(self) -> bool: ...


def managed_among(viewer: Viewer, some: Iterable[GroupFacts]) -> set[int]:
    """The ids of those among some groups that the viewer manages. One query."""
    owned = set(session().scalars(select(Membership.group_id).where(Membership.user_id == viewer.id, Membership.owner)))
    return {group.id for group in some if group.id in owned or _administrates(viewer, group)}


def asked_of(viewer: Viewer) -> set[int]:
    """The ids of the groups to which people asked to be let in, and whose requests the viewer may answer."""
    asked = select(Candidacy.group_id).where(~Candidacy.invited)
    found: Sequence[Any] = (
        session().execute(select(Group.id, Group.slug, Group.system).where(Group.id.in_(asked))).all()
    )
    return managed_among(viewer, found)


def to_invite_into(viewer: Viewer) -> list[Group]:
    """Up to 100 groups into which the viewer may let people: his own and, for who administers groups, others."""
    query = select(Group).where(~Group.system | Group.slug.in_(STAFF)).order_by(func.lower(Group.name)).limit(_LISTED)
    found = session().scalars(query).all()
    mine = managed_among(viewer, found)
    return [group for group in found if group.id in mine]


def members(group: Group, cursor: str = "", search: str = "") -> Page[UserRow]:
    """A page of a group's members (whose names hold some letters), those who joined the site first ahead."""
    query = select(*COLUMNS).join(Membership, Membership.user_id == User.id).where(Membership.group_id == group.id)
    if search:
        query = query.where(User.name_key.contains(name_key(search), autoescape=True))
    if cursor:
        query = query.where(User.id > decode(cursor, int)[0])
    rows = [UserRow(*row) for row in session().execute(query.order_by(User.id).limit(_PER_PAGE + 1))]
    more = len(rows) > _PER_PAGE
    return Page(rows[:_PER_PAGE], None if cursor else 1, encode(rows[_PER_PAGE - 1].id) if more else None)


def owners(group: Group) -> set[int]:
    """The ids of a group's owners."""
    return set(session().scalars(select(Membership.user_id).where(Membership.group_id == group.id, Membership.owner)))


def table(viewer: Viewer, group: Group) -> Iterator[list[str]]:
    """A group's members as lines of a table, a heading first. Raises Forbidden for who does not manage the group."""
    require_manager(viewer, group)
    yield ["name", "handle", "rank", "joined the site", "posts"]
    last = 0
    while True:
        columns = (User.id, User.name, User.slug, Membership.owner, User.joined_at, User.posts)
        query = select(*columns).join(Membership, Membership.user_id == User.id).where(Membership.group_id == group.id)
        rows = session().execute(query.where(User.id > last).order_by(User.id).limit(_BATCH)).all()
        for row in rows:
            joined = row.joined_at.isoformat(timespec="seconds")
            yield [row.name, row.slug, "owner" if row.owner else "member", joined, str(row.posts)]
        if len(rows) < _BATCH:
            return
        last = rows[-1].id


def waiting(group: Group) -> list[Line]:
    """Who asked to join a group, and who was invited."""
    query = select(User.id, User.name, User.slug, Candidacy.invited).join(Candidacy, Candidacy.user_id == User.id)
    rows = session().execute(query.where(Candidacy.group_id == group.id).order_by(Candidacy.since).limit(_LISTED))
    return [Line(*row) for row in rows]


def latest(viewer: Viewer, group: Group, category_ids: list[int]) -> list[Said]:
    """The ten newest posts of a group's members that the viewer may read, in the categories that its owners chose."""
    if group.shown_in:
        category_ids = [key for key in category_ids if key in group.shown_in]
    here = Topic.category_id.in_(group.shown_in) if group.shown_in else true()
    who = select(Membership.user_id).where(Membership.group_id == group.id)
    rows = session().execute(
        select(Post.id, Topic.title, Post.excerpt, User.name, User.slug, Post.created_at)
        .join(Topic, Topic.id == Post.topic_id)
        .join(User, User.id == Post.author_id)
        .where(
            here, Post.author_id.in_(who), Post.deleted_at.is_(None), permissions.visible_posts(viewer, category_ids)
        )
        .order_by(Post.id.desc())
        .limit(10)
    )
    return [Said(*row) for row in rows]


def ask_to_join(group: Group) -> Verdict:
    """May people ask to be let into a group?"""
    may = group.visibility == "private" and group.requests and not group.system
    return YES if may else Verdict(False, _("Nobody asks to join this group: its owners invite whom they want."))


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
        require(ask_to_join(group))
        session().add(Candidacy(group_id=group.id, user_id=viewer.id, invited=False, since=clock.now()))
        session().flush()
        for owner_id in sorted(owners(group)):
            notices.tell(owner_id, "asks", f"asks-{group.id}", viewer.id)
    return False


def leave(viewer: Viewer, group: Group) -> None:
    """Leaves a group, takes a request back, or declines an invitation. Raises Forbidden, Conflict."""
    _forget(group.id, viewer.id)
    notices.take_back(f"asks-{group.id}", viewer.id)
    if not standing_of(viewer, group).member:
        return
    if not group.leavable:
        raise Forbidden(_("Nobody leaves this group by himself. Ask one of its owners."))
    _spare_owner(group, viewer.id)
    groups.leave(viewer.id, group.id)


def invite(viewer: Viewer, group: Group, who: str) -> User:
    """Invites a person by name or handle; whoever asked is let in. Into a group of the staff people are put at once.

    Raises Forbidden, Invalid.
    """
    require_manager(viewer, group)
    word = who.strip().lstrip("@")
    named = (User.name_key == name_key(word)) & (User.domain == "")
    user = session().scalar(select(User).where(named | (User.slug == word)).limit(1))
    if user is None:
        raise Invalid("who", _("There is nobody of this name."))
    if session().get(Membership, (group.id, user.id)):
        raise Invalid("who", _("%(name)s is a member already.", name=user.name))
    waits = session().get(Candidacy, (group.id, user.id), populate_existing=True)
    if group.system or (waits is not None and not waits.invited):
        enlist(viewer, group, user.id)
        notices.tell(user.id, "let_in", f"let_in-{group.id}", viewer.id)
    elif waits is None:
        session().add(Candidacy(group_id=group.id, user_id=user.id, invited=True, since=clock.now()))
        session().flush()
        notices.tell(user.id, "invited", f"invited-{group.id}", viewer.id)
    return user


def enlist(viewer: Viewer, group: Group, user_id: int) -> bool:
    """Puts a person into a group at once; returns whether he was not in it before. Raises Forbidden."""
    require_manager(viewer, group)
    if session().get(Membership, (group.id, user_id)):
        return False
    _let_in(group.id, user_id)
    audit.note(viewer, "group.let_in", user_id=user_id, name=group.name)
    return True


def answer(viewer: Viewer, group: Group, user_id: int, *, accept: bool) -> None:
    """Lets in somebody who asked, or refuses him; refusing takes an invitation back, too. Raises Forbidden, Missing."""
    require_manager(viewer, group)
    waits = session().get(Candidacy, (group.id, user_id), populate_existing=True)
    if waits is None or (accept and waits.invited):
        raise Missing
    if accept:
        _let_in(group.id, user_id)
        audit.note(viewer, "group.let_in", user_id=user_id, name=group.name)
        notices.tell(user_id, "let_in", f"let_in-{group.id}", viewer.id)
    else:
        _forget(group.id, user_id)
        notices.take_back(f"invited-{group.id}", viewer.id, user_id)


def set_rank(viewer: Viewer, group: Group, user_id: int, rank: str) -> None:
    """Makes a member owner or plain member, or puts him out (owner, member, out). Raises Forbidden, Missing, Conflict."""
    require_manager(viewer, group)
    if session().get(Membership, (group.id, user_id)) is None or rank not in ("owner", "member", "out"):
        raise Missing
    if rank != "owner":
        _spare_owner(group, user_id)
    audit.note(viewer, f"group.{rank}", user_id=user_id, name=group.name)
    if rank == "out":
        groups.leave(user_id, group.id)
    elif not group.system:
        set_owner(group.id, user_id, owner=rank == "owner")


def gives_power(group_id: int) -> bool:
    """Whether a group gives its members rights over others: to administer, to moderate, to mute or to ban."""
    known = builtin_groups()
    if group_id in {known[slug] for slug in STAFF}:
        return True
    power = {"mute", "ban", privileges.MODERATE, *privileges.ADMIN_RIGHTS}
    return any(right in power for _place, right in privileges.grants_to(group_id))


def _administrates(viewer: Viewer, group: GroupFacts) -> bool:
    """Whether the viewer manages a group by a right of administration: one that gives nothing he does not hold."""
    if viewer.administrator:
        return True
    if group.slug == "administrators" or ("admin:admins-mods" if group.system else "admin:groups") not in rights(
        viewer
    ):
        return False
    return all(right in rights(viewer, place) for place, right in privileges.grants_to(group.id))


def require_manager(viewer: Viewer, group: Group) -> None:
    """Raises Forbidden for somebody who does not manage a group."""
    if not standing_of(viewer, group).manages:
        raise Forbidden(_("Only the owners of the group and administrators who hold its rights may do this."))


def _spare_owner(group: Group, user_id: int) -> None:
    """Raises Conflict for the last owner of a group that has one."""
    session().execute(select(Group.id).where(Group.id == group.id).with_for_update())  # of two owners, one stays
    if owners(group) == {user_id}:
        raise Conflict(_("A group needs an owner: make somebody else one first, or remove the group."))


def _let_in(group_id: int, user_id: int) -> None:
    _forget(group_id, user_id)
    groups.join(user_id, group_id)


def _forget(group_id: int, user_id: int) -> None:
    session().execute(delete(Candidacy).where(Candidacy.group_id == group_id, Candidacy.user_id == user_id))


def set_owner(group_id: int, user_id: int, *, owner: bool) -> None:
    """Makes a member an owner, or no longer one; the caller has asked who may."""
    mine = (Membership.group_id == group_id) & (Membership.user_id == user_id)
    session().execute(update(Membership).where(mine).values(owner=owner))
