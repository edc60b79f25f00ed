"""Signals: short lines of text told to every part of the running site; in this process, or through Redis to all."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from core.config import Config
from core.redis_client import Client

log = logging.getLogger("livery.pubsub")

Listener = Callable[[Sequence[str]], None]

_CHANNEL = "livery:signals"
_listeners: list[Listener] = []
_redis: Client | None = None
_url = ""
_thread: threading.Thread | None = None


def connect(config: Config) -> None:
    """Says where signals go: with REDIS_URL to every process, else to this one."""
    global _redis, _url, _thread
    _thread, _url = None, config.redis_url
    _redis = Client(_url) if _url else None


def anybody() -> bool:
    """Whether anybody may be listening: if not, nobody need work out what to tell."""
    return bool(_listeners) or _redis is not None


def shared() -> bool:
    """Whether signals reach other processes."""
    return _redis is not None


def publish(signals: Sequence[str]) -> None:
    """Tells everybody. When Redis is away, at least those in this process hear it."""
    if not signals:
        return
    if _redis is None or not _redis.ask(partial(_sent, _redis, signals), lambda: False):
        _tell(signals)


def listen(listener: Listener) -> Callable[[], None]:
    """Calls a function with every bundle of signals, in whichever thread they arrive; returns what ends that."""
    _listeners.append(listener)
    _hear()

    def stop() -> None:
        with suppress(ValueError):  # it has been ended before
            _listeners.remove(listener)

    return stop


def _sent(client: Client, signals: Sequence[str]) -> bool:
    client.redis.publish(_CHANNEL, "\n".join(signals))
    return True


def _tell(signals: Sequence[str]) -> None:
    for listener in tuple(_listeners):
        try:
            listener(signals)
        except Exception:
            log.exception("A listener failed")


def _hear() -> None:
    global _thread
    if _redis is not None and _thread is None:
        _thread = threading.Thread(target=_from_redis, args=(_redis, _url), name="signals", daemon=True)
        _thread.start()


def _from_redis(client: Client, url: str) -> None:
    wait = 1
    # silence is no fault here, as it is where somebody waits for an answer: this connection waits for ever
    redis: Any = Redis.from_url(url, decode_responses=True, socket_connect_timeout=5)
    while client is _redis:
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
