"""A replica of the database, for reading: asked only while it knows all that the primary has committed.

So nobody reads an older page than he would from the primary, least of all who has just written. A replica that is behind
or away costs a page nothing but the question; while the primary is away, readers go on with what the replica has.
"""

import logging
import time

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from core import metrics

log = logging.getLogger("livery.replica")

BIND = "replica"
"""Under which name Flask-SQLAlchemy keeps its engine."""
_REST = 5.0  # seconds that one which did not answer is left alone

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


def choose(primary: Engine, replica: Engine) -> Engine:
    """Where a page is to be read: the replica if it has everything that is committed by now, else the primary."""
    if time.monotonic() < _rests_until:
        return _read_from(primary, "primary")
    try:
        position = _asked(primary, _COMMITTED)
    except DBAPIError:
        return _without(primary, replica)
    try:
        caught_up = _asked(replica, _REPLAYED, position=position)
    except DBAPIError as error:
        _leave_alone(error)
        return _read_from(primary, "primary")
    return _read_from(replica, "replica") if caught_up else _read_from(primary, "primary")


def seconds_behind(replica: Engine) -> float:
    """Seconds since the newest change that the replica has; what nobody changed makes it look older than it is.

    Raises ValueError when the database is no replica, and DBAPIError when it does not answer.
    """
    if not _asked(replica, _ANSWERS):
        raise ValueError("It is not a replica: it takes writes of its own.")
    return float(str(_asked(replica, _LAG) or 0))


def forget() -> None:
    """Tries again at once; tests call it."""
    global _rests_until
    _rests_until = 0.0


def _without(primary: Engine, replica: Engine) -> Engine:
    """Where to read while the primary does not answer."""
    try:
        _asked(replica, _ANSWERS)
    except DBAPIError:
        return _read_from(primary, "primary")
    return _read_from(replica, "replica alone")


def _asked(engine: Engine, question: object, **about: object) -> object:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return connection.scalar(question, about)  # type: ignore[call-overload]


def _leave_alone(error: DBAPIError) -> None:
    global _rests_until
    _rests_until = time.monotonic() + _REST
    log.warning("The replica does not answer (%s); it is left alone for %.0f seconds", type(error.orig).__name__, _REST)


def _read_from(engine: Engine, place: str) -> Engine:
    metrics.count("livery_replica_pages", read_from=place)
    return engine
