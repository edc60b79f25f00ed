"""Live: what pages are told, by whose rights, and the parts that they ask for."""

import asyncio
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from datetime import timedelta

import pytest
from flask import Flask, has_app_context
from redis import Redis
from redis.exceptions import RedisError

from app import create_app
from core import clock, config, pending, presence, pubsub
from core.config import ROOT
from core.db import session, writing
from core.events import emit
from forum import following, layout, live
from forum.deletions import PostDeleted
from forum.refusals import Missing
from tests.factories import (
    a_category,
    a_post,
    a_private_category,
    a_scheduled_topic,
    a_topic,
    a_user,
    a_vote,
    change,
    first_post,
    fresh,
    inside,
    many_posts,
    posts_of,
    set_setting,
    viewer_of,
)
from tests.visitor import Visitor, numbers, path_of
from web.live import Streams
from web.turns import Turns

pytestmark = pytest.mark.usefixtures("heard_here")


class Signals(list):
    """Signals as they are published, in order; those about readers' own counts apart."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: list[str] = []

    def take(self, lines) -> None:
        for line in lines:
            (self.counts if line.startswith(("place-", "user-")) else self).append(line)

    def forget(self) -> None:
        self.clear()
        self.counts.clear()


@pytest.fixture
def told(app):
    """Every signal that is published, in order."""
    heard = Signals()
    stop = pubsub.listen(heard.take)
    yield heard
    stop()


@pytest.fixture
def topic(app):
    """A topic with three posts."""
    made = a_topic(body="First.")
    a_post(in_=made, body="Second.")
    a_post(in_=made, body="Third.")
    return fresh(made)


# --- what is told ---


def test_a_reply_is_told_once_to_those_who_read_its_topic(ann, topic, told):
    ann.post(f"/topic/{topic.id}/posts", {"body": "Fourth."})
    assert told == [f"topic-{topic.id} new 4"]


def test_an_answer_tells_also_of_the_post_that_it_answers(ann, topic, told):
    second = posts_of(topic)[1]
    ann.post(f"/topic/{topic.id}/posts", {"body": "Fourth.", "reply_to": second.id})
    assert set(told) == {f"topic-{topic.id} new 4", f"topic-{topic.id} post {second.id}"}


def test_a_vote_and_an_edit_are_told_of(ann, topic, told):
    second = posts_of(topic)[1]
    ann.post(f"/post/{second.id}/vote", {"value": "1"})
    assert told == [f"topic-{topic.id} post {second.id}"]
    told.clear()
    mine = a_post(in_=topic, by=ann.user)
    told.clear()
    page = ann.get(f"/post/{mine.id}/edit")
    ann.submit(page, f"/post/{mine.id}/edit", body="Better words.")
    assert f"topic-{topic.id} post {mine.id}" in told


def test_a_lock_a_new_name_and_a_move_are_told_of(app, topic, told):
    for changed in ({"locked_at": clock.now()}, {"title": "Renamed"}, {"category_id": a_category().id}):
        told.clear()
        change(topic, **changed)
        assert told == [f"topic-{topic.id} topic {topic.id}"]


def test_views_are_not_told_of(app, topic, told):
    change(topic, views=99)
    assert told == []


def test_a_new_topic_is_told_to_lists_and_a_scheduled_one_when_it_is_published(app, told):
    place, bert = a_category(), a_user("Bert")
    a_topic(in_=place, by=bert)
    assert f"lists new {place.id}" in told
    told.clear()
    later = a_scheduled_topic(by=bert, in_=place)
    assert f"lists new {place.id}" not in told
    change(later, scheduled=False)
    assert f"lists new {place.id}" in told


def test_what_is_rolled_back_is_not_told(ann, topic, told):
    change(topic, locked_at=clock.now())
    told.clear()
    assert ann.post(f"/topic/{topic.id}/posts", {"body": "Refused."}).status == 403
    assert told == []


def test_what_may_be_unread_now_is_told_to_those_who_follow_its_category(ann, topic, told):
    place = f"place-{topic.category_id}"
    ann.post(f"/topic/{topic.id}/posts", {"body": "Fourth."})
    assert told.counts == [f"{place} unread {topic.id}"]
    for changed in ({"deleted_at": clock.now()}, {"deleted_at": None}, {"scheduled": True}, {"scheduled": False}):
        told.forget()
        change(topic, **changed)
        assert told.counts == ([] if changed == {"scheduled": True} else [f"{place} unread {topic.id}"])
    told.forget()
    new = a_category()
    change(topic, category_id=new.id)
    assert sorted(told.counts) == sorted([f"{place} unread {topic.id}", f"place-{new.id} unread {topic.id}"])
    told.forget()
    change(topic, title="Renamed", locked_at=clock.now(), views=7)
    assert told.counts == []


def test_what_changes_ones_own_counts_is_told_to_ones_own_pages(ann, topic, told):
    mine = f"user-{ann.user.id} bell {ann.user.id}"
    ann.get("/unread")

    def tells(act) -> bool:
        told.forget()
        act()
        return mine in told.counts

    clock.travel(timedelta(minutes=1))
    a_post(in_=topic)
    assert tells(lambda: ann.get(path_of(topic)))
    assert not tells(lambda: ann.get(path_of(topic)))
    for mark in ("all-read", "all-unread"):
        assert tells(lambda mark=mark: ann.post("/unread", {"mark": mark}))
    for read in "01":
        assert tells(lambda read=read: ann.post(f"/topic/{topic.id}/unread", {"read": read}))
    assert tells(lambda: ann.post(f"/topic/{topic.id}/follow", {"state": "watch"}))
    assert tells(lambda: ann.post(f"/category/{topic.category_id}/follow", {"state": "ignore"}))
    told_of = a_post(in_=topic)
    assert mine in told.counts
    assert tells(lambda: ann.post("/notifications"))
    assert not tells(lambda: a_post(in_=a_topic()))
    assert tells(lambda: a_post(in_=topic))
    notice = re.search(r'href="(/notifications/\d+)"', ann.get("/notifications").html)[1]
    assert tells(lambda: ann.get(notice))
    assert tells(lambda: ann.post("/user/marshal/block", {"block": "1"})) is False
    bob = a_user("Bob")
    for block in "10":
        assert tells(lambda block=block: ann.post(f"/user/{bob.slug}/block", {"block": block}))
    assert told_of.id


def test_a_notice_that_is_taken_back_is_told_of(ann, topic, told):
    ann.get("/")
    ann.post(f"/topic/{topic.id}/follow", {"state": "watch"})
    post = a_post(in_=topic, by=a_user("Bob"))
    told.forget()
    with inside(), writing():
        emit(PostDeleted(post.id, topic.id, post.author_id))
    assert told.counts == [f"user-{ann.user.id} bell {ann.user.id}"]


def test_signals_name_things_and_carry_no_words(ann, topic, told):
    ann.post(f"/topic/{topic.id}/posts", {"body": "A secret word."})
    ann.post(f"/category/{topic.category_id}/topics", {"title": "A secret title", "body": "Secret."})
    assert told
    assert all(len(line.split(" ")) == 3 and line.split(" ")[2].isdecimal() for line in told)
    assert "secret" not in " ".join(told).lower()


def test_where_nobody_listens_nothing_is_worked_out(ann, topic):
    assert not pubsub.anybody()
    ann.post(f"/topic/{topic.id}/posts", {"body": "Fourth."})
    with inside():
        assert "live" not in session().info


def test_a_listener_that_fails_does_not_stop_the_others_or_the_write(ann, topic, told):
    def broken(lines):
        raise ZeroDivisionError

    stop = pubsub.listen(broken)
    try:
        assert ann.post(f"/topic/{topic.id}/posts", {"body": "Fourth."}).status == 303
    finally:
        stop()
    assert f"topic-{topic.id} new 4" in told


# --- who is told ---


def test_a_page_is_told_only_of_what_its_reader_may_see(app, topic):
    secret, open_ = a_private_category("Backstage", for_="moderators"), a_category("Open")
    hidden = a_topic(in_=secret)
    ann = a_user("Ann")
    with inside():
        member, guest = viewer_of(ann), viewer_of(None)
        place = f"place-{topic.category_id}"
        own = {f"user-{ann.id}", place, f"place-{open_.id}"}
        assert live.audience(member, topic.id, None) == {f"topic-{topic.id}", *own}
        assert live.audience(guest, topic.id, None) == {f"topic-{topic.id}"}
        with pytest.raises(Missing):
            live.audience(member, hidden.id, None)
        everywhere = live.audience(guest, None, 0)
        assert f"lists new {open_.id}" in everywhere
        assert f"lists new {secret.id}" not in everywhere
        assert live.audience(guest, None, open_.id) == {f"lists new {open_.id}"}
        with pytest.raises(Missing):
            live.audience(guest, None, secret.id)
    with inside(), writing():
        following.follow_category(member, open_.id, "normal")
    with inside():
        assert live.audience(member, None, None) == {f"user-{ann.id}", place}


# --- what a page asks for ---


def test_the_state_says_the_last_number_and_moves_with_every_change(ann, guest, topic):
    def state(reader: Visitor) -> dict:
        answer = reader.send("GET", f"/live/state?topic={topic.id}")
        assert answer.status == 200
        return answer.raw.get_json()

    before = state(guest)
    assert before["number"] == 3
    assert f'data-stamp="{before["stamp"]}"' in guest.get(path_of(topic)).html
    assert state(guest) == before
    a_vote(posts_of(topic)[1], by=a_user())
    after = state(guest)
    assert after["number"] == 3
    assert after["stamp"] != before["stamp"]
    hidden = a_topic(in_=a_private_category("Backstage", for_="moderators"))
    assert ann.get(f"/live/state?topic={hidden.id}").status == 404


def test_the_state_of_a_member_moves_with_his_own_counts(ann, guest, topic):
    def own(reader: Visitor) -> str:
        return reader.send("GET", "/live/state").raw.get_json()["own"]

    assert own(guest) == ""
    assert "data-own" not in guest.get("/recent").html
    before = own(ann)
    assert f'data-own="{before}"' in ann.get("/recent").html
    assert own(ann) == before
    for act in (
        lambda: a_topic(in_=a_private_category("Backstage")),
        lambda: ann.get(path_of(topic)),
        lambda: ann.post(f"/topic/{topic.id}/unread", {"read": "0"}),
        lambda: a_vote(first_post(a_topic(by=ann.user))),
        lambda: ann.get(re.search(r'href="(/notifications/\d+)"', ann.get("/notifications").html)[1]),
    ):
        act()
        assert own(ann) != before
        before = own(ann)


def test_ones_own_counts_are_parts_of_every_page_htmx(ann, guest, topic):
    clock.travel(timedelta(hours=1))
    a_post(in_=topic, body="@ann")
    answer, page = ann.htmx.get("/live/own"), ann.get("/recent")
    assert [part.target for part in answer.parts] == ["#bell-count", "#unread-count-2", "#unread-menu-2"]
    for part in answer.parts:
        assert page.shows(part.html)
        assert re.search(r">1<span", part.html)
    assert ann.get("/live/own").location == "/notifications"
    assert guest.get("/live/own").location.startswith("/login")
    with inside(), writing():
        layout.arrange([("clock", "Recent", "/recent", "everyone")])
    assert [part.target for part in ann.htmx.get("/live/own").parts] == ["#bell-count"]


def test_what_comes_while_one_reads_the_end_counts_as_read(ann, guest, topic):
    clock.travel(timedelta(hours=1))
    ann.get(path_of(topic))
    many_posts(topic, 60)
    assert "1" in re.search(r'id="unread-count-2">(\d+)<', ann.get("/recent").html)[1]
    ann.htmx.get(f"/topic/{topic.id}/news?after=30")  # not what follows the last that he read
    assert ann.get(f"{path_of(topic)}/unread").location.endswith("/4")
    ann.htmx.get(f"/topic/{topic.id}/news?after=3")
    assert ann.get(f"{path_of(topic)}/unread").location.endswith("/54")
    ann.htmx.get(f"/topic/{topic.id}/news?after=53")
    assert 'id="unread-count-2" hidden' in ann.get("/recent").html
    guest.htmx.get(f"/topic/{topic.id}/news?after=3")


def test_news_are_the_posts_after_a_number_in_order(guest, topic):
    many_posts(topic, 60)
    answer = guest.htmx.get(f"/topic/{topic.id}/news?after=2")
    assert numbers(answer) == list(range(3, 53))
    assert {part.target for part in answer.parts} == {
        "#stream-end",
        f"#topic-{topic.id}-stats",
        f"#topic-{topic.id}-navigator",
    }
    assert numbers(guest.htmx.get(f"/topic/{topic.id}/news?after=52")) == list(range(53, 64))
    assert numbers(guest.htmx.get(f"/topic/{topic.id}/news?after=63")) == []
    newest = guest.htmx.get(f"/topic/{topic.id}/news?after=61&sort=newest_to_oldest")
    assert [part.target for part in newest.parts][:2] == ["#stream-newest"] * 2


def test_a_part_that_is_asked_for_is_the_one_of_the_page_htmx(ann, topic):
    page = ann.get(path_of(topic))
    second = posts_of(topic)[1]
    answer = ann.htmx.get(f"/post/{second.id}/fresh")
    assert [part.target for part in answer.parts] == [f"#post-{second.id}"]
    assert page.shows(answer.parts[0].html)
    whole = ann.htmx.get(f"/topic/{topic.id}/fresh?from=1&to=3&at=1")
    assert numbers(whole) == [1, 2, 3]
    for part in whole.parts:
        assert page.shows(part.html), part.target


def test_a_part_that_is_asked_for_is_the_one_of_the_page_plain(guest, topic):
    second = posts_of(topic)[1]
    assert guest.get(f"/post/{second.id}/fresh").location == f"{path_of(topic)}/2"
    assert guest.get(f"/topic/{topic.id}/news?after=1").location == f"{path_of(topic)}/3"
    assert guest.get(f"/topic/{topic.id}/fresh").location == f"{path_of(topic)}/1"


def test_a_locked_topic_takes_the_reply_button_from_its_readers(ann, topic):
    change(topic, locked_at=clock.now())
    answer = ann.htmx.get(f"/topic/{topic.id}/fresh")
    assert numbers(answer) == []
    tools = next(part.html for part in answer.parts if part.target == f"#topic-{topic.id}-tools")
    assert "locked" in tools
    assert f'href="/topic/{topic.id}/reply"' not in tools


@pytest.mark.parametrize("path", ["/topic/{}/news?after=1", "/topic/{}/fresh?from=1&to=9", "/post/{}/fresh"])
def test_parts_keep_the_rights_of_whoever_asks(ann, path):
    hidden = a_topic(in_=a_private_category("Backstage", for_="moderators"))
    key = first_post(hidden).id if path.startswith("/post") else hidden.id
    assert ann.htmx.get(path.format(key)).status == 404
    assert ann.htmx.get(path.format(10**17)).status == 404


@pytest.mark.parametrize(
    "query", ["after=x", "after=-1", "after=" + "9" * 18, "sort=luck", "from=1&to=", "from=0&to=0"]
)
def test_odd_questions_are_answered(guest, topic, query):
    for path in (f"/topic/{topic.id}/news", f"/topic/{topic.id}/fresh"):
        assert guest.htmx.get(f"{path}?{query}").status in (200, 400)


# --- which pages follow ---


def test_a_page_says_what_it_follows(ann, guest, topic):
    place = fresh(topic).category_id
    for reader in (ann, guest):
        page = reader.get(path_of(topic))
        assert f'data-events="/events?topic={topic.id}"' in page.html
        assert 'data-number="3"' in page.html
        assert 'data-events="/events?list=0"' in reader.get("/recent").html
        assert f'data-events="/events?list={place}"' in reader.follow(reader.get(f"/category/{place}")).html
    assert 'data-events="/events"' in ann.get("/users").html
    assert "js/live.js" in ann.get("/users").html
    assert "data-events" not in guest.get("/users").html
    assert "js/live.js" not in guest.get("/users").html


def test_a_setting_leaves_guests_out(guest, ann, topic):
    set_setting("live.guests", "no")
    page = guest.get(path_of(topic))
    assert "data-events" not in page.html
    assert "js/live.js" not in page.html
    assert "data-events" in ann.get(path_of(topic)).html


def test_a_server_without_streams_leaves_the_page_to_look_for_itself(guest):
    assert guest.get("/events").status == 204


# --- streams ---


class Listening:
    """An open stream, and what it has said so far."""

    def __init__(
        self, streams: Streams, reader: Visitor, query: str, *more: tuple[bytes, bytes], method: str = "GET"
    ) -> None:
        self.more, self.method = more, method
        self.streams, self.reader, self.query = streams, reader, query
        self.status, self.said, self.leave = 0, "", asyncio.Event()
        self.headers: dict[str, str] = {}

    async def __aenter__(self) -> "Listening":
        kept = self.reader.client.get_cookie("session")
        cookie = [(b"cookie", f"session={kept.value}".encode())] if kept else []
        scope = {
            "type": "http", "method": self.method, "path": "/events", "query_string": self.query.encode(),
            "http_version": "1.1", "scheme": "http", "server": ("localhost", 80), "client": (self.reader.address, 5),
            "headers": [(b"host", b"localhost"), *cookie, *self.more],
        }  # fmt: skip
        self.running = asyncio.ensure_future(self.streams(scope, self._receive, self._send))
        await self.until(lambda: "event: hello" in self.said or self.running.done())
        return self

    async def __aexit__(self, *error: object) -> None:
        self.leave.set()
        await self.running

    async def until(self, done: Callable[[], bool]) -> None:
        """Lets the loop go on until something is true."""
        async with asyncio.timeout(10):
            while not done():
                await asyncio.sleep(0)

    def signals(self) -> list[str]:
        """The signals that it was told."""
        found = re.findall(r"event: signal\n((?:data: .*\n)+)", self.said)
        return [line.removeprefix("data: ") for each in found for line in each.splitlines()]

    async def _receive(self) -> dict[str, str]:
        await self.leave.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: dict) -> None:
        self.status = message.get("status", self.status)
        self.headers |= {name.decode(): value.decode() for name, value in message.get("headers", [])}
        self.said += message.get("body", b"").decode()


@contextmanager
def streams_of(app: Flask, threads: int = 2) -> Iterator[Streams]:
    """The streams of a process, which nobody has opened yet."""
    turns = Turns(threads)
    made = Streams(app, turns)
    try:
        yield made
    finally:
        made.close()
        turns.close()


@pytest.fixture
def streams(app):
    """The streams of this test's application."""
    with streams_of(app) as made:
        yield made


