"""Replying, quoting, previewing, and reading single posts."""

import json
import re
from datetime import timedelta

import pytest

from core import clock
from core.db import writing
from forum import posts, recounting, topics
from forum.refusals import Forbidden, Invalid, Missing
from models import Post
from tests.factories import (
    PASSWORD,
    a_category,
    a_deleted_topic,
    a_locked_topic,
    a_moderator,
    a_post,
    a_private_category,
    a_scheduled_topic,
    a_topic,
    a_user,
    first_post,
    fresh,
    grant,
    inside,
    many_posts,
    number_of,
    posts_of,
    set_setting,
    viewer_of,
)
from tests.visitor import numbers, path_of, settled


def replies_of(topic) -> list[Post]:
    """All posts but the first."""
    return posts_of(topic)[1:]


def body_of(html: str) -> str:
    """The rendered text of the first post or preview in some HTML."""
    return re.search(r'<div class="post-body" hx-ignore>(.*?)</div>\s*(?:<footer|</section)', html, re.DOTALL)[1]


# --- replying ---


def test_replying_plain(ann):
    topic = a_topic(title="Which glue?")
    page = ann.get(path_of(topic))
    assert f'href="/topic/{topic.id}/reply"' in page.html
    composer = ann.get(f"/topic/{topic.id}/reply")
    assert "Reply to Which glue?" in composer.words
    answer = ann.submit(composer, f"/topic/{topic.id}/posts", body="The **brown** one.")
    post = replies_of(topic)[0]
    assert (answer.status, answer.location) == (303, f"{path_of(topic)}/2#post-{post.id}")
    shown = ann.follow(answer)
    assert "<p>The <strong>brown</strong> one.</p>" in shown.html
    assert "2 posts 2 posters" in shown.words
    assert re.search(rf'<article class="post post-target" id="post-{post.id}"', shown.html)


def test_replying_htmx(ann):
    topic = a_topic(title="Which glue?")
    page = ann.get(path_of(topic))
    composer = ann.htmx.get(f"/topic/{topic.id}/reply", target="div#dock")
    assert "<html" not in composer.html
    answer = ann.htmx.submit(composer, f"/topic/{topic.id}/posts", target="form#composer", body="The brown one.")
    post = replies_of(topic)[0]
    assert answer.status == 200
    targets = [part.target for part in answer.parts]
    assert targets == [
        "#stream-end", "#stream-newest", f"#topic-{topic.id}-stats", f"#topic-{topic.id}-navigator", "#dock",
    ]  # fmt: skip
    assert json.loads(answer.headers["HX-Trigger"])["livery:posted"]["id"] == post.id
    assert "posted as number 2" in json.loads(answer.headers["HX-Trigger"])["livery:posted"]["words"]
    for target in ("stream-end", f"topic-{topic.id}-stats", f"topic-{topic.id}-navigator", "dock"):
        assert target in page.ids
    after = ann.get(path_of(topic))
    for part in answer.parts:
        if part.target == f"#topic-{topic.id}-navigator":  # it stands at the new post, the page at the first
            assert after.shows(part.html.replace('value="2"', 'value="1"'))
        else:
            assert after.shows(part.html)
    assert answer.parts[-1].html == ""  # the composer is closed


def test_every_element_of_a_topic_page_has_an_id_of_its_own(ann, guest):
    topic = a_topic()
    first = first_post(topic)
    for _ in range(3):
        a_post(in_=topic, to=first)
    for reader in (ann, guest):
        ids = reader.get(path_of(topic)).ids
        assert len(ids) == len(set(ids))


def test_a_reply_moves_the_figures_of_topic_category_and_author(ann):
    place = a_category()
    topic = a_topic(in_=place)
    ann.post(f"/topic/{topic.id}/posts", {"body": "One."})
    ann.post(f"/topic/{topic.id}/posts", {"body": "Two."})
    now = fresh(topic)
    assert (now.posts, now.posters, now.last_number) == (3, 2, 3)
    assert now.last_post_id == replies_of(topic)[1].id == fresh(place).last_post_id
    assert fresh(place).posts == 3
    assert (fresh(ann.user).posts, fresh(ann.user).topics) == (2, 0)


