"""What every test stands on: a clean database of its own, the application over it, and visitors to send there.

SQLite unless LIVERY_TEST_DATABASE=postgresql://… says otherwise: then each worker makes itself a database on that
server and drops it at the end. With LIVERY_TEST_REDIS=redis://… what processes share is kept there, each worker in a
Redis database of its own.
"""

import os
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from pytest_socket import socket_allow_hosts
from redis import Redis
from sqlalchemy import delete

from app import create_app
from cli.prepare import prepare
from core import cache, clock, config, db, jobs, mail, noticed, pending, pubsub, runs, tally
from core.settings import Stored
from tests import databases, factories, letters
from tests.visitor import Visitor
from web import limits, reading

# the log that is watched is SQLite's; a replica is PostgreSQL's, and its tests start a cluster of their own
collect_ignore = ["test_wal.py"] if os.environ.get("LIVERY_TEST_DATABASE") else ["test_replica.py"]

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "alone")
REDIS = os.environ.get("LIVERY_TEST_REDIS", "")


def pytest_addoption(parser: pytest.Parser) -> None:
    """How often the browser tests kill what somebody writes in (50 for a long run), and from which dice."""
    parser.addoption(
        "--kills", type=int, default=2, help="rounds of each test that kills tab, network, session, server"
    )
    parser.addoption("--seed", type=int, default=7, help="where the dice of these tests begin")


def pytest_runtest_setup() -> None:
    """No test talks to the world; databases and browsers on this machine may be reached."""
    socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)


@pytest.fixture(autouse=True)
def _the_present() -> Iterator[None]:
    yield
    clock.travel(timedelta())


@pytest.fixture(autouse=True)
def _what_follows_from_commits_works(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What fails after a commit is only logged; a test that provokes it clears the log when it has seen it."""
    yield
    failed = [record.exc_text or record.exc_info for record in caplog.get_records("call") if record.name == "livery.db"]
    assert not failed, failed


@pytest.fixture(scope="session")
def _database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[databases.Database]:
    made = databases.make(os.environ.get("LIVERY_TEST_DATABASE", ""), tmp_path_factory.mktemp("data"), WORKER)
    yield made
    made.drop()


@pytest.fixture(scope="session")
def _application(_database: databases.Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    # Flask-Limiter is one for the whole process and must be set up here, whatever another application asked for
    settings = configuration(_database.url, tmp_path_factory.mktemp("application"))
    made = create_app(settings, TESTING=True, RATELIMIT_ENABLED=True)
    with made.app_context():
        prepare()
        # people of tests write as fast as a test does; `paced` takes this back
        with db.writing() as current:
            current.add(Stored(name="pace.newcomer_seconds", value="0"))
        engine = db.db.engine
        db.db.session.remove()
    _database.remember(engine)
    yield made
    engine.dispose()


def begin_again(application: Flask, database: databases.Database) -> None:
    """Makes an application forget everything, and stand over a database in which nothing has happened yet."""
    database.restore()
    if application.config["LIVERY"].redis_url:
        Redis.from_url(application.config["LIVERY"].redis_url).flushdb()
    cache.forget()
    tally.forget()
    noticed.forget()
    runs.forget()
    pending.forget()
    limits.limiter.enabled = False
    limits.forget()
    reading.forget()
    # another application of this process may have taken the queue over
    jobs.connect(application.config["LIVERY"], application.app_context, immediate=True)
    factories.use(application)


@pytest.fixture
def app(_application: Flask, _database: databases.Database) -> Iterator[Flask]:
    """The application over a database in which nothing has happened yet; nobody counts how often somebody writes."""
    begin_again(_application, _database)
    yield _application
    limits.limiter.enabled = False


@pytest.fixture
def limited(app: Flask) -> Flask:
    """The application with its limits on how often somebody may write."""
    limits.limiter.enabled = True
    return app


@pytest.fixture
def paced(app: Flask) -> Flask:
    """The application with the pauses between two posts that it has by itself."""
    with factories.inside(), db.writing() as current:
        current.execute(delete(Stored))
        cache.bump("settings")
    return app


@pytest.fixture
def guest(app: Flask) -> Visitor:
    """Somebody who is not logged in."""
    return Visitor(app)


@pytest.fixture
def ann(app: Flask) -> Visitor:
    """A member called Ann."""
    return Visitor(app, factories.a_user("Ann"))


@pytest.fixture
def visit(app: Flask) -> Callable[..., Visitor]:
    """Makes visitors: `visit()` a guest, `visit(user)` a member."""
    return lambda *who: Visitor(app, *who)


def configuration(url: str, folder: Path) -> config.Config:
    """A configuration over a database, with everything else in a folder."""
    about = {"LIVERY_DATA": str(folder), "DATABASE_URL": url, "SECRET_KEY": "for tests only"}
    if REDIS:
        about["REDIS_URL"] = f"{REDIS.rstrip('/')}/{8 + int(WORKER.removeprefix('gw') if WORKER != 'alone' else 0)}"
    return config.read(about)


@pytest.fixture
def heard_here(app: Flask, tmp_path: Path) -> Iterator[None]:
    """Signals stay in this process, where they are heard at once: through Redis they come a moment later."""
    pubsub.connect(config.read({"LIVERY_DATA": str(tmp_path), "SECRET_KEY": "for tests only"}))
    yield
    pubsub.connect(app.config["LIVERY"])


@pytest.fixture
def marshal(app) -> Visitor:
    """Somebody who moderates everywhere."""
    return Visitor(app, factories.a_moderator("Marshal"))


@pytest.fixture
def server(app: Flask, tmp_path: Path) -> Iterator[letters.Server]:
    """A running mail server, and the site set up to use it."""
    running = letters.Server()
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    config = configuration(app.config["LIVERY"].database_url, tmp_path)
    object.__setattr__(config, "mail", f"smtp://127.0.0.1:{running.server_address[1]}")
    object.__setattr__(config, "mail_from", "forum@example.org")
    object.__setattr__(config, "url", "https://forum.example.org")
    mail.connect(config)
    yield running
    mail.connect(app.config["LIVERY"])
    running.shutdown()
    running.server_close()
    thread.join()
