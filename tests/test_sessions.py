"""Sessions: where one is logged in, told in words, ended from elsewhere, and never more than the site allows."""

import re
from datetime import timedelta

import pytest

from core import clock, pubsub
from core.db import writing
from forum import schedule, sessions
from models import LoginSession
from tests.factories import PASSWORD, a_category, a_user, inside, number_of, set_setting, viewer_of
from tests.test_accounts import GOOD, changes, known_as, logs_in
from tests.test_budgets import counting
from tests.visitor import Visitor

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Mobile/15E148 Safari/604.1"
)


def logs_in_with(visitor, browser):
    """Logs in as Ann with a browser that says this of itself."""
    fields = {**visitor.get("/login").form("/login").fields, "name": "Ann", "password": PASSWORD}
    raw = visitor.client.post(
        "/login", data=fields, headers=visitor.own_headers(),
        environ_base={"REMOTE_ADDR": visitor.address, "HTTP_USER_AGENT": browser},
    )  # fmt: skip
    assert raw.status_code == 303


@pytest.fixture
def phone(app, ann):
    """Ann, logged in on her telephone from another network."""
    made = Visitor(app, address="203.0.113.9")
    logs_in_with(made, SAFARI)
    return made


def test_the_list_says_where_one_is_logged_in(ann, phone):
    laptop = Visitor(ann.app)
    logs_in_with(laptop, FIREFOX)
    page = laptop.get("/me/sessions")
    assert re.search(r"Firefox on Linux this one from 127\.0\.0\.0/24 · begun .* · last seen now", page.words)
    assert "Safari on iPhone from 203.0.113.0/24" in page.words
    assert page.words.index("Firefox on Linux") < page.words.index("Safari on iPhone")
    assert "203.0.113.9" not in page.html


def test_one_is_ended_plain(ann, phone):
    page = ann.get("/me/sessions")
    [action] = [form.action for form in page.forms if form.action.endswith("/end")]
    page = ann.follow(ann.submit(page, action))
    assert "Safari" not in page.words
    assert "You are logged in nowhere else." in page.words
    assert known_as(phone) == ""
    assert known_as(ann) == "Ann"


def test_one_is_ended_htmx(ann, phone):
    page = ann.get("/me/sessions")
    [action] = [form.action for form in page.forms if form.action.endswith("/end")]
    [part] = ann.htmx.submit(page, action).parts
    assert part.target == "#sessions"
    assert "Safari" not in part.html
    assert ann.get("/me/sessions").shows(part.html)
    assert known_as(phone) == ""


def test_all_others_are_ended(ann, phone, visit):
    third = visit(ann.user)
    ann.follow(ann.submit(ann.get("/me/sessions"), "/me/sessions/end-others"))
    assert (known_as(phone), known_as(third), known_as(ann)) == ("", "", "Ann")


def test_nobody_ends_or_sees_what_is_not_his(ann, phone, visit, guest):
    bert = visit(a_user("Bert"))
    assert "Safari" not in bert.get("/me/sessions").words
    [row] = [form.action for form in ann.get("/me/sessions").forms if form.action.endswith("/end")]
    assert bert.post(row).status == 404
    assert known_as(phone) == "Ann"
    assert guest.get("/me/sessions").location == "/login?next=/me/sessions"
    assert guest.post(row).status == 403
    assert guest.post("/me/sessions/end-others").status == 403
    assert ann.post("/me/sessions/99/end").status == 404


def test_what_was_ended_is_not_opened_again_by_a_remembering_cookie(ann, guest):
    logs_in(guest, "Ann", remember="y")
    ann.submit(ann.get("/me/sessions"), "/me/sessions/end-others")
    guest.client.delete_cookie("session")
    assert known_as(guest) == ""


def test_the_oldest_ends_where_there_are_too_many(app):
    set_setting("sessions.most", "2")
    user = a_user("Ann")
    first, second, third = (Visitor(app, user) for _ in range(3))
    assert [known_as(each) for each in (first, second, third)] == ["", "Ann", "Ann"]


