"""At once: requests that the event loop answers by itself, with what is kept for guests (web/kept.py).

To count one reader costs as much as to find his answer, so they are set down, and counted by many.
"""

from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass

from core import tally
from forum import statistics
from web import kept, visits
from web.bridge import Scope, environ
from web.exchange import LONGEST_NAME, cookies_of
from web.networks import TrustedProxies

_FORWARDED = (b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-real-ip", b"forwarded")


@dataclass(slots=True)
class Asked:
    """What a request asks for, and what is known of who asks."""

    key: kept.Key
    address: str
    browser: str
    has: bytes
    """The tags of what the browser has already (RFC 9110, 13.1.2)."""


def read(scope: Scope, sessions: tuple[str, ...], proxies: TrustedProxies) -> Asked | None:
    """What a GET asks for; None when its answer is somebody's own: it has a cookie of a log-in, or wants a part."""
    headers: dict[bytes, bytes] = dict(scope["headers"])
    if b"range" in headers or headers.get(b"hx-request-type") == b"partial":
        return None
    if len(headers) < len(scope["headers"]):
        return None  # one came twice: HTTP/2 may send cookies so (RFC 9113, 8.2.3), and that of a log-in is among them
    encoding = kept.encoding(headers.get(b"accept-encoding", b""))
    path, query = scope["path"], scope["query_string"].decode("latin-1")
    has, browser = headers.get(b"if-none-match", b""), headers.get(b"user-agent", b"")[:LONGEST_NAME].decode("latin-1")
    if path.startswith(kept.FILE_PATHS):
        return Asked(("", path, query, (), encoding), "", browser, has)
    looks = _looks(headers[b"cookie"], sessions) if b"cookie" in headers else ()
    if looks is None:
        return None
    host, address = headers.get(b"host", b"").decode("latin-1"), (scope.get("client") or ("",))[0]
    scheme = scope["scheme"]
    if not headers.keys().isdisjoint(_FORWARDED):
        proxies.resolve(seen := environ(scope))
        scheme, host, address = seen["wsgi.url_scheme"], seen.get("HTTP_HOST", ""), seen["REMOTE_ADDR"]
    return Asked((f"{scheme}://{host}", path, query, looks, encoding), address, browser, has)


_MANY = 500
_sent: deque[tuple[kept.Page, Asked]] = deque()
"""Which pages were sent, and to whom, since they were last counted."""


def _looks(cookie: bytes, sessions: tuple[str, ...]) -> tuple[tuple[str, str], ...] | None:
    """What a guest's cookies say about how his pages look; None for somebody who is logged in, or may be."""
    cookies = cookies_of(cookie)
    return kept.looks(cookies) if cookies.keys().isdisjoint(sessions) else None


def messages(answer: kept.Answer, asked: Asked) -> tuple[kept.Message, ...]:
    """What is sent: what is kept, or that the browser has it already. Whoever gets a page is set down."""
    if not answer.lasting:
        _sent.append((answer.page, asked))
        if len(_sent) >= _MANY:
            count()
    return answer.unchanged if asked.has and _has(asked.has, answer.etag) else answer.whole


def _has(tags: bytes, etag: bytes) -> bool:
    return bool(etag) and (tags == b"*" or etag in tags.replace(b"W/", b"").replace(b" ", b"").split(b","))


@tally.counted_by
def count() -> None:
    """Counts what was sent, as the views would have."""
    some: list[tuple[kept.Page, Asked]] = []
    with suppress(IndexError):  # another thread may count as well
        while True:
            some.append(_sent.popleft())
    kept.count_views([(page, asked.address, asked.browser) for page, asked in some])
    # a page, and no stylesheet
    for kind, number in Counter(visits.kind_of(asked.browser) for _, asked in some if asked.key[0]).items():
        statistics.visit(kind, number)
