"""Moving a running community from SQLite to PostgreSQL: it goes on being read, and nothing written meanwhile is lost."""

import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from core import backup, frozen, restore
from core.config import Config
from core.storage import Folder

_PLACE = ".moving-"


def move(config: Config, source: Engine, target: Engine) -> dict[str, Any]:
    """Carries the database over and returns the manifest of what was carried.

    Writing stops first and stays stopped when all has arrived, so that nothing is added to what was left behind; when
    the move fails, writing goes on where it was. Raises frozen.Stopped (it was moved, or is being moved), OSError, and
    what core/restore.py raises.
    """
    frozen.check(config.data)
    if restore.inhabited(target):
        raise restore.NotEmpty
    mark = frozen.stop(config.data, "move", target.url.host or "")
    try:
        for left in config.data.glob(f"{_PLACE}*"):  # by a move that was killed: this is the only one
            shutil.rmtree(left, ignore_errors=True)
        _wait_for_writers(str(source.url.database))
        with tempfile.TemporaryDirectory(dir=config.data, prefix=_PLACE, ignore_cleanup_errors=True) as place:
            path, no_uploads = Path(place) / "moving.zip", Folder(Path(place) / "uploads")
            backup.write(source, no_uploads, path)
            manifest = restore.restore(path, target, no_uploads)
    except BaseException:
        mark.remove()
        raise
    mark.finish()
    return manifest


def _wait_for_writers(database: str) -> None:
    """Returns when no transaction that began before the mark is still writing. Raises OSError."""
    try:
        with closing(sqlite3.connect(database, timeout=60, isolation_level=None)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        raise OSError(f"SQLite says: {error}") from error
