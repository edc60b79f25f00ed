"""The stream of signals: `/events`, answered on the event loop (asgi.py), one open answer for each page.

A stream is authorised when it is opened, in a thread of the application, and ends after a while, so that rights that
were taken away end with it; the page opens the next one by itself.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from flask import Flask
from flask.ctx import RequestContext
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from core import pubsub
from core.i18n import gettext as _
from forum import live, maintenance
from forum.refusals import Forbidden, Missing, Refusal
from web import params
from web.auth import own_signals, viewer
from web.turns import Turns

HEARTBEAT = 20.0
"""Seconds between two signs of life, which also find out who has gone."""
LIFETIME = 900.0
"""Seconds after which a stream ends, and is authorised anew."""
_MOST_OF_ONE = 20
_MOST = 10_000
_WAITING = 500
"""Signals that may wait for a slow reader; one who is slower is told to look at everything."""
_ALL = "site all 0"
_FRESH = (b"cache-control", b"no-store")


class TooManyStreams(Refusal):
    """One reader, or all together, has too many streams open."""


_STATUS = {Missing: 404, Forbidden: 403, TooManyStreams: 429, maintenance.Closed: 503}


@dataclass(eq=False, slots=True)
class Stream:
    """An open stream: what it is told, and what it has still to say."""

    audience: frozenset[str]
    reader: int
    topic: int | None = None
    lines: list[str] = field(default_factory=list)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    over: bool = False  # its reader was banned, or this log-in ended

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


class Streams:
    """All streams of this process, as an ASGI application for `/events`."""

    def __init__(self, app: Flask, threads: Turns) -> None:
        self.app, self.threads = app, threads
        self.open = 0
        self._told: dict[str, set[Stream]] = {}
        self._readers: Counter[int] = Counter()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._deafen: Callable[[], None] = lambda: None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._deafen = pubsub.listen(self._hear)
        try:
            stream = await self.threads.run(self._authorise, scope)
        except (Refusal, HTTPException, DBAPIError) as refused:
            status = _STATUS.get(type(refused), 503 if isinstance(refused, DBAPIError) else 400)
            await send({"type": "http.response.start", "status": status, "headers": [_FRESH]})
            await send({"type": "http.response.body", "body": b""})
            return
        self._enter(stream)
        gone = asyncio.ensure_future(_until_gone(receive))
        try:
            # how things stand is read after the stream has begun to listen, so that nothing falls between
            hello = await self.threads.run(self._state, scope)
            await self._be(stream, live.arrive)
            await self._tell(stream, hello, send, gone)
        finally:
            gone.cancel()
            self._leave(stream)
            await self._be(stream, live.depart)

    def close(self) -> None:
        """Hears nothing more: the loop ends, and could not be told."""
        self._deafen()

    async def _tell(self, stream: Stream, hello: live.State, send: Any, gone: asyncio.Future[None]) -> None:
        headers = [(b"content-type", b"text/event-stream; charset=utf-8"), _FRESH, (b"x-accel-buffering", b"no")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
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

    def _authorise(self, scope: dict[str, Any]) -> Stream:
        """Who asks for the stream, and what he may be told."""
        with self._asked(scope):
            maintenance.enter(viewer())
            reader = viewer().id
            if self.open >= _MOST or (reader and self._readers[reader] >= _MOST_OF_ONE):
                raise TooManyStreams(_("Too many pages of this site are open."))
            heard = live.audience(viewer(), params.number("topic"), params.number("list"))
            return Stream(heard | own_signals(), reader, params.number("topic"))

    def _state(self, scope: dict[str, Any]) -> live.State:
        with self._asked(scope):
            return live.state(viewer(), params.number("topic"))

    def _asked(self, scope: dict[str, Any]) -> RequestContext:
        """The surroundings of any other request: its cookies say who asks."""
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
        query = scope["query_string"].decode("latin-1")
        return self.app.test_request_context("/events", query_string=query, headers=headers)

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
        for channel in stream.audience:
            self._told.setdefault(channel, set()).add(stream)

    def _leave(self, stream: Stream) -> None:
        self.open -= 1
        self._readers[stream.reader] -= 1
        if not self._readers[stream.reader]:
            del self._readers[stream.reader]
        for channel in stream.audience:
            self._told[channel].discard(stream)
            if not self._told[channel]:
                del self._told[channel]


async def _until_gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(send: Any, piece: bytes) -> None:
    await send({"type": "http.response.body", "body": piece, "more_body": True})


def _event(name: str, lines: Sequence[str]) -> bytes:
    return f"event: {name}\n{''.join(f'data: {line}{chr(10)}' for line in lines)}\n".encode()
