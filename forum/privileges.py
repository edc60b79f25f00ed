"""The catalogue of rights, and who is granted them. Grants only: nothing is ever denied to somebody who holds it."""

from collections.abc import Hashable
from dataclasses import dataclass, field

from sqlalchemy import select

from core import cache
from core.db import session
from core.i18n import mark
from forum.viewers import Viewer, builtin_groups
from models import Category, Grant

CATEGORY_RIGHTS = (
    "find", "read", "topics:read",
    "topics:create", "topics:reply", "topics:crosspost", "topics:schedule", "topics:tag",
    "posts:edit", "posts:history", "posts:delete", "posts:upvote", "posts:downvote", "topics:delete",
    "posts:view_deleted", "purge", "moderate",
)  # fmt: skip
GLOBAL_RIGHTS = (
    "chat", "chat:privileged", "upload:post:image", "upload:post:file", "signature", "invite", "group:create",
    "search:content", "search:users", "search:tags", "view:users", "view:tags", "view:groups",
    "local:login", "ban", "mute", "view:users:info",
)  # fmt: skip
ADMIN_RIGHTS = (
    "admin:dashboard", "admin:categories", "admin:privileges", "admin:admins-mods",
    "admin:users", "admin:groups", "admin:tags", "admin:settings", "admin:operations",
)  # fmt: skip
ALL_RIGHTS = frozenset(CATEGORY_RIGHTS + GLOBAL_RIGHTS + ADMIN_RIGHTS)

IDLE_RIGHTS = frozenset({"topics:crosspost", "chat", "chat:privileged", "search:users", "search:tags", "local:login"})
"""Rights of things that are not built, or that another right decides: in the catalogue, not in the editor."""

WORDS: dict[str, str] = {
    "find": mark("See that the category is there"), "read": mark("See the titles of topics"),
    "topics:read": mark("Open topics"), "posts:history": mark("See earlier versions"),
    "posts:view_deleted": mark("See deleted posts"), "topics:create": mark("Start topics"),
    "topics:reply": mark("Reply"), "topics:tag": mark("Use tags"), "topics:schedule": mark("Schedule topics"),
    "topics:crosspost": mark("List topics elsewhere, too"), "posts:edit": mark("Edit own posts"),
    "posts:delete": mark("Delete own posts"), "topics:delete": mark("Delete own topics"),
    "posts:upvote": mark("Vote up"), "posts:downvote": mark("Vote down"), "moderate": mark("Moderate"),
    "purge": mark("Remove for good"), "chat": mark("Chat"), "chat:privileged": mark("Chat with whom they like"),
    "upload:post:image": mark("Upload images"), "upload:post:file": mark("Upload files"),
    "signature": mark("Have a signature"), "invite": mark("Invite people"), "group:create": mark("Make groups"),
    "search:content": mark("Search posts"), "search:users": mark("Search people"), "search:tags": mark("Search tags"),
    "view:users": mark("See people"), "view:tags": mark("See tags"), "view:groups": mark("See groups"),
    "local:login": mark("Log in with a password"), "ban": mark("Ban people"), "mute": mark("Mute people"),
    "view:users:info": mark("See what staff notes about people"), "admin:dashboard": mark("Dashboard"),
    "admin:categories": mark("Categories"), "admin:privileges": mark("Rights"),
    "admin:admins-mods": mark("Administrators and moderators"), "admin:users": mark("People"),
    "admin:groups": mark("Groups"), "admin:tags": mark("Tags"), "admin:settings": mark("Settings"),
    "admin:operations": mark("Operation"),
}  # fmt: skip

DEFAULT_GRANTS: dict[str, tuple[str, ...]] = {
    "guests": ("find", "read", "topics:read", "view:users", "view:tags", "view:groups"),
    "registered": (
        "find", "read", "topics:read", "topics:create", "topics:reply", "topics:crosspost", "topics:tag",
        "posts:edit", "posts:history", "posts:delete", "posts:upvote", "posts:downvote", "topics:delete",
        "chat", "upload:post:image", "signature", "search:content", "search:users", "search:tags",
        "view:users", "view:tags", "view:groups", "local:login",
    ),
    "moderators": ("moderate", "topics:schedule", "posts:view_deleted", "purge",
                   "ban", "mute", "upload:post:file", "view:users:info"),
}  # fmt: skip

MODERATE = "moderate"
MODERATION = frozenset(CATEGORY_RIGHTS) - {"purge"}
"""What moderating a category brings with it."""
_ANYWHERE = -1
_LOCAL = frozenset(CATEGORY_RIGHTS) - {MODERATE}


