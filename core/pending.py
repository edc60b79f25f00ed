"""Numbers that reading leaves behind for one owner (how far he read where), kept until a job writes them.

A GET never writes to the main database, yet the owner's next page must already know: what is held can be read at
once. Embedded it lies in this process; with REDIS_URL in Redis, so that all processes see the same.
"""

import threading
from collections.abc import Mapping
from typing import Protocol

from core.redis_client import Client

_RAISE = """
local held = redis.call('HGET', KEYS[1], ARGV[1])
if not held or tonumber(held) < tonumber(ARGV[2]) then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
redis.call('SADD', KEYS[2], ARGV[3])
"""
_SETTLE = """
for at = 1, #ARGV - 1, 2 do
  if redis.call('HGET', KEYS[1], ARGV[at]) == ARGV[at + 1] then redis.call('HDEL', KEYS[1], ARGV[at]) end
end
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('SREM', KEYS[2], ARGV[#ARGV]) end
"""


class _Store(Protocol):
    def hold(self, name: str, owner: int, key: int, value: int) -> None: ...
    def of(self, name: str, owner: int) -> dict[int, int]: ...
    def owners(self, name: str) -> list[int]: ...
    def settle(self, name: str, owner: int, values: Mapping[int, int]) -> None: ...
    def forget(self) -> None: ...


class _Process:
    """What this process holds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[tuple[str, int], dict[int, int]] = {}

    def hold(self, name: str, owner: int, key: int, value: int) -> None:
        with self._lock:
            held = self._held.setdefault((name, owner), {})
            held[key] = max(held.get(key, value), value)

    def of(self, name: str, owner: int) -> dict[int, int]:
        with self._lock:
            return dict(self._held.get((name, owner), {}))

    def owners(self, name: str) -> list[int]:
        with self._lock:
            return sorted(owner for kind, owner in self._held if kind == name)

    def settle(self, name: str, owner: int, values: Mapping[int, int]) -> None:
        with self._lock:
            held = self._held.get((name, owner), {})
            for key, value in values.items():
                if held.get(key) == value:
                    del held[key]
            if not held:
                self._held.pop((name, owner), None)

    def forget(self) -> None:
        with self._lock:
            self._held.clear()


class _Shared:
    """What all processes hold together, in Redis: a hash for each owner, and a set of the owners."""

    def __init__(self, url: str) -> None:
        self._client = Client(url)
        self._redis = self._client.redis
        self._raise = self._redis.register_script(_RAISE)
        self._settle = self._redis.register_script(_SETTLE)

    def hold(self, name: str, owner: int, key: int, value: int) -> None:
        keys = [f"livery:{name}:{owner}", f"livery:{name}"]
        self._client.ask(lambda: self._raise(keys=keys, args=[key, value, owner]), lambda: None)

    def of(self, name: str, owner: int) -> dict[int, int]:
        found = self._client.ask(lambda: self._redis.hgetall(f"livery:{name}:{owner}"), dict)
        return {int(key): int(value) for key, value in found.items()}

    def owners(self, name: str) -> list[int]:
        return sorted(int(owner) for owner in self._redis.smembers(f"livery:{name}"))

    def settle(self, name: str, owner: int, values: Mapping[int, int]) -> None:
        pairs = [part for pair in values.items() for part in pair]
        self._settle(keys=[f"livery:{name}:{owner}", f"livery:{name}"], args=[*pairs, owner])

    def forget(self) -> None:
        for key in self._redis.scan_iter("livery:*"):
            self._redis.delete(key)


_process = _Process()
_store: _Store = _process


def connect(redis_url: str) -> None:
    """Chooses where things are held: in Redis, or (no address) in this process."""
    global _store
    _store = _Shared(redis_url) if redis_url else _process


def hold(name: str, owner: int, key: int, value: int) -> None:
    """Holds a number under a key of an owner; a larger one that is held already stays. Lost while Redis is away."""
    _store.hold(name, owner, key, value)


def of(name: str, owner: int) -> dict[int, int]:
    """What is held for an owner, by its keys; nothing while Redis is away."""
    return _store.of(name, owner)


def owners(name: str) -> list[int]:
    """For whom something is held."""
    return _store.owners(name)


def settle(name: str, owner: int, values: Mapping[int, int]) -> None:
    """Lets go of what was written, unless a larger number came meanwhile."""
    _store.settle(name, owner, values)


def forget() -> None:
    """Drops everything that is held; tests that replace a database call it."""
    _store.forget()
