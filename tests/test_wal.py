"""The write-ahead log of SQLite: cut when it is large, left alone while somebody reads from it."""

import os
import sqlite3

import pytest

from core import db, wal
from tests.factories import a_user, inside


@pytest.fixture
def file(app) -> str:
    """The database's file."""
    with inside():
        return str(db.db.engine.url.database)


def test_a_large_log_is_cut(file, monkeypatch):
    a_user("Ann")
    assert os.path.getsize(f"{file}-wal") > 0
    with inside():
        wal.watch()
        assert os.path.getsize(f"{file}-wal") > 0  # it is small: nothing to do
        monkeypatch.setattr(wal, "TOO_LARGE", 1)
        wal.watch()
    assert os.path.getsize(f"{file}-wal") == 0


def test_a_log_that_a_reader_holds_waits(file, monkeypatch, caplog):
    monkeypatch.setattr(wal, "TOO_LARGE", 1)
    reader = sqlite3.connect(file, isolation_level=None)
    reader.execute("begin")
    reader.execute("select count(*) from users").fetchone()
    a_user("Ann")
    with inside():
        wal.watch()
        assert "a long read holds it" in caplog.text
        reader.close()
        wal.watch()
    assert os.path.getsize(f"{file}-wal") == 0
