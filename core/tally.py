"""Counts made by reading (views, last seen), gathered in the process and written later, in one go.

A GET never writes to the main database; the job `flush` adds what was gathered. At most the counts of the
last few seconds are lost if the process dies. What happens too often to be counted one by one is only set down
somewhere, and counted by many before anybody looks at a count (`gather`).
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime

from core import clock

_lock = threading.Lock()
_counts: Counter[tuple[str, int]] = Counter()
_moments: dict[tuple[str, int], datetime] = {}
_seen: dict[tuple[str, str, int], float] = {}
_SEEN_AT_MOST = 100_000


_counting: list[Callable[[], None]] = []


def counted_by(action: Callable[[], None]) -> Callable[[], None]:
    """Names what counts that which was set down so far: called by `gather`, from any thread."""
    _counting.append(action)
    return action


def gather() -> None:
    """Counts all that was only set down. Before counts are looked at."""
    for action in _counting:
        action()


def count(name: str, key: int, number: int = 1, *, once_per: float = 0, by: str = "") -> None:
    """Adds to a count; with `once_per` (seconds) only once in that time for the same `by`."""
    with _lock:
        if once_per:
            mark, present = (name, by, key), time.monotonic()
            if present - _seen.get(mark, -once_per) < once_per:
                return
            if len(_seen) >= _SEEN_AT_MOST:
                _seen.clear()
            _seen[mark] = present
        _counts[name, key] += number


def touch(name: str, key: int) -> None:
    """Notes that something was seen now."""
    with _lock:
        _moments[name, key] = clock.now()


def take() -> tuple[dict[tuple[str, int], int], dict[tuple[str, int], datetime]]:
    """Everything gathered since the last call: counts, and moments."""
    gather()
    with _lock:
        counts, moments = dict(_counts), dict(_moments)
        _counts.clear()
        _moments.clear()
    return counts, moments


def give_back(counts: dict[tuple[str, int], int], moments: dict[tuple[str, int], datetime]) -> None:
    """Puts back what could not be written, so that the next flush tries again."""
    with _lock:
        _counts.update(counts)
        for mark, moment in moments.items():
            _moments.setdefault(mark, moment)


def forget() -> None:
    """Drops everything gathered in this process; tests that replace a database call it."""
    take()
    with _lock:
        _seen.clear()
