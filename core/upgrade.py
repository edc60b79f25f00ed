"""Upgrading: a backup before the migrations, and the old state by itself when one of them fails."""

import logging
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from core import backup, clock, frozen, migrate
from core.storage import Storage

log = logging.getLogger("livery.upgrade")

KEEP = 3
_NAME = "before-{revision}-{at:%Y%m%d-%H%M%S}.zip"
_COPY = "before-upgrade.sqlite3"


class UpgradeFailed(RuntimeError):
    """A migration failed, and the database is as it was before; or nobody knows its revision."""


def upgrade(engine: Engine, data: Path, uploads: Storage, tell: Callable[[str], None] = lambda line: None) -> bool:
    """Brings a database to the newest revision, safely; returns whether there was anything to do.

    A database that holds something is backed up into `data`/backups first. Both databases take a failed migration back
    in its transaction; what a migration committed itself is taken back on SQLite, where the file was copied before. One
    that is beyond this version's newest revision is left as it is. Raises UpgradeFailed, OSError (no backup could be made).
    """
    here = migrate.current(engine)
    if migrate.newer(here):
        log.warning("The database is at %s, of a newer Livery; this one knows %s", here, migrate.head())
    if migrate.enough(here):
        return False
    with migrate.alone(engine):
        here = migrate.current(engine)
        if not here or migrate.enough(here):  # another process was faster
            return migrate.upgrade(engine)
        if not migrate.knows(here):
            raise UpgradeFailed(
                f"The database is at revision {here}, which no version of Livery is known to have made."
            )
        folder = data / "backups"
        folder.mkdir(exist_ok=True, mode=0o700)
        path = folder / _NAME.format(revision=migrate.head(), at=clock.now())
        tell(f"Making a backup before the upgrade: {path}")
        try:
            backup.write(engine, uploads, path)
        except (SQLAlchemyError, backup.Broken) as error:
            raise OSError(str(error)) from error
        _keep_newest(folder)
        _guarded(engine, data)
    return True


def left_behind(data: Path) -> bool:
    """Whether an upgrade was killed here, or is at work."""
    mark = frozen.read(data / frozen.NAME)
    return (data / "backups" / _COPY).exists() or (mark is not None and mark.why == "upgrade")


def clear(data: Path) -> None:
    """Removes what an upgrade left behind when it was killed. Nobody else may be upgrading."""
    (data / "backups" / _COPY).unlink(missing_ok=True)
    frozen.forget(data, "upgrade")


def _guarded(engine: Engine, data: Path) -> None:
    try:
        if engine.dialect.name == "sqlite":
            _on_sqlite(engine, data)
        else:
            migrate.upgrade(engine)
    except Exception as error:
        log.exception("The upgrade failed")
        raise UpgradeFailed(
            f"The upgrade to {migrate.head()} failed ({type(error).__name__}: {str(error).splitlines()[0]}). "
            f"The database is as it was, at {migrate.current(engine)}."
        ) from error


def _on_sqlite(engine: Engine, data: Path) -> None:
    """Migrates while an older process may go on serving: nothing that it was promised is lost.

    The copy is made when nobody else can write any more. The mark keeps others from writing between what a migration
    commits by itself and the copy that takes it back; otherwise the end of the transaction has taken everything back.
    """
    database, copy = str(engine.url.database), data / "backups" / _COPY
    copy.unlink(missing_ok=True)
    before: int | None = None
    with frozen.stopped(data, "upgrade"), closing(sqlite3.connect(database)) as witness:
        try:
            with migrate.in_one_go(engine) as connection:
                os.close(os.open(copy, os.O_CREAT | os.O_EXCL, 0o600))
                backup.copy_sqlite(database, str(copy))
                before = _commits(witness)
                migrate.to(connection, "head")
        except Exception:
            if before is not None and _commits(witness) != before:
                engine.dispose()
                backup.copy_sqlite(str(copy), database)
            raise
        finally:
            copy.unlink(missing_ok=True)


def _commits(witness: sqlite3.Connection) -> int:
    """A number that changes when another connection commits something."""
    number: int = witness.execute("PRAGMA data_version").fetchone()[0]
    return number


def _keep_newest(folder: Path) -> None:
    for old in sorted(folder.glob("before-*.zip"))[:-KEEP]:
        old.unlink()
