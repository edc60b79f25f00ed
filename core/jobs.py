"""Jobs: functions that run after the answer is sent, by Huey.

Embedded, the queue is an SQLite file of its own and a consumer thread of this process works through it; with
REDIS_URL it is Redis and `bin/livery worker`. Arguments are ids, and every job may run twice. One that raises is tried
again after 10, 40, 160 … seconds, five times; then it is set aside (core/failures.py). What must be done even if the
process that took it dies is promised (core/durable.py), not put here.
"""

import functools
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Generic, ParamSpec, TypeVar
from uuid import uuid4

import redis
from huey import MemoryHuey, RedisHuey, SqliteHuey
from huey.consumer import Consumer
from huey.exceptions import RetryTask
from huey.signals import SIGNAL_COMPLETE, SIGNAL_ERROR, SIGNAL_EXECUTING, SIGNAL_RETRYING

from core import clock, failures, logs, metrics, redis_client, runs
from core.config import Config
from core.db import Frozen

P = ParamSpec("P")
T = TypeVar("T")
log = logging.getLogger("livery.jobs")

_queue: Any = None
_redis_url = ""
_declared: list["Job[...]"] = []
_recurring: list[tuple[Callable[[], None], int]] = []
_everywhere: set[Callable[[], None]] = set()
_kept_elsewhere: set[str] = set()
_context: Callable[[], Any] | None = None

_BY = "-for-"
_BEAT = "livery.beat"
_BEAT_EVERY = 10
_DEAD_AFTER = 120
RETRIES, _FIRST_WAIT, _LONGER = 5, 10, 4

metrics.counter("livery_job_failures", "Jobs that raised, each try counted.")
metrics.gauge("livery_jobs_waiting", "Jobs on the queue.", lambda: float(_asked(len)))


class Away(Exception):
    """The queue does not answer."""


class NotNow(Exception):
    """A job says that it cannot be done yet: it comes back after so many seconds, and that is no failed try."""

    def __init__(self, why: str, seconds: float) -> None:
        super().__init__(why)
        self.seconds = max(1, round(seconds))


class Job(Generic[P]):
    """A function that can be called at once or put on the queue."""

    def __init__(self, function: Callable[P, object]) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._task: Any = None

    def __call__(self, *args: P.args, **keywords: P.kwargs) -> object:
        return self._function(*args, **keywords)

    def later(self, *args: P.args, **keywords: P.kwargs) -> None:
        """Puts the call on the queue. Raises Away when that does not answer."""
        if self._task is None:
            raise RuntimeError("The queue is not connected.")
        # the id of a task carries that of the request, so that what the job logs can be found by it
        task = self._task.s(*args, id=f"{uuid4()}{_BY}{logs.request_id.get()}", **keywords)
        _asked(lambda queue: queue.enqueue(task))

    def connect(self, queue: Any) -> None:
        """Makes the queue know this job under its full name."""
        self._task = queue.task(retries=RETRIES, retry_delay=_FIRST_WAIT, retry_backoff=_LONGER, name=self.name)(
            _in_context(self._function)
        )

    @property
    def name(self) -> str:
        """What the queue calls it."""
        return name_of(self._function)


def name_of(function: Callable[..., object]) -> str:
    """The full name of a function."""
    return f"{function.__module__}.{function.__name__}"


def job(function: Callable[P, object]) -> Job[P]:
    """Makes a function a job: it gains `.later(…)`."""
    made = Job(function)
    _declared.append(made)
    return made


def recurring(function: Callable[[], None], *, every: int, everywhere: bool = False) -> None:
    """Runs a function every so many seconds (forum/schedule.py holds the list); `everywhere`: in every process, for its own."""
    _recurring.append((function, every))
    if everywhere:
        _everywhere.add(function)


