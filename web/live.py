"""The stream of signals: `/events`, answered on the event loop (asgi.py), one open answer for each page.

A stream is authorised when it is opened: the application answers the request like any other, and its view lays down
what the loop then sends. It ends after a while, so that rights that were taken away end with it; the page opens the next
one by itself.
"""

import asyncio
import json
import logging
import resource
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from io import BytesIO
from typing import Any, NamedTuple

from flask import Flask
from sqlalchemy.exc import DBAPIError

from core import pubsub
from forum import live
from forum.refusals import Refusal
from forum.viewers import Viewer
from web import operations, params, security
from web.auth import own_signals, viewer
from web.bridge import Headers, Receive, Scope, Send, environ
from web.exchange import this_request
from web.networks import household_of
from web.turns import Turns

log = logging.getLogger("livery.live")

HEARTBEAT = 20.0
"""Seconds between two signs of life, which also find out who has gone."""
LIFETIME = 900.0
"""Seconds after which a stream ends, and is authorised anew."""
_MOST_OF_ONE = 20
_MOST = 10_000
_OF_GUESTS = 2 / 3
"""The part of all streams that guests may have: the rest is for members, however many guests there are."""
_WAITING = 500
"""Signals that may wait for a slow reader; one who is slower is told to look at everything."""
_ALL = "site all 0"
_FRESH = (b"cache-control", b"no-store")
_WAIT = 60
"""Seconds after which a page that got no stream may ask for one again."""
_QUIET = 600.0
"""Seconds between two lines in the log about streams that were refused."""
_LAID_DOWN = "livery.stream"
"""Where in a request's environment the loop finds what the view laid down."""


@dataclass(eq=False, slots=True)
class Stream:
    """An open stream: what it is told, and what it has still to say."""

    audience: frozenset[str]
    who: Viewer
    topic: int | None = None
    household: str = ""
    beside: int = 0  # as many may one household of guests have; 0: any number
    lines: list[str] = field(default_factory=list)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    over: bool = False  # its reader was banned, or this log-in ended

    @property
    def reader(self) -> int:
        """The id of the member who reads; 0 for a guest."""
        return self.who.id

    def take(self, lines: Sequence[str]) -> None:
        """Keeps what this stream is told, and wakes it."""
        self.lines += lines
        self.over = self.over or any(line.split(" ")[1] == "out" for line in lines)
        self.woken.set()

    def said(self) -> bytes:
        """What is to be sent now."""
        lines, self.lines = list(dict.fromkeys(self.lines)), []
        self.woken.clear()
        return _event("signal", lines if len(lines) <= _WAITING else [_ALL])


class _Answered(NamedTuple):
    """What the application answered to the request for a stream."""

    status: int
    headers: Headers
    body: bytes


