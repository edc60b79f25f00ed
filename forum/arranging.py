"""Arranging: what an administrator does to the navigation and the widgets, one at a time."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import func, select

from core import cache
from core.db import session
from core.i18n import gettext as _
from forum import audit, categories, panel
from forum.layout import AUDIENCES, FRAMES, KINDS, PAGES, PLACES, Box, box
from forum.privileges import rights
from forum.refusals import Invalid, Missing
from forum.viewers import Viewer
from forum.widgets import MOST, USUAL
from models import Group, NavigationItem, Widget

RIGHT = "admin:settings"
BODY_MAX = 20_000
_NO_AUDIENCES = ("guests", "registered", "verified", "banned", "fediverse")
_ADDRESS = re.compile(r"(?:/(?![/\\])|https?://)[^\s\\]*")

Row = TypeVar("Row", bound=NavigationItem | Widget)
_KINDS: dict[str, type[NavigationItem] | type[Widget]] = {"navigation": NavigationItem, "widgets": Widget}


def entries(viewer: Viewer) -> Sequence[NavigationItem]:
    """The whole navigation, in order. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    return _ordered(NavigationItem)


def widgets(viewer: Viewer) -> dict[str, list[Widget]]:
    """All widgets by their places, in order. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    found: dict[str, list[Widget]] = {place: [] for place in PLACES}
    for widget in _ordered(Widget):
        found.setdefault(widget.place, []).append(widget)
    return found


def entry(viewer: Viewer, item_id: int) -> NavigationItem:
    """An entry of the navigation. Raises Forbidden, Missing."""
    panel.guard(viewer, RIGHT)
    return _get(NavigationItem, item_id)


def widget(viewer: Viewer, item_id: int) -> Widget:
    """A widget. Raises Forbidden, Missing."""
    panel.guard(viewer, RIGHT)
    return _get(Widget, item_id)


def keep_entry(viewer: Viewer, item_id: int | None, form: Mapping[str, str]) -> NavigationItem:
    """Makes or changes an entry of the navigation. Raises Forbidden, Missing, Invalid."""
    panel.guard(viewer, RIGHT)
    icon, target = form.get("icon", ""), form.get("target", "").strip()
    words = _line(form, "text", _("An entry needs words."), 60)
    if not re.fullmatch(r"[a-z0-9-]{1,40}", icon):
        raise Invalid("icon", _("There is no such icon."))
    if len(target) > 500 or not _ADDRESS.fullmatch(target):
        raise Invalid("target", _("Write an address that begins with / or with https://."))
    row = _get(NavigationItem, item_id) if item_id else NavigationItem(position=_last(NavigationItem) + 1)
    row.icon, row.text, row.target = icon, words, target
    row.tooltip, row.new_window = _line(form, "tooltip", "", 100), form.get("new_window") == "1"
    row.audience, row.groups = _audience(form)
    row.enabled = form.get("enabled") == "1"
    audit.note(viewer, "navigation.kept", name=words)
    return _kept(row, "navigation")


def keep_widget(viewer: Viewer, item_id: int | None, form: Mapping[str, str]) -> Widget:
    """Makes or changes a widget. Raises Forbidden, Missing, Invalid."""
    panel.guard(viewer, RIGHT)
    described = _described(form)
    row = _get(Widget, item_id) if item_id else Widget(position=_last(Widget) + 1)
    for name, value in described.items():
        setattr(row, name, value)
    audit.note(viewer, "widgets.kept", name=row.title or row.place)
    return _kept(row, "widgets")


def preview(viewer: Viewer, item_id: int | None, form: Mapping[str, str]) -> Box:
    """A widget as a form describes it, not kept. Raises Forbidden, Missing, Invalid."""
    panel.guard(viewer, RIGHT)
    return box(Widget(id=item_id or 0, **_described(form)))


def _described(form: Mapping[str, str]) -> dict[str, Any]:
    """The columns of a widget that a form describes."""
    place, kind, body = form.get("place", ""), form.get("kind", ""), form.get("body", "").replace("\r\n", "\n").strip()
    pages, frame = form.get("pages", ""), form.get("frame", "")
    if place not in PLACES or kind not in KINDS or pages not in ("", *PAGES) or frame not in FRAMES:
        raise Invalid("place", _("There is no such place, or no such kind of widget."))
    if (kind in ("text", "html") and not body) or "\x00" in body or len(body) > BODY_MAX:
        raise Invalid("body", _("A widget needs a text of at most %(most)s letters.", most=f"{BODY_MAX:,}"))
    starts, ends = _moment(form, "starts_at"), _moment(form, "ends_at")
    if starts and ends and ends <= starts:
        raise Invalid("ends_at", _("It would end before it begins."))
    audience, groups = _audience(form)
    return {
        "place": place, "kind": kind, "body": body, "pages": pages, "frame": frame, "starts_at": starts,
        "ends_at": ends, "title": _line(form, "title", "", 100), "options": _options(form), "audience": audience,
        "groups": groups, "trusted": kind == "html", "phones": form.get("phones") == "1",
        "enabled": form.get("enabled") == "1",
    }  # fmt: skip


def copy_widget(viewer: Viewer, item_id: int) -> Widget:
    """Puts a copy of a widget behind it, switched off. Raises Forbidden, Missing."""
    first = widget(viewer, item_id)
    same = {column.key: getattr(first, column.key) for column in Widget.__table__.columns if column.key != "id"}
    made = Widget(**{**same, "enabled": False})
    session().add(made)
    session().flush()
    rows = _neighbours(made)
    _put(made, "widgets", rows, rows.index(first) + 1)
    audit.note(viewer, "widgets.kept", name=made.title or made.place)
    return made


def _options(form: Mapping[str, str]) -> dict[str, int]:
    """How long a list is, and of which category."""
    number, category = form.get("number", "") or str(USUAL), form.get("category", "") or "0"
    if not (number.isascii() and number.isdecimal() and 1 <= int(number[:4]) <= MOST):
        raise Invalid("number", _("A number from 1 to %(most)s, please.", most=MOST))
    known = category == "0" or (category.isascii() and category.isdecimal() and categories.find(int(category[:18])))
    if not known:
        raise Invalid("category", _("There is no such category."))
    return {"number": int(number), "category": int(category)}


def move(viewer: Viewer, kind: str, item_id: int, by: int) -> str:
    """Moves an entry or a widget one place up (-1) or down (1) among its neighbours; says where it stands then.

    Raises Forbidden, Missing.
    """
    panel.guard(viewer, RIGHT)
    moved = _get(_KINDS[kind], item_id)
    rows = _neighbours(moved)
    at = rows.index(moved)
    return _put(moved, kind, rows, min(max(at + by, 0), len(rows) - 1))


def place(viewer: Viewer, kind: str, item_id: int, before: int | None, into: str = "") -> str:
    """Puts an entry or a widget before another one, or behind all; `into` is the place of a widget. Says where it stands.

    Raises Forbidden, Missing, Invalid.
    """
    panel.guard(viewer, RIGHT)
    moved = _get(_KINDS[kind], item_id)
    if isinstance(moved, Widget):
        if into not in PLACES:
            raise Invalid("into", _("There is no such place."))
        moved.place = into
        session().flush()
    rows = _neighbours(moved)
    rest = [each.id for each in rows if each is not moved]
    return _put(moved, kind, rows, rest.index(before) if before in rest else len(rest))


def remove(viewer: Viewer, kind: str, item_id: int) -> None:
    """Takes an entry of the navigation or a widget away. Raises Forbidden, Missing."""
    panel.guard(viewer, RIGHT)
    row = _get(_KINDS[kind], item_id)
    audit.note(viewer, f"{kind}.removed", name=getattr(row, "text", "") or getattr(row, "title", ""))
    session().delete(row)
    session().flush()
    cache.bump(kind)


def audiences(viewer: Viewer) -> Sequence[Group]:
    """The groups that something can be meant for: those that the viewer may know of. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    query = select(Group).where(Group.slug.not_in(_NO_AUDIENCES)).order_by(Group.name)
    if "admin:groups" not in rights(viewer):
        query = query.where((Group.visibility != "hidden") | Group.id.in_(viewer.groups))
    return session().scalars(query).all()


