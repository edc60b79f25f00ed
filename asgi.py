"""The production entry: kept answers and live events on the event loop, all else handed to the Flask app in threads.

granian --interface asgi --factory asgi:make
"""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from contextlib import suppress
from multiprocessing.util import Finalize

from flask import Flask
from sqlalchemy.exc import DBAPIError

from app import create_app
from core import db, orphans, replica
from core.cache import Now
from forum import schedule, uploads
from web import at_once, kept, reading
from web.bridge import Bridge, Receive, Scope, Send
from web.live import Streams
from web.networks import TrustedProxies
from web.turns import wake_gently

THREADS = 8

Live = Callable[[Scope, Receive, Send], Awaitable[None]]


class Site:
    """The application as ASGI. `live` holds what the loop answers by its path, whatever the method."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.bridge = Bridge(app, threads=THREADS, largest=self._largest)
        self._streams = Streams(app, self.bridge.threads)
        self.live: dict[str, Live] = {"/events": self._streams}
        self._proxies = TrustedProxies(app, app.config["LIVERY"].trusted_proxies)
        self._sessions = (app.config["SESSION_COOKIE_NAME"], app.config["REMEMBER_COOKIE_NAME"])
        self._making: dict[kept.Key, asyncio.Future[None]] = {}
        with app.app_context():
            self._now = Now(db.db.engine, db.db.engines.get(replica.BIND))
        self._last: dict[str, int] = {}
        self._asked: asyncio.Future[dict[str, int]] | None = None
        self._stop: Callable[[], object] = bool
        self._deafen: Callable[[], None] = lambda: None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
        elif scope["path"] in self.live:
            await self.live[scope["path"]](scope, receive, send)
        else:
            await self._http(scope, receive, send)

    def close(self) -> None:
        """Ends what a loop that is over could no longer answer: the threads, and hearing what happens."""
        self._streams.close()
        self.bridge.threads.close()
        self._deafen()

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = at_once.read(scope, self._sessions, self._proxies) if scope["method"] == "GET" else None
        if asked is None:
            return await self.bridge(scope, receive, send)
        answer = kept.answers.get(asked.key)
        if answer is not None and (answer.lasting or await self._good(answer.page)):
            start, body = at_once.messages(answer, asked)
            await send(start)
            return await send(body)
        return await self._made_once(asked, scope, receive, send)

    async def _made_once(self, asked: at_once.Asked, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets one request make what many ask for; the others wait for it, and then find it."""
        making = self._making.get(asked.key)
        if making is not None:
            await making
            answer = kept.answers.get(asked.key)
            if answer is not None and (answer.lasting or await self._good(answer.page)):
                for message in at_once.messages(answer, asked):
                    await send(message)
                return
        mine = self._making.setdefault(asked.key, asyncio.get_running_loop().create_future())
        try:
            await self.bridge(scope, receive, send)
        finally:
            if self._making.get(asked.key) is mine:
                del self._making[asked.key]
            if not mine.done():
                mine.set_result(None)

    def _largest(self, scope: Scope) -> int:
        """How long a body may be: with a file in it only from who has a session. The views hold their own limits."""
        usual: int = self.app.config["MAX_CONTENT_LENGTH"]
        cookies = b";".join(value for name, value in scope["headers"] if name == b"cookie")
        return usual + uploads.LARGEST if any(name.encode() in cookies for name in self._sessions) else usual

    async def _good(self, page: kept.Page) -> bool:
        """Whether nothing that a page shows has changed."""
        return page.good(self._now.versions() if self._now.at_once else await self._known_versions())

    async def _known_versions(self) -> dict[str, int]:
        """The versions as they stand; while the database is away, as they stood last: nobody writes, and guests read on.

        What is kept is good for a minute at most, so they see no older page than that.
        """
        with suppress(DBAPIError):
            self._last = await self._versions()
        return self._last

    async def _versions(self) -> dict[str, int]:
        """The versions as they stand now, or later, by a query: those who ask meanwhile share the next."""
        if self._asked is not None and not self._asked.done():
            await asyncio.wait((self._asked,))  # it began before this request did
        if self._asked is None or self._asked.done():
            self._asked = self.bridge.threads.run(self._now.versions)
        return await self._asked

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        self._start()
        # what is there now stays: the collector need not look through it again and again
        gc.freeze()
        gc.set_threshold(20_000, 20, 50)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.close()
        self._stop()
        await send({"type": "lifespan.shutdown.complete"})

    def _start(self) -> None:
        # a worker that leaves without the end of its lifespan still stops its jobs and keeps its counts
        stop = schedule.start(self.app.app_context, embedded=self.app.config["LIVERY"].embedded)
        self._stop = Finalize(None, stop, exitpriority=10)
        self._deafen = reading.listen()


inherited: Flask | None = None
"""The application of the process that starts workers, for those of them that are its forks."""


def make() -> Site:
    """The application of a worker process."""
    orphans.leave_with_parent()
    wake_gently()
    return Site(inherited or create_app())
