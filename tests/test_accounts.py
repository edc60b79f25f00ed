"""Registering, logging in and out, remembering, and changing the password."""

import re
import threading
from datetime import timedelta

import pytest
from argon2.exceptions import VerifyMismatchError
from flask_login import COOKIE_NAME
from itsdangerous import URLSafeTimedSerializer

from core import i18n, jobs, tokens
from core.db import session, writing
from forum import accounts
from forum.refusals import Invalid
from models import Account, Handle, LoginSession, User
from tests.conftest import configuration
from tests.factories import (
    PASSWORD,
    a_category,
    a_topic,
    a_user,
    grant,
    inside,
    number_of,
    set_setting,
    viewer_of,
)
from tests.test_budgets import counting
from tests.visitor import Visitor, path_of, settled

GOOD = "four plain wooden chairs"


def registers(visitor, **fields):
    """Fills in the form and sends it."""
    page = visitor.get("/register")
    usual = {"name": "Ann", "email": "", "password": GOOD, "repeat": GOOD}
    return visitor.submit(page, "/register", **{**usual, **fields})


def logs_in(visitor, name="Ann", password=PASSWORD, **fields):
    """Fills in the form and sends it."""
    return visitor.submit(visitor.get("/login"), "/login", name=name, password=password, **fields)


def known_as(visitor) -> str:
    """The name on the visitor's own menu; empty for a guest."""
    found = re.search(
        r'<p class="menu-head">([^<]*)</p>\s*<ul class="menu-list">\s*<li><a class="menu-item" href="/user/',
        visitor.get("/").html,
    )
    return found[1] if found else ""


# --- registering ---


def test_registering_plain(guest):
    topic = a_topic()
    page = guest.get(f"/register?next={path_of(topic)}")
    answer = guest.submit(page, "/register", name="Ann", email="ann@example.org", password=GOOD, repeat=GOOD)
    assert (answer.status, answer.location) == (303, path_of(topic))
    assert known_as(guest) == "Ann"
    assert "Reply" in guest.follow(answer).words


def test_a_registered_member_can_log_in_again(guest, visit):
    registers(guest, email="ann@example.org")
    for name in ("Ann", "ann", "ANN", " ann ", "ann@example.org", "ANN@Example.org"):
        other = visit()
        assert logs_in(other, name, GOOD).status == 303
        assert known_as(other) == "Ann"


@pytest.mark.parametrize(
    "name", ["Jo", "Žofie Nováková", "山田太郎", "Ελένη", "محمد", "O'Neill", "a.b-c_d", "नेहा", "x" * 16]
)
def test_names_of_any_script(guest, name):
    assert registers(guest, name=name).status == 303
    assert known_as(guest).replace("&#39;", "'") == name
    slug = re.search(r'href="(/user/[^"]*)"', guest.get("/").html)[1]
    assert guest.get(slug).status == 200


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a", "A name has 2 to 16 letters."),
        ("x" * 17, "A name has 2 to 16 letters."),
        ("a@b", "“@” cannot be part of a name"),
        ("a/b", "“/” cannot be part of a name"),
        ("<b>x</b>", "“<” cannot be part of a name"),
        ("a\u202eb", "“U+202E” cannot be part of a name"),
        ("a\u200bb", "“U+200B” cannot be part of a name"),
        ("a\x00b", "cannot be part of a name"),
        ("smile 😀", "“😀” cannot be part of a name"),
        ("--", "A name needs letters."),
        ("Admin", "This name is kept for the site itself."),
        ("  me ", "This name is kept for the site itself."),
        ("", "Choose a name."),
    ],
)  # fmt: skip
def test_what_a_name_cannot_be(guest, name, reason):
    answer = registers(guest, name=name)
    assert answer.status == 422
    assert reason in answer.words
    assert number_of(User) == 0


@pytest.mark.parametrize("name", ["Ann", "ann", "ANN", "Ａｎｎ", " Ann "])
def test_a_name_is_taken_whatever_its_case_or_width(guest, name):
    a_user("Ann")
    answer = registers(guest, name=name)
    assert answer.status == 422
    assert "This name is taken." in answer.words
    assert number_of(User) == 1


