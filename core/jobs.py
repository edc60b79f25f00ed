"""Jobs: functions that run after the answer is sent, by Huey.

Embedded, the queue is an SQLite file of its own and a consumer thread of this process works through it; with
REDIS_URL it is Redis and `bin/livery worker`. Arguments are ids, and every job may run twice.
"""

import functools
import logging
import threading
from collections.abc import Callable
from typing import Any, Generic, ParamSpec

import redis
from huey import MemoryHuey, RedisHuey, SqliteHuey
from huey.consumer import Consumer
from huey.signals import SIGNAL_ERROR

from core import clock, metrics
from core.config import Config
from core.db import Frozen

P = ParamSpec("P")
log = logging.getLogger("livery.jobs")

_queue: Any = None
_declared: list["Job[...]"] = []
_recurring: list[tuple[Callable[[], None], int]] = []
_context: Callable[[], Any] | None = None

_BEAT = "livery.beat"
_BEAT_EVERY = 10
_DEAD_AFTER = 120

metrics.counter("livery_job_failures", "Jobs that raised, each try counted.")
metrics.gauge("livery_jobs_waiting", "Jobs on the queue.", lambda: float(len(_queue)))


class Job(Generic[P]):
    """A function that can be called at once or put on the queue."""

    def __init__(self, function: Callable[P, None]) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._task: Any = None

    def __call__(self, *args: P.args, **keywords: P.kwargs) -> None:
        self._function(*args, **keywords)

    def later(self, *args: P.args, **keywords: P.kwargs) -> None:
        """Puts the call on the queue."""
        if self._task is None:
            raise RuntimeError("The queue is not connected.")
        self._task(*args, **keywords)

    def connect(self, queue: Any) -> None:
        """Makes the queue know this job under its full name."""
        self._task = queue.task(
            retries=5, retry_delay=10, name=f"{self._function.__module__}.{self._function.__name__}"
        )(_in_context(self._function))


def job(function: Callable[P, None]) -> Job[P]:
    """Makes a function a job: it gains `.later(…)`."""
    made = Job(function)
    _declared.append(made)
    return made


def recurring(function: Callable[[], None], *, every: int) -> None:
    """Runs a function every so many seconds (forum/schedule.py holds the list)."""
    _recurring.append((function, every))


def connect(config: Config, context: Callable[[], Any], *, immediate: bool = False) -> None:
    """Opens the queue. `context` makes the surroundings of jobs; `immediate` runs them on the spot (tests)."""
    global _queue, _context
    _context = context
    if immediate:
        _queue = MemoryHuey("livery", immediate=True)
    elif config.redis_url:
        # its own wait for work lasts a second; a Redis that hangs must not hang who puts something on the queue
        pool = redis.ConnectionPool.from_url(config.redis_url, socket_timeout=5, socket_connect_timeout=2)
        _queue = RedisHuey("livery", connection_pool=pool)
    else:
        _queue = SqliteHuey("livery", filename=str(config.data / "jobs.sqlite3"), fsync=False)
    for each in _declared:
        each.connect(_queue)

    @_queue.signal(SIGNAL_ERROR)  # type: ignore[untyped-decorator]
    def _failed(signal: str, task: Any, error: Exception | None = None) -> None:
        metrics.count("livery_job_failures", job=task.name)


def alive() -> bool:
    """Whether somebody works through the queue, here or elsewhere: he leaves a sign every few seconds."""
    if _queue is None or _queue.immediate:
        return _queue is not None
    beat = _queue.get(_BEAT, peek=True)
    return beat is not None and clock.now().timestamp() - beat < _DEAD_AFTER


def _in_context(function: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(function)
    def run(*args: Any, **keywords: Any) -> None:
        assert _context is not None
        with _context():
            function(*args, **keywords)

    return run


class _Embedded(Consumer):  # type: ignore[misc]
    def _set_signal_handlers(self) -> None:
        """Signals belong to the server's main thread."""


def start_embedded() -> Callable[[], None]:
    """Starts the consumer and the clock of recurring jobs in threads of this process; returns what stops them."""
    consumer = _Embedded(_queue, workers=1, periodic=False, initial_delay=0.2, max_delay=1.0)
    consumer.start()
    stop = threading.Event()
    ticker = threading.Thread(target=_tick, args=(stop, consumer), name="recurring", daemon=True)
    ticker.start()

    def halt() -> None:
        stop.set()
        consumer.stop()
        ticker.join(timeout=5)

    return halt


def work() -> None:
    """Works through the queue until told to stop: the body of `bin/livery worker`."""
    stop = threading.Event()
    consumer = _queue.create_consumer(workers=2, periodic=False)
    threading.Thread(target=_tick, args=(stop, None), name="recurring", daemon=True).start()
    consumer.run()  # it replaces workers that died itself
    stop.set()


def run_recurring() -> None:
    """Runs every recurring job once; a job that raises is logged and does not stop the others."""
    for function, _ in _recurring:
        _guarded(function)


def _tick(stop: threading.Event, consumer: Consumer | None) -> None:
    waited = 0
    while not stop.wait(1 if waited else 0):
        if waited % _BEAT_EVERY == 0:
            _beat(consumer)
        waited += 1
        for function, every in _recurring:
            if waited % every == 0:
                _guarded(function)


def _beat(consumer: Consumer | None) -> None:
    try:
        if consumer is not None:
            consumer.check_worker_health()
        _queue.put(_BEAT, clock.now().timestamp())
    except Exception:  # the queue is away; the next beat tries again
        log.exception("The queue does not answer")


def _guarded(function: Callable[[], None]) -> None:
    try:
        _in_context(function)()
    except Frozen:
        log.info("The recurring job %s waits: the database is being moved", function.__name__)
    except Exception:
        metrics.count("livery_job_failures", job=function.__name__)
        log.exception("The recurring job %s failed", function.__name__)
