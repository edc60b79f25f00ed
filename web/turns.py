"""Turns: work that is done in threads, by as few of them as get it done.

Python runs one thread at a time. Eight that make a page each at once use up a fifth more than one that makes the eight,
as each takes the interpreter from the others; yet nobody may have to wait for one who waits himself: for a database, a
mail server, a password's hash. So one thread takes what there is to do, and another joins it whenever something waits
and, for a moment, nothing was taken or this process was idle for a good part.

To tell the event loop that something is done takes the interpreter from the thread, too: while more waits, a few are
told together, and none later than a moment after it was done.
"""

import asyncio
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from typing import Any, NamedTuple

MOMENT = 0.004
"""Seconds after which it is looked whether another thread is needed: some more than a few usual pages take."""
_BUSY = 0.75
"""A process that used so much of a moment is as busy as Python lets it be."""
_TOGETHER = 4
"""So many are told together at most."""


def wake_gently() -> None:
    """Asks the system to let no thread that wakes stop the one that runs: it would only find the interpreter taken.

    For this thread and all that it starts, where the system knows how (Linux, sched(7): SCHED_BATCH).
    """
    with suppress(AttributeError, OSError):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


class _Work(NamedTuple):
    done: asyncio.Future[Any]
    what: Callable[..., Any]
    arguments: tuple[Any, ...]


class _Told(NamedTuple):
    done: asyncio.Future[Any]
    how: Callable[[asyncio.Future[Any], Any], None]  # set_result or set_exception
    found: Any


class Turns:
    """A few threads, and what waits for them. Only event loops ask them for something."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._lock = threading.Lock()
        self._waiting: deque[_Work] = deque()
        self._done: list[_Told] = []  # and not yet told
        self._idle: list[threading.Lock] = []  # behind each waits a thread; the last one worked last
        self._at_it = 0  # threads
        self._taken = 0  # works, ever
        self._watching: asyncio.AbstractEventLoop | None = None

    def run(self, what: Callable[..., Any], *arguments: Any) -> asyncio.Future[Any]:
        """Has something done in a thread; the future gets what it returns, or raises."""
        loop = asyncio.get_running_loop()
        work = _Work(loop.create_future(), what, arguments)
        with self._lock:
            self._waiting.append(work)
            alone = not self._at_it
            if alone:
                self._join()
        if not alone and self._watching is not loop:
            self._watch(loop)
        return work.done

    def close(self) -> None:
        """Begins nothing more, and waits for nothing: what has not begun is cancelled."""
        with self._lock:
            left = list(self._waiting)
            self._waiting.clear()
        for work in left:
            with suppress(RuntimeError):  # its loop is over
                work.done.get_loop().call_soon_threadsafe(work.done.cancel)

    def _join(self) -> None:
        """Sets one more thread to work: of those that there are the one that worked last, as what it needs is at hand."""
        self._at_it += 1
        if self._idle:
            self._idle.pop().release()
        else:
            # what it does when the process ends nobody hears of: the loop, which would say so, is over by then
            threading.Thread(target=self._work, name=f"request_{self._at_it}", daemon=True).start()

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        self._watching = loop
        loop.call_later(MOMENT, self._look, loop, self._taken, time.monotonic(), time.process_time())

    def _look(self, loop: asyncio.AbstractEventLoop, taken: int, began: float, used: float) -> None:
        """Lets another thread join when something waits and the others were held up, or did little."""
        busy = time.process_time() - used >= _BUSY * (time.monotonic() - began)
        with self._lock:
            waits = bool(self._waiting)
            if waits and not (busy and self._taken > taken) and self._at_it < self._threads:
                self._join()
        if waits or self._done:
            self._watch(loop)
        else:
            self._watching = None
        self._tell()

    def _tell(self) -> None:
        """Tells who asked of all that is done. (In their loop.)"""
        with self._lock:
            told, self._done = self._done, []
        for each in told:
            if not each.done.done():  # else the client went away
                each.how(each.done, each.found)

    def _work(self) -> None:
        gate = threading.Lock()
        gate.acquire()
        while True:
            while work := self._next(gate):
                if not work.done.cancelled():
                    self._finish(work)
            gate.acquire()

    def _next(self, gate: threading.Lock) -> _Work | None:
        with self._lock:
            if not self._waiting:
                self._at_it -= 1
                self._idle.append(gate)
                return None
            self._taken += 1
            return self._waiting.popleft()

    def _finish(self, work: _Work) -> None:
        try:
            # in a context of its own: nothing that it leaves behind is there for the next, who may be somebody else
            found = Context().run(work.what, *work.arguments)
            told = _Told(work.done, asyncio.Future.set_result, found)
        except BaseException as error:  # whatever it is, it is the affair of who asked
            told = _Told(work.done, asyncio.Future.set_exception, error)
        with self._lock:
            self._done.append(told)
            later = self._waiting and len(self._done) < _TOGETHER
        if not later:
            with suppress(RuntimeError):  # the loop is over, and nobody waits
                work.done.get_loop().call_soon_threadsafe(self._tell)