def test_what_was_typed_stays_except_the_passwords(guest):
    answer = registers(guest, name="a@b", email="ann@example.org")
    fields = answer.form("/register").fields
    assert (fields["name"], fields["email"], fields["password"], fields["repeat"]) == ("a@b", "ann@example.org", "", "")


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short1!", "A password has at least 8 characters."),
        ("password1", "This password is easy to guess."),
        ("12345678", "This password is easy to guess."),
        ("annannann", "This password is easy to guess."),
        ("x9$" * 171, "A password has at most 512 characters."),
        ("", "Choose a password."),
    ],
)
def test_what_a_password_cannot_be(guest, password, reason):
    answer = registers(guest, password=password, repeat=password)
    assert answer.status == 422
    assert reason in answer.words
    assert number_of(User) == 0


def test_how_long_a_password_must_be_is_said_where_it_is_chosen(guest, ann):
    set_setting("accounts.password_min", "12")
    for visitor, address in ((guest, "/register"), (ann, "/me/password")):
        assert "At least 12 characters." in visitor.get(address).words
    answer = registers(guest, name="Bert", password="shortly", repeat="shortly")
    assert "A password has at least 12 characters." in answer.words


@pytest.mark.parametrize(
    "password", ["a long walk, 4 dogs", "пароль из слов", "q" * 3 + "Z7!k-" * 101, "with \x00 nul inside it"]
)
def test_passwords_of_any_signs_up_to_five_hundred_and_twelve(guest, visit, password):
    assert registers(guest, password=password, repeat=password).status == 303
    other = visit()
    assert logs_in(other, "Ann", password).status == 303


def test_a_password_made_of_ones_own_name_is_weak(guest):
    answer = registers(guest, name="Wolfgangsee", password="wolfgangsee1", repeat="wolfgangsee1")
    assert "This password is easy to guess." in answer.words


def test_two_different_passwords_are_refused(guest):
    answer = registers(guest, repeat="four plain wooden stools")
    assert answer.status == 422
    assert "The two passwords are not the same." in answer.words


@pytest.mark.parametrize("email", ["nonsense", "a@", "@b.org", "a b@c.org", "a@b\x00.org"])
def test_an_address_that_is_none_is_refused(guest, email):
    answer = registers(guest, email=email)
    assert answer.status == 422
    assert "This is not an e-mail address." in answer.words


def test_an_address_that_somebody_has_is_refused(guest):
    a_user("Bert", email="b@example.org")
    answer = registers(guest, email="B@Example.org")
    assert answer.status == 422
    assert "Somebody already uses this e-mail address." in answer.words


def test_without_an_address_any_number_of_people_register(visit):
    assert registers(visit(), name="Ann").status == 303
    assert registers(visit(), name="Bert").status == 303
    assert number_of(Account, Account.email.is_(None)) == 2


def test_every_person_has_a_handle_of_his_own(app):
    slugs = [a_user(name).slug for name in ("Anne Marie", "Anne-Marie", "anne.marie")]
    assert slugs == ["anne-marie", "anne-marie-2", "anne-marie-3"]
    assert number_of(Handle, Handle.kind == "user") == 3


def test_a_member_is_not_shown_the_login_page(ann):
    for path in ("/login", "/register"):
        assert ann.get(f"{path}?next=/users").location == "/users"


# --- logging in ---


@pytest.fixture
def bert(app):
    """A member who can log in."""
    return a_user("Bert", email="bert@example.org")


def test_logging_in_plain(guest, bert):
    topic = a_topic()
    page = guest.get(path_of(topic))
    login = re.search(r'href="(/login\?next=[^"]*)"', page.html)[1]
    form = guest.get(login)
    assert form.form("/login").fields["next"] == path_of(topic)
    answer = guest.submit(form, "/login", name="Bert", password=PASSWORD)
    assert (answer.status, answer.location) == (303, path_of(topic))
    assert known_as(guest) == "Bert"


