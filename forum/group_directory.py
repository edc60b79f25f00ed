"""Group directory: every group of the site, the hidden ones too, as the control panel finds and sorts them."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Select, func, select

from core.db import session
from core.i18n import mark
from core.pages import Page, decode, encode
from forum import memberships, panel
from forum.viewers import Viewer
from models import Candidacy, Group

RIGHT = "admin:groups"
SORTS = {"name": mark("By name"), "members": mark("Most members"), "newest": mark("Newest first")}
_PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Line:
    """A group, how many ask to be let in, and whether the viewer manages it."""

    group: Group
    asking: int
    manages: bool


class _Order(NamedTuple):
    """An order of groups: by a column, and by their ids where that is the same."""

    column: Any
    falling: bool
    kind: type


_ORDERS = {
    "name": _Order(func.lower(Group.name), False, str),
    "members": _Order(Group.members, True, int),
    "newest": _Order(Group.id, True, int),
}


def index(viewer: Viewer, *, search: str = "", sort: str = "name", cursor: str = "") -> Page[Line]:
    """A page of groups, those that rights alone are made of left out. Raises Forbidden, BadCursor."""
    panel.guard(viewer, RIGHT)
    order = _ORDERS[sort]
    asking = select(func.count()).where(Candidacy.group_id == Group.id, ~Candidacy.invited).correlate(Group)
    query = select(Group, order.column.label("key"), asking.scalar_subquery().label("asking"))
    query = query.where(~Group.system | Group.slug.in_(memberships.STAFF))
    if search:
        named = func.lower(Group.name).contains(search.lower(), autoescape=True)
        query = query.where(named | Group.slug.contains(search.lower().lstrip("@"), autoescape=True))
    rows = session().execute(_from(query, order, cursor).limit(_PER_PAGE + 1)).all()
    more, rows = len(rows) > _PER_PAGE, rows[:_PER_PAGE]
    mine = memberships.managed_among(viewer, [row.Group for row in rows])
    lines = [Line(row.Group, row.asking, row.Group.id in mine) for row in rows]
    return Page(lines, None if cursor else 1, encode(rows[-1].key, rows[-1].Group.id) if more else None)


def _from(query: Select[Any], order: _Order, cursor: str) -> Select[Any]:
    columns = (order.column, Group.id)
    if cursor:
        value, last_id = decode(cursor, order.kind, int)
        past = order.column < value if order.falling else order.column > value
        behind = Group.id < last_id if order.falling else Group.id > last_id
        query = query.where(past | (order.column == value) & behind)
    return query.order_by(*(column.desc() for column in columns) if order.falling else columns)
