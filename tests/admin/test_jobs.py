"""Jobs in the control panel: the recurring ones, the queue, and what failed for good."""

import os
import socket
from datetime import timedelta
from html import unescape

import pytest

from core import backup, backups, clock, config, db, events, failures, jobs, redis_client, runs
from core.db import session, writing
from core.events import deliver_outbox, emit, subscribe
from core.failures import FailedJob
from core.jobs import job
from forum import job_tools
from models import Outbox
from tests.factories import inside, number_of, set_setting
from tests.test_events import BellRung

done: list[int] = []


@job
def count(number: int, words: str = "") -> None:
    """A job of these tests."""
    if number < 0:
        raise ValueError(f"no such number for hunter2hunter2, {words[:3]}")
    done.append(number)


@pytest.fixture(autouse=True)
def _nothing_done():
    done.clear()


def wear_out(*args: object) -> None:
    """Puts a job on the queue and runs it until it is given up."""
    count.later(*args)
    for _ in range(jobs.RETRIES + 2):
        for task in jobs._queue.read_schedule(clock.now().replace(tzinfo=None) + timedelta(days=1)):
            jobs._queue._execute(task, clock.now().replace(tzinfo=None))


def fail(number: int = -1, words: str = "") -> None:
    """Sets a job aside."""
    with inside():
        failures.keep(count.name, (number, words), {}, ValueError("no such number"))


def test_nothing_to_see(keeper):
    page = keeper.get("/admin/jobs")
    assert "Nothing failed" in page.words
    assert "Nothing waits, and nothing is being worked on." in page.words
    assert "not yet" in page.words


def test_a_job_that_always_fails_is_tried_a_few_times_and_set_aside_once(keeper):
    wear_out(-1)
    assert number_of(FailedJob) == 1
    assert not jobs._queue.read_schedule(clock.now().replace(tzinfo=None) + timedelta(days=9))
    wear_out(-1)
    assert number_of(FailedJob, FailedJob.times == 2) == 1
    page = keeper.get("/admin/jobs")
    assert "ValueError: no such number" in page.words


def test_each_try_waits_longer_than_the_one_before(app):
    count.later(-1)
    waits, far = [], clock.now().replace(tzinfo=None) + timedelta(days=1)
    for _ in range(jobs.RETRIES):
        [task] = jobs._queue.read_schedule(far)
        now = clock.now().replace(tzinfo=None)
        waits.append(round((task.eta - now).total_seconds() / 10))
        jobs._queue._execute(task, now)
    assert waits == [1, 4, 16, 64, 256]


def test_what_failed_is_bounded_and_old_ones_are_forgotten(app):
    set_setting("jobs.failed_most", "20")
    for number in range(30):
        fail(-number - 1)
    assert number_of(FailedJob) == 20
    assert number_of(FailedJob, FailedJob.arguments.contains("[-30")) == 1
    clock.travel(timedelta(days=31))
    with inside():
        failures.prune()
    assert number_of(FailedJob) == 0


def test_what_failed_alike_stands_together_and_is_tried_again_together(keeper):
    for number in (-1, -2, -3):
        fail(number)
    page = keeper.get("/admin/jobs")
    assert page.html.count("job-row") == 1
    assert "3 times" in page.words
    with inside(), writing():  # now they will work
        for row in session().query(FailedJob):
            row.arguments = row.arguments.replace("-", "")
    form = page.forms[[each.fields.get("id") for each in page.forms].index("3")]
    page = keeper.follow(keeper.post(form.action, {**form.fields, "which": "alike"}))
    assert "3 jobs are on the queue again." in page.html
    assert sorted(done) == [1, 2, 3]
    assert number_of(FailedJob) == 0
    assert "tried again the jobs" in keeper.get("/admin/log").words


def test_one_is_tried_again_or_removed_and_the_others_stay(keeper):
    fail(-1)
    fail(-2)
    page = keeper.get("/admin/jobs/1")
    assert "no such number" in page.words
    assert "Failed in the same way" in page.words
    asked = keeper.get("/admin/jobs/discard?which=one&id=1")
    assert "Remove 1 job that failed?" in asked.words
    assert number_of(FailedJob) == 2
    keeper.submit(asked, "/admin/jobs/discard")
    assert number_of(FailedJob, FailedJob.id == 2) == number_of(FailedJob) == 1
    assert keeper.get("/admin/jobs/1").status == 404
    keeper.post("/admin/jobs/retry", {"which": "one", "id": "2"})
    assert number_of(FailedJob) == 0  # it is on the queue


def test_all_are_tried_or_removed(keeper):
    for number in (1, 2):
        fail(number)
    keeper.get("/admin/jobs")
    keeper.post("/admin/jobs/retry", {"which": "all"})
    assert sorted(done) == [1, 2]
    fail(-1)
    asked = keeper.get("/admin/jobs/discard?which=all")
    assert "Remove 1 job that failed?" in asked.words
    keeper.submit(asked, "/admin/jobs/discard")
    assert number_of(FailedJob) == 0
    assert done == [1, 2]


def test_a_job_that_there_is_no_more_is_set_aside_again(keeper):
    with inside():
        failures.keep("forum.gone.away", (1,), {}, ValueError("no"))
    keeper.get("/admin/jobs")
    keeper.post("/admin/jobs/retry", {"which": "all"})
    assert "LookupError" in keeper.get("/admin/jobs").words


