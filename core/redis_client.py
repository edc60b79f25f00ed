"""Redis as something that may be away: nobody fails because of it, and nobody waits for it again and again.

When it does not answer, this process leaves it alone for a while, whoever asks and for what: first for two seconds,
then, while it stays away, twice as long each time, up to half a minute. Then one asks, and the others still do without.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

log = logging.getLogger("livery.redis")

T = TypeVar("T")

_WAITS, _CONNECTS = 1, 1
"""Seconds for which an answer, and a connection, is waited."""
_RESTS, _RESTS_LONGEST = 2.0, 30.0
"""Seconds for which it is not asked again after it did not answer, at first and at most."""


class Away(RedisError):
    """Redis did not answer lately, and is left alone."""


class _Rest:
    """When a server may be asked again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = self._length = 0.0
        self._rested = 0

    def enter(self) -> int:
        """Raises Away during the rest. Who comes first after it is let through to find out; the others rest on."""
        if self._length:
            with self._lock:
                if time.monotonic() < self._until:
                    raise Away("Redis did not answer, and is left alone for a while.")
                self._until = time.monotonic() + self._length
        return self._rested

    def well(self) -> None:
        """It answered."""
        self._length = 0.0

    def silent(self, entered: int) -> None:
        """It did not. Those who were waiting together make one rest of it."""
        with self._lock:
            if entered == self._rested:
                self._rested += 1
                self._length = min(self._length * 2, _RESTS_LONGEST) or _RESTS
                self._until = time.monotonic() + self._length


_rests: dict[str, _Rest] = {}


def options(*, waits: float = _WAITS) -> dict[str, Any]:
    """How a connection is made that keeps nobody waiting: the library itself would try again for half a minute.

    An answer is waited for so many seconds.
    """
    return {"socket_timeout": waits, "socket_connect_timeout": _CONNECTS, "retry": Retry(NoBackoff(), 0)}


@contextmanager
def asking(url: str) -> Iterator[None]:
    """Around whatever asks the Redis at an address. Raises Away where it did not answer lately, else what the asking raises."""
    rest = _rests.setdefault(url, _Rest())
    entered = rest.enter()
    try:
        yield
    except RedisError as error:
        rest.silent(entered)
        log.warning("Redis is away: %s", error)
        raise
    rest.well()


def forget() -> None:
    """Asks again at once; tests call it."""
    _rests.clear()


class Client:
    """A Redis with a way out for each question."""

    def __init__(self, url: str) -> None:
        self.redis: Any = Redis.from_url(url, decode_responses=True, **options())
        self._url = url

    def ask(self, question: Callable[[], T], otherwise: Callable[[], T]) -> T:
        """What Redis answers; where it is away, what stands in for that."""
        try:
            with asking(self._url):
                return question()
        except RedisError:
            return otherwise()
