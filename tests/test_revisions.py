"""Editing: within the rights and the time allowed, with a reason, against somebody else's edit; and the history."""

import re
from datetime import timedelta

import pytest

from core import clock
from core.events import Outbox, subscribe
from forum.revisions import PostEdited
from models import Post, Revision, Tag
from tests.factories import (
    a_category,
    a_locked_topic,
    a_moderator,
    a_post,
    a_topic,
    a_user,
    change,
    first_post,
    fresh,
    grant,
    number_of,
    set_setting,
)
from tests.visitor import path_of, words


def later(minutes: int = 10) -> None:
    """Lets the grace period pass."""
    clock.travel(timedelta(minutes=minutes))


def a_reply(ann, body: str = "The brown one."):
    """A topic of somebody else's with a reply of Ann's."""
    topic = a_topic(title="Which glue?", by=a_user("Bert"))
    return topic, a_post(in_=topic, by=ann.user, body=body)


def edit(visitor, post, body, **fields):
    """Fills in the composer for an edit, and sends it."""
    page = visitor.get(f"/post/{post.id}/edit")
    assert page.status == 200, page.words
    return visitor.submit(page, f"/post/{post.id}/edit", body=body, **fields)


# --- editing ---


def test_editing_plain(ann, guest):
    topic, post = a_reply(ann)
    later()
    page = ann.get(f"/post/{post.id}/menu")
    assert f'href="/post/{post.id}/edit"' in page.html
    composer = ann.get(f"/post/{post.id}/edit")
    assert "Edit #2 in Which glue?" in composer.words
    assert composer.form(f"/post/{post.id}/edit").fields["body"] == "The brown one."
    answer = ann.submit(composer, f"/post/{post.id}/edit", body="The **white** one.", reason="Mixed them up")
    assert (answer.status, answer.location) == (303, f"{path_of(topic)}/2#post-{post.id}")
    shown = ann.follow(answer)
    assert "<p>The <strong>white</strong> one.</p>" in shown.html
    assert "Last edited by Ann," in shown.html
    assert "Mixed them up" in shown.html
    assert f'href="/post/{post.id}/history"' in shown.html
    assert "Last edited by Ann," in guest.get(path_of(topic)).html
    assert f'href="/post/{post.id}/history"' not in guest.get(path_of(topic)).html  # guests lack the right


def test_editing_htmx(ann):
    topic, post = a_reply(ann)
    page = ann.get(path_of(topic))
    assert f'hx-get="/post/{post.id}/menu"' in page.html
    menu = ann.htmx.get(f"/post/{post.id}/menu", target=f"div#post-{post.id}-menu")
    assert f'hx-get="/post/{post.id}/edit" hx-target="#dock"' in menu.html
    composer = ann.htmx.get(f"/post/{post.id}/edit", target="div#dock")
    assert "<html" not in composer.html
    answer = ann.htmx.submit(composer, f"/post/{post.id}/edit", target="form#composer", body="The white one.")
    assert [part.target for part in answer.parts] == [f"#post-{post.id}", "#dock"]
    assert f"post-{post.id}" in page.ids
    after = ann.get(path_of(topic))
    assert after.shows(answer.parts[0].html)
    assert "The white one." in answer.parts[0].html
    assert "Post number 2 was changed." in answer.headers["HX-Trigger"]


def test_the_first_post_carries_title_and_tags_plain(ann):
    topic = a_topic(by=ann.user, title="Wich glue?", tags="glue, wood")
    post = first_post(topic)
    fields = ann.get(f"/post/{post.id}/edit").form(f"/post/{post.id}/edit").fields
    assert (fields["title"], fields["tags"]) == ("Wich glue?", "glue, wood")
    later()
    answer = edit(ann, post, "A first post.", title="Which glue?", tags="glue, paper")
    assert answer.location.startswith(f"/topic/{topic.id}/which-glue/1")
    shown = ann.follow(answer)
    assert "Which glue?" in shown.words
    assert 'href="/tags/paper"' in shown.html
    assert 'href="/tags/wood"' not in shown.html
    assert ann.get(f"/topic/{topic.id}/wich-glue").status == 308
    assert number_of(Tag, Tag.name == "wood", Tag.topics == 0) == 1
    assert number_of(Tag, Tag.name == "paper", Tag.topics == 1) == 1


