"""Arranging: what an administrator does to the navigation and the widgets, one at a time."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import func, select

from core import cache
from core.db import session
from core.i18n import gettext as _
from forum import audit, panel
from forum.layout import AUDIENCES, PLACES
from forum.refusals import Invalid, Missing
from forum.viewers import Viewer
from models import NavigationItem, Widget

RIGHT = "admin:settings"
BODY_MAX = 20_000
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
    row.audience, row.enabled = _audience(form), form.get("enabled") == "1"
    audit.note(viewer, "navigation.kept", name=words)
    return _kept(row, "navigation")


def keep_widget(viewer: Viewer, item_id: int | None, form: Mapping[str, str]) -> Widget:
    """Makes or changes a widget. Raises Forbidden, Missing, Invalid."""
    panel.guard(viewer, RIGHT)
    place, kind, body = form.get("place", ""), form.get("kind", ""), form.get("body", "").replace("\r\n", "\n").strip()
    if place not in PLACES or kind not in ("text", "html"):
        raise Invalid("place", _("There is no such place, or no such kind of widget."))
    if not body or "\x00" in body or len(body) > BODY_MAX:
        raise Invalid("body", _("A widget needs a text of at most %(most)s letters.", most=f"{BODY_MAX:,}"))
    starts, ends = _moment(form, "starts_at"), _moment(form, "ends_at")
    if starts and ends and ends <= starts:
        raise Invalid("ends_at", _("It would end before it begins."))
    title = _line(form, "title", "", 100)
    row = _get(Widget, item_id) if item_id else Widget(position=_last(Widget) + 1)
    row.place, row.title, row.body, row.trusted = place, title, body, kind == "html"
    row.audience, row.enabled, row.starts_at, row.ends_at = _audience(form), form.get("enabled") == "1", starts, ends
    audit.note(viewer, "widgets.kept", name=title or place)
    return _kept(row, "widgets")


def move(viewer: Viewer, kind: str, item_id: int, by: int) -> None:
    """Moves an entry or a widget one place up (-1) or down (1) among its neighbours. Raises Forbidden, Missing."""
    panel.guard(viewer, RIGHT)
    moved = _get(_KINDS[kind], item_id)
    rows = [row for row in _ordered(_KINDS[kind]) if getattr(row, "place", "") == getattr(moved, "place", "")]
    at = rows.index(moved)
    rows.insert(min(max(at + by, 0), len(rows) - 1), rows.pop(at))
    for position, row in enumerate(rows):
        row.position = position
    _kept(moved, kind)


def remove(viewer: Viewer, kind: str, item_id: int) -> None:
    """Takes an entry of the navigation or a widget away. Raises Forbidden, Missing."""
    panel.guard(viewer, RIGHT)
    row = _get(_KINDS[kind], item_id)
    audit.note(viewer, f"{kind}.removed", name=getattr(row, "text", "") or getattr(row, "title", ""))
    session().delete(row)
    session().flush()
    cache.bump(kind)


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


def _audience(form: Mapping[str, str]) -> str:
    audience = form.get("audience", "everyone")
    if audience not in AUDIENCES:
        raise Invalid("audience", _("There is no such audience."))
    return audience


def _moment(form: Mapping[str, str], name: str) -> datetime | None:
    text = form.get(name, "").strip()
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise Invalid(name, _("Write a day and a time like 2030-01-31T18:00.")) from None