def test_replying_to_a_post_names_it_and_counts_on_it_plain(ann):
    topic = a_topic(by=a_user("Bert"))
    first = first_post(topic)
    page = ann.get(path_of(topic))
    assert f'href="/topic/{topic.id}/reply?to={first.id}"' in page.html
    composer = ann.get(f"/topic/{topic.id}/reply?to={first.id}")
    assert "Reply to Bert (#1) in" in composer.words
    shown = ann.follow(ann.submit(composer, f"/topic/{topic.id}/posts", body="To you."))
    assert "Ann (offline) replied to @Bert" in shown.words
    assert "1 reply Last reply just now" in shown.words


def test_replying_to_a_post_updates_its_toggle_htmx(ann):
    topic = a_topic(by=a_user("Bert"))
    first = first_post(topic)
    composer = ann.htmx.get(f"/topic/{topic.id}/reply?to={first.id}")
    answer = ann.htmx.submit(composer, f"/topic/{topic.id}/posts", body="To you.")
    part = next(part for part in answer.parts if part.target == f"#post-{first.id}-replies")
    assert "1 reply" in part.html
    assert ann.get(path_of(topic)).shows(part.html)


def test_two_replies_are_plural_and_show_who(ann, guest):
    topic = a_topic()
    first = first_post(topic)
    for name in ("Zoe", "Yan"):
        a_post(in_=topic, by=a_user(name), to=first)
    page = guest.get(path_of(topic))
    assert "2 replies Last reply" in page.words
    faces = re.search(r'<span class="faces".*?</span>\s*2 replies', page.html, re.DOTALL)[0]
    assert re.findall(r'aria-hidden="true">\s*([A-Z])', faces) == ["Z", "Y"]


def test_more_than_five_faces_end_in_an_ellipsis(guest):
    topic = a_topic()
    first = first_post(topic)
    for name in "ABCDEFG":
        a_post(in_=topic, by=a_user(f"{name}{name}"), to=first)
    html = guest.get(path_of(topic)).html
    faces = re.search(r'<span class="faces".*?7 replies', html, re.DOTALL)[0]
    assert faces.count('class="avatar') == 5
    assert "…" in faces


def test_the_replies_of_a_post_plain(guest):
    topic = a_topic(by=a_user("Bert"))
    first = first_post(topic)
    answer = a_post(in_=topic, by=a_user("Zoe"), to=first, body="An answer.")
    a_post(in_=topic, body="Not an answer.")
    page = guest.get(f"/post/{first.id}/replies")
    assert "Replies to #1 by Bert" in page.words
    assert "An answer." in page.words
    assert "Not an answer." not in page.words
    assert f'href="/post/{answer.id}"' in page.html


def test_the_replies_of_a_post_htmx(guest):
    topic = a_topic()
    first = first_post(topic)
    a_post(in_=topic, to=first, body="An answer.")
    page, part = guest.get(f"/post/{first.id}/replies"), guest.htmx.get(f"/post/{first.id}/replies")
    assert "<html" not in part.html
    assert page.shows(part.html)
    assert f'hx-target="#post-{first.id}-answers"' in guest.get(path_of(topic)).html


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "Write something first."),
        (" \r\n \t", "Write something first."),
        ("x" * 32_768, "A post has at most 32,767 letters; this one has 32,768."),
        ("a\x00b", "The text has a character in it that cannot be kept (NUL)."),
    ],
)
def test_what_a_reply_cannot_be(ann, body, reason):
    topic = a_topic()
    for answer in (
        ann.post(f"/topic/{topic.id}/posts", {"body": body}),
        ann.htmx.post(f"/topic/{topic.id}/posts", {"body": body}),
    ):
        assert answer.status == 422
        assert reason in answer.words
        assert 'aria-invalid="true" aria-describedby="composer-body-error"' in answer.html
        assert 'id="composer-body-error"' in answer.html
        kept = answer.form(f"/topic/{topic.id}/posts").fields["body"]
        assert kept.replace("\r\n", "\n") == body.replace("\r\n", "\n") or "\x00" in body
    assert number_of(Post) == 1


def test_limits_of_a_text_are_settings(ann):
    topic = a_topic()
    set_setting("posts.length_min", "10")
    set_setting("posts.length_max", "100")
    assert ann.post(f"/topic/{topic.id}/posts", {"body": "Too short"}).status == 422
    assert ann.post(f"/topic/{topic.id}/posts", {"body": "x" * 101}).status == 422
    assert ann.post(f"/topic/{topic.id}/posts", {"body": "x" * 100}).status == 303


def test_lines_end_in_one_way_whatever_the_browser_sends(ann):
    topic = a_topic()
    ann.post(f"/topic/{topic.id}/posts", {"body": "\r\none\r\ntwo\rthree  \r\n"})
    assert replies_of(topic)[0].source == "one\ntwo\nthree"


