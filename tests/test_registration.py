"""Registration: four modes, who waits to be let in, and who lets people in."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core import clock
from core.db import session, writing
from core.settings import Stored
from forum import registration
from forum.refusals import Forbidden
from forum.registration import Newcomer
from models import Account, Act, Notice, ReasonText, Registration, User
from tests.factories import (
    PASSWORD,
    a_moderator,
    a_user,
    an_administrator,
    fresh,
    grant,
    inside,
    number_of,
    reads,
    set_setting,
    writes,
)
from tests.visitor import Visitor

GOOD = "four plain wooden chairs"
ADDRESS = "203.0.113.9"
WAITS = "your registration waits for a moderator"


@pytest.fixture
def approval(app):
    """The site where a moderator looks first."""
    set_setting("registration.mode", "approval")


def asks(app, name="Nora", email="nora@example.org", address=ADDRESS):
    """Somebody registers, and is where that led."""
    visitor = Visitor(app, None, address)
    page = visitor.get("/register")
    answer = visitor.submit(page, "/register", name=name, email=email, password=GOOD, repeat=GOOD)
    return visitor, answer


def logs_in(visitor, name="Nora", password=GOOD):
    """Fills in the login form and sends it."""
    return visitor.submit(visitor.get("/login"), "/login", name=name, password=password)


@reads
def the_case() -> Registration:
    """The only registration."""
    return session().scalars(select(Registration)).one()


@writes
def a_text():
    """A text of the administrator's for refusals."""
    row = ReasonText(kind="newcomer", title="Full", body="The class is full.")
    session().add(row)
    session().flush()
    return row


# --- the modes ---


def test_where_everybody_may_register_one_is_in_at_once(app, ann):
    visitor, answer = asks(app)
    assert (answer.status, answer.location) == (303, "/")
    assert 'href="/user/nora"' in visitor.get("/").html
    row = the_case()
    assert (row.state, row.network, row.email, row.password_hash) == ("accepted", "203.0.113.0/24", "", "")


@pytest.mark.parametrize(("mode", "words"), [
    ("closed", "Registration is closed."), ("invite", "Only who is invited can register here."),
])  # fmt: skip
def test_without_a_way_in_no_link_leads_there_and_the_page_says_so(app, guest, mode, words):
    page = guest.get("/register")
    set_setting("registration.mode", mode)
    answer = guest.submit(page, "/register", name="Ann", email="", password=GOOD, repeat=GOOD)
    assert answer.status == 403
    assert words in answer.words
    assert words in guest.get("/register").words
    assert [form.action for form in guest.get("/register").forms if form.action == "/register"] == []
    for address in ("/", "/login", "/search", "/recent"):
        assert "/register" not in guest.get(address).html, address
    assert "Log in to search" in guest.get("/search").words
    assert number_of(User) == 0
    with inside(), pytest.raises(Forbidden), writing():
        registration.register(Newcomer("Ann", "", GOOD))


@pytest.mark.parametrize("mode", ["open", "approval"])
def test_where_there_is_a_way_in_links_lead_there(app, guest, mode):
    set_setting("registration.mode", mode)
    for address in ("/", "/login", "/search"):
        assert 'href="/register' in guest.get(address).html, address


def test_a_mode_that_is_none_is_refused(app):
    with inside(), pytest.raises(ValueError, match="not one of"), writing():
        set_setting("registration.mode", "no")
    assert number_of(Stored, Stored.name == "registration.mode") == 0


# --- waiting ---


def test_a_newcomer_waits_and_is_let_in_plain(approval, server, app, guest, marshal):
    assert "A moderator looks at every registration first." in guest.get("/register").words
    visitor, answer = asks(app)
    assert answer.location == "/register/sent"
    assert "Your registration waits" in visitor.follow(answer).words
    assert visitor.cookie("session") is None or "/user/nora" not in visitor.get("/").html
    assert WAITS in logs_in(visitor).words
    assert (number_of(User, User.name == "Nora"), number_of(Account, Account.email == "nora@example.org")) == (0, 0)
    assert "Nora" not in guest.get("/users").words
    assert server.letters == []
    inbox = marshal.get("/moderation")
    for words in ("Nora", "nora@example.org", "from 203.0.113.0/24", "as nobody before"):
        assert words in inbox.words
    marshal.submit(inbox, f"/moderation/registrations/{the_case().id}", act="accept")
    welcome = next(letter for letter in server.letters if "Welcome" in letter["Subject"])
    assert welcome["To"] == "nora@example.org"
    assert "you are a member of Livery now" in welcome.get_body(("plain",)).get_content()
    assert any("Confirm" in letter["Subject"] for letter in server.letters)
    assert logs_in(visitor).status == 303
    assert 'href="/user/nora"' in visitor.get("/").html
    assert number_of(Act, Act.kind == "registration.accepted") == 1
    assert (the_case().password_hash, the_case().email) == ("", "")


