"""What went wrong or was slow, gathered in the process by kind and shape; core/incidents.py writes it down, in one go.

Nothing here touches the database, and a flood (of addresses that do not exist, say) takes no more room than a trickle.
"""

import re
import threading
from dataclasses import dataclass, field
from datetime import datetime

from core import clock

KINDS = ("error", "missing", "page", "query")
"""An exception that nobody foresaw, an address where nothing is, a page and a query that took long."""
MANY = "…"
"""The shape under which everything is counted for which there was no room."""
_SHAPES = 200
"""So many shapes of a kind are told apart between two writings."""
_LONGEST, _LONGEST_TRACE = 1500, 12_000

_TOKEN = re.compile(r"[^/]*[\w-]{16,}[^/]*|[^/]*%[^/]*")
_DIGITS = re.compile(r"\d+")
_VALUES = re.compile(r"%\(\w+\)s(?:::\w+)?|:\w+_\d+\b|\$\d+(?:::\w+)?")
_LISTS = re.compile(r"\?(?:, \?)+")

slower_than = {"page": 1000, "query": 200}
"""From how many milliseconds on something is noted here; 0: never. core/incidents.py keeps it as the settings say."""


@dataclass(slots=True)
class Noticed:
    """How often something happened, when, how long it took at worst, and how it was the last (or worst) time."""

    first: datetime
    last: datetime
    times: int = 0
    worst: int = 0  # milliseconds
    details: dict[str, str] = field(default_factory=dict)

    def add(self, other: "Noticed") -> None:
        """Counts what happened otherwise, too."""
        self.first, self.last = min(self.first, other.first), max(self.last, other.last)
        self.times += other.times
        if other.worst >= self.worst:
            self.worst, self.details = other.worst, other.details


_lock = threading.Lock()
_found: dict[tuple[str, str], Noticed] = {}


def note(kind: str, shape: str, *, ms: float = 0, **details: str) -> None:
    """Counts something of a kind; what has the same shape is counted together. `ms`: how long it took."""
    at, kept = clock.present(), {}
    for name, value in details.items():
        if value:
            most = _LONGEST_TRACE if name == "trace" else 300
            kept[name] = value[-most:].replace("\x00", "")
    add({(kind, shape[:_LONGEST].replace("\x00", "")): Noticed(at, at, 1, round(ms), kept)})


def is_slow(kind: str, seconds: float) -> bool:
    """Whether a page or a query took as long as that is worth a note."""
    least = slower_than[kind]
    return bool(least) and seconds * 1000 >= least


def slow(kind: str, shape: str, seconds: float, **details: str) -> None:
    """Counts a page or a query, if it was slow."""
    if is_slow(kind, seconds):
        note(kind, shape, ms=seconds * 1000, **details)


def take() -> dict[tuple[str, str], Noticed]:
    """Everything gathered since the last call, by kind and shape."""
    with _lock:
        found = dict(_found)
        _found.clear()
    return found


def add(found: dict[tuple[str, str], Noticed]) -> None:
    """Counts something, or puts back what could not be written."""
    with _lock:
        for (kind, shape), noticed in found.items():
            place = (kind, shape)
            if place not in _found and sum(known == kind for known, _ in _found) >= _SHAPES:
                place = (kind, MANY)
            if place in _found:
                _found[place].add(noticed)
            else:
                _found[place] = noticed


def forget() -> None:
    """Drops everything gathered in this process; tests that replace a database call it."""
    take()


def address_shape(path: str) -> str:
    """What addresses have in common that differ in numbers and in codes: /t/12/x and /t/7/x are both /t/#/x."""
    parts = path.split("/")
    shown = [_DIGITS.sub("#", _TOKEN.sub("…", part))[:40] for part in parts[:5]]
    return "/".join(shown) + ("/…" if len(parts) > 5 else "")


def without_codes(path: str) -> str:
    """An address in which what could be a code is left out."""
    return _TOKEN.sub("…", path)[:300]


def statement_shape(statement: str) -> str:
    """What statements have in common that differ in values and in the length of lists."""
    return _LISTS.sub("?, …", _VALUES.sub("?", " ".join(statement.split())))[:_LONGEST]