def test_leading_spaces_of_code_survive(ann):
    topic = a_topic()
    ann.post(f"/topic/{topic.id}/posts", {"body": "    indented code\n\ntext"})
    assert replies_of(topic)[0].html.startswith("<pre")


@pytest.mark.parametrize("kind", ["locked", "deleted", "scheduled"])
def test_a_closed_topic_takes_no_reply_and_the_text_comes_back(app, visit, kind):
    author, place = a_user(), a_category()
    topic = {
        "locked": lambda: a_locked_topic(by=author),
        "deleted": lambda: a_deleted_topic(by=author),
        "scheduled": lambda: a_scheduled_topic(by=author, in_=place),
    }[kind]()
    before = number_of(Post)
    writer = visit(author)
    reason = {
        "locked": "This topic is locked, so new replies are closed.",
        "deleted": "This topic was deleted, so new replies are closed.",
        "scheduled": "This topic is not published yet, so it takes no replies.",
    }[kind]
    for answer in (
        writer.post(f"/topic/{topic.id}/posts", {"body": "Too late."}),
        writer.htmx.post(f"/topic/{topic.id}/posts", {"body": "Too late."}),
    ):
        assert answer.status == 403
        assert reason in answer.words
        assert answer.form(f"/topic/{topic.id}/posts").fields["body"] == "Too late."
    assert writer.get(f"/topic/{topic.id}/reply").status == 403
    assert number_of(Post) == before


def test_a_stranger_replies_to_a_deleted_topic_as_if_it_did_not_exist(ann):
    topic = a_deleted_topic()
    assert ann.post(f"/topic/{topic.id}/posts", {"body": "Hello?"}).status == 404
    assert fresh(topic).posts == 1


def test_moderators_reply_to_locked_topics(visit):
    topic = a_locked_topic()
    assert visit(a_moderator()).post(f"/topic/{topic.id}/posts", {"body": "One last word."}).status == 303


def test_a_topic_locked_while_somebody_wrote_takes_no_reply(ann):
    topic = a_topic()
    composer = ann.get(f"/topic/{topic.id}/reply")
    with inside(), writing() as session:
        session.get(type(topic), topic.id).locked_at = clock.now()
    answer = ann.submit(composer, f"/topic/{topic.id}/posts", body="A long text.")
    assert answer.status == 403
    assert "This topic is locked" in answer.words
    assert "A long text." in answer.html


def test_the_verb_itself_refuses_whoever_calls_it(app):
    locked, ann = a_locked_topic(), a_user()
    with inside():
        page = topics.get(viewer_of(ann), locked.id)
        with pytest.raises(Forbidden), writing():
            posts.reply(viewer_of(ann), page, "Text")
        with pytest.raises(Forbidden), writing():
            posts.reply(viewer_of(None), page, "Text")
    assert number_of(Post) == 1


def test_a_reply_needs_the_right_to_reply(ann):
    place = a_category(own_rights=True)
    topic = a_topic(in_=place)
    grant("find", "read", "topics:read", to="registered", in_=place)
    answer = ann.post(f"/topic/{topic.id}/posts", {"body": "May I?"})
    assert answer.status == 403
    assert "You may not reply in this category." in answer.words


def test_a_private_topic_takes_no_reply_from_outside(ann):
    topic = a_topic(in_=a_private_category(for_="moderators"))
    assert ann.post(f"/topic/{topic.id}/posts", {"body": "Hello?"}).status == 404
    assert ann.get(f"/post/{first_post(topic).id}").status == 404
    assert ann.get(f"/post/{first_post(topic).id}/replies").status == 404
    assert ann.get(f"/post/{first_post(topic).id}/voters").status == 404


def test_answering_a_post_of_another_topic_is_refused(ann):
    topic, other = a_topic(), a_topic()
    answer = ann.post(f"/topic/{topic.id}/posts", {"body": "Where?", "reply_to": first_post(other).id})
    assert answer.status == 422
    assert "The post that you are answering is no longer in this topic." in answer.words
    assert fresh(first_post(other)).replies == 0
    assert number_of(Post) == 2


@pytest.mark.parametrize("reply_to", ["abc", "-1", "0", "9" * 30, "1.5", "٣"])
def test_a_forged_post_to_answer_is_a_bad_request_or_unknown(ann, reply_to):
    topic = a_topic()
    answer = ann.post(f"/topic/{topic.id}/posts", {"body": "Text.", "reply_to": reply_to})
    assert answer.status in (400, 422)
    assert number_of(Post) == 1