@dataclass(slots=True)
class _Table:
    """All grants, ready to be asked."""

    places: dict[int, list[tuple[str, int | None, int | None]]]  # category (0: everywhere) -> right, group, user
    source_of: dict[int, int]  # category -> the place whose grants count there
    ways: dict[int, tuple[int, ...]]  # category -> itself and those above it, up to that place and without it
    people: frozenset[int]  # with grants of their own
    administrators: int | None  # the group whose members hold every right
    memo: dict[tuple[frozenset[int], int, int], frozenset[str]] = field(default_factory=dict)


def rights(viewer: Viewer, category_id: int = 0) -> frozenset[str]:
    """The rights that a viewer holds in a category, or (no category) everywhere. No query when nothing changed."""
    if viewer.penalties and viewer.banned is not None:
        return frozenset()
    table = _table()
    if table.administrators in viewer.groups:
        return ALL_RIGHTS
    return _held(table, viewer.groups, viewer.id, category_id)


def held(groups: frozenset[int], user_id: int, category_id: int = 0) -> frozenset[str]:
    """The rights that somebody in these groups holds in a category, if they are no administrators."""
    return _held(_table(), groups, user_id, category_id)


def _held(table: "_Table", groups: frozenset[int], user_id: int, category_id: int) -> frozenset[str]:
    person = user_id if user_id in table.people else 0
    key = (groups, person, category_id)
    if key not in table.memo:
        place = table.source_of.get(category_id, 0)
        found = _granted(table, 0, groups, person)
        if place:
            # A category with grants of its own does not add to the site's: only moderating holds everywhere.
            found = (found - _LOCAL) | _granted(table, place, groups, person)
        # its own moderators moderate a category whose other rights are its parent's
        found |= {
            MODERATE for way in table.ways.get(category_id, ()) if MODERATE in _granted(table, way, groups, person)
        }
        if MODERATE in found:
            found |= MODERATION
        table.memo[key] = frozenset(found)
    return table.memo[key]


STANDS_ON = ("grants", "categories", "groups")
"""The versions that move when anybody's rights do."""


def standing(viewer: Viewer) -> Hashable:
    """What a viewer's rights come from besides the grants: who has the same standing holds the same rights."""
    if viewer.banned is not None:
        return None
    return viewer.groups, viewer.id if viewer.id in _table().people else 0


def works_inbox(viewer: Viewer) -> bool:
    """Whether the inbox of the moderators is open to the viewer. No query when nothing changed."""
    return moderates(viewer) or not rights(viewer).isdisjoint({"ban", "mute", "admin:users"})


def moderates(viewer: Viewer) -> bool:
    """Whether the viewer moderates anything at all. No query when nothing changed."""
    if viewer.banned is not None or viewer.guest:
        return False
    table = _table()
    person = viewer.id if viewer.id in table.people else 0
    key = (viewer.groups, person, _ANYWHERE)
    if key not in table.memo:
        found = (_granted(table, place, viewer.groups, person) for place in table.places)
        table.memo[key] = frozenset({MODERATE}).intersection(*[frozenset().union(*found)])
    return table.administrators in viewer.groups or MODERATE in table.memo[key]


def shown() -> dict[str, str]:
    """The rights that decide something today, in words."""
    return {right: words for right, words in WORDS.items() if right not in IDLE_RIGHTS}


def source(category_id: int) -> int:
    """The place whose grants count in a category: itself, one above it, or 0, the site."""
    return _table().source_of.get(category_id, 0)


def grants_at(category_id: int) -> list[tuple[str, int | None, int | None]]:
    """What is granted at a place itself: right, group, person."""
    return list(_table().places.get(category_id, ()))


def grants_to(group_id: int) -> set[tuple[int, str]]:
    """All that a group is granted, anywhere: place and right."""
    places = _table().places
    return {(place, right) for place, found in places.items() for right, group, _ in found if group == group_id}


def _granted(table: "_Table", place: int, groups: frozenset[int], person: int) -> frozenset[str]:
    grants = table.places.get(place, ())
    return frozenset(right for right, group, user in grants if group in groups or (user is not None and user == person))


def _table() -> _Table:
    return cache.keep("rights", _read_table, *STANDS_ON)


def _read_table() -> _Table:
    places: dict[int, list[tuple[str, int | None, int | None]]] = {}
    people = set()
    for grant in session().execute(select(Grant.right, Grant.category_id, Grant.group_id, Grant.user_id)):
        places.setdefault(grant.category_id or 0, []).append((grant.right, grant.group_id, grant.user_id))
        if grant.user_id:
            people.add(grant.user_id)
    rows = {row.id: row for row in session().execute(select(Category.id, Category.parent_id, Category.own_rights))}
    source_of, ways = {}, {}
    for key in rows:
        place: int | None = key
        way = []
        while place is not None and not rows[place].own_rights:
            way.append(place)
            place = rows[place].parent_id
        source_of[key], ways[key] = place or 0, tuple(way)
    return _Table(places, source_of, ways, frozenset(people), builtin_groups().get("administrators"))
