"""Runs: what the recurring jobs did last, and what is being worked on, told between processes through the queue's own store."""

import os
import socket
import threading
from dataclasses import dataclass
from typing import Any

from core import clock

_KEY_RUNS, _KEY_RUNNING = "livery.runs", "livery.running"
_FRESH = 60
"""Seconds after which nobody believes what a process said that it was doing."""


@dataclass(frozen=True, slots=True)
class Run:
    """The last run of a recurring job: when (in seconds since 1970), how long it took, and what went wrong last."""

    at: float = 0.0
    seconds: float = 0.0
    error: str = ""  # of the last failure, however long ago
    failed_at: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether the last run was the one that failed."""
        return bool(self.at) and self.failed_at == self.at


_lock = threading.Lock()
_runs: dict[str, Run] = {}
_running: dict[str, tuple[str, float]] = {}


def ran(name: str, seconds: float, error: str = "") -> None:
    """Notes that a recurring job ran."""
    at = clock.present().timestamp()
    with _lock:
        before = _runs.get(name, Run())
        _runs[name] = Run(at, seconds, error or before.error, at if error else before.failed_at)


def begin(task_id: str, name: str) -> None:
    """Notes that a job of the queue is being worked on."""
    with _lock:
        _running[task_id] = (name, clock.present().timestamp())


def end(task_id: str) -> None:
    """Notes that it no longer is."""
    with _lock:
        _running.pop(task_id, None)


def tell(queue: Any) -> None:
    """Says in the queue's store what this process knows: a few small values, every few seconds."""
    mine = f"{socket.gethostname()}:{os.getpid()}"
    now = clock.present().timestamp()
    runs, running = here()
    if runs:
        queue.put(_KEY_RUNS, _newest(queue.get(_KEY_RUNS, peek=True) or {}, runs))
    told = {who: each for who, each in (queue.get(_KEY_RUNNING, peek=True) or {}).items() if now - each[0] < _FRESH}
    queue.put(_KEY_RUNNING, {**told, mine: (now, running)})


def here() -> tuple[dict[str, Run], list[tuple[str, float]]]:
    """The last runs by name, and the jobs being worked on with when they began, of this process alone."""
    with _lock:
        return dict(_runs), list(_running.values())


def known(queue: Any) -> tuple[dict[str, Run], list[tuple[str, float]]]:
    """The same of all processes: of this one now, of others lately."""
    mine = f"{socket.gethostname()}:{os.getpid()}"
    now = clock.present().timestamp()
    runs, running = here()
    for who, (at, told) in (queue.get(_KEY_RUNNING, peek=True) or {}).items():
        if who != mine and now - at < _FRESH:
            running += told
    return _newest(queue.get(_KEY_RUNS, peek=True) or {}, runs), running


def forget() -> None:
    """Begins anew; tests that replace a database call it."""
    with _lock:
        _runs.clear()
        _running.clear()


def _newest(one: dict[str, Run], other: dict[str, Run]) -> dict[str, Run]:
    found = dict(one)
    for name, run in other.items():
        if name not in found or run.at >= found[name].at:
            before = found.get(name, Run())
            # a process that has just begun does not know of failures before it
            found[name] = run if run.error else Run(run.at, run.seconds, before.error, before.failed_at)
    return found
