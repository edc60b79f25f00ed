"""Layout: the entries of the navigation and the widgets, as the administrator arranged them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from core import cache, clock, i18n
from core.db import session
from core.settings import Matching, Str, declare
from core.shared import Shared
from forum import text
from forum.privileges import rights
from forum.viewers import Viewer
from models import NavigationItem, Widget

settings = declare(
    "site",
    title=Str("Livery", "The name of the site", longest=60),
    language=Matching(
        "en",
        "The language that people write in; pages of a right-to-left one are laid out from right to left",
        pattern=r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*",
        form="the code of a language, such as en, pt-BR or ar",
    ),
    description=Str("A community forum in any skin.", "One sentence about the site", longest=200),
)

PLACES = ("brand", "header", "column", "sidebar", "footer")
PAGES = ("home", "category", "topic", "lists", "people", "groups")
FRAMES = ("", "card", "notice", "quiet")
KINDS: dict[str, str] = {
    "text": "", "html": "", "search": "search:content", "recent_topics": "", "recent_posts": "", "popular_topics": "",
    "top_topics": "", "popular_tags": "view:tags", "online_people": "view:users", "active_people": "view:users",
    "newest_people": "view:users", "top_posters": "view:users", "moderators": "view:users", "statistics": "",
    "categories": "", "my_groups": "view:groups", "new_groups": "view:groups",
}  # fmt: skip
"""What a widget can be, and the right without which nobody is shown it."""
_WRITTEN = ("text", "html", "search")
_PATHS = {
    "": "home", "categories": "home", "category": "category", "topic": "topic", "recent": "lists", "popular": "lists",
    "top": "lists", "unread": "lists", "tags": "lists", "users": "people", "user": "people", "groups": "groups",
}  # fmt: skip
"""The kind of a page by the first word of its address."""
_NO_COLUMN = ("admin", "login", "register", "reset", "me", "compose", "moderation")
"""Pages of work and of forms, beside which nothing stands."""
AUDIENCES = ("everyone", "guests", "members", "staff", "groups")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the navigation."""

    icon: str
    text: str
    target: str
    audience: str
    groups: tuple[int, ...] = ()
    tooltip: str = ""
    new_window: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A widget."""

    id: int
    place: str
    title: str
    kind: str
    html: str  # of one that is written; empty for a list
    audience: str
    groups: tuple[int, ...]
    starts_at: datetime | None
    ends_at: datetime | None
    pages: str
    frame: str
    phones: bool
    number: int  # of rows, in a list
    category: int  # of which a list is made; 0: all

    @property
    def listed(self) -> bool:
        """Whether it is a list, which comes after the page."""
        return self.kind not in _WRITTEN


def direction() -> str:
    """Which way pages are laid out: ltr or rtl, as the community's language is written."""
    return i18n.direction(settings.language)


def navigation(viewer: Viewer) -> Shared[Entry]:
    """The entries that this viewer sees, in order."""

    def load() -> list[Entry]:
        rows = select(NavigationItem).where(NavigationItem.enabled)
        return [
            Entry(row.icon, row.text, row.target, row.audience, tuple(row.groups or ()), row.tooltip, row.new_window)
            for row in session().scalars(rows.order_by(NavigationItem.position, NavigationItem.id))
        ]

    def meant() -> Shared[Entry]:
        return Shared(entry for entry in cache.keep("navigation", load) if _meant_for(entry, viewer))

    return cache.keep_one_of("entries", (viewer.groups, viewer.guest), meant, "navigation", "groups")


def widgets(viewer: Viewer, path: str = "") -> dict[str, list[Box]]:
    """The widgets that this viewer sees on a page (no path: on any), by their places."""

    def load() -> list[Box]:
        query = select(Widget).where(Widget.enabled).order_by(Widget.position, Widget.id)
        return [box(row) for row in session().scalars(query)]

    word = path.strip("/").partition("/")[0]
    page, narrow = _PATHS.get(word, ""), word in _NO_COLUMN
    found: dict[str, list[Box]] = {place: [] for place in PLACES}
    for each in cache.keep("widgets", load):
        here = (not each.pages or not path or each.pages == page) and not (narrow and each.place == "column")
        if here and each.place in found and _in_its_time(each) and fits(each, viewer):
            found[each.place].append(each)
    return found


def box(row: Widget) -> Box:
    """A widget as pages show it, its text made HTML."""
    options = row.options or {}
    html = text.render(row.body) if row.kind == "text" else text.trusted(row.body) if row.kind == "html" else ""
    return Box(
        row.id, row.place, row.title, row.kind, html, row.audience, tuple(row.groups or ()), row.starts_at,
        row.ends_at, row.pages, row.frame, row.phones, options.get("number", 5), options.get("category", 0),
    )  # fmt: skip


def fits(shown: Box, viewer: Viewer) -> bool:
    """Whether a widget is meant for a viewer, and nothing that it is about is closed to him."""
    needed = KINDS.get(shown.kind, "nothing")
    return _meant_for(shown, viewer) and (not needed or needed in rights(viewer))


def _meant_for(shown: "Entry | Box", viewer: Viewer) -> bool:
    audience = shown.audience
    if audience == "groups":
        return not viewer.groups.isdisjoint(shown.groups)
    if audience == "everyone":
        return True
    if audience == "guests":
        return viewer.guest
    if audience == "members":
        return not viewer.guest
    return viewer.holds("administrators", "moderators")


def _in_its_time(shown: Box) -> bool:
    begun = shown.starts_at is None or clock.passed(shown.starts_at)
    return begun and not (shown.ends_at is not None and clock.passed(shown.ends_at))


def arrange(entries: list[tuple[str, str, str, str]]) -> None:
    """Replaces the navigation by these entries: icon, text, target, audience."""
    current = session()
    for item in current.scalars(select(NavigationItem)).all():
        current.delete(item)
    current.flush()
    current.add_all(
        NavigationItem(position=place, icon=icon, text=text, target=target, audience=audience)
        for place, (icon, text, target, audience) in enumerate(entries)
    )
    current.flush()
    cache.bump("navigation")


def add_widget(place: str, body: str, *, title: str = "", trusted: bool = False, audience: str = "everyone") -> Widget:
    """Puts a widget at the end of a place."""
    widget = Widget(place=place, title=title, body=body, audience=audience, position=100)
    widget.kind, widget.trusted = "html" if trusted else "text", trusted
    session().add(widget)
    session().flush()
    cache.bump("widgets")
    return widget
