"""Reading in bulk: how fast one network of guests, or one known crawler, may ask for pages that must be made.

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
from web import limits
from web.allowances import Allowances
from web.auth import viewer
from web.errors import render_bare
from web.exchange import Asked, this_request
from web.networks import network_of

settings = declare(
    "reading",
    per_minute=Int(600, "Pages a minute for guests of one network (/24, or /64 in IPv6); lists with a query and "
                   "searches count five times; 0: no limit", high=1_000_000),
    crawlers_per_minute=Int(120, "Pages a minute for one known crawler; 0: no limit", high=1_000_000),
    indexed=Bool(True, "Search engines may list this site"),
)  # fmt: skip

CLOSED = ("/admin", "/api/", "/compose", "/login", "/logout", "/look", "/me", "/post/", "/preview", "/register",
          "/reset/", "/confirm/", "/unsubscribe/", "/search", "/skin", "/uid/", "/events", "/metrics")  # fmt: skip
"""Where robots have no business: forms, searches, and second addresses of what has a first one."""
CLOSED_QUERIES = ("cursor", "sort", "term", "cid", "tag", "before", "quote", "q", "way", "filter")
"""What an address may ask besides its page; robots find everything without."""

_DEAR = 5
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
    """The name of the known crawler that calls itself so, in lower case; empty for everything else."""
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
        robot = crawler_of(current.browser)
        if robot and closed():
            return _refuse(
                403, _("Robots find everything without this address."), _("robots.txt says where not to look.")
            )
        if not robot and not viewer().guest:
            return None
        guests, robots = _allowances()
        per_minute = robots if robot else guests
        name = robot or network_of(get_remote_address() or "")
        wait = allowances.take(name, _DEAR if _dear() else 1, per_minute) if per_minute else 0
        if not wait:
            return None
        answer = _refuse(
            429,
            _("Please wait a moment"),
            _("That was a lot in a short time. Please wait %(wait)s.", wait=i18n.span(wait)),
        )
        answer.headers["Retry-After"] = str(wait)
        return answer


def closed() -> bool:
    """Whether this address is one of those that robots.txt keeps robots from."""
    return request.path.startswith(CLOSED) or any(name in request.args for name in CLOSED_QUERIES)


def _free(current: Asked) -> bool:
    return current.view is None or current.endpoint in ("static", "colours") or current.for_machines


def _dear() -> bool:
    """Whether a page is made for this reader alone, most likely: no cache holds it."""
    return request.path.startswith(("/search", "/users", "/sitemap")) or any(name != "page" for name in request.args)


def _allowances() -> tuple[int, int]:
    """Pages a minute for a network and for a crawler; looked up at most every few seconds, so that refusing is cheap."""
    global _known
    if _known[0] < time.monotonic() or not _known[0]:
        _known = (time.monotonic() + _SETTINGS_LAST, settings.per_minute, settings.crawlers_per_minute)
    return _known[1], _known[2]


def _refuse(status: int, title: str, reason: str) -> Response:
    answer = Response(render_bare(title, reason), status, mimetype="text/html")
    answer.headers["Cache-Control"] = "no-store"
    return answer
