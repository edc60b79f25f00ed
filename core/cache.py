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
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from sqlalchemy import Engine, String, select, update
from sqlalchemy.orm import Mapped, mapped_column

from core import lasting, store
from core.changes import Shown
from core.db import Model, session, write_in_progress

T = TypeVar("T")


class Version(Model):
    """How often something was changed."""

    __shown__ = Shown(guests=False)

    __tablename__ = "versions"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    number: Mapped[int] = mapped_column(default=0)


_kept: dict[tuple[str, str], tuple[object, Any]] = {}
_many: store.Store[tuple[object, Any]] = store.Store(24 * 1024 * 1024)
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
                self._versions = dict(self._connection.execute("SELECT name, number FROM versions").fetchall())
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

    def __init__(self, engine: Engine) -> None:
        self.at_once = engine.dialect.name == "sqlite" and bool(engine.url.database)
        self._engine = engine

    def versions(self) -> dict[str, int]:
        """All versions; where not `at_once`, a query that waits for the database."""
        if self.at_once:
            return _watch(str(self._engine.url.database)).versions()
        with self._engine.connect() as connection:
            return {row.name: row.number for row in connection.execute(select(Version.name, Version.number))}


def versions() -> dict[str, int]:
    """All versions, as they stood when this session (a request or a job) first asked."""
    found: dict[str, int] = _noted()["versions"]
    return found


def _noted() -> dict[Any, Any]:
    """What the session knows: the versions, and the database that they are of."""
    current = session()
    if "versions" in current.info:
        return current.info
    url = current.get_bind().engine.url
    current.info["database"] = url.render_as_string()
    if url.get_backend_name() == "sqlite" and url.database and not current.in_transaction():
        # what is read from now on is not older than these versions
        found = _watch(url.database).versions()
    else:
        found = {row.name: row.number for row in current.execute(select(Version.name, Version.number))}
    current.info["versions"] = found
    return current.info


def _watch(path: str) -> _Watched:
    if path not in _watched:
        with _lock:
            if path not in _watched:
                _watched[path] = _Watched(path)
    return _watched[path]


def keep(name: str, load: Callable[[], T], *depends_on: str) -> T:
    """The value that `load` makes, made again only after one of the versions it depends on moved."""
    noted = _noted()
    names = depends_on or (name,)
    lasting.depends(*names)
    current: dict[str, int] = noted["versions"]
    stamp = tuple([current.get(each, 0) for each in names])
    place = (noted["database"], name)
    kept = _kept.get(place)
    if kept is not None and kept[0] == stamp:
        return kept[1]  # type: ignore[no-any-return]
    # what a transaction has not committed yet is nobody else's
    shelf = noted.setdefault("kept", {}) if write_in_progress() else _kept
    kept = shelf.get(place)
    if kept is None or kept[0] != stamp:
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
    current: dict[str, int] = noted["versions"]
    stamp = tuple([current.get(each, 0) for each in depends_on])
    place = (noted["database"], name, key)
    kept = _many.get(place)
    if kept is not None and kept[0] == stamp:
        return kept[1]  # type: ignore[no-any-return]
    value = load()
    _many.put(place, (stamp, value), size(value))
    return value


def bump(name: str) -> None:
    """Moves a version on, inside the running transaction."""
    current = session()
    moved = current.execute(update(Version).where(Version.name == name).values(number=Version.number + 1))
    if not moved.rowcount:  # type: ignore[attr-defined]
        current.add(Version(name=name, number=1))
        current.flush()
    current.info.pop("versions", None)


def forget() -> None:
    """Drops everything kept in this process; tests that replace a database call it."""
    _kept.clear()
    store.forget()
    for watched in _watched.values():
        watched.close()
    _watched.clear()
