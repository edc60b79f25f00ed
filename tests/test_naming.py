"""Naming: a new name shows at once, the old one leads on and is nobody else's."""

import re
from datetime import timedelta

import pytest

from core import clock
from models import Act, FormerName, Notice
from tests.factories import (
    PASSWORD,
    a_moderator,
    a_topic,
    a_user,
    an_administrator,
    first_post,
    fresh,
    number_of,
    set_setting,
)
from tests.test_accounts import logs_in, registers
from tests.visitor import path_of


def renames(visitor, name, **fields):
    """Fills in the form and sends it."""
    return visitor.submit(visitor.get("/me/name"), "/me/name", name=name, **fields)


def test_a_new_name_shows_at_once_everywhere_plain(ann, guest, visit):
    topic = a_topic(by=ann.user, title="Glue", body="Which glue?")
    shown = (path_of(topic), "/users", "/recent")
    assert ["Ann" in guest.get(address).html for address in shown] == [True, True, True]
    page = ann.follow(renames(ann, "Anna Blum"))
    assert "You are Anna Blum , and @anna-blum mentions you." in page.words
    for address in shown:
        page = guest.get(address)
        assert "Anna Blum" in page.html
        assert not re.search(r"\bAnn\b", page.words)
    assert "Anna Blum" in ann.get("/search?q=Which").html
    assert logs_in(guest, "anna blum").status == 303


def test_a_new_name_htmx(ann):
    page = ann.htmx.boosted("/me/name")
    refused = ann.htmx.sends(page, "/me/name", name="Admin")
    assert (refused.status, "This name is kept for the site itself." in refused.words) == (422, True)
    assert ann.htmx.sends(page, "/me/name", name="Anna").location == "/me/name"


def test_old_links_and_mentions_lead_on(ann, visit):
    bert = visit(a_user("Bert"))
    topic = a_topic(by=bert.user, body="I ask @ann about it.")
    assert 'href="/user/ann"' in bert.get(path_of(topic)).html
    renames(ann, "Anna")
    for tab in ("", "/topics"):
        answer = bert.get(f"/user/ann{tab}")
        assert (answer.status, answer.location) == (308, f"/user/anna{tab}")
    bert.get(path_of(topic))
    bert.post(f"/topic/{topic.id}/posts", {"body": "And @ann again?"})
    assert number_of(Notice, Notice.user_id == ann.user.id, Notice.kind == "mention") == 1


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Bert", "This name is taken."),
        ("BERT", "This name is taken."),
        ("Admin", "This name is kept for the site itself."),
        ("a/b", "“/” cannot be part of a name"),
        ("Ann", "This is the name already."),
        ("", "Choose a name."),
    ],
)
def test_what_a_new_name_cannot_be(ann, name, reason):
    a_user("Bert")
    answer = renames(ann, name)
    assert answer.status == 422
    assert reason in answer.words
    assert fresh(ann.user).name == "Ann"


def test_nobody_else_gets_an_old_name_and_its_owner_may_have_it_again(ann, guest, visit):
    set_setting("naming.days", "0")
    renames(ann, "Anna")
    assert "This name is taken." in registers(guest, name="ann").words
    assert "This name is taken." in renames(visit(a_user("Bert")), "Ann").words
    renames(ann, "Ann")
    assert (fresh(ann.user).name, fresh(ann.user).slug) == ("Ann", "ann")
    assert guest.get("/user/anna").location == "/user/ann"


def test_another_spelling_keeps_the_handle(ann):
    renames(ann, "ANN")
    assert (fresh(ann.user).name, fresh(ann.user).slug) == ("ANN", "ann")


def test_how_often_is_a_setting(ann):
    renames(ann, "Anna")
    assert "You changed your name lately." in ann.get("/me/name").words
    assert ann.post("/me/name", {"name": "Annika"}).status == 403
    clock.travel(timedelta(days=30, minutes=1))
    assert "You changed your name lately." not in ann.get("/me/name").words
    set_setting("naming.allowed", "no")
    assert "Names are not changed on this site." in ann.get("/me/name").words
    assert ann.post("/me/name", {"name": "Annika", "current": PASSWORD}).status == 403
    assert fresh(ann.user).name == "Anna"


def test_staff_with_the_right_renames_and_sees_the_history(ann, marshal, visit, guest):
    keeper = visit(an_administrator())
    page = keeper.get("/user/ann/record")
    assert "No other name before this one." in page.words
    assert 'href="/user/ann/name"' in page.html
    keeper.submit(keeper.get("/user/ann/name"), "/user/ann/name", name="Quiet Name")
    assert fresh(ann.user).name == "Quiet Name"
    page = keeper.follow(keeper.get("/user/ann/record"))
    assert "Ann given up" in page.words
    assert "changed by Keeper" in page.words
    assert number_of(Act, Act.kind == "person.renamed") == 1
    assert "Ann given up" in marshal.get("/user/quiet-name/record").words
    assert "You changed your name lately." not in ann.get("/me/name").words  # it was not she
    assert marshal.get("/user/quiet-name/name").status == 403
    marshal.get("/")
    assert marshal.post("/user/quiet-name/name", {"name": "Ann"}).status == 403
    assert guest.get("/user/quiet-name/name").status == 302


def test_members_rename_nobody_else(ann, visit):
    bert = visit(a_user("Bert"))
    bert.get("/")
    assert bert.get("/user/ann/name").status == 403
    assert bert.post("/user/ann/name", {"name": "Fool"}).status == 403
    assert number_of(FormerName) == 0
    a_moderator("Second")
    assert first_post(a_topic(by=ann.user)).author_id == ann.user.id
