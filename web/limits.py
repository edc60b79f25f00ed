"""Limits: how often somebody may write, and how often a log-in may fail."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, RedisStorage, storage_from_string
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from core import redis_client
from forum.accounts import settings as accounts_settings
from forum.slugs import name_key
from web.auth import viewer
from web.exchange import this_request
from web.networks import household_of, network_of

T = TypeVar("T")


def _who() -> str:
    found = viewer()
    return household_of(get_remote_address() or "") if found.guest else f"user-{found.id}"


class _Limiter(Limiter):
    """Flask-Limiter, which need not look through its limits for what only reads: all of them are about writes."""

    def _check_request_limit(self, callable_name: str | None = None, in_middleware: bool = True) -> None:
        if not this_request().safe:
            super()._check_request_limit(callable_name, in_middleware)


class _Shared(RedisStorage):
    """Counts in Redis, of all processes together; while that is away, of this process alone."""

    STORAGE_SCHEME = ["livery+redis", "livery+rediss", "livery+unix"]

    def __init__(self, uri: str, **options: Any) -> None:
        self._url = uri.removeprefix("livery+")
        super().__init__(self._url, **redis_client.options(), **options)
        self._here = MemoryStorage()

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        about = (key, limit, expiry, amount)
        return self._either(lambda: RedisStorage.acquire_entry(self, *about), lambda: self._here.acquire_entry(*about))

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        about = (key, limit, expiry)
        return self._either(
            lambda: RedisStorage.get_moving_window(self, *about), lambda: self._here.get_moving_window(*about)
        )

    def reset(self) -> int | None:
        self._here.reset()
        return self._either(lambda: RedisStorage.reset(self), lambda: None)

    def _either(self, there: Callable[[], T], here: Callable[[], T]) -> T:
        try:
            with redis_client.asking(self._url):
                return there()
        except RedisError:
            return here()


limiter = _Limiter(key_func=_who, headers_enabled=False, strategy="moving-window")
_failures: Any = None


def init_app(app: Flask, redis_url: str) -> None:
    """Connects the limits; their counts live in Redis when there is one, else in this process."""
    global _failures
    app.config.setdefault("RATELIMIT_STORAGE_URI", f"livery+{redis_url}" if redis_url else "memory://")
    limiter.init_app(app)
    _without_its_looks(app)
    # failed log-ins are counted even where the limits on writes are switched off
    _failures = MovingWindowRateLimiter(storage_from_string(app.config["RATELIMIT_STORAGE_URI"]))


def _without_its_looks(app: Flask) -> None:
    """Takes away Flask-Limiter's look at every answer, and at the end of every request.

    The one is for headers that are switched off, and for a kind of limit (one that counts by the answer) that none of
    ours is; the other empties what the request alone holds, and takes with it.
    """
    looks, ends = app.after_request_funcs[None], app.teardown_request_funcs[None]
    looks[:] = [each for each in looks if not (isinstance(each, partial) and each.args == (limiter,))]
    ends[:] = [each for each in ends if getattr(each, "__self__", None) is not limiter]


def limited(rule: str) -> Any:
    """Bounds how often one person (or address, for guests) may send this form, e.g. "20 per minute"."""
    decorate = limiter.limit(rule, methods=["POST"])

    def mark(view: Any) -> Any:
        wrapped = decorate(view)
        wrapped.limited = rule
        return wrapped

    return mark


def login_wait(name: str) -> int:
    """How many seconds somebody must wait before trying this name again; 0: none."""
    return _wait(*_for_name(name))


def network_wait() -> int:
    """How many seconds this network must wait before trying any name again; 0: none."""
    return _wait(*_for_network())


def login_failed(name: str) -> None:
    """Counts a failed try, whether or not the name exists: for the name, and for the network that it came from."""
    for item, key in (_for_name(name), _for_network()):
        _failures.hit(item, *key)


def code_wait() -> int:
    """How many seconds this network must wait before trying a code again that opens the set-up; 0: none."""
    return _wait(*_for_code())


def code_failed() -> None:
    """Counts a wrong code."""
    item, key = _for_code()
    _failures.hit(item, *key)


def _for_code() -> tuple[RateLimitItem, tuple[str, str]]:
    return parse("10 per hour"), ("code-from", network_of(get_remote_address() or ""))


def _for_name(name: str) -> tuple[RateLimitItem, tuple[str, str]]:
    return parse(f"{accounts_settings.tries_per_hour} per hour"), _login_key(name)


def _for_network() -> tuple[RateLimitItem, tuple[str, str]]:
    here = network_of(get_remote_address() or "")
    return parse(f"{accounts_settings.tries_per_network} per hour"), ("login-from", here)


def _wait(item: RateLimitItem, key: tuple[str, str]) -> int:
    if _failures.test(item, *key):
        return 0
    reset, _ = _failures.get_window_stats(item, *key)
    return max(1, int(reset - time.time()) + 1)


def forget() -> None:
    """Drops all counts; tests call it."""
    _failures.storage.reset()
    limiter.reset()


def _login_key(name: str) -> tuple[str, str]:
    return "login", name_key(" ".join(name.split()))[:200]


def peer() -> str:
    """Who is reading, for counting views: a member, or a guest's address and browser."""
    found = viewer()
    if not found.guest:
        return str(found.id)
    return guest_peer(get_remote_address(), request.headers.get("User-Agent", ""))


def guest_peer(address: str, browser: str) -> str:
    """Which guest is reading."""
    return f"{address} {browser[:80]}"