def test_a_newcomer_waits_and_is_let_in_htmx(approval, app, marshal):
    guest = Visitor(app, None, ADDRESS)
    page = guest.htmx.boosted("/register")
    sent = {"name": "Nora", "email": "nora@example.org", "password": GOOD, "repeat": GOOD}
    assert guest.htmx.sends(page, "/register", **sent).location == "/register/sent"
    item = the_case()
    answer = marshal.htmx.submit(marshal.get("/moderation"), f"/moderation/registrations/{item.id}", act="accept")
    [part] = answer.parts
    assert part.target == f"#case-registration-{item.id}"
    assert "accepted" in part.html
    assert marshal.get("/moderation?show=done").shows(part.html)
    assert number_of(User, User.name == "Nora") == 1


def test_a_refusal_brings_its_reason_by_mail_and_lets_nobody_in(approval, server, app, marshal):
    visitor, _answer = asks(app)
    text, item = a_text(), the_case()
    page = marshal.get("/moderation")
    assert "Full" in page.words
    address = f"/moderation/registrations/{item.id}"
    marshal.submit(page, address, act="refuse", text=str(text.id), reason="Try in May.")
    [letter] = server.letters
    body = letter.get_body(("plain",)).get_content()
    assert letter["To"] == "nora@example.org"
    for words in ("was refused", "The class is full.", "Try in May."):
        assert words in body
    assert "The name or the password is not right." in logs_in(visitor).words
    assert number_of(User, User.name == "Nora") == 0
    act = session_act("registration.refused")
    assert (act.name, act.detail) == ("Nora", "The class is full.\n\nTry in May.")
    # he may ask again, and what he left is forgotten after a while
    _visitor, again = asks(app)
    assert again.location == "/register/sent"
    clock.travel(timedelta(days=31))
    with inside():
        registration.forget()
    assert [row for row in all_cases() if row.state == "refused"] == []
    assert len(all_cases()) == 1


@reads
def session_act(kind: str) -> Act:
    """The only act of a kind."""
    return session().scalars(select(Act).where(Act.kind == kind)).one()


@reads
def all_cases() -> list[Registration]:
    """All registrations."""
    return list(session().scalars(select(Registration)))


def test_an_address_is_needed_where_an_answer_goes_there(approval, app):
    _visitor, answer = asks(app, email="")
    assert answer.status == 422
    assert "We need your address" in answer.words
    assert 'value="Nora"' in answer.html
    assert number_of(Registration) == 0


def test_what_somebody_asked_for_is_not_given_to_another(approval, app):
    asks(app)
    _other, answer = asks(app, name="nora", email="other@example.org")
    assert "This name is taken." in answer.words
    _other, answer = asks(app, name="Other", email="NORA@example.org")
    assert "Somebody already uses this e-mail address." in answer.words
    set_setting("registration.mode", "open")
    _other, answer = asks(app, name="Nora", email="")
    assert "This name is taken." in answer.words
    assert number_of(Registration) == 1


def test_with_a_wrong_password_nobody_learns_that_somebody_waits(approval, app, guest):
    asks(app)
    answer = logs_in(guest, password="not this one")
    assert answer.status == 422
    assert "The name or the password is not right." in answer.words
    assert WAITS in logs_in(guest, name="nora@example.org").words


def test_whoever_waits_with_somebodys_later_address_does_not_stand_in_his_way(approval, app, guest):
    asks(app)
    a_user("Bert", email="nora@example.org")  # chosen while the other one waits
    assert logs_in(guest, name="nora@example.org", password=PASSWORD).status == 303


def test_who_came_from_the_same_network_is_named(approval, app, marshal):
    set_setting("registration.mode", "open")
    asks(app, name="Olga", email="")
    set_setting("registration.mode", "approval")
    asks(app, address="203.0.113.77")
    inbox = marshal.get("/moderation")
    assert "from 203.0.113.0/24, as Olga" in inbox.words
    assert 'href="/user/olga"' in inbox.html


