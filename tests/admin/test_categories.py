"""The tree of categories, as the control panel shapes it."""

import re
from collections import Counter

import pytest
from sqlalchemy import select

from core.db import session
from forum import recounting
from forum.category_tree import PURGED_AT_ONCE, purge_on
from models import Act, Category, CategoryTag, Topic
from tests.factories import a_category, a_topic, a_user, change, fresh, inside, many_topics, number_of
from tests.visitor import path_of, titles

PLACE = {"name": "Workshop", "description": "Glue and wood.", "icon": "hammer", "colour": "#1d4ed8", "parent": ""}


def names(page) -> list[str]:
    """The names of the tree, in order."""
    return re.findall(r'class="panel-row-title"><a href="/admin/categories/\d+">([^<]*)</a>', page.html)


def nothing_is_off() -> bool:
    """Whether all counters of categories and their tags are right."""
    with inside():
        return not recounting.find(Category) and not recounting.find(CategoryTag)


def test_a_category_is_made_and_changed(keeper, guest):
    page = keeper.get("/admin/categories/new")
    assert keeper.submit(page, "/admin/categories/new", **PLACE).status == 303
    assert "Workshop" in guest.get("/").words
    number = re.search(r'href="/admin/categories/(\d+)">Workshop', keeper.get("/admin/categories").html)[1]
    page = keeper.get(f"/admin/categories/{number}")
    keeper.submit(page, f"/admin/categories/{number}", **{**PLACE, "name": "Atelier", "disabled": "1"})
    assert "Atelier" not in guest.get("/").words
    assert "hidden from everybody" in keeper.get("/admin/categories").words


def test_categories_are_ordered_by_buttons(keeper, guest):
    for name in ("First", "Second", "Third"):
        last = a_category(name)
    page = keeper.get("/admin/categories")
    keeper.submit(page, f"/admin/categories/{last.id}/move", by="-1")
    assert names(keeper.get("/admin/categories")) == ["First", "Third", "Second"]
    shown = guest.get("/").words
    assert shown.index("First") < shown.index("Third") < shown.index("Second")


def test_a_category_is_put_below_another_and_before_one_of_its_siblings(keeper):
    top, other = a_category("Top"), a_category("Other")
    below = a_category("Below", parent_id=top.id)
    page = keeper.get("/admin/categories")
    answer = keeper.submit(page, "/admin/categories/order", item=str(other.id), into=str(top.id), before=str(below.id))
    assert "“Other” stands at 1 of 2 below “Top” now." in keeper.follow(answer).html
    assert names(keeper.get("/admin/categories")) == ["Top", "Other", "Below"]
    assert fresh(other).parent_id == top.id
    keeper.submit(page, "/admin/categories/order", item=str(other.id), into="", before="")
    assert fresh(other).parent_id is None
    for into in (top, below):
        assert keeper.submit(page, "/admin/categories/order", item=str(top.id), into=str(into.id)).status == 422
    assert fresh(top).parent_id is None


def test_a_category_cannot_become_its_own_ancestor(keeper):
    top = a_category("Top")
    below = a_category("Below", parent_id=top.id)
    deep = a_category("Deep", parent_id=below.id)
    for parent in (top, below, deep):
        answer = keeper.post(f"/admin/categories/{top.id}", {**PLACE, "name": "Top", "parent": str(parent.id)})
        assert answer.status == 422
        assert "A category cannot stand below itself." in answer.words
    assert fresh(top).parent_id is None
    options = re.search(
        r'<select class="form-select" id="parent".*?</select>', keeper.get(f"/admin/categories/{below.id}").html
    )[0]
    assert re.findall(r'value="(\d+)"', options) == [str(top.id)]


def test_a_category_is_moved_below_another(keeper):
    top, other = a_category("Top"), a_category("Other")
    keeper.post(f"/admin/categories/{other.id}", {**PLACE, "name": "Other", "parent": str(top.id)})
    assert fresh(other).parent_id == top.id
    assert "(level 2)" in keeper.get("/admin/categories").words


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "x" * 101), ("colour", "red"), ("link", "javascript:alert(1)"), ("parent", "999"),
        ("parent", "x"), ("description", "x" * 501),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(keeper, field, value):
    assert keeper.post("/admin/categories/new", {**PLACE, field: value}).status == 422
    assert number_of(Category) == 0


def test_merging_moves_topics_tags_and_what_is_below(keeper, guest):
    old, new = a_category("Old"), a_category("New")
    child = a_category("Child", parent_id=old.id)
    topic = a_topic(in_=old, title="Which glue?", tags="glue", replies=2)
    a_topic(in_=new, title="Which wood?", tags="glue,wood")
    question = keeper.get(f"/admin/categories/{old.id}/destroy")
    assert "1 topic with 3 posts move there" in question.words
    done = keeper.submit(question, f"/admin/categories/{old.id}/merge", into=str(new.id))
    assert done.status == 303
    assert sorted(titles(guest.get(f"/category/{new.id}/new"))) == ["Which glue?", "Which wood?"]
    assert guest.get(f"/category/{old.id}/old").status == 404
    assert guest.get(path_of(topic)).status == 200
    assert fresh(child).parent_id == new.id
    assert nothing_is_off()


