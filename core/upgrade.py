"""Upgrading: a backup before the migrations, and the old state by itself when one of them fails."""

import logging
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine

from core import backup, clock, migrate
from core.storage import Storage

log = logging.getLogger("livery.upgrade")

KEEP = 3
_NAME = "before-{revision}-{at:%Y%m%d-%H%M%S}.zip"


class UpgradeFailed(RuntimeError):
    """A migration failed; the database is as it was before."""


def upgrade(engine: Engine, data: Path, uploads: Storage, tell: Callable[[str], None] = lambda line: None) -> bool:
    """Brings a database to the newest revision, safely; returns whether there was anything to do.

    A database that holds something is backed up into `data`/backups first. PostgreSQL takes a failed migration back in
    its transaction; SQLite's file is copied before and copied back. Raises UpgradeFailed, OSError (no room).
    """
    here = migrate.current(engine)
    if here == migrate.head():
        return False
    if not here:
        return migrate.upgrade(engine)
    folder = data / "backups"
    folder.mkdir(exist_ok=True)
    path = folder / _NAME.format(revision=migrate.head(), at=clock.now())
    tell(f"Making a backup before the upgrade: {path}")
    backup.write(engine, uploads, path)
    _keep_newest(folder)
    _guarded(engine, folder)
    return True


def _guarded(engine: Engine, folder: Path) -> None:
    copy = folder / "before-upgrade.sqlite3"
    sqlite = engine.dialect.name == "sqlite"
    if sqlite:
        backup.copy_sqlite(str(engine.url.database), str(copy))
    try:
        migrate.upgrade(engine)
    except Exception as error:
        log.exception("The upgrade failed")
        if sqlite:
            engine.dispose()
            backup.copy_sqlite(str(copy), str(engine.url.database))
        raise UpgradeFailed(
            f"The upgrade to {migrate.head()} failed ({type(error).__name__}: {str(error).splitlines()[0]}). "
            f"The database is as it was, at {migrate.current(engine)}."
        ) from error
    finally:
        copy.unlink(missing_ok=True)


def _keep_newest(folder: Path) -> None:
    for old in sorted(folder.glob("before-*.zip"))[:-KEEP]:
        old.unlink()
