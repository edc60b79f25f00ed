"""Cache tools: what this process keeps ready in memory, and the order to drop it, for the control panel."""

from core import cache, store
from core.i18n import gettext as _
from core.i18n import mark
from core.store import Fill
from forum import audit, panel
from forum.viewers import Viewer

RIGHT = "admin:operations"
WORDS = {
    "answers": mark("Answers to guests and files, packed and ready to be sent"),
    "pages": mark("Pages for guests, before they are dressed in a skin"),
    "parts": mark("Parts of pages"),
    "values": mark("Rows of the database"),
}
"""What the stores hold."""


def words(name: str) -> str:
    """What a store holds."""
    return _(WORDS[name]) if name in WORDS else name


def stores(viewer: Viewer) -> list[Fill]:
    """How full the stores of this process are, and how often they helped. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    return store.fills()


def kinds(viewer: Viewer) -> list[Fill]:
    """The rows of the database that this process keeps, by kind. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    return cache.fills()


def clear(viewer: Viewer) -> None:
    """Makes every process drop what it keeps, with its next request. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    audit.note(viewer, "operation.cleared")
    cache.clear()


def ratio(fill: Fill) -> str:
    """How often something was there when it was asked for, in percent; empty when nobody asked."""
    asked = fill.hits + fill.misses
    return f"{100 * fill.hits / asked:.0f} %" if asked else ""
