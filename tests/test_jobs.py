"""Jobs and the recurring ones: views, last seen, publishing, and the queue itself."""

import logging
import threading
import time
from datetime import timedelta

import pytest

from core import clock, config, jobs, logs, runs, tally
from core.db import reading_only, session, writing
from core.jobs import Job, job
from forum import schedule
from models import Tag
from tests.conftest import configuration
from tests.factories import a_category, a_scheduled_topic, a_topic, a_user, change, fresh, inside, number_of
from tests.visitor import path_of

done = threading.Event()


@job
def mark(name: str) -> None:
    """A job of these tests."""
    with writing():
        session().add(Tag(name=name))
    done.set()


def test_a_job_runs_in_surroundings_of_its_own(app):
    mark.later("from the queue")
    assert number_of(Tag, Tag.name == "from the queue") == 1


def test_a_job_can_be_called_like_the_function_that_it_is(app):
    with inside():
        mark("at once")
    assert number_of(Tag) == 1
    assert mark.__doc__ == "A job of these tests."


def test_a_job_without_a_queue_says_so():
    lonely = Job(lambda: None)
    with pytest.raises(RuntimeError, match="not connected"):
        lonely.later()


def test_a_job_that_fails_does_not_reach_the_caller(app):
    mark.later("x" * 10)
    mark.later("x" * 10)  # the name is taken
    assert number_of(Tag) == 1


def test_the_embedded_queue_runs_jobs_and_stops_when_told(app, tmp_path):
    done.clear()
    settings = config.read({"LIVERY_DATA": str(tmp_path), "SECRET_KEY": "x"})
    jobs.connect(settings, app.app_context)
    halt = jobs.start_embedded()
    try:
        mark.later("in the background")
        assert done.wait(5)
    finally:
        halt()
    assert (tmp_path / "jobs.sqlite3").exists()
    assert number_of(Tag, Tag.name == "in the background") == 1
    assert not [thread for thread in threading.enumerate() if thread.name == "recurring"]


@pytest.fixture
def embedded(app, tmp_path):
    """A queue in a file, which nobody works through by himself."""
    jobs.connect(config.read({"LIVERY_DATA": str(tmp_path), "SECRET_KEY": "x"}), app.app_context)
    yield
    jobs.connect(app.config["LIVERY"], app.app_context, immediate=True)
    logs.request_id.set("")


def take_one() -> None:
    """Does the next job of the queue, as a worker would."""
    jobs._queue.execute(jobs._queue.dequeue())


@job
def grumble(words: str) -> None:
    """A job of these tests that ends the process, or says something."""
    if not words:
        raise SystemExit(3)
    logging.getLogger("livery.test").warning(words)


@pytest.mark.parametrize("about", [b"this is no database at all" * 400, b"SQLite format 3\0" + bytes(range(256)) * 64])
def test_a_queue_that_is_broken_is_put_aside_and_a_new_one_begun(app, tmp_path, about, caplog):
    (tmp_path / "jobs.sqlite3").write_bytes(about)
    jobs.connect(config.read({"LIVERY_DATA": str(tmp_path), "SECRET_KEY": "x"}), app.app_context)
    try:
        mark.later("after all")
        take_one()
    finally:
        jobs.connect(app.config["LIVERY"], app.app_context, immediate=True)
    assert number_of(Tag, Tag.name == "after all") == 1
    [aside] = tmp_path.glob("jobs.sqlite3.broken-*")
    assert aside.read_bytes() == about
    assert "a new one begins" in caplog.text


def test_a_job_that_ends_the_process_is_tried_again_like_any_that_fails(app, embedded):
    grumble.later("")
    take_one()
    assert jobs.waiting()[0] == 1
    assert runs.here()[1] == [], "nobody is at it any more"


def test_what_a_job_logs_carries_the_request_that_it_is_done_for(app, embedded, monkeypatch):
    written = []
    monkeypatch.setattr(logs._handler, "emit", lambda record: written.append(logs._handler.format(record)))
    logs.request_id.set("proxy-12345678")
    grumble.later("For somebody.")
    logs.request_id.set("")
    grumble.later("For nobody.")
    jobs._queue.enqueue(grumble._task.s("From before the upgrade."))
    for _ in range(3):
        take_one()
        assert logs.request_id.get() == ""
    assert [("request=proxy-12345678 " in line, "request=" in line) for line in written] == [
        (True, True), (False, False), (False, False),
    ]  # fmt: skip


def test_the_recurring_jobs_are_all_there():
    names = {function.__name__ for function, _ in jobs._recurring}
    assert names >= {"flush_tallies", "publish_due", "deliver_outbox"}
    assert all(every > 0 for _, every in jobs._recurring)


