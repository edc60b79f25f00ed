"""Redis as something that may be away: nobody fails because of it, and nobody waits for it twice in a row."""

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from redis import Redis, RedisError

log = logging.getLogger("livery.redis")

T = TypeVar("T")

_WAITS, _CONNECTS = 5, 2
"""Seconds for which an answer, and a connection, is waited."""
_RESTS = 1.0
"""Seconds for which it is not asked again after it did not answer."""


class Client:
    """A Redis with a way out for each question."""

    def __init__(self, url: str) -> None:
        self.redis: Any = Redis.from_url(
            url, decode_responses=True, socket_timeout=_WAITS, socket_connect_timeout=_CONNECTS
        )
        self._again = 0.0

    def ask(self, question: Callable[[], T], otherwise: Callable[[], T]) -> T:
        """What Redis answers; where it is away, what stands in for that."""
        if time.monotonic() < self._again:
            return otherwise()
        try:
            return question()
        except RedisError as error:
            self._again = time.monotonic() + _RESTS
            log.warning("Redis is away: %s", error)
            return otherwise()
