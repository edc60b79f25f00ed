"""Settings: declared at the head of the feature they belong to, kept in the database, cached by version."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ForeignKey, String, Text, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from core import cache, clock
from core.changes import Shown
from core.db import Key, Model, session

T = TypeVar("T")


class Stored(Model):
    """A setting that differs from its default. The value is JSON."""

    __tablename__ = "settings"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class Change(Model):
    """That a setting was changed: from what to what (as JSON), when, and by whom (nobody: on the command line)."""

    __tablename__ = "setting_changes"
    __shown__ = Shown(guests=False)
    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(80), index=True)
    before: Mapped[str] = mapped_column(Text)
    after: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class SettingError(ValueError):
    """A value that a setting cannot take; the message says what it can."""


@dataclass(frozen=True)
class Setting(Generic[T]):
    """One declared setting: its default, its label, and the bounds of its value."""

    default: T
    label: str

    def parse(self, text: str) -> T:
        """Reads a value that somebody typed. Raises SettingError."""
        raise NotImplementedError


@dataclass(frozen=True)
class Int(Setting[int]):
    """A whole number between `low` and `high`."""

    low: int = 0
    high: int = 2_147_483_647

    def parse(self, text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise SettingError(f"{text!r} is not a whole number.") from None
        if not self.low <= value <= self.high:
            raise SettingError(f"{value} is not between {self.low} and {self.high}.")
        return value


@dataclass(frozen=True)
class Bool(Setting[bool]):
    """Yes or no."""

    def parse(self, text: str) -> bool:
        words = {
            "1": True,
            "yes": True,
            "true": True,
            "on": True,
            "0": False,
            "no": False,
            "false": False,
            "off": False,
        }
        if text.strip().lower() not in words:
            raise SettingError(f"{text!r} is neither yes nor no.")
        return words[text.strip().lower()]


@dataclass(frozen=True)
class Str(Setting[str]):
    """A line of text of at most `longest` characters."""

    longest: int = 255

    def parse(self, text: str) -> str:
        if len(text) > self.longest:
            raise SettingError(f"At most {self.longest} characters, please; this has {len(text)}.")
        return text


@dataclass(frozen=True)
class Choice(Setting[str]):
    """One of a few words."""

    options: tuple[str, ...] = ()

    def parse(self, text: str) -> str:
        if text not in self.options:
            raise SettingError(f"{text!r} is not one of: {', '.join(self.options)}.")
        return text


@dataclass(frozen=True)
class Matching(Setting[str]):
    """A word of a certain form; `form` says in words which."""

    pattern: str = ""
    form: str = ""

    def parse(self, text: str) -> str:
        if not re.fullmatch(self.pattern, text):
            raise SettingError(f"{text!r} is not {self.form}.")
        return text


declared: dict[str, Setting[Any]] = {}


class Section:
    """The settings of one feature, read as attributes."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def __getattr__(self, name: str) -> Any:
        known = self._names.get(name)
        if known is None:
            raise AttributeError(name)
        return get(known)


def declare(feature: str, /, **settings: Setting[Any]) -> Section:
    """Declares a feature's settings and returns the object they are read from."""
    names = {name: f"{feature}.{name}" for name in settings}
    declared.update({names[name]: setting for name, setting in settings.items()})
    return Section(names)


def get(name: str) -> Any:
    """The value of a setting: what the administrator chose, else its default."""
    chosen: dict[str, Any] = cache.keep("settings", _stored)
    return chosen[name] if name in chosen else declared[name].default


def put(name: str, text: str, by: int | None = None) -> None:
    """Sets a setting from what somebody typed, and notes it if that changes it.

    Raises SettingError for an unknown name or a bad value.
    """
    if name not in declared:
        raise SettingError(f"There is no setting called {name!r}.")
    value, stored = declared[name].parse(text), session().get(Stored, name, populate_existing=True)
    before = json.loads(stored.value) if stored else declared[name].default
    if value == before:
        return
    noted = Change(name=name, before=json.dumps(before), after=json.dumps(value), changed_by_id=by)
    noted.changed_at = clock.now()
    session().add(noted)
    session().execute(delete(Stored).where(Stored.name == name))
    if value != declared[name].default:
        session().add(Stored(name=name, value=json.dumps(value)))
        session().flush()
    cache.bump("settings")


def changes(*names: str, limit: int = 30) -> list[Change]:
    """The newest changes of settings (of these, or of all), the newest first."""
    query = select(Change).order_by(Change.id.desc()).limit(limit)
    return list(session().scalars(query.where(Change.name.in_(names)) if names else query))


def _stored() -> dict[str, Any]:
    rows = session().execute(select(Stored.name, Stored.value))
    return {name: json.loads(value) for name, value in rows if name in declared}
