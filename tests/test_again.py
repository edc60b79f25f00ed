"""Again: a member who asks for the same page is sent what he had, for as long as it would be made the same."""

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest

from core import cache, clock, metrics, store, tally
from core.db import session, writing
from forum import accounts, groups, layout, marking
from models import Category, Draft, Topic, User
from tests.factories import (
    MODERATORS,
    a_category,
    a_moderator,
    a_post,
    a_topic,
    a_user,
    a_vote,
    an_administrator,
    an_own_skin,
    change,
    first_post,
    grant,
    group_id,
    inside,
    reads,
    set_setting,
    viewer_of,
    writes,
)
from tests.visitor import Visitor, path_of, settled
from web import again, kept


def sent_again() -> int:
    """How many pages were sent as they were."""
    found = re.search(r"^livery_answers_again_total (\d+)", metrics.text(), re.MULTILINE)
    return int(found[1]) if found else 0


def settle(visitor, *paths: str) -> None:
    """Lets somebody ask for pages until they are sent as they were."""
    for path in paths:
        for _ in range(3):
            assert visitor.get(path).status == 200
        before = sent_again()
        visitor.get(path)
        assert sent_again() == before + 1, path


@pytest.fixture
def topic(app):
    """A topic in a category of its own."""
    return a_topic(in_=a_category("Glues"), by=a_user("Writer"), title="Which glue?", body="Fish glue.", tags="glue")


@pytest.mark.parametrize(
    "path", ["/categories", "/recent?term=week", "/popular", "/tags", "/tags/glue", "/unread", "category", "topic"]
)
def test_a_page_asked_for_again_is_the_one_that_was_sent(app, topic, path):
    path = {"topic": path_of(topic), "category": f"/category/{topic.category_id}/glues"}.get(path, path)
    ann = Visitor(app, a_user("Ann"))
    settle(ann, path)
    page = ann.get(path)
    assert page.html == ann.get(path).html
    made_anew = ann.get(path + ("&" if "?" in path else "?") + "unknown=1")
    assert settled(made_anew.html.replace("?unknown=1", "").replace("&amp;unknown=1", "")) == settled(page.html)
    assert page.headers["Cache-Control"] == "private, no-cache"
    assert set(page.headers["Vary"].split(", ")) == set(made_anew.headers["Vary"].split(", "))
    assert page.headers["Content-Security-Policy"] == made_anew.headers["Content-Security-Policy"]
    assert page.headers["Content-Type"] == made_anew.headers["Content-Type"]


def test_a_page_that_begins_a_session_is_nobodys_but_its_own(app, topic):
    password = "the words of a quiet member"
    with inside(), writing():
        accounts.create("Nora", "", password)
    first = Visitor(app)
    first.submit(first.get("/login"), "/login", name="Nora", password=password, remember="y")
    tabs = [Visitor(app) for _ in range(5)]
    for tab in tabs:  # the same cookie each time, as when several tabs are opened again at once
        tab.client.set_cookie("remember_token", first.cookie("remember_token"))
        assert "Nora" in tab.get("/categories").html
    for tab in tabs:
        assert tab.post(f"/topic/{topic.id}/follow", {"state": "watch"}).status == 303


def test_every_rule_is_about_a_view_that_there_is(app):
    assert again.RULES.keys() <= app.view_functions.keys()
    assert again.RULES.keys() - {"unread.index"} <= kept.RULES.keys()


def test_a_browser_that_has_the_page_is_told_so(app, topic):
    ann, path = Visitor(app, a_user("Ann")), path_of(topic)
    settle(ann, path)
    etag = ann.get(path).headers["ETag"]
    same = ann.get(path, **{"If-None-Match": etag})
    assert (same.status, same.html) == (304, "")
    assert same.headers["ETag"] == etag
    assert "Cookie" in same.headers["Vary"]
    assert same.headers["Cache-Control"] == "private, no-cache"
    a_post(in_=topic, body="Bone glue.")
    other = ann.get(path, **{"If-None-Match": etag})
    assert other.status == 200
    assert "Bone glue." in other.words
    assert other.headers.get("ETag") != etag


def test_nobody_is_sent_what_somebody_else_was(app, topic):
    ann, path = a_user("Ann"), path_of(topic)
    readers = [Visitor(app, ann), Visitor(app, ann), Visitor(app, a_user("Bert"))]
    for reader in readers:
        settle(reader, path, "/recent")
    pages = [
        [reader.get(at).form("/skin").fields["csrf_token"].partition(".")[0] for at in (path, "/recent")]
        for reader in readers
    ]
    assert all(first == second for first, second in pages)
    assert len({first for first, _ in pages}) == 3
    assert "Bert" not in readers[0].get(path).html
    assert "Log in" in Visitor(app).get(path).words
    assert not Visitor(app).get(path).headers.get("ETag", "").startswith(f'"{again._process}')


def test_parts_of_a_page_and_odd_questions_are_made(app, topic):
    ann, path = Visitor(app, a_user("Ann")), path_of(topic)
    settle(ann, path)
    before = sent_again()
    assert "<html" not in ann.htmx.get(path).html
    assert ann.get(path + "?unknown=1").status == 200
    assert ann.get(path + "?page=1&page=1").status == 200
    assert ann.send("HEAD", path).html == ""
    assert sent_again() == before