def connect(config: Config, context: Callable[[], Any], *, immediate: bool = False) -> None:
    """Opens the queue. `context` makes the surroundings of jobs; `immediate` runs them on the spot (tests)."""
    global _queue, _context, _redis_url
    _context, _redis_url = context, "" if immediate else config.redis_url
    if immediate:
        _queue = MemoryHuey("livery", immediate=True)
    elif config.redis_url:
        # its own wait for work lasts a second; a Redis that hangs must not hang who puts something on the queue
        pool = redis.ConnectionPool.from_url(config.redis_url, **redis_client.options(waits=2))
        _queue = RedisHuey("livery", connection_pool=pool)
    else:
        _queue = _in_a_file(config.data / "jobs.sqlite3")
    for each in _declared:
        each.connect(_queue)

    @_queue.signal(SIGNAL_EXECUTING)  # type: ignore[untyped-decorator]
    def _begins(signal: str, task: Any) -> None:
        runs.begin(task.id, task.name)
        _speak_for(task.id.partition(_BY)[2])

    @_queue.signal(SIGNAL_COMPLETE, SIGNAL_RETRYING)  # type: ignore[untyped-decorator]
    def _ends(signal: str, task: Any) -> None:
        runs.end(task.id)
        _speak_for("")

    @_queue.signal(SIGNAL_ERROR)  # type: ignore[untyped-decorator]
    def _failed(signal: str, task: Any, error: Exception | None = None) -> None:
        runs.end(task.id)
        metrics.count("livery_job_failures", job=task.name)
        if not task.retries and error is not None and task.name not in _kept_elsewhere:
            set_aside(task.name, task.args, task.kwargs, error)
        if not task.retries:
            _speak_for("")


def _speak_for(request_id: str) -> None:
    """Lets the lines of the log carry the id of the request that a job is done for; on the spot, they do so already."""
    if not _queue.immediate:
        logs.request_id.set(request_id)


def _in_a_file(path: Path) -> Any:
    """The queue in a file of its own; one that cannot be read is put aside, and a new one begun.

    What was promised stands in the database (core/durable.py, core/events.py) and is done from there.
    """
    try:
        made = SqliteHuey("livery", filename=str(path), fsync=False)
        made.pending_count()
        made.storage.close()  # a worker that is forked from this process opens its own
        return made
    except sqlite3.OperationalError:  # it is held by somebody, or there is no room: the file itself may be whole
        raise
    except sqlite3.DatabaseError as error:
        aside = path.with_name(f"{path.name}.broken-{clock.present():%Y%m%d-%H%M%S}")
        path.rename(aside)
        for rest in ("-wal", "-shm"):
            path.with_name(path.name + rest).unlink(missing_ok=True)
        log.error("The queue %s was broken (%s); it is %s now, and a new one begins", path, error, aside.name)
        return SqliteHuey("livery", filename=str(path), fsync=False)


def set_aside(name: str, args: Sequence[Any], keywords: dict[str, Any], error: Exception) -> None:
    """Keeps a job that failed for good where somebody finds it; when that fails as well, the log has it."""
    assert _context is not None
    try:
        with _context():
            failures.keep(name, args, keywords, error)
    except Exception:
        log.exception("The job %s failed, and could not be set aside", name)


def kept_elsewhere(made: Job[...]) -> None:
    """Says of a job that what it is to do stays in a table until it is done: when it fails, somebody else tries again."""
    _kept_elsewhere.add(made.name)


def meaning(name: str) -> str:
    """What a job does, as its function says it; its name for one that there is no more."""
    functions = [function for function, _ in _recurring] + [each._function for each in _declared]
    words = next((each.__doc__ or "" for each in functions if name_of(each) == name), "")
    return words.strip().partition(".")[0].partition(";")[0] or name


def again(name: str, args: Sequence[Any], keywords: dict[str, Any]) -> None:
    """Puts a job on the queue by its name. Raises LookupError for one that there is no more."""
    named(name).later(*args, **keywords)


def named(name: str) -> "Job[...]":
    """A job by its name. Raises LookupError for one that there is no more."""
    found = next((each for each in _declared if each.name == name), None)
    if found is None:
        raise LookupError(f"There is no job {name} any more.")
    return found


def wait_after(tries: int) -> int:
    """The seconds between so many failed tries and the next one."""
    return int(_FIRST_WAIT * _LONGER ** (tries - 1))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A job on the queue: when it is due (None: as soon as its turn comes), and how often it was tried already."""

    name: str
    due: datetime | None
    tries: int


def waiting(most: int = 100) -> tuple[int, list[Waiting]]:
    """How many jobs wait, and the first of them: those whose turn it is, then those that wait for their moment. Raises Away."""
    number: int = _asked(lambda queue: queue.pending_count() + queue.scheduled_count())
    pending, scheduled = _asked(lambda queue: (queue.pending(most), queue.scheduled(most)))
    ready = [Waiting(each.name, None, RETRIES - (each.retries or 0)) for each in pending]
    later = sorted(scheduled, key=lambda each: each.eta)
    due = [Waiting(each.name, each.eta.replace(tzinfo=UTC), RETRIES - (each.retries or 0)) for each in later]
    return number, (ready + due)[:most]


def working() -> tuple[list[tuple[str, int, runs.Run]], list[tuple[str, float]]]:
    """The recurring jobs (name, seconds between, last run), and what is being worked on since when.

    While the queue does not answer, it is what this process knows.
    """
    try:
        last, running = _asked(runs.known)
    except Away:
        last, running = runs.here()
    return [(name_of(each), every, last.get(name_of(each), runs.Run())) for each, every in _recurring], running


def tell(name: str, value: object) -> None:
    """Says something small to every process of the site, through the queue's own store. Raises what that raises."""
    _queue.put(f"livery.told.{name}", value)


