"""Sanctions: warnings, mutes and bans, told to the person; a ban ends what is open; the last administrator stays."""

import asyncio
from datetime import timedelta

import pytest

from core import clock
from core.db import writing
from forum import groups, live, sanctions
from forum.refusals import Conflict
from models import Account, Act, Post, ReasonText, Sanction, StaffNote
from tests.factories import (
    PASSWORD,
    a_moderator,
    a_topic,
    a_user,
    an_administrator,
    group_id,
    inside,
    number_of,
    viewer_of,
    writes,
)
from tests.visitor import path_of
from web.live import Stream

BAN = {"kind": "ban", "reason": "Selling sun glasses.", "days": "7"}


@pytest.fixture
def bert(visit):
    """A member called Bert."""
    return visit(a_user("Bert"))


def put(person, kind, *, by, days=None, reason="Because."):
    """Warns, mutes or bans somebody."""
    until = clock.now() + timedelta(days=days) if days else None
    with inside(), writing():
        return sanctions.put(viewer_of(by), person.id, kind, reason, until)


@writes
def a_text(title="Advertising", body="No advertising here, please."):
    """A text of the administrator's."""
    from core.db import session

    made = ReasonText(kind="any", title=title, body=body)
    session().add(made)
    session().flush()
    return made


def test_a_moderator_bans_plain(marshal, bert):
    page = marshal.get("/user/bert/record")
    assert "A clean record" in page.words
    answer = marshal.submit(page, "/user/bert/sanctions", **BAN)
    page = marshal.follow(answer)
    assert "Banned. All sessions have ended." in page.html
    assert "Selling sun glasses." in page.words
    assert "holds now" in page.words


def test_a_moderator_bans_htmx(marshal, bert):
    page = marshal.get("/user/bert/record")
    answer = marshal.htmx.sends(page, "/user/bert/sanctions", **BAN)
    assert answer.status == 303
    assert number_of(Sanction, Sanction.kind == "ban", Sanction.user_id == bert.user.id) == 1


def test_a_banned_persons_open_page_stops_working_at_once(app, visit, marshal):
    topic, user = a_topic(title="Glue"), a_user("Bert")
    bert, phone = visit(user), visit(user)
    page = bert.get(path_of(topic))
    phone.get("/")
    put(user, "ban", by=marshal.user, days=3, reason="Shouting.")
    sent = bert.submit(page, f"/topic/{topic.id}/sort", sort="most_votes")
    assert sent.status == 403
    assert "You are banned until" in sent.words
    assert "Shouting." in sent.words
    assert "UTC" in sent.words
    # and the other browser; then both are guests
    assert phone.get("/me/password").status == 403
    for browser in (bert, phone):
        assert browser.post(f"/topic/{topic.id}/posts", {"body": "Still here?"}).status == 403
        assert browser.get("/").status == 200
        assert "Log in" in browser.get("/").html
    assert number_of(Post, Post.topic_id == topic.id) == 1


def test_sessions_do_not_come_back_with_the_end_of_a_ban(app, visit, marshal):
    user = a_user("Bert")
    bert = visit(user)
    put(user, "ban", by=marshal.user, days=3)
    clock.travel(timedelta(days=4))
    assert bert.get("/me/password").status == 302  # asked to log in, and not turned away
    page = bert.get("/login")
    assert bert.submit(page, "/login", name="Bert", password=PASSWORD).status == 303
    assert bert.get("/me/password").status == 200


def test_a_banned_person_is_told_why_when_he_logs_in_and_only_with_his_password(app, guest, marshal):
    put(a_user("Bert"), "ban", by=marshal.user, days=3, reason="Shouting.")
    page = guest.get("/login")
    refused = guest.submit(page, "/login", name="Bert", password=PASSWORD)
    assert refused.status == 422
    assert "You are banned until" in refused.words
    assert "Shouting." in refused.words
    refused = guest.submit(page, "/login", name="Bert", password="wrong")
    assert "banned" not in refused.words


def test_a_ban_for_good_says_so(app, guest, marshal):
    put(a_user("Bert"), "ban", by=marshal.user)
    refused = guest.submit(guest.get("/login"), "/login", name="Bert", password=PASSWORD)
    assert "You are banned for good." in refused.words


def test_a_new_password_opens_nothing_to_a_banned_person(app, marshal, visit):
    user = a_user("Bert")
    put(user, "ban", by=marshal.user)
    browser = visit(user)  # what a reset of the password ends with
    assert browser.get("/").status == 403
    assert browser.get("/me/password").status == 302


