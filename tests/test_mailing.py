"""Notices by mail: read by a real SMTP server; after a while, only what is unread still, and ended by one click."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from core import clock
from core.db import writing
from forum import accounts, mailing, sanction_letters
from forum.sanctions import PersonSanctioned
from forum.viewers import Viewer
from models import Account, Notice
from tests.factories import (
    a_category,
    a_post,
    a_private_category,
    a_topic,
    a_user,
    a_vote,
    change,
    first_post,
    inside,
    number_of,
    set_setting,
)
from tests.test_notifications import bell
from tests.test_sanctions import put
from tests.visitor import Visitor, path_of

KINDS = ("mention", "reply", "topic", "vote", "follow")


def prefer(user, **chosen: str) -> None:
    """Says how somebody wants to be told."""
    with inside(), writing():
        accounts.prefer(Viewer(id=user.id), **{f"notify_{kind}": way for kind, way in chosen.items()})


def confirm(user, *, confirmed: bool = True) -> None:
    """Confirms somebody's address."""
    with inside(), writing() as current:
        current.get_one(Account, user.id).email_confirmed_at = clock.now() if confirmed else None


def later(seconds: int = 61) -> None:
    """Time passes, and the job comes by."""
    clock.travel(clock.now() - datetime.now(UTC) + timedelta(seconds=seconds))
    with inside():
        mailing.send_due()


@pytest.fixture
def reader(server, app):
    """A member who wants everything by mail."""
    user = a_user("Ann", email="ann@example.org")
    prefer(user, **dict.fromkeys(KINDS, "mail"))
    confirm(user)
    return Visitor(app, user)


@pytest.fixture
def watched(reader):
    """A topic that she watches and has read."""
    topic = a_topic(title="Which glue?", by=a_user("Tom"))
    reader.get(path_of(topic))
    reader.post(f"/topic/{topic.id}/follow", {"state": "watch"})
    return topic


def bodies(letter) -> list[str]:
    """Both bodies of a mail."""
    return [letter.get_body((kind,)).get_content().replace("\r\n", "\n") for kind in ("plain", "html")]


def test_a_reply_is_mailed_after_a_minute_with_both_bodies_and_all_headers(server, reader, watched):
    first = a_post(in_=watched, by=a_user("Bob"), body="Wood glue, <b>of course</b>.")
    second = a_post(in_=watched, by=a_user("Cora"), body="Hide glue.", to=first)
    later(50)
    assert server.letters == []
    later(11)
    [letter] = server.letters
    assert letter["To"] == "ann@example.org"
    assert letter["Subject"] == "Re: [Livery] Which glue?"
    own, host = f"user-{reader.user.id}", "forum.example.org"
    assert letter["Message-ID"] == f"<post-{second.id}.{own}@{host}>"
    assert letter["In-Reply-To"] == f"<post-{first.id}.{own}@{host}>"
    assert letter["References"].split() == [f"<topic-{watched.id}.{own}@{host}>", letter["In-Reply-To"]]
    assert letter["List-Id"] == f"<notices.{host}>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.fullmatch(r"<https://forum\.example\.org/unsubscribe/[\w.-]+>", letter["List-Unsubscribe"])
    assert b"\nList-Unsubscribe: <https://forum.example.org/unsubscribe/" in server.taken[0].replace(b"\r\n", b"\n")
    for body in bodies(letter):
        assert "Cora and Bob replied: Which glue?" in body
        assert f"https://{host}/post/{first.id}" in body
        assert letter["List-Unsubscribe"][1:-1] in body
        assert body.index("Wood glue") < body.index("Hide glue.")
    later()
    assert len(server.letters) == 1


def test_further_replies_are_mailed_without_those_that_were(server, reader, watched):
    a_post(in_=watched, body="One.")
    later()
    a_post(in_=watched, body="Two.")
    later()
    first, second = (bodies(letter)[0] for letter in server.letters)
    assert "One." in first
    assert "One." not in second
    assert "Two." in second


