"""Moving a running community from SQLite to PostgreSQL: it goes on being read, and nothing written meanwhile is lost."""

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from core import backup, restore
from core.config import Config
from core.storage import Folder

MARK = "frozen"
"""The file in the data folder that stops all writing, in every process (core/db.py)."""


def move(config: Config, source: Engine, target: Engine) -> dict[str, Any]:
    """Carries the database over and returns the manifest of what was carried. Raises what core/restore.py raises.

    Writing stops first and stays stopped when all has arrived, so that nothing is added to what was left behind; when
    the move fails, writing goes on where it was.
    """
    mark = config.data / MARK
    mark.touch()
    try:
        _wait_for_writers(str(source.url.database))
        with tempfile.TemporaryDirectory(dir=config.data, prefix=".moving-") as place:
            path, no_uploads = Path(place) / "moving.zip", Folder(Path(place) / "uploads")
            backup.write(source, no_uploads, path)
            return restore.restore(path, target, no_uploads)
    except BaseException:
        mark.unlink(missing_ok=True)
        raise


def _wait_for_writers(database: str) -> None:
    """Returns when no transaction that began before the mark is still writing."""
    with closing(sqlite3.connect(database, timeout=60, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("ROLLBACK")
