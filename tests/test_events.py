"""Events: written with the change, delivered after the commit, delivered again when a process died."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from core import clock, events
from core.db import session, writing
from core.events import Outbox, deliver, deliver_outbox, emit, subscribe
from forum import topics
from forum.posts import PostCreated
from forum.topics import TopicCreated
from forum.votes import VoteCast
from tests.factories import (
    a_category,
    a_post,
    a_scheduled_topic,
    a_topic,
    a_user,
    a_vote,
    first_post,
    inside,
    number_of,
)


@dataclass(frozen=True)
class BellRung:
    """Something that happens in these tests only."""

    bell_id: int


@pytest.fixture(autouse=True)
def _subscriptions() -> Iterator[None]:
    before = [
        (table, {name: list(found) for name, found in table.items()})
        for table in (events._subscribers, events._at_once)
    ]
    yield
    for table, kept in before:
        table.clear()
        table.update(kept)


def ring(number: int = 1, *, fail: bool = False) -> None:
    """Announces an event in a transaction."""
    with inside(), writing():
        emit(BellRung(number))
        if fail:
            raise RuntimeError


def test_a_subscriber_hears_of_it_after_the_commit_and_the_outbox_is_empty(app):
    heard = []
    subscribe(BellRung)(lambda event: heard.append((event, number_of(Outbox))))
    with inside():
        with writing():
            emit(BellRung(7))
            assert heard == []
        assert [event for event, _ in heard] == [BellRung(7)]
    assert number_of(Outbox) == 0


def test_what_was_rolled_back_never_happened(app):
    heard = []
    subscribe(BellRung)(heard.append)
    subscribe(BellRung, at_once=True)(heard.append)
    with pytest.raises(RuntimeError):
        ring(fail=True)
    assert heard == []
    assert number_of(Outbox) == 0


def test_all_subscribers_hear_it(app):
    heard = []
    for name in ("first", "second"):
        subscribe(BellRung)(lambda event, name=name: heard.append(name))
    ring()
    assert heard == ["first", "second"]


def test_a_subscriber_at_once_needs_no_outbox(app):
    heard = []
    subscribe(BellRung, at_once=True)(lambda event: heard.append(event.bell_id))
    ring(3)
    assert heard == [3]
    assert number_of(Outbox) == 0


def test_an_event_that_nobody_awaits_costs_no_row(app):
    ring()
    assert number_of(Outbox) == 0


def test_announcing_outside_of_a_transaction_is_a_mistake(app):
    with inside(), pytest.raises(RuntimeError):
        emit(BellRung(1))


def test_delivering_twice_is_safe(app):
    heard = []
    subscribe(BellRung)(heard.append)
    with inside(), writing():
        session().add(Outbox(name="BellRung", payload='{"bell_id": 5}', created_at=clock.now()))
    with inside():
        deliver(1)
        deliver(1)
        deliver(99)
    assert heard == [BellRung(5)]


def test_what_a_dead_process_left_behind_is_delivered_later(app):
    heard = []
    subscribe(BellRung)(heard.append)
    with inside(), writing():
        for number in (1, 2):
            session().add(Outbox(name="BellRung", payload=f'{{"bell_id": {number}}}', created_at=clock.now()))
    with inside():
        deliver_outbox()
    assert heard == []  # its own process may be at it
    clock.travel(timedelta(minutes=2))
    with inside():
        deliver_outbox()
    assert heard == [BellRung(1), BellRung(2)]
    assert number_of(Outbox) == 0


def test_a_subscriber_that_fails_keeps_the_event_and_stops_no_other_event(app):
    heard = []

    @subscribe(BellRung)
    def picky(event: BellRung) -> None:
        if event.bell_id == 1:
            raise ValueError("cracked")
        heard.append(event.bell_id)

    with inside(), writing():
        for number in (1, 2):
            session().add(Outbox(name="BellRung", payload=f'{{"bell_id": {number}}}', created_at=clock.now()))
        session().add(Outbox(name="NobodyKnows", payload="{}", created_at=clock.now()))
        session().add(Outbox(name="BellRung", payload='{"bell_id": 3}', created_at=clock.now()))
    clock.travel(timedelta(minutes=2))
    with inside():
        deliver_outbox()
    assert heard == [2, 3]
    with inside():
        left = session().query(Outbox).order_by(Outbox.id).all()
        assert [(row.name, row.tries) for row in left] == [("BellRung", 1), ("NobodyKnows", 1)]


def test_a_write_stands_even_if_a_subscriber_fails(app):
    @subscribe(BellRung)
    def fails(event: BellRung) -> None:
        raise ValueError("cracked")

    ring()
    assert number_of(Outbox) == 1


def test_the_forum_announces_topics_posts_and_votes(app):
    heard = []
    for kind in (TopicCreated, PostCreated, VoteCast):
        subscribe(kind)(heard.append)
    topic = a_topic()
    reply = a_post(in_=topic)
    voter = a_user()
    a_vote(reply, by=voter)
    a_vote(reply, by=voter)
    assert heard == [TopicCreated(topic.id), PostCreated(reply.id), VoteCast(reply.id, voter.id, 1)]
    heard.clear()
    scheduled = a_scheduled_topic(by=a_user(), in_=a_category())
    assert heard == []
    clock.travel(timedelta(days=2))
    with inside():
        topics.publish_due()
    assert heard == [TopicCreated(scheduled.id)]
    assert first_post(scheduled).number == 1


def test_a_subscriber_that_raises_keeps_the_event_from_no_other(app):
    def fail(event) -> None:
        raise RuntimeError("a plugin of somebody else")

    heard = []
    subscribe(BellRung)(fail)
    subscribe(BellRung)(heard.append)
    ring()
    assert heard == [BellRung(1)]
    with inside():
        assert number_of(Outbox) == 1  # it is tried again for whoever did not take it


def test_a_subscriber_that_raises_costs_nobody_his_answer(app, ann, caplog):
    def fail(event) -> None:
        raise RuntimeError("a plugin of somebody else")

    heard = []
    subscribe(PostCreated, at_once=True)(fail)
    subscribe(PostCreated, at_once=True)(heard.append)
    topic = a_topic()
    caplog.clear()
    answer = ann.post(f"/topic/{topic.id}/posts", {"body": "It stands all the same."})
    assert answer.status == 303
    assert "It stands all the same." in ann.get(f"/topic/{topic.id}/{topic.slug}").words
    assert len(heard) == 1
    assert "a plugin of somebody else" in caplog.text
    caplog.clear()
