"""Values kept in the process for as long as their version in the database stands.

The shape of a site (settings, categories, rights, navigation, widgets, groups) changes rarely and is read by
every request. What has not changed is not read again, and a change is seen by the next request of every process: it
reads all versions in one small query, or (SQLite) hears from the file itself that nothing was committed since.
"""

import mmap
import os
import sqlite3
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from sqlalchemy import Engine, String, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, mapped_column

from core import clock, lasting, store
from core.changes import Shown
from core.db import Model, db, has_begun, scratch, session, write_in_progress

T = TypeVar("T")


class Version(Model):
    """How often something was changed."""

    __shown__ = Shown(guests=False)

    __tablename__ = "versions"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    number: Mapped[int] = mapped_column(default=0)


_kept: dict[tuple[str, str], tuple[object, Any]] = {}
_many: store.Store[tuple[Any, Any]] = store.Store(24 * 1024 * 1024, "values")
_asked: dict[str, list[int]] = defaultdict(lambda: [0, 0])
"""How often a value was there, and how often it had to be made, by its name."""
_CLEARED = "cleared"
_last_cleared: int | None = None
_lock = threading.Lock()
_watched: dict[str, "_Watched"] = {}


class _Watched:
    """An SQLite file under watch: whether anybody has committed since the last look costs no query to know.

    `PRAGMA data_version` says so. Most looks need not even ask: a commit rewrites the head of the write-ahead log's
    index (sqlite.org/walformat.html, 2.1) before the writer hears of it, and that is memory which all processes share.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._lock = threading.Lock()
        self._mark = -1
        self._versions: dict[str, int] = {}
        self._index: mmap.mmap | None = None
        self._head = b""
        self._ask_again = 0.0

    def versions(self) -> dict[str, int]:
        index = self._index
        if index is not None and index[:_HEAD] == self._head and time.monotonic() < self._ask_again:
            return self._versions
        with self._lock:
            # the head and the mark are read before the versions: what is committed in between is seen the next time
            head = self._index[:_HEAD] if self._index is not None else b""
            mark = self._connection.execute("PRAGMA data_version").fetchone()[0]
            if mark != self._mark:
                self._versions = _heed(dict(self._connection.execute("SELECT name, number FROM versions").fetchall()))
                self._mark = mark
            if self._index is None:
                self._index = _shared_index(self._path)
            self._head, self._ask_again = head, time.monotonic() + 1
            return self._versions

    def close(self) -> None:
        self._connection.close()


_HEAD = 48
_indexes: list[tuple[int, mmap.mmap]] = []
"""Never closed: closing any descriptor of the file would drop the locks that SQLite holds on it in this process."""


def _shared_index(path: str) -> mmap.mmap | None:
    """The memory in which SQLite keeps the index of the log; None where there is no log, or no such memory."""
    try:
        descriptor = os.open(f"{path}-shm", os.O_RDONLY)
        index = mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):
        return None
    _indexes.append((descriptor, index))
    return index


class Now:
    """The versions at this very moment, for who has no session: the event loop. SQLite answers it at once."""

    def __init__(self, engine: Engine, replica: Engine | None = None) -> None:
        self.at_once = engine.dialect.name == "sqlite" and bool(engine.url.database)
        self._engine = engine
        self._replica = replica
        self._file = str(engine.url.database)

    def versions(self) -> dict[str, int]:
        """All versions; where not `at_once`, a query that waits for the database (or for its replica while it is away)."""
        if self.at_once:
            return _watch(self._file).versions()
        try:
            return _read(self._engine)
        except DBAPIError:
            if self._replica is None:
                raise
            return _read(self._replica)


def _read(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return _heed({row.name: row.number for row in connection.execute(select(Version.name, Version.number))})


@dataclass(slots=True)
class _Noted:
    """What a request or a job knows until it looks again: the versions, their database, and the values that stand by them."""

    versions: dict[str, int]
    database: str
    values: dict[str, tuple[tuple[str, ...], Any]]  # by name, with what they depend on


def versions() -> dict[str, int]:
    """All versions, as they stood when this request or job first asked."""
    return (scratch().get("versions") or _noted()).versions


def version(name: str) -> int:
    """How often something was changed; 0: never. What is made of that stands on it."""
    return numbers(name)[0]


def numbers(*names: str) -> list[int]:
    """The same for several things."""
    lasting.depends(*names)
    current = versions()
    return [current.get(name, 0) for name in names]


def _noted() -> _Noted:
    noted: _Noted | None = scratch().get("versions")
    if noted is not None:
        return noted
    engine = db.engine  # a replica with these versions holds the same
    url = engine.url
    if url.get_backend_name() == "sqlite" and url.database and not has_begun():
        # what is read from now on is not older than these versions
        found = _watch(url.database).versions()
    else:
        found = {row.name: row.number for row in session().execute(select(Version.name, Version.number))}
    noted = scratch()["versions"] = _Noted(_heed(found), _name_of(engine), {})
    return noted


@lru_cache(maxsize=16)
def _name_of(engine: Engine) -> str:
    return engine.url.render_as_string()


def _watch(path: str) -> _Watched:
    if path not in _watched:
        with _lock:
            if path not in _watched:
                _watched[path] = _Watched(path)
    return _watched[path]


def keep(name: str, load: Callable[[], T], *depends_on: str) -> T:
    """The value that `load` makes, made again only after one of the versions it depends on moved."""
    noted: _Noted = scratch().get("versions") or _noted()
    used = noted.values.get(name)
    if used is not None:
        if lasting.notes.get():
            lasting.depends(*used[0])
        return used[1]  # type: ignore[no-any-return]
    names = depends_on or (name,)
    lasting.depends(*names)
    stamp = tuple([noted.versions.get(each, 0) for each in names])
    place = (noted.database, name)
    kept = _kept.get(place)
    if kept is not None and kept[0] == stamp:
        _asked[name][0] += 1
        noted.values[name] = (names, kept[1])
        return kept[1]  # type: ignore[no-any-return]
    # what a transaction has not committed yet is nobody else's
    shelf = session().info.setdefault("kept", {}) if write_in_progress() else _kept
    kept = shelf.get(place)
    if kept is None or kept[0] != stamp:
        _asked[name][1] += 1
        kept = shelf[place] = (stamp, load())
    value: T = kept[1]
    return value


def keep_one_of(
    name: str, key: Hashable, load: Callable[[], T], *depends_on: str, size: Callable[[T], int] = lambda value: 2000
) -> T:
    """Like `keep`, for one of many: those that were not asked for lately are forgotten when room is needed.

    `size` tells about how many bytes a value takes. Inside `writing()` it is made again each time, from what the
    transaction has written so far.
    """
    if write_in_progress():
        return load()
    noted = _noted()
    lasting.depends(*depends_on)
    stamp = tuple([noted.versions.get(each, 0) for each in depends_on])
    place = (noted.database, name, key)
    kept = _many.get(place)
    if kept is not None and kept[0] == stamp:
        _asked[name][0] += 1
        return kept[1]  # type: ignore[no-any-return]
    _asked[name][1] += 1
    value = load()
    _many.put(place, (stamp, value), size(value))
    return value


def keep_together(name: str, key: Hashable, load: Callable[[], T], *, size: int = 2000) -> T:
    """Like `keep_one_of`, for what is put together of kept values: it stands on what they do, for as long as they say."""
    if write_in_progress():
        return load()
    noted = _noted()
    place = (noted.database, name, key)
    kept = _many.get(place)
    if kept is not None:
        (names, numbers, until), value = kept
        current = [noted.versions.get(each, 0) for each in names] == numbers
        if current and (until is None or not clock.passed(until)):
            _asked[name][0] += 1
            lasting.depends(*names)
            return value  # type: ignore[no-any-return]
    _asked[name][1] += 1
    with lasting.noting() as note:
        value = load()
    if not note.fleeting:
        names = tuple(note.versions)
        _many.put(place, ((names, [noted.versions.get(each, 0) for each in names], note.until), value), size)
    return value


def bump(name: str) -> None:
    """Moves a version on, inside the running transaction."""
    current = session()
    moved = current.execute(update(Version).where(Version.name == name).values(number=Version.number + 1))
    if not moved.rowcount:  # type: ignore[attr-defined]
        current.add(Version(name=name, number=1))
        current.flush()
    scratch().pop("versions", None)


def fills() -> list[store.Fill]:
    """What is kept here by name, and how often it was asked for: first what there is many of, with its bytes."""
    many = _many.kinds(lambda key: str(key[1]))
    ones = {name for _, name in list(_kept)}
    names = sorted(many, key=lambda name: -many[name][1]) + sorted(ones - set(many))
    return [store.Fill(name, *many.get(name, (1, 0)), *_asked[name]) for name in names]


def clear() -> None:
    """Makes every process drop all that it keeps, with its next request: inside the running transaction."""
    session().execute(update(Version).values(number=Version.number + 1))
    bump(_CLEARED)


def _heed(found: dict[str, int]) -> dict[str, int]:
    """Looks whether somebody cleared what all processes keep, and passes the versions on."""
    global _last_cleared
    number = found.get(_CLEARED, 0)
    if _last_cleared is None or number > _last_cleared:  # a replica may be behind
        if _last_cleared is not None:
            _empty()
        _last_cleared = number
    return found


def _empty() -> None:
    _kept.clear()
    _asked.clear()
    store.forget()


def forget() -> None:
    """Drops everything kept in this process; tests that replace a database call it."""
    global _last_cleared
    _empty()
    _last_cleared = None
    for watched in _watched.values():
        watched.close()
    _watched.clear()
