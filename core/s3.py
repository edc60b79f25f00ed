"""S3: files in a bucket of an S3-compatible store, by signed requests (AWS Signature Version 4)."""

import hashlib
import hmac
import html
import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

from core import clock

_TIMEOUT, _LONGEST = 30, 120
"""Seconds that the store may be silent, and that one answer may take in all."""
_LARGEST = 128 * 1024 * 1024
"""Bytes of a file: twice of what any upload may have, as one that moves may be larger in another format."""
_PIECE = 64 * 1024
_KEY = re.compile(r"<Key>([^<]*)</Key>")
_NEXT = re.compile(r"<NextContinuationToken>([^<]*)</NextContinuationToken>")


class StoreFailed(OSError):
    """The store did not do what it was asked; the message says what it answered."""


class _Nowhere(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: what proves who asks would go along to wherever that leads."""

    def redirect_request(self, *about: Any) -> None:
        return None


_opener = urllib.request.build_opener(_Nowhere)


@dataclass(frozen=True, slots=True)
class Bucket:
    """Files in a bucket. `url` is where it is found, as https://bucket.s3.example.org or https://s3.example.org/bucket."""

    url: str
    region: str
    key: str
    secret: str

    def put(self, name: str, data: bytes) -> None:
        """Keeps a file, whole or not at all. Raises StoreFailed, also for one that `get` would find too large."""
        if len(data) > _LARGEST:
            raise StoreFailed(f"PUT {name}: this is larger than {_LARGEST} bytes")
        self._ask("PUT", name, data=data)

    def get(self, name: str) -> bytes | None:
        """A file, or None. Raises StoreFailed."""
        return self._ask("GET", name)

    def delete(self, name: str) -> None:
        """Removes a file; one that is not there is no error. Raises StoreFailed."""
        self._ask("DELETE", name)

    def names(self) -> Iterator[str]:
        """The names of all files, a thousand a request. Raises StoreFailed."""
        query = {"list-type": "2"}
        while True:
            found = (self._ask("GET", "", query=query) or b"").decode()
            yield from (html.unescape(each) for each in _KEY.findall(found))
            following = _NEXT.search(found)
            if following is None:
                return
            query["continuation-token"] = html.unescape(following[1])

    def _ask(
        self, method: str, name: str, *, data: bytes = b"", query: Mapping[str, str] | None = None
    ) -> bytes | None:
        address = f"{self.url}/{quote(name)}"
        if query:
            address += "?" + urlencode(query, quote_via=quote)
        headers = {"x-amz-content-sha256": hashlib.sha256(data).hexdigest()}
        if method == "PUT":
            headers["content-type"] = "application/octet-stream"
        headers = sign(
            method, address, headers, at=clock.present(), region=self.region, key=self.key, secret=self.secret
        )
        body = data if method == "PUT" else None
        asked = urllib.request.Request(address, data=body, headers=headers, method=method)  # noqa: S310
        try:
            with _opener.open(asked, timeout=_TIMEOUT) as answer:
                return _all_of(answer)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 404 and name and "NoSuchBucket" not in error.read(_PIECE).decode("utf-8", "replace"):
                    return None
            raise StoreFailed(f"{method} {name or 'the list'}: the store answered {error.code}") from None
        except (OSError, HTTPException) as error:
            raise StoreFailed(f"{method} {name or 'the list'}: {error}") from None


def _all_of(answer: Any) -> bytes:
    """What the store sends, if it is not too much and comes to an end."""
    pieces, size, end = [], 0, time.monotonic() + _LONGEST
    while piece := answer.read1(_PIECE):
        pieces.append(piece)
        size += len(piece)
        if size > _LARGEST:
            raise OSError(f"the answer is larger than {_LARGEST} bytes")
        if time.monotonic() > end:
            raise TimeoutError(f"the answer takes longer than {_LONGEST} seconds")
    if answer.length:  # of what it said that it would send
        raise OSError(f"{answer.length} bytes of the answer are missing")
    return b"".join(pieces)


def sign(
    method: str, address: str, headers: Mapping[str, str], *, at: datetime, region: str, key: str, secret: str
) -> dict[str, str]:
    """The headers of a request with its time and its signature; `x-amz-content-sha256` must be among those given.

    Amazon S3, "Signature Calculations for the Authorization Header: Transferring Payload in a Single Chunk".
    """
    parts = urlsplit(address)
    moment = at.strftime("%Y%m%dT%H%M%SZ")
    known = {
        **{name.lower(): value.strip() for name, value in headers.items()},
        "host": parts.netloc,
        "x-amz-date": moment,
    }
    signed = ";".join(sorted(known))
    asked = sorted(tuple(map(unquote, (pair + "=").split("=")[:2])) for pair in parts.query.split("&") if pair)
    canonical = "\n".join(
        (
            method,
            quote(unquote(parts.path) or "/"),
            "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in asked),
            *(f"{name}:{known[name]}" for name in sorted(known)),
            "",
            signed,
            known["x-amz-content-sha256"],
        )
    )
    scope = f"{moment[:8]}/{region}/s3/aws4_request"
    text = "\n".join(("AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    made = f"AWS4{secret}".encode()
    for step in (moment[:8], region, "s3", "aws4_request", text):
        made = hmac.new(made, step.encode(), hashlib.sha256).digest()
    del known["host"]  # whoever sends the request writes it
    proof = f"AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={signed}, Signature={made.hex()}"
    return {**known, "authorization": proof}
