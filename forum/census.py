"""The census: everybody with an account, as the control panel finds, filters, sorts and exports them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Integer, Select, String, column, exists, false, func, select, table, union_all

from core import clock
from core.db import session
from core.i18n import mark
from core.pages import BadCursor, Page, beyond, decode, encode
from forum import panel
from forum.slugs import name_key
from forum.viewers import Viewer, builtin_groups, holding
from models import Account, Group, Membership, Sanction, User

RIGHT = "admin:users"
FILTERS = {
    "all": mark("Everybody"), "new": mark("New this week"), "unconfirmed": mark("Address not confirmed"),
    "silent": mark("Never wrote"), "away3": mark("Away for 3 months"), "away": mark("Away for half a year"),
    "away12": mark("Away for a year"), "staff": mark("Administrators and moderators"),
    "muted": mark("Muted now"), "banned": mark("Banned now"),
}  # fmt: skip
SORTS = {
    "newest": mark("Newest first"), "name": mark("By name"), "posts": mark("Most posts"),
    "reputation": mark("Most reputation"), "seen": mark("Seen last"), "unseen": mark("Not seen for longest"),
}  # fmt: skip
COLUMNS = {
    "id": mark("Number"), "name": mark("Name"), "handle": mark("Handle"), "email": mark("E-mail"),
    "confirmed": mark("Address confirmed"), "joined": mark("Joined"), "last_seen": mark("Last seen"),
    "posts": mark("Posts"), "topics": mark("Topics"), "reputation": mark("Reputation"), "groups": mark("Groups"),
}  # fmt: skip
_AWAY = {"away3": timedelta(days=91), "away": timedelta(days=182), "away12": timedelta(days=365)}
_PER_PAGE = 40
_BATCH = 1000
_FEW = 1000
_GRAM = 3
_LETTERS = table("search_people", column("rowid", Integer), column("letters", String))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which people are asked for: a filter, part of a name or an address, a group (its id), and their order."""

    show: str = "all"
    search: str = ""
    group: int | None = None
    sort: str = "newest"


@dataclass(slots=True)
class Person:
    """A person with an account, as staff sees him."""

    id: int
    name: str
    slug: str
    email: str | None
    confirmed_at: datetime | None
    posts: int
    topics: int
    reputation: int
    joined_at: datetime
    last_seen_at: datetime | None
    penalties: frozenset[str] = frozenset()  # mute, ban


_FIELDS = (
    User.id, User.name, User.slug, Account.email, Account.email_confirmed_at, User.posts, User.topics, User.reputation,
    User.joined_at, User.last_seen_at,
)  # fmt: skip


def index(viewer: Viewer, wanted: Wanted, cursor: str = "") -> Page[Person]:
    """A page of people. Raises Forbidden, BadCursor."""
    panel.guard(viewer, RIGHT)
    order = _ORDERS[wanted.sort]
    rows = _rows_of(_matching(wanted), order, cursor)
    more, rows = len(rows) > _PER_PAGE, rows[:_PER_PAGE]
    _add_penalties(rows)
    following = encode(order.value(rows[-1]), rows[-1].id) if more else None
    return Page(rows, None if cursor else 1, following)


def chosen(viewer: Viewer, person_ids: Sequence[int]) -> list[Person]:
    """The people among some ids, by name. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    query = _everybody().where(User.id.in_(person_ids)).order_by(User.name_key, User.id)
    return _read(query)


def everybody(viewer: Viewer, wanted: Wanted, columns: Sequence[str] = ()) -> Iterator[list[str]]:
    """The same people as lines of a table, the newest first below a heading; all columns, or some. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    names = [name for name in COLUMNS if name in columns] or list(COLUMNS)
    yield names
    last, query = 0, _matching(wanted).order_by(User.id.desc()).limit(_BATCH)
    while True:
        rows = _read(query.where(User.id < last) if last else query)
        groups = _groups_of(rows) if "groups" in names else {}
        for row in rows:
            yield [_FIGURES[name](row) if name in _FIGURES else groups.get(row.id, "") for name in names]
        if len(rows) < _BATCH:
            return
        last = rows[-1].id


def _everybody() -> Any:
    return select(*_FIELDS).join(Account, Account.user_id == User.id)


def _matching(wanted: Wanted) -> Any:
    query, show = _everybody(), wanted.show
    if show == "new":
        query = query.where(User.joined_at > clock.now() - timedelta(days=7))
    elif show == "unconfirmed":
        query = query.where(Account.email_confirmed_at.is_(None))
    elif show == "silent":
        # of many, all would be sorted if their index was used: those of a page are met sooner on the way of the order
        many = User.posts == 0 if wanted.sort == "posts" else User.posts + 0 == 0
        query = _narrowed(query, many, select(User.id).where(User.posts == 0))
    elif show in _AWAY:
        since = clock.now() - _AWAY[show]
        before, never = User.joined_at < since, User.last_seen_at.is_(None)
        ids = select(User.id).where(before)
        few = (ids.where(never), ids.where(User.last_seen_at < since))
        gone = before & (never | (User.last_seen_at < since))
        # mostly they are many, which is soon counted and slowly fetched
        query = query.where(gone) if _many(*few) else _narrowed(query, gone, *few)
    elif show == "staff":
        known = builtin_groups()
        query = query.where(_inside(known["administrators"], known["moderators"]))
    elif show in ("muted", "banned"):
        kept = select(Sanction.user_id).where(holding("mute" if show == "muted" else "ban"))
        query = query.where(User.id.in_(kept))
    if wanted.group:
        membership = (Membership.group_id == wanted.group) & (Membership.user_id == User.id + 0)
        ids = select(Membership.user_id).where(Membership.group_id == wanted.group)
        query = _narrowed(query, exists().where(membership), ids)
    if wanted.search:
        query = _lettered(query, name_key(wanted.search), wanted.search.casefold())
    return query


