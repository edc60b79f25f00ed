"""Configuration: the settings of the whole site, as the control panel shows and changes them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from core import settings as store
from core.db import session
from core.i18n import gettext as _
from core.i18n import mark
from core.settings import Bool, Change, Choice, Int, Matching, Setting, Str
from forum import audit, panel
from forum.refusals import Missing
from forum.viewers import Viewer
from models import User

TITLES = {
    "site": mark("The site"),
    "registration": mark("Who may register"),
    "accounts": mark("Accounts and logging in"),
    "users": mark("People"),
    "panel": mark("Control panel"),
    "permissions": mark("What people may do"),
    "moderation": mark("Moderation"),
    "flags": mark("Reports"),
    "queue": mark("The queue of posts"),
    "posts": mark("Posts"),
    "topics": mark("Topics"),
    "votes": mark("Votes"),
    "tags": mark("Tags"),
    "drafts": mark("Drafts"),
    "following": mark("Following"),
    "lists": mark("Lists"),
    "search": mark("Search"),
    "skins": mark("Skins"),
    "maintenance": mark("Maintenance"),
    "mail": mark("Mail"),
    "jobs": mark("Jobs"),
    "incidents": mark("Errors, slow pages and queries"),
}
"""How the groups of settings are called, in their order; a group without a name here follows under its own."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A change of a setting: what it was and is, when it changed, and who did it."""

    name: str
    label: str
    before: str
    after: str
    at: datetime
    who: str
    slug: str


@dataclass(frozen=True, slots=True)
class Line:
    """A setting as the page shows it: how it is typed, what it is, what it would be, and its last change."""

    name: str
    label: str
    kind: str  # whole, yesno, choice, text
    value: Any
    default: str
    changed: bool
    setting: Setting[Any]
    last: Mark | None

    @property
    def key(self) -> str:
        """Its name without the group's."""
        return self.name.partition(".")[2]


@dataclass(frozen=True, slots=True)
class Cluster:
    """The settings of one feature."""

    name: str
    title: str
    lines: list[Line]


def clusters(viewer: Viewer, search: str = "") -> list[Cluster]:
    """All settings by feature, or those whose words contain all that somebody looks for. Raises Forbidden."""
    panel.guard(viewer, "admin:settings")
    last = _last_changes()
    wanted = search.casefold().split()
    found: dict[str, list[Line]] = {}
    for name, setting in store.declared.items():
        feature = name.partition(".")[0]
        told = f"{name} {_(setting.label)} {_title(feature)} {getattr(setting, 'options', '')}".casefold()
        if all(word in told for word in wanted):
            value = store.get(name)
            line = Line(
                name,
                _(setting.label),
                _kind(setting),
                value,
                plain(setting.default),
                value != setting.default,
                setting,
                last.get(name),
            )
            found.setdefault(feature, []).append(line)
    order = [*TITLES, *sorted(set(found) - set(TITLES))]
    return [Cluster(feature, _title(feature), found[feature]) for feature in order if feature in found]


def history(viewer: Viewer, limit: int = 30) -> list[Mark]:
    """The newest changes. Raises Forbidden."""
    panel.guard(viewer, "admin:settings")
    return _marks(store.changes(limit=limit))


def change(viewer: Viewer, feature: str, form: Mapping[str, str]) -> tuple[int, dict[str, str]]:
    """Sets what a form of one feature says. Returns how many changed, and what could not be taken, by name.

    Nothing is changed when anything cannot be taken. Raises Forbidden, and Missing for an unknown feature.
    """
    panel.guard(viewer, "admin:settings")
    names = [name for name in store.declared if name.partition(".")[0] == feature]
    if not names:
        raise Missing
    wanted: dict[str, str] = {}
    errors: dict[str, str] = {}
    for name in names:
        key = name.partition(".")[2]
        if f"{key}.there" not in form:
            continue
        text = form.get(key, "no" if isinstance(store.declared[name], Bool) else "")
        try:
            store.declared[name].parse(text)
        except store.SettingError as error:
            errors[name] = str(error)
        wanted[name] = text
    if errors:
        return 0, errors
    return sum(_put(viewer, name, text) for name, text in wanted.items()), {}


def reset(viewer: Viewer, name: str) -> None:
    """Gives a setting its default back. Raises Forbidden, Missing."""
    panel.guard(viewer, "admin:settings")
    if name not in store.declared:
        raise Missing
    _put(viewer, name, plain(store.declared[name].default))


def _put(viewer: Viewer, name: str, text: str) -> bool:
    """Sets a setting, and says whether that changed it."""
    before, after = store.get(name), store.declared[name].parse(text)
    store.put(name, text, viewer.id)
    if after != before:
        audit.note(viewer, "setting.changed", name=name, detail=f"{plain(before)} → {plain(after)}")
    return bool(after != before)


def plain(value: object) -> str:
    """A value as somebody would type it."""
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _title(feature: str) -> str:
    return _(TITLES[feature]) if feature in TITLES else feature.replace("_", " ").capitalize()


def _kind(setting: Setting[Any]) -> str:
    kinds: tuple[tuple[type, str], ...] = (
        (Int, "whole"), (Bool, "yesno"), (Choice, "choice"), (Matching, "text"), (Str, "text"),
    )  # fmt: skip
    return next((word for kind, word in kinds if isinstance(setting, kind)), "text")


def _last_changes() -> dict[str, Mark]:
    newest = select(func.max(Change.id)).group_by(Change.name)
    rows = session().scalars(select(Change).where(Change.id.in_(newest))).all()
    return {found.name: found for found in _marks(rows)}


def _marks(rows: Any) -> list[Mark]:
    wanted = {row.changed_by_id for row in rows if row.changed_by_id}
    people = {}
    if wanted:
        people = {
            row.id: row for row in session().execute(select(User.id, User.name, User.slug).where(User.id.in_(wanted)))
        }
    made = []
    for row in rows:
        who, setting = people.get(row.changed_by_id), store.declared.get(row.name)
        made.append(
            Mark(
                row.name,
                _(setting.label) if setting else row.name,
                plain(json.loads(row.before)),
                plain(json.loads(row.after)),
                row.changed_at,
                who.name if who else "",
                who.slug if who else "",
            )
        )
    return made