def test_the_first_post_carries_title_and_tags_htmx(ann):
    topic = a_topic(by=ann.user, title="Wich glue?")
    post = first_post(topic)
    composer = ann.htmx.get(f"/post/{post.id}/edit")
    answer = ann.htmx.submit(composer, f"/post/{post.id}/edit", title="Which glue?")
    assert [part.target for part in answer.parts] == [f"#post-{post.id}", f"#topic-{topic.id}-header", "#dock"]
    page = ann.get(f"/topic/{topic.id}/which-glue")
    assert page.shows(answer.parts[1].html)


def test_a_forged_title_on_a_reply_renames_nothing(ann):
    topic, post = a_reply(ann)
    assert ann.post(f"/post/{post.id}/edit", {"body": "x", "title": "Mine", "seen": 1}).status == 303
    assert fresh(topic).title == "Which glue?"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"body": " "}, "Write something first."),
        ({"body": "x" * 32_768}, "at most 32,767 letters"),
        ({"title": "ab"}, "A title has at least 3 letters."),
        ({"tags": "x"}, "A tag has 3 to 15 letters"),
        ({"reason": "x" * 201}, "A reason has at most 200 letters."),
    ],
)
def test_what_an_edit_cannot_be(ann, fields, reason):
    topic = a_topic(by=ann.user, title="Which glue?")
    post = first_post(topic)
    given = {"title": "Which glue?", "body": "Changed.", "seen": 1, **fields}
    for answer in (
        ann.post(f"/post/{post.id}/edit", given),
        ann.htmx.post(f"/post/{post.id}/edit", given),
    ):
        assert answer.status == 422
        assert reason in answer.words
        assert answer.form(f"/post/{post.id}/edit").fields["body"] == given["body"].rstrip() or given["body"] == " "
    assert fresh(post).source == "A first post."


def test_saving_without_a_change_changes_nothing(ann):
    _topic, post = a_reply(ann)
    later()
    assert edit(ann, post, "The brown one.").status == 303
    now = fresh(post)
    assert (now.edited_at, now.version, now.revisions) == (None, 1, 0)


def test_a_preview_of_an_edit_changes_nothing(ann):
    _topic, post = a_reply(ann)
    page = edit(ann, post, "The **white** one.", preview="1")
    assert "<strong>white</strong>" in page.html
    assert page.form(f"/post/{post.id}/edit").fields["body"] == "The **white** one."
    assert fresh(post).source == "The brown one."


def test_an_edit_is_announced_to_whoever_listens(ann):
    heard = []
    subscribe(PostEdited)(heard.append)
    topic, post = a_reply(ann)
    edit(ann, post, "The white one.")
    assert heard == [PostEdited(post.id, topic.id, ann.user.id)]
    assert number_of(Outbox) == 0


# --- who may, and for how long ---


def test_strangers_and_guests_may_not_edit(ann, visit):
    _topic, post = a_reply(ann)
    stranger = visit(a_user())
    assert stranger.get(f"/post/{post.id}/edit").status == 403
    for answer in (
        stranger.post(f"/post/{post.id}/edit", {"body": "Ha.", "seen": 1}),
        stranger.htmx.post(f"/post/{post.id}/edit", {"body": "Ha.", "seen": 1}),
    ):
        assert answer.status == 403
        assert "Only its author and moderators may do this to a post." in answer.words
    assert "edit" not in re.findall(r'href="/post/\d+/(\w+)"', stranger.get(f"/post/{post.id}/menu").html)
    assert visit().get(f"/post/{post.id}/edit").location.startswith("/login?next=")
    assert visit().get(f"/post/{post.id}/menu").location.startswith("/login?next=")
    assert fresh(post).source == "The brown one."