def test_logging_out_takes_it_off_the_list(ann, phone):
    phone.submit(phone.get("/"), "/logout")
    assert "Safari" not in ann.get("/me/sessions").words
    assert number_of(LoginSession) == 1


def test_a_session_holds_nothing_more_after_logging_out(guest, app):
    a_user("Ann")
    logs_in(guest, "Ann")
    with guest.client.session_transaction() as held:
        held["planted"] = "by who was here"
    guest.submit(guest.get("/"), "/logout")
    with guest.client.session_transaction() as held:
        assert dict(held) == {}


def test_logging_in_again_in_the_same_browser_leaves_one(guest, app):
    a_user("Ann")
    logs_in(guest, "Ann")
    guest.get("/")
    guest.post("/login", {"name": "Ann", "password": PASSWORD})
    assert number_of(LoginSession) == 1


def test_a_new_password_ends_them_and_keeps_this_one_remembered(app, phone, guest):
    logs_in(guest, "Ann", remember="y")
    changes(guest)
    assert known_as(phone) == ""
    guest.client.delete_cookie("session")
    assert known_as(guest) == "Ann"
    assert "You are logged in nowhere else." in guest.get("/me/sessions").words
    assert logs_in(Visitor(app), "Ann", GOOD).status == 303


def test_the_last_visit_is_noted_to_the_minute(ann, phone):
    clock.travel(timedelta(hours=3))
    phone.get("/recent")
    with inside():
        schedule.flush_tallies()
    clock.travel(timedelta(hours=5))
    assert "last seen 2 hours ago" in ann.get("/me/sessions").words


def test_what_nobody_used_for_two_weeks_is_forgotten(ann, phone):
    clock.travel(timedelta(days=14))
    ann.get("/")
    with inside():
        schedule.flush_tallies()
    clock.travel(timedelta(days=16))
    with inside():
        sessions.prune()
    assert number_of(LoginSession) == 1
    assert known_as(phone) == ""


def test_an_ended_session_costs_others_no_query(ann, phone, visit):
    bert = visit(a_user("Bert"))
    for _ in range(2):
        bert.get("/recent")
        ann.get("/recent")
    with counting() as seen:
        ann.get("/recent")
    assert [line for line in seen if "sessions" in line] == []


def test_a_mark_is_worth_nothing_with_another_key_or_id(ann, guest):
    user_id = ann.user.id
    for mark in ("1", "1-", "1-wrong", "-", "1-wrong x", ""):
        with guest.client.session_transaction() as held:
            held["_user_id"] = f"{user_id}.{mark}"
        assert known_as(guest) == ""


def test_open_pages_of_an_ended_session_are_told(ann, phone, heard_here):
    [row] = re.findall(r"/me/sessions/(\d+)/end", ann.get("/me/sessions").html)[:1]
    told = []
    stop = pubsub.listen(told.extend)
    ann.submit(ann.get("/me/sessions"), "/me/sessions/end-others")
    stop()
    assert [line for line in told if " out " in line] == [f"session-{row} out {row}"]


def test_a_browser_that_says_nothing(app):
    user = a_user("Ann")
    with inside(), writing():
        mark = sessions.begin(user.id, "", "")
    with inside():
        [row] = sessions.listed(viewer_of(user), mark)
    assert row.words == "A browser that does not say which"


def test_who_is_remembered_gets_files_as_everybody_does(ann, guest):
    logs_in(guest, "Ann", remember="y")
    a_category("Workshop", colour="#1d4ed8")  # nothing of the stylesheet is kept yet
    files = re.findall(r'href="((?:/colours.css|/static/css/)[^"]*)"', guest.get("/categories").html)
    assert len(files) == 2
    for path in files:
        guest.client.delete_cookie("session")
        answer = guest.get(path)
        assert answer.status == 200
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")
    assert guest.get("/static/nothing.css").status == 404
