"""Topic tools: locking, pinning, moving and renaming, the marks they leave between the posts, and the way back."""

import re
from datetime import timedelta

import pytest

from core import clock
from core.events import subscribe
from forum.topic_tools import TopicLocked, TopicMoved, TopicPinned
from models import TopicEvent
from tests.factories import (
    a_category,
    a_post,
    a_private_category,
    a_scheduled_topic,
    a_topic,
    a_user,
    astray,
    change,
    first_post,
    fresh,
    grant,
    many_posts,
    number_of,
    posts_of,
    set_setting,
)
from tests.visitor import marks, path_of, titles


def order(answer) -> list[str]:
    """Posts and marks in the order in which they stand: `1 2 locked 3`."""
    found = re.findall(
        r'id="post-\d+" data-number="(\d+)"|<p class="event-mark" id="mark-\d+">(.*?)</p>', answer.html, re.DOTALL
    )
    return [number or re.search(r"</a>\s*(\w+)", mark)[1] for number, mark in found]


# --- lock ---


def test_locking_and_undoing_it_plain(marshal, guest):
    topic = a_topic(replies=1)
    menu = marshal.get(f"/topic/{topic.id}/tools")
    answer = marshal.submit(menu, f"/topic/{topic.id}/lock")
    assert answer.location == path_of(topic)
    page = marshal.follow(answer)
    assert "The topic is locked." in page.html
    assert marks(guest.get(path_of(topic))) == ["Marshal locked this topic just now"]
    assert "Locked" in guest.get(path_of(topic)).words
    back = marshal.follow(marshal.submit(page, f"/topic/{topic.id}/lock"))
    assert "The topic is open again." in back.html
    assert marks(back) == []  # taken back at once: as if nothing had been
    assert fresh(topic).locked_at is None
    assert astray() == []


def test_locking_and_undoing_it_htmx(marshal):
    topic = a_topic()
    page = marshal.get(path_of(topic))
    menu = marshal.htmx.get(f"/topic/{topic.id}/tools", target=f"div#topic-{topic.id}-menu")
    answer = marshal.htmx.submit(menu, f"/topic/{topic.id}/lock")
    targets = [part.target for part in answer.parts]
    assert targets == [f"#topic-{topic.id}-header", f"#topic-{topic.id}-manage", "#stream-end", "#undo"]
    assert {each[1:] for each in targets} <= set(page.ids)
    after = marshal.get(path_of(topic))
    for part in answer.parts[:3]:
        assert after.shows(part.html)
    mark = re.search(r'id="(mark-\d+)"', answer.parts[2].html)[1]
    undone = marshal.htmx.submit(answer, f"/topic/{topic.id}/lock")
    assert f"#{mark}" in [part.target for part in undone.parts]
    assert number_of(TopicEvent) == 0


def test_locking_twice_is_locking_once(marshal):
    topic = a_topic()
    for _ in range(2):
        marshal.post(f"/topic/{topic.id}/lock", {"locked": 1})
    assert number_of(TopicEvent) == 1


def test_opening_again_later_leaves_both_marks(marshal, guest):
    topic = a_topic()
    marshal.post(f"/topic/{topic.id}/lock", {"locked": 1})
    clock.travel(timedelta(minutes=5))
    marshal.post(f"/topic/{topic.id}/lock", {"locked": 0})
    assert order(guest.get(path_of(topic))) == ["1", "locked", "opened"]


# --- pin ---


def test_pinning_and_undoing_it_plain(marshal, guest):
    place = a_category("Workshop")
    topic = a_topic(in_=place, title="Rules")
    a_topic(in_=place, title="Newer")
    page = marshal.follow(marshal.submit(marshal.get(f"/topic/{topic.id}/tools"), f"/topic/{topic.id}/pin"))
    assert "The topic is pinned." in page.html
    assert titles(guest.get(f"/category/{place.id}/workshop")) == ["Rules", "Newer"]
    marshal.submit(page, f"/topic/{topic.id}/pin")
    assert titles(guest.get(f"/category/{place.id}/workshop")) == ["Newer", "Rules"]
    assert number_of(TopicEvent) == 0


def test_pinning_until_a_day_plain(marshal, guest):
    place = a_category("Workshop")
    topic = a_topic(in_=place, title="Rules")
    a_topic(in_=place, title="Newer")
    day = (clock.now() + timedelta(days=2)).date().isoformat()
    page = marshal.get(f"/topic/{topic.id}/pin")
    marshal.submit(page, f"/topic/{topic.id}/pin", until=day)
    assert "Pinned until" in guest.get(path_of(topic)).words
    assert fresh(topic).pinned_until.date().isoformat() == day
    clock.travel(timedelta(days=4))
    assert titles(guest.get(f"/category/{place.id}/workshop")) == ["Newer", "Rules"]


