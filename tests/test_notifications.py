"""Notifications: who is told of what, merged and once; the bell, the list, and how one wants to be told."""

import re
from datetime import timedelta

import pytest

from core import clock, pending
from core.db import writing
from forum import marking, notices, notifications
from models import Notice
from tests.factories import (
    a_category,
    a_post,
    a_private_category,
    a_topic,
    a_user,
    a_vote,
    first_post,
    fresh,
    inside,
    number_of,
)
from tests.visitor import next_of, path_of


def bell(page) -> str:
    """The number at the bell; empty when there is none."""
    found = re.search(
        r'href="/notifications".*?<span class="rail-count" id="bell-count"( hidden)?>(\d+\+?)<', page.html, re.DOTALL
    )
    return "" if found[1] else found[2]


def told(visitor, only: str = "") -> list[str]:
    """What the list says, in order."""
    page = visitor.get(f"/notifications?filter={only}")
    return [words.replace("&#39;", "'") for words in re.findall(r'<a class="notice-link"[^>]*>([^<]*)</a>', page.html)]


@pytest.fixture
def watched(ann):
    """A topic that Ann watches and has read."""
    topic = a_topic(title="Which glue?")
    ann.get(path_of(topic))
    ann.post(f"/topic/{topic.id}/follow", {"state": "watch"})
    return topic


# --- who is told ---


def test_a_reply_in_a_watched_topic(ann, watched):
    assert bell(ann.get("/")) == ""
    a_post(in_=watched, by=a_user("Bob"))
    assert bell(ann.get("/")) == "1"
    assert told(ann) == ["Bob replied: Which glue?"]


def test_replies_are_one_notice_until_it_is_read(ann, watched):
    people = [a_user(name) for name in ("Bob", "Cora", "Dan", "Eve", "Finn")]
    first = a_post(in_=watched, by=people[0])
    for person in people[1:]:
        a_post(in_=watched, by=person)
    assert told(ann) == ["Finn, Eve and 3 others replied: Which glue?"]
    assert bell(ann.get("/")) == "1"
    notice = re.search(r'href="(/notifications/\d+)"', ann.get("/notifications").html)[1]
    assert ann.get(notice).location == f"/post/{first.id}"
    ann.get(path_of(watched))
    a_post(in_=watched, by=people[0])
    assert told(ann) == ["Bob replied: Which glue?"]


def test_a_mention_outranks_a_reply_and_nobody_is_told_twice(ann, watched):
    bob = a_user("Bob")
    a_post(in_=watched, by=bob)
    mention = a_post(in_=watched, by=a_user("Cora"), body="What does @ann say?")
    a_post(in_=watched, by=bob)
    assert told(ann) == ["Cora mentioned you: Which glue?"]
    assert number_of(Notice, Notice.user_id == ann.user.id) == 1
    notice = re.search(r'href="(/notifications/\d+)"', ann.get("/notifications").html)[1]
    assert ann.get(notice).location == f"/post/{mention.id}"


def test_a_mention_reaches_whoever_does_not_watch(ann, visit):
    bob = a_user("Bob")
    topic = a_topic(by=bob, title="Hello", body="Hello @ann, and @bob himself.")
    assert told(ann) == ["Bob mentioned you: Hello"]
    assert told(visit(bob)) == []
    assert topic.id


def test_an_event_that_is_delivered_twice_tells_once(ann, watched):
    post = a_post(in_=watched, by=a_user("Bob"))
    for _ in range(2):
        with inside():
            notifications.tell_of_reply(notifications.PostCreated(post.id))
    assert told(ann) == ["Bob replied: Which glue?"]
    with inside():
        marking_all(ann)
        notifications.tell_of_reply(notifications.PostCreated(post.id))
    assert bell(ann.get("/")) == ""


def marking_all(visitor) -> None:
    """Marks everything as read, as the button does."""
    visitor.get("/unread")
    visitor.post("/unread", {"mark": "all-read"})


