"""Removals: a spammer goes with everything in two clicks, and comes back with everything for 30 days."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core import clock
from core.db import writing
from forum import removals
from models import Act, Removal, Topic
from tests.factories import (
    PASSWORD,
    a_category,
    a_moderator,
    a_post,
    a_topic,
    a_user,
    an_administrator,
    astray,
    change,
    first_post,
    fresh,
    inside,
    many_topics,
    number_of,
)
from tests.visitor import path_of


@pytest.fixture
def spam(app):
    """A spammer with a topic that somebody answered, and a post in another's topic."""
    spammer = a_user("Spammer", about="Cheap sun glasses.")
    own, other = a_topic(by=spammer, title="Buy"), a_topic(by=a_user("Dora"), title="Glue")
    answer, post = a_post(in_=own, by=a_user("Bert")), a_post(in_=other, by=spammer)
    early = a_post(in_=other, by=spammer, body="I regret this.")
    return spammer, own, other, answer, post, early


def removed(marshal):
    """Two clicks: the link on the record, and the button of the question."""
    page = marshal.get("/user/spammer/record")
    assert 'href="/user/spammer/remove"' in page.html
    question = marshal.get("/user/spammer/remove")
    return question, marshal.submit(question, "/user/spammer/remove")


def test_a_spammer_goes_with_everything_plain(spam, marshal, guest):
    spammer, own, other, _answer, post, _early = spam
    question, done = removed(marshal)
    assert "1 topic is deleted, with 1 reply of others in it." in question.words
    assert "2 posts in the topics of others are deleted." in question.words
    assert "is banned, and everything is deleted." in marshal.follow(done).html
    assert fresh(own).deleted_at is not None
    assert fresh(post).deleted_at is not None
    assert fresh(spammer).about == ""
    assert guest.get(path_of(own)).status == 404
    assert "Buy" not in guest.get("/recent").words
    assert "A reply." not in guest.get(path_of(other)).words
    refused = guest.submit(guest.get("/login"), "/login", name="Spammer", password=PASSWORD)
    assert "You are banned for good. Reason: Spam" in refused.words
    assert astray() == []
    assert number_of(Act, Act.kind == "person.removed") == 1


def test_a_spammer_goes_to_the_end_however_much_he_wrote_and_comes_back(marshal, guest):
    spammer, dora = a_user("Spammer"), a_user("Dora")
    place = a_category("Crafts")
    number = removals.AT_ONCE + 60
    last = many_topics(place, number, by=spammer)[-1]
    ground = a_topic(by=dora, in_=place)
    for _ in range(3):
        post = a_post(in_=ground, by=spammer)
    change(spammer, topics=number, posts=number + 3)
    question, done = removed(marshal)
    assert "260 topics are deleted" in question.words
    assert "3 posts in the topics of others are deleted." in question.words
    assert "everything goes bit by bit" in marshal.follow(done).html
    assert number_of(Topic, Topic.deleted_at.is_(None)) == 1
    assert fresh(post).deleted_at is not None
    assert guest.get(path_of(last)).status == 404
    assert (fresh(spammer).topics, fresh(spammer).posts) == (0, 0)
    page = marshal.get("/user/spammer/record")
    assert marshal.submit(page, "/user/spammer/return").status == 303
    assert number_of(Topic, Topic.deleted_at.is_(None)) == number + 1
    assert fresh(post).deleted_at is None
    assert (fresh(spammer).topics, fresh(spammer).posts) == (number, number + 3)
    assert astray() == []


def test_what_was_taken_back_is_not_removed_any_further(spam, marshal):
    removed(marshal)
    with inside(), writing() as current:
        row = current.scalars(select(Removal)).one()
        row.undone_at = clock.now()
    [later] = many_topics(a_category("Crafts"), 1, by=spam[0])
    with inside():
        removals.remove_on(row.id)
    assert fresh(later).deleted_at is None


def test_a_spammer_goes_with_everything_htmx(spam, marshal):
    question = marshal.get("/user/spammer/remove")
    assert marshal.htmx.sends(question, "/user/spammer/remove").status == 303
    assert fresh(spam[1]).deleted_at is not None


def test_the_menu_of_a_post_leads_to_it_for_who_may(spam, marshal, ann):
    post = spam[4]
    assert 'href="/user/spammer/remove"' in marshal.get(f"/post/{post.id}/menu").html
    assert "/remove" not in ann.get(f"/post/{post.id}/menu").html


def test_everything_comes_back(spam, marshal, guest):
    spammer, own, _other, answer, post, early = spam
    marshal.get("/")
    marshal.post(f"/post/{early.id}/delete", {"deleted": "1"})
    removed(marshal)
    clock.travel(timedelta(days=29))
    page = marshal.get("/user/spammer/record")
    assert "It can be brought back until" in page.words
    marshal.submit(page, "/user/spammer/return")
    assert fresh(own).deleted_at is None
    assert fresh(post).deleted_at is None
    assert fresh(answer).deleted_at is None
    assert fresh(early).deleted_at is not None  # that was deleted before, for itself
    assert fresh(spammer).about == "Cheap sun glasses."
    assert guest.submit(guest.get("/login"), "/login", name="Spammer", password=PASSWORD).status == 303
    assert astray() == []


def test_what_was_purged_meanwhile_stays_gone(spam, marshal):
    _spammer, own, _other, _answer, post, _early = spam
    removed(marshal)
    assert marshal.post(f"/post/{post.id}/purge", {}).status in (200, 303)
    marshal.submit(marshal.get("/user/spammer/record"), "/user/spammer/return")
    assert fresh(own).deleted_at is None
    assert astray() == []


def test_after_thirty_days_it_is_too_late(spam, marshal):
    removed(marshal)
    clock.travel(timedelta(days=31))
    marshal.get("/user/spammer/record")
    assert marshal.post("/user/spammer/return", {}).status == 409
    assert fresh(spam[1]).deleted_at is not None


def test_only_moderators_of_the_whole_site_remove_and_nobody_of_the_staff_goes(spam, ann, marshal, visit):
    ann.get("/")
    assert ann.get("/user/spammer/remove").status == 403
    assert ann.post("/user/spammer/remove", {}).status == 403
    assert ann.post("/user/spammer/return", {}).status == 403
    a_moderator("Second")
    marshal.get("/")
    assert marshal.post("/user/second/remove", {}).status == 403
    keeper = visit(an_administrator())
    keeper.get("/")
    assert keeper.post("/user/keeper/remove", {}).status == 403
    assert number_of(Removal) == 0


def test_a_flag_leads_to_it(spam, marshal, ann):
    _spammer, own, *_rest = spam
    change(own, views=1)
    ann.get("/")
    ann.post(f"/post/{first_post(own).id}/report", {"reason": "spam"})
    assert 'href="/user/spammer/remove"' in marshal.get("/moderation").html
