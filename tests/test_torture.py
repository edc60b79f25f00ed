"""The torture in its short form, and what the site says when its disk is full or its database away."""

import os
import sqlite3

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError, PendingRollbackError

from cli.torture_site import Site
from core import db, wal
from core.db import trouble_of
from tests.factories import a_topic, a_user, inside
from tests.test_cli import livery
from tests.visitor import Visitor

SERVER = os.environ.get("LIVERY_TEST_DATABASE", "")


@pytest.mark.parametrize("name", ["kill-sqlite", "crowd-sqlite"])
def test_nothing_acknowledged_is_lost_or_doubled(tmp_path, name):
    how = ("--kills", "2", "--seconds", "2", "--writers", "3", "--readers", "3")
    done = livery(tmp_path, "torture", name, *how)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"     ok  {name}: " in done.stdout


def test_a_torture_that_does_not_exist_is_said(tmp_path):
    refused = livery(tmp_path, "torture", "tickle")
    assert refused.returncode == 2
    assert "There is no tickle, only crowd-sqlite, kill-sqlite" in refused.stderr


def test_a_worker_leaves_when_its_server_is_killed(tmp_path):
    site = Site(tmp_path)
    site.start()
    try:
        assert site.server.running is not None
        site.server.running.kill()  # the server alone: its worker is told by nobody
        assert site.becomes("/healthz", 0, seconds=10), "an orphan goes on answering"
    finally:
        site.stop()


class Failing(Exception):
    """What a driver raises, with its own code."""

    def __init__(self, **codes: str) -> None:
        super().__init__("something")
        vars(self).update(codes)


@pytest.mark.parametrize(
    ("code", "trouble"),
    [
        ({"sqlite_errorname": "SQLITE_FULL"}, "full"),
        ({"sqlite_errorname": "SQLITE_IOERR_WRITE"}, "full"),
        ({"sqlite_errorname": "SQLITE_BUSY"}, "away"),
        ({"sqlite_errorname": "SQLITE_CORRUPT"}, ""),
        ({"sqlstate": "53100"}, "full"),
        ({"sqlstate": "57P01"}, "away"),
        ({"sqlstate": "08006"}, "away"),
        ({"sqlstate": "42P01"}, ""),
        ({}, "away"),
    ],
)
def test_what_an_error_says_about_the_database(code, trouble):
    assert trouble_of(OperationalError("select 1", {}, Failing(**code))) == trouble
    assert trouble_of(IntegrityError("select 1", {}, Failing(sqlite_errorname="SQLITE_CONSTRAINT"))) == ""
    assert trouble_of(RuntimeError()) == ""
    assert trouble_of(PendingRollbackError()) == "away"


@pytest.fixture
def failing(app, monkeypatch):
    """Makes every reply fail with an error of the database."""
    ann, topic = Visitor(app, a_user("Ann")), a_topic()

    def reply(by_script: bool = False, **code: str):
        def fail(*words: object, **named: object) -> None:
            raise OperationalError("insert", {}, Failing(**code))

        monkeypatch.setattr("blueprints.posts.posts.reply", fail)
        send = ann.htmx.post if by_script else ann.post
        return send(f"/topic/{topic.id}/posts", {"body": "Words."})

    return reply


@pytest.mark.parametrize("by_script", [False, True])
def test_a_full_disk_is_said_in_clear_words(failing, by_script):
    answer = failing(by_script, sqlite_errorname="SQLITE_FULL")
    assert answer.status == 507
    assert "There is no room to write this down" in answer.words
    assert "nothing was changed" in answer.words


@pytest.mark.parametrize("by_script", [False, True])
def test_a_database_that_does_not_answer_is_said_in_clear_words(failing, by_script):
    answer = failing(by_script, sqlstate="57P01")
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "5"
    assert "The database does not answer just now" in answer.words


# --- the write-ahead log ---


@pytest.fixture
def file(app) -> str:
    """The database's file."""
    with inside():
        if db.db.engine.dialect.name != "sqlite":
            pytest.skip("PostgreSQL looks after its own log")
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
