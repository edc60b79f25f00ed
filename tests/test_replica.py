"""Pages are read from a replica of the database while it knows all that was committed, and only then."""

import re
import signal
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from cli.torture_crowd import Crowd
from cli.torture_site import Postgres, Site
from core import config
from tests.test_scale import ask

PATIENCE = 90
"""Seconds: a replica that did not answer is left alone for five to thirty, however fast pages are asked for meanwhile."""


@pytest.fixture(scope="module")
def place() -> Iterator[tuple[Site, Crowd, Postgres, Postgres]]:
    """A site over a PostgreSQL and its replica."""
    with tempfile.TemporaryDirectory(prefix="livery-replica-") as folder:
        Path(folder).chmod(0o755)  # the user that PostgreSQL runs as passes through
        yield from running(Path(folder))


def running(folder: Path) -> Iterator[tuple[Site, Crowd, Postgres, Postgres]]:
    primary = Postgres(folder / "primary")
    primary.start()
    replica = Postgres(folder / "replica", of=primary)
    replica.start()
    site = Site(folder / "site", DATABASE_URL=primary.url, DATABASE_REPLICA_URL=replica.url)
    crowd = Crowd(site, members=3)
    try:
        site.start()
        yield site, crowd, primary, replica
    finally:
        site.stop()
        crowd.engine.dispose()
        replica.stop()
        primary.stop()


def read_from(site: Site) -> dict[str, int]:
    """How many pages were read where, as the site counts them."""
    with urllib.request.urlopen(f"http://127.0.0.1:{site.port}/metrics") as answer:
        text = answer.read().decode()
    found = re.findall(r'^livery_replica_pages_total\{read_from="([\w ]+)"\} (\d+)', text, re.MULTILINE)
    return {where: int(number) for where, number in found}


def read_there(site: Site, where: str, *about) -> str:
    """Asks for a page until one was read where it should be; the page. What jobs write may hold it up for a moment."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        before = read_from(site).get(where, 0)
        status, page = ask(site, *about)
        assert status == 200
        if read_from(site).get(where, 0) > before:
            return page
    raise AssertionError(f"No page was read from {where}: {read_from(site)}")


def say(replica: Postgres, statement: str) -> None:
    with psycopg.connect(replica.url, autocommit=True) as connection:
        connection.execute(statement)


def test_pages_are_read_from_the_replica(place):
    site, crowd, _, _ = place
    page = read_there(site, "replica", f"/topic/{crowd.topic}", crowd.members[0])
    assert "<article" in page


def test_what_was_written_is_read_at_once_by_everybody_however_late_the_replica_is(place):
    site, crowd, _, replica = place
    writer, other = crowd.members[:2]
    say(replica, "SELECT pg_wal_replay_pause()")
    try:
        for number in range(3):
            words = f"Written while the replica sleeps, number {number}."
            assert ask(site, f"/topic/{crowd.topic}/posts", writer, {"body": words})[0] == 303
            for reader in (writer, other, None):
                assert words in ask(site, f"/topic/{crowd.topic}", reader)[1]
    finally:
        say(replica, "SELECT pg_wal_replay_resume()")
    assert words in read_there(site, "replica", f"/topic/{crowd.topic}", other)


def test_a_replica_that_is_gone_is_not_missed(place):
    site, crowd, _, replica = place
    replica.stop()
    try:
        for _ in range(3):
            assert ask(site, f"/topic/{crowd.topic}", crowd.members[0])[0] == 200
        assert "WRONG  replica: it does not answer" in site.livery("doctor").stdout
    finally:
        replica.start()
    assert read_there(site, "replica", "/recent", crowd.members[0])
    assert "     ok  replica: answers" in site.livery("doctor").stdout


def test_readers_go_on_while_the_primary_is_away_and_writers_are_told(place):
    site, crowd, primary, _ = place
    primary.stop()
    try:
        for reader in (crowd.members[0], None):
            status, page = ask(site, f"/topic/{crowd.topic}", reader)
            assert (status, "<article" in page) == (200, True)
        status, _ = ask(site, f"/topic/{crowd.topic}/posts", crowd.members[0], {"body": "Not now."})
        assert status == 503
    finally:
        primary.start()
    words = "Written when the primary was back."
    assert ask(site, f"/topic/{crowd.topic}/posts", crowd.members[1], {"body": words})[0] == 303
    assert words in ask(site, f"/topic/{crowd.topic}")[1]


def test_a_replica_that_hangs_holds_up_no_page(place):
    site, crowd, _, replica = place
    read_there(site, "replica", "/recent", crowd.members[0])
    replica.pause(signal.SIGSTOP)
    try:
        # it never answers again while it is stopped: a page that waited for it would never come
        page = read_there(site, "primary", f"/topic/{crowd.topic}", crowd.members[0])
        assert "<article" in page
        words = "Written while the replica hangs."
        assert ask(site, f"/topic/{crowd.topic}/posts", crowd.members[1], {"body": words})[0] == 303
        assert words in ask(site, f"/topic/{crowd.topic}", crowd.members[0])[1]
    finally:
        replica.pause(signal.SIGCONT)
    assert read_there(site, "replica", f"/topic/{crowd.topic}", crowd.members[0])


def test_readers_go_on_while_the_primary_hangs(place):
    site, crowd, primary, _ = place
    read_there(site, "replica", "/recent", crowd.members[0])
    primary.pause(signal.SIGSTOP)
    try:
        assert "<article" in read_there(site, "replica alone", f"/topic/{crowd.topic}", crowd.members[0])
    finally:
        primary.pause(signal.SIGCONT)
    assert read_there(site, "replica", "/recent", crowd.members[0])


@pytest.mark.parametrize(
    ("database", "replica"),
    [("", "postgresql://x/y"), ("postgresql://x/y", "sqlite:///y"), ("sqlite:///x", "redis://")],
)
def test_a_replica_is_postgresqls(tmp_path, database, replica):
    about = {"LIVERY_DATA": str(tmp_path), "DATABASE_URL": database, "DATABASE_REPLICA_URL": replica}
    with pytest.raises(ValueError, match="must both begin with postgresql://"):
        config.read(about)