def test_followers_hear_of_new_topics_once(ann):
    bob = a_user("Bob")
    place = a_category("Workshop")
    below = a_category("Below", parent_id=place.id)
    a_topic(tags="glue")
    ann.get("/")
    ann.post("/user/bob/follow", {"follow": "1"})
    ann.post("/tags/glue/follow", {"follow": "1"})
    ann.post(f"/category/{place.id}/follow", {"state": "watch"})
    a_topic(by=bob, in_=place, tags="glue", title="By all three")
    assert told(ann) == ["Bob started a topic: By all three"]
    a_topic(in_=below, title="In a category below", by=a_user("Cora"))
    assert told(ann)[0] == "Cora started a topic: In a category below"
    ann.post(f"/category/{below.id}/follow", {"state": "track"})
    a_topic(in_=below, title="No longer watched")
    a_topic(title="Somewhere else")
    assert len(told(ann)) == 2


def test_tagged_topics_alone_are_told_too(ann):
    a_topic(tags="glue")
    ann.get("/")
    ann.post("/tags/glue/follow", {"follow": "1"})
    a_topic(by=a_user("Bob"), title="Glue again", tags="glue")
    assert told(ann) == ["Bob started a topic: Glue again"]


def test_votes_and_followers_are_merged(ann, visit):
    topic = a_topic(by=ann.user, title="Mine")
    voters = [a_user(name) for name in ("Bob", "Cora", "Dan")]
    for voter in voters:
        a_vote(first_post(topic), by=voter)
    assert told(ann) == ["Dan, Cora and 1 other voted for your post: Mine"]
    a_vote(first_post(topic), by=voters[2], value=0)
    a_vote(first_post(topic), by=voters[1], value=-1)
    assert told(ann) == ["Bob voted for your post: Mine"]
    a_vote(first_post(topic), by=voters[0], value=0)
    assert told(ann) == []
    for voter in voters[:2]:
        follower = visit(voter)
        follower.get("/")
        follower.post("/user/ann/follow", {"follow": "1"})
    assert told(ann) == ["Cora and Bob follow you now"]
    assert told(ann, "follow") == told(ann)
    assert told(ann, "vote") == []


def test_nobody_hears_of_himself_of_blocked_people_or_of_what_he_ignores(ann, watched):
    bob = a_user("Bob")
    ann.post("/user/bob/block", {"block": "1"})
    a_post(in_=watched, by=bob, body="@ann!")
    a_post(in_=watched, by=ann.user, body="@ann")
    a_vote(a_post(in_=watched, by=ann.user), by=bob)
    assert told(ann) == []
    ann.post(f"/topic/{watched.id}/follow", {"state": "ignore"})
    a_post(in_=watched, body="@ann, are you there?")
    assert told(ann) == []


def test_nobody_hears_of_what_he_may_not_read(ann):
    hidden = a_topic(in_=a_private_category(for_="administrators"), body="Not for @ann.")
    a_post(in_=hidden, body="@ann must not know.")
    assert told(ann) == []


def test_what_one_has_read_already_is_not_told(ann, watched):
    ann.get(path_of(watched))
    pending.hold("read", ann.user.id, watched.id, 99)
    a_post(in_=watched, body="@ann")
    assert told(ann) == []


def test_a_deleted_post_is_not_told_of_any_more(ann, watched):
    post = a_post(in_=watched, body="@ann, look.")
    assert bell(ann.get("/")) == "1"
    with inside(), writing():
        notices.forget_post(post.id)
    assert bell(ann.get("/")) == ""
    assert told(ann) == []


# --- reading them ---


def test_reading_the_topic_reads_its_notice_at_once(ann, watched):
    a_post(in_=watched)
    assert bell(ann.get("/")) == "1"
    ann.get(path_of(watched))
    assert bell(ann.get("/")) == ""
    assert told(ann, "unread") == []
    assert number_of(Notice, Notice.read_at.is_(None)) == 1  # written by the job
    with inside():
        marking.flush()
    assert number_of(Notice, Notice.read_at.is_(None)) == 0
    assert bell(ann.get("/")) == ""


def test_notices_go_with_their_posts(ann, watched, marshal):
    target = a_topic(title="Glue, all of it", replies=3)
    a_post(in_=watched, by=a_user("Bob"))
    marshal.get("/")
    assert marshal.post(f"/topic/{watched.id}/merge", {"topic": str(target.id)}).status == 303
    assert told(ann) == ["Bob replied: Glue, all of it"]
    assert bell(ann.get("/")) == "1"
    ann.get(path_of(target))
    assert bell(ann.get("/")) == ""