def _lettered(query: Any, name: str, address: str) -> Any:
    """The people with this in their names, or that in their addresses."""
    named = User.name_key.contains(name, autoescape=True)
    mailed = Account.email_key.contains(address, autoescape=True)
    ids = [select(User.id).where(named), select(Account.user_id).where(mailed)]
    if session().get_bind().dialect.name == "sqlite":
        # its index of letters (migration 0042) knows three of them and more, and no escapes
        wanted = {each for each in (name, address) if len(each) >= _GRAM and not {"%", "_"} & set(each)}
        if wanted == {name, address}:
            ids = [select(_LETTERS.c.rowid).where(_LETTERS.c.letters.like(f"%{each}%")) for each in sorted(wanted)]
    return _narrowed(query, named | mailed, *ids)


def _narrowed(query: Any, fits: Any, *ids: Any) -> Any:
    """The people who fit. Few are looked up by their ids; of many, a page is soon found by going through everybody."""
    few = [select(each.limit(_FEW + 1).subquery()) for each in ids]
    found = set(session().scalars(union_all(*few)))
    if not found:
        return query.where(false())
    return query.where(User.id.in_(found) if len(found) <= _FEW else fits)


def _many(*ids: Any) -> bool:
    few = union_all(*(select(each.limit(_FEW + 1).subquery()) for each in ids))
    return (session().scalar(select(func.count()).select_from(few.subquery())) or 0) > _FEW


def _inside(*group_ids: int) -> Any:
    return User.id.in_(select(Membership.user_id).where(Membership.group_id.in_(group_ids)))


class _Order(NamedTuple):
    """An order of people: by a column, and by their ids where that is the same."""

    column: Any
    falling: bool
    kind: type
    value: Callable[[Person], Any]

    def begin(self, query: Select[Any]) -> Select[Any]:
        columns = (self.column, User.id)
        return query.order_by(*(each.desc() for each in columns) if self.falling else columns)

    def beyond(self, column: Any, value: Any) -> Any:
        return column < value if self.falling else column > value

    def read_cursor(self, cursor: str) -> list[Any]:
        try:
            return decode(cursor, self.kind, int)
        except BadCursor:
            return decode(cursor, type(None), int)


_ORDERS = {
    "newest": _Order(User.joined_at, True, datetime, lambda row: row.joined_at),
    "name": _Order(User.name_key, False, str, lambda row: name_key(row.name)),
    "posts": _Order(User.posts, True, int, lambda row: row.posts),
    "reputation": _Order(User.reputation, True, int, lambda row: row.reputation),
    "seen": _Order(User.last_seen_at, True, datetime, lambda row: row.last_seen_at),
    "unseen": _Order(User.last_seen_at, False, datetime, lambda row: row.last_seen_at),
}


def _rows_of(query: Select[Any], order: _Order, cursor: str) -> list[Person]:
    """A page and one more. Who was never seen comes behind those seen last, and ahead of those not seen for longest."""
    size, column = _PER_PAGE + 1, order.column
    value, last_id = order.read_cursor(cursor) if cursor else (None, 0)
    never, at = order.begin(query.where(column.is_(None))), order.begin(query.where(column.is_not(None)))
    if cursor and value is None:
        never = never.where(order.beyond(User.id, last_id))

    def seen(most: int) -> list[Person]:
        if value is None:
            return _read(at.limit(most))
        level = (column == value) & order.beyond(User.id, last_id)
        return beyond(_read, at, level, order.beyond(column, value), most)

    if order.falling:
        rows = [] if cursor and value is None else seen(size)
        return rows if len(rows) == size or not column.nullable else rows + _read(never.limit(size - len(rows)))
    rows = _read(never.limit(size)) if column.nullable and value is None else []
    return rows if len(rows) == size else rows + seen(size - len(rows))


def _read(query: Select[Any]) -> list[Person]:
    return [Person(*row) for row in session().execute(query)]


def _add_penalties(people: Sequence[Person]) -> None:
    """Tells who of them is muted or banned just now. One query, none for nobody."""
    if not people:
        return
    query = select(Sanction.user_id, Sanction.kind).where(Sanction.user_id.in_([each.id for each in people]))
    found: dict[int, set[str]] = {}
    for user_id, kind in session().execute(query.where(holding("mute") | holding("ban"))):
        found.setdefault(user_id, set()).add(kind)
    for person in people:
        person.penalties = frozenset(found.get(person.id, ()))


def _groups_of(people: Sequence[Person]) -> dict[int, str]:
    query = select(Membership.user_id, Group.name).join(Group, Group.id == Membership.group_id).order_by(Group.name)
    found: dict[int, list[str]] = {}
    for user_id, name in session().execute(query.where(Membership.user_id.in_([each.id for each in people]))):
        found.setdefault(user_id, []).append(name)
    return {user_id: _tame(", ".join(names)) for user_id, names in found.items()}


def _tame(text: str) -> str:
    """A text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.lstrip()[:1] in ("=", "+", "-", "@") or text[:1] in ("\t", "\r", "\n") else text


def _when(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


_FIGURES: dict[str, Any] = {
    "id": lambda row: str(row.id), "name": lambda row: _tame(row.name), "handle": lambda row: row.slug,
    "email": lambda row: _tame(row.email or ""), "confirmed": lambda row: _when(row.confirmed_at),
    "joined": lambda row: _when(row.joined_at), "last_seen": lambda row: _when(row.last_seen_at),
    "posts": lambda row: str(row.posts), "topics": lambda row: str(row.topics),
    "reputation": lambda row: str(row.reputation),
}  # fmt: skip
