"""SQLite's write-ahead log, watched: it shrinks by itself unless a long read holds it, and then somebody must look."""

import logging
from pathlib import Path

from sqlalchemy import create_engine, event

from core import metrics
from core.db import db

log = logging.getLogger("livery.wal")

TOO_LARGE = 64 * 1024 * 1024
"""From this size on (bytes) the log is written back and cut off."""

metrics.gauge("livery_wal_bytes", "How large SQLite's write-ahead log is.", lambda: float(_size()))


def _size() -> int:
    return _path().stat().st_size


def _path() -> Path:
    return Path(f"{db.engine.url.database}-wal")


def watch() -> None:
    """Cuts a log that has grown too large; where a reader holds it, the next run tries again. A recurring job."""
    if db.engine.dialect.name != "sqlite" or not _path().exists() or _size() < TOO_LARGE:
        return
    before = _size()
    # a connection of its own: the others begin a transaction with their first statement, and this may not be in one
    bare = create_engine(db.engine.url)
    event.listen(bare, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=2000"))
    try:
        with bare.connect() as connection:
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
    finally:
        bare.dispose()
    fields = {"bytes": before, "left": _size()}
    if busy:
        log.warning("The write-ahead log could not be cut: a long read holds it", extra={"fields": fields})
    else:
        log.info("The write-ahead log was cut", extra={"fields": fields})