@pytest.mark.parametrize("key", ["x" * 41, "a\x00b", "a b", "é"])
def test_a_forged_key_of_a_form_is_a_bad_request(ann, key):
    topic = a_topic()
    assert ann.post(f"/topic/{topic.id}/posts", {"body": "Text.", "send_key": key}).status == 400
    assert (
        ann.post(f"/category/{topic.category_id}/topics", {"title": "Text", "body": "x", "send_key": key}).status == 400
    )
    assert number_of(Post) == 1


# --- once, and in order ---


def test_a_double_click_posts_once_plain(ann):
    topic = a_topic()
    composer = ann.get(f"/topic/{topic.id}/reply")
    first = ann.submit(composer, f"/topic/{topic.id}/posts", body="Once.")
    second = ann.submit(composer, f"/topic/{topic.id}/posts", body="Once.")
    assert first.location == second.location
    assert (fresh(topic).posts, fresh(ann.user).posts, fresh(topic).last_number) == (2, 1, 2)


def test_a_double_click_posts_once_htmx(ann):
    topic = a_topic()
    first = first_post(topic)
    composer = ann.htmx.get(f"/topic/{topic.id}/reply?to={first.id}")
    answers = [ann.htmx.submit(composer, f"/topic/{topic.id}/posts", body="Once.") for _ in range(2)]
    assert settled(answers[0].html) == settled(answers[1].html)
    assert (number_of(Post), fresh(first).replies) == (2, 1)


def test_the_same_key_of_two_people_posts_twice(ann, visit):
    topic, bert = a_topic(), visit(a_user())
    for writer in (ann, bert):
        assert writer.post(f"/topic/{topic.id}/posts", {"body": "Text.", "send_key": "the-same"}).status == 303
    assert number_of(Post) == 3


def test_two_forms_post_twice(ann):
    topic = a_topic()
    for _ in range(2):
        ann.submit(ann.get(f"/topic/{topic.id}/reply"), f"/topic/{topic.id}/posts", body="Again.")
    assert fresh(topic).posts == 3


# --- a lost login ---


def test_a_lost_login_keeps_the_text_and_the_login_in_place_posts_it_plain(visit):
    topic, reader = a_topic(), visit(a_user("Ann"))
    composer = reader.get(f"/topic/{topic.id}/reply")
    reader.client.delete_cookie("session")
    answer = reader.submit(composer, f"/topic/{topic.id}/posts", body="A long text.")
    assert answer.status == 403
    assert "You are not logged in. Your text is still here" in answer.words
    form = answer.form(f"/topic/{topic.id}/posts")
    assert form.fields["body"] == "A long text."
    assert form.fields["send_key"] == composer.form(form.action).fields["send_key"]
    assert number_of(Post) == 1
    posted = reader.submit(answer, form.action, name="Ann", password=PASSWORD)
    assert posted.status == 303
    shown = reader.follow(posted)
    assert "A long text." in shown.words
    assert "Ann: your menu" in shown.html.replace("</span>", "")


def test_a_lost_login_keeps_the_text_and_the_login_in_place_posts_it_htmx(visit):
    topic, reader = a_topic(), visit(a_user("Ann"))
    reader.get(path_of(topic))
    composer = reader.htmx.get(f"/topic/{topic.id}/reply")
    reader.client.delete_cookie("session")
    answer = reader.htmx.submit(composer, f"/topic/{topic.id}/posts", body="A long text.")
    assert answer.status == 403
    assert "<html" not in answer.html
    wrong = reader.htmx.submit(answer, f"/topic/{topic.id}/posts", name="Ann", password="guess")
    assert (wrong.status, "The name or the password is not right." in wrong.words) == (403, True)
    right = reader.htmx.submit(wrong, f"/topic/{topic.id}/posts", name="Ann", password=PASSWORD)
    assert right.status == 200
    assert "A long text." in right.html
    assert number_of(Post) == 2


def test_somebody_else_who_logs_in_place_posts_as_himself(visit):
    topic, reader = a_topic(), visit(a_user("Ann"))
    bert = a_user("Bert")
    composer = reader.get(f"/topic/{topic.id}/reply")
    reader.client.delete_cookie("session")
    answer = reader.submit(composer, f"/topic/{topic.id}/posts", body="Text.")
    reader.submit(answer, f"/topic/{topic.id}/posts", name="bert", password=PASSWORD)
    assert replies_of(topic)[0].author_id == bert.id


