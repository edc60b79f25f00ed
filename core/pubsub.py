"""Signals: short lines of text told to every part of the running site; in this process, or through Redis to all."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from core.config import Config

log = logging.getLogger("livery.pubsub")

Listener = Callable[[Sequence[str]], None]

_CHANNEL = "livery:signals"
_listeners: list[Listener] = []
_redis: Any = None
_thread: threading.Thread | None = None


def connect(config: Config) -> None:
    """Says where signals go: with REDIS_URL to every process, else to this one."""
    global _redis, _thread
    _thread = None
    _redis = Redis.from_url(config.redis_url, decode_responses=True) if config.redis_url else None


def anybody() -> bool:
    """Whether anybody may be listening: if not, nobody need work out what to tell."""
    return bool(_listeners) or _redis is not None


def publish(signals: Sequence[str]) -> None:
    """Tells everybody. When Redis is away, at least those in this process hear it."""
    if not signals:
        return
    if _redis is not None:
        try:
            _redis.publish(_CHANNEL, "\n".join(signals))
        except RedisError:
            log.exception("Redis did not take %s signals", len(signals))
        else:
            return
    _tell(signals)


def listen(listener: Listener) -> Callable[[], None]:
    """Calls a function with every bundle of signals, in whichever thread they arrive; returns what ends that."""
    _listeners.append(listener)
    _hear()
    return lambda: _listeners.remove(listener)


def _tell(signals: Sequence[str]) -> None:
    for listener in tuple(_listeners):
        try:
            listener(signals)
        except Exception:
            log.exception("A listener failed")


def _hear() -> None:
    global _thread
    if _redis is not None and _thread is None:
        _thread = threading.Thread(target=_from_redis, args=(_redis,), name="signals", daemon=True)
        _thread.start()


def _from_redis(redis: Any) -> None:
    wait = 1
    while redis is _redis:
        try:
            with redis.pubsub(ignore_subscribe_messages=True) as channel:
                channel.subscribe(_CHANNEL)
                for message in channel.listen():
                    wait = 1
                    _tell(message["data"].split("\n"))
        except (RedisError, OSError):
            log.warning("The signals of other processes are not heard; trying again in %s s", wait)
            time.sleep(wait)
            wait = min(30, wait * 2)