@pytest.mark.parametrize(
    "place",
    [
        "//evil.example", "https://evil.example", "http:evil.example", "/\\evil.example", "\\\\evil.example",
        "/\tevil", "/\r\nSet-Cookie: x=1", "javascript:alert(1)", "data:text/html,x", "evil.example", "///evil.example",
        " //evil.example", "/%0d%0aSet-Cookie:x=1\r\n", "", "/login", "/logout", "/register?next=/x",
        "https:///evil.example", "/\x00evil",
    ],
)  # fmt: skip
def test_the_way_back_leads_nowhere_else(guest, bert, place):
    answer = logs_in(guest, "Bert", next=place)
    assert (answer.status, answer.location) == (303, "/")
    assert "evil" not in str(answer.headers)


@pytest.mark.parametrize("place", ["/topic/7/slug?sort=most_votes", "/tags/a%20b", "/user/žofie", "/search?q=//x"])
def test_the_way_back_keeps_any_place_of_this_site(guest, bert, place):
    answer = logs_in(guest, "Bert", next=place)
    assert answer.location.replace("%C5%BE", "ž") == place


def test_the_way_back_survives_a_wrong_password_and_the_link_to_register(guest, bert):
    page = guest.get("/login?next=/users%3Fsort%3Donline")
    wrong = guest.submit(page, "/login", name="Bert", password="wrong")
    assert wrong.form("/login").fields["next"] == "/users?sort=online"
    assert 'href="/register?next=/users%3Fsort%3Donline"' in wrong.html


def test_the_answer_for_an_unknown_name_is_that_for_a_wrong_password(guest, bert):
    known, unknown = logs_in(guest, "Bert", "wrong"), logs_in(guest, "Nobody", "wrong")
    assert known.status == unknown.status == 422
    assert "The name or the password is not right." in known.words
    assert settled(known.html).replace("Bert", "…") == settled(unknown.html).replace("Nobody", "…")


@pytest.fixture
def compared(monkeypatch):
    """How many passwords were compared with a hash, the slow way; a hash that is none compares nothing."""
    done, hasher = [], accounts._hasher

    class Counting:
        hash = hasher.hash

        def verify(self, stored, password):
            try:
                found = hasher.verify(stored, password)
            except VerifyMismatchError:
                done.append(stored)
                raise
            done.append(stored)
            return found

    monkeypatch.setattr(accounts, "_hasher", Counting())
    return done


def test_an_unknown_name_takes_as_long_as_a_wrong_password(guest, bert, compared):
    with inside(), writing():
        session().get(Account, a_user("Demo").id).password_hash = "!"
    for number, name in enumerate(("Bert", "Nobody", "Demo", "nobody@example.org", "bert@example.org"), 1):
        answer = logs_in(guest, name, "wrong")
        assert (answer.status, len(compared)) == (422, number), name
        assert "The name or the password is not right." in answer.words


def test_an_empty_form_asks_for_both(guest):
    answer = logs_in(guest, "", "")
    assert answer.status == 422
    assert "Enter your name." in answer.words
    assert "Enter your password." in answer.words


@pytest.mark.parametrize(
    "name", ["Be\x00rt", "\x00", "x" * 5000, "' OR 1=1 --", "%", "\ud83d".encode("utf-8", "replace").decode()]
)
def test_odd_names_are_simply_not_right(guest, bert, name):
    answer = logs_in(guest, name, PASSWORD)
    assert answer.status == 422
    assert known_as(guest) == ""


def test_a_password_of_a_megabyte_is_not_hashed(guest, bert):
    answer = logs_in(guest, "Bert", "x" * 1_000_000)
    assert answer.status == 422
    assert "The name or the password is not right." in answer.words


