"""Mail: read by a real SMTP server; without one, laid in a folder. Addresses are confirmed, passwords set anew."""

import email
import re
from datetime import timedelta
from email.policy import default

import pytest

from cli.torture_site import free_port
from core import clock, jobs, mail, mail_log, tokens
from models import Account
from tests.conftest import configuration
from tests.factories import PASSWORD, a_user, fresh, inside, number_of
from tests.letters import link_in
from tests.visitor import Visitor

NEW = "seven lanterns over the harbour"


@pytest.fixture
def reader(server, app):
    """A member with an address."""
    return Visitor(app, a_user("Reader", email="Reader@example.org"))


def test_a_letter_has_both_bodies_and_proper_headers(server):
    letter = mail.Letter(
        "Grüße", ("First <part>.", "Second."), "Read on", "/topic/7", "You asked.", headers={"List-Id": "<x>"}
    )
    with inside():
        mail.post("ann@example.org", letter)
    [sent] = server.letters
    assert (sent["From"], sent["To"], sent["Subject"]) == ("forum@example.org", "ann@example.org", "Grüße")
    assert sent["List-Id"] == "<x>"
    assert sent["Auto-Submitted"] == "auto-generated"
    assert re.fullmatch(r"<[^@]+@forum\.example\.org>", sent["Message-ID"])
    assert sent.get_content_type() == "multipart/alternative"
    assert sent.get_body(("plain",)).get_content().replace("\r\n", "\n") == (
        "First <part>.\n\nSecond.\n\nRead on:\nhttps://forum.example.org/topic/7\n\nYou asked.\n"
    )
    assert "<p>First &lt;part&gt;.</p>" in sent.get_body(("html",)).get_content()


def test_a_server_that_is_full_makes_the_job_try_again(server):
    server.full = True
    with pytest.raises(Exception, match="no room now"):
        mail.send("ann@example.org", "Subject: Hello\r\n\r\nHello.\r\n")
    server.full = False
    mail.send("ann@example.org", "Subject: Hello\r\n\r\nHello.\r\n")
    assert [sent["Subject"] for sent in server.letters] == ["Hello"]


def test_while_the_server_does_not_answer_mails_wait_and_none_is_given_up(server, app, tmp_path):
    words = "Subject: Hello\r\n\r\nHello.\r\n"
    url = app.config["LIVERY"].database_url
    away, there = configuration(url, tmp_path), configuration(url, tmp_path)
    object.__setattr__(away, "mail", f"smtp://127.0.0.1:{free_port()}")
    object.__setattr__(there, "mail", f"smtp://127.0.0.1:{server.server_address[1]}")
    with inside():
        number = mail_log.begin("ann@example.org", "Hello")
        mail.connect(away)
        with pytest.raises(jobs.NotNow) as first:
            mail.send("ann@example.org", words, number)
        with pytest.raises(jobs.NotNow) as second:
            mail.send("ann@example.org", words, number)  # this one did not even ask
    assert 50 < second.value.seconds <= first.value.seconds <= 60
    row = fresh(mail_log.Mail(id=number))
    assert (row.state, row.tries) == (mail_log.WAITING, 0)
    assert "refused" in row.error
    with inside():
        mail.connect(there)
        mail.send("ann@example.org", words, number)
    assert [sent["Subject"] for sent in server.letters] == ["Hello"]
    assert fresh(row).state == mail_log.SENT


def test_without_a_server_letters_lie_in_a_folder(app, tmp_path):
    mail.connect(configuration(app.config["LIVERY"].database_url, tmp_path))
    try:
        with inside():
            mail.post("ann@example.org", mail.Letter("Hello", ("Words.",)))
    finally:
        mail.connect(app.config["LIVERY"])
    [path] = (tmp_path / "mail").glob("*.eml")
    assert email.message_from_bytes(path.read_bytes(), policy=default)["To"] == "ann@example.org"


