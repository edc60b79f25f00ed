"""Again: what a member was shown a moment ago is sent as it was, when he asks for it again and nothing has changed.

A page is kept when the database was not asked for it: then all that it shows comes from what is kept under versions, and
it stands on exactly those (core/lasting.py notes them). What a member has read, and is not yet written down, counts, too.
Everything that decides who may see what (log-in, bans, maintenance, terms, limits) has passed before it is looked up.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any, NamedTuple

from flask import Flask, Response, session

from core import clock, lasting, metrics, queries
from core.cache import numbers, versions
from core.changes import of_member
from core.db import scratch
from core.store import Store
from forum import notices, reading, topics
from forum.viewers import Viewer
from web import htmx, kept, limits
from web.auth import viewer
from web.exchange import header, this_request

metrics.counter("livery_answers_again", "Pages of members that were sent as they were a moment before.")

RULES = {
    **{name: rule for name, rule in kept.RULES.items() if name != "users.show"},
    "unread.index": kept.Rule(frozenset({"filter", "page", "cursor"})),
}
"""Views whose answers to members are kept, and what their addresses may ask."""
_LONGEST = timedelta(seconds=60)
"""How long counts of views may lag behind."""
_SENT = ("Content-Type", "Content-Encoding", "Vary", "ETag")
_UNCHANGED = ("Vary", "ETag")
"""What a 304 says of a page besides what every answer says (RFC 9110, 15.4.5)."""


class _Key(NamedTuple):
    """Who asks (his cookies hold log-in, token and look), what for, and how it may be packed."""

    cookies: str
    host: str
    path: str
    query: str
    encodings: str


class _Held(NamedTuple):
    """What reading left behind that is not written down yet: how far he read, and which notices he opened."""

    read: Mapping[int, int]
    opened: Mapping[int, int]


@dataclass(slots=True)
class _Page:
    """A page as it was sent."""

    body: bytes
    headers: list[tuple[str, str]]
    etag: str
    stamp: tuple[tuple[str, int], ...]
    held: _Held
    until: datetime
    topic_id: int

    def good(self, current: dict[str, int], held: _Held) -> bool:
        """Whether it would be made the same now."""
        if self.until <= clock.present() or self.held != held:
            return False
        return all(current.get(name, 0) == number for name, number in self.stamp)


@dataclass(slots=True)
class _Making:
    """A page that is being made, and what is noted of it."""

    key: _Key
    held: _Held
    noting: Any
    note: lasting.Note
    queries: int


_pages: Store[_Page] = Store(16 * 1024 * 1024, "members' pages")
_process = secrets.token_hex(4)
_numbers = count(1)


def init_app(app: Flask) -> None:
    """Looks for what is kept. Behind every gate, and before the view."""

    @app.before_request
    def _as_it_was() -> Response | None:
        current = this_request()
        rule = RULES.get(current.endpoint or "")
        if rule is None or current.method != "GET" or htmx.partial() or viewer().guest or not kept.asked_plainly(rule):
            return None
        environ, who = current.environ, viewer()
        key = _Key(
            environ.get("HTTP_COOKIE", ""), f"{current.scheme}://{current.host}", current.path,
            environ.get("QUERY_STRING", ""), environ.get("HTTP_ACCEPT_ENCODING", ""),
        )  # fmt: skip
        held, page = _held(who), _pages.get(key)
        if page is not None and page.good(versions(), held):
            return _again(page)
        noting = lasting.noting(page=True)
        note = noting.__enter__()
        numbers("viewers", of_member(who.id))  # he was looked up before this began
        scratch()["making"] = _Making(key, held, noting, note, _queries())
        return None

    @app.teardown_request
    def _noted_enough(error: BaseException | None) -> None:
        making: _Making | None = scratch().pop("making", None)
        if making is not None:
            making.noting.__exit__(None, None, None)


def remember(app: Flask) -> None:
    """Keeps what was made: the finished answer, so this is connected before all that changes it."""

    @app.after_request
    def _remember(answer: Response) -> Response:
        making: _Making | None = scratch().get("making")
        if making is None or making.note.fleeting or making.queries != _queries() or not _usual(answer):
            return answer
        answer.headers.add("ETag", etag := f'"{_process}-{next(_numbers)}"')
        current, limit = versions(), clock.present() + _LONGEST
        stamp = tuple([(name, current.get(name, 0)) for name in making.note.versions])
        sent = [(name, found) for name in _SENT if (found := header(answer, name))]
        topic_id = (
            (this_request().view_args or {}).get("topic_id", 0) if RULES[this_request().endpoint or ""].topic else 0
        )
        until = min(limit, making.note.until or limit)
        page = _Page(answer.get_data(), sent, etag, stamp, making.held, until, topic_id)
        _pages.put(making.key, page, len(page.body) + sum(map(len, making.key)) + 4000)
        return answer


def forget() -> None:
    """Drops every page."""
    _pages.clear()


def _again(page: _Page) -> Response:
    metrics.count("livery_answers_again")
    if page.topic_id:
        topics.seen(page.topic_id, limits.peer())
    if page.etag in this_request().environ.get("HTTP_IF_NONE_MATCH", ""):
        return Response(status=304, headers=[(name, value) for name, value in page.headers if name in _UNCHANGED])
    return Response(page.body, headers=page.headers)


def _held(who: Viewer) -> _Held:
    return _Held(dict(reading.held(who)), dict(notices.opened(who.id)))


def _queries() -> int:
    spent = queries.spent.get()
    return spent.queries if spent is not None else 0


def _usual(answer: Response) -> bool:
    return (
        answer.status_code == 200
        and answer.is_sequence
        and header(answer, "Content-Type").startswith("text/html")
        and not header(answer, "Set-Cookie")
        and not session.modified  # else its token is in a cookie that only this answer brings
    )
