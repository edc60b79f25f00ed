"""What the composer offers: completions, topics like this one, the category, and publishing later."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from core import clock
from core.db import session
from forum import emoji, text
from models import Post, Topic
from tests.factories import (
    a_category,
    a_moderator,
    a_post,
    a_private_category,
    a_topic,
    a_user,
    astray,
    first_post,
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


# --- the page for replies, and topics that are taken back ---


def test_the_page_for_a_reply_with_several_quotes(ann):
    topic = a_topic(by=a_user("Bert"), body="The first words.")
    one, other = first_post(topic), a_post(in_=topic, by=a_user("Cora"), body="The second words.")
    answer = ann.get(f"/compose?topic={topic.id}&reply_to={one.id}")
    assert answer.location == f"/topic/{topic.id}/reply?to={one.id}"
    answer = ann.get(f"/compose?topic={topic.id}&quote={one.id}&quote={other.id}")
    page = ann.follow(answer)
    fields = page.form(f"/topic/{topic.id}/posts").fields
    assert re.search(r"Bert\]\(/post/\d+\) wrote:\s+> The first words\.\s+\[Cora\]\(/post/\d+\) wrote:", fields["body"])
    assert fields["reply_to"] == str(other.id)
    assert ann.get(f"/compose?topic={topic.id}").location == f"/topic/{topic.id}/reply"
    for wrong in ("topic=x", f"topic={topic.id}&quote=x", f"topic={topic.id}&reply_to=-1"):
        assert ann.get(f"/compose?{wrong}").status == 400


def a_topic_for_later(app, name: str = "Marshal") -> tuple[Visitor, Topic]:
    """A topic that will be published tomorrow, as its author's form made it, and him."""
    writer, place = Visitor(app, a_moderator(name)), a_category()
    tomorrow = (clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    page = writer.get(f"/compose?cid={place.id}")
    texts = {"title": "Later", "body": "Not *yet*.", "tags": "glue, wood"}
    writer.submit(page, f"/category/{place.id}/topics", publish_at=tomorrow, **texts)
    return writer, the_topic("Later")


def test_a_topic_for_later_becomes_a_draft_again_plain(app, guest):
    writer, topic = a_topic_for_later(app)
    answer = writer.submit(writer.get(path_of(topic)), f"/topic/{topic.id}/schedule", cancel="1")
    page = writer.follow(answer)
    assert "It is a draft again." in page.html
    fields = page.form(f"/category/{topic.category_id}/topics").fields
    assert (fields["title"], fields["body"].strip(), fields["tags"]) == ("Later", "Not *yet*.", "glue, wood")
    assert (number_of(Topic), number_of(Post)) == (0, 0)
    assert writer.get(path_of(topic)).status == 410
    assert astray() == []
    writer.submit(page, f"/category/{topic.category_id}/topics")  # and it can be sent at once
    assert "Not yet" in guest.get(path_of(the_topic("Later"))).words


def test_a_topic_for_later_becomes_a_draft_again_htmx(app):
    writer, topic = a_topic_for_later(app)
    page = writer.get(path_of(topic))
    answer = writer.htmx.sends(page, f"/topic/{topic.id}/schedule", cancel="1")
    assert answer.status == 303
    assert answer.location.startswith(f"/compose?category={topic.category_id}&draft=")


def test_nobody_else_takes_a_topic_back_and_none_that_is_answered_or_published(app, marshal):
    writer, topic = a_topic_for_later(app, "Writer")
    assert "Back to my drafts" in writer.get(path_of(topic)).words
    assert "Back to my drafts" not in marshal.get(path_of(topic)).words
    assert marshal.post(f"/topic/{topic.id}/schedule", {"cancel": "1"}).status == 403
    a_post(in_=topic, by=marshal.user)
    writer.get(path_of(topic))
    assert writer.post(f"/topic/{topic.id}/schedule", {"cancel": "1"}).status == 403
    writer.post(f"/topic/{topic.id}/schedule", {"now": "1"})
    answer = writer.post(f"/topic/{topic.id}/schedule", {"cancel": "1"})
    assert answer.status == 403
    assert number_of(Topic) == 1