def test_a_stream_says_how_things_stand_and_then_what_happens(ann, guest, topic, streams):
    place = a_category()

    async def listen() -> None:
        async with Listening(streams, guest, f"topic={topic.id}") as one, Listening(streams, ann, "list=0") as two:
            assert one.status == two.status == 200
            assert f'"number": 3, "stamp": "{topic_stamp(topic)}"' in one.said
            await asyncio.to_thread(a_post, in_=topic, body="Fourth.")
            await one.until(lambda: one.signals())
            assert one.signals() == [f"topic-{topic.id} new 4"]
            await asyncio.to_thread(a_topic, in_=place)
            await two.until(lambda: len(two.signals()) >= 3)
            news = [f"place-{topic.category_id} unread {topic.id}", f"lists new {place.id}"]
            assert two.signals() == [*news, f"place-{place.id} unread {topic.id + 1}"]
            assert one.signals() == [f"topic-{topic.id} new 4"]
        assert streams.open == 0

    asyncio.run(listen())


def test_a_burst_is_told_once_each_and_in_order(guest, topic, streams):
    async def listen() -> None:
        async with Listening(streams, guest, f"topic={topic.id}") as one:
            for _ in range(50):
                await asyncio.to_thread(a_post, in_=topic)
            await one.until(lambda: len(one.signals()) >= 50)
            assert one.signals() == [f"topic-{topic.id} new {number}" for number in range(4, 54)]

    asyncio.run(listen())