def test_running_all_recurring_jobs_does_what_is_due(app, guest):
    topic = a_topic()
    later = a_scheduled_topic(by=a_user(), in_=a_category(), after=timedelta(hours=1))
    guest.get(path_of(topic))
    clock.travel(timedelta(hours=2))
    jobs.run_recurring()
    assert fresh(topic).views == 1
    assert not fresh(later).scheduled


def test_a_recurring_job_that_fails_stops_no_other(app, monkeypatch):
    ran = []

    def fails() -> None:
        raise RuntimeError

    monkeypatch.setattr(jobs, "_recurring", [(fails, 1), (lambda: ran.append(1), 1)])
    jobs.run_recurring()
    assert ran == [1]


# --- what reading leaves behind ---


def test_views_are_added_to_what_is_there(app):
    topic = a_topic(views=10)
    for reader in ("ann", "bert", "ann"):
        tally.count("topic.views", topic.id, once_per=3600, by=reader)
    tally.count("topic.views", topic.id)
    with inside():
        schedule.flush_tallies()
    assert fresh(topic).views == 13


def test_nothing_to_flush_writes_nothing(app):
    with inside():
        schedule.flush_tallies()


def test_a_view_of_a_topic_that_is_gone_is_dropped(app):
    tally.count("topic.views", 99999)
    tally.touch("user.seen", 99999)
    with inside():
        schedule.flush_tallies()
    assert tally.take() == ({}, {})


def test_what_could_not_be_written_is_tried_again(app):
    topic, ann = a_topic(), a_user()
    tally.count("topic.views", topic.id)
    tally.touch("user.seen", ann.id)
    with inside(), reading_only(), pytest.raises(RuntimeError):
        schedule.flush_tallies()
    tally.count("topic.views", topic.id)
    with inside():
        schedule.flush_tallies()
    assert fresh(topic).views == 2
    assert fresh(ann).last_seen_at is not None


def test_an_older_moment_does_not_replace_a_newer_one(app):
    ann = a_user()
    early = clock.now() - timedelta(hours=1)
    tally.touch("user.seen", ann.id)
    tally.give_back({}, {("user.seen", ann.id): early})
    with inside():
        schedule.flush_tallies()
    assert fresh(ann).last_seen_at > early


def test_last_seen_never_goes_back(app):
    ann = a_user()
    tally.touch("user.seen", ann.id)
    late = clock.now() + timedelta(minutes=5)
    change(ann, last_seen_at=late)
    with inside():
        schedule.flush_tallies()
    assert fresh(ann).last_seen_at == late


def test_the_same_reader_counts_again_after_a_while(app, monkeypatch):
    monkeypatch.setattr(time, "monotonic", lambda: 1_000_000.0)
    tally.count("topic.views", 1, once_per=3600, by="ann")
    monkeypatch.setattr(time, "monotonic", lambda: 1_003_599.0)
    tally.count("topic.views", 1, once_per=3600, by="ann")
    assert tally.take()[0] == {("topic.views", 1): 1}
    monkeypatch.setattr(time, "monotonic", lambda: 1_003_601.0)
    tally.count("topic.views", 1, once_per=3600, by="ann")
    assert tally.take()[0] == {("topic.views", 1): 1}


def test_a_reader_counts_even_on_a_machine_that_has_just_started(app, monkeypatch):
    monkeypatch.setattr(time, "monotonic", lambda: 5.0)
    tally.count("topic.views", 1, once_per=3600, by="ann")
    assert tally.take()[0] == {("topic.views", 1): 1}


def test_remembering_readers_takes_no_more_room_than_allowed(app, monkeypatch):
    monkeypatch.setattr(tally, "_SEEN_AT_MOST", 10)
    for number in range(100):
        tally.count("topic.views", 1, once_per=3600, by=str(number))
    assert len(tally._seen) <= 10
    assert tally.take()[0] == {("topic.views", 1): 100}


def test_a_job_that_cannot_be_done_yet_comes_back_without_a_failed_try(app, tmp_path):
    tried = []

    @jobs.job
    def wait_for_it() -> None:
        tried.append(1)
        raise jobs.NotNow("The door is shut.", 30)

    try:
        jobs.connect(configuration(app.config["LIVERY"].database_url, tmp_path), app.app_context)
        wait_for_it.later()
        queue = jobs._queue
        queue.execute(queue.dequeue())
        number, [waiting] = jobs.waiting()
        assert (number, waiting.tries) == (1, 0)
        assert timedelta(seconds=20) < waiting.due - clock.now() < timedelta(seconds=31)
        assert len(tried) == 1
    finally:
        jobs._declared.remove(wait_for_it)
        jobs.connect(app.config["LIVERY"], app.app_context, immediate=True)
