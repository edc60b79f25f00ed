"""Compression of everything that is text: zstd, brotli or gzip, by what it costs."""

import gzip
import threading
from functools import lru_cache

import brotli
import zstandard
from flask import Flask, Response
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

from web import varying
from web.exchange import header, this_request

_SMALLEST = 500
_KINDS = ("text/", "application/json", "application/javascript", "image/svg+xml", "application/manifest+json")


LASTING = ("br", "gzip")
_ONCE = ("zstd", "br", "gzip")
_QUICK = {"zstd": 1, "br": 1, "gzip": 1}
"""Strengths for what is sent only once: zstd 1 costs an eighth of brotli 5, and the bytes are nearly as few."""
_of_thread = threading.local()


def init_app(app: Flask) -> None:
    """Compresses answers that a browser can unpack; files that never change once, at full strength."""

    @app.after_request
    def _compress(answer: Response) -> Response:
        headers, current = answer.headers, this_request()
        if (
            not header(answer, "Content-Type").startswith(_KINDS)
            or answer.status_code in (204, 304, 206)
            or header(answer, "Content-Encoding")
        ):
            return answer
        varying.by(answer, "Accept-Encoding")
        lasting = "immutable" in header(answer, "Cache-Control")
        how = method(current.environ.get("HTTP_ACCEPT_ENCODING", ""), LASTING if lasting else _ONCE)
        if not how:
            return answer
        answer.direct_passthrough = False
        body = answer.get_data()
        if len(body) < _SMALLEST:
            return answer
        answer.set_data(_once(how, body) if lasting else pack(how, body, _QUICK[how]))
        headers.add("Content-Encoding", how)
        if etag := header(answer, "ETag"):
            headers["ETag"] = etag.rstrip('"') + f'-{how}"'
        return answer


@lru_cache(maxsize=512)
def method(accepted: str, methods: tuple[str, ...]) -> str:
    """The first of these methods that a browser can unpack; empty if there is none."""
    offered = parse_accept_header(accepted, Accept)
    return next((each for each in methods if offered.quality(each) > 0), "")


@lru_cache(maxsize=64)
def _once(method: str, body: bytes) -> bytes:
    return pack(method, body, 11 if method == "br" else 9)


def pack(method: str, body: bytes, quality: int) -> bytes:
    """A body as zstd (RFC 8878), brotli (br, RFC 7932) or gzip."""
    if method == "zstd":
        return _zstd(quality).compress(body)
    return brotli.compress(body, quality=quality) if method == "br" else gzip.compress(body, quality, mtime=0)


def _zstd(quality: int) -> zstandard.ZstdCompressor:
    """This thread's own, used again and again: to make one costs as much as to compress a page."""
    known: dict[int, zstandard.ZstdCompressor] = _of_thread.__dict__
    if quality not in known:
        known[quality] = zstandard.ZstdCompressor(level=quality)
    return known[quality]
