"""Granting: who is given which rights where, by whom, and the answer to why somebody may do something or not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select

from core import cache
from core.db import session
from core.i18n import gettext as _
from forum import audit, category_tree, panel, privileges, viewers
from forum.privileges import (
    ADMIN_RIGHTS,
    ALL_RIGHTS,
    CATEGORY_RIGHTS,
    DEFAULT_GRANTS,
    GLOBAL_RIGHTS,
    IDLE_RIGHTS,
    MODERATE,
    MODERATION,
    WORDS,
)
from forum.refusals import Forbidden, Invalid, Missing
from forum.slugs import name_key
from forum.viewers import Viewer, builtin_groups
from models import Category, Grant, Group, User

RIGHT = "admin:privileges"
FILTERS: dict[str, tuple[str, ...]] = {
    "viewing": ("find", "read", "topics:read", "posts:history", "posts:view_deleted"),
    "posting": ("topics:create", "topics:reply", "topics:tag", "topics:schedule",
                "posts:edit", "posts:delete", "topics:delete", "posts:upvote", "posts:downvote"),
    "moderation": ("moderate", "purge"),
    "site": tuple(right for right in GLOBAL_RIGHTS if right not in IDLE_RIGHTS),
    "administration": tuple(right for right in ADMIN_RIGHTS if right not in IDLE_RIGHTS),
}  # fmt: skip
EVERYWHERE_ONLY = ("site", "administration")
_SILENCED = ("topics:create", "topics:reply", "posts:edit", "upload:post:image", "upload:post:file")
_NOT_PRINCIPALS = ("verified", "banned", "fediverse")


@dataclass(frozen=True, slots=True)
class Cell:
    """A right of somebody at a place: granted there itself, or implied by something else; and may it be changed?"""

    right: str
    granted: bool
    implied: bool
    open: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A group or a person with the rights at a place."""

    key: str  # g7 or u7
    name: str
    person: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Who holds which of some rights at a place, and whose rights count there."""

    category: Category | None
    rights: tuple[str, ...]
    lines: list[Line]
    inherited_from: Category | None
    own: bool


def places(viewer: Viewer) -> list[tuple[int, str, bool]]:
    """Every place that rights are granted at: its number, its name (indented as it stands), whether it has its own."""
    panel.guard(viewer, RIGHT)
    return [(0, _("The whole site"), True), *category_tree.names()]


def matrix(viewer: Viewer, category_id: int, show: str, asked: str = "") -> Matrix:
    """The rights at a place (0: the whole site), with a line for somebody who holds none yet. Raises Forbidden, Missing."""
    panel.guard(viewer, RIGHT)
    category = _place(category_id)
    own = category is None or category.own_rights
    counted = category_id if own else privileges.source(category_id)
    shown = FILTERS[show]
    mine = _grantable(viewer, category_id)
    grants = privileges.grants_at(counted)
    lines = [_line(row.id, row.name, False, category_id, shown, grants, mine, own) for row in _groups()]
    people = {user for _right, _group, user in grants if user} | ({int(asked[1:])} if _is_key(asked, "u") else set())
    if people:
        for row in session().execute(select(User.id, User.name).where(User.id.in_(people)).order_by(User.name)):
            lines.append(_line(row.id, row.name, True, category_id, shown, grants, mine, own))
    return Matrix(category, shown, lines, session().get(Category, counted) if not own and counted else None, own)


def change(viewer: Viewer, category_id: int, show: str, lines: Iterable[str], ticked: Iterable[str]) -> int:
    """Sets the shown rights of the shown lines to what was ticked (`g7:find`); returns how many cells changed.

    Raises Missing, Invalid, and Forbidden for a right that the viewer does not hold himself.
    """
    panel.guard(viewer, RIGHT)
    category = _place(category_id)
    if category is not None and not category.own_rights:
        raise Invalid("place", _("This category has its parent's rights. Give it rights of its own first."))
    shown, keys = set(FILTERS[show]), [key for key in lines if _is_key(key, "gu")]
    wanted = {tuple(each.split(":", 1)) for each in ticked if ":" in each}
    wanted = {(key, right) for key, right in wanted if key in keys and right in shown}
    there = {(_key(group, user), right) for right, group, user in _live(category_id)}
    there = {(key, right) for key, right in there if key in keys and right in shown}
    mine = _grantable(viewer, category_id)
    given = wanted - there
    taken = {(key, right) for key, right in there - wanted if right in mine}  # what is not his to take stays
    _require(viewer, category_id, {right for _, right in given})
    for key, right in given:
        session().add(Grant(right=right, category_id=category_id or None, **_who(key)))
    for key, right in taken:
        _take(category_id, key, right)
    _changed()
    if given or taken:
        names = [f"+ {_names([key])[0]}: {right}" for key, right in sorted(given)]
        names += [f"− {_names([key])[0]}: {right}" for key, right in sorted(taken)]
        _note(viewer, "right.changed", category, "\n".join(names))
    return len(given | taken)


def set_own(viewer: Viewer, category_id: int, *, own: bool, like: int | None = None) -> None:
    """Gives a category rights of its own (those that count there now, or another's), or its parent's again.

    Raises Missing, and Forbidden where that changes a right that the viewer does not hold himself.
    """
    panel.guard(viewer, RIGHT)
    category = _place(category_id)
    if category is None:
        raise Missing
    before = _category_grants(privileges.source(category_id))
    above = privileges.source(category.parent_id) if category.parent_id else 0
    after = _category_grants(
        privileges.source(like) if like is not None else above if not own else privileges.source(category_id)
    )
    _require(viewer, category_id, {right for right, _, _ in before ^ after})
    _replace(viewer, category, after, own=own)


def keep_for(viewer: Viewer, category_id: int, group_id: int) -> str:
    """Closes a category to all but one group, which may do there what members may do elsewhere; returns its name.

    Who moderates it stays. Raises Missing, and Forbidden where that changes a right that the viewer does not hold himself.
    """
    panel.guard(viewer, RIGHT)
    category, group = _place(category_id), session().get(Group, group_id)
    if category is None or group is None or group.slug in _NOT_PRINCIPALS:
        raise Missing
    before, known = _category_grants(privileges.source(category_id)), builtin_groups()
    staff = {known["administrators"], known["moderators"]}
    after = {grant for grant in before if grant[1] in staff}
    after |= {(right, group_id, None) for right in DEFAULT_GRANTS["registered"] if right in CATEGORY_RIGHTS}
    _require(viewer, category_id, {right for right, _, _ in before ^ after})
    _replace(viewer, category, after, own=True)
    return group.name


def set_moderator(viewer: Viewer, category_id: int, key: str, *, moderates: bool) -> None:
    """Makes somebody (u7) or a group (g7) moderator of a category, or no longer. Raises Forbidden, Missing, Invalid."""
    panel.guard(viewer, RIGHT)
    if _place(category_id) is None or not _is_key(key, "gu"):
        raise Missing
    _require(viewer, category_id, {MODERATE})
    there = key in {_key(group, user) for right, group, user in _live(category_id) if right == MODERATE}
    if moderates and not there:
        session().add(Grant(right=MODERATE, category_id=category_id, **_who(key)))
    elif there and not moderates:
        _take(category_id, key, MODERATE)
    _changed()
    if there != moderates:
        _note(
            viewer, "right.changed", _place(category_id), f"{'+' if moderates else '−'} {_names([key])[0]}: {MODERATE}"
        )


def moderators(category_id: int) -> list[tuple[str, str]]:
    """Who moderates a category by a grant of its own: key and name."""
    keys = [_key(group, user) for right, group, user in privileges.grants_at(category_id) if right == MODERATE]
    return sorted(((key, _names([key])[0]) for key in keys), key=lambda pair: pair[1])


def principal(word: str) -> str:
    """The key (g7, u7) of a group or a person by name or handle. Raises Invalid."""
    word = word.strip().lstrip("@")
    user = select(User.id).where((User.name_key == name_key(word)) & (User.domain == "") | (User.slug == word))
    found = session().scalar(user.limit(1))
    if found is not None:
        return f"u{found}"
    group = session().execute(select(Group.id, Group.slug).where((Group.name == word) | (Group.slug == word))).first()
    if group is None or group.slug in _NOT_PRINCIPALS:
        raise Invalid("who", _("There is nobody of this name, and no group."))
    return f"g{group.id}"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why somebody may do something at a place, or not: the answer and the rules that lead there."""

    allowed: bool
    rules: list[str]


def why(viewer: Viewer, who: str, category_id: int, right: str) -> Reason:
    """Which rule gives somebody a right at a place, or why none does. No name: a guest. Raises Forbidden, Invalid."""
    panel.guard(viewer, RIGHT)
    category = _place(category_id)
    if right not in ALL_RIGHTS:
        raise Invalid("act", _("There is no such right."))
    person = viewers.guest() if not who.strip() else _person(who)
    name = person.name or _("A guest")
    if person.banned or (person.muted and right in _SILENCED):
        state = _("banned") if person.banned else _("muted")
        return Reason(False, [_("%(name)s is %(state)s, whatever is granted.", name=name, state=state)])
    if person.administrator:
        return Reason(True, [_("%(name)s is an administrator, and administrators may do everything.", name=name)])
    rules, local = [], right not in (*GLOBAL_RIGHTS, *ADMIN_RIGHTS)
    place = privileges.source(category_id) if local else 0
    if category is not None and local:
        rules.append(_whose_rights(category, place))
    given = right in privileges.held(person.groups, person.id, category_id)
    rights_that_give = [right] + ([MODERATE] if right in MODERATION and right != MODERATE else [])
    for each in rights_that_give:
        places = {place, 0, category_id} if each == MODERATE else {place}
        for where in sorted(places):
            for granted, group, user in privileges.grants_at(where):
                if granted == each and (group in person.groups or (user and user == person.id)):
                    rules.append(_giver(name, each, where, group, right))
    if not given:
        groups = ", ".join(_names([f"g{key}" for key in sorted(person.groups)]))
        rules.append(_("%(name)s belongs to: %(groups)s. None of these is granted it there.", name=name, groups=groups))
        holders = sorted(
            {_key(group, user) for granted, group, user in privileges.grants_at(place) if granted == right}
        )
        if holders:
            rules.append(_("Granted to: %(names)s.", names=", ".join(_names(holders))))
    return Reason(given, rules)


def _replace(viewer: Viewer, category: Category, after: set[tuple[str, int | None, int | None]], *, own: bool) -> None:
    """Puts these grants in the place of a category's; its moderators stay."""
    moderators = {grant for grant in _live(category.id) if grant[0] == MODERATE}
    session().execute(delete(Grant).where(Grant.category_id == category.id))
    category.own_rights = own
    session().add_all(
        Grant(right=right, category_id=category.id, group_id=group, user_id=user)
        for right, group, user in sorted((after if own else set()) | moderators, key=str)
    )
    _changed()
    _note(viewer, "right.own" if own else "right.inherited", category)


def _whose_rights(category: Category, place: int) -> str:
    if place == category.id:
        return _("%(name)s has rights of its own.", name=category.name)
    above = session().get(Category, place) if place else None
    if above is None:
        return _("%(name)s has the rights of the whole site.", name=category.name)
    return _("%(name)s has the rights of %(above)s, above it.", name=category.name, above=above.name)


def _giver(name: str, granted: str, where: int, group: int | None, wanted: str) -> str:
    there = session().get(Category, where) if where else None
    place = _("in %(name)s", name=there.name) if there else _("on the whole site")
    through = _("the group %(group)s", group=_names([f"g{group}"])[0]) if group else name
    if granted == wanted:
        return _("It is granted to %(through)s %(place)s.", through=through, place=place)
    return _("%(through)s moderates %(place)s, and moderating brings it.", through=through, place=place)


def _line(
    key: int, name: str, person: bool, category_id: int, shown: Sequence[str],
    grants: Sequence[tuple[str, int | None, int | None]], mine: frozenset[str], own: bool,
) -> Line:  # fmt: skip
    known = builtin_groups()
    if person:
        effective = privileges.held(frozenset({known["registered"]}), key, category_id)
    elif key == known["administrators"]:
        effective = ALL_RIGHTS
    else:
        members = frozenset({key}) if key == known["guests"] else frozenset({key, known["registered"]})
        effective = privileges.held(members, 0, category_id)
    here = {right for right, group, user in grants if (user if person else group) == key}
    fixed = not person and key == known["administrators"]
    cells = tuple(
        Cell(right, right in here, right in effective and right not in here, own and right in mine and not fixed)
        for right in shown
    )
    return Line(f"{'u' if person else 'g'}{key}", name, person, cells)


def _grantable(viewer: Viewer, category_id: int) -> frozenset[str]:
    held = privileges.rights(viewer, category_id)
    return held if "admin:admins-mods" in held else held - set(ADMIN_RIGHTS) - {MODERATE}


def _require(viewer: Viewer, category_id: int, changed: set[str]) -> None:
    beyond = changed - _grantable(viewer, category_id)
    if beyond:
        names = ", ".join(_(WORDS[right]) for right in sorted(beyond))
        raise Forbidden(
            _("You can give and take only what you hold yourself; you do not hold: %(names)s.", names=names)
        )


def _place(category_id: int) -> Category | None:
    if not category_id:
        return None
    row = session().get(Category, category_id, populate_existing=True)
    if row is None:
        raise Missing
    return row


def _groups() -> Sequence[Group]:
    query = select(Group).where(Group.slug.not_in(_NOT_PRINCIPALS)).order_by(Group.system.desc(), Group.id).limit(100)
    return session().scalars(query).all()


def _live(category_id: int) -> set[tuple[str, int | None, int | None]]:
    here = Grant.category_id == category_id if category_id else Grant.category_id.is_(None)
    return {
        (row.right, row.group_id, row.user_id)
        for row in session().execute(select(Grant.right, Grant.group_id, Grant.user_id).where(here))
    }


def _category_grants(place: int) -> set[tuple[str, int | None, int | None]]:
    """The grants of a place that a category can have; the site's moderators moderate everywhere as it is."""
    barred = {*GLOBAL_RIGHTS, *ADMIN_RIGHTS} | (set() if place else {MODERATE})
    return {grant for grant in _live(place) if grant[0] not in barred}


def _take(category_id: int, key: str, right: str) -> None:
    here = Grant.category_id == category_id if category_id else Grant.category_id.is_(None)
    whom = (Grant.user_id if key[0] == "u" else Grant.group_id) == int(key[1:])
    session().execute(delete(Grant).where(here, whom, Grant.right == right))


def _key(group: int | None, user: int | None) -> str:
    return f"g{group}" if group is not None else f"u{user}"


def _is_key(key: str, kinds: str) -> bool:
    return len(key) < 18 and key[:1] in kinds and bool(key[:1]) and key[1:].isascii() and key[1:].isdecimal()


def _who(key: str) -> Mapping[str, int]:
    table: type[User] | type[Group] = User if key[0] == "u" else Group
    if session().get(table, int(key[1:])) is None:
        raise Missing
    return {"user_id" if key[0] == "u" else "group_id": int(key[1:])}


def _names(keys: Sequence[str]) -> list[str]:
    names = []
    for key in keys:
        row = session().get(User, int(key[1:])) if key[0] == "u" else session().get(Group, int(key[1:]))
        names.append(row.name if row else key)
    return names


def _person(who: str) -> Viewer:
    key = principal(who)
    found = viewers.member(int(key[1:])) if key[0] == "u" else None
    if found is None:
        raise Invalid("who", _("There is nobody of this name."))
    return found


def _note(viewer: Viewer, kind: str, place: Category | None, detail: str = "") -> None:
    name = place.name if place else _("The whole site")
    audit.note(viewer, kind, category_id=place.id if place else None, name=name, detail=detail)


def _changed() -> None:
    session().flush()
    cache.bump("grants")
    cache.bump("categories")