def test_moderators_edit_and_are_named(ann, visit):
    topic, post = a_reply(ann)
    marshal = visit(a_moderator("Marshal"))
    assert edit(marshal, post, "The white one.").status == 303
    assert "Last edited by Marshal," in ann.get(path_of(topic)).html
    assert fresh(post).revisions == 1  # no grace with other people's words


def test_the_time_for_edits_is_a_setting(ann):
    _topic, post = a_reply(ann)
    set_setting("permissions.edit_minutes", "60")
    later(61)
    answer = ann.post(f"/post/{post.id}/edit", {"body": "Too late.", "seen": 1})
    assert answer.status == 403
    assert "This post is too old to be edited." in answer.words
    assert answer.form(f"/post/{post.id}/edit").fields["body"] == "Too late."
    assert "This post is too old to be edited." in ann.get(f"/post/{post.id}/menu").words
    set_setting("permissions.edit_minutes", "0")
    assert edit(ann, post, "In time.").status == 303


def test_a_locked_topic_keeps_its_texts_but_for_moderators(ann, visit):
    topic = a_locked_topic(by=ann.user)
    post = first_post(topic)
    answer = ann.post(f"/post/{post.id}/edit", {"body": "Still mine?", "seen": 1})
    assert answer.status == 403
    assert "This topic is locked, so its posts stay as they are." in answer.words
    assert answer.form(f"/post/{post.id}/edit").fields["body"] == "Still mine?"
    assert edit(visit(a_moderator()), post, "Mended.").status == 303


def test_an_edit_needs_the_right(ann):
    place = a_category(own_rights=True)
    grant("find", "read", "topics:read", to="registered", in_=place)
    topic = a_topic(in_=place, by=ann.user)
    answer = ann.get(f"/post/{first_post(topic).id}/edit")
    assert answer.status == 403
    assert "You may not edit posts in this category." in answer.words


def test_a_topic_that_went_away_while_somebody_wrote_gives_the_text_back(ann):
    topic, post = a_reply(ann)
    composer = ann.get(f"/post/{post.id}/edit")
    change(topic, deleted_at=clock.now())
    answer = ann.submit(composer, f"/post/{post.id}/edit", body="A long\ntext.")
    assert answer.status == 404
    assert "This topic was deleted." in answer.words
    assert "What you wrote is not lost." in answer.words
    assert "A long\ntext.</textarea>" in answer.html


def test_an_ended_session_ends_no_edit(ann, guest):
    _topic, post = a_reply(ann)
    answer = guest.post(f"/post/{post.id}/edit", {"body": "The white one.", "seen": 1})
    assert answer.status == 403
    assert "log in and send it in one go" in answer.words
    form = answer.form(f"/post/{post.id}/edit")
    assert form.fields["body"] == "The white one."
    sent = guest.submit(answer, f"/post/{post.id}/edit", name="Ann", password="quiet amber lighthouse keeper")
    assert sent.status == 303
    assert fresh(post).source == "The white one."


@pytest.mark.parametrize("version", ["", "0", "-1", "x", "9" * 30])
def test_a_forged_version_is_a_bad_request(ann, version):
    _topic, post = a_reply(ann)
    assert ann.post(f"/post/{post.id}/edit", {"body": "x", "seen": version}).status == 400


# --- two at once ---