def test_long_talks_are_mailed_in_part(server, reader, watched):
    for number in range(8):
        a_post(in_=watched, body=f"This is number {number}.")
    later()
    [plain, _rich] = bodies(server.letters[0])
    assert re.findall(r"This is number (\d)", plain) == list("01234")
    assert "And 3 more posts." in plain


@pytest.mark.parametrize("how", ["topic", "notice", "all", "job"])
def test_what_was_read_meanwhile_is_not_mailed(server, reader, watched, how):
    a_post(in_=watched, body="@ann")
    assert number_of(Notice, Notice.mail_at.is_not(None)) == 1
    if how == "topic":
        reader.get(path_of(watched))
    elif how == "notice":
        reader.get(re.search(r'href="(/notifications/\d+)"', reader.get("/notifications").html)[1])
    else:
        reader.get("/notifications")
        reader.post("/notifications" if how == "all" else "/unread", {"mark": "all-read"})
    later()
    assert server.letters == []
    assert number_of(Notice, Notice.mail_at.is_not(None)) == 0


def test_every_kind_is_mailed_and_only_where_one_chose_it(server, reader, visit, watched):
    bob = visit(a_user("Bob"))
    bob.get("/")
    place = a_category("Workshop")
    reader.post(f"/category/{place.id}/follow", {"state": "watch"})

    def everything() -> list[str]:
        begin = len(server.letters)
        bob.post("/user/ann/follow", {"follow": "0"})
        bob.post("/user/ann/follow", {"follow": "1"})
        a_vote(first_post(a_topic(by=reader.user, title="Mine")), by=bob.user)
        a_topic(in_=place, by=bob.user, title="A new topic")
        a_post(in_=watched, by=bob.user, body="A reply.")
        a_post(in_=a_topic(title="Elsewhere"), by=bob.user, body="@ann")
        later()
        return sorted(letter["Subject"] for letter in server.letters[begin:])

    replies = ["Re: [Livery] Elsewhere", "Re: [Livery] Mine", "Re: [Livery] Which glue?"]
    assert everything() == [*replies, "[Livery] A new topic", "[Livery] Bob follows you now"]
    first = next(letter for letter in server.letters if letter["Subject"] == "[Livery] A new topic")
    assert first["Message-ID"].startswith("<topic-")
    assert first["References"] is None
    prefer(reader.user, **dict.fromkeys(KINDS, "site"))
    assert everything() == []
    prefer(reader.user, mention="mail")
    assert everything() == ["Re: [Livery] Elsewhere"]


def test_mails_go_only_to_confirmed_addresses_of_those_who_may_still_read(server, reader, watched):
    def mailed() -> int:
        begin = len(server.letters)
        later()
        return len(server.letters) - begin

    a_post(in_=watched)
    confirm(reader.user, confirmed=False)
    assert mailed() == 0
    confirm(reader.user)
    a_post(in_=watched)
    assert mailed() == 1
    post = a_post(in_=watched)
    change(post, deleted_at=clock.now())
    assert mailed() == 0
    a_post(in_=watched)
    prefer(reader.user, reply="none")
    assert mailed() == 0
    prefer(reader.user, reply="mail")
    a_post(in_=watched)
    change(watched, category_id=a_private_category(for_="moderators").id)
    assert mailed() == 0
    elsewhere = a_topic(title="Elsewhere", body="@ann")
    change(elsewhere, deleted_at=clock.now())
    assert mailed() == 0


def test_the_banned_get_no_mails_but_the_one_that_says_so(server, reader, marshal, watched):
    a_post(in_=watched)
    put(reader.user, "ban", by=marshal.user, days=3, reason="Spam.")
    later()
    assert [letter["List-Id"] for letter in server.letters] == ["<account.forum.example.org>"]


