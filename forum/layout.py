"""Layout: the entries of the navigation and the widgets, as the administrator arranged them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from core import cache, clock, i18n
from core.db import session
from core.settings import Matching, Str, declare
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

PLACES = ("brand", "header", "sidebar", "footer")
AUDIENCES = ("everyone", "guests", "members", "staff")


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the navigation."""

    icon: str
    text: str
    target: str
    audience: str


@dataclass(frozen=True, slots=True)
class Box:
    """A widget."""

    place: str
    title: str
    body: str
    trusted: bool
    audience: str
    starts_at: datetime | None
    ends_at: datetime | None


def direction() -> str:
    """Which way pages are laid out: ltr or rtl, as the community's language is written."""
    return i18n.direction(settings.language)


def navigation(viewer: Viewer) -> list[Entry]:
    """The entries that this viewer sees, in order."""

    def load() -> list[Entry]:
        columns = (NavigationItem.icon, NavigationItem.text, NavigationItem.target, NavigationItem.audience)
        query = select(*columns).where(NavigationItem.enabled).order_by(NavigationItem.position, NavigationItem.id)
        return [Entry(*row) for row in session().execute(query)]

    return [entry for entry in cache.keep("navigation", load) if _meant_for(entry.audience, viewer)]


def widgets(viewer: Viewer) -> dict[str, list[Box]]:
    """The widgets that this viewer sees, by their places."""

    def load() -> list[Box]:
        columns = (
            Widget.place, Widget.title, Widget.body, Widget.trusted, Widget.audience, Widget.starts_at, Widget.ends_at,
        )  # fmt: skip
        return [
            Box(*row)
            for row in session().execute(select(*columns).where(Widget.enabled).order_by(Widget.position, Widget.id))
        ]

    found: dict[str, list[Box]] = {place: [] for place in PLACES}
    for box in cache.keep("widgets", load):
        if _meant_for(box.audience, viewer) and _in_its_time(box) and box.place in found:
            found[box.place].append(box)
    return found


def _meant_for(audience: str, viewer: Viewer) -> bool:
    if audience == "everyone":
        return True
    if audience == "guests":
        return viewer.guest
    if audience == "members":
        return not viewer.guest
    return viewer.holds("administrators", "moderators")


def _in_its_time(box: Box) -> bool:
    begun = box.starts_at is None or clock.passed(box.starts_at)
    return begun and not (box.ends_at is not None and clock.passed(box.ends_at))


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
    widget = Widget(place=place, title=title, body=body, trusted=trusted, audience=audience, position=100)
    session().add(widget)
    session().flush()
    cache.bump("widgets")
    return widget