def test_opening_a_notice_reads_it(ann):
    a_vote(first_post(a_topic(by=ann.user)), by=a_user("Bob"))
    assert bell(ann.get("/")) == "1"
    notice = re.search(r'href="(/notifications/\d+)"', ann.get("/notifications").html)[1]
    assert ann.get(notice).location.startswith("/post/")
    assert bell(ann.get("/")) == ""
    with inside():
        notifications.flush()
    assert number_of(Notice, Notice.read_at.is_(None)) == 0
    assert pending.owners("notice") == []
    assert bell(ann.get("/")) == ""
    assert ann.get("/notifications/999").location == "/notifications"


def test_the_bell_leads_to_who_follows(ann, visit):
    bob = visit(a_user("Bob"))
    bob.get("/")
    bob.post("/user/ann/follow", {"follow": "1"})
    notice = re.search(r'href="(/notifications/\d+)"', ann.get("/notifications").html)[1]
    assert ann.get(notice).location == "/user/bob"


def test_a_notice_is_its_readers_own(ann, visit, watched):
    a_post(in_=watched)
    notice = re.search(r'href="(/notifications/\d+)"', ann.get("/notifications").html)[1]
    bob = visit(a_user("Bob"))
    assert bob.get(notice).location == "/notifications"
    bob.post(f"{notice}/read")
    assert bell(ann.get("/")) == "1"


def test_marking_notices_plain(ann, watched):
    a_post(in_=watched)
    a_vote(first_post(a_topic(by=ann.user)))
    page = ann.get("/notifications")
    action = next(form.action for form in page.forms if form.action.endswith("/read"))
    page = ann.follow(ann.submit(page, action))
    assert bell(page) == "1"
    page = ann.follow(ann.submit(page, "/notifications"))
    assert bell(page) == ""
    assert "new" not in re.findall(r'class="new-mark">(\w+)<', page.html)


def test_marking_notices_htmx(ann, watched):
    a_post(in_=watched)
    answer = ann.htmx.sends(ann.get("/notifications"), "/notifications")
    assert answer.location == "/notifications"
    assert bell(ann.get("/")) == ""


def test_marking_topics_or_everything_as_read_reads_their_notices(ann, watched):
    a_post(in_=watched)
    clock.travel(timedelta(minutes=1))
    marking_all(ann)
    assert bell(ann.get("/")) == ""
    a_post(in_=watched)
    ann.post(f"/topic/{watched.id}/unread", {"read": "1"})
    assert bell(ann.get("/")) == ""


def test_the_list_goes_on(ann):
    for number in range(25):
        a_topic(title=f"Topic {number}", body="@ann")
    page = ann.get("/notifications")
    assert len(re.findall("notice-link", page.html)) == 20
    assert len(re.findall("notice-link", ann.htmx.get(next_of(page)).html)) == 5
    assert bell(page) == "25"


def test_guests_have_no_bell_and_no_list(guest):
    assert "/notifications" not in guest.get("/").html
    assert guest.get("/notifications").location.startswith("/login")
    assert guest.post("/notifications").status == 403


def test_the_empty_list_says_what_would_be_here(ann):
    assert (
        "Mentions, replies in topics that you watch, votes and new followers appear here."
        in ann.get("/notifications").words
    )
    assert ann.get("/notifications?filter=odd").status == 400


# --- settings and pruning ---


def test_each_kind_can_be_switched_off(ann, watched):
    page = ann.get("/me/notifications")
    kinds = {"mention": "site", "reply": "none", "topic": "site", "vote": "none", "follow": "none"}
    page = ann.follow(ann.submit(page, "/me/notifications", **kinds))
    assert 'value="none" selected' in page.html
    a_post(in_=watched)
    a_vote(first_post(a_topic(by=ann.user)))
    assert told(ann) == []
    a_post(in_=watched, by=a_user("Bob"), body="@ann")
    assert told(ann) == ["Bob mentioned you: Which glue?"]


def test_there_are_no_other_ways(ann):
    ann.get("/")
    assert ann.post("/me/notifications", {"mention": "pigeon"}).status == 422


def test_old_notices_are_forgotten(ann, watched):
    a_post(in_=watched)
    a_vote(first_post(a_topic(by=ann.user)))
    with inside(), writing() as current:
        seen = current.query(Notice).filter_by(kind="vote").one()
        seen.read_at = clock.now()
    for days, left in ((29, 2), (31, 1), (359, 1), (361, 0)):
        clock.travel(timedelta(days=days))
        with inside():
            notifications.prune()
        assert number_of(Notice) == left
    assert fresh(watched)