def test_pinning_until_a_day_htmx(marshal):
    topic = a_topic()
    menu = marshal.htmx.get(f"/topic/{topic.id}/tools")
    assert f'hx-get="/topic/{topic.id}/pin" hx-target="#topic-{topic.id}-menu"' in menu.html
    question = marshal.htmx.get(f"/topic/{topic.id}/pin", target=f"div#topic-{topic.id}-menu")
    day = (clock.now() + timedelta(days=2)).date().isoformat()
    answer = marshal.htmx.submit(question, f"/topic/{topic.id}/pin", until=day)
    assert "Pinned until" in answer.parts[0].html


@pytest.mark.parametrize(("day", "reason"), [("2001-01-01", "This day is over."), ("soon", "“soon” is no day.")])
def test_a_day_that_cannot_be(marshal, day, reason):
    topic = a_topic()
    answer = marshal.post(f"/topic/{topic.id}/pin", {"pinned": 1, "until": day})
    assert answer.status == 422
    assert reason in answer.words
    assert fresh(topic).pinned_at is None


def test_what_is_not_published_is_not_pinned(marshal):
    topic = a_scheduled_topic(by=a_user(), in_=a_category())
    answer = marshal.post(f"/topic/{topic.id}/pin", {"pinned": 1})
    assert answer.status == 403
    assert "not published yet" in answer.words


# --- move ---


def test_moving_and_undoing_it_plain(marshal, guest):
    here, there = a_category("Workshop"), a_category("Attic")
    topic = a_topic(in_=here, title="Which glue?", tags="glue", replies=2)
    page = marshal.get(f"/topic/{topic.id}/move")
    assert "Attic" in page.words
    page = marshal.follow(marshal.submit(page, f"/topic/{topic.id}/move", category=there.id))
    assert "The topic was moved to Attic." in page.html
    assert "Moved from Workshop" in page.words
    seen = guest.get(path_of(topic))
    assert marks(seen) == ["Marshal moved this topic here from Workshop just now"]
    assert titles(guest.get(f"/category/{there.id}/attic")) == ["Which glue?"]
    assert titles(guest.get(f"/category/{here.id}/workshop")) == []
    assert (fresh(there).topics, fresh(there).posts, fresh(here).topics, fresh(here).posts) == (1, 3, 0, 0)
    assert astray() == []
    marshal.submit(page, f"/topic/{topic.id}/move")
    assert (fresh(topic).category_id, fresh(topic).moved_at) == (here.id, None)
    assert marks(guest.get(path_of(topic))) == []
    assert astray() == []


def test_moving_and_undoing_it_htmx(marshal):
    topic, there = a_topic(), a_category("Attic")
    question = marshal.htmx.get(f"/topic/{topic.id}/move")
    assert "<html" not in question.html
    answer = marshal.htmx.submit(question, f"/topic/{topic.id}/move", category=there.id)
    assert path_of(topic) in answer.headers["HX-Location"]
    assert "The topic was moved to Attic." in marshal.get(path_of(topic)).html


def test_permalinks_survive_a_move(marshal, guest):
    topic = a_topic(replies=3)
    post = a_post(in_=topic)
    marshal.post(f"/topic/{topic.id}/move", {"category": a_category().id})
    assert guest.get(f"/post/{post.id}").location == f"{path_of(topic)}/5#post-{post.id}"


def test_a_topic_moves_only_to_where_one_may_start_topics(marshal, ann):
    closed = a_category("Closed", own_rights=True)
    section, link = a_category("Section", section=True), a_category("Link", link="https://example.org")
    topic = a_topic(by=ann.user)
    grant("find", "read", "topics:read", to="registered", in_=closed)
    options = ann.get(f"/topic/{topic.id}/move").html
    for place in (closed, section, link):
        assert f'<option value="{place.id}"' not in options
        assert ann.post(f"/topic/{topic.id}/move", {"category": place.id}).status == 403
    assert ann.post(f"/topic/{topic.id}/move", {"category": 999}).status == 404
    assert ann.post(f"/topic/{topic.id}/move", {"category": "x"}).status == 400
    assert fresh(topic).moved_at is None
    assert marshal.post(f"/topic/{topic.id}/move", {"category": closed.id}).status == 303


