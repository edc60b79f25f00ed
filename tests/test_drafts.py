"""Drafts: saved while one writes, offered everywhere, gone when sent, and never back from the dead."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from core import clock
from core.db import session, writing
from forum import drafts, posts, topics
from forum.drafts import Sheet
from forum.refusals import Missing
from models import Draft, Post, Topic
from tests.factories import (
    a_category,
    a_private_category,
    a_topic,
    a_user,
    change,
    inside,
    number_of,
    posts_of,
    reads,
    set_setting,
    viewer_of,
    writes,
)
from tests.visitor import Visitor, path_of, words


@reads
def open_drafts() -> list[Draft]:
    """All drafts that were not sent, oldest first."""

    return list(session().scalars(select(Draft).where(Draft.sent_at.is_(None)).order_by(Draft.id)))


def sheet(key: str, place: str, body: str, **more) -> dict:
    """What a tab sends to save."""
    return {"send_key": key, "place": place, "body": body, "tab": "one", "turn": 1, "version": 0, **more}


def state(answer) -> str:
    """What became of a save."""
    assert answer.status == 200, answer.words
    return answer.html.split('data-state="')[1].split('"')[0]


@writes
def begun(by, body: str, *, key: str = "k", kind: str = "topic", at: int, title: str = "") -> drafts.Saved:
    """A draft that is on the server."""
    return drafts.save(viewer_of(by), Sheet(key, kind, at, body, title))


# --- saving and going on ---


def test_a_draft_is_offered_where_it_was_begun_plain(ann):
    topic = a_topic(title="Which glue?")
    composer = ann.get(f"/topic/{topic.id}/reply")
    fields = composer.form(f"/topic/{topic.id}/posts").fields
    answer = ann.post("/drafts", {**fields, "body": "Half a thought"})
    draft = open_drafts()[0]
    assert (answer.status, answer.location) == (303, f"/topic/{topic.id}/reply?draft={draft.id}")
    shown = ann.follow(answer)
    assert "Your draft is saved." in shown.html
    assert "Your draft, saved just now Start afresh" in shown.words
    for device in (ann, Visitor(ann.app, ann.user)):
        again = device.get(f"/topic/{topic.id}/reply").form(f"/topic/{topic.id}/posts").fields
        assert (again["body"], again["send_key"], again["version"]) == ("Half a thought", fields["send_key"], "1")


def test_a_draft_is_saved_by_the_script_htmx(ann):
    topic = a_topic()
    answer = ann.post("/drafts", sheet("abc", f"topic:{topic.id}", "Half"))
    assert state(answer) == "saved"
    assert words(answer.html) == "Draft saved"
    assert 'data-version="1"' in answer.html
    composer = ann.htmx.get(f"/topic/{topic.id}/reply", target="div#dock")
    assert composer.form(f"/topic/{topic.id}/posts").fields["body"] == "Half"


def test_a_new_topic_keeps_title_and_tags(ann):
    place = a_category()
    ann.post("/drafts", sheet("abc", f"category:{place.id}", "Body", title="My title", tags="one, two"))
    fields = ann.get(f"/compose?category={place.id}").form(f"/category/{place.id}/topics").fields
    assert (fields["title"], fields["body"], fields["tags"]) == ("My title", "Body", "one, two")


def test_whom_one_answers_is_kept(ann):
    topic = a_topic(by=a_user("Bert"))
    first = posts_of(topic)[0]
    ann.post("/drafts", sheet("abc", f"topic:{topic.id}", "To you", reply_to=first.id))
    assert "Reply to Bert (#1)" in ann.get(f"/topic/{topic.id}/reply").words


def test_a_quote_is_added_to_what_was_begun(ann):
    topic = a_topic(body="Quote me.")
    ann.post("/drafts", sheet("abc", f"topic:{topic.id}", "Begun."))
    composer = ann.get(f"/topic/{topic.id}/reply?quote={posts_of(topic)[0].id}")
    body = composer.form(f"/topic/{topic.id}/posts").fields["body"]
    assert body.startswith("Begun.\n\n[")
    assert "> Quote me." in body


def test_starting_afresh_keeps_the_draft(ann):
    topic = a_topic()
    ann.post("/drafts", sheet("abc", f"topic:{topic.id}", "Begun."))
    fresh = ann.get(f"/topic/{topic.id}/reply?draft=0")
    assert fresh.form(f"/topic/{topic.id}/posts").fields["body"] == ""
    assert "Go on with “Begun.” (just now)" in fresh.words
    assert len(open_drafts()) == 1


def test_nobody_sees_the_drafts_of_another(ann):
    topic = a_topic()
    bert = Visitor(ann.app, a_user("Bert"))
    saved = begun(bert.user, "Private", at=topic.id)
    assert "Private" not in ann.get(f"/topic/{topic.id}/reply").html
    assert ann.get(f"/topic/{topic.id}/reply?draft={saved.id}").status == 404
    assert ann.get("/user/bert/drafts").status == 404
    assert ann.post(f"/drafts/{saved.id}/discard").status == 404
    ann.post("/drafts/discard", sheet("k", f"topic:{topic.id}", ""))
    assert len(open_drafts()) == 1


def test_a_guest_has_no_drafts(guest):
    topic = a_topic()
    assert guest.post("/drafts", sheet("abc", f"topic:{topic.id}", "Begun.")).status == 403
    assert guest.get("/user/ann/drafts").status == 302
    assert "drafts" not in guest.get(path_of(topic)).html
    assert number_of(Draft) == 0


# --- several writers, and what arrives late ---


def test_saves_that_overtake_each_other_keep_the_newest_text(ann):
    place = f"topic:{a_topic().id}"
    assert state(ann.post("/drafts", sheet("abc", place, "Hello wor", turn=5))) == "saved"
    assert state(ann.post("/drafts", sheet("abc", place, "Hello", turn=4))) == "late"
    assert open_drafts()[0].body == "Hello wor"


def test_two_devices_lose_nothing(ann):
    place = f"topic:{a_topic().id}"
    ann.post("/drafts", sheet("abc", place, "Common", turn=1))
    # the phone opened version 1 and writes on
    assert state(ann.post("/drafts", sheet("abc", place, "Common, phone", tab="two", version=1))) == "saved"
    # so does the laptop, which knows nothing of that
    answer = ann.post("/drafts", sheet("abc", place, "Common, laptop", turn=2, version=1))
    assert state(answer) == "forked"
    phone, laptop = open_drafts()
    assert (phone.body, laptop.body) == ("Common, phone", "Common, laptop")
    assert f'data-key="{laptop.key}"' in answer.html
    # it goes on under the new key
    saved = ann.post("/drafts", sheet(laptop.key, place, "Common, laptop!", turn=3, version=1))
    assert state(saved) == "saved"
    composer = ann.get(f"/topic/{phone.target_id}/reply")
    assert composer.form(f"/topic/{phone.target_id}/posts").fields["body"] == "Common, laptop!"
    assert "Go on with “Common, phone”" in composer.words


def test_two_devices_with_the_same_text_are_no_conflict(ann):
    place = f"topic:{a_topic().id}"
    ann.post("/drafts", sheet("abc", place, "Same", turn=1))
    assert state(ann.post("/drafts", sheet("abc", place, "Same", tab="two", version=0))) == "saved"
    assert len(open_drafts()) == 1


def test_an_emptied_form_leaves_no_draft_but_not_elsewhere(ann):
    place = f"topic:{a_topic().id}"
    ann.post("/drafts", sheet("abc", place, "Some", turn=1))
    assert state(ann.post("/drafts", sheet("abc", place, " ", tab="two", version=0))) == "empty"
    assert open_drafts()[0].body == "Some"
    assert state(ann.post("/drafts", sheet("abc", place, " \n", turn=2, version=1))) == "empty"
    assert open_drafts() == []


def test_sending_takes_the_draft_away_and_nothing_brings_it_back(ann):
    topic = a_topic()
    key = ann.get(f"/topic/{topic.id}/reply").form(f"/topic/{topic.id}/posts").fields["send_key"]
    ann.post("/drafts", sheet(key, f"topic:{topic.id}", "Whole"))
    ann.post(f"/topic/{topic.id}/posts", {"body": "Whole.", "send_key": key})
    assert open_drafts() == []
    late = ann.post("/drafts", sheet(key, f"topic:{topic.id}", "Who", turn=9))
    assert state(late) == "sent"
    assert open_drafts() == []
    assert "Whole" not in str([row.body for row in all_rows()])
    # one that was never on the server is not brought to life by a late save either
    ann.post(f"/topic/{topic.id}/posts", {"body": "Quick.", "send_key": "quick"})
    assert state(ann.post("/drafts", sheet("quick", f"topic:{topic.id}", "Qui"))) == "sent"
    assert open_drafts() == []


def test_the_very_text_that_was_posted_is_known_as_such(ann):
    topic, place = a_topic(), a_category()
    ann.post(f"/topic/{topic.id}/posts", {"body": "Whole.\r\nAnd more.", "send_key": "reply"})
    assert state(ann.post("/drafts", sheet("reply", f"topic:{topic.id}", "Whole.\nAnd more.\n"))) == "posted"
    assert state(ann.post("/drafts", sheet("reply", f"topic:{topic.id}", "Whole.\nAnd less."))) == "sent"
    ann.post(f"/category/{place.id}/topics", {"title": "A  title", "body": "Body", "send_key": "topic"})
    assert state(ann.post("/drafts", sheet("topic", f"category:{place.id}", "Body", title="A title"))) == "posted"
    assert state(ann.post("/drafts", sheet("topic", f"category:{place.id}", "Body", title="Another"))) == "sent"
    assert open_drafts() == []


@reads
def all_rows() -> list[Draft]:
    """Every row, sent ones too."""

    return list(session().scalars(select(Draft)))


def test_a_topic_takes_its_draft_away(ann):
    place = a_category()
    ann.post("/drafts", sheet("abc", f"category:{place.id}", "Body", title="A title"))
    form = ann.get(f"/compose?category={place.id}")
    ann.submit(form, f"/category/{place.id}/topics")
    assert number_of(Topic) == 1
    assert open_drafts() == []


def test_a_sending_that_fails_keeps_the_draft(ann):
    topic = a_topic()
    ann.post("/drafts", sheet("abc", f"topic:{topic.id}", "Kept"))
    refused = ann.post(f"/topic/{topic.id}/posts", {"body": "", "send_key": "abc", "version": "1"})
    assert refused.status == 422
    assert refused.form(f"/topic/{topic.id}/posts").fields["version"] == "1"
    change(topic, locked_at=clock.now())
    assert ann.post(f"/topic/{topic.id}/posts", {"body": "Kept", "send_key": "abc"}).status == 403
    assert [draft.body for draft in open_drafts()] == ["Kept"]


def test_a_draft_can_be_saved_in_a_topic_that_was_locked_meanwhile(ann):
    topic = a_topic(locked_at=clock.now())
    assert state(ann.post("/drafts", sheet("abc", f"topic:{topic.id}", "Kept"))) == "saved"
    assert "Kept" in ann.get("/user/ann/drafts").words


def test_the_same_form_sent_from_two_devices_posts_once(ann):
    topic = a_topic()
    ann.post("/drafts", sheet("abc", f"topic:{topic.id}", "Once"))
    for device in (ann, Visitor(ann.app, ann.user)):
        device.submit(
            device.get(f"/topic/{topic.id}/reply?draft=0"), f"/topic/{topic.id}/posts", body="Once", send_key="abc"
        )
    assert number_of(Post) == 2


def test_what_remembers_a_sending_goes_in_the_end(app):
    topic, ann = a_topic(), a_user()
    begun(ann, "Sent", at=topic.id)
    begun(ann, "Open", key="other", at=topic.id)
    with inside(), writing():
        viewer = viewer_of(ann)
        posts.reply(viewer, topics.get(viewer, topic.id), "Sent", send_key="k")
    for days, left in ((89, 2), (91, 1)):
        clock.travel(timedelta(days=days))
        with inside():
            drafts.forget_sent()
        assert number_of(Draft) == left


# --- edits ---


def test_an_edit_is_a_draft_until_it_is_saved(ann):
    topic = a_topic(by=ann.user, title="Which glue?")
    first = posts_of(topic)[0]
    fields = ann.get(f"/post/{first.id}/edit").form(f"/post/{first.id}/edit").fields
    saved = sheet(fields["send_key"], f"post:{first.id}", "Better", title="Which glue then?", seen=fields["seen"])
    assert state(ann.post("/drafts", saved)) == "saved"
    assert "Edit in “Which glue?” Better" in ann.get("/user/ann/drafts").words
    page = ann.get(f"/post/{first.id}/edit")
    assert "Your draft, saved just now" in page.words
    resumed = page.form(f"/post/{first.id}/edit").fields
    assert (resumed["body"], resumed["title"], resumed["seen"]) == ("Better", "Which glue then?", "1")
    assert ann.submit(page, f"/post/{first.id}/edit").status == 303
    assert posts_of(topic)[0].source == "Better"
    assert open_drafts() == []
    assert state(ann.post("/drafts", {**saved, "turn": 9})) == "sent"


def test_an_edit_that_was_never_a_draft_is_not_brought_back_either(ann):
    first = posts_of(a_topic(by=ann.user))[0]
    page = ann.get(f"/post/{first.id}/edit")
    key = page.form(f"/post/{first.id}/edit").fields["send_key"]
    ann.submit(page, f"/post/{first.id}/edit", body="Quick")
    assert state(ann.post("/drafts", sheet(key, f"post:{first.id}", "Qui", seen=1))) == "sent"
    assert open_drafts() == []


def test_a_draft_of_an_edit_remembers_which_text_it_began_from(ann):
    topic = a_topic(by=ann.user)
    first = posts_of(topic)[0]
    ann.post("/drafts", sheet("abc", f"post:{first.id}", "Mine", title=topic.title, seen=1))
    moderator = Visitor(ann.app, a_user("Marshal", groups_of=["moderators"]))
    moderator.submit(moderator.get(f"/post/{first.id}/edit"), f"/post/{first.id}/edit", body="Theirs")
    answer = ann.submit(ann.get(f"/post/{first.id}/edit"), f"/post/{first.id}/edit")
    assert answer.status == 409
    assert "Marshal changed this post while you were writing" in answer.words
    assert [draft.body for draft in open_drafts()] == ["Mine"]


# --- the list ---


def test_the_list_shows_what_was_begun_and_where(ann):
    topic, place = a_topic(title="Which glue?"), a_category("Wood")
    hidden = a_topic(in_=a_private_category(for_="moderators"), title="Secret")
    begun(ann.user, "About glue", key="a", at=topic.id)
    begun(ann.user, "Of wood\n" * 60, key="b", kind="category", at=place.id, title="Birch")
    begun(ann.user, "Where was I", key="c", at=hidden.id)
    page = ann.get("/user/ann/drafts")
    assert "Reply to “Which glue?” About glue Saved just now" in page.words
    assert "Birch Of wood" in page.words
    assert "The whole text" in page.words
    assert "Reply to a topic that is gone Where was I" in page.words
    assert "Secret" not in page.html
    assert (
        ann.get(f"/compose?category={place.id}&draft={open_drafts()[1].id}")
        .form(f"/category/{place.id}/topics")
        .fields["title"]
        == "Birch"
    )


def test_the_side_bar_leads_to_drafts_once_there_are_any(ann):
    topic = a_topic()
    assert '<li id="drafts-entry" hidden>' in ann.get("/").html
    begun(ann.user, "Begun", at=topic.id)
    page = ann.get("/")
    assert '<li id="drafts-entry">' in page.html
    assert 'href="/user/ann/drafts"' in page.html
    listed = ann.htmx.get("/drafts", target="ul#draft-items")
    assert topic.title in listed.words
    assert "All drafts 1" in listed.words
    assert ann.get("/drafts").location == "/user/ann/drafts"


def test_discarding_plain(ann):
    topic = a_topic()
    for key in "abc":
        begun(ann.user, f"Text {key}", key=key, at=topic.id)
    page = ann.get("/user/ann/drafts")
    first = open_drafts()[0]
    after = ann.follow(ann.follow(ann.submit(page, f"/drafts/{first.id}/discard")))
    assert "Text a" not in after.words
    assert "2 drafts will be gone for good." in after.words
    empty = ann.follow(ann.follow(ann.submit(after, "/drafts/discard-all")))
    assert "No drafts" in empty.words
    assert number_of(Draft) == 0


def test_discarding_while_writing_plain(ann):
    topic = a_topic()
    begun(ann.user, "Begun", at=topic.id)
    fields = ann.get(f"/topic/{topic.id}/reply").form(f"/topic/{topic.id}/posts").fields
    answer = ann.post("/drafts/discard", fields)
    assert (answer.status, answer.location) == (303, path_of(topic))
    assert open_drafts() == []


def test_discarding_while_writing_htmx(ann):
    topic = a_topic()
    begun(ann.user, "Begun", at=topic.id)
    fields = ann.htmx.get(f"/topic/{topic.id}/reply").form(f"/topic/{topic.id}/posts").fields
    answer = ann.htmx.post("/drafts/discard", fields)
    assert [(part.target, part.html) for part in answer.parts] == [("#dock", "")]
    assert "livery:discarded" in answer.headers["HX-Trigger"]
    assert open_drafts() == []


# --- bad input ---


@pytest.mark.parametrize(
    "broken",
    [
        {"place": "topic:x"}, {"place": "user:1"}, {"place": ""}, {"send_key": ""}, {"send_key": "a b"},
        {"turn": "-1"}, {"version": "x"}, {"tab": "<script>"}, {"place": "topic:" + "9" * 19},
    ],
)  # fmt: skip
def test_a_save_that_no_page_sends_is_refused(ann, broken):
    assert ann.post("/drafts", {**sheet("abc", "topic:1", "x"), **broken}).status == 400
    assert number_of(Draft) == 0


def test_too_much_is_refused_in_words(ann):
    set_setting("drafts.length_max", "1000")
    set_setting("drafts.per_person", "2")
    refused = ann.post("/drafts", sheet("abc", "topic:1", "x" * 1001))
    assert refused.status == 422
    assert "A draft has at most 1,000 letters." in refused.words
    for key in "ab":
        ann.post("/drafts", sheet(key, "topic:1", "x"))
    refused = ann.post("/drafts", sheet("c", "topic:1", "x"))
    assert refused.status == 422
    assert "You have 2 drafts, the most there can be: discard one first." in refused.words
    assert state(ann.post("/drafts", sheet("a", "topic:1", "xy", turn=2))) == "saved"


def test_a_nul_is_left_out(ann):
    ann.post("/drafts", sheet("abc", "topic:1", "a\x00b"))
    assert open_drafts()[0].body == "ab"


def test_a_draft_that_is_gone_is_a_missing_page(ann):
    topic = a_topic()
    assert ann.get(f"/topic/{topic.id}/reply?draft=99").status == 404
    with inside(), pytest.raises(Missing):
        drafts.get(viewer_of(ann.user), 99)
