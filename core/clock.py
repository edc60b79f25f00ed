"""The time, in one place, so that tests can move it."""

import time
from datetime import UTC, datetime, timedelta

from core import lasting

_offset = timedelta()


def now() -> datetime:
    """The current moment in UTC, with its time zone. What is rendered from it cannot be kept; see `passed`."""
    lasting.fleeting()
    return present()


def present() -> datetime:
    """The current moment, for those who say themselves how long what they make of it stays true."""
    return datetime.now(UTC) + _offset


def ticks() -> float:
    """Seconds that only count on, whatever the clock of the machine is set to."""
    return time.monotonic() + _offset.total_seconds() if _offset else time.monotonic()


def passed(moment: datetime) -> bool:
    """Whether a moment is over."""
    if moment <= present():
        return True
    lasting.until(moment)
    return False


def travel(by: timedelta) -> None:
    """Moves this process's clock by an interval; only tests call it. `timedelta()` returns to the present."""
    global _offset
    _offset = by
