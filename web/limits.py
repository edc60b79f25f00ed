"""Limits: how often somebody may write, and how often a password may be guessed."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple, TypeVar

from flask import Flask, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import RateLimitItem, RateLimitItemPerHour
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


class _Here(MemoryStorage):
    """Counts in this process."""

    STORAGE_SCHEME = ["livery+memory"]

    def take_back(self, key: str) -> None:
        """Counts one less: the newest, which is the first in the list that a moving window is kept as."""
        with self.locks[key]:
            del self.events.get(key, [])[:1]


class _Shared(RedisStorage):
    """Counts in Redis, of all processes together; while that is away, of this process alone."""

    STORAGE_SCHEME = ["livery+redis", "livery+rediss", "livery+unix"]

    def __init__(self, uri: str, **options: Any) -> None:
        self._url = uri.removeprefix("livery+")
        super().__init__(self._url, **redis_client.options(), **options)
        self._here = _Here()

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

    def take_back(self, key: str) -> None:
        """Counts one less, as above."""
        self._either(lambda: self.get_connection().lpop(self.prefixed_key(key)), lambda: self._here.take_back(key))

    def _either(self, there: Callable[[], T], here: Callable[[], T]) -> T:
        try:
            with redis_client.asking(self._url):
                return there()
        except RedisError:
            return here()


limiter = _Limiter(key_func=_who, headers_enabled=False, strategy="moving-window")
_RESETS = 5
"""Mails an hour to one address that lead to a new password."""
_failures: Any = None


def init_app(app: Flask, redis_url: str) -> None:
    """Connects the limits; their counts live in Redis when there is one, else in this process."""
    global _failures
    app.config.setdefault("RATELIMIT_STORAGE_URI", f"livery+{redis_url}" if redis_url else "livery+memory://")
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


_Bound = tuple[RateLimitItem, tuple[str, ...]]
"""How many of something there may be, and what it is counted under."""


class Tries(NamedTuple):
    """A try at a password. It is counted as a failure before the password is looked at, so that many that come at once
    are no more than those that come one by one; who got it right takes it back."""

    counted: tuple[_Bound, ...] = ()
    wait: int = 0  # seconds; the try was not counted, as there were too many
    full: str = ""  # what there were too many for

    def take_back(self) -> None:
        """It was no failure."""
        for item, key in self.counted:
            _failures.storage.take_back(item.key_for(*key))


def try_login(name: str, account_id: int, *, at_home: bool) -> Tries:
    """Counts a try to log in, for the name as it was typed and for the account that it means (0: none), each with the
    network and alone, and for the network. `full` says which are too many: "name", "network", or "account", of which
    nobody must learn: it would tell which name and which address are the same person's.

    `at_home` is the network where the account is logged in already: tries from elsewhere do not shut it out there.
    """
    here = network_of(get_remote_address() or "")
    typed = name_key(" ".join(name.split()))[:200]
    each, all_in_all = _an_hour(accounts_settings.tries_per_hour), _an_hour(accounts_settings.tries_per_name)
    bounds = [("name", (each, ("login-name-here", here, typed)))]
    bounds += [] if at_home else [("name", (all_in_all, ("login-name", typed)))]
    bounds += [("network", (_an_hour(accounts_settings.tries_per_network), ("login-from", here)))]
    if account_id:
        bounds += [("account", (each, ("login-account-here", here, str(account_id))))]
        bounds += [] if at_home else [("account", (all_in_all, ("login-account", str(account_id))))]
    return _try(bounds)


def try_proof(user_id: int) -> Tries:
    """Counts a try of somebody who is logged in to say his password again."""
    return _try([("name", (_an_hour(accounts_settings.tries_per_hour), ("proof", str(user_id))))])


def reset_wanted(email: str) -> bool:
    """Counts that somebody wants a new password for an address; whether another mail may go there."""
    return not _try([("address", (_an_hour(_RESETS), ("reset-to", email.strip().casefold()[:300])))]).wait


def _try(bounds: list[tuple[str, _Bound]]) -> Tries:
    tried = Tries()
    for what, bound in bounds:
        if _failures.hit(bound[0], *bound[1]):
            tried = Tries((*tried.counted, bound))
        elif what == "account":  # to whoever asks it is a failure like any other
            return tried._replace(full=what, wait=_wait(*bound))
        else:
            tried.take_back()
            return Tries(full=what, wait=_wait(*bound))
    return tried


def code_wait() -> int:
    """How many seconds this network must wait before trying a code again that opens the set-up; 0: none."""
    return _wait(*_for_code())


def code_failed() -> None:
    """Counts a wrong code."""
    item, key = _for_code()
    _failures.hit(item, *key)


def _for_code() -> _Bound:
    return _an_hour(10), ("code-from", network_of(get_remote_address() or ""))


def _an_hour(times: int) -> RateLimitItem:
    return RateLimitItemPerHour(times)


def _wait(item: RateLimitItem, key: tuple[str, ...]) -> int:
    if _failures.test(item, *key):
        return 0
    reset, _ = _failures.get_window_stats(item, *key)
    return max(1, int(reset - time.time()) + 1)


def forget() -> None:
    """Drops all counts; tests call it."""
    _failures.storage.reset()
    limiter.reset()


def peer() -> str:
    """Who is reading, for counting views: a member, or a guest's address and browser."""
    found = viewer()
    if not found.guest:
        return str(found.id)
    return guest_peer(get_remote_address(), request.headers.get("User-Agent", ""))


def guest_peer(address: str, browser: str) -> str:
    """Which guest is reading."""
    return f"{address} {browser[:80]}"
