"""Storage: where uploaded files lie, behind one small interface: a folder, or a bucket of an S3-compatible store."""

import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from core.config import Config
from core.s3 import Bucket

_NAME = re.compile(r"[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+)*(?:\.[a-z0-9]+)?")


class Storage(Protocol):
    """Files by name. Names are words of letters, digits, - and _ with slashes between and one ending."""

    def put(self, name: str, data: bytes) -> None:
        """Keeps a file, whole or not at all."""

    def get(self, name: str) -> bytes | None:
        """A file, or None."""

    def delete(self, name: str) -> None:
        """Removes a file; one that is not there is no error."""

    def names(self) -> Iterator[str]:
        """The names of all files."""


class Folder:
    """Files in a folder of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, name: str, data: bytes) -> None:
        """Writes beside the place and renames, so that nobody reads half a file."""
        path = self._path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f".{secrets.token_hex(8)}")
        with beside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)

    def get(self, name: str) -> bytes | None:
        """Reads a file."""
        try:
            return self._path(name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def delete(self, name: str) -> None:
        """Removes a file, and its folder once that is empty."""
        path = self._path(name)
        path.unlink(missing_ok=True)
        if path.parent != self.root and path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()

    def names(self) -> Iterator[str]:
        """Walks through the folder; what is just being written is left out."""
        for path in sorted(self.root.rglob("*")):
            name = path.relative_to(self.root).as_posix()
            if path.is_file() and not path.is_symlink() and _NAME.fullmatch(name):
                yield name

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a stored file.")
        return self.root / name


_storage: Storage | None = None


def of(config: Config) -> Storage:
    """The storage that a configuration names."""
    if config.s3_url:
        return Bucket(config.s3_url, config.s3_region, config.s3_key, config.s3_secret)
    return Folder(config.data / "uploads")


def connect(config: Config) -> None:
    """Opens the storage that the configuration names."""
    global _storage
    _storage = of(config)


def files() -> Storage:
    """The storage of this process."""
    assert _storage is not None
    return _storage