def test_a_stream_is_refused_to_whoever_may_not_read(ann, guest, streams):
    hidden = a_topic(in_=a_private_category("Backstage", for_="moderators"))

    async def ask() -> list[int]:
        found = []
        for reader, query in (
            (ann, f"topic={hidden.id}"), (guest, f"list={hidden.category_id}"), (guest, "topic=999999"), (guest, "topic=x"),
        ):  # fmt: skip
            async with Listening(streams, reader, query) as one:
                found.append(one.status)
        return found

    assert asyncio.run(ask()) == [404, 404, 404, 400]


def test_one_member_may_not_open_streams_without_end(ann, streams):
    async def ask() -> list[int]:
        async with AsyncExitStack() as many:
            made = [await many.enter_async_context(Listening(streams, ann, "")) for _ in range(22)]
            return [each.status for each in made]

    assert asyncio.run(ask()) == [200] * 20 + [429] * 2


def all_of(streams: Streams, *readers: Visitor) -> list[Listening]:
    """A stream for each reader, all open at the same time as far as they are to be had."""

    async def ask() -> list[Listening]:
        async with AsyncExitStack() as many:
            opened = [many.enter_async_context(Listening(streams, reader, "")) for reader in readers]
            return list(await asyncio.gather(*opened))

    return asyncio.run(ask())


