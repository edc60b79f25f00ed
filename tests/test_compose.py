"""What the composer offers: completions, topics like this one, the category, and publishing later."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from core import clock
from core.db import session
from forum import emoji, text
from models import Topic
from tests.factories import (
    a_category,
    a_moderator,
    a_private_category,
    a_topic,
    a_user,
    fresh,
    inside,
    number_of,
    reads,
)
from tests.visitor import Visitor, path_of


def offered(answer) -> list[tuple[str, str]]:
    """What a list of options would put into the text, and its words."""
    assert answer.status == 200
    found = re.findall(r'data-insert="([^"]*)"><span>([^<]*)</span>', answer.html)
    return [(insert.replace("&#34;", '"').replace("&#39;", "'"), words) for insert, words in found]


@reads
def the_topic(title: str) -> Topic:
    """A topic by its title."""
    return session().scalars(select(Topic).where(Topic.title == title)).one()


def test_people_by_the_beginning_of_their_names(ann):
    a_user("Bert"), a_user("Berta", posts=5), a_user("Zoe")
    assert offered(ann.get("/compose/people", {"q": "ber"})) == [("@berta ", "Berta"), ("@bert ", "Bert")]
    assert offered(ann.get("/compose/people", {"q": "%"})) == []
    assert offered(ann.get("/compose/people", {"q": ""})) == []


def test_emoji_by_name_are_what_texts_show(ann):
    found = offered(ann.get("/compose/emoji", {"q": "rock"}))
    assert found[0] == (":rocket: ", "🚀 rocket")
    with inside():
        shown = text.render("\n\n".join(f":{name}:" for name in emoji.NAMES))
    assert re.findall(r"<p>(.*?)</p>", shown) == list(emoji.NAMES.values())


def test_topics_by_their_titles_are_links_and_hidden_ones_are_not_offered(ann):
    topic = a_topic(title="Which [glue] for birch?")
    a_topic(title="Secret glue", in_=a_private_category(for_="moderators"))
    assert offered(ann.get("/compose/topics", {"q": "glue"})) == [
        (f"[Which \\[glue\\] for birch?](/topic/{topic.id}) ", "Which [glue] for birch?")
    ]


def test_tags_that_are_in_use(ann):
    a_topic(tags="wood, woodwork"), a_topic(tags="wood")
    assert offered(ann.get("/compose/tags", {"q": "woo"})) == [("wood, ", "wood"), ("woodwork, ", "woodwork")]


@pytest.mark.parametrize("what", ["people", "emoji", "topics", "tags", "similar"])
def test_a_guest_is_offered_nothing(guest, what):
    assert guest.get(f"/compose/{what}?q=a").status == 302
    assert guest.htmx.get(f"/compose/{what}?q=a").status == 403


def test_topics_like_this_one_htmx(ann):
    a_topic(title="Which glue holds birch plywood")
    found = ann.htmx.get("/compose/similar", {"title": "glue for birch plywood?"})
    assert "Perhaps it was asked before: Which glue holds birch plywood" in found.words
    assert "Perhaps" not in ann.htmx.get("/compose/similar", {"title": "Something else entirely"}).words
    assert "Perhaps" not in ann.htmx.get("/compose/similar", {"title": '"-:'}).words


def test_topics_like_this_one_plain(ann):
    place = a_category()
    a_topic(title="Which glue holds birch plywood")
    page = ann.get(f"/compose?cid={place.id}")
    answer = ann.submit(page, f"/category/{place.id}/topics", title="Glue for plywood", body="x", preview="1")
    assert "Perhaps it was asked before: Which glue holds birch plywood" in answer.words


def test_the_category_can_be_chosen(ann):
    one, other = a_category("Wood"), a_category("Metal")
    a_category("Heading", section=True), a_private_category("Hidden", for_="moderators")
    page = ann.get(f"/compose?cid={one.id}")
    options = re.findall(r'<option value="(\d+)"( selected)?>([^<]*)</option>', page.html)
    mine = [each for each in options if each[2] in ("Wood", "Metal", "Heading", "Hidden")]
    assert mine == [(str(one.id), " selected", "Wood"), (str(other.id), "", "Metal")]
    ann.submit(page, f"/category/{one.id}/topics", title="Of metal", body="x", cid=str(other.id))
    assert the_topic("Of metal").category_id == other.id
    assert f'action="/category/{one.id}/topics"' in ann.get("/compose").html


def test_a_category_where_one_may_not_write_cannot_be_chosen(ann):
    place, hidden = a_category(), a_private_category(for_="moderators")
    page = ann.get(f"/compose?cid={place.id}")
    answer = ann.submit(page, f"/category/{place.id}/topics", title="Sneaky", body="x", cid=str(hidden.id))
    assert answer.status == 404
    assert number_of(Topic) == 0


def test_posting_later_changing_and_publishing_plain(app, guest):
    keeper, place = Visitor(app, a_moderator()), a_category()
    page = keeper.get(f"/compose?cid={place.id}")
    assert "Post later" in page.words
    tomorrow = (clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    answer = keeper.submit(page, f"/category/{place.id}/topics", title="Later", body="x", publish_at=tomorrow)
    topic = the_topic("Later")
    assert topic.scheduled
    assert guest.get(path_of(topic)).status == 404
    shown = keeper.follow(answer)
    assert "This topic will be published on" in shown.words
    after = (clock.now() + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    keeper.submit(shown, f"/topic/{topic.id}/schedule", publish_at=after)
    assert fresh(topic).published_at.strftime("%Y-%m-%dT%H:%M") == after
    keeper.submit(keeper.get(path_of(topic)), f"/topic/{topic.id}/schedule", now="1")
    assert not fresh(topic).scheduled
    assert "Later" in guest.get(path_of(topic)).words
    assert keeper.post(f"/topic/{topic.id}/schedule", {"now": "1"}).status == 403


def test_a_time_that_is_none(app):
    keeper, place = Visitor(app, a_moderator()), a_category()
    page = keeper.get(f"/compose?cid={place.id}")
    answer = keeper.submit(page, f"/category/{place.id}/topics", title="Later", body="x", publish_at="soon")
    assert answer.status == 422
    assert "Write the time like 2027-01-31 18:30." in answer.words


def test_a_member_without_the_right_posts_now(ann):
    place = a_category()
    page = ann.get(f"/compose?cid={place.id}")
    assert "Post later" not in page.words
    tomorrow = (clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    answer = ann.submit(page, f"/category/{place.id}/topics", title="Later", body="x", publish_at=tomorrow)
    assert answer.status == 422
    assert "You may not schedule topics in this category." in answer.words
    topic = a_topic(by=ann.user)
    assert ann.post(f"/topic/{topic.id}/schedule", {"now": "1"}).status == 403
