"""Limits and Redis: what is counted goes on being counted without it, and nobody waits for it again and again."""

import socket
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter
from redis import RedisError

from core import redis_client
from tests.factories import a_user
from tests.test_accounts import logs_in
from tests.visitor import Visitor
from web import limits


@pytest.fixture
def nobody() -> Iterator[str]:
    """The address of a Redis that is not there."""
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))  # bound, and never listened at
        yield f"redis://127.0.0.1:{place.getsockname()[1]}/0"
    redis_client.forget()


@pytest.fixture
def counted_alone(limited, nobody, monkeypatch):
    """The application with its limits, whose Redis has just died: nothing has noticed yet."""
    storage = storage_from_string(f"livery+{nobody}")
    monkeypatch.setattr(limits.limiter, "_storage", storage)
    monkeypatch.setattr(limits.limiter, "_limiter", MovingWindowRateLimiter(storage))
    monkeypatch.setattr(limits, "_failures", MovingWindowRateLimiter(storage))
    return limited


def test_every_writer_is_counted_while_redis_is_away_and_none_fails(counted_alone):
    tries = Visitor(counted_alone)
    told = [tries.post("/login", {"name": "", "password": ""}).status for _ in range(70)]
    assert set(told) == {422, 429}, told


def test_failed_log_ins_are_counted_while_redis_is_away(counted_alone, guest):
    a_user("Bert")
    for _ in range(5):
        assert "The name or the password is not right." in logs_in(guest, "Bert", "wrong").words
    assert "Those were too many tries for this name." in logs_in(guest, "Bert").words


# --- how long it is left alone ---


class Clock:
    """A clock that shows what it is told."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(redis_client, "time", made)
    return made


def ask(url: str, *, fails: bool, meanwhile: Callable[[], object] = bool) -> str:
    """Asks a Redis, and tells how that went."""
    try:
        with redis_client.asking(url):
            meanwhile()
            if fails:
                raise RedisError
            return "answered"
    except redis_client.Away:
        return "left alone"
    except RedisError:
        return "silent"


def test_a_redis_that_does_not_answer_is_left_alone_longer_and_longer(nobody, clock):
    asked = []
    for _ in range(220):
        if ask(nobody, fails=True) == "silent":
            asked.append(clock.now)
        clock.now += 0.5
    waits = [after - before for before, after in pairwise(asked)]
    assert waits == [2, 4, 8, 16, 30, 30]


def test_who_asks_after_a_rest_asks_alone(nobody, clock):
    ask(nobody, fails=True)
    clock.now += 2
    others = []
    ask(nobody, fails=True, meanwhile=lambda: others.append(ask(nobody, fails=False)))
    assert others == ["left alone"]


def test_those_who_wait_together_make_one_rest_of_it(nobody, clock):
    ask(nobody, fails=True, meanwhile=lambda: ask(nobody, fails=True))
    clock.now += 2
    assert ask(nobody, fails=False) == "answered"
    assert ask(nobody, fails=False) == "answered"
