"""Reading in bulk: how fast the guests of one network, and among them its robots, may ask for pages that must be made.

What the page cache answers is not counted. The processes of a site count together without waiting for each other
(web/allowances.py).
"""

import re
import time
from collections.abc import Callable
from functools import lru_cache

from flask import Flask, Response, request
from flask_limiter.util import get_remote_address

from core import i18n, jobs, pubsub
from core.i18n import gettext as _
from core.settings import Bool, Int, declare
from web import errors, limits
from web.allowances import Allowances
from web.auth import viewer
from web.exchange import Asked, this_request
from web.networks import network_of

settings = declare(
    "reading",
    per_minute=Int(600, "Pages a minute for guests of one network (/24, or /64 in IPv6); lists with a query and "
                   "searches count five times; 0: no limit", high=1_000_000),
    crawlers_per_minute=Int(120, "Pages a minute for robots of one network, of those that its guests may have; "
                            "0: as many as guests", high=1_000_000),
    indexed=Bool(True, "Search engines may list this site"),
)  # fmt: skip

CLOSED = ("/admin", "/api/", "/compose", "/login", "/logout", "/look", "/me", "/post/", "/preview", "/register",
          "/reset/", "/confirm/", "/unsubscribe/", "/search", "/skin", "/uid/", "/events", "/metrics")  # fmt: skip
"""Where robots have no business: forms, searches, and second addresses of what has a first one."""
CLOSED_QUERIES = ("cursor", "sort", "term", "cid", "tag", "before", "quote", "q", "way", "filter")
"""What an address may ask besides its page; robots find everything without, and are refused whatever else it asks, too."""

_DEAR, _LIGHT = 5, 0.2
_SIGNALS = ("live.index", "live.show")
"""Views by which a page that is open learns whether anything happened: they make no page."""
_SETTINGS_LAST = 5.0

_CRAWLERS = re.compile(
    r"googlebot|bingbot|duckduckbot|yandex|baiduspider|applebot|gptbot|claudebot|ccbot|bytespider|amazonbot|"
    r"meta-externalagent|facebookexternalhit|perplexitybot|semrushbot|ahrefsbot|mj12bot|dotbot|petalbot|"
    r"[a-z-]{0,30}(?:bot|crawler|spider)(?=/)",
    re.IGNORECASE,
)
_NAMED_WITHIN = 300
"""Letters of a browser's name in which a robot says that it is one; the rest, however long, costs nothing."""


allowances = Allowances()
_known: tuple[float, int, int] = (0.0, 0, 0)


def listen() -> Callable[[], None]:
    """Hears from now on what other processes gave out; returns what ends that."""
    return pubsub.listen(allowances.hear)


def tell_others() -> None:
    """Tells the other processes how much guests and robots read here."""
    allowances.tell()


jobs.recurring(tell_others, every=2, everywhere=True)


def forget() -> None:
    """Begins anew; tests call it."""
    global _known
    allowances.forget()
    _known = (0.0, 0, 0)


def crawler_of(browser: str) -> str:
    """The name of the robot that calls itself so, in lower case; empty for everything else."""
    return _crawler_of(browser[:_NAMED_WITHIN])


@lru_cache(maxsize=2048)
def _crawler_of(browser: str) -> str:
    found = _CRAWLERS.search(browser)
    return found[0].lower() if found else ""


def init_app(app: Flask) -> None:
    """Asks guests and robots to slow down before anything is read for them."""

    @app.before_request
    def _politely() -> Response | None:
        current = this_request()
        if not limits.limiter.enabled or current.method not in ("GET", "HEAD") or _free(current):
            return None
        robot = bool(crawler_of(current.browser))
        if robot and closed():
            title = _("Robots find everything without this address.")
            return _refuse(403, _("robots.txt says where not to look."), title=title)
        if not robot and not viewer().guest:
            return None
        wait = _wait(robot)
        if not wait:
            return None
        words = _("That was a lot in a short time. Please wait %(wait)s.", wait=i18n.span(wait))
        return _refuse(429, words, wait=wait)

    @app.after_request
    def _unlisted(answer: Response) -> Response:
        if closed():  # for those who did not say that they are robots
            answer.headers.add("X-Robots-Tag", "noindex")
        return answer


def closed() -> bool:
    """Whether this address is one of those that robots.txt keeps robots from, or asks more than one page of it."""
    return request.path.startswith(CLOSED) or _asks_more()


def _asks_more() -> bool:
    """Whether an address asks anything but one page: most likely no cache holds it, and there is no end of them."""
    asked = this_request().args
    return any(name != "page" for name in asked) or len(asked.getlist("page")) > 1


def _wait(robot: bool) -> int:
    """Takes a page from the allowance of a network; returns 0, or the seconds after which there is one.

    Robots have a part of it. Anybody may call himself what he likes, so no name has an allowance: neither does an
    invented one help, nor is a robot short of what others read elsewhere under its name.
    """
    guests, robots = _allowances()
    network, cost = network_of(get_remote_address() or ""), _cost()
    wait = allowances.take(f"robots@{network}", cost, robots) if robot and robots else 0
    return wait or (allowances.take(network, cost, guests) if guests else 0)


def _free(current: Asked) -> bool:
    return current.view is None or current.endpoint in ("static", "colours") or current.for_machines


def _cost() -> float:
    """How many pages an answer counts as: several when it is made for this reader alone, most likely."""
    if this_request().endpoint in _SIGNALS:
        return _LIGHT
    return _DEAR if request.path.startswith(("/search", "/users", "/sitemap")) or _asks_more() else 1


def _allowances() -> tuple[int, int]:
    """Pages a minute for a network, and for its robots; looked up at most every few seconds, so that refusing is cheap."""
    global _known
    if _known[0] < time.monotonic() or not _known[0]:
        _known = (time.monotonic() + _SETTINGS_LAST, settings.per_minute, settings.crawlers_per_minute)
    return _known[1], _known[2]


def _refuse(status: int, reason: str, *, title: str = "", wait: int | None = None) -> Response:
    answer = errors.answer(status, reason, title=title, wait=wait, page=errors.BARE)
    answer.headers["Cache-Control"] = "no-store"
    return answer
