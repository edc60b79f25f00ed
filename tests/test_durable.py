"""Durable jobs: what was promised is done once, whatever becomes of the process or the queue that had it in hand."""

from datetime import timedelta

import pytest

from core import clock, durable, jobs
from core.db import session, writing
from core.durable import DurableJob, find_lost, promise, see_to
from core.failures import FailedJob
from tests.factories import inside, number_of

done: list[str] = []
broken: list[Exception] = []


@jobs.job
def work(word: str, times: int = 1) -> bool:
    """Does a little, and says whether there is more to do."""
    if broken:
        raise broken[-1]
    done.append(word)
    return done.count(word) < times


@pytest.fixture(autouse=True)
def _nothing_done(app):
    done.clear()
    broken.clear()
    jobs.connect(app.config["LIVERY"], app.app_context, immediate=True)


@pytest.fixture
def forgetful(monkeypatch):
    """A queue that loses whatever it is told."""
    monkeypatch.setattr(see_to, "later", lambda row_id: None)
    return monkeypatch


def ask_for(*args) -> None:
    """Promises the work in a transaction of its own."""
    with inside(), writing():
        promise(work, *args)


def row() -> DurableJob:
    """The one call that is not yet done."""
    with inside():
        [found] = session().query(DurableJob).all()
        return found


def left() -> int:
    """How many calls are not yet done."""
    with inside():
        return number_of(DurableJob)


def look_for_lost(*, after: timedelta = timedelta()) -> None:
    """The recurring job, so much later."""
    clock.travel(after)
    with inside():
        find_lost()


def test_what_was_promised_is_done_and_forgotten():
    ask_for("hello")
    assert (done, left()) == (["hello"], 0)


def test_what_takes_long_is_done_little_by_little():
    ask_for("again", 3)
    assert (done, left()) == (["again"] * 3, 0)


def test_nothing_is_promised_by_who_fails():
    with pytest.raises(TypeError), inside(), writing():
        promise(work, "never") or promise(work, object())
    assert (done, left()) == ([], 0)


def test_nothing_is_promised_outside_a_transaction():
    with inside(), pytest.raises(RuntimeError, match="inside writing"):
        promise(work, "never")
    assert left() == 0


def test_a_queue_that_forgets_loses_nothing(forgetful):
    ask_for("hello")
    forgetful.undo()
    look_for_lost(after=timedelta(minutes=4))
    assert (done, left()) == ([], 1)  # it may wait its turn for so long
    look_for_lost(after=timedelta(minutes=6))
    assert (done, left()) == (["hello"], 0)


def test_who_dies_at_work_is_followed_by_another(forgetful):
    ask_for("hello")
    with inside():
        durable._claim(row().id)  # and was killed
    forgetful.undo()
    with inside():
        see_to(row().id)
    assert done == []  # for all that is known somebody is at it
    look_for_lost(after=timedelta(minutes=6))
    assert (done, left()) == (["hello"], 0)


def test_two_who_come_at_once_do_it_once(forgetful):
    ask_for("hello")
    number = row().id
    with inside():
        assert durable._claim(number) is not None
        assert durable._claim(number) is None


def test_one_that_fails_is_tried_again_and_at_last_set_aside(forgetful):
    ask_for("hello")
    broken.append(RuntimeError("no room"))
    for number in range(1, jobs.RETRIES + 2):
        with inside(), pytest.raises(RuntimeError):
            see_to(row().id)
        assert left() == (number <= jobs.RETRIES)
    with inside():
        [failed] = session().query(FailedJob).all()
        assert (failed.name, failed.call()[0]) == (work.name, ["hello"])
        broken.clear()
        jobs.again(failed.name, *failed.call())
    assert done == ["hello"]


def test_one_that_must_wait_is_no_failure(forgetful):
    ask_for("hello")
    broken.append(jobs.NotNow("later", 60))
    with inside(), pytest.raises(jobs.NotNow):
        see_to(row().id)
    broken.clear()
    assert row().tries == 0
    forgetful.undo()
    look_for_lost(after=timedelta(minutes=5))
    assert done == []
    with inside():
        see_to(row().id)
    assert (done, left()) == (["hello"], 0)


def test_a_job_that_there_is_no_more_is_set_aside_and_not_lost(forgetful):
    ask_for("hello")
    with inside(), writing() as current:
        current.query(DurableJob).update({"name": "tests.gone"})
    with inside(), pytest.raises(LookupError, match=r"There is no job tests\.gone any more"):
        see_to(row().id)
    assert row().tries == 1