def test_five_failures_then_a_wait_for_this_name_only(limited, guest, visit, bert):
    a_user("Cora")
    for _ in range(5):
        answer = logs_in(guest, "Bert", "wrong")
        assert "The name or the password is not right." in answer.words
    for password in ("wrong", PASSWORD):
        answer = logs_in(guest, "bert", password)
        assert answer.status == 422
        assert re.search(r"Those were too many tries for this name. Try again in (59|60|61) minutes.", answer.words)
    assert known_as(guest) == ""
    assert logs_in(visit(), "Bert").status == 422  # whoever asks from there
    assert logs_in(visit(), "Cora").status == 303


def test_unknown_names_wait_as_well(limited, guest):
    for _ in range(5):
        logs_in(guest, "Nobody", "wrong")
    assert "Those were too many tries for this name." in logs_in(guest, "Nobody", "wrong").words


def test_failures_for_many_names_make_the_network_wait(limited, bert):
    set_setting("accounts.tries_per_network", "3")
    for number in range(3):
        tries = Visitor(limited, address=f"203.0.113.{number}")
        assert "The name or the password is not right." in logs_in(tries, f"Name {number}", "wrong").words
    same = Visitor(limited, address="203.0.113.77")
    assert "Too many log-ins failed from your network. Try again in" in logs_in(same, "Bert").words
    assert logs_in(Visitor(limited, address="198.51.100.1"), "Bert").status == 303


def test_a_stranger_locks_nobody_out(limited, bert):
    for number in range(5):
        stranger = Visitor(limited, address=f"203.0.{number}.1")
        for _ in range(5):
            logs_in(stranger, "Bert", "wrong")
        assert "Those were too many tries" in logs_in(stranger, "Bert", "wrong").words
    assert logs_in(Visitor(limited, address="198.51.100.1"), "Bert").status == 303


def test_tries_from_all_networks_together_are_bounded_but_for_where_one_is_logged_in(limited, bert):
    set_setting("accounts.tries_per_name", "6")
    home = Visitor(limited, address="198.51.100.1")
    assert logs_in(home, "Bert").status == 303
    for name in ("Bert", "bert@example.org"):
        for number in range(6):
            answer = logs_in(Visitor(limited, address=f"203.0.{number}.1"), name, "wrong")
            assert "The name or the password is not right." in answer.words
        elsewhere = Visitor(limited, address="192.0.2.1")
        assert "Those were too many tries for this name." in logs_in(elsewhere, name).words
    assert logs_in(Visitor(limited, address="198.51.100.2"), "Bert").status == 303


def test_a_name_and_an_address_are_one_account_and_nobody_learns_so(limited, guest, bert):
    for name, same in (("Bert", "bert@example.org"), ("Nobody", "nobody@example.org")):
        for _ in range(5):
            assert "The name or the password is not right." in logs_in(guest, name, "wrong").words
        for _ in range(5):  # with the right one, too: it is looked at no more
            assert "The name or the password is not right." in logs_in(guest, same).words
        assert "Those were too many tries for this name." in logs_in(guest, same).words
    assert known_as(guest) == ""


def test_who_gets_it_right_has_used_up_nothing(limited, guest, bert):
    set_setting("accounts.tries_per_hour", "2")
    set_setting("accounts.tries_per_network", "2")
    set_setting("accounts.tries_per_name", "2")
    logs_in(guest, "Bert", "wrong")
    for _ in range(4):
        assert logs_in(guest, "Bert").status == 303
        guest.submit(guest.get("/"), "/logout")


def test_tries_that_come_at_once_are_no_more_than_those_that_come_one_by_one(app, bert):
    people = [Visitor(app) for _ in range(12)]
    pages = [person.get("/login") for person in people]
    said: list[str] = []
    ready = threading.Barrier(len(people))

    def send(number: int) -> None:
        ready.wait()
        said.append(people[number].submit(pages[number], "/login", name="Bert", password="wrong").words)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(len(people))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum("The name or the password is not right." in words for words in said) == 5
    assert sum("Those were too many tries for this name." in words for words in said) == 7