def test_one_click_ends_a_kind_of_mails_without_a_login(server, reader, watched, guest):
    a_post(in_=watched)
    later()
    address = server.letters[0]["List-Unsubscribe"][1:-1].removeprefix("https://forum.example.org")
    page = guest.get(address)
    assert "A reply in a topic that you watch" in page.words
    a_post(in_=watched)
    later()
    assert len(server.letters) == 2  # asking is not enough
    # as a mail program does: no cookie, no word of a browser, one field
    answer = guest.send("POST", address, data={"List-Unsubscribe": "One-Click"})
    assert answer.status == 200
    assert answer.cookies == []
    a_post(in_=watched)
    later()
    assert len(server.letters) == 2
    assert bell(reader.get("/")) == "1"  # the site still tells
    a_post(in_=a_topic(title="Elsewhere"), body="@ann")
    later()
    assert server.letters[-1]["Subject"] == "Re: [Livery] Elsewhere"  # and other kinds come by mail


def test_ending_a_kind_of_mails_plain(server, reader, guest):
    with inside():
        address = mailing.stop_path(reader.user.id, "vote")
    answer = guest.submit(guest.get(address), address)
    assert "Done." in answer.words
    assert 'value="site" selected' in reader.get("/me/notifications").html
    assert "Done." in reader.submit(reader.get(address), address).words
    reader.post("/me/notifications", {**dict.fromkeys(KINDS, "mail"), "vote": "none"})
    guest.submit(guest.get(address), address)
    assert 'value="site" selected' not in reader.get("/me/notifications").html


def test_ending_a_kind_of_mails_htmx(reader):
    with inside():
        address = mailing.stop_path(reader.user.id, "vote")
    assert "Done." in reader.htmx.sends(reader.get(address), address).words


def test_codes_that_end_nothing(reader, guest):
    with inside():
        address = mailing.stop_path(reader.user.id, "vote")
    assert guest.get(address[:-1]).status == 404
    assert guest.send("POST", address[:-1]).status == 404
    assert guest.send("POST", "/unsubscribe/x").status == 404
    clock.travel(timedelta(days=91))
    assert guest.send("POST", address).status == 404


def test_the_wait_is_a_setting(server, reader, watched):
    set_setting("notifications.mail_delay", "300")
    a_post(in_=watched)
    later()
    assert server.letters == []
    later(240)
    assert len(server.letters) == 1


def test_the_settings_say_where_mails_go(reader):
    assert "confirmed address only" not in reader.get("/me/notifications").words
    confirm(reader.user, confirmed=False)
    assert "Mails are sent to a confirmed address only. Confirm yours" in reader.get("/me/notifications").words


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("warn", "The moderators of Livery have a word for you."),
        ("mute", "You may read Livery, but not write there for now."),
        ("ban", "You may not log in to Livery any more."),
    ],
)
def test_a_sanction_is_told_by_mail_with_its_reason_and_end(server, reader, marshal, kind, says):
    put(reader.user, kind, by=marshal.user, days=7, reason="Selling <b>sun glasses</b>.")
    [letter] = server.letters
    assert letter["To"] == "ann@example.org"
    assert letter["Subject"] == f"[Livery] {says}"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["List-Id"] == "<account.forum.example.org>"
    plain, rich = bodies(letter)
    assert says in plain
    assert "The reason: Selling <b>sun glasses</b>." in plain
    assert "The reason: Selling &lt;b&gt;sun glasses&lt;/b&gt;." in rich
    for body in (plain, rich):
        assert ("This ends by itself:" in body) == (kind != "warn")
        assert ("/user/ann/record" in body) == (kind != "ban")  # whoever is banned cannot go there
    later()
    assert len(server.letters) == 1


def test_a_sanction_without_end_says_so_and_is_told_once(server, reader, marshal):
    made = put(reader.user, "ban", by=marshal.user)
    assert "This has no end." in bodies(server.letters[0])[0]
    with inside():
        sanction_letters.tell(PersonSanctioned(reader.user.id, "ban", marshal.user.id, made.id))
    assert len(server.letters) == 1


def test_an_address_that_is_not_confirmed_gets_no_word_of_a_sanction(server, reader, marshal):
    confirm(reader.user, confirmed=False)
    put(reader.user, "ban", by=marshal.user, days=7)
    assert server.letters == []
