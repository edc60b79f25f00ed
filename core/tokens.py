"""Codes that travel in addresses: signed, so that only this site makes them, and good until a moment."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

from core import clock

_key = b""


class BadToken(ValueError):
    """A code that this site did not make, or that is too old."""


def connect(secret: str) -> None:
    """Takes the secret that signs."""
    global _key
    _key = hashlib.sha256(b"tokens:" + secret.encode()).digest()


def make(purpose: str, *values: str | int, lasts: timedelta) -> str:
    """A code that carries values for one purpose."""
    until = int((clock.now() + lasts).timestamp())
    body = _pack(json.dumps([purpose, until, *values], separators=(",", ":")).encode())
    return f"{body}.{_sign(body)}"


def read(purpose: str, code: str) -> list[Any]:
    """The values of a code that was made for this purpose. Raises BadToken."""
    body, _dot, signature = code.partition(".")
    if not hmac.compare_digest(signature.encode(), _sign(body).encode()):
        raise BadToken
    kind, until, *values = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    if kind != purpose or until < clock.now().timestamp():
        raise BadToken
    return list(values)


def _sign(body: str) -> str:
    return _pack(hmac.digest(_key, body.encode(), "sha256"))


def _pack(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