def test_whose_name_strangers_try_can_still_say_his_own_password_again(limited, ann, guest):
    for _ in range(6):
        logs_in(guest, "Ann", "wrong")
    assert changes(ann).status == 303


def test_the_number_of_tries_is_a_setting(limited, guest, bert):
    set_setting("accounts.tries_per_hour", "1")
    logs_in(guest, "Bert", "wrong")
    assert "Those were too many tries" in logs_in(guest, "Bert").words


def test_a_wait_is_told_in_words():
    assert [i18n.span(seconds) for seconds in (1, 40, 89, 90, 3600)] == [
        "1 second", "40 seconds", "89 seconds", "2 minutes", "60 minutes",
    ]  # fmt: skip


def test_the_composers_login_counts_its_failures_too(limited, guest, bert):
    topic = a_topic()
    for _ in range(5):
        guest.post(f"/topic/{topic.id}/posts", {"body": "Text.", "name": "Bert", "password": "wrong"})
    answer = guest.post(f"/topic/{topic.id}/posts", {"body": "Text.", "name": "Bert", "password": PASSWORD})
    assert answer.status == 403
    assert "Those were too many tries for this name." in answer.words


def test_the_session_is_renewed_at_login(guest, bert):
    form = guest.get("/login")
    before = (guest.cookie("session"), form.form("/login").fields["csrf_token"])
    assert all(before)
    guest.submit(form, "/login", name="Bert", password=PASSWORD)
    page = guest.get("/")
    after = (guest.cookie("session"), page.form("/logout").fields["csrf_token"])
    assert before[0] != after[0]
    assert raw_token(guest, before[1]) != raw_token(guest, after[1])
    # what was prepared before is worth nothing now
    guest.token = before[1]
    assert guest.post("/logout").status == 403


def raw_token(visitor, signed: str) -> str:
    """What a signed token stands for."""
    return URLSafeTimedSerializer(visitor.app.secret_key, salt="wtf-csrf-token").loads(signed)


def test_nothing_that_a_session_held_before_survives_the_login(guest, bert):
    guest.get("/login")
    with guest.client.session_transaction() as held:
        held["planted"] = "by somebody else"
    logs_in(guest, "Bert")
    with guest.client.session_transaction() as held:
        assert "planted" not in held


def test_remember_me_outlives_the_browser(guest, bert):
    answer = logs_in(guest, "Bert", remember="y")
    assert COOKIE_NAME in answer.cookies
    guest.client.delete_cookie("session")
    assert known_as(guest) == "Bert"


def test_without_remember_me_nothing_outlives_the_browser(guest, bert):
    page = guest.get("/login")
    fields = {name: value for name, value in page.form("/login").fields.items() if name != "remember"}
    answer = guest.send(
        "POST", "/login", data={**fields, "name": "Bert", "password": PASSWORD}, headers=guest.own_headers()
    )
    assert COOKIE_NAME not in answer.cookies
    assert not any("session=" in line and "Expires" in line for line in answer.headers.getlist("Set-Cookie"))
    guest.client.delete_cookie("session")
    assert known_as(guest) == ""


def test_cookies_of_a_login_are_out_of_reach_for_scripts_and_other_sites(guest, bert):
    for line in logs_in(guest, "Bert", remember="y").headers.getlist("Set-Cookie"):
        assert "HttpOnly" in line
        assert "SameSite=Lax" in line


def test_logging_in_htmx(guest, bert):
    page = guest.htmx.boosted("/login?next=/users")
    wrong = guest.htmx.sends(page, "/login", name="Bert", password="wrong")
    assert (wrong.status, "<html" in wrong.html) == (422, True)
    assert "The name or the password is not right." in wrong.words
    answer = guest.htmx.sends(wrong, "/login", name="Bert", password=PASSWORD)
    assert (answer.status, answer.location) == (303, "/users")
    assert known_as(guest) == "Bert"


def test_registering_htmx(guest):
    page = guest.htmx.boosted("/register?next=/users")
    sent = {"name": "Ann", "email": "", "password": GOOD, "repeat": GOOD}
    answer = guest.htmx.sends(page, "/register", **sent)
    assert (answer.status, answer.location) == (303, "/users")
    assert known_as(guest) == "Ann"


