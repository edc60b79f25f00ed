"""Who is where just now: kept in this process, or in Redis for all of them. What is not said again fades by itself.

While Redis is away each process knows its own.
"""

import threading

from core import clock
from core.config import Config
from core.redis_client import Client

_KEY = "livery:here:"
_shared: Client | None = None
_places: dict[str, dict[int, float]] = {}
_lock = threading.Lock()


def connect(config: Config) -> None:
    """Says where it is kept: with REDIS_URL in Redis, else in this process."""
    global _shared
    _shared = Client(config.redis_url) if config.redis_url else None
    _places.clear()


def come(place: str, who: int, seconds: int) -> bool:
    """Notes that somebody is at a place, for so many seconds; returns whether he was not there before."""
    now = clock.now().timestamp()

    def here() -> bool:
        with _lock:
            those = _places.setdefault(place, {})
            before = those.get(who, 0.0)
            those[who] = now + seconds
        return before < now

    def everywhere() -> bool:
        assert _shared is not None
        before = _shared.redis.zscore(_KEY + place, who)
        _shared.redis.zadd(_KEY + place, {str(who): now + seconds})
        _shared.redis.expire(_KEY + place, seconds * 2)
        return before is None or bool(before < now)

    return _shared.ask(everywhere, here) if _shared else here()


def go(place: str, who: int) -> bool:
    """Notes that somebody has left a place; returns whether he was there."""

    def here() -> bool:
        with _lock:
            those = _places.get(place, {})
            was = those.pop(who, None) is not None
            if not those:
                _places.pop(place, None)
        return was

    return _shared.ask(lambda: bool(_shared.redis.zrem(_KEY + place, who)), here) if _shared else here()


def at(place: str) -> list[int]:
    """Who is at a place now."""
    now = clock.now().timestamp()

    def here() -> list[int]:
        with _lock:
            return [who for who, until in _places.get(place, {}).items() if until >= now]

    def everywhere() -> list[int]:
        assert _shared is not None
        return [int(who) for who in _shared.redis.zrangebyscore(_KEY + place, now, "+inf")]

    return _shared.ask(everywhere, here) if _shared else here()
