"""A replica of the database, for reading: asked only while it knows all that the primary has committed.

So nobody reads an older page than he would from the primary, least of all who has just written. A replica that is behind
or away costs a page nothing but the question; while the primary is away, readers go on with what the replica has.
"""

import logging
import time
from contextvars import ContextVar
from typing import Any

from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import DBAPIError

from core import metrics

log = logging.getLogger("livery.replica")

BIND = "replica"
"""Under which name Flask-SQLAlchemy keeps its engine."""
_REST, _LONGEST_REST = 5.0, 30.0
"""Seconds that one which did not answer is left alone: at first, and at most when it goes on so."""
_QUESTION, _STATEMENT = 2.0, 15.0
"""Seconds that an answer is waited for: to a question of this module, and to what a page asks the replica."""

metrics.counter("livery_replica_pages", "Pages that were to be read from the replica, by where they were read.")

# a commit is seen once it is flushed (postgresql.org: wal_level, synchronous_commit); without that wait, once it is inserted
_COMMITTED = text(
    "SELECT CAST(CASE current_setting('synchronous_commit') WHEN 'off' THEN pg_current_wal_insert_lsn() "
    "ELSE pg_current_wal_flush_lsn() END AS text)"
)
_REPLAYED = text("SELECT coalesce(pg_last_wal_replay_lsn() >= CAST(:position AS pg_lsn), false)")
_ANSWERS = text("SELECT pg_is_in_recovery()")
_LAG = text("SELECT extract(epoch FROM now() - pg_last_xact_replay_timestamp())")

_rests_until = 0.0
_next_rest = _REST
_patience: ContextVar[float | None] = ContextVar("patience", default=None)


def connect_options(url: str) -> dict[str, Any]:
    """How to connect to PostgreSQL so that a server which is gone without a word is noticed; its address may say other."""
    wanted = {
        "connect_timeout": 5, "keepalives_idle": 15, "keepalives_interval": 5, "keepalives_count": 3,
        "tcp_user_timeout": 30_000,  # milliseconds
    }  # fmt: skip
    return {name: value for name, value in wanted.items() if name not in make_url(url).query}


def options(url: str) -> dict[str, Any]:
    """The same of a replica, which pages do not wait for."""
    return {**connect_options(url), "connect_timeout": 2, "tcp_user_timeout": int(_QUESTION * 1000)}


def be_patient(connection: Any, record: object) -> None:
    """Makes a new connection to the primary give up when `_asked` does."""
    _limit(connection, None)


def be_impatient(connection: Any, record: object) -> None:
    """Makes a new connection to the replica give up on what takes long, here and on the server."""
    _limit(connection, _STATEMENT)
    connection.autocommit = True
    connection.execute(f"SET statement_timeout = {int(_STATEMENT * 1000)}")
    connection.autocommit = False


def choose(primary: Engine, replica: Engine) -> Engine:
    """Where a page is to be read: the replica if it has everything that is committed by now, else the primary."""
    if time.monotonic() < _rests_until:
        return _read_from(primary, "primary")
    if (
        _next_rest > _REST
    ):  # it did not answer the last time: one page finds out whether it does now, others need not wait
        _leave_alone(_next_rest)
    try:
        position = _asked(primary, _COMMITTED)
    except DBAPIError:
        return _without(primary, replica)
    try:
        caught_up = _asked(replica, _REPLAYED, position=position)
    except DBAPIError as error:
        _did_not_answer(error)
        return _read_from(primary, "primary")
    forget()
    return _read_from(replica, "replica") if caught_up else _read_from(primary, "primary")


def seconds_behind(replica: Engine) -> float:
    """Seconds since the newest change that the replica has; what nobody changed makes it look older than it is.

    Raises ValueError when the database is no replica, and DBAPIError when it does not answer.
    """
    if not _asked(replica, _ANSWERS):
        raise ValueError("It is not a replica: it takes writes of its own.")
    return float(str(_asked(replica, _LAG) or 0))


def forget() -> None:
    """Tries again at once."""
    global _rests_until, _next_rest
    _rests_until, _next_rest = 0.0, _REST


def _without(primary: Engine, replica: Engine) -> Engine:
    """Where to read while the primary does not answer."""
    try:
        _asked(replica, _ANSWERS)
    except DBAPIError:
        return _read_from(primary, "primary")
    forget()
    return _read_from(replica, "replica alone")


def _asked(engine: Engine, question: object, **about: object) -> object:
    token = _patience.set(_QUESTION)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            return connection.scalar(question, about)  # type: ignore[call-overload]
    finally:
        _patience.reset(token)


def _limit(connection: Any, seconds: float | None) -> None:
    """Bounds how long a connection waits for an answer; one that was waited for in vain is closed, and so taken out."""
    usual = connection.wait

    def wait(steps: Any, *more: Any, **named: Any) -> Any:
        named.setdefault("timeout", _patience.get() or seconds)
        try:
            return usual(steps, *more, **named)
        except Exception:
            if connection.info.transaction_status.name == "ACTIVE":  # the answer is yet to come
                connection.pgconn.finish()
            raise

    connection.wait = wait


def _did_not_answer(error: DBAPIError) -> None:
    global _next_rest
    seconds, _next_rest = _next_rest, min(2 * _next_rest, _LONGEST_REST)
    _leave_alone(seconds)
    log.warning(
        "The replica does not answer (%s); it is left alone for %.0f seconds", type(error.orig).__name__, seconds
    )


def _leave_alone(seconds: float) -> None:
    global _rests_until
    _rests_until = time.monotonic() + seconds


def _read_from(engine: Engine, place: str) -> Engine:
    metrics.count("livery_replica_pages", read_from=place)
    return engine