def test_guests_at_one_address_may_not_open_streams_without_end(ann, visit, app, streams, caplog):
    set_setting("live.guests_at_once", "5")
    many, other = [Visitor(app, address="203.0.113.9")] * 9, Visitor(app, address="203.0.113.10")
    found = all_of(streams, *many, other, ann)
    assert sorted(each.status for each in found) == [200] * 7 + [429] * 4
    assert [each.status for each in found[-2:]] == [200, 200]
    refused = next(each for each in found if each.status == 429)
    assert refused.headers["retry-after"] == "60"
    assert caplog.text.count("Live streams are refused") == 1
    household = [Visitor(app, address=f"2001:db8:1:2::{number}") for number in range(1, 8)]
    assert sorted(each.status for each in all_of(streams, *household)) == [200] * 5 + [429] * 2
    assert streams.open == 0
    set_setting("live.guests_at_once", "0")
    assert {each.status for each in all_of(streams, *many)} == {200}


def test_guests_leave_room_for_members(app, visit, monkeypatch):
    """However few files the process may open, half of them are for whoever reads."""
    monkeypatch.setattr(resource, "getrlimit", lambda what: (18, 18))
    guests = [Visitor(app, address=f"203.0.113.{number}") for number in range(8)]
    members = [visit(a_user(name)) for name in ("Ann", "Bert", "Carl", "Dora")]
    with streams_of(app) as streams:
        found = [each.status for each in all_of(streams, *guests, *members)]
    assert sorted(found[:8]) == [200] * 6 + [429] * 2
    assert sorted(found[8:]) == [200] * 3 + [429]