def test_a_category_is_not_merged_into_itself_or_what_is_below_it(keeper):
    top = a_category("Top")
    below, link = a_category("Below", parent_id=top.id), a_category("Link", link="https://example.org/")
    for into in (top, below, link):
        answer = keeper.post(f"/admin/categories/{top.id}/merge", {"into": str(into.id)})
        assert answer.status == 422
    assert keeper.post(f"/admin/categories/{top.id}/merge", {"into": ""}).status == 422
    assert number_of(Category) == 3


def test_purging_says_what_goes_and_takes_it_all(keeper, guest):
    place, ann = a_category("Old"), a_user("Ann")
    topic = a_topic(by=ann, in_=place, replies=2)
    question = keeper.get(f"/admin/categories/{place.id}/destroy")
    assert "1 topic with 3 posts go with it, for good." in question.words
    assert keeper.submit(question, f"/admin/categories/{place.id}/destroy").status == 303
    assert number_of(Category) == number_of(Topic) == 0
    assert guest.get(path_of(topic)).status == 410
    assert fresh(ann).topics == fresh(ann).posts == 0


def test_purging_goes_on_to_the_end_however_many_topics_there_are(keeper, guest):
    place, other, ann = a_category("Old"), a_category("New"), a_user("Ann")
    last = many_topics(place, PURGED_AT_ONCE + 60, by=ann)[-1]
    change(ann, topics=PURGED_AT_ONCE + 60, posts=PURGED_AT_ONCE + 60)
    kept = a_topic(by=ann, in_=other)
    question = keeper.get(f"/admin/categories/{place.id}/destroy")
    assert "260 topics with 260 posts go with it, for good." in question.words
    assert "goes when the last topic has gone" in question.words
    assert keeper.submit(question, f"/admin/categories/{place.id}/destroy").status == 303
    assert (number_of(Category), number_of(Topic)) == (1, 1)
    assert guest.get(path_of(last)).status == 410
    assert guest.get(path_of(kept)).status == 200
    assert (fresh(ann).topics, fresh(ann).posts) == (1, 1)
    with inside():
        told = Counter(session().scalars(select(Act.kind)))
    assert (told["topic.purged"], told["category.purged"]) == (260, 1)
    assert nothing_is_off()


def test_a_category_that_is_opened_again_is_not_purged_any_further(keeper):
    place = a_category("Old")
    a_topic(in_=place)
    with inside():
        purge_on(keeper.user.id, place.id)
    assert (number_of(Category), number_of(Topic)) == (1, 1)


def test_a_category_with_others_below_it_stays(keeper):
    top = a_category("Top")
    a_category("Below", parent_id=top.id)
    assert "1 category stands below it." in keeper.get(f"/admin/categories/{top.id}/destroy").words
    assert keeper.post(f"/admin/categories/{top.id}/destroy").status == 409
    assert number_of(Category) == 2


def test_a_category_is_filled_in_like_another_and_saved_only_then(keeper):
    model = a_category(
        "Workshop", description="Glue and wood.", icon="hammer", colour="#1d4ed8", template="What broke?",
        tags_allowed=["glue", "wood"], tags_least=1, tags_most=2, queued=True, image="abc", own_rights=True,
    )  # fmt: skip
    top, place = a_category("Top"), a_category("Garden", description="Green.", section=True)
    page = keeper.get(f"/admin/categories/{place.id}")
    assert "Nothing is saved before you press" in page.words
    typed = {"name": "Greenhouse", "parent": str(top.id), "like": str(model.id), "fill": "1"}
    filled = keeper.submit(page, f"/admin/categories/{place.id}", **typed)
    assert filled.status == 200
    assert "Filled in as “Workshop” has it." in filled.words
    assert (fresh(place).description, fresh(place).name) == ("Green.", "Garden")
    assert number_of(Act) == 0
    assert f'<option value="{top.id}" selected>Top' in filled.html
    assert keeper.submit(filled, f"/admin/categories/{place.id}", parent=str(top.id)).status == 303
    made = fresh(place)
    assert (made.name, made.parent_id, made.description, made.icon, made.colour) == (
        "Greenhouse", top.id, "Glue and wood.", "hammer", "#1d4ed8",
    )  # fmt: skip
    assert (made.template, made.tags_allowed, made.tags_least, made.tags_most) == (
        "What broke?",
        ["glue", "wood"],
        1,
        2,
    )
    assert (made.queued, made.section, made.image, made.own_rights) == (True, False, "", False)


def test_a_new_category_is_filled_in_like_another(keeper):
    model = a_category("Workshop", description="Glue and wood.", template="What broke?")
    page = keeper.get("/admin/categories/new")
    asked = keeper.submit(page, "/admin/categories/new", name="", like="", fill="1")
    assert asked.status == 422
    assert 'id="like-error"' in asked.html
    filled = keeper.submit(asked, "/admin/categories/new", name="Shed", like=str(model.id), fill="1")
    assert number_of(Category) == 1
    assert keeper.submit(filled, "/admin/categories/new").status == 303
    assert number_of(Category, Category.name == "Shed", Category.template == "What broke?") == 1
    assert keeper.post("/admin/categories/new", {"fill": "1", "like": "999"}).status == 404
