"""Backups: a live site in one file, with a hash over everything in it.

The file is a ZIP archive: `manifest.json`, `tables/<name>.jsonl` (core/tables.py) and `uploads/…`. The hash of the
manifest is in the archive's comment, and the manifest holds the hashes of the rest. The comment, and so the file, ends with
the hash of every byte before it, so a single changed byte is found, wherever it is.
The secret that signs cookies is not in it: whoever restores elsewhere logs in again.
"""

import hashlib
import json
import os
import re
import sqlite3
import struct
import tempfile
import tomllib
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from typing import IO, Any

from sqlalchemy import Connection, Engine, create_engine

from core import clock, migrate, tables
from core.config import ROOT
from core.storage import Folder, Storage

FORMAT = 1
_COMMENT = b"livery "
_MANIFEST = "manifest.json"
_CHUNK = 1 << 20
_SEAL = 64
"""Bytes of a hash in hexadecimal digits, at the end of the file."""
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, LookupError, TypeError, ValueError, RuntimeError,
    OverflowError, AttributeError,
)  # fmt: skip
"""What reading an archive that is damaged may raise."""


class Broken(ValueError):
    """A file that is not a whole backup; the message says what is wrong."""


def write(engine: Engine, uploads: Storage, path: Path) -> dict[str, Any]:
    """Writes a backup of a live database and its uploads, verifies it, and returns its manifest.

    The file appears under its name only when it is whole; nobody but its owner may read it. Raises OSError.
    """
    part = path.with_name(path.name + ".part")
    descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            manifest = _fill(file, engine, uploads, path.parent)
            _seal(file)
        verify(part)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return manifest


def verify(path: Path) -> dict[str, Any]:
    """Reads a whole backup and returns its manifest. Raises Broken when a byte of it is not as it was written, and OSError."""
    with path.open("rb") as file:
        try:
            return _verify(file)
        except Broken:
            raise
        except _DAMAGE as error:
            raise Broken(f"it is damaged, or no backup ({error})") from error


def hash_of(archive: zipfile.ZipFile, name: str) -> str:
    """The SHA-256 of one member."""
    digest = hashlib.sha256()
    with archive.open(name) as member:
        while chunk := member.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


@contextmanager
def snapshot(engine: Engine, folder: Path) -> Iterator[Connection]:
    """One moment of a live database, while others go on writing to it.

    PostgreSQL holds it for a read-only transaction; SQLite's is copied into a file in `folder` at once, because a long
    read there keeps the write-ahead log from being emptied.
    """
    if engine.dialect.name != "sqlite":
        with (
            engine.connect().execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            ) as connection,
            connection.begin(),
        ):
            yield connection
        return
    with tempfile.TemporaryDirectory(dir=folder, prefix=".snapshot-") as place:
        copy = Path(place) / "snapshot.sqlite3"
        copy_sqlite(str(engine.url.database), str(copy))
        still = create_engine(f"sqlite:///{copy}")
        try:
            with still.connect() as connection:
                yield connection
        finally:
            still.dispose()


def copy_sqlite(source: str, target: str) -> None:
    """Copies an SQLite database over another, live or not, as one transaction (SQLite's backup API). Raises OSError."""
    try:
        with (
            closing(sqlite3.connect(source, timeout=60)) as read,
            closing(sqlite3.connect(target, timeout=60)) as written,
        ):
            read.backup(written)
    except sqlite3.Error as error:
        raise OSError(f"SQLite says: {error}") from error


def _fill(file: IO[bytes], engine: Engine, uploads: Storage, folder: Path) -> dict[str, Any]:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as made:
        revision = migrate.current(engine)
        if not revision:
            raise Broken("there is nothing in the database")
        manifest = {
            "format": FORMAT,
            "sealed": True,
            "livery": tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"],
            "revision": revision,
            "made_at": clock.now().isoformat(timespec="seconds"),
            "database": engine.dialect.name,
            "tables": _write_tables(engine, made, folder),
            "uploads": _write_uploads(made, uploads),
            "left_out": _strangers(uploads),
        }
        text = json.dumps(manifest, indent=1, sort_keys=True).encode()
        made.writestr(_MANIFEST, text)
        made.comment = _COMMENT + hashlib.sha256(text).hexdigest().encode() + b" " + bytes(_SEAL)
    return manifest


def _seal(file: IO[bytes]) -> None:
    """Puts the hash of all that comes before it into the place at the end that was left for it."""
    digest = _hash_before_seal(file)
    file.seek(-_SEAL, os.SEEK_END)
    file.write(digest)


def _hash_before_seal(file: IO[bytes]) -> bytes:
    digest, left = hashlib.sha256(), file.seek(0, os.SEEK_END) - _SEAL
    file.seek(0)
    while left > 0 and (chunk := file.read(min(_CHUNK, left))):
        digest.update(chunk)
        left -= len(chunk)
    return digest.hexdigest().encode()


def _write_tables(engine: Engine, made: zipfile.ZipFile, folder: Path) -> dict[str, Any]:
    found = {}
    with snapshot(engine, folder) as connection:
        for table in tables.reflect(connection):
            with made.open(f"tables/{table.name}.jsonl", "w", force_zip64=True) as member:
                found[table.name] = asdict(tables.content(table, tables.lines(connection, table), member.write))
    return found


def _write_uploads(made: zipfile.ZipFile, uploads: Storage) -> dict[str, Any]:
    """Copies the uploads after the snapshot: every file that a row of it names was there before."""
    found = {}
    for name in uploads.names():
        data = uploads.get(name)
        if data is None:  # removed meanwhile
            continue
        with made.open(f"uploads/{name}", "w", force_zip64=True) as member:
            member.write(data)
        found[name] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return found


def _strangers(uploads: Storage) -> int:
    """How many files lie among the uploads whose names Livery does not give: they are left out."""
    if not isinstance(uploads, Folder):
        return 0
    return sum(path.is_file() for path in uploads.root.rglob("*")) - sum(1 for _name in uploads.names())


def _verify(file: IO[bytes]) -> dict[str, Any]:
    with zipfile.ZipFile(file) as archive:
        manifest = _manifest(archive)
        expected = {f"tables/{name}.jsonl": each["sha256"] for name, each in manifest["tables"].items()}
        expected |= {f"uploads/{name}": each["sha256"] for name, each in manifest["uploads"].items()}
        if set(archive.namelist()) != {*expected, _MANIFEST}:
            raise Broken("what is in it is not what its manifest lists")
        for name, sha256 in expected.items():
            if hash_of(archive, name) != sha256:
                raise Broken(f"{name} is damaged")
    if manifest.get("sealed"):  # those of earlier versions are not
        found = _hash_before_seal(file)
        if file.read() != found:
            raise Broken("what holds its parts together is damaged")
    return manifest


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    text = archive.read(_MANIFEST)
    if not archive.comment.startswith(_COMMENT + hashlib.sha256(text).hexdigest().encode()):
        raise Broken("its manifest is damaged")
    manifest: dict[str, Any] = json.loads(text)
    if manifest["format"] != FORMAT:
        raise Broken(f"it has the form {manifest['format']}, and this version of Livery reads {FORMAT}")
    if not re.fullmatch("[0-9]{4}", str(manifest["revision"])):
        raise Broken(f"its revision, {manifest['revision']!r}, is none of Livery's")
    for name in manifest["uploads"]:
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise Broken(f"it holds a file outside of the uploads, {name}")
    return manifest