# --- preview ---

SAMPLE = "# Head\n\n@Ann says **hi** to @nobody\n\n- [x] done\n\n```python\nprint(1)\n```\n\n||secret|| :tada: https://example.org"


def test_the_preview_is_what_the_post_will_look_like_plain(ann):
    topic = a_topic()
    composer = ann.get(f"/topic/{topic.id}/reply")
    preview = ann.submit(composer, f"/topic/{topic.id}/posts", body=SAMPLE, preview="1")
    assert preview.status == 200
    assert number_of(Post) == 1
    form = preview.form(f"/topic/{topic.id}/posts")
    assert form.fields["body"] == SAMPLE
    ann.submit(preview, f"/topic/{topic.id}/posts")
    assert body_of(preview.html) == replies_of(topic)[0].html
    assert 'class="mention" href="/user/ann"' in replies_of(topic)[0].html


def test_the_preview_is_what_the_post_will_look_like_htmx(ann):
    topic = a_topic()
    composer = ann.htmx.get(f"/topic/{topic.id}/reply")
    assert 'hx-post="/preview"' in composer.html
    form = composer.form(f"/topic/{topic.id}/posts")
    preview = ann.htmx.post("/preview", {**form.fields, "body": SAMPLE})
    assert preview.status == 200
    assert "<html" not in preview.html
    ann.htmx.submit(composer, f"/topic/{topic.id}/posts", body=SAMPLE)
    assert body_of(preview.html) == replies_of(topic)[0].html


def test_the_preview_of_nothing_says_so(ann):
    answer = ann.htmx.post("/preview", {"body": "  "})
    assert answer.status == 422
    assert "Write something first." in answer.words


def test_a_guest_has_no_preview(guest):
    assert guest.post("/preview", {"body": "x"}).status == 403


# --- quoting ---


def test_quoting_a_post_plain(ann):
    topic = a_topic(by=a_user("Bert"), body="First line.\n\nSecond line.")
    first = first_post(topic)
    assert f'href="/topic/{topic.id}/reply?quote={first.id}"' in ann.get(path_of(topic)).html
    composer = ann.get(f"/topic/{topic.id}/reply?quote={first.id}")
    form = composer.form(f"/topic/{topic.id}/posts")
    assert form.fields["body"] == f"[Bert](/post/{first.id}) wrote:\n\n> First line.\n>\n> Second line.\n\n"
    assert form.fields["reply_to"] == str(first.id)
    shown = ann.follow(ann.submit(composer, form.action, body=form.fields["body"] + "Indeed."))
    assert "<blockquote>" in shown.html
    assert f'<a href="/post/{first.id}">Bert</a> wrote:' in shown.html


def test_quoting_a_post_htmx(ann):
    topic = a_topic(body="Words.")
    first = first_post(topic)
    page = ann.get(f"/topic/{topic.id}/reply?quote={first.id}")
    part = ann.htmx.get(f"/topic/{topic.id}/reply?quote={first.id}")
    assert "<html" not in part.html
    assert page.shows(part.html)


def test_what_cannot_be_quoted_is_missing(ann):
    topic, other = a_topic(), a_topic()
    gone = a_post(in_=topic, deleted_at=clock.now())
    for post_id in (first_post(other).id, gone.id, 99999):
        assert ann.get(f"/topic/{topic.id}/reply?quote={post_id}").status == 404


# --- posts on the page ---


def test_a_post_shows_who_wrote_it_when_and_its_number(guest):
    author = a_user("Bert", groups_of=["administrators"], last_seen_at=clock.now() - timedelta(minutes=5))
    topic = a_topic(by=author)
    page = guest.get(path_of(topic))
    assert "Bert (online) Administrator wrote just now #1" in page.words
    assert f'href="/post/{topic.first_post_id}" title="Permalink">#1</a>' in page.html
    assert '<a class="post-author" href="/user/bert">Bert</a>' in page.html
    assert re.search(r'<time datetime="[^"]*\+00:00" title="\d+ \w+ \d{4}, \d\d:\d\d UTC">just now</time>', page.html)


def test_somebody_not_seen_for_a_while_is_offline(guest):
    topic = a_topic(by=a_user("Bert", last_seen_at=clock.now() - timedelta(minutes=31)))
    assert "Bert (offline)" in guest.get(path_of(topic)).words


