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
from werkzeug.sansio.http import parse_cookie

from app import create_app
from core import db, orphans, replica
from core.cache import Now
from forum import schedule, uploads
from web import kept, visits
from web.bridge import Bridge, Receive, Scope, Send, environ
from web.live import Streams
from web.networks import TrustedProxies

THREADS = 8

Live = Callable[[Scope, Receive, Send], Awaitable[None]]
_FORWARDED = (b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-real-ip", b"forwarded")


class Site:
    """The application as ASGI. `live` holds what is answered on the loop by its path, and never by the Flask app."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.bridge = Bridge(app, threads=THREADS, largest=self._largest)
        self._streams = Streams(app, self.bridge.pool)
        self.live: dict[str, Live] = {"/events": self._streams}
        self._proxies = TrustedProxies(app, app.config["LIVERY"].trusted_proxies)
        self._sessions = (app.config["SESSION_COOKIE_NAME"], app.config["REMEMBER_COOKIE_NAME"])
        self._making: dict[kept.Key, asyncio.Future[None]] = {}
        with app.app_context():
            self._now = Now(db.db.engine, db.db.engines.get(replica.BIND))
        self._last: dict[str, int] = {}
        self._asked: asyncio.Future[dict[str, int]] | None = None
        self._stop: Callable[[], object] = bool

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
        self.bridge.pool.shutdown(wait=False, cancel_futures=True)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"]) if scope["method"] == "GET" else {}
        key = self._key(scope, headers)
        if key is None:
            await self.bridge(scope, receive, send)
        elif not await self._kept(key, scope, headers, send):
            await self._made_once(key, scope, headers, receive, send)

    async def _made_once(self, key: kept.Key, scope: Scope, headers: dict[bytes, bytes], receive: Receive, send: Send):
        """Lets one request make what many ask for; the others wait for it."""
        making = self._making.get(key)
        if making is not None:
            await making
            if await self._kept(key, scope, headers, send):
                return
        mine = self._making.setdefault(key, asyncio.get_running_loop().create_future())
        try:
            await self.bridge(scope, receive, send)
        finally:
            if self._making.get(key) is mine:
                del self._making[key]
            if not mine.done():
                mine.set_result(None)

    def _key(self, scope: Scope, headers: dict[bytes, bytes]) -> kept.Key | None:
        """What this request's answer would be kept under; None when it is somebody's own."""
        if scope["method"] != "GET" or b"range" in headers or headers.get(b"hx-request-type") == b"partial":
            return None
        encoding = kept.encoding(headers.get(b"accept-encoding", b"").decode("latin-1"))
        path, query = scope["path"], scope["query_string"].decode("latin-1")
        if path.startswith(kept.FILE_PATHS):
            return kept.Key("", path, query, (), encoding)
        looks: tuple[tuple[str, str], ...] = ()
        if b"cookie" in headers:
            cookies = parse_cookie(headers[b"cookie"].decode("latin-1"))
            if any(name in cookies for name in self._sessions):
                return None
            looks = kept.looks(cookies)
        host = f"{scope['scheme']}://{headers.get(b'host', b'').decode('latin-1')}"
        if not headers.keys().isdisjoint(_FORWARDED):
            seen = self._seen(scope)
            host = f"{seen['wsgi.url_scheme']}://{seen.get('HTTP_HOST', '')}"
        return kept.Key(host, path, query, looks, encoding)

    async def _kept(self, key: kept.Key, scope: Scope, headers: dict[bytes, bytes], send: Send) -> bool:
        """Sends what is kept, if it is still good."""
        answer = kept.answers.get(key)
        if answer is None or not (answer.page.lasting or answer.page.good(await self._known_versions())):
            return False
        if not answer.page.lasting:
            address = (scope.get("client") or ("",))[0]
            if not headers.keys().isdisjoint(_FORWARDED):
                address = self._seen(scope)["REMOTE_ADDR"]
            browser = headers.get(b"user-agent", b"").decode("latin-1")
            kept.count_view(answer.page, address, browser)
            if key.host:  # a page, and no stylesheet
                visits.count_guest(browser)
        asked = headers.get(b"if-none-match")
        if asked and answer.etag and answer.etag.encode() in asked.replace(b"W/", b"").replace(b" ", b"").split(b","):
            await send({"type": "http.response.start", "status": 304, "headers": answer.unchanged})
            await send({"type": "http.response.body"})
        else:
            await send({"type": "http.response.start", "status": 200, "headers": answer.headers})
            await send({"type": "http.response.body", "body": answer.body})
        return True

    def _largest(self, scope: Scope) -> int:
        """How long a body may be: with a file in it only from who has a session. The views hold their own limits."""
        usual: int = self.app.config["MAX_CONTENT_LENGTH"]
        cookies = b";".join(value for name, value in scope["headers"] if name == b"cookie")
        return usual + uploads.LARGEST if any(name.encode() in cookies for name in self._sessions) else usual

    def _seen(self, scope: Scope) -> dict[str, str]:
        found = environ(scope)
        self._proxies.resolve(found)
        return found

    async def _known_versions(self) -> dict[str, int]:
        """The versions as they stand; while the database is away, as they stood last: nobody writes, and guests read on.

        What is kept is good for a minute at most, so they see no older page than that.
        """
        with suppress(DBAPIError):
            self._last = await self._versions()
        return self._last

    async def _versions(self) -> dict[str, int]:
        """The versions as they stand now, or later. Where that takes a query, those who ask meanwhile share the next."""
        if self._now.at_once:
            return self._now.versions()
        if self._asked is not None and not self._asked.done():
            await asyncio.wait((self._asked,))  # it began before this request did
        if self._asked is None or self._asked.done():
            self._asked = asyncio.get_running_loop().run_in_executor(self.bridge.pool, self._now.versions)
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


inherited: Flask | None = None
"""The application of the process that starts workers, for those of them that are its forks."""


def make() -> Site:
    """The application of a worker process."""
    orphans.leave_with_parent()
    return Site(inherited or create_app())
