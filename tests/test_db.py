"""`writing()`: one transaction, one commit, and nothing left behind when it fails."""

import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError, StatementError

from core import cache, clock, db, tally
from core.db import WriteRefused, after_commit, reading_only, session, write_in_progress, writing
from forum import schedule
from models import Tag, User
from tests.factories import a_category, a_topic, a_user, fresh, inside, number_of


def test_what_was_written_is_there_afterwards(app):
    with inside():
        assert not write_in_progress()
        with writing() as current:
            assert write_in_progress()
            current.add(Tag(name="glue"))
        assert not write_in_progress()
    assert number_of(Tag) == 1


def test_a_failure_leaves_nothing_and_calls_nothing(app):
    called = []

    def fails() -> None:
        with writing() as current:
            current.add(Tag(name="glue"))
            after_commit(lambda: called.append("after"))
            raise RuntimeError

    with inside():
        with pytest.raises(RuntimeError):
            fails()
        assert not write_in_progress()
        with writing() as current:
            current.add(Tag(name="wood"))
    assert called == []
    assert number_of(Tag, Tag.name == "wood") == number_of(Tag) == 1


def test_inner_writes_join_the_outer_one(app):
    def fails() -> None:
        with writing():
            with writing() as inner:
                inner.add(Tag(name="glue"))
            raise RuntimeError

    with inside(), pytest.raises(RuntimeError):
        fails()
    assert number_of(Tag) == 0


def test_what_follows_the_commit_sees_it_and_may_write_itself(app):
    order = []

    def then() -> None:
        order.append((number_of(Tag), write_in_progress()))
        with writing() as current:
            current.add(Tag(name="second"))

    with inside(), writing() as current:
        current.add(Tag(name="first"))
        after_commit(then)
    assert order == [(1, False)]
    assert number_of(Tag) == 2


def test_a_write_sees_what_others_wrote_since_the_reading_before_it(app):
    ann = a_user("Ann")
    with inside():
        before = session().scalar(select(User.posts).where(User.id == ann.id))

        def other() -> None:
            with inside(), writing() as current:
                current.execute(update(User).where(User.id == ann.id).values(posts=7))

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        with writing() as current:
            assert current.scalar(select(User.posts).where(User.id == ann.id)) == 7
    assert before == 0


def test_many_writers_at_once_lose_nothing(app):
    ann, errors = a_user("Ann"), []

    def count() -> None:
        try:
            for _ in range(15):
                with inside(), writing() as current:
                    live = current.get(User, ann.id, with_for_update=True)
                    live.posts += 1
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert fresh(ann).posts == 60


def test_writing_is_refused_while_reading(app):
    with inside(), reading_only():
        with pytest.raises(WriteRefused), writing():
            pass
        assert number_of(Tag) == 0
    with inside(), writing():
        pass


def test_moments_are_kept_in_utc_and_come_back_with_their_zone(app):
    elsewhere = datetime(2026, 3, 4, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    ann = a_user("Ann", joined_at=elsewhere)
    kept = fresh(ann).joined_at
    assert kept == elsewhere
    assert (kept.tzinfo, kept.hour, kept.day) == (UTC, 4, 5)


def test_a_moment_without_a_zone_is_refused(app):
    with pytest.raises(StatementError):
        a_user("Ann", joined_at=datetime(2026, 3, 4))  # noqa: DTZ001


HABITS = {
    "sqlite": {
        "PRAGMA journal_mode": "wal", "PRAGMA foreign_keys": 1, "PRAGMA synchronous": 1, "PRAGMA busy_timeout": 20000,
    },
    "postgresql": {"SHOW transaction_isolation": "read committed", "SHOW client_encoding": "UTF8"},
}  # fmt: skip


def test_the_database_has_its_habits(app):
    with inside(), db.db.engine.connect() as connection:
        for question, answer in HABITS[db.db.engine.dialect.name].items():
            assert connection.exec_driver_sql(question).scalar() == answer


# --- what is kept in the process ---


def test_a_kept_value_is_made_once_until_its_version_moves(app):
    made = []

    def load() -> int:
        made.append(1)
        return len(made)

    for _ in range(3):
        with inside():
            assert cache.keep("sample", load, "categories") == 1
    a_category()
    with inside():
        assert cache.keep("sample", load, "categories") == 2
        assert cache.keep("sample", load, "categories") == 2


@pytest.mark.parametrize("moved", ["one", "other", "asked"])
def test_what_is_put_together_stands_on_all_that_it_is_made_of(app, moved):
    made = []

    def put_together() -> int:
        cache.keep("sample", lambda: "x", "one", "other")
        cache.version("asked")
        made.append(1)
        return len(made)

    def kept() -> int:
        with inside():
            return cache.keep_together("samples", "key", put_together)

    assert (kept(), kept()) == (1, 1)
    with inside(), writing():
        cache.bump(moved)
    assert (kept(), kept()) == (2, 2)
    with inside(), writing():
        cache.bump("something else")
    assert kept() == 2


def test_what_is_put_together_lasts_as_long_as_its_words_are_true(app):
    end = clock.now() + timedelta(minutes=5)

    def over() -> bool:
        with inside():
            return cache.keep_together("samples", "key", lambda: clock.passed(end))

    assert (over(), over()) == (False, False)
    clock.travel(timedelta(minutes=6))
    assert over()


def test_one_small_query_a_session_reads_all_versions(app):
    with inside():
        first = cache.versions()
        assert cache.versions() is first
        assert {"groups", "grants"} <= set(first)


def test_what_another_connection_changed_is_seen_by_the_next_session(app):
    with inside():
        cache.keep("sample", lambda: "old", "sample")
    with inside(), writing():
        cache.bump("sample")
    with inside():
        assert cache.keep("sample", lambda: "new", "sample") == "new"


def test_what_one_kind_of_count_cannot_do_holds_up_no_other(app, monkeypatch):
    topic, ann = a_topic(), a_user("Ann")
    tally.count("topic.views", topic.id)
    tally.touch("user.seen", ann.id)

    def gives_way(rows) -> None:
        raise OperationalError("update topics", {}, Exception("deadlock"))

    monkeypatch.setitem(schedule._TALLIED, "topic.", gives_way)
    with inside(), pytest.raises(OperationalError):
        schedule.flush_tallies()
    assert fresh(ann).last_seen_at is not None
    monkeypatch.undo()
    with inside():
        schedule.flush_tallies()
    assert fresh(topic).views == 1  # given back, and counted once
