"""Tags: the cloud, a tag's topics, and what a tag may be."""

import pytest

from core import clock
from core.db import session, writing
from forum import tags
from forum.refusals import Invalid
from models import Tag
from tests.factories import (
    a_category,
    a_deleted_topic,
    a_private_category,
    a_topic,
    change,
    inside,
    many_topics,
    number_of,
    set_setting,
    writes,
)
from tests.visitor import next_of, titles


def counts() -> dict[str, int]:
    """How often each tag says that it is used."""
    with inside():
        return {tag.name: tag.topics for tag in session().query(Tag)}


def test_the_cloud_shows_the_most_used_first(guest):
    for line in ("glue", "glue, wood", "glue, wood, stone"):
        a_topic(tags=line)
    assert "glue 3 wood 2 stone 1" in guest.get("/tags").words


def test_no_tags_yet(guest):
    assert "No tags yet." in guest.get("/tags").words


def test_finding_a_tag_plain(guest):
    a_topic(tags="glue, gluten, wood")
    page = guest.get("/tags")
    assert page.form("/tags").method == "get"
    found = guest.get("/tags", {"q": "GLU"})
    assert "glue 1 gluten 1" in found.words
    assert "wood" not in found.words
    assert page.form("/tags").fields["q"] == ""
    assert found.form("/tags").fields["q"] == "GLU"


def test_finding_a_tag_htmx(guest):
    a_topic(tags="glue, wood")
    page, part = guest.get("/tags", {"q": "glu"}), guest.htmx.get("/tags", {"q": "glu"}, target="ul#tags")
    assert "<html" not in part.html
    assert page.shows(part.html)
    assert 'hx-target="#tags"' in page.html
    assert "tags" in page.ids


@pytest.mark.parametrize("search", ["%", "_", "unheard", "'", "\\"])
def test_finding_nothing_says_so(guest, search):
    a_topic(tags="glue")
    assert "No tag is called like that." in guest.get("/tags", {"q": search}).words


def test_a_tag_shows_its_topics(guest):
    a_topic(title="About glue", tags="glue")
    a_topic(title="About wood", tags="wood")
    page = guest.get("/tags/glue")
    assert titles(page) == ["About glue"]
    assert "<title>Topics tagged glue" in page.html
    moved = guest.get("/tags/GLUE?page=1")
    assert (moved.status, moved.location) == (308, "/tags/glue?page=1")


def test_tags_in_any_script(guest):
    a_topic(title="Über Größe", tags="größe, 日本語タグ")
    page = guest.get("/tags/größe")
    assert titles(page) == ["Über Größe"]
    assert 'href="/tags/gr%C3%B6%C3%9Fe"' in guest.get("/tags").html
    assert titles(guest.get("/tags/日本語タグ")) == ["Über Größe"]


@pytest.mark.parametrize("tag", ["unheard-of", "a b", "x" * 500, "<script>", "%ff%fe", "a?b"])
def test_an_unknown_tag_is_missing(guest, tag):
    answer = guest.get(f"/tags/{tag}")
    assert answer.status == 404
    assert "No topic that you may read has this tag." in answer.words
    assert "<script>" not in answer.html.replace('<script src="/static', "")


def test_a_tag_that_somebody_follows_is_there_without_topics(ann):
    topic = a_topic(tags="glue")
    page = ann.get("/tags/glue")
    ann.submit(page, "/tags/glue/follow", follow="1")
    change(topic, deleted_at=clock.now())
    page = ann.get("/tags/glue")
    assert (page.status, "No topics here" in page.words) == (200, True)
    ann.submit(page, "/tags/glue/follow", follow="0")
    assert ann.get("/tags/glue").status == 404


def test_tags_of_what_somebody_may_not_see_are_not_shown(guest, ann):
    a_topic(in_=a_private_category(), tags="secret, glue")
    a_deleted_topic(tags="deleted")
    a_topic(tags="glue")
    assert "glue 1" in guest.get("/tags").words
    assert "secret" not in guest.get("/tags").words
    assert "deleted" not in guest.get("/tags").words
    assert guest.get("/tags/secret").status == guest.get("/tags/deleted").status == 404
    assert "glue 2 secret 1" in ann.get("/tags").words


def test_the_endless_page_of_a_tag_shows_every_topic_exactly_once(guest):
    place = a_category()
    made = many_topics(place, 45)

    @writes
    def tag_all() -> None:
        for topic in made:
            tags.retag(session().merge(topic), ["glue"])

    tag_all()
    answer = guest.get("/tags/glue")
    seen = titles(answer)
    while following := next_of(answer):
        answer = guest.htmx.get(following)
        seen += titles(answer)
    assert len(seen) == len(set(seen)) == 45


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        ("Glue", ["glue"]),
        ("#glue, # wood", ["glue", "wood"]),
        ("two words, two  words", ["two-words"]),
        ("c++, rust", None),
        ("a/b/c, d.e.f", ["a-b-c", "d-e-f"]),
        (" , ,,glue,", ["glue"]),
        ("ÄÖÜ", ["äöü"]),
        ("--glue--, __wood__", ["glue", "wood"]),
        ("<script>", ["script"]),
        ("nul\x00nul", ["nul-nul"]),
        ("日本語", ["日本語"]),
        ("no", None),
        ("abcdefghijklmnop", None),
    ],
)
def test_what_somebody_typed_becomes_tags(app, line, words):
    with inside():
        if words is None:
            with pytest.raises(Invalid):
                tags.clean(line)
        else:
            assert tags.clean(line) == words


def test_the_length_of_tags_is_a_setting(app):
    with inside(), pytest.raises(Invalid):
        tags.clean("c")
    set_setting("tags.length_min", "1")
    with inside():
        assert tags.clean("c") == ["c"]


def test_putting_tags_counts_them_and_taking_them_off_too(app):
    topic = a_topic(tags="glue, wood")
    assert counts() == {"glue": 1, "wood": 1}
    with inside(), writing():
        tags.retag(session().merge(topic), ["wood", "stone"])
    assert counts() == {"glue": 0, "wood": 1, "stone": 1}
    with inside():
        assert tags.of_topics([topic.id]) == {topic.id: ["stone", "wood"]}
        assert tags.of_topics([]) == {}
    assert number_of(Tag) == 3


def test_a_tag_that_nobody_uses_any_more_leaves_the_cloud(guest):
    topic = a_topic(tags="glue")
    with inside(), writing():
        tags.retag(session().merge(topic), [])
    assert "glue" not in guest.get("/tags").words