def test_logging_out_htmx(ann):
    answer = ann.htmx.sends(ann.get("/recent"), "/logout")
    assert (answer.status, answer.location) == (303, "/recent")
    assert known_as(ann) == ""


def test_logging_out_plain(ann):
    page = ann.get("/recent")
    answer = ann.submit(page, "/logout")
    assert (answer.status, answer.location) == (303, "/recent")
    assert known_as(ann) == ""


def test_logging_out_forgets_what_was_remembered(guest, bert):
    logs_in(guest, "Bert", remember="y")
    guest.submit(guest.get("/"), "/logout")
    assert guest.cookie(COOKIE_NAME) is None
    assert known_as(guest) == ""


def test_logging_out_twice_is_fine(ann):
    page = ann.get("/")
    assert ann.submit(page, "/logout").status == 303
    assert ann.submit(page, "/logout").status == 303


@pytest.mark.parametrize("cookie", ["garbage", "eyJfdXNlcl9pZCI6IjEuMCJ9.x.y", "1.0|0000", "a" * 3000])
def test_forged_cookies_are_ignored(guest, bert, cookie):
    for name in ("session", COOKIE_NAME):
        guest.client.set_cookie(name, cookie)
        assert known_as(guest) == ""


@pytest.mark.parametrize("session_id", ["", "x", "1", "1.", "1.99", "-1.0", "٣.0", "9" * 30 + ".0", "1.0.0", "1 .0"])
def test_a_session_of_nobody_is_a_guests(guest, bert, session_id):
    with guest.client.session_transaction() as held:
        held["_user_id"] = session_id
    assert known_as(guest) == ""


def test_a_session_of_somebody_who_is_gone_is_a_guests(ann):
    with inside(), writing():
        session().delete(session().get(Account, ann.user.id))
    assert known_as(ann) == ""
    assert ann.get("/me").status == 302


# --- one's own pages ---


def test_me_leads_to_ones_own_page(ann, guest):
    assert ann.get("/me").location == "/user/ann"
    assert guest.get("/me").location == "/login?next=/me"


def changes(visitor, current=PASSWORD, password=GOOD, repeat=None):
    """Fills in the form and sends it."""
    page = visitor.get("/me/password")
    return visitor.submit(page, "/me/password", current=current, password=password, repeat=repeat or password)


def test_changing_the_password_ends_every_other_session(ann, visit, guest):
    elsewhere = visit(ann.user)
    remembered = visit()
    logs_in(remembered, "Ann", remember="y")
    answer = changes(ann)
    assert answer.status == 303
    assert "Your password was changed." in ann.follow(answer).html
    assert "Your password was changed." not in ann.get("/").html
    assert known_as(ann) == "Ann"
    assert known_as(elsewhere) == ""
    assert known_as(remembered) == ""
    remembered.client.delete_cookie("session")
    assert known_as(remembered) == ""
    assert logs_in(guest, "Ann", PASSWORD).status == 422
    assert logs_in(guest, "Ann", GOOD).status == 303
    # the password alone ends them, also where nobody goes through the list of log-ins
    with inside(), writing():
        accounts.change_password(viewer_of(ann.user), f"{GOOD} again")
    assert number_of(LoginSession) >= 2
    assert (known_as(ann), known_as(guest)) == ("", "")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"current": "wrong"}, "This is not your password."),
        ({"password": "password1"}, "This password is easy to guess."),
        ({"repeat": "another one entirely"}, "The two passwords are not the same."),
    ],
)
def test_what_a_new_password_cannot_be(ann, visit, fields, reason):
    elsewhere = visit(ann.user)
    answer = changes(ann, **fields)
    assert answer.status == 422
    assert reason in answer.words
    assert known_as(elsewhere) == "Ann"


