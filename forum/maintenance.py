"""Maintenance: the site is closed for a while, but for whoever operates it and the groups that are let in."""

from collections.abc import Collection

from sqlalchemy import select

from core import cache
from core import settings as store
from core.db import session
from core.i18n import gettext as _
from core.settings import Bool, Int, Str, declare
from forum import audit, panel
from forum.privileges import rights
from forum.refusals import Invalid, Refusal
from forum.viewers import Viewer
from models import Group

RIGHT = "admin:operations"

settings = declare(
    "maintenance",
    on=Bool(False, "The site is closed for maintenance"),
    message=Str("", "What people read while the site is closed; empty: some friendly words", 500),
    minutes=Int(15, "Minutes after which people (and search engines) are told to come again", 1, 1440),
    groups=Str("", "Groups that get in all the same (the last part of their addresses, separated by commas)", 1000),
)


class Closed(Refusal):
    """The site is closed for maintenance; `seconds` says when to come again."""

    def __init__(self, reason: str, seconds: int) -> None:
        super().__init__(reason)
        self.seconds = seconds


def lets_in(viewer: Viewer) -> bool:
    """Whether the site is open, or open to this viewer at least. No query when nothing changed."""
    return not settings.on or RIGHT in rights(viewer) or not viewer.groups.isdisjoint(_let_in())


def enter(viewer: Viewer) -> None:
    """Raises Closed for whoever is kept out just now."""
    if not lets_in(viewer):
        raise Closed(words(), settings.minutes * 60)


def words() -> str:
    """What people read who are kept out."""
    usual = _("We are working on the site and will be back soon. Nothing that you wrote is lost.")
    return settings.message or usual


def groups(viewer: Viewer) -> list[Group]:
    """The groups that could be let in: all but those that everybody is in. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    everybody = ("guests", "registered", "banned", "administrators", "fediverse")
    return list(session().scalars(select(Group).where(Group.slug.not_in(everybody)).order_by(Group.name)))


def chosen() -> list[str]:
    """The groups that are let in, as their addresses name them."""
    return [word.strip() for word in settings.groups.split(",") if word.strip()]


def close(viewer: Viewer, message: str, minutes: str, let_in: Collection[str]) -> None:
    """Closes the site, or changes how it is closed. Raises Forbidden, Invalid."""
    names = [group.slug for group in groups(viewer) if group.slug in let_in]
    before = settings.on
    message = " ".join(message.split())
    if "\x00" in message:
        raise Invalid("message", _("This text has a sign that cannot be used."))
    for name, text in (("message", message), ("minutes", minutes), ("groups", ",".join(names)), ("on", "yes")):
        try:
            store.put(f"maintenance.{name}", text, viewer.id)
        except store.SettingError as error:
            raise Invalid(name, str(error)) from None
    if not before:
        audit.note(viewer, "operation.closed", detail=message)


def open_again(viewer: Viewer) -> None:
    """Opens the site to everybody. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    if settings.on:
        store.put("maintenance.on", "no", viewer.id)
        audit.note(viewer, "operation.opened")


def _let_in() -> frozenset[int]:
    def load() -> frozenset[int]:
        return frozenset(session().scalars(select(Group.id).where(Group.slug.in_(chosen()), Group.slug != "guests")))

    return cache.keep("maintenance", load, "settings", "groups")