def test_people_move_their_own_small_topics(ann):
    there = a_category("Attic")
    small, grown = a_topic(by=ann.user), a_topic(by=ann.user)
    many_posts(grown, 5)
    assert ann.post(f"/topic/{small.id}/move", {"category": there.id}).status == 303
    answer = ann.post(f"/topic/{grown.id}/move", {"category": there.id})
    assert answer.status == 403
    assert "too long for its author to move it" in answer.words
    set_setting("topic_tools.own_move_posts", "6")
    assert ann.post(f"/topic/{grown.id}/move", {"category": there.id}).status == 303
    assert astray() == []


def test_where_a_topic_came_from_is_told_only_to_those_who_may_know(marshal, guest):
    secret = a_private_category("Backstage", for_="moderators")
    topic = a_topic(in_=secret)
    open_place = a_category()
    marshal.post(f"/topic/{topic.id}/move", {"category": open_place.id})
    assert marks(guest.get(path_of(topic))) == ["Marshal moved this topic here just now"]
    assert "Backstage" not in guest.get(path_of(topic)).html
    assert marks(marshal.get(path_of(topic))) == ["Marshal moved this topic here from Backstage just now"]


def test_a_topic_moved_while_somebody_wrote_takes_the_reply(marshal, ann):
    topic = a_topic()
    composer = ann.get(f"/topic/{topic.id}/reply")
    marshal.post(f"/topic/{topic.id}/move", {"category": a_category().id})
    assert ann.submit(composer, f"/topic/{topic.id}/posts", body="Still here.").status == 303
    assert astray() == []


def test_a_topic_moved_out_of_sight_while_somebody_wrote_gives_the_text_back(marshal, ann):
    topic = a_topic()
    composer = ann.get(f"/topic/{topic.id}/reply")
    marshal.post(f"/topic/{topic.id}/move", {"category": a_private_category(for_="moderators").id})
    answer = ann.submit(composer, f"/topic/{topic.id}/posts", body="Where is it?")
    assert answer.status == 404
    assert "Where is it?</textarea>" in answer.html


# --- title and tags ---


def test_renaming_and_undoing_it_plain(marshal, guest):
    topic = a_topic(title="Wich glue?", tags="glue")
    page = marshal.get(f"/topic/{topic.id}/title")
    answer = marshal.submit(page, f"/topic/{topic.id}/title", title="Which glue?", tags="glue, wood")
    assert answer.location == f"/topic/{topic.id}/which-glue"
    page = marshal.follow(answer)
    assert 'href="/tags/wood"' in page.html
    assert marks(guest.get(f"/topic/{topic.id}/which-glue")) == [
        "Marshal changed the title from “Wich glue?” just now"
    ]  # fmt: skip
    marshal.submit(page, f"/topic/{topic.id}/title")
    assert fresh(topic).title == "Wich glue?"
    assert marks(guest.get(path_of(topic))) == []
    assert astray() == []


def test_renaming_and_undoing_it_htmx(marshal):
    topic = a_topic(title="Wich glue?")
    question = marshal.htmx.get(f"/topic/{topic.id}/title")
    answer = marshal.htmx.submit(question, f"/topic/{topic.id}/title", title="Which glue?")
    assert f"/topic/{topic.id}/which-glue" in answer.headers["HX-Location"]


def test_a_bad_title_is_refused(marshal):
    topic = a_topic(title="Which glue?")
    answer = marshal.post(f"/topic/{topic.id}/title", {"title": "x", "tags": ""})
    assert answer.status == 422
    assert "A title has at least 3 letters." in answer.words
    assert fresh(topic).title == "Which glue?"


def test_authors_rename_while_their_topic_is_open(ann, marshal):
    topic = a_topic(by=ann.user)
    assert ann.post(f"/topic/{topic.id}/title", {"title": "Better words", "tags": ""}).status == 303
    marshal.post(f"/topic/{topic.id}/lock", {"locked": 1})
    assert ann.get(f"/topic/{topic.id}/title").status == 403
    assert ann.post(f"/topic/{topic.id}/title", {"title": "Even better", "tags": ""}).status == 403
    assert fresh(topic).title == "Better words"


# --- who may ---


@pytest.mark.parametrize(
    ("act", "fields"),
    [("lock", {"locked": 1}), ("pin", {"pinned": 1}), ("move", {"category": 2}), ("title", {"title": "Mine now"})],
)
def test_strangers_and_guests_have_no_tools(ann, guest, act, fields):
    topic = a_topic()
    a_category()
    for visitor in (ann, ann.htmx):
        assert visitor.post(f"/topic/{topic.id}/{act}", fields).status == 403
    assert guest.post(f"/topic/{topic.id}/{act}", fields).status == 403
    now = fresh(topic)
    assert (now.locked_at, now.pinned_at, now.moved_at, now.title) == (None, None, None, topic.title)


