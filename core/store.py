"""A bounded store in the process's memory: what was not asked for lately goes when room is needed."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")
_every: list["Store[Any]"] = []


@dataclass(frozen=True, slots=True)
class Fill:
    """How full a store (or a kind of what is in it) is: entries, bytes (0: nobody knows), and how often it was asked."""

    name: str
    entries: int
    size: int
    hits: int
    misses: int
    room: int = 0


class Store(Generic[T]):
    """Values by key, up to a size in bytes. Without a lock: what is lost between threads is made once more.

    Two generations: what is asked for moves to the young one; when that holds half the room, the old one goes.
    """

    def __init__(self, room: int, name: str) -> None:
        self._room = room
        self.name = name
        self.hits = self.misses = 0
        self._young: dict[Hashable, tuple[T, int]] = {}
        self._old: dict[Hashable, tuple[T, int]] = {}
        self._size = 0
        _every.append(self)

    def get(self, key: Hashable) -> T | None:
        """The value, or None."""
        found = self._young.get(key)
        if found is not None:
            self.hits += 1
            return found[0]
        found = self._old.get(key)
        if found is None:
            self.misses += 1
            return None
        self.hits += 1
        self.put(key, *found)
        return found[0]

    def put(self, key: Hashable, value: T, size: int) -> None:
        """Keeps a value of so many bytes."""
        replaced = self._young.get(key)
        self._size += size - (replaced[1] if replaced else 0)
        self._young[key] = (value, size)
        if self._size * 2 > self._room:
            self._old, self._young, self._size = self._young, {}, 0

    def drop(self, key: Hashable) -> None:
        """Forgets one value."""
        gone = self._young.pop(key, None)
        self._size -= gone[1] if gone else 0
        self._old.pop(key, None)

    def clear(self) -> None:
        """Forgets everything."""
        self._young, self._old, self._size = {}, {}, 0

    def fill(self) -> Fill:
        """How full it is."""
        sizes = [size for _, size in (*list(self._young.values()), *list(self._old.values()))]
        return Fill(self.name, len(sizes), sum(sizes), self.hits, self.misses, self._room)

    def kinds(self, kind_of: Callable[[Any], str]) -> dict[str, tuple[int, int]]:
        """How many entries of each kind there are, and their bytes; `kind_of` tells it by the key."""
        found: dict[str, tuple[int, int]] = {}
        for key, (_, size) in (*list(self._young.items()), *list(self._old.items())):
            number, total = found.get(kind_of(key), (0, 0))
            found[kind_of(key)] = (number + 1, total + size)
        return found


def fills() -> list[Fill]:
    """How full every store of this process is."""
    return [store.fill() for store in _every]


def forget() -> None:
    """Empties every store of this process, and counts anew."""
    for store in _every:
        store.clear()
        store.hits = store.misses = 0