SAID_BY_EVERY_ANSWER = ("content-security-policy", "x-content-type-options", "referrer-policy", "x-request-id")


def test_streams_and_their_refusals_say_what_every_answer_says(guest, streams):
    asked = (("", "GET", 200), ("topic=999999", "GET", 404), ("", "HEAD", 405), ("", "POST", 405), ("", "OPTIONS", 405))

    async def ask() -> None:
        for query, method, status in asked:
            named = (b"x-request-id", b"one-request-7")
            async with Listening(streams, guest, query, named, method=method) as one:
                assert one.status == status, method
                assert set(SAID_BY_EVERY_ANSWER) <= one.headers.keys(), (method, status)
                assert one.headers["x-request-id"] == "one-request-7"
                assert one.headers.get("allow") == ("GET" if status == 405 else None)
                if status == 200:
                    assert one.headers["content-type"] == "text/event-stream; charset=utf-8"
                    assert one.headers["cache-control"] == "no-store"

    asyncio.run(ask())


def test_a_stream_is_not_to_be_had_under_another_name(app, guest, tmp_path):
    about = {"DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"], "SECRET_KEY": "for tests only"}
    named = config.read({**about, "LIVERY_DATA": str(tmp_path), "LIVERY_URL": "http://forum.example.org"})
    with streams_of(create_app(named, TESTING=True, RATELIMIT_ENABLED=False)) as streams:
        assert all_of(streams, guest)[0].status == 421