def test_a_page_is_kept_for_a_minute(app, topic):
    ann = Visitor(app, a_user("Ann"))
    settle(ann, "/recent")
    clock.travel(timedelta(seconds=61))
    before = sent_again()
    assert "1 minute ago" in ann.get("/recent").words
    assert sent_again() == before


def test_a_page_that_was_read_again_counts_as_a_view_when_its_time_has_come(app, topic):
    ann = Visitor(app, a_user("Ann"))
    settle(ann, path_of(topic))
    tally.take()
    ann.get(path_of(topic))
    assert ("topic.views", topic.id) not in tally.take()[0]
    tally.forget()
    ann.get(path_of(topic))
    assert tally.take()[0]["topic.views", topic.id] == 1


def test_what_a_page_said_once_it_does_not_say_again(app, topic):
    ann = Visitor(app, a_user("Ann"))
    settle(ann, "/unread")
    answer = ann.submit(ann.get("/unread"), "/unread", mark="all-read")
    assert "Everything is marked as read." in ann.follow(answer).html
    for _ in range(3):
        assert "Everything is marked as read." not in ann.get("/unread").html


def test_who_may_not_come_in_any_more_is_sent_nothing_that_was_kept(app, topic):
    member, place = a_user("Ann"), _place_of(topic)
    ann, path = Visitor(app, member), path_of(topic)
    settle(ann, path, "/recent")
    change(place, own_rights=True)
    grant("find", "read", "topics:read", to=MODERATORS, in_=place)
    assert ann.get(path).status == 404
    assert "Which glue?" not in ann.get("/recent").html
    grant("find", "read", "topics:read", to="registered", in_=place)
    settle(ann, path)
    set_setting("maintenance.on", "yes")
    assert ann.get(path).status == 503
    set_setting("maintenance.on", "no")
    settle(ann, path)
    ann.post("/logout")
    assert ann.get(path).status == 404  # as for every guest


ACTS = {
    "a post": lambda it: a_post(in_=it.topic, body="Bone glue."),
    "an edit": lambda it: change(first_post(it.topic), html="<p>Hide glue.</p>"),
    "a vote of his": lambda it: a_vote(first_post(it.topic), by=it.ann),
    "a vote of another": lambda it: a_vote(first_post(it.topic)),
    "a topic": lambda it: a_topic(in_=_place_of(it.topic), title="Another glue"),
    "a title": lambda it: change(it.topic, title="Which paste?"),
    "a pin": lambda it: change(it.topic, pinned=True),
    "a lock": lambda it: change(it.topic, locked_at=clock.now()),
    "a deletion": lambda it: change(it.topic, deleted_at=clock.now()),
    "a name": lambda it: change(it.ann, name="Anne"),
    "the writer's name": lambda it: change(it.writer, name="Wright"),
    "a group": lambda it: writes(groups.join)(it.ann.id, group_id(MODERATORS)),
    "a category": lambda it: a_category("Pastes"),
    "a description": lambda it: change(_place_of(it.topic), description="What holds."),
    "a right": lambda it: (change(_place_of(it.topic), own_rights=True), writes(cache.bump)("categories")),
    "the site's name": lambda it: set_setting("site.title", "Pastry"),
    "a skin": lambda it: an_own_skin("Marmalade"),
    "a page size": lambda it: set_setting("topics.per_page", "5"),
    "a widget": lambda it: writes(layout.add_widget)("footer", "Feet"),
    "a draft": lambda it: a_draft(it.ann, it.topic),
    "a notice": lambda it: a_post(in_=it.topic, body="Hello @Ann"),
    "what was read": lambda it: writes(marking.places_read)(viewer_of(it.ann)),
    "time": lambda it: clock.travel(timedelta(minutes=5)),
}


@writes
def a_draft(by, topic):
    """Something that somebody has begun to write."""
    row = Draft(user_id=by.id, key="abc", kind="topic", target_id=topic.id, body="So", saved_at=clock.now())
    session().add(row)


@reads
def _place_of(topic):
    return session().get_one(Category, topic.category_id)


@dataclass
class _Stage:
    """Who and what the acts are about."""

    topic: Topic
    ann: User
    writer: User


@pytest.mark.parametrize("act", ACTS)
def test_after_anything_that_happens_a_list_is_as_if_it_were_made_anew(app, topic, act):
    it = _Stage(topic, a_user("Ann"), _writer_of(topic))
    readers = [Visitor(app, it.ann), Visitor(app, a_moderator()), Visitor(app, an_administrator())]
    lists = ["/categories", "/recent", "/unread", "/tags", f"/category/{topic.category_id}/glues"]
    for reader in readers:
        settle(reader, path_of(topic), *lists)
    ACTS[act](it)
    for reader in readers:
        for path in lists:
            shown = reader.get(path)
            store.forget()
            assert settled(shown.html) == settled(reader.get(path).html), path


@reads
def _writer_of(topic):
    return session().get_one(User, topic.author_id)


def test_a_log_in_that_was_ended_elsewhere_is_sent_nothing(app, topic):
    member = a_user("Ann")
    phone, laptop, path = Visitor(app, member), Visitor(app, member), path_of(topic)
    settle(phone, path)
    [action] = [form.action for form in laptop.get("/me/sessions").forms if form.action.endswith("/end")]
    laptop.submit(laptop.get("/me/sessions"), action)
    page = phone.get(path)
    assert "Log in" in page.html
    assert "Ann" not in page.html