def test_authors_neither_lock_nor_pin(ann):
    topic = a_topic(by=ann.user)
    menu = ann.get(f"/topic/{topic.id}/tools")
    assert "Lock" not in menu.words
    assert ann.post(f"/topic/{topic.id}/lock", {"locked": 1}).status == 403
    assert ann.post(f"/topic/{topic.id}/pin", {"pinned": 1}).status == 403


def test_a_moderator_of_one_category_has_its_tools_only(app, visit):
    place = a_category(own_rights=True)
    local = a_user("Local")
    grant("moderate", to=local, in_=place)
    mine, other = a_topic(in_=place), a_topic()
    assert visit(local).post(f"/topic/{mine.id}/lock", {"locked": 1}).status == 303
    assert visit(local).post(f"/topic/{other.id}/lock", {"locked": 1}).status == 403


def test_the_tools_are_announced(marshal):
    heard = []
    for kind in (TopicLocked, TopicPinned, TopicMoved):
        subscribe(kind)(heard.append)
    topic, there, by = a_topic(), a_category(), marshal.user.id
    marshal.post(f"/topic/{topic.id}/lock", {"locked": 1})
    marshal.post(f"/topic/{topic.id}/pin", {"pinned": 1})
    marshal.post(f"/topic/{topic.id}/move", {"category": there.id})
    assert heard == [
        TopicLocked(topic.id, True, by), TopicPinned(topic.id, True, by),
        TopicMoved(topic.id, topic.category_id, there.id, by),
    ]  # fmt: skip


# --- the marks ---


def test_marks_stand_where_things_happened(marshal, guest):
    topic = a_topic()
    marshal.post(f"/topic/{topic.id}/pin", {"pinned": 1})
    a_post(in_=topic)
    marshal.post(f"/topic/{topic.id}/lock", {"locked": 1})
    clock.travel(timedelta(minutes=5))
    marshal.post(f"/topic/{topic.id}/lock", {"locked": 0})
    a_post(in_=topic)
    assert order(guest.get(path_of(topic))) == ["1", "pinned", "2", "locked", "opened", "3"]
    newest = guest.get(f"{path_of(topic)}?sort=newest_to_oldest")
    assert order(newest) == ["1", "pinned", "3", "opened", "locked", "2"]
    assert marks(guest.get(f"{path_of(topic)}?sort=most_votes")) == []


def test_marks_come_with_their_page(marshal, guest):
    topic = a_topic()
    marshal.post(f"/topic/{topic.id}/pin", {"pinned": 1})
    many_posts(topic, 30)
    marshal.post(f"/topic/{topic.id}/lock", {"locked": 1})
    assert [mark.split()[1] for mark in marks(guest.get(path_of(topic)))] == ["pinned"]
    assert [mark.split()[1] for mark in marks(guest.get(f"{path_of(topic)}?page=2"))] == ["locked"]


def test_a_mark_after_a_post_that_is_gone_stands_after_the_one_before(marshal, guest, visit):
    topic = a_topic()
    post = a_post(in_=topic, by=marshal.user)
    marshal.post(f"/topic/{topic.id}/lock", {"locked": 1})
    a_post(in_=topic)
    marshal.post(f"/post/{post.id}/delete", {"deleted": 1})
    marshal.post(f"/post/{post.id}/purge")
    assert order(guest.get(path_of(topic))) == ["1", "locked", "3"]
    assert astray() == []


def test_deleting_and_bringing_back_leaves_marks(marshal, guest):
    topic = a_topic()
    marshal.post(f"/topic/{topic.id}/delete", {"deleted": 1})
    clock.travel(timedelta(minutes=5))
    marshal.post(f"/topic/{topic.id}/delete", {"deleted": 0})
    assert order(guest.get(path_of(topic))) == ["1", "deleted", "brought"]
    assert astray() == []


def test_a_page_without_posts_says_why(guest, marshal):
    topic = a_topic()
    many_posts(topic, 41)
    for post in range(21, 41):
        change(a_post_numbered(topic, post), topic_id=a_topic().id, number=2)
    page = guest.get(f"{path_of(topic)}?page=2")
    assert page.status == 200
    assert "The posts that stood here were moved or removed." in page.words


def a_post_numbered(topic, number: int):
    """A post by its number."""
    return next(post for post in posts_of(topic) if post.number == number)


def test_the_first_post_is_the_topic(marshal):
    topic = a_topic()
    page = marshal.get(f"/topic/{topic.id}/tools")
    assert {"Lock", "Pin", "Delete", "Move"} <= set(page.words.split())
    assert first_post(topic).number == 1
