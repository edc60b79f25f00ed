"""What a category asks of new topics: the text that they begin with, and their tags."""

import re

import pytest

from models import Category, Topic
from tests.factories import (
    a_category,
    a_moderator,
    a_topic,
    an_administrator,
    first_post,
    fresh,
    number_of,
    set_setting,
)
from tests.test_compose import offered
from tests.visitor import Visitor


@pytest.fixture
def workshop(app):
    """A category with rules."""
    return a_category(
        "Workshop", template="What broke?\n\nWhat have you tried?", tags_allowed=["glue", "wood", "paint"], tags_least=1,
        tags_most=2,
    )  # fmt: skip


@pytest.fixture
def keeper(app):
    """Somebody in the control panel."""
    return Visitor(app, an_administrator())


def tags_of(visitor: Visitor, topic: Topic) -> set[str]:
    """The tags that a topic's page shows."""
    page = visitor.follow(visitor.get(f"/topic/{topic.id}"))
    return set(re.findall(r'href="/tags/([^"?]+)"', page.html.split('id="stream"')[0]))


def begin(visitor: Visitor, place: Category, tags: str, **fields):
    """Sends a new topic."""
    page = visitor.get(f"/compose?category={place.id}")
    return visitor.submit(page, f"/category/{place.id}/topics", title="Which glue?", body="Which?", tags=tags, **fields)


def test_a_new_topic_begins_with_the_text_of_its_category(ann, workshop):
    fields = ann.get(f"/compose?category={workshop.id}").form(f"/category/{workshop.id}/topics").fields
    assert fields["body"].strip() == "What broke?\n\nWhat have you tried?"
    about = a_topic(title="Old news")
    fields = ann.get(f"/compose?category={workshop.id}&about={about.id}").form(f"/category/{workshop.id}/topics").fields
    assert re.match(r"Re: \[Old news\]\(/topic/\d+/old-news\)\s+What broke\?", fields["body"])


def test_what_was_begun_there_goes_before_it(ann, workshop):
    page = ann.get(f"/compose?category={workshop.id}")
    ann.submit(page, f"/category/{workshop.id}/topics", body="unsent", preview="1")
    ann.post("/drafts", {**page.form(f"/category/{workshop.id}/topics").fields, "body": "My own words"})
    fields = ann.get(f"/compose?category={workshop.id}").form(f"/category/{workshop.id}/topics").fields
    assert fields["body"].strip() == "My own words"


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ("", "A topic of this category needs a tag."),
        ("glue, wood, paint", "At most 2 tags, please."),
        ("cats", "“cats” is no tag of this category. These are: glue, wood, paint."),
        ("glue", ""),
        ("Glue, WOOD", ""),
    ],
)
def test_the_tags_of_a_new_topic_plain(ann, workshop, tags, words):
    answer = begin(ann, workshop, tags)
    assert answer.status == (422 if words else 303)
    assert words in answer.words
    assert number_of(Topic) == (0 if words else 1)
    if words:
        assert answer.form(f"/category/{workshop.id}/topics").fields["body"].strip() == "Which?"


def test_the_tags_of_a_new_topic_htmx(ann, workshop):
    page = ann.get(f"/compose?category={workshop.id}")
    sent = {"title": "Which glue?", "body": "Which?", "tags": "cats"}
    answer = ann.htmx.submit(page, f"/category/{workshop.id}/topics", **sent)
    assert answer.status == 422
    assert "is no tag of this category" in answer.html
    rules = ann.htmx.get(f"/compose/rules?cid={workshop.id}")
    assert "At least 1 tag, please. These can be used here: glue, wood, paint." in rules.words
    assert 'data-template="What broke?' in rules.html
    assert page.shows(rules.html.strip())


def test_elsewhere_the_setting_counts(ann, workshop):
    place = a_category()
    set_setting("tags.per_topic", "3")
    assert begin(ann, place, "one, two, three, four").status == 422
    assert begin(ann, place, "").status == 303