def test_the_second_of_two_is_told_and_shown_both_texts_plain(ann, visit):
    topic, post = a_reply(ann, "The brown one.\n\nIt is cheap.")
    marshal = visit(a_moderator("Marshal"))
    mine, theirs = ann.get(f"/post/{post.id}/edit"), marshal.get(f"/post/{post.id}/edit")
    marshal.submit(theirs, f"/post/{post.id}/edit", body="The brown one.\n\nIt is *very* cheap.")
    answer = ann.submit(mine, f"/post/{post.id}/edit", body="The white one.\r\n\r\nIt is cheap.")
    assert answer.status == 409
    assert "Marshal changed this post while you were writing" in answer.words
    assert "It is *very* cheap." in answer.words
    form = answer.form(f"/post/{post.id}/edit")
    assert form.fields["body"].replace("\r\n", "\n") == "The white one.\n\nIt is cheap."
    assert fresh(post).source == "The brown one.\n\nIt is *very* cheap."
    assert ann.submit(answer, f"/post/{post.id}/edit").status == 303
    assert fresh(post).source == "The white one.\n\nIt is cheap."
    history = ann.get(f"/post/{post.id}/history")
    assert "Marshal" in history.words
    assert "It is *very* cheap." in history.words  # his text is kept as well
    assert topic.id == fresh(post).topic_id


def test_the_second_of_two_is_told_and_shown_both_texts_htmx(ann, visit):
    _topic, post = a_reply(ann)
    composer = ann.htmx.get(f"/post/{post.id}/edit")
    edit(visit(a_moderator("Marshal")), post, "The grey one.")
    answer = ann.htmx.submit(composer, f"/post/{post.id}/edit", body="The white one.")
    assert answer.status == 409
    assert "<html" not in answer.html
    assert "The grey one." in answer.words
    assert answer.form(f"/post/{post.id}/edit").fields["seen"] == "2"
    assert ann.htmx.submit(answer, f"/post/{post.id}/edit").status == 200
    assert fresh(post).source == "The white one."


def test_sending_the_same_edit_twice_is_no_conflict(ann):
    _topic, post = a_reply(ann)
    later()
    composer = ann.get(f"/post/{post.id}/edit")
    for _ in range(2):
        assert ann.submit(composer, f"/post/{post.id}/edit", body="The white one.").status == 303
    assert fresh(post).revisions == 1


# --- grace ---


def test_an_edit_right_after_writing_leaves_no_mark(ann):
    topic, post = a_reply(ann)
    clock.travel(timedelta(seconds=100))
    edit(ann, post, "The white one.")
    now = fresh(post)
    assert (now.source, now.edited_at, now.revisions) == ("The white one.", None, 0)
    assert number_of(Revision) == 0
    assert "Last edited" not in ann.get(path_of(topic)).html
    clock.travel(timedelta(seconds=121))
    edit(ann, post, "The grey one.")
    assert fresh(post).revisions == number_of(Revision) == 1


def test_mending_an_edit_right_after_it_is_one_edit(ann):
    _topic, post = a_reply(ann)
    later(10)
    edit(ann, post, "The wite one.")
    clock.travel(timedelta(minutes=11))
    edit(ann, post, "The white one.")
    assert number_of(Revision) == 1
    clock.travel(timedelta(minutes=12, seconds=30))  # counted from the edit that was mended
    edit(ann, post, "The grey one.")
    assert number_of(Revision) == 2
    shown = ann.get(f"/post/{post.id}/history").words
    assert "white" in shown
    assert "wite" not in shown


def test_an_edit_with_a_reason_is_always_kept(ann):
    _topic, post = a_reply(ann)
    edit(ann, post, "The white one.", reason="A slip")
    assert number_of(Revision) == 1


def test_the_grace_period_is_a_setting(ann):
    _topic, post = a_reply(ann)
    set_setting("revisions.grace_seconds", "0")
    edit(ann, post, "The white one.")
    assert number_of(Revision) == 1


# --- history ---


def edited(ann):
    """A post of Ann's with two edits."""
    topic, post = a_reply(ann, "One.\n\nTwo <b>.\n\nThree.")
    later(10)
    edit(ann, post, "One.\n\nTwo <i>.\n\nThree.", reason="First reason")
    later(20)
    edit(ann, post, "One.\n\nTwo <i>.\n\nThree.\n\nFour.")
    return topic, post