def test_a_new_member_confirms_his_address(server, guest):
    page = guest.get("/register")
    known = {"name": "Nora", "email": "nora@example.org", "password": NEW, "repeat": NEW}
    assert guest.submit(page, "/register", **known).status == 303
    [letter] = server.letters
    assert letter["To"] == "nora@example.org"
    page = guest.get(link_in(letter))
    assert number_of(Account, Account.email_confirmed_at.is_not(None)) == 0  # opening it is not enough
    guest.follow(guest.submit(page, link_in(letter)))
    assert "nora@example.org is confirmed." in guest.get("/me/email").words


def test_changing_the_address_plain(server, reader):
    page = reader.get("/me/email")
    assert "Reader@example.org is not confirmed yet" in page.words
    wrong = reader.submit(page, "/me/email", email="new@example.org", current="no")
    assert "This is not your password." in wrong.words
    page = reader.follow(reader.submit(page, "/me/email", email="new@example.org", current=PASSWORD))
    assert "new@example.org is not confirmed yet" in page.words
    [letter] = server.letters
    reader.submit(reader.get(link_in(letter)), link_in(letter))
    assert "new@example.org is confirmed." in reader.get("/me/email").words
    reader.follow(reader.submit(reader.get("/me/email"), "/me/email", email="", current=PASSWORD))
    assert "confirmed" not in reader.get("/me/email").words


def test_an_address_of_somebody_else_is_refused(server, reader):
    a_user(email="taken@example.org")
    answer = reader.submit(reader.get("/me/email"), "/me/email", email="Taken@example.org", current=PASSWORD)
    assert answer.status == 422
    assert "Somebody already uses this e-mail address." in answer.words
    assert server.letters == []


def test_a_link_for_an_address_that_was_changed_is_worthless(server, reader):
    reader.submit(reader.get("/me/email"), "/me/email", email="one@example.org", current=PASSWORD)
    reader.submit(reader.get("/me/email"), "/me/email", email="two@example.org", current=PASSWORD)
    first = link_in(server.letters[0])
    assert reader.submit(reader.get(first), first).status == 404
    assert "two@example.org is not confirmed yet" in reader.get("/me/email").words


def test_a_forgotten_password_is_set_anew(server, reader, guest, app):
    guest.follow(guest.submit(guest.get("/reset"), "/reset", email="reader@EXAMPLE.org"))
    [letter] = server.letters
    assert letter["To"] == "Reader@example.org"
    path = link_in(letter)
    page = guest.get(path)
    weak = guest.submit(page, path, password="password", repeat="password")
    assert "easy to guess" in weak.words
    guest.submit(page, path, password=NEW, repeat=NEW)
    assert "Reader@example.org is confirmed." in guest.get("/me/email").words
    assert reader.get("/me/email").status == 302  # older sessions have ended
    again = Visitor(app)
    assert again.get(path).status == 404  # it works once
    again.submit(again.get("/login"), "/login", name="Reader", password=NEW)
    assert again.get("/me").status == 302


def test_who_asks_for_a_password_cannot_tell_who_has_an_account(server, reader, guest):
    answers = []
    for address in ("reader@example.org", "nobody@example.org"):
        answer = guest.follow(guest.submit(guest.get("/reset"), "/reset", email=address))
        answers.append(re.search(r'role="status">([^<]*)<', answer.html)[1])
    assert (
        answers[0] == answers[1] == "If this address belongs to somebody here, a mail with a link is on its way to it."
    )
    assert len(server.letters) == 1


def test_links_grow_old_and_cannot_be_made(server, reader, guest):
    guest.submit(guest.get("/reset"), "/reset", email="reader@example.org")
    path = link_in(server.letters[0])
    clock.travel(timedelta(hours=2, minutes=1))
    assert "This link is too old" in guest.get(path).words
    for code in ("", "x", "x.y", "é.é", path.removeprefix("/reset/")[:-1]):
        assert guest.get(f"/reset/{code or 'none'}").status == 404


def test_a_code_serves_one_purpose():
    tokens.connect("secret")
    code = tokens.make("confirm", 7, "a@example.org", lasts=timedelta(hours=1))
    assert tokens.read("confirm", code) == [7, "a@example.org"]
    with pytest.raises(tokens.BadToken):
        tokens.read("reset", code)