def test_a_lifted_ban_lets_in(marshal, guest):
    user = a_user("Bert")
    made = put(user, "ban", by=marshal.user)
    page = marshal.get("/user/bert/record")
    marshal.submit(page, f"/user/bert/sanctions/{made.id}/lift", reason="It was his brother.")
    words = marshal.get("/user/bert/record").words
    assert "lifted by Marshal: It was his brother." in words
    assert "holds now" not in words
    assert guest.submit(guest.get("/login"), "/login", name="Bert", password=PASSWORD).status == 303


def test_a_muted_person_is_told_why_he_cannot_write_plain(marshal, bert):
    topic = a_topic(by=bert.user)
    put(bert.user, "mute", by=marshal.user, days=1, reason="Cool down.")
    page = bert.get(path_of(topic))
    assert "You are muted until" in page.words
    assert "Cool down." in page.words
    refused = bert.post(f"/topic/{topic.id}/posts", {"body": "But I am right!"})
    assert refused.status == 403
    assert "Cool down." in refused.words
    assert "But I am right!" in refused.html  # nothing typed is lost
    assert bert.get(f"/post/{topic.first_post_id}/edit").status == 403
    assert bert.post(f"/category/{topic.category_id}/topics", {"title": "A title", "body": "Words."}).status == 403
    assert bert.post("/uploads", {}).status in (403, 422)
    assert number_of(Post, Post.author_id == bert.user.id) == 1


def test_a_muted_person_is_told_why_he_cannot_write_htmx(marshal, bert):
    topic = a_topic()
    put(bert.user, "mute", by=marshal.user, days=1, reason="Cool down.")
    refused = bert.htmx.post(f"/topic/{topic.id}/posts", {"body": "But I am right!"})
    assert refused.status == 403
    assert "Cool down." in refused.words


def test_a_mute_ends_by_itself(marshal, bert):
    topic = a_topic()
    put(bert.user, "mute", by=marshal.user, days=1)
    assert bert.post(f"/topic/{topic.id}/posts", {"body": "Hm."}).status == 403
    clock.travel(timedelta(days=2))
    assert bert.post(f"/topic/{topic.id}/posts", {"body": "Sorry."}).status == 303


def test_a_warning_is_a_notice_that_leads_to_its_words(marshal, bert):
    put(bert.user, "warn", by=marshal.user, reason="Please mind the tone.")
    notices = bert.get("/notifications")
    assert "There is a word from the moderators for you" in notices.words
    key = notices.html.split('href="/notifications/')[1].split('"')[0]
    record = bert.follow(bert.get(f"/notifications/{key}"))
    assert "Please mind the tone." in record.words
    assert "Warn, mute or ban" not in record.words
    assert "Notes" not in record.words
    assert bert.get("/").status == 200


def test_who_may_see_a_record(bert, ann, guest, marshal):
    assert ann.get("/user/bert/record").status == 404
    assert guest.get("/user/bert/record").status == 302
    assert bert.get("/user/bert/record").status == 200
    assert "/user/bert/record" in marshal.get("/user/bert").html
    assert "/user/bert/record" not in ann.get("/user/bert").html


def test_only_who_may_ban_bans(ann, bert, marshal, visit):
    ann.get("/")
    assert ann.post("/user/bert/sanctions", BAN).status == 403
    second = visit(a_moderator("Second"))
    second.get("/")
    assert second.post("/user/marshal/sanctions", BAN).status == 403
    assert second.post("/user/second/sanctions", BAN).status == 403
    assert number_of(Sanction) == 0
    keeper = visit(an_administrator())
    keeper.get("/")
    assert keeper.post("/user/marshal/sanctions", BAN).status == 303


def test_a_banned_moderator_moderates_nothing(app, visit, marshal):
    keeper = an_administrator()
    put(marshal.user, "ban", by=keeper)
    with inside():
        assert not sanctions.works_with_people(viewer_of(marshal.user))


def test_the_panel_finds_the_muted_and_the_banned(visit):
    keeper = an_administrator()
    put(a_user("Bert"), "mute", by=keeper, days=1)
    put(a_user("Cleo"), "ban", by=keeper)
    panel = visit(keeper)
    assert "Bert" in panel.get("/admin/users?show=muted").words
    assert "Cleo" not in panel.get("/admin/users?show=muted").words
    assert "Cleo" in panel.get("/admin/users?show=banned").words


