"""The command line: each command in a process of its own, over a data folder of its own, as an operator runs it."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.config import ROOT
from core.migrate import head

Run = Callable[..., subprocess.CompletedProcess[str]]
PASSWORD = "plum kettle orbit 47"

# One wrong value in every counter, and what the doctor calls it.
BROKEN = {
    "posts.replies": "update posts set replies = replies + 1 where id = 3",
    "posts.last_reply_at": "update posts set last_reply_at = null where replies > 0",
    "posts.revisions": "update posts set revisions = 9 where id = 5",
    "posts.ups": "update posts set ups = 99 where id = 4",
    "posts.downs": "update posts set downs = 99 where id = 4",
    "posts.score": "update posts set score = -99 where id = 4",
    "topics.posts": "update topics set posts = 0 where id in (1, 2)",
    "topics.posters": "update topics set posters = 0 where id = 2",
    "topics.votes": "update topics set votes = votes - 7 where id = 5",
    "topics.last_number": "update topics set last_number = 0 where id = 6",
    "topics.first_post_id": "update topics set first_post_id = null where id = 7",
    "topics.last_post_id": "update topics set last_post_id = first_post_id where posts > 1",
    "topics.last_post_at": "update topics set last_post_at = created_at where posts > 1",
    "topics.events": "update topics set events = 3 where id = 1",
    "users.posts": "update users set posts = posts + 1 where id = 2",
    "users.topics": "update users set topics = topics + 1",
    "users.reputation": "update users set reputation = 0 where reputation != 0",
    "categories.topics": "update categories set topics = 0",
    "categories.posts": "update categories set posts = 0 where id = 1",
    "categories.last_post_id": "update categories set last_post_id = null where id = 1",
    "category_tags.topics": "delete from category_tags where tag_id = 2",
    "tags.topics": "update tags set topics = 12345 where id = 1",
    "groups.members": "update groups set members = 12345 where id = 1",
}


def livery(folder: Path, *words: str, typed: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    names = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PORT")
    kept = {name: value for name, value in os.environ.items() if name not in names}
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *words],
        env={**kept, "LIVERY_DATA": str(folder), **environ},
        cwd=ROOT,
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with an empty, migrated database, to be copied: a migration takes a second."""
    folder = tmp_path_factory.mktemp("prepared")
    assert livery(folder, "migrate").returncode == 0
    assert livery(folder, "settings", "list").returncode == 0
    return folder


@pytest.fixture
def folder(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(prepared, tmp_path / "data"))


@pytest.fixture
def run(folder: Path) -> Run:
    return lambda *words, **more: livery(folder, *words, **more)


