"""Turns: work in threads, by as few of them as get it done, and none that waits for one who waits."""

import asyncio
import os
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextvars import ContextVar

import pytest

from web.turns import Turns, wake_gently


@pytest.fixture
def turns() -> Iterator[Turns]:
    made = Turns(3)
    yield made
    made.close()


def in_a_loop(ask: Callable[[], Awaitable[object]]) -> object:
    async def run() -> object:
        return await asyncio.wait_for(ask(), 20)

    return asyncio.run(run())


def busy() -> str:
    """Some work, and the thread that did it."""
    sum(range(2000))
    return threading.current_thread().name


def test_who_asks_gets_what_was_found_or_what_went_wrong(turns):
    async def ask() -> None:
        assert await turns.run(divmod, 7, 2) == (3, 1)
        with pytest.raises(ZeroDivisionError):
            await turns.run(divmod, 7, 0)

    in_a_loop(ask)


def test_nothing_that_one_leaves_behind_is_there_for_the_next(turns):
    who: ContextVar[str] = ContextVar("who", default="nobody")

    async def ask() -> object:
        await turns.run(who.set, "somebody")
        return await asyncio.gather(*(turns.run(who.get) for _ in range(5)))

    assert in_a_loop(ask) == ["nobody"] * 5


def test_one_thread_does_what_came_at_once(turns):
    async def ask() -> list[str]:
        return await asyncio.gather(*(turns.run(busy) for _ in range(100)))

    assert len(set(in_a_loop(ask))) == 1


def test_one_who_waits_holds_up_nobody(turns):
    over = threading.Event()

    async def ask() -> None:
        waits = [turns.run(over.wait, 20) for _ in range(2)]
        assert await asyncio.gather(*(turns.run(busy) for _ in range(20)))
        assert not any(each.done() for each in waits)
        over.set()
        assert await asyncio.gather(*waits) == [True, True]

    in_a_loop(ask)


def test_several_take_what_mostly_waits(turns):
    """Each is taken soon, but one thread would leave the processor idle."""

    def wait() -> str:
        time.sleep(0.002)
        return threading.current_thread().name

    async def ask() -> list[str]:
        return await asyncio.gather(*(turns.run(wait) for _ in range(100)))

    assert len(set(in_a_loop(ask))) > 1


def test_there_are_never_more_threads_than_may_be(turns):
    over = threading.Event()

    async def ask() -> None:
        waits = [turns.run(over.wait, 20) for _ in range(3)]
        last = turns.run(busy)
        await asyncio.sleep(0.1)
        assert not last.done()
        over.set()
        await asyncio.gather(*waits, last)

    in_a_loop(ask)


def test_what_nobody_waits_for_any_more_is_not_done(turns):
    done = []

    async def ask() -> None:
        first, second = turns.run(time.sleep, 0.05), turns.run(done.append, 1)
        second.cancel()
        await first
        await turns.run(busy)
        assert not done

    in_a_loop(ask)


def test_what_is_done_is_told_though_the_next_takes_long(turns):
    over = threading.Event()

    async def ask() -> None:
        quick = [turns.run(busy) for _ in range(3)]
        waits = [turns.run(over.wait, 20) for _ in range(4)]
        assert await asyncio.wait_for(asyncio.gather(*quick), 5)
        over.set()
        await asyncio.gather(*waits)

    in_a_loop(ask)


def test_who_went_away_disturbs_nobody(turns):
    async def ask() -> None:
        gone = turns.run(time.sleep, 0.05)
        await asyncio.sleep(0.01)
        gone.cancel()
        assert await turns.run(busy)

    in_a_loop(ask)


def test_a_loop_that_ended_takes_nothing_with_it(turns):
    """It was about to look whether another thread is needed; the next loop looks for itself."""
    over = threading.Event()

    async def leave() -> None:
        turns.run(over.wait, 20)
        turns.run(busy)

    async def ask() -> None:
        assert await turns.run(busy)

    in_a_loop(leave)
    in_a_loop(ask)
    over.set()


def test_nothing_is_begun_after_the_end(turns):
    begun, over, done = threading.Event(), threading.Event(), []

    def wait() -> None:
        begun.set()
        over.wait(20)

    async def ask() -> None:
        first = turns.run(wait)
        await asyncio.to_thread(begun.wait, 20)
        second = turns.run(done.append, 1)
        turns.close()
        over.set()
        await first
        with pytest.raises(asyncio.CancelledError):
            await second
        assert not done

    in_a_loop(ask)


@pytest.mark.skipif(not hasattr(os, "SCHED_BATCH"), reason="This system has no such policy.")
def test_a_thread_that_wakes_does_not_stop_the_one_that_runs():
    """Asked for in a thread of its own: the policy is a thread's, and those that it starts have it, too."""
    found = []

    def later() -> None:
        found.append(os.sched_getscheduler(0))

    def ask() -> None:
        wake_gently()
        later()
        thread = threading.Thread(target=later)
        thread.start()
        thread.join()

    before = os.sched_getscheduler(0)
    asking = threading.Thread(target=ask)
    asking.start()
    asking.join()
    assert found == [os.SCHED_BATCH] * 2
    assert os.sched_getscheduler(0) == before
