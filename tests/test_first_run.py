"""The first run: one page at every address until a new site is set up, by whoever holds the code, and once."""

import threading

import pytest
from sqlalchemy import select

from core import settings
from core.db import session, writing
from forum import first_categories, first_run
from models import Category, Membership, SetUpCode, User
from tests.factories import a_user, group_id, inside, number_of, reads
from tests.test_budgets import counting
from tests.visitor import Visitor

GOOD = "four plain wooden chairs"


@pytest.fixture
def code(app) -> str:
    """A new site, started without the demo; its code."""
    with inside(), writing():
        return first_run.begin()


def fills(visitor, code, **fields):
    """Fills in the page and sends it."""
    page = visitor.get(f"/setup?code={code}")
    usual = {
        "code": code, "title": "Glue & Co", "name": "Keeper", "email": "keeper@example.org", "password": GOOD,
        "repeat": GOOD, "skin": "darkly", "mode": "approval", "categories": "club",
    }  # fmt: skip
    return visitor.submit(page, "/setup", **{**usual, **fields})


@reads
def value(name: str) -> object:
    """The value of a setting."""
    return settings.get(name)


def test_without_a_first_run_there_is_no_such_page(guest):
    assert guest.get("/setup").status == 404
    guest.get("/login")
    assert guest.post("/setup", {"code": "ABCD"}).status == 404
    assert guest.get("/").status == 200


def test_every_address_leads_to_the_set_up_and_machines_go_past(code, guest):
    for path in ("/", "/login", "/register", "/recent", "/admin", "/me", "/nowhere", "/topic/7", "/terms"):
        answer = guest.get(path)
        assert (answer.status, answer.location) == (303, "/setup"), path
    assert guest.post("/login", {"name": "x", "password": "y"}).location == "/setup"
    assert guest.get("/healthz").status == 200
    assert guest.get("/static/css/livery.css").status == 200
    page = guest.get(f"/setup?code={code}")
    assert f'value="{code}"' in page.html
    assert "<script" not in page.html


def test_the_site_is_set_up_once_and_says_what_to_do_next(code, guest, visit):
    answer = fills(guest, code)
    assert (answer.status, answer.location) == (303, "/")
    home = guest.follow(answer)
    for words in ("Glue & Co is ready. What next?", "Invite people", "Meetings and trips", "Looking back"):
        assert words in home.words
    for address in ("/me/invitations", "/admin/settings", "/admin/skins", "/admin/categories", "/admin/terms"):
        assert f'href="{address}"' in home.html
        assert guest.get(address).status == 200
    assert value("site.title") == "Glue & Co"
    assert (value("skins.default"), value("registration.mode")) == ("darkly", "approval")
    assert number_of(Membership, Membership.group_id == group_id("administrators")) == 1
    assert number_of(Category) == len(first_categories.SEEDS["club"]) + 2
    assert number_of(SetUpCode) == 0
    # it is gone for good, and the stranger who comes now sees a site
    stranger = visit()
    assert guest.get(f"/setup?code={code}").status == stranger.get("/setup").status == 404
    assert "What next?" not in stranger.get("/").words
    guest.submit(guest.get("/"), "/welcome")
    assert "What next?" not in guest.get("/").words
    assert stranger.post("/welcome", {}).status == 403


def test_a_stranger_without_the_code_gets_nothing_and_soon_has_to_wait(code, visit):
    stranger, keeper = visit(), Visitor(visit().app, None, "203.0.113.9")
    for _ in range(10):
        answer = fills(stranger, "AAAA-BBBB-CCCC-DDDD")
        assert answer.status == 422
        assert "This is not the code" in answer.words
    late = fills(stranger, code)
    assert "too many tries" in late.words
    assert number_of(User) == 0
    # who comes from elsewhere is not kept waiting by him; small letters without dashes will do
    assert fills(keeper, code.lower().replace("-", " ")).status == 303


def test_the_code_is_not_in_the_database(code):
    with inside():
        kept = session().scalars(select(SetUpCode.code_hash)).all()
    assert len(kept) == 1
    assert code not in kept[0]
    assert len(kept[0]) == 64


def test_each_process_prints_a_code_and_all_of_them_hold(code, guest):
    with inside(), writing():
        other = first_run.begin()
    assert other != code
    assert fills(guest, code).status == 303


@pytest.mark.parametrize(("field", "typed", "words"), [
    ("title", "", "The site needs a name."), ("name", "", "Choose a name."), ("name", "admin", "kept for the site"),
    ("email", "keeper", "This is not an e-mail address."), ("password", "1234", "has at least"),
    ("repeat", "other", "The two passwords are not the same."), ("skin", "tweed", "cannot be used here"),
    ("mode", "perhaps", "Not a valid choice"), ("categories", "zoo", "Not a valid choice"),
])  # fmt: skip
def test_mistakes_are_said_and_what_was_typed_stays(code, guest, field, typed, words):
    more = {"repeat": typed} if field == "password" else {}
    answer = fills(guest, code, **{field: typed, **more})
    assert answer.status == 422
    assert words in answer.words
    if field not in ("title", "name"):
        assert 'value="Glue &amp; Co"' in answer.html
        assert 'value="Keeper"' in answer.html
    if field != "skin":
        assert 'value="darkly" checked' in answer.html
    assert number_of(User) == number_of(Category) == 0
    assert fills(guest, code).status == 303


@pytest.mark.parametrize("name", first_categories.SEEDS)
def test_every_template_of_categories_can_be_begun_with(code, guest, name):
    assert fills(guest, code, categories=name).status == 303
    words = guest.get("/").words
    for seed in first_categories.SEEDS[name]:
        assert seed.name in words
    assert ("No categories yet" in words) == (name == "none")


def test_two_requests_in_the_same_moment_make_one_site(code, app):
    people = [Visitor(app, None, f"203.0.113.{number}") for number in (1, 2)]
    pages = [person.get("/setup") for person in people]
    statuses: list[int] = []
    ready = threading.Barrier(2)

    def send(number: int) -> None:
        ready.wait()
        fields = {
            "code": code, "title": "Site", "name": f"Keeper {number}", "password": GOOD, "repeat": GOOD,
            "skin": "noskin", "mode": "open", "categories": "forum",
        }  # fmt: skip
        statuses.append(people[number].submit(pages[number], "/setup", **fields).status)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303, 404]
    assert number_of(User) == 1
    assert number_of(Category, Category.parent_id.is_(None)) == len(first_categories.SEEDS["forum"])


def test_a_site_with_people_cannot_be_set_up_any_more(code, guest):
    a_user("Somebody")  # made by a script
    assert guest.get("/").status == 200
    assert guest.get("/setup").status == 404


def test_once_it_is_done_it_costs_no_query(guest):
    guest.get("/recent")
    with counting() as seen:
        guest.get("/login")
    assert not [statement for statement in seen if "set_up" in statement]