def test_how_long_online_lasts_is_one_setting_everywhere(guest):
    topic = a_topic(by=a_user("Bert", last_seen_at=clock.now() - timedelta(minutes=50)))
    set_setting("users.online_minutes", "60")
    assert "Bert (online)" in guest.get(path_of(topic)).words
    assert "Bert (online)" in guest.get("/user/bert").words


def test_an_edited_post_is_marked_with_who_and_when(guest):
    topic = a_topic()
    editor = a_user("Corrector")
    a_post(in_=topic, edited_at=clock.now(), edited_by_id=editor.id)
    page = guest.get(path_of(topic))
    assert re.search(r'title="Last edited by Corrector, \d+ \w+ \d{4}, \d\d:\d\d UTC"', page.html)
    assert page.html.count("Last edited by") == 1


def test_the_text_of_a_deleted_post_is_seen_by_its_author_and_moderators_only(guest, visit):
    topic, author = a_topic(), a_user()
    a_post(in_=topic, by=author, body="Said in anger.", deleted_at=clock.now())
    for reader in (guest, visit(a_user())):
        page = reader.get(path_of(topic))
        assert "Said in anger." not in page.html
        assert "This post was deleted." in page.words
        assert numbers(page) == [1, 2]
    for somebody in (author, a_moderator()):
        assert "Said in anger." in visit(somebody).get(path_of(topic)).words


def test_the_text_of_a_deleted_post_shows_in_no_list(guest):
    topic, author = a_topic(), a_user("Bert")
    first = first_post(topic)
    a_post(in_=topic, by=author, to=first, body="Said in anger.", deleted_at=clock.now())
    assert "Said in anger." not in guest.get("/user/bert").html
    assert "Said in anger." not in guest.get(f"/post/{first.id}/replies").html


def test_a_permalink_leads_to_the_post_in_its_topic(guest):
    topic = a_topic()
    many_posts(topic, 30)
    post = posts_of(topic)[24]
    answer = guest.get(f"/post/{post.id}")
    assert (answer.status, answer.location) == (302, f"{path_of(topic)}/25#post-{post.id}")
    assert 25 in numbers(guest.follow(answer))


def test_a_post_body_is_left_alone_by_htmx(guest):
    page = guest.get(path_of(a_topic(body="hello")))
    assert re.search(r'<div class="post-body" hx-ignore><p>hello</p>', page.html)


# --- the verbs ---


def test_answering_what_is_not_there(app):
    topic, ann = a_topic(), a_user()
    with inside():
        viewer = viewer_of(ann)
        page = topics.get(viewer, topic.id)
        with pytest.raises(Invalid), writing():
            posts.reply(viewer, page, "Text", reply_to_id=99999)
        with pytest.raises(Missing):
            posts.one(viewer, page, 99999)
        with pytest.raises(Missing):
            posts.place(99999)
    assert number_of(Post) == 1


def test_numbers_are_never_given_twice_even_after_the_last_post_is_gone(app):
    topic = a_topic()
    last = a_post(in_=topic)
    with inside(), writing() as session:
        session.get(type(topic), topic.id).last_post_id = first_post(topic).id
        session.delete(session.get(Post, last.id))
    assert a_post(in_=topic).number == 3


def test_a_reply_to_a_scheduled_topic_counts_for_nobody_yet(app):
    author, place = a_user(), a_category()
    topic = a_scheduled_topic(by=author, in_=place)
    a_post(in_=topic, by=author)
    assert (fresh(author).posts, fresh(place).posts) == (0, 0)
    clock.travel(timedelta(days=3))
    with inside():
        topics.publish_due()
    assert (fresh(author).posts, fresh(place).posts) == (2, 2)


def test_a_reply_is_the_newest_even_when_the_clock_was_put_back(ann, visit):
    topic = a_topic()
    ann.post(f"/topic/{topic.id}/posts", {"body": "Before the clock was put back."})
    first = fresh(topic).last_post_at
    clock.travel(timedelta(hours=-1))
    bert = visit(a_user("Bert"))
    bert.post(f"/topic/{topic.id}/posts", {"body": "After it."})
    assert fresh(topic).last_post_at == first
    clock.travel(timedelta())
    row = next(each for each in bert.get("/recent").html.split("<li") if f"/topic/{topic.id}/" in each)
    assert "Bert" in row
    with inside():
        assert [found for table in recounting.TABLES for found in recounting.find(table)] == []
