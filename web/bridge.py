"""The bridge: a WSGI application behind an ASGI server, each request in a thread of a small pool.

A body is gathered before a thread is taken, so that slow senders hold none; what is too long is cut off after its limit
and left for the application to refuse. An answer that is long goes out in pieces.
"""

import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from functools import lru_cache
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from web.turns import Turns

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

_PIECE = 256 * 1024
_IN_MEMORY = 512 * 1024


class Bridge:
    """Hands requests to a WSGI application."""

    def __init__(
        self, application: Callable[..., Iterable[bytes]], *, threads: int, largest: Callable[[Scope], int]
    ) -> None:
        self.application = application
        self.threads = Turns(threads)
        self.largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await self._body(receive, self.largest(scope))
        if body is None:
            return
        with body:
            status, headers, piece, rest = await self.threads.run(self._answer, scope, body)
            try:
                await send({"type": "http.response.start", "status": status, "headers": headers})
                while rest is not None and piece:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
                    piece = await self.threads.run(_piece, rest)
                await send({"type": "http.response.body", "body": piece})
            finally:
                if rest is not None:
                    await self.threads.run(getattr(rest, "close", bool))

    async def _body(self, receive: Receive, largest: int) -> IO[bytes] | None:
        """What the client sends, up to a byte more than may be; None when it went away."""
        body: IO[bytes] = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
        more, size = True, 0
        while more and size <= largest:
            message = await receive()
            if message["type"] == "http.disconnect":
                body.close()
                return None
            size += body.write(message.get("body", b"")[: largest + 1 - size])
            more = message.get("more_body", False)
        body.seek(0)
        return body

    def _answer(self, scope: Scope, body: IO[bytes]) -> tuple[int, Headers, bytes, Iterator[bytes] | None]:
        """Runs the application: status, headers, the first piece, and where the rest comes from if there is any."""
        started: list[Any] = []

        def start(status: str, headers: list[tuple[str, str]], error: Any = None) -> Callable[[bytes], None]:
            started[:] = (status, headers)
            return _nothing

        made = self.application(environ(scope, body), start)
        pieces = iter(made)
        first = _piece(pieces)
        status, headers = started
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        if len(first) < _PIECE:
            getattr(made, "close", bool)()
            return int(status[:3]), raw, first, None
        return int(status[:3]), raw, first, _Rest(pieces, made)


class _Rest:
    """The rest of a long answer, and how to be done with it."""

    def __init__(self, pieces: Iterator[bytes], made: Iterable[bytes]) -> None:
        self._pieces = pieces
        self.close = getattr(made, "close", bool)

    def __iter__(self) -> "_Rest":
        return self

    def __next__(self) -> bytes:
        return next(self._pieces)


def _nothing(data: bytes) -> None:
    raise RuntimeError("write() of PEP 3333 is not supported.")


def _piece(pieces: Iterator[bytes]) -> bytes:
    found, size = [], 0
    for each in pieces:
        found.append(each)
        size += len(each)
        if size >= _PIECE:
            break
    return b"".join(found)


@lru_cache(maxsize=512)
def _variable(name: bytes) -> str:
    plain = name.decode("latin-1").upper().replace("-", "_")
    return plain if plain in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{plain}"


def environ(scope: Scope, body: IO[bytes] | None = None) -> dict[str, Any]:
    """A request as WSGI describes it (PEP 3333). Names with an underscore are dropped: they could pose as others."""
    server, client = scope.get("server") or ("localhost", 80), scope.get("client") or ("", 0)
    found: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": str(server[1] or 80),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": client[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        if b"_" in name:
            continue
        variable, text = _variable(name), value.decode("latin-1")
        joiner = "; " if variable == "HTTP_COOKIE" else ","
        found[variable] = f"{found[variable]}{joiner}{text}" if variable in found else text
    return found