def _neighbours(moved: Row) -> list[Row]:
    """All that stands where something stands, and itself, in order."""
    near = getattr(moved, "place", "")
    return [row for row in _ordered(type(moved)) if getattr(row, "place", "") == near]


def _put(moved: Row, kind: str, rows: list[Row], at: int) -> str:
    rows.remove(moved)
    rows.insert(at, moved)
    for position, row in enumerate(rows):
        row.position = position
    _kept(moved, kind)
    name = getattr(moved, "text", "") or getattr(moved, "title", "") or _("The widget")
    return _("“%(name)s” stands at %(at)s of %(all)s now.", name=name, at=at + 1, all=len(rows))


def _ordered(kind: type[Row]) -> Sequence[Row]:
    return session().scalars(select(kind).order_by(kind.position, kind.id)).all()


def _get(kind: type[Row], item_id: int) -> Row:
    row = session().get(kind, item_id, populate_existing=True)
    if row is None:
        raise Missing
    return row


def _last(kind: type[Row]) -> int:
    return session().scalar(select(func.max(kind.position))) or 0


def _kept(row: Row, version: str) -> Row:
    session().add(row)
    session().flush()
    cache.bump(version)
    return row


def _line(form: Mapping[str, str], name: str, needed: str, longest: int) -> str:
    text = " ".join(form.get(name, "").split())
    if "\x00" in text or len(text) > longest:
        raise Invalid(name, _("At most %(most)s letters, please.", most=longest))
    if needed and not text:
        raise Invalid(name, needed)
    return text


def _audience(form: Mapping[str, str]) -> tuple[str, list[int]]:
    """Whom something is meant for: an audience, and for `groups` which (`group-7`)."""
    audience = form.get("audience", "everyone")
    if audience not in AUDIENCES:
        raise Invalid("audience", _("There is no such audience."))
    if audience != "groups":
        return audience, []
    named = [name[6:] for name in form if re.fullmatch(r"group-\d{1,18}", name, re.ASCII)]
    found = session().scalars(select(Group.id).where(Group.id.in_([int(name) for name in named])).order_by(Group.id))
    chosen = list(found)
    if not chosen:
        raise Invalid("audience", _("Choose at least one group."))
    return audience, chosen


def _moment(form: Mapping[str, str], name: str) -> datetime | None:
    text = form.get(name, "").strip()
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise Invalid(name, _("Write a day and a time like 2030-01-31T18:00.")) from None
