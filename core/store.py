"""A bounded store in the process's memory: what was not asked for lately goes when room is needed."""

from collections.abc import Hashable
from typing import Any, Generic, TypeVar

T = TypeVar("T")
_every: list["Store[Any]"] = []


class Store(Generic[T]):
    """Values by key, up to a size in bytes. Without a lock: what is lost between threads is made once more.

    Two generations: what is asked for moves to the young one; when that holds half the room, the old one goes.
    """

    def __init__(self, room: int) -> None:
        self._room = room
        self._young: dict[Hashable, tuple[T, int]] = {}
        self._old: dict[Hashable, tuple[T, int]] = {}
        self._size = 0
        _every.append(self)

    def get(self, key: Hashable) -> T | None:
        """The value, or None."""
        found = self._young.get(key)
        if found is not None:
            return found[0]
        found = self._old.get(key)
        if found is None:
            return None
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


def forget() -> None:
    """Empties every store of this process; tests that replace a database call it."""
    for store in _every:
        store.clear()