class Streams:
    """All streams of this process, as an ASGI application for `/events`."""

    def __init__(self, app: Flask, threads: Turns) -> None:
        self.app, self.threads = app, threads
        self.open, self._most = 0, _room()
        self._told: dict[str, set[Stream]] = {}
        self._readers: Counter[int] = Counter()
        self._households: Counter[str] = Counter()  # of guests
        self._loop: asyncio.AbstractEventLoop | None = None
        self._deafen: Callable[[], None] = lambda: None
        self._quiet_until = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._deafen = pubsub.listen(self._hear)
        if scope["method"] != "GET":
            return await self._refuse(send, scope, 405, (b"allow", b"GET"))
        asked = environ(scope, BytesIO()) | {_LAID_DOWN: None}
        answered = await self.threads.run(self._ask, asked)
        stream: Stream | None = asked[_LAID_DOWN]
        if stream is None:
            return await _answer(send, *answered)
        if why := self._too_many(stream):
            self._note(why)
            return await self._refuse(send, scope, 429, (b"retry-after", b"%d" % _WAIT))
        self._enter(stream)
        gone = asyncio.ensure_future(_until_gone(receive))
        try:
            # how things stand is read after the stream has begun to listen, so that nothing falls between
            hello = await self.threads.run(self._state, stream)
            if hello is None:
                return await self._refuse(send, scope, 503, (b"retry-after", b"5"))
            await self._be(stream, live.arrive)
            await self._tell(stream, hello, answered.headers, send, gone)
        finally:
            gone.cancel()
            self._leave(stream)
            await self._be(stream, live.depart)

    def close(self) -> None:
        """Hears nothing more: the loop ends, and could not be told."""
        self._deafen()

    async def _refuse(self, send: Send, scope: Scope, status: int, *more: tuple[bytes, bytes]) -> None:
        """Answers on the loop, with what every answer says."""
        named = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        said = [*security.of_every_answer(self.app), ("X-Request-ID", operations.request_id(named))]
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in said]
        await _answer(send, status, [*headers, _FRESH, (b"content-length", b"0"), *more], b"")

    async def _tell(
        self, stream: Stream, hello: live.State, said: Headers, send: Send, gone: asyncio.Future[None]
    ) -> None:
        own = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"x-accel-buffering", b"no")]
        kept = [each for each in said if each[0] not in (b"content-type", b"content-length")]
        await send({"type": "http.response.start", "status": 200, "headers": [*own, *kept]})
        await _send(send, _event("hello", [json.dumps(asdict(hello))]))
        alive = asyncio.get_running_loop().time() + HEARTBEAT
        end = asyncio.get_running_loop().time() + LIFETIME
        while not gone.done() and asyncio.get_running_loop().time() < end:
            woken = asyncio.ensure_future(stream.woken.wait())
            await asyncio.wait({woken, gone}, timeout=HEARTBEAT, return_when=asyncio.FIRST_COMPLETED)
            woken.cancel()
            if gone.done():
                return
            await _send(send, stream.said() if stream.lines else b": alive\n\n")
            if stream.over:
                break
            if asyncio.get_running_loop().time() > alive:
                alive = asyncio.get_running_loop().time() + HEARTBEAT
                await self._be(stream, live.arrive)
        await send({"type": "http.response.body", "body": b""})

    async def _be(self, stream: Stream, here: Callable[[int, int], None]) -> None:
        """Says of a member that he is reading, or has gone and has the topic open nowhere else in this process."""
        if not stream.reader or stream.topic is None or self._loop is None:
            return
        others = self._told.get(f"topic-{stream.topic}", set()) - {stream}
        if here is live.depart and any(other.reader == stream.reader for other in others):
            return

        def say() -> None:
            with self.app.app_context():
                here(stream.reader, stream.topic)

        await self.threads.run(say)

    def _ask(self, asked: dict[str, Any]) -> _Answered:
        """Has the application answer the request; when its reader may have a stream, the view has laid one down."""
        started: list[Any] = []
        made = self.app(asked, lambda status, headers, error=None: started.extend((status, headers)))
        body = b"".join(made)
        getattr(made, "close", bool)()
        status, headers = started[-2:]
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return _Answered(int(status[:3]), raw, body)

    def _state(self, stream: Stream) -> live.State | None:
        """How things stand; None when what it is about has just gone, or the database: the page asks again, and is told."""
        with self.app.app_context(), suppress(Refusal, DBAPIError):
            return live.state(stream.who, stream.topic)
        return None

    def _too_many(self, stream: Stream) -> str:
        """Why there may not be one more stream, for the log; nothing when there may. Members have room of their own."""
        if self.open >= self._most:
            return f"there are {self.open} in this process, as many as it may have"
        if stream.reader:
            return "one member has many pages open" if self._readers[stream.reader] >= _MOST_OF_ONE else ""
        if self._readers[0] >= self._most * _OF_GUESTS:
            return f"guests have {self._readers[0]} of {self._most} in this process"
        full = stream.beside and self._households[stream.household] >= stream.beside
        return f"guests at one address have {stream.beside}" if full else ""

    def _note(self, why: str) -> None:
        assert self._loop is not None
        if self._loop.time() >= self._quiet_until:
            self._quiet_until = self._loop.time() + _QUIET
            log.warning("Live streams are refused, and the pages look by themselves: %s", why)

    def _hear(self, lines: Sequence[str]) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._pass_on, lines)

    def _pass_on(self, lines: Sequence[str]) -> None:
        for line in dict.fromkeys(lines):
            for channel in (line.split(" ", 1)[0], line):
                for stream in self._told.get(channel, ()):
                    stream.take((line,))

    def _enter(self, stream: Stream) -> None:
        self.open += 1
        self._readers[stream.reader] += 1
        self._households[stream.household] += not stream.reader
        for channel in stream.audience:
            self._told.setdefault(channel, set()).add(stream)

    def _leave(self, stream: Stream) -> None:
        self.open -= 1
        self._readers[stream.reader] -= 1
        self._households[stream.household] -= not stream.reader
        for counts, key in ((self._readers, stream.reader), (self._households, stream.household)):
            if not counts[key]:
                del counts[key]
        for channel in stream.audience:
            self._told[channel].discard(stream)
            if not self._told[channel]:
                del self._told[channel]


def lay_down() -> None:
    """Lays down for the loop, if it asks, what this request's page may be told. Raises Missing, Forbidden."""
    surroundings = this_request().environ
    if _LAID_DOWN in surroundings:
        who, topic = viewer(), params.number("topic")
        heard = live.audience(who, topic, params.number("list")) | own_signals()
        household = household_of(surroundings["REMOTE_ADDR"])
        surroundings[_LAID_DOWN] = Stream(heard, who, topic, household, live.settings.guests_at_once)


def _room() -> int:
    """How many streams this process may have: half as many as files, as the others who read need connections, too."""
    files, _most = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST if files == resource.RLIM_INFINITY else min(_MOST, files // 2)


async def _answer(send: Send, status: int, headers: Headers, body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(send: Send, piece: bytes) -> None:
    await send({"type": "http.response.body", "body": piece, "more_body": True})


def _event(name: str, lines: Sequence[str]) -> bytes:
    return f"event: {name}\n{''.join(f'data: {line}{chr(10)}' for line in lines)}\n".encode()