def test_the_last_administrator_who_can_log_in_stays(app, visit):
    first, second = an_administrator("First"), an_administrator("Second")
    put(second, "ban", by=first)
    with inside(), writing(), pytest.raises(Conflict):
        groups.leave(first.id, group_id("administrators"))
    with inside(), writing():  # banned himself, he bans nobody
        assert not sanctions.impose(viewer_of(second), first.id, "ban")
    with inside(), writing():
        groups.leave(second.id, group_id("administrators"))


def test_nobody_bans_the_last_administrator_behind_the_rules(app):
    keeper = an_administrator()
    with inside(), writing(), pytest.raises(Conflict):
        groups.spare_administrator(keeper.id)


def test_the_end_must_be_still_to_come_and_a_reason_given(marshal, bert):
    marshal.get("/user/bert/record")
    for more, words in (
        ({"days": "", "until": "2001-01-01T10:00"}, "Choose an end that is still to come."),
        ({"days": "", "until": ""}, "Choose an end, or how long it is to last."),
        ({"days": "", "until": "soon"}, "Write the time like"),
        ({"reason": " "}, "Say why"),
        ({"reason": "x" * 1001}, "at most 1000 letters"),
    ):
        answer = marshal.post("/user/bert/sanctions", {**BAN, **more})
        assert answer.status == 422
        assert words in answer.words
    assert marshal.post("/user/bert/sanctions", {**BAN, "kind": "hang"}).status == 400
    assert marshal.post("/user/bert/sanctions", {**BAN, "days": "", "until": "2999-01-01T10:00"}).status == 303


def test_a_ready_text_and_own_words_come_together(marshal, bert):
    text = a_text()
    page = marshal.get("/user/bert/record")
    marshal.submit(page, "/user/bert/sanctions", **{**BAN, "kind": "warn", "text": str(text.id)})
    assert "No advertising here, please." in bert.get("/user/bert/record").words
    assert "Selling sun glasses." in bert.get("/user/bert/record").words


def test_a_new_ban_takes_the_place_of_the_old_one(marshal, guest):
    user = a_user("Bert")
    put(user, "ban", by=marshal.user)
    put(user, "ban", by=marshal.user, days=1)
    clock.travel(timedelta(days=2))
    assert guest.submit(guest.get("/login"), "/login", name="Bert", password=PASSWORD).status == 303


def test_notes_are_for_the_staff(marshal, bert, ann):
    page = marshal.get("/user/bert/record")
    marshal.submit(page, "/user/bert/notes", note="Same words as Tom.")
    assert "Same words as Tom." in marshal.get("/user/bert/record").words
    assert "Same words as Tom." not in bert.get("/user/bert/record").html
    bert.get("/")
    assert bert.post("/user/bert/notes", {"note": "Nonsense."}).status == 404
    assert marshal.post("/user/bert/notes", {"note": ""}).status == 422
    page = marshal.get("/user/bert/record")
    address = next(form.action for form in page.forms if form.action.endswith("/destroy"))
    assert bert.post(address, {}).status == 404
    marshal.submit(page, address)
    assert number_of(StaffNote) == 0


def test_every_act_is_written_down(marshal, bert):
    made = put(bert.user, "mute", by=marshal.user, reason="Cool down.")
    with inside(), writing():
        sanctions.lift(viewer_of(marshal.user), bert.user.id, made.id)
    assert number_of(Act, Act.kind == "person.mute", Act.by_id == marshal.user.id, Act.user_id == bert.user.id) == 1
    assert number_of(Act, Act.kind == "person.mute_lifted") == 1


def test_a_ban_tells_the_open_pages_and_ends_their_streams(app, marshal, monkeypatch):
    told = []
    monkeypatch.setattr(live.pubsub, "anybody", lambda: True)
    monkeypatch.setattr(live.pubsub, "publish", told.extend)
    user = a_user("Bert")
    put(user, "ban", by=marshal.user)
    assert f"user-{user.id} out {user.id}" in told

    async def hears() -> bool:
        stream = Stream(frozenset({f"user-{user.id}"}), user.id)
        stream.take(told)
        return stream.over

    assert asyncio.run(hears())


def test_a_ban_ends_every_session_in_the_database(app, marshal):
    user = a_user("Bert")
    put(user, "ban", by=marshal.user)
    assert number_of(Account, Account.user_id == user.id, Account.session_epoch == 1) == 1