# --- who lets people in ---


def test_who_may_let_people_in_sees_them_and_nobody_else(approval, app, ann, guest, visit):
    helper, muter = a_user("Helper"), a_user("Muter")
    grant("admin:users", to=helper)
    grant("mute", to=muter)
    able = [an_administrator(), a_moderator(), helper]
    asks(app)
    item = the_case()
    address = f"/moderation/registrations/{item.id}"
    assert guest.get(address).status == 302
    for visitor in (ann, visit(muter)):
        visitor.get("/")
        assert visitor.get(address).status == 404
        assert "nora@example.org" not in visitor.get("/moderation").html
        assert visitor.post(address, {"act": "accept", "version": "1"}).status == 404
    for person in able:
        assert "nora@example.org" in visit(person).get("/moderation").words
        assert visit(person).get(address).status == 200
        assert number_of(Notice, Notice.user_id == person.id, Notice.kind == "newcomer") == 1
    assert number_of(Notice) == len(able)
    told = visit(helper)
    page = told.get("/notifications")
    assert "Somebody asks to be let in" in page.words
    assert fresh(item).state == "waiting"


def test_a_notice_of_a_newcomer_leads_to_the_inbox(approval, app, marshal):
    asks(app)
    notice = number_of(Notice, Notice.user_id == marshal.user.id)
    assert notice == 1
    with inside():
        key = session().scalars(select(Notice.id).where(Notice.user_id == marshal.user.id)).one()
    assert marshal.get(f"/notifications/{key}").location == "/moderation"


@pytest.mark.parametrize("script", [False, True])
def test_two_moderators_on_one_newcomer_see_each_others_act(approval, app, marshal, visit, script):
    asks(app)
    item, other = the_case(), visit(a_moderator("Second"))
    address = f"/moderation/registrations/{item.id}"
    mine, theirs = marshal.get("/moderation"), other.get("/moderation")
    other.submit(theirs, address, act="refuse")
    late = (marshal.htmx.submit if script else marshal.submit)(mine, address, act="accept", reason="My words")
    assert late.status == 409
    assert "Second was faster: it is refused." in late.words
    assert number_of(User, User.name == "Nora") == 0
    # a double click of his own is none
    assert other.submit(theirs, address, act="refuse").status == 303


def test_too_long_a_reason_is_refused_and_kept(approval, app, marshal):
    asks(app)
    item = the_case()
    answer = marshal.submit(
        marshal.get("/moderation"), f"/moderation/registrations/{item.id}", act="refuse", reason="x" * 1500
    )
    assert answer.status == 422
    assert "x" * 1500 in answer.html
    assert fresh(item).state == "waiting"


def test_a_name_that_was_taken_meanwhile_cannot_be_let_in(approval, app, marshal):
    asks(app)
    a_user("Nora")  # by another way than registering
    answer = marshal.submit(marshal.get("/moderation"), f"/moderation/registrations/{the_case().id}", act="accept")
    assert answer.status == 409
    assert "This name is taken." in answer.words
    assert the_case().state == "waiting"


# --- by itself ---


def test_after_a_while_who_waits_is_let_in_by_itself_where_that_is_switched_on(approval, server, app, marshal):
    visitor, _answer = asks(app)
    clock.travel(timedelta(hours=100))
    with inside():
        registration.accept_due()
    assert the_case().state == "waiting"
    set_setting("registration.accept_after", "101")
    assert "after 101 hours" in visitor.get("/register/sent").words
    with inside():
        registration.accept_due()
    assert the_case().state == "waiting"
    clock.travel(timedelta(hours=102))
    for _twice in range(2):
        with inside():
            registration.accept_due()
    assert the_case().state == "accepted"
    assert sum("Welcome" in letter["Subject"] for letter in server.letters) == 1
    assert logs_in(visitor).status == 303
    assert "Nora" not in marshal.get("/moderation").words


def test_a_name_that_is_somebodys_by_then_waits_for_a_moderator(approval, app):
    set_setting("registration.accept_after", "1")
    asks(app)
    asks(app, name="Olga", email="olga@example.org")
    a_user("Nora")
    clock.travel(timedelta(hours=2))
    with inside():
        registration.accept_due()
    assert {row.name: row.state for row in all_cases()} == {"Nora": "waiting", "Olga": "accepted"}