def test_a_cookie_that_cannot_be_read_leaves_nothing_behind(guest, app):
    async def ask(streams: Streams) -> tuple[int, bool]:
        async with Listening(streams, guest, "", (b"cookie", b"other=caf\xe9")) as one:
            return one.status, await streams.threads.run(has_app_context)

    with streams_of(app, threads=1) as streams:
        assert asyncio.run(ask(streams)) == (200, False)


def topic_stamp(topic) -> str:
    """The stamp of a topic's pages now."""
    with inside():
        return live.stamp(topic.id)


# --- who is reading, and who is typing ---


def test_members_see_who_reads_with_them_and_who_is_typing(visit, topic, streams):
    ann, bert, guest = visit(a_user("Ann")), visit(a_user("Bert")), visit()

    async def listen() -> None:
        query = f"topic={topic.id}"
        async with Listening(streams, ann, query) as one, Listening(streams, guest, query):
            async with Listening(streams, bert, query):
                await one.until(lambda: f"topic-{topic.id} people {topic.id}" in one.signals())
                seen = await asyncio.to_thread(ann.htmx.get, f"/topic/{topic.id}/readers")
                assert "Bert is reading this, too" in seen.words
                assert "typing" not in seen.words
                assert (await asyncio.to_thread(bert.post, f"/topic/{topic.id}/typing")).status == 204
                seen = await asyncio.to_thread(ann.htmx.get, f"/topic/{topic.id}/readers")
                assert "Bert is typing …" in seen.words
                assert [part.target for part in seen.parts] == [f"#topic-{topic.id}-readers"]
                await asyncio.to_thread(bert.post, f"/topic/{topic.id}/posts", {"body": "Sent."})
                seen = await asyncio.to_thread(ann.htmx.get, f"/topic/{topic.id}/readers")
                assert "typing" not in seen.words
            seen = await asyncio.to_thread(ann.htmx.get, f"/topic/{topic.id}/readers")
            assert "Bert" not in seen.words

    asyncio.run(listen())


