"""The torture in its short form, and what the site says when its disk is full or its database away."""

import os
import resource
import signal
import socket
import time
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError, PendingRollbackError

from cli.torture_checks import worker_of
from cli.torture_site import Site
from core.db import trouble_of
from tests.factories import PASSWORD, a_topic, a_user
from tests.test_cli import livery
from tests.visitor import Visitor

SERVER = os.environ.get("LIVERY_TEST_DATABASE", "")


@pytest.mark.parametrize("name", ["kill-sqlite", "crowd-sqlite"])
def test_nothing_acknowledged_is_lost_or_doubled(tmp_path, name):
    how = ("--kills", "2", "--seconds", "2", "--writers", "3", "--readers", "3", "--posts", "3000")
    done = livery(tmp_path, "torture", name, *how)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"     ok  {name}: " in done.stdout


@pytest.mark.skipif(not SERVER, reason="goes to the other database")
@pytest.mark.parametrize("name", ["backup-sqlite", "backup-postgres"])
def test_a_backup_that_is_made_under_replies_comes_back_the_same(tmp_path, name):
    done = livery(tmp_path, "torture", name, "--posts", "300")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all hashes the same" in done.stdout


def test_a_torture_that_does_not_exist_is_said(tmp_path):
    refused = livery(tmp_path, "torture", "tickle")
    assert refused.returncode == 2
    assert "There is no tickle, only crowd-sqlite, kill-sqlite" in refused.stderr


def test_a_port_that_is_taken_is_said_and_not_shared(tmp_path):
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as taken:  # as the server listens
        port = str(taken.getsockname()[1])
        refused = livery(tmp_path, "serve", PORT=port)
    assert refused.returncode == 1
    assert refused.stderr == f"Error: Port {port} is taken (by another Livery?).\n"


def test_a_worker_leaves_when_its_server_is_killed(tmp_path):
    site = Site(tmp_path)
    site.start()
    try:
        assert site.server.running is not None
        site.server.running.kill()  # the server alone: its worker is told by nobody
        assert site.becomes("/healthz", 0, seconds=10), "an orphan goes on answering"
    finally:
        site.stop()


def test_a_server_whose_workers_die_within_moments_starts_again(tmp_path):
    site = Site(tmp_path)
    site.start()
    try:
        assert site.server.running is not None
        for _ in range(2):
            died, end = worker_of(site), time.monotonic() + 20
            os.kill(died, signal.SIGKILL)
            while worker_of(site) in (0, died) and time.monotonic() < end:
                time.sleep(0.05)
            assert site.becomes("/healthz", 200, seconds=20)
        assert site.server.running.poll() is None
        assert "the server starts again" in site.log.read_text()
    finally:
        site.stop()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux tells which files a process has open")
def test_a_server_holds_no_database_that_its_workers_would_inherit(tmp_path):
    site = Site(tmp_path)
    # a start that finds an administrator has looked for one, and leaves what it looked with to be closed
    site.livery("users", "create", "Olga", "--admin", "--password", PASSWORD)
    site.start()
    try:
        assert site.server.running is not None
        held = [os.readlink(each) for each in Path(f"/proc/{site.server.running.pid}/fd").iterdir()]
        # the memory beside the log is only ever mapped, never asked
        assert [name for name in held if ".sqlite3" in name and "-shm" not in name] == []
    finally:
        site.stop()


def test_a_site_with_more_open_pages_than_a_server_takes_by_itself_still_answers(tmp_path):
    site, streams = Site(tmp_path), []
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    site.livery("users", "create", "Olga", "--admin", "--password", PASSWORD)
    for limit in ("live.guests_at_once", "reading.per_minute"):
        site.livery("settings", "set", limit, "0")
    site.start()
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        for _ in range(1_100):
            streams.append(socket.create_connection(("127.0.0.1", site.port), timeout=10))
            streams[-1].sendall(f"GET /events HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\n\r\n".encode())
            assert streams[-1].recv(4096).startswith(b"HTTP/1.1 200 OK")
        assert site.becomes("/healthz", 200, seconds=5)
    finally:
        for stream in streams:
            stream.close()
        site.stop()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_member_who_is_called_like_the_first_administrator_keeps_no_site_from_starting(tmp_path):
    site = Site(tmp_path)
    site.livery("users", "create", "Keeper", "--password", PASSWORD)
    site.start()
    site.stop()
    assert "Administrator's name: Keeper 2" in site.log.read_text()


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
        ({"sqlstate": "40P01"}, "busy"),
        ({"sqlstate": "57P01"}, "away"),
        ({"sqlstate": "08006"}, "away"),
        ({"sqlstate": "42P01"}, ""),
        ({"sqlite_errorname": "SQLITE_READONLY_DBMOVED"}, "closed"),
        ({"sqlstate": "25006"}, "closed"),
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


@pytest.mark.parametrize("by_script", [False, True])
@pytest.mark.parametrize("code", [{"sqlite_errorname": "SQLITE_READONLY"}, {"sqlstate": "25006"}])
def test_a_database_that_can_only_be_read_is_said_in_clear_words(failing, by_script, code):
    answer = failing(by_script, **code)
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "60"
    assert "The site can only be read just now." in answer.words
    if not by_script:
        assert "Words." in answer.words