def test_a_guest_has_no_password_to_change(guest):
    assert guest.get("/me/password").location == "/login?next=/me/password"
    assert guest.post("/me/password", {"current": "x", "password": GOOD, "repeat": GOOD}).status == 403


# --- a forgotten password ---


def asks_for_reset(visitor, email):
    """Fills in the form, sends it, and gives back what is said."""
    return visitor.follow(visitor.submit(visitor.get("/reset"), "/reset", email=email)).html


def test_a_link_for_a_new_password_works_once_however_many_use_it_at_once(app, bert):
    code = tokens.make("reset", bert.id, 0, lasts=timedelta(hours=1))
    people = [Visitor(app) for _ in range(4)]
    pages = [person.get(f"/reset/{code}") for person in people]
    statuses: list[int] = []
    ready = threading.Barrier(len(people))

    def send(number: int) -> None:
        ready.wait()
        fields = {"password": f"{GOOD} {number}", "repeat": f"{GOOD} {number}"}
        statuses.append(people[number].submit(pages[number], f"/reset/{code}", **fields).status)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(len(people))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303, 404, 404, 404]


def test_to_ask_for_a_new_password_is_the_same_work_whoever_it_is(app, guest, bert, tmp_path):
    queue = configuration(app.config["LIVERY"].database_url, tmp_path)
    jobs.connect(queue, app.app_context)  # what is promised is done by somebody else
    asks_for_reset(guest, "somebody@example.org")
    asked = []
    for email in ("bert@example.org", "nobody@example.org"):
        page = guest.get("/reset")
        with counting() as seen:
            guest.submit(page, "/reset", email=email)
        asked.append(list(seen))
    assert len(asked[0]) > 0
    assert asked[0] == asked[1]


def test_no_more_than_five_mails_an_hour_lead_to_a_new_password(server, app, bert):
    said = {
        asks_for_reset(Visitor(app, address=f"203.0.{number}.1"), email).count("a mail with a link is on its way to it")
        for number, email in enumerate(["bert@example.org", "Bert@Example.org"] * 4)
    }
    assert said == {1}
    assert [letter["To"] for letter in server.letters] == ["bert@example.org"] * 5


# --- the verbs ---


def test_passwords_are_kept_as_argon2_only(app):
    with inside(), writing():
        user = accounts.create("Ann", "", GOOD)
        kept = session().get(Account, user.id).password_hash
    assert kept.startswith("$argon2id$")
    assert GOOD not in kept


def test_a_damaged_hash_opens_nothing(app):
    user = a_user("Ann")
    with inside(), writing():
        session().get(Account, user.id).password_hash = "!"
    with inside():
        assert not accounts.opened(accounts.find("Ann"), "!")
        assert not accounts.opened(accounts.find("Ann"), PASSWORD)


def test_a_person_from_elsewhere_cannot_log_in(app):
    with inside(), writing():
        user = session().get(User, a_user("Ann").id)
        user.domain = "elsewhere.example"
    with inside():
        assert not accounts.opened(accounts.find("Ann"), PASSWORD)


def test_a_name_wins_over_an_address_that_looks_the_same(app):
    a_user("Ann", email="bert@example.org")
    with inside():
        found = accounts.find("bert@example.org")
        assert found
        assert session().get(User, found.user_id).name == "Ann"


def test_the_verb_checks_names_too(app):
    with inside(), pytest.raises(Invalid), writing():
        accounts.create("", "", GOOD)


def test_preferences_are_kept_side_by_side(app):
    ann = a_user()
    with inside(), writing():
        accounts.prefer(viewer_of(ann), skin="lux")
        accounts.prefer(viewer_of(ann), sidebar="open")
    with inside():
        assert session().get(Account, ann.id).preferences == {"skin": "lux", "sidebar": "open"}


def test_a_category_for_members_opens_at_login(guest, bert):
    place = a_category("Members", own_rights=True)
    grant("find", "read", "topics:read", to="registered", in_=place)
    assert "Members" not in guest.get("/").words
    logs_in(guest, "Bert")
    assert "Members" in guest.get("/").words