def test_who_is_typing_fades_by_itself(visit, topic):
    ann, bert = visit(a_user("Ann")), visit(a_user("Bert"))
    bert.post(f"/topic/{topic.id}/typing")
    assert "Bert is typing" in ann.htmx.get(f"/topic/{topic.id}/readers").words
    clock.travel(timedelta(seconds=7))
    assert ann.htmx.get(f"/topic/{topic.id}/readers").words == ""


def test_guests_and_those_who_may_not_reply_are_not_shown(guest, visit, topic):
    bert = visit(a_user("Bert"))
    assert guest.post(f"/topic/{topic.id}/typing").status == 403
    change(topic, locked_at=clock.now())
    assert bert.post(f"/topic/{topic.id}/typing").status == 403
    assert f'id="topic-{topic.id}-readers"' in bert.get(path_of(topic)).html
    assert f'id="topic-{topic.id}-readers"' not in guest.get(path_of(topic)).html
    assert guest.htmx.get(f"/topic/{topic.id}/readers").words == ""
    hidden = a_topic(in_=a_private_category("Backstage", for_="moderators"))
    assert bert.htmx.get(f"/topic/{hidden.id}/readers").status == 404
    set_setting("live.readers", "no")
    assert "-readers" not in bert.get(path_of(topic)).html


