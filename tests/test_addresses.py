"""E-mail addresses: the new one counts when it is confirmed, the old one is told, and there is a way back."""

from datetime import timedelta

import pytest

from core import clock
from core.db import writing
from forum import accounts
from models import Account
from tests.factories import PASSWORD, a_user, change, inside, number_of, viewer_of
from tests.letters import link_in
from tests.test_accounts import GOOD, changes, known_as, logs_in
from tests.visitor import Visitor


@pytest.fixture
def reader(server, app):
    """A member with a confirmed address."""
    user = a_user("Reader", email="old@example.org")
    with inside(), writing() as current:
        current.get(Account, user.id).email_confirmed_at = clock.now()
    return Visitor(app, user)


def asks_for(reader, email, **fields):
    """Fills in the form and sends it."""
    return reader.submit(reader.get("/me/email"), "/me/email", email=email, **fields)


def test_a_new_address_counts_when_it_is_confirmed_and_the_old_one_is_told_plain(server, reader, guest):
    page = reader.follow(asks_for(reader, "new@example.org"))
    assert "old@example.org is confirmed." in page.words
    assert "new@example.org takes its place once it is confirmed" in page.words
    [letter] = server.letters
    assert letter["To"] == "new@example.org"
    assert logs_in(guest, "new@example.org").status == 422
    reader.submit(reader.get(link_in(letter)), link_in(letter))
    assert "new@example.org is confirmed." in reader.get("/me/email").words
    assert [each["To"] for each in server.letters] == ["new@example.org", "old@example.org"]
    assert logs_in(guest, "new@example.org").status == 303


def test_a_new_address_htmx(server, reader):
    page = reader.htmx.boosted("/me/email")
    assert reader.htmx.sends(page, "/me/email", email="no address").status == 422
    assert reader.htmx.sends(page, "/me/email", email="new@example.org").location == "/me/email"
    assert len(server.letters) == 1


def test_the_old_address_is_the_way_back_into_the_account(server, reader, guest, app):
    asks_for(reader, "thief@example.org")
    reader.submit(reader.get(link_in(server.letters[0])), link_in(server.letters[0]))
    back = link_in(server.letters[1])
    page = guest.get(back)
    assert number_of(Account, Account.email == "thief@example.org") == 1  # opening it is not enough
    reset = guest.submit(page, back)
    assert known_as(reader) == ""
    page = guest.follow(reset)
    assert "The address is yours again" in page.html
    guest.submit(page, reset.location, password=GOOD, repeat=GOOD)
    assert "old@example.org is confirmed." in guest.get("/me/email").words
    assert guest.get(back).status == 404
    assert logs_in(Visitor(app), "old@example.org", PASSWORD).status == 422


def test_the_way_back_closes_after_a_week(server, reader, guest):
    asks_for(reader, "")
    assert [each["To"] for each in server.letters] == ["old@example.org"]
    back = link_in(server.letters[0])
    clock.travel(timedelta(days=6, hours=23))
    assert guest.get(back).status == 200
    clock.travel(timedelta(days=7, minutes=1))
    assert guest.get(back).status == 404
    assert guest.post(back).status == 404


def test_an_address_that_somebody_else_took_meanwhile(server, reader, guest):
    asks_for(reader, "new@example.org")
    a_user("Bert", email="new@example.org")
    answer = reader.submit(reader.get(link_in(server.letters[0])), link_in(server.letters[0]))
    assert answer.status == 409
    assert "Somebody already uses this e-mail address." in answer.words
    assert "old@example.org is confirmed." in reader.get("/me/email").words


def test_only_the_last_wish_counts(server, reader):
    asks_for(reader, "one@example.org")
    asks_for(reader, "two@example.org")
    first, second = (link_in(letter) for letter in server.letters)
    assert reader.submit(reader.get(first), first).status == 404
    asks_for(reader, "old@example.org")
    assert reader.submit(reader.get(second), second).status == 404
    assert "takes its place" not in reader.get("/me/email").words


@pytest.mark.parametrize(
    ("address", "fields"),
    [
        ("/me/email", {"email": "new@example.org"}),
        ("/me/password", {"password": GOOD, "repeat": GOOD}),
        ("/me/name", {"name": "Other"}),
    ],
)
def test_the_password_is_asked_again_after_a_while(server, reader, address, fields):
    assert "Your password now" not in reader.get(address).words
    clock.travel(timedelta(minutes=6))
    page = reader.get(address)
    assert "Your password now" in page.words
    missing = reader.submit(page, address, **fields)
    assert missing.status == 422
    assert "Enter your password." in missing.words
    wrong = reader.submit(page, address, current="wrong", **fields)
    assert wrong.status == 422
    assert "This is not your password." in wrong.words
    kept = wrong.form(address).fields
    assert all(kept[name] == value for name, value in fields.items() if name in ("email", "name"))
    assert reader.submit(page, address, current=PASSWORD, **fields).status == 303
    assert "Your password now" not in reader.get("/me/email").words


def test_wrong_passwords_there_count_as_failed_logins(limited, reader):
    page = reader.get("/me/email")
    for _ in range(5):
        reader.submit(page, "/me/email", email="x@example.org", current="wrong")
    answer = reader.submit(page, "/me/email", email="x@example.org", current=PASSWORD)
    assert "Those were too many tries." in answer.words


def test_a_changed_password_is_told_by_mail(server, reader):
    changes(reader)
    [letter] = server.letters
    assert (letter["To"], letter["Subject"]) == ("old@example.org", "Your password at Livery was changed")
    assert link_in(letter) == "/reset"


def test_nothing_is_told_to_an_address_that_was_never_confirmed(server, app):
    user = a_user("Ann", email="ann@example.org")
    with inside(), writing():
        accounts.change_password(viewer_of(user), GOOD)
    assert server.letters == []
    change(user, about="still here")
