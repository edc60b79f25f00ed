"""Allowances: how much a name may still use, which fills up again with time. The processes of a site share them.

Nobody waits for the others: a process decides by what it knows, and every other second tells them what it gave out
(core/pubsub.py). Who asks several processes at once has his allowance, and what he can ask for in two seconds.
"""

import secrets
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Sequence

from core import pubsub

AT_ONCE = 20.0
"""Seconds of the allowance that may be used in one go."""
_NAMES_AT_MOST = 20_000
_WORD = "allowance"


class Allowances:
    """What each name has used and not yet got back, in this process and, a moment later, in the others."""

    def __init__(self) -> None:
        self._me = secrets.token_hex(8)
        self._lock = threading.Lock()
        self._used: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._given: Counter[tuple[str, int]] = Counter()

    def take(self, name: str, cost: float, per_minute: int) -> int:
        """Takes from a name's allowance; returns 0, or the seconds after which there is enough."""
        rate = per_minute / 60
        most = max(rate * AT_ONCE, cost)
        with self._lock:
            used = self._still_used(name, rate)
            enough = used + cost <= most
            self._keep(name, used + cost if enough else used)
            if enough:
                self._given[name, per_minute] += cost  # type: ignore[assignment]
        return 0 if enough else max(1, round((used + cost - most) / rate + 0.5))

    def tell(self) -> None:
        """Tells the other processes what was given out since the last time."""
        with self._lock:
            given, self._given = self._given, Counter()
        if pubsub.shared():
            pubsub.publish([f"{_WORD} {self._me} {name} {cost:g} {each}" for (name, each), cost in given.items()])

    def hear(self, signals: Sequence[str]) -> None:
        """Takes in what other processes gave out."""
        for signal in signals:
            word, _, about = signal.partition(" ")
            if word == _WORD and not about.startswith(self._me):
                _, name, cost, per_minute = about.split(" ")
                with self._lock:
                    self._keep(name, self._still_used(name, int(per_minute) / 60) + float(cost))

    def forget(self) -> None:
        """Gives everybody a full allowance."""
        with self._lock:
            self._used.clear()
            self._given.clear()

    def _still_used(self, name: str, rate: float) -> float:
        used, since = self._used.get(name, (0.0, 0.0))
        return max(0.0, used - (time.monotonic() - since) * rate)

    def _keep(self, name: str, used: float) -> None:
        self._used[name] = (used, time.monotonic())
        self._used.move_to_end(name)
        if len(self._used) > _NAMES_AT_MOST:
            self._used.popitem(last=False)