# --- between processes ---


@pytest.fixture
def redis_url(tmp_path):
    """A Redis of this test's own."""
    server = shutil.which("redis-server")
    if server is None:
        pytest.fail("There is no redis-server here.", pytrace=False)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as running:
        url = f"redis://127.0.0.1:{port}/0"
        while True:
            try:
                Redis.from_url(url).ping()
                break
            except RedisError:
                assert running.poll() is None
        yield url
        running.terminate()


@pytest.mark.redis
def test_signals_and_presence_reach_other_processes_through_redis(app, redis_url, tmp_path):
    settings = config.read({"LIVERY_DATA": str(tmp_path), "REDIS_URL": redis_url, "SECRET_KEY": "x"})
    here = config.read({"LIVERY_DATA": str(tmp_path), "SECRET_KEY": "x"})
    heard, arrived = [], threading.Event()

    def hear(lines):
        heard.extend(lines)
        arrived.set()

    pubsub.connect(settings)
    presence.connect(settings)
    stop = pubsub.listen(hear)
    try:
        other = (
            "import sys; from core import config, presence, pubsub; found = config.read();"
            "pubsub.connect(found); presence.connect(found);"
            "presence.come('topic-7', 5, 60); presence.come('topic-7', 6, 60); presence.go('topic-7', 6);"
            "pubsub.publish(['topic-7 new 4', 'user-3 bell 3'])"
        )
        env = {**os.environ, "LIVERY_DATA": str(tmp_path), "REDIS_URL": redis_url, "SECRET_KEY": "x"}
        while not arrived.wait(0.2):  # the listener's thread may still be on its way to Redis
            subprocess.run([sys.executable, "-c", other], cwd=ROOT, env=env, check=True)
        assert heard[:2] == ["topic-7 new 4", "user-3 bell 3"]
        assert presence.at("topic-7") == [5]
    finally:
        stop()
        pubsub.connect(here)
        presence.connect(here)


def test_without_redis_everything_goes_on(app, visit, topic, tmp_path, monkeypatch):
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        nobody = f"redis://127.0.0.1:{place.getsockname()[1]}"  # bound, and never listened at
        away = config.read({"LIVERY_DATA": str(tmp_path), "REDIS_URL": nobody, "SECRET_KEY": "x"})
        usual = app.config["LIVERY"]
        presence.connect(away)
        pending.connect(nobody)
        try:
            ann, bert = visit(a_user("Ann")), visit(a_user("Bert"))
            assert ann.get(path_of(topic)).status == 200
            assert bert.post(f"/topic/{topic.id}/typing").status == 204
            assert "Bert is typing" in ann.htmx.get(f"/topic/{topic.id}/readers").words
            assert bert.post(f"/topic/{topic.id}/posts", {"body": "Sent without it."}).status == 303
            assert "Sent without it." in ann.get(path_of(topic)).words
        finally:
            presence.connect(usual)
            pending.connect(usual.redis_url)