def told(name: str) -> Any:
    """What some process said last under a name, or None. Raises what the queue's store raises."""
    return _queue.get(f"livery.told.{name}", peek=True)


def alive() -> bool:
    """Whether somebody works through the queue, here or elsewhere: he leaves a sign every few seconds. Raises Away."""
    if _queue is None or _queue.immediate:
        return _queue is not None
    beat = _asked(lambda queue: queue.get(_BEAT, peek=True))
    return beat is not None and clock.now().timestamp() - beat < _DEAD_AFTER


def _asked(question: Callable[[Any], T]) -> T:
    try:
        with redis_client.asking(_redis_url) if _redis_url else nullcontext():
            return question(_queue)
    except (redis.RedisError, sqlite3.Error) as error:
        raise Away(f"The queue does not answer: {error}") from error


def _in_context(function: Callable[..., object]) -> Callable[..., None]:
    @functools.wraps(function)
    def run(*args: Any, **keywords: Any) -> None:
        assert _context is not None
        with _context():
            try:
                function(*args, **keywords)
            except NotNow as wait:
                raise RetryTask(str(wait), delay=wait.seconds) from None
            except SystemExit as error:  # it would end the thread that works, and nobody would try the job again
                raise RuntimeError(f"The job wanted to end the process: {error}") from error

    return run


class _Embedded(Consumer):  # type: ignore[misc]
    def _set_signal_handlers(self) -> None:
        """Signals belong to the server's main thread."""


def start_embedded() -> Callable[[], None]:
    """Starts the consumer and the clock of recurring jobs in threads of this process; returns what stops them."""
    consumer = _Embedded(_queue, workers=1, periodic=False, initial_delay=0.2, max_delay=1.0)
    consumer.start()
    stop = threading.Event()
    ticker = _ticking(stop, consumer)

    def halt() -> None:
        stop.set()
        consumer.stop()
        ticker.join(timeout=5)

    return halt


def start_own() -> Callable[[], None]:
    """Starts only what every process does for itself, where a worker does all else; returns what stops it."""
    stop = threading.Event()
    ticker = _ticking(stop, None, own=True)

    def halt() -> None:
        stop.set()
        ticker.join(timeout=5)

    return halt


def work() -> None:
    """Works through the queue until told to stop: the body of `bin/livery worker`."""
    stop = threading.Event()
    consumer = _queue.create_consumer(workers=2, periodic=False)
    _ticking(stop, None)
    consumer.run()  # it replaces workers that died itself
    stop.set()


def run_recurring() -> None:
    """Runs every recurring job once; a job that raises is logged and does not stop the others."""
    for function, _ in _recurring:
        _guarded(function)


def _ticking(stop: threading.Event, consumer: Consumer | None, *, own: bool = False) -> threading.Thread:
    ticker = threading.Thread(target=_tick, args=(stop, consumer, own), name="recurring", daemon=True)
    ticker.start()
    return ticker


def _tick(stop: threading.Event, consumer: Consumer | None, own: bool) -> None:
    waited = 0
    while not stop.wait(1 if waited else 0):
        if waited % _BEAT_EVERY == 0 and not own:
            _beat(consumer)
        waited += 1
        for function, every in _recurring:
            if waited % every == 0 and (function in _everywhere or not own):
                _guarded(function)


def _beat(consumer: Consumer | None) -> None:
    try:
        if consumer is not None:
            consumer.check_worker_health()
        _asked(lambda queue: queue.put(_BEAT, clock.now().timestamp()))
        _asked(runs.tell)
    except Exception:  # the queue is away; the next beat tries again
        log.exception("The queue does not answer")


def _guarded(function: Callable[[], None]) -> None:
    began, error = time.perf_counter(), ""
    try:
        _in_context(function)()
    except Frozen:
        log.info("The recurring job %s waits: the database is being moved", function.__name__)
    except Exception as failure:
        error = failures.short(failure)
        metrics.count("livery_job_failures", job=function.__name__)
        log.exception("The recurring job %s failed", function.__name__)
    runs.ran(name_of(function), time.perf_counter() - began, error)
