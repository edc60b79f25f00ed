"""Tags are renamed, merged and removed."""

import re

from core.db import session, writing
from forum import recounting
from models import CategoryTag, Tag
from tests.factories import a_category, a_deleted_topic, a_topic, inside, number_of
from tests.visitor import titles


def nothing_is_off() -> bool:
    """Whether all counters of tags are right."""
    with inside():
        return not recounting.find(Tag) and not recounting.find(CategoryTag)


def test_a_tag_is_renamed_on_every_topic(keeper, guest):
    a_topic(title="Which glue?", tags="gleu")
    page = keeper.get("/admin/tags")
    keeper.submit(page, "/admin/tags/gleu", name="#Glue")
    assert titles(guest.get("/tags/glue")) == ["Which glue?"]
    assert "gleu" not in keeper.get("/admin/tags").words


def test_a_tag_that_takes_the_name_of_another_is_merged_into_it(keeper, guest):
    place = a_category()
    a_topic(in_=place, title="One", tags="gleu")
    a_topic(in_=place, title="Both", tags="gleu,glue")
    a_topic(title="Other", tags="glue")
    a_deleted_topic(in_=place, title="Gone", tags="gleu")
    answer = keeper.post("/admin/tags/gleu", {"name": "glue"})
    assert "Both tags are one now." in keeper.follow(answer).html
    assert sorted(titles(guest.get("/tags/glue"))) == ["Both", "One", "Other"]
    assert number_of(Tag) == 1
    assert nothing_is_off()


def test_removing_a_tag_says_how_many_topics_lose_it(keeper, guest):
    a_topic(title="Which glue?", tags="glue,wood")
    question = keeper.get("/admin/tags/glue/destroy")
    assert "1 topic carries it and stays, without it." in question.words
    keeper.submit(question, "/admin/tags/glue/destroy")
    assert titles(guest.get("/tags/wood")) == ["Which glue?"]
    assert "glue" not in guest.get("/tags").words
    assert nothing_is_off()


def test_a_tag_needs_a_name_and_must_be_there(keeper):
    a_topic(tags="glue")
    assert keeper.post("/admin/tags/glue", {"name": "!!"}).status == 422
    assert keeper.post("/admin/tags/glue", {"name": "x" * 41}).status == 422
    assert keeper.post("/admin/tags/zebra", {"name": "horse"}).status == 404
    assert "No tags here" in keeper.get("/admin/tags", {"q": "zebra"}).words


def test_an_empty_tag_is_made_and_found(keeper):
    assert 'name="new"' in keeper.get("/admin/tags").html
    answer = keeper.post("/admin/tags", {"new": "#Cold Glue"})
    assert "“cold-glue” is there" in keeper.follow(answer).html
    assert "cold-glue" in keeper.get("/admin/tags?q=cold").html
    again = keeper.post("/admin/tags", {"new": "cold-glue"})
    assert again.status == 422
    assert "There is a tag of this name." in again.words
    assert 'value="cold-glue"' in again.html
    assert keeper.post("/admin/tags", {"new": "!"}).status == 422


def test_a_tag_has_its_colour_wherever_it_is_shown(keeper, guest):
    topic = a_topic(title="Which glue?", tags="glue,wood")
    before = guest.get("/").html
    page = keeper.get("/admin/tags/glue")
    keeper.submit(page, "/admin/tags/glue/colour", colour="#FFD400")
    assert "Black letters on it, 14.7 to 1." in keeper.get("/admin/tags/glue").words
    css = re.search(r'href="(/colours.css[^"]*)"', guest.get("/").html)[1]
    assert css not in before
    mark = re.search(r"\.(t-\d+)\{--tint:#ffd400;--on-tint:#000000\}", guest.get(css).html)[1]
    for path in ("/tags", "/recent", f"/topic/{topic.id}/which-glue"):
        html = guest.get(path).html
        assert f'class="pill pill-tag {mark}" href="/tags/glue"' in html, path
        assert 'class="pill pill-tag" href="/tags/wood"' in html, path
    refused = keeper.post("/admin/tags/glue/colour", {"colour": "yellow"})
    assert refused.status == 422
    assert 'value="yellow"' in refused.html
    keeper.post("/admin/tags/glue/colour", {"colour": ""})
    assert mark not in guest.get("/tags").html


def test_many_tags_stand_on_several_pages(keeper):
    with inside(), writing():
        session().add_all(Tag(name=f"word-{number:03}", topics=number // 60) for number in range(130))
    seen, address = [], "/admin/tags"
    while address:
        page = keeper.get(address)
        seen += re.findall(r'name="name" value="(word-\d+)"', page.html)
        found = re.search(r'<a rel="next" href="([^"]*)"', page.html)
        address = found[1].replace("&amp;", "&") if found else ""
    assert len(seen) == len(set(seen)) == 130
    assert seen[0] == "word-120"
