"""One act on many topics of a list."""

import re

import pytest

from tests.factories import a_category, a_topic, a_user, astray, fresh
from tests.visitor import path_of, titles


@pytest.fixture
def place(app):
    """A category with three topics."""
    made = a_category("Workshop")
    for title in ("One topic", "Two topics", "Three topics"):
        a_topic(in_=made, title=title)
    return made


def ids(answer) -> list[int]:
    """The topics that can be selected, in order."""
    return [int(key) for key in re.findall(r'name="topic" value="(\d+)" form="bulk"', answer.html)]


def test_deleting_many_and_undoing_it_plain(marshal, guest, place):
    address = f"/category/{place.id}/topics/act"
    page = marshal.get(f"/category/{place.id}/workshop")
    chosen = ids(page)
    assert len(chosen) == 3
    answer = marshal.submit(page, address, topic=chosen[:2], act="delete")
    assert answer.location == f"/category/{place.id}/workshop"
    page = marshal.follow(answer)
    assert "2 topics were changed." in page.html
    assert len(titles(guest.get(f"/category/{place.id}/workshop"))) == 1
    assert astray() == []
    undo = next(form for form in page.forms if form.fields.get("act") == "restore")
    marshal.post(undo.action, undo.fields)
    assert len(titles(guest.get(f"/category/{place.id}/workshop"))) == 3
    assert astray() == []


def test_moving_many_and_undoing_it_plain(marshal, guest, place):
    there = a_category("Attic")
    page = marshal.get(f"/category/{place.id}/workshop")
    answer = marshal.submit(page, f"/category/{place.id}/topics/act", topic=ids(page), act="move", to=there.id)
    page = marshal.follow(answer)
    assert len(titles(guest.get(f"/category/{there.id}/attic"))) == 3
    undo = next(form for form in page.forms if form.fields.get("act") == "move" and "topic" in form.fields)
    assert undo.action == f"/category/{there.id}/topics/act"
    marshal.post(undo.action, undo.fields)
    assert len(titles(guest.get(f"/category/{place.id}/workshop"))) == 3
    assert astray() == []


def test_locking_many_htmx(marshal, place):
    page = marshal.get(f"/category/{place.id}/workshop")
    answer = marshal.htmx.submit(page, f"/category/{place.id}/topics/act", topic=ids(page), act="lock")
    assert f"/category/{place.id}/workshop" in answer.headers["HX-Location"]
    assert marshal.get(f"/category/{place.id}/workshop").html.count("#lock-fill") >= 3


def test_locking_many_plain(marshal, guest, place):
    page = marshal.get(f"/category/{place.id}/workshop")
    marshal.submit(page, f"/category/{place.id}/topics/act", topic=ids(page)[:1], act="lock")
    assert guest.get(f"/category/{place.id}/workshop").words.count("Locked") == 1


def test_what_is_refused_does_not_stop_the_others(marshal, place):
    here, elsewhere = ids(marshal.get(f"/category/{place.id}/workshop"))[0], a_topic()
    fields = {"topic": [here, elsewhere.id], "act": "lock"}
    page = marshal.follow(marshal.post(f"/category/{place.id}/topics/act", fields))
    assert "1 topic was left as it is: It stands in another category now." in page.html
    assert "1 topic was changed." in page.html
    assert fresh(elsewhere).locked_at is None


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"act": "lock"}, "Select up to 200 topics."),
        ({"topic": 1}, "Choose what to do with the topics."),
        ({"topic": 1, "act": "burn"}, "Choose what to do with the topics."),
        ({"topic": 1, "act": "move"}, "Choose the category to move the topics to."),
    ],
)
def test_a_form_that_says_too_little(marshal, place, fields, reason):
    answer = marshal.post(f"/category/{place.id}/topics/act", fields)
    assert answer.status == 422
    assert reason in answer.words


def test_only_moderators_select(ann, guest, visit, place):
    for reader in (ann, guest, visit(a_user())):
        page = reader.get(f"/category/{place.id}/workshop")
        assert ids(page) == []
        assert "bulk" not in page.html
        assert reader.post(f"/category/{place.id}/topics/act", {"topic": 1, "act": "lock"}).status == 403
    assert path_of(a_topic()).startswith("/topic/")