def test_long_texts_and_secrets_are_not_shown(keeper):
    words = "Dear Ann, your link is https://example.org/reset/abcdef and more of it"
    fail(-1, words)
    page = keeper.get("/admin/jobs/1")
    assert "-1, …" in page.words
    assert "Dear Ann" not in page.html


def test_an_event_that_nobody_can_hear_is_given_up_and_can_be_removed(app, keeper, monkeypatch):
    monkeypatch.setitem(events._subscribers, "BellRung", [])

    @subscribe(BellRung)
    def fails(event: BellRung) -> None:
        raise ValueError("cracked")

    with inside(), writing():
        emit(BellRung(1))
    tried = 0
    for minutes in range(1, 1200):
        clock.travel(timedelta(minutes=minutes))
        with inside():
            before = number_of(Outbox, Outbox.tries > tried)
            deliver_outbox()
            tried += number_of(Outbox, Outbox.tries > tried) - before
    assert number_of(Outbox, Outbox.tries == 10) == 1
    assert number_of(FailedJob) == 1
    clock.travel(timedelta())
    keeper.submit(keeper.get("/admin/jobs/discard?which=all"), "/admin/jobs/discard")
    assert number_of(Outbox) == number_of(FailedJob) == 0


def test_recurring_jobs_tell_when_they_ran_and_what_went_wrong(keeper, monkeypatch):
    def fails() -> None:
        raise RuntimeError("the axle broke")

    monkeypatch.setattr(jobs, "_recurring", [(fails, 90), *jobs._recurring])
    jobs.run_recurring()
    page = keeper.get("/admin/jobs")
    assert "RuntimeError: the axle broke" in page.words
    assert "every 90 seconds" in page.words
    assert "every hour" in page.words
    assert "Brings the search up to date every 5 seconds" in page.words


def test_processes_tell_each_other_through_the_queue(app):
    jobs.run_recurring()
    runs.begin("7", "core.mail.send")
    runs.tell(jobs._queue)
    told = jobs._queue.get(runs._KEY_RUNNING, peek=True)
    jobs._queue.put(runs._KEY_RUNNING, {"another:1": next(iter(told.values()))})
    runs.forget()
    last, running = runs.known(jobs._queue)
    assert last["forum.topics.publish_due"].at > 0
    assert [name for name, _ in running] == ["core.mail.send"]
    clock.travel(timedelta(minutes=5))
    assert runs.known(jobs._queue)[1] == []  # it has not been heard of for long


def test_the_queue_shows_what_waits(keeper):
    count.later(-1)
    page = keeper.get("/admin/jobs")
    assert "1 job waits." in page.words
    assert "tried before; next try" in page.words


def test_every_job_has_words():
    named = {jobs.name_of(each) for each, _ in jobs._recurring} | {each.name for each in jobs._declared}
    with inside():
        told = {name: job_tools.words(name) for name in named}
    assert [name for name, words in told.items() if words == name or not words[0].isupper()] == []
    assert set(job_tools.WORDS) <= named
    assert jobs.meaning(count.name) == "A job of these tests"


@pytest.fixture
def silent_queue(app, tmp_path):
    """The queue lies in a Redis that is away."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))  # bound, and never listened at
        nobody = f"redis://127.0.0.1:{place.getsockname()[1]}/0"
        jobs.connect(
            config.read({"LIVERY_DATA": str(tmp_path), "SECRET_KEY": "x", "REDIS_URL": nobody}), app.app_context
        )
        yield
    jobs.connect(app.config["LIVERY"], app.app_context, immediate=True)
    redis_client.forget()


def test_a_queue_that_does_not_answer_is_said_and_all_else_is_shown(keeper, silent_queue):
    fail(-1)
    board = keeper.get("/admin/")
    assert "The queue does not answer: mails, notifications and backups wait." in board.words
    assert "1 job failed for good" in board.words
    page = keeper.get("/admin/jobs")
    assert "The queue does not answer." in page.words
    assert "ValueError: no such number" in page.words
    assert "Brings the search up to date every 5 seconds" in page.words
    asked = keeper.follow(keeper.submit(keeper.get("/admin/health"), "/admin/health"))
    assert "The queue does not answer. `bin/livery doctor` looks without it." in unescape(asked.html)


def test_what_cannot_go_back_on_the_queue_stays_set_aside(keeper, silent_queue):
    fail(-1)
    keeper.post("/admin/jobs/retry", {"which": "all"})
    assert "Away: The queue does not answer" in keeper.get("/admin/jobs").words


def test_the_newest_backup_is_known_whichever_process_made_it(app, keeper, tmp_path, monkeypatch):
    worker, server = (config.read({"LIVERY_DATA": str(tmp_path / name), "SECRET_KEY": "x"}) for name in "ws")
    monkeypatch.setattr(backups, "_config", server)
    os.utime(backups.folder(server), ((clock.now() - timedelta(hours=49)).timestamp(),) * 2)
    assert "The schedule has made none yet." in keeper.get("/admin/jobs").words
    assert "There was no backup" in keeper.get("/admin/").words
    with inside():
        made = backups.make(db.db.engine, worker)
    assert made is not None
    assert made.name in keeper.get("/admin/jobs").words
    assert "There was no backup" not in keeper.get("/admin/").words
    monkeypatch.setattr(backup, "write", full)
    with inside(), pytest.raises(OSError, match="no room"):
        backups.make(db.db.engine, worker)
    page = keeper.get("/admin/jobs").words
    assert "The last try failed: OSError: no room" in page
    assert made.name in page


def full(*about: object) -> None:
    """Instead of a backup where there is no room for one."""
    raise OSError("no room")