def test_history_plain(ann):
    _topic, post = edited(ann)
    page = ann.get(f"/post/{post.id}/history")
    assert "Edits of #2 by Ann" in page.words
    assert re.findall(r"<ins>(.*?)</ins>", page.html) == ["Four."]
    older = re.search(
        r'href="(/post/\d+/history\?revision=\d+)"[^>]*>Ann · <time[^>]*>[^<]*</time></a>\s*<span', page.html
    )
    before = ann.get(older[1])
    assert "First reason" in before.words
    assert re.findall(r"<(ins|del)>(.*?)</", before.html) == [("del", "b"), ("ins", "i")]
    assert "Two &lt;" in before.html  # never run as HTML
    assert "Four." not in words(before.html)


def test_history_htmx(ann):
    _topic, post = edited(ann)
    part = ann.htmx.get(f"/post/{post.id}/history", target=f"div#post-{post.id}-place")
    assert "<html" not in part.html
    assert ann.get(f"/post/{post.id}/history").shows(part.html)
    page = ann.get(f"/topic/{fresh(post).topic_id}/which-glue")
    assert f'hx-get="/post/{post.id}/history" hx-target="#post-{post.id}-place"' in page.html
    assert f"post-{post.id}-place" in page.ids


def test_restoring_an_earlier_text_plain(ann):
    topic, post = edited(ann)
    page = ann.get(f"/post/{post.id}/history")
    form = next(form for form in page.forms if form.action.endswith("/restore"))
    later(60)
    answer = ann.submit(page, form.action)
    assert answer.location == f"{path_of(topic)}/2#post-{post.id}"
    assert fresh(post).source == "One.\n\nTwo <i>.\n\nThree."
    assert fresh(post).revisions == 3  # what was replaced can be brought back in its turn
    assert "Restored the version from before" in ann.get(f"/post/{post.id}/history").words


def test_restoring_an_earlier_text_htmx(ann):
    _topic, post = edited(ann)
    part = ann.htmx.get(f"/post/{post.id}/history")
    form = next(form for form in part.forms if form.action.endswith("/restore"))
    answer = ann.htmx.submit(part, form.action)
    assert f"#post-{post.id}" in [each.target for each in answer.parts]
    assert "Four." not in answer.parts[0].html


def test_restoring_brings_title_and_tags_back(ann):
    topic = a_topic(by=ann.user, title="Which glue?", tags="glue")
    post = first_post(topic)
    later()
    edit(ann, post, "Else.", title="Which paint?", tags="paint")
    page = ann.get(f"/post/{post.id}/history")
    assert "Title Which glue paint ?" in page.words
    ann.submit(page, next(form for form in page.forms if form.action.endswith("/restore")).action)
    assert (fresh(topic).title, fresh(post).source) == ("Which glue?", "A first post.")
    assert "glue" in ann.get(path_of(fresh(topic))).words


def test_history_needs_the_right_and_restoring_that_to_edit(ann, guest, visit):
    topic, post = edited(ann)
    assert guest.get(f"/post/{post.id}/history").status == 403
    reader = visit(a_user())
    page = reader.get(f"/post/{post.id}/history")
    assert page.status == 200
    assert "Restore" not in page.words
    revision = re.search(r"revision=(\d+)", page.html)[1]
    assert reader.post(f"/post/{post.id}/revisions/{revision}/restore").status == 403
    other = a_post(in_=topic, by=ann.user)
    assert ann.post(f"/post/{other.id}/revisions/{revision}/restore").status == 404
    assert ann.get(f"/post/{other.id}/history?revision={revision}").status == 404
    assert number_of(Post, Post.source == "One.\n\nTwo <i>.\n\nThree.\n\nFour.") == 1


def test_a_post_that_was_never_edited_says_so(ann):
    _topic, post = a_reply(ann)
    assert "This post was never edited" in ann.get(f"/post/{post.id}/history").words


def test_the_history_of_a_deleted_post_is_for_moderators(ann, visit):
    _topic, post = edited(ann)
    change(post, deleted_at=clock.now())
    assert visit(a_user()).get(f"/post/{post.id}/history").status == 403
    assert visit(a_moderator()).get(f"/post/{post.id}/history").status == 200