def test_completion_heeds_the_rules(ann, keeper, workshop):
    a_topic(tags="glue, secret", by=an_administrator("Other"))
    keeper.get("/admin/tags")
    keeper.post("/admin/tags/secret/staff", {"staff": "1"})
    elsewhere = a_category()
    look = {"q": "", "category": workshop.id}
    assert [words for _insert, words in offered(ann.get("/compose/tags", look))] == ["glue", "wood", "paint"]
    assert offered(ann.get("/compose/tags", {"q": "secr", "category": elsewhere.id})) == []
    found = offered(keeper.get("/compose/tags", {"q": "secr", "category": elsewhere.id}))
    assert found == [("secret, ", "secret")]


def test_tags_that_only_moderators_give_and_take(app, ann, keeper):
    place = a_category()
    marshal = Visitor(app, a_moderator())
    topic = a_topic(by=ann.user, in_=place, tags="solved, other")
    page = keeper.get("/admin/tags")
    keeper.submit(page, "/admin/tags/solved/staff", staff="1")
    assert "For moderators" in keeper.get("/admin/tags").words
    answer = begin(ann, place, "solved")
    assert "Only moderators may use the tag “solved”." in answer.words
    assert begin(marshal, place, "solved").status == 303
    edit = f"/post/{first_post(topic).id}/edit"
    ann.submit(ann.get(edit), edit, tags="thing")  # he cannot take it away
    assert tags_of(ann, topic) == {"solved", "thing"}
    marshal.submit(marshal.get(edit), edit, tags="thing")
    assert tags_of(ann, topic) == {"thing"}
    answer = ann.submit(ann.get(edit), edit, tags="thing, solved")
    assert answer.status == 422
    keeper.post("/admin/tags/solved/staff", {"staff": "0"})
    assert ann.submit(ann.get(edit), edit, tags="thing, solved").status == 303
    assert tags_of(ann, topic) == {"solved", "thing"}


def test_an_edit_heeds_them_only_where_it_changes_tags(ann, workshop):
    topic = a_topic(by=ann.user, in_=workshop, tags="cats, dogs")
    edit = f"/post/{first_post(topic).id}/edit"
    assert ann.submit(ann.get(edit), edit, body="Other words").status == 303
    assert ann.submit(ann.get(edit), edit, tags="").status == 422
    assert ann.submit(ann.get(edit), edit, tags="dogs, glue").status == 303
    assert tags_of(ann, topic) == {"dogs", "glue"}


FORM = {"name": "Workshop", "description": "", "icon": "hammer", "colour": "#1d4ed8", "parent": "", "link": ""}


def test_an_administrator_writes_the_rules(keeper, ann, workshop):
    address = f"/admin/categories/{workshop.id}"
    page = keeper.get(address)
    fields = page.form(address).fields
    assert (fields["tags_allowed"], fields["tags_least"], fields["tags_most"]) == ("glue, wood, paint", "1", "2")
    keeper.submit(
        page, address, **FORM, template="Say:\r\nmore", tags_allowed="Wood, #stone", tags_least="", tags_most="7"
    )
    kept = fresh(workshop)
    assert (kept.template, kept.tags_allowed, kept.tags_least, kept.tags_most) == (
        "Say:\nmore",
        ["wood", "stone"],
        0,
        7,
    )
    assert begin(ann, workshop, "stone").status == 303


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"template": "x" * 5001}, "At most 5000 letters"),
        ({"tags_allowed": "a"}, "A tag has 3 to 15 letters"),
        ({"tags_least": "three"}, "A number from 0 to 20"),
        ({"tags_most": "21"}, "A number from 0 to 20"),
        ({"tags_least": "3", "tags_most": "2"}, "more than the most"),
        ({"tags_least": "3", "tags_most": "5", "tags_allowed": "glue, wood"}, "more tags than the category takes"),
    ],
)
def test_rules_that_cannot_be(keeper, workshop, wrong, words):
    address = f"/admin/categories/{workshop.id}"
    answer = keeper.submit(keeper.get(address), address, **{**FORM, **wrong})
    assert answer.status == 422
    assert words in answer.words
    assert fresh(workshop).tags_allowed == ["glue", "wood", "paint"]


def test_a_member_sets_no_tag_apart(ann):
    a_topic(tags="glue")
    assert ann.post("/admin/tags/glue/staff", {"staff": "1"}).status == 403