@pytest.fixture(scope="module")
def community(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a generated community, only to be read or copied."""
    folder = Path(shutil.copytree(prepared, tmp_path_factory.mktemp("community") / "data"))
    made = livery(folder, "generate", "--users", "60", "--topics", "80", "--posts", "900", "--seed", "5")
    assert made.returncode == 0, made.stderr
    return folder


def database(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(folder / "livery.sqlite3")


def ask(folder: Path, query: str) -> list[tuple]:
    with database(folder) as connection:
        found = connection.execute(query).fetchall()
    connection.close()
    return found


_DERIVED = re.compile(r'INSERT INTO "(search_|versions)')
"""What follows from the rest, and need not be the same again."""


def contents(folder: Path) -> Iterator[str]:
    connection = database(folder)
    yield from (line for line in connection.iterdump() if not _DERIVED.match(line))
    connection.close()


def test_a_person_is_made(run: Run, folder: Path) -> None:
    made = run("users", "create", "Ann", "--password", PASSWORD, "--email", "ann@example.org")
    assert (made.returncode, made.stdout) == (0, "Ann can log in now.\n")
    assert ask(folder, "select name, slug, email from users join accounts on user_id = id") == [
        ("Ann", "ann", "ann@example.org")
    ]
    again = run("users", "create", "ANN", "--password", PASSWORD)
    assert (again.returncode, again.stdout, again.stderr) == (1, "", "Error: This name is taken.\n")


def test_an_administrator_is_made_and_the_password_asked_for(run: Run, folder: Path) -> None:
    made = run("users", "create", "Root beer", "--admin", typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert made.returncode == 0
    assert "Root beer can log in now, as an administrator." in made.stdout
    assert PASSWORD not in made.stdout
    held = "select slug, members from groups join memberships on group_id = id"
    assert ask(folder, held) == [("administrators", 1)]


def test_the_first_person_of_a_site_that_waits_for_its_set_up_completes_it(run: Run, folder: Path) -> None:
    with database(folder) as connection:
        connection.execute("insert into set_up_codes (code_hash, at) values ('x', '2026-01-01 00:00:00')")
        connection.execute("insert into versions (name, number) values ('first_run', 1)")
    connection.close()
    made = run("users", "create", "Ann", "--password", PASSWORD)
    assert made.stdout == "Ann can log in now, as an administrator.\n"
    assert ask(folder, "select count(*) from set_up_codes") == [(0,)]
    assert run("users", "create", "Bert", "--password", PASSWORD).stdout == "Bert can log in now.\n"


@pytest.mark.parametrize(
    ("name", "password", "reason"),
    [
        ("admin", PASSWORD, "kept for the site itself"),
        ("a<b>c", PASSWORD, "cannot be part of a name"),
        ("Ben", "12345678", "easy to guess"),
    ],
)
def test_bad_names_and_passwords_are_refused(run: Run, folder: Path, name: str, password: str, reason: str) -> None:
    refused = run("users", "create", name, "--password", password)
    assert refused.returncode == 1
    assert reason in refused.stderr
    assert ask(folder, "select count(*) from users") == [(0,)]


def test_settings_are_listed_and_set(run: Run) -> None:
    assert run("settings", "set", "topics.per_page", "30").stdout == "topics.per_page = 30\n"
    listed = run("settings", "list").stdout
    assert "* topics.per_page = 30\n      Topics on a page" in listed
    assert "  posts.per_page = 20\n" in listed


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("topics.per_page", "1000", "1000 is not between 5 and 100."),
        ("topics.colour", "red", "There is no setting called 'topics.colour'."),
    ],
)
def test_bad_settings_are_refused(run: Run, folder: Path, name: str, value: str, reason: str) -> None:
    refused = run("settings", "set", name, value)
    assert (refused.returncode, refused.stderr) == (1, f"Error: {reason}\n")
    assert ask(folder, "select * from settings") == []


def test_migrate_says_what_it_did(run: Run) -> None:
    assert run("migrate").stdout == f"The database is at revision {head()}, as it was.\n"


def test_the_demo_is_loaded_once_and_its_counters_are_right(run: Run) -> None:
    assert run("demo", "load").stdout == "The demo community is here.\n"
    refused = run("demo", "load")
    assert refused.returncode == 1
    assert "There is a community in this database already" in refused.stderr
    healthy = run("doctor")
    assert (healthy.returncode, "WRONG" in healthy.stdout) == (0, False), healthy.stdout


def test_a_community_of_the_asked_size_is_generated(community: Path) -> None:
    counts = [ask(community, f"select count(*) from {table}")[0][0] for table in ("users", "topics", "posts")]
    assert counts == [60, 80, 900]
    assert ask(community, "select count(*) > 7, count(parent_id) from categories") == [(1, 2)]
    assert ask(community, "select max(posts) > 20 * min(posts) from topics") == [(1,)]
    assert ask(community, "select count(*) from posts where reply_to_id >= id") == [(0,)]
    assert ask(community, "select count(*) from topics where pinned_at is not null") == [(1,)]
    assert ask(community, "select count(*) > 50 from votes") == [(1,)]
    early = "select count(*) from posts join users on users.id = author_id where posts.created_at < joined_at"
    assert ask(community, early) == [(0,)]
    assert ask(community, "select count(*) from votes join posts on id = post_id where author_id = user_id") == [(0,)]
    healthy = livery(community, "doctor")
    assert (healthy.returncode, "WRONG" in healthy.stdout) == (0, False), healthy.stdout


def test_the_same_seed_makes_the_same_community(run: Run, folder: Path, community: Path) -> None:
    run("generate", "--users", "60", "--topics", "80", "--posts", "900", "--seed", "5")
    for table in ("users", "categories", "topics", "posts", "votes", "tags", "topic_tags", "handles"):
        assert ask(folder, f"select * from {table}") == ask(community, f"select * from {table}"), table


def test_a_community_is_added_to_another(community: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(community, tmp_path / "data"))
    small = ("--users", "30", "--topics", "10", "--posts", "40", "--seed", "5")
    made = livery(folder, "generate", *small, "--huge-topic", "300", "--huge-category", "70")
    assert made.returncode == 0, made.stderr
    assert "300 posts in" in made.stdout
    assert ask(folder, "select count(*), count(distinct name_key), count(distinct slug) from users") == [(90, 90, 90)]
    assert ask(folder, "select posts, last_number from topics order by posts desc limit 1") == [(300, 300)]
    assert ask(folder, "select topics, posts between 70 and 210 from categories order by id desc limit 1") == [(70, 1)]
    healthy = livery(folder, "doctor")
    assert (healthy.returncode, "WRONG" in healthy.stdout) == (0, False), healthy.stdout


def test_fewer_posts_than_topics_are_refused(run: Run, folder: Path) -> None:
    refused = run("generate", "--topics", "10", "--posts", "9")
    assert refused.returncode == 2
    assert "Every topic has at least one post" in refused.stderr
    assert ask(folder, "select count(*) from users") == [(0,)]


def test_the_doctor_finds_broken_counters_and_mends_them(community: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(community, tmp_path / "data"))
    right = list(contents(folder))
    with database(folder) as connection:
        for change in BROKEN.values():
            connection.execute(change)
        connection.execute("drop index ix_posts_most_votes")
    connection.close()
    found = livery(folder, "doctor")
    assert found.returncode == 1
    for name in BROKEN:
        assert f"{name}: " in found.stdout, name
    assert "topics.posts: 2 rows are off, first id 1;" in found.stdout
    assert "groups.members: 1 row is off, first id 1; `bin/livery doctor --fix` puts it right" in found.stdout
    assert "ix_posts_most_votes missing" in found.stdout
    mended = livery(folder, "doctor", "--fix")
    assert (mended.returncode, "WRONG" in mended.stdout) == (0, False), mended.stdout
    assert "mended" in mended.stdout
    healthy = livery(folder, "doctor")
    assert (healthy.returncode, "mended" in healthy.stdout) == (0, False)
    assert sorted(contents(folder)) == sorted(right)


def test_the_doctor_waits_for_the_database(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "livery.sqlite3").close()
    found = livery(tmp_path, "doctor")
    assert found.returncode == 1
    assert "migrations: at nothing, not at" in found.stdout
    assert "run `bin/livery migrate`" in found.stdout
    away = livery(tmp_path, "doctor", DATABASE_URL="postgresql://nobody@127.0.0.1:9/nothing")
    assert away.returncode == 1
    assert "check DATABASE_URL and that the server runs" in away.stdout


@pytest.mark.parametrize("words", ["doctor", "settings list", "backup site.zip", "maintenance on", "digests"])
def test_what_makes_no_site_says_that_there_is_none(tmp_path: Path, words: str) -> None:
    mistyped = tmp_path / "liveri"
    for _ in range(2):
        refused = livery(mistyped, *words.split())
        assert refused.returncode == 1
        assert refused.stderr == f"Error: There is no site in {mistyped} (LIVERY_DATA). `bin/run` makes one.\n"
    assert not mistyped.exists()
    assert livery(mistyped, words.split()[0], "--help").returncode == 0
    assert livery(mistyped, "users", "create", "Ann", "--password", PASSWORD).returncode == 0


def test_a_data_folder_that_cannot_be_written_to_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for command in ("serve", "migrate"):
        refused = livery(tmp_path / "file" / "data", command)
        assert refused.returncode == 1
        assert refused.stderr.startswith(f"Error: {tmp_path}/file/data cannot be written to (")


def test_the_doctor_wants_an_administrator_a_secret_and_whole_rows(run: Run, folder: Path) -> None:
    run("users", "create", "Ann", "--password", PASSWORD)
    with database(folder) as connection:
        connection.execute("insert into memberships (group_id, user_id) values (1, 777)")
        connection.execute("update groups set members = 1 where id = 1")
    connection.close()
    tomorrow = time.time() + 86_400
    os.utime(folder / "livery.sqlite3", (tomorrow, tomorrow))
    found = run("doctor", SECRET_KEY="short")
    assert found.returncode == 1
    for trouble in ("administrators: there is none", "SECRET_KEY is too short", "foreign keys: 1 row", "yet to come"):
        assert trouble in found.stdout, trouble


def test_the_doctor_says_how_the_site_is_reached(run: Run) -> None:
    run("users", "create", "Ann", "--admin", "--password", PASSWORD)
    assert "address: 127.0.0.1:8000, on this machine only" in run("doctor", HOST="").stdout
    assert "set LIVERY_URL before the site is public" in run("doctor", HOST="0.0.0.0").stdout
    public = run("doctor", LIVERY_URL="https://forum.example.org", LIVERY_HOSTS="www.example.org")
    assert "address: https://forum.example.org, answering to forum.example.org, www.example.org" in public.stdout
    assert public.returncode == 0


def test_the_doctor_misses_a_redis_that_is_away(run: Run) -> None:
    found = run("doctor", REDIS_URL="redis://127.0.0.1:9/0")
    assert found.returncode == 1
    assert "WRONG  redis: " in found.stdout
    assert "check REDIS_URL and that the server runs" in found.stdout


def test_the_doctor_tries_to_write(run: Run, folder: Path) -> None:
    found = run("doctor", DATABASE_URL=f"sqlite:///file:{folder}/livery.sqlite3?mode=ro&uri=true")
    assert found.returncode == 1
    assert "WRONG  writing: the database can only be read" in found.stdout
    assert "     ok  writing: " in run("doctor").stdout


def test_a_bad_environment_is_told_in_a_sentence(tmp_path: Path) -> None:
    refused = livery(tmp_path, "doctor", PORT="eighty")
    assert (refused.returncode, refused.stderr) == (1, "Error: PORT must be a number, not 'eighty'.\n")


def test_the_search_index_is_filled_checked_and_made_again(run, folder):
    assert run("generate", "--users", "5", "--topics", "30", "--posts", "700").returncode == 0
    assert "search: every post and topic is in the index" in run("doctor").stdout
    database = sqlite3.connect(folder / "livery.sqlite3")
    database.execute("delete from search_posts where rowid in (3, 4)")
    database.execute("insert into search_titles (rowid, title, body, marks) values (999, 'ghost', '', '')")
    database.commit()
    told = run("doctor")
    assert told.returncode == 1
    assert "search: 2 posts, 1 titles missing or left over" in told.stdout
    assert run("doctor", "--fix").returncode == 0
    assert "search: every post and topic is in the index" in run("doctor").stdout
    assert "holds 30 topics" in run("search", "rebuild").stdout
    database.close()
