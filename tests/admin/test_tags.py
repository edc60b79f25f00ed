"""Tags are renamed, merged and removed."""

from cli import doctor_counters
from models import CategoryTag, Tag
from tests.factories import a_category, a_deleted_topic, a_topic, inside, number_of
from tests.visitor import titles


def nothing_is_off() -> bool:
    """Whether all counters of tags are right."""
    with inside():
        return not doctor_counters.find(Tag) and not doctor_counters.find(CategoryTag)


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
