"""Requests and answers: Flask's own, with what every request is asked many times looked up once."""

from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from flask import Request, Response, current_app
from flask import request as current
from werkzeug.datastructures import Headers, ImmutableMultiDict
from werkzeug.sansio.http import parse_cookie

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
ALWAYS = [
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()"),
]
"""What every answer says, whoever makes it: added as it is sent."""

LONGEST_NAME = 400
"""So much is looked at of what a browser calls itself."""

_REDONE = {"location", "content-location"}
"""Headers that are made whole before they are sent."""


class Asked(Request):
    """A request."""

    @cached_property
    def view(self) -> Callable[..., Any] | None:
        """The view that answers it, if any does."""
        return current_app.view_functions.get(self.endpoint or "")

    @cached_property
    def for_machines(self) -> bool:
        """Whether machines ask for this, who are nobody (web/auth.py)."""
        return getattr(self.view, "for_machines", False)

    @property
    def safe(self) -> bool:
        """Whether it only reads (RFC 9110, 9.2.1)."""
        return self.method in _SAFE

    @cached_property
    def browser(self) -> str:
        """What the browser calls itself."""
        return str(self.environ.get("HTTP_USER_AGENT", ""))[:LONGEST_NAME]

    @cached_property
    def fetched_ahead(self) -> bool:
        """Whether a browser fetches it before anybody has asked for it."""
        return "prefetch" in self.environ.get("HTTP_SEC_PURPOSE", "")

    @cached_property
    def cookies(self) -> ImmutableMultiDict[str, str]:  # type: ignore[override]
        """The cookies: read once for all requests that bring the same ones."""
        return cookies_of(self.environ.get("HTTP_COOKIE", "").encode("latin-1", "replace"))

    @cached_property
    def args(self) -> ImmutableMultiDict[str, str]:  # type: ignore[override]
        """What the address asks: read once for all requests that ask the same."""
        query = self.query_string
        if not query:
            return _NOTHING
        return _args(query) if len(query) < _LONG else _args.__wrapped__(query)


this_request: Callable[[], Asked] = current._get_current_object  # type: ignore[attr-defined]
"""The request that is being answered: itself, not what stands for it, which would be looked up for each question."""


class Answer(Response):
    """An answer."""

    def get_wsgi_response(self, environ: Any) -> tuple[Iterable[bytes], str, list[tuple[str, str]]]:
        """The answer as it is sent."""
        body, status, headers = super().get_wsgi_response(environ)
        return body, status, [*headers, *ALWAYS]

    def get_wsgi_headers(self, environ: Any) -> Headers:
        """The headers as they are sent: those of an ordinary page as they are, without a copy of each."""
        names = {name.lower() for name, _ in self.headers}
        if self.status_code == 200 and "content-length" in names and names.isdisjoint(_REDONE):
            return self.headers
        return super().get_wsgi_headers(environ)


def header(answer: Response, name: str) -> str:
    """A header of an answer, or nothing. (Werkzeug raises and catches an error to find out that there is none.)"""
    wanted, length = name.lower(), len(name)
    for known, value in answer.headers:
        if len(known) == length and known.lower() == wanted:
            return value
    return ""


_LONG = 2000
"""So long may be what is remembered of how somebody asks: who asks decides how long it is."""
_NOWHERE = SplitResult("", "", "", "", "")
_NOTHING: ImmutableMultiDict[str, str] = ImmutableMultiDict()


@lru_cache(maxsize=512)
def _args(query: bytes) -> ImmutableMultiDict[str, str]:
    # with Werkzeug's own way to keep what is no UTF-8
    return ImmutableMultiDict(parse_qsl(query.decode(), keep_blank_values=True, errors="werkzeug.url_quote"))


def taken_apart(address: str) -> SplitResult:
    """The parts of an address that somebody sent; all of them empty if it is none."""
    try:
        return urlsplit(address)
    except ValueError:
        return _NOWHERE


def cookies_of(header: bytes) -> ImmutableMultiDict[str, str]:
    """The cookies of a header (RFC 6265, 5.4). One that is no UTF-8 spoils no other."""
    return _cookies(header) if len(header) < _LONG else _cookies.__wrapped__(header)


@lru_cache(maxsize=512)
def _cookies(header: bytes) -> ImmutableMultiDict[str, str]:
    found: ImmutableMultiDict[str, str] = parse_cookie(header.decode(errors="replace"), cls=ImmutableMultiDict)
    return found
