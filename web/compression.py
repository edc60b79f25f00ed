"""Compression: brotli or gzip for everything that is text."""

import gzip
from functools import lru_cache

import brotli
from flask import Flask, Response, request

_SMALLEST = 500
_KINDS = ("text/", "application/json", "application/javascript", "image/svg+xml", "application/manifest+json")


def init_app(app: Flask) -> None:
    """Compresses answers that a browser can unpack; files with a mark once, at full strength."""

    @app.after_request
    def _compress(answer: Response) -> Response:
        if not answer.mimetype.startswith(_KINDS) or answer.status_code in (204, 304, 206) or answer.content_encoding:
            return answer
        answer.vary.add("Accept-Encoding")
        accepted = request.accept_encodings
        method = "br" if accepted["br"] else "gzip" if accepted["gzip"] else ""
        if not method or request.method == "HEAD":
            return answer
        answer.direct_passthrough = False
        body = answer.get_data()
        if len(body) < _SMALLEST:
            return answer
        lasting = "immutable" in answer.headers.get("Cache-Control", "")
        answer.set_data(_once(method, body) if lasting else pack(method, body, 4 if method == "br" else 2))
        answer.content_encoding = method
        if answer.headers.get("ETag"):
            answer.headers["ETag"] = answer.headers["ETag"].rstrip('"') + f'-{method}"'
        return answer


@lru_cache(maxsize=64)
def _once(method: str, body: bytes) -> bytes:
    return pack(method, body, 11 if method == "br" else 9)


def pack(method: str, body: bytes, quality: int) -> bytes:
    """A body as brotli (br) or gzip."""
    return brotli.compress(body, quality=quality) if method == "br" else gzip.compress(body, quality, mtime=0)
