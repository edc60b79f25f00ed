"""Restoring: a backup becomes a database again, on SQLite or PostgreSQL, whichever it was made on."""

import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text

from core import backup, migrate, tables
from core.db import prepare_engine
from core.storage import Folder, Storage

_DATABASE, _UPLOADS = ".restoring-", ".uploads-"
_DECIDED = "decided"
"""The file that says that the database is in place, and the uploads are to follow."""


class NotEmpty(ValueError):
    """There is a community in the database already."""


class Differs(ValueError):
    """What was written is not what the backup holds; nothing was changed."""


def restore(path: Path, engine: Engine, uploads: Storage, *, replace: bool = False) -> dict[str, Any]:
    """Puts a backup into a database and its uploads into their storage, compares every row by hash, and returns the manifest.

    All or nothing: until the last row agrees, what was there stays. Older backups are brought to the newest revision.
    Raises Broken, NotEmpty (unless `replace`), Differs.
    """
    manifest = backup.verify(path)
    with migrate.alone(engine):
        return _restore(path, manifest, engine, uploads, replace)


def _restore(path: Path, manifest: dict[str, Any], engine: Engine, uploads: Storage, replace: bool) -> dict[str, Any]:
    if not replace and inhabited(engine):
        raise NotEmpty
    if migrate.newer(manifest["revision"]):
        raise backup.Broken(f"it was made by a newer Livery (revision {manifest['revision']})")
    if not migrate.knows(manifest["revision"]):
        raise backup.Broken(f"this version of Livery does not know its revision, {manifest['revision']}")
    with zipfile.ZipFile(path) as archive, _new_uploads(archive, manifest, uploads):
        if engine.dialect.name == "sqlite":
            _onto_sqlite(archive, manifest, engine)
        else:
            with engine.begin() as connection:
                if migrate.current_of(connection):
                    migrate.to(connection, "base")
                _load(archive, manifest, connection)
    return manifest


def compare(connection: Connection, manifest: dict[str, Any]) -> None:
    """Reads every table and compares it with a manifest. Raises Differs."""
    for table in tables.reflect(connection):
        expected = manifest["tables"].get(table.name)
        found = tables.content(table, tables.lines(connection, table))
        if expected is None and found.rows:
            raise Differs(f"{table.name} has {found.rows} rows that the backup does not know")
        if expected is not None and (found.rows, found.sha256) != (expected["rows"], expected["sha256"]):
            raise Differs(f"{table.name} has {found.rows} rows, not the {expected['rows']} of the backup, or others")


def left_behind(data: Path) -> list[Path]:
    """What a restore that was killed, or is at work, has made in the data folder."""
    return [*data.glob(f"{_DATABASE}*"), *data.glob(f"{_UPLOADS}*")]


def clear(data: Path) -> None:
    """Ends what a restore that was killed had all but done, and removes the rest. Nobody else may be restoring."""
    for place in data.glob(f"{_UPLOADS}*"):
        if (place / _DECIDED).exists():
            _change_places(place, data / "uploads")
    for place in left_behind(data):
        shutil.rmtree(place, ignore_errors=True)


def inhabited(engine: Engine) -> bool:
    """Whether there is a community in a database."""
    if not migrate.current(engine):
        return False
    with engine.connect() as connection:
        return bool(connection.scalar(text("select 1 from users limit 1")))


def _onto_sqlite(archive: zipfile.ZipFile, manifest: dict[str, Any], engine: Engine) -> None:
    target = Path(str(engine.url.database))
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=_DATABASE) as place:
        made = create_engine(f"sqlite:///{place}/livery.sqlite3")
        prepare_engine(made)
        event.listen(made, "connect", lambda connection, _: connection.execute("PRAGMA foreign_keys=OFF"))
        try:
            with made.begin() as connection:
                _load(archive, manifest, connection)
        finally:
            made.dispose()
        engine.dispose()
        backup.copy_sqlite(f"{place}/livery.sqlite3", str(target))


def _load(archive: zipfile.ZipFile, manifest: dict[str, Any], connection: Connection) -> None:
    migrate.to(connection, manifest["revision"])
    here = {table.name: table for table in tables.reflect(connection)}
    if unknown := set(manifest["tables"]) - set(here):
        raise backup.Broken(f"this version of Livery has no table {', '.join(sorted(unknown))}")
    with _without_foreign_keys(connection):
        for table in here.values():
            connection.execute(table.delete())
        for name, about in manifest["tables"].items():
            with archive.open(f"tables/{name}.jsonl") as member:
                tables.fill(connection, here[name], about["columns"], member)
    compare(connection, manifest)
    if connection.dialect.name == "postgresql":
        for table in here.values():
            tables.count_on(connection, table)
    migrate.to(connection, "head")


@contextmanager
def _without_foreign_keys(connection: Connection) -> Iterator[None]:
    """Rows arrive in no particular order: the keys are checked once, when all are there. Raises Differs."""
    if connection.dialect.name == "sqlite":
        yield
        if found := connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise Differs(f"a row of {found[0]} refers to nothing in {found[2]}")
        return
    rows = connection.execute(
        text(
            "select conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) from pg_constraint"
            " where contype = 'f' and connamespace = current_schema()::regnamespace"
        )
    ).all()
    for table, name, _ in rows:
        connection.exec_driver_sql(f"alter table {table} drop constraint {name}")
    yield
    for table, name, definition in rows:
        connection.exec_driver_sql(f"alter table {table} add constraint {name} {definition}")


@contextmanager
def _new_uploads(archive: zipfile.ZipFile, manifest: dict[str, Any], uploads: Storage) -> Iterator[None]:
    """Unpacks the uploads beside the old ones; they change places when the rest has succeeded."""
    if isinstance(uploads, Folder):
        with _new_folder(archive, manifest, uploads.root):
            yield
        return
    for name in manifest["uploads"]:  # no two files of a bucket share a name, so the old ones are not touched
        uploads.put(name, archive.read(f"uploads/{name}"))
    yield
    for name in set(uploads.names()) - set(manifest["uploads"]):
        uploads.delete(name)


@contextmanager
def _new_folder(archive: zipfile.ZipFile, manifest: dict[str, Any], uploads: Path) -> Iterator[None]:
    uploads.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=uploads.parent, prefix=_UPLOADS) as place:
        made = Path(place) / "new"
        made.mkdir()
        for name in manifest["uploads"]:
            target = made / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(f"uploads/{name}") as member, target.open("wb") as file:
                shutil.copyfileobj(member, file)
        yield
        (Path(place) / _DECIDED).touch()
        _change_places(Path(place), uploads)


def _change_places(place: Path, uploads: Path) -> None:
    """Puts new uploads where the old ones are; goes on from wherever it was broken off."""
    new, old = place / "new", place / "old"
    if uploads.exists() and not old.exists():
        uploads.rename(old)
    if not uploads.exists() and new.exists() and any(new.iterdir()):
        new.rename(uploads)
