"""Who is where just now: kept in this process, or in Redis for all of them. What is not said again fades by itself."""

import threading
from typing import Any

from redis import Redis

from core import clock
from core.config import Config

_KEY = "livery:here:"
_redis: Any = None
_places: dict[str, dict[int, float]] = {}
_lock = threading.Lock()


def connect(config: Config) -> None:
    """Says where it is kept: with REDIS_URL in Redis, else in this process."""
    global _redis
    _redis = Redis.from_url(config.redis_url, decode_responses=True) if config.redis_url else None
    _places.clear()


def come(place: str, who: int, seconds: int) -> bool:
    """Notes that somebody is at a place, for so many seconds; returns whether he was not there before."""
    now = clock.now().timestamp()
    if _redis is not None:
        before = _redis.zscore(_KEY + place, who)
        _redis.zadd(_KEY + place, {str(who): now + seconds})
        _redis.expire(_KEY + place, seconds * 2)
        return before is None or before < now
    with _lock:
        those = _places.setdefault(place, {})
        before = those.get(who, 0.0)
        those[who] = now + seconds
    return bool(before < now)


def go(place: str, who: int) -> bool:
    """Notes that somebody has left a place; returns whether he was there."""
    if _redis is not None:
        return bool(_redis.zrem(_KEY + place, who))
    with _lock:
        those = _places.get(place, {})
        was = those.pop(who, None) is not None
        if not those:
            _places.pop(place, None)
    return was


def at(place: str) -> list[int]:
    """Who is at a place now."""
    now = clock.now().timestamp()
    if _redis is not None:
        return [int(who) for who in _redis.zrangebyscore(_KEY + place, now, "+inf")]
    with _lock:
        return [who for who, until in _places.get(place, {}).items() if until >= now]
