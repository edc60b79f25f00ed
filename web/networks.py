"""Networks: who a request comes from, believing proxies only where the operator says so."""

import ipaddress
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from core.config import Network

_FORWARDED = (
    "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO", "HTTP_X_FORWARDED_HOST", "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PREFIX", "HTTP_X_REAL_IP", "HTTP_FORWARDED", "HTTP_VIA",
)  # fmt: skip
_HOST = re.compile(r"[\w.-]+(?::\d{1,5})?|\[[0-9a-fA-F:.]+\](?::\d{1,5})?", re.ASCII)
_PORT = re.compile(r"\[([^]]*)\](?::\d{1,5})?|([\d.]+):\d{1,5}", re.ASCII)
"""An address as some proxies write it: with the port of the client's connection, and then in brackets where it has colons."""

Environ = dict[str, Any]


class TrustedProxies:
    """WSGI: takes address, scheme and host from X-Forwarded-* of the trusted proxies, and drops those headers always.

    The address is the last one of X-Forwarded-For that is not itself a trusted proxy: whatever stands before it
    was written by the client. `livery.forwarded` in the environment says that a proxy was on the way.
    """

    def __init__(self, application: Callable[..., Iterable[bytes]], trusted: tuple[Network, ...]) -> None:
        self.application = application
        self.trusted = trusted

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        self.resolve(environ)
        return self.application(environ, start_response)

    def resolve(self, environ: Environ) -> None:
        """Puts the address, scheme and host that hold in the place of those of the connection."""
        found = {name: environ.pop(name) for name in _FORWARDED if name in environ}
        if found:
            environ["livery.forwarded"] = True
            if self._trusts(environ.get("REMOTE_ADDR", "")):
                self._believe(environ, found)

    def _trusts(self, address: str) -> bool:
        found = parse(address)
        return found is not None and any(found in network for network in self.trusted)

    def _believe(self, environ: Environ, found: dict[str, str]) -> None:
        for word in reversed(found.get("HTTP_X_FORWARDED_FOR", "").split(",")):
            address = parse(_without_port(word.strip()))
            if address is None:
                break
            environ["REMOTE_ADDR"] = str(address)
            if not self._trusts(str(address)):
                break
        scheme = _last(found.get("HTTP_X_FORWARDED_PROTO", ""))
        if scheme in ("http", "https"):
            environ["wsgi.url_scheme"] = scheme
        host = _last(found.get("HTTP_X_FORWARDED_HOST", ""))
        if is_host(host):
            environ["HTTP_HOST"] = host


def _without_port(text: str) -> str:
    found = _PORT.fullmatch(text)
    return found[1] or found[2] if found else text


def parse(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address, or None; an IPv4 address in IPv6 clothes becomes itself."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def network_of(text: str) -> str:
    """The network that an address belongs to, as far as limits are concerned: its /24, or its /64 in IPv6."""
    found = parse(text)
    if found is None:
        return text[:64]
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 64), strict=False))


def household_of(text: str) -> str:
    """Who sends a form: an IPv4 address, or in IPv6 the /64 that one household is given."""
    found = parse(text)
    return str(found) if found is not None and found.version == 4 else network_of(text)


@lru_cache(maxsize=512)
def is_host(text: str) -> bool:
    """Whether this is a name or an address, perhaps with a port: what an address of ours may begin with."""
    return _HOST.fullmatch(text) is not None


def is_loopback(text: str) -> bool:
    """Whether an address is this machine itself."""
    found = parse(text)
    return found is not None and found.is_loopback


def _last(text: str) -> str:
    return text.rpartition(",")[2].strip().lower()
