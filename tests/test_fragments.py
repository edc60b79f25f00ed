"""Fragments: parts that are kept rendered never show somebody else's rights, votes or tokens, and never what was."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest

from core import clock, lasting
from core.db import session
from forum import groups, layout, post_rows, viewers
from models import Membership, Post
from tests.factories import (
    MODERATORS,
    a_category,
    a_post,
    a_topic,
    a_user,
    a_vote,
    an_administrator,
    change,
    first_post,
    grant,
    group_id,
    inside,
    set_setting,
    writes,
)
from tests.visitor import Visitor, path_of
from web import fragments, security
from web.auth import viewer


def votes(page) -> list[tuple[str, str]]:
    """The buttons of the first vote form: value and whether pressed."""
    [form] = [form for form in page.forms if form.action.endswith("/vote")][:1]
    return [(button["value"], button["aria-pressed"]) for button in form.buttons]


def tokens(page) -> set[str]:
    """Every token in the forms of a page, without the moment at which it was signed."""
    return {form.fields["csrf_token"].partition(".")[0] for form in page.forms if "csrf_token" in form.fields}


@pytest.mark.parametrize("path", ["topic", "/", "/recent"])
def test_each_member_finds_his_own_token_in_every_form(app, path):
    topic = a_topic()
    path = path_of(topic) if path == "topic" else path
    ann, bert = Visitor(app, a_user("Ann")), Visitor(app, a_user("Bert"))
    pages = [ann.get(path), bert.get(path), ann.get(path), bert.get(path)]
    assert all(len(tokens(page)) == 1 for page in pages)
    assert tokens(pages[0]) == tokens(pages[2]) != tokens(pages[1]) == tokens(pages[3])
    guest = Visitor(app).get(path)
    assert tokens(guest) == set()
    assert not any("\x00" in page.html for page in [*pages, guest])


def test_each_reader_sees_his_own_votes_and_rights(app):
    writer, ann = a_user("Writer"), a_user("Ann")
    topic = a_topic(by=writer)
    a_vote(first_post(topic), by=ann)
    path = path_of(topic)
    for _ in range(2):
        assert votes(Visitor(app, ann).get(path)) == [("0", "true"), ("-1", "false")]
        assert votes(Visitor(app, a_user()).get(path)) == [("1", "false"), ("-1", "false")]
        assert votes(Visitor(app, writer).get(path)) == []
        guest = Visitor(app).get(path)
        assert "Log in to vote up" in guest.html
        assert "/reply?to=" not in guest.html


def test_who_sees_the_same_shares_it_and_nobody_else_does(app, monkeypatch):
    writer = a_user("Writer", signature="Mine", signature_html="<p>Mine</p>")
    topic = a_topic(by=writer)
    path, post = path_of(topic), first_post(topic)
    ann, bert, cleo, dora = (Visitor(app, a_user(name)) for name in ("Ann", "Bert", "Cleo", "Dora"))
    completed, complete = [], post_rows.complete
    monkeypatch.setattr(post_rows, "complete", lambda *about: (completed.append(about[0].name), complete(*about)))
    for _ in range(2):
        for reader in (ann, bert, cleo, dora):
            assert "Mine" in reader.get(path).words
    assert len(completed) <= 2  # for whoever came first, and once more if a minute ends just here

    form = cleo.get("/me/profile").form("/me/profile")
    form.fields.pop("signatures")
    cleo.post("/me/profile", form.fields)
    dora.post("/user/writer/block", {"block": "1"})
    ann.post(f"/post/{post.id}/vote", {"value": "1"})
    for _ in range(2):
        assert votes(ann.get(path)) == [("0", "true"), ("-1", "false")]
        assert votes(bert.get(path)) == [("1", "false"), ("-1", "false")]
        assert "Mine" not in cleo.get(path).words
        assert "post-blocked" in dora.get(path).html
        assert "post-blocked" not in bert.get(path).html
        assert "Mine" in bert.get(path).words
        assert votes(Visitor(app, writer).get(path)) == []


def test_a_change_is_seen_by_everybodys_next_request(app):
    topic = a_topic(by=a_user("Writer"), title="Which glue?", body="Fish glue.")
    post, path = first_post(topic), path_of(topic)
    readers = [Visitor(app), Visitor(app, a_user("Ann")), Visitor(app, an_administrator())]

    def all_see(words: str, *, at: str = path) -> bool:
        return all(words in reader.get(at).words for reader in readers)

    assert all_see("Fish glue.")
    change(post, html="<p>Bone glue.</p>")
    assert all_see("Bone glue.")
    a_vote(post)
    assert all_see("Score 1")
    a_post(in_=topic, to=post)
    assert all_see("1 reply")
    change(topic, title="Which glue, then?")
    assert all_see("Which glue, then?")
    assert all_see("Which glue, then?", at="/recent")
    writer = a_user("Marsh")
    change(post, author_id=writer.id)
    assert all_see("Marsh wrote") or all_see("Marsh (offline)")
    change(writer, name="Marge")
    assert all_see("Marge")
    writes(groups.join)(writer.id, group_id(MODERATORS))
    assert all_see("Moderator")
    change(post, deleted_at=clock.now(), html="")
    assert all_see("This post was deleted.")


def test_a_lost_right_closes_the_controls_at_once(app):
    place = a_category()
    topic, ann = a_topic(in_=place), a_user("Ann")
    visitor, path = Visitor(app, ann), path_of(topic)
    assert "/reply?to=" in visitor.get(path).html
    change(topic, locked_at=clock.now())
    assert "/reply?to=" not in visitor.get(path).html
    change(topic, locked_at=None)
    change(place, own_rights=True)
    grant("find", "read", "topics:read", to="registered", in_=place)
    html = visitor.get(path).html
    assert "/reply?to=" not in html
    assert "vote-up" not in html


def test_what_a_member_is_changes_with_his_next_request(app):
    ann = a_user("Ann")
    visitor = Visitor(app, ann)
    assert visitor.get("/admin/skins").status == 403
    writes(groups.join)(ann.id, group_id("administrators"))
    assert visitor.get("/admin/skins").status == 200
    an_administrator()
    writes(groups.leave)(ann.id, group_id("administrators"))
    assert visitor.get("/admin/skins").status == 403
    change(ann, name="Anne")
    assert "Anne" in visitor.get("/").html


def test_a_member_is_not_asked_for_again_while_nobody_changes(app):
    ann = a_user("Ann")
    with inside():
        first = viewers.member(ann.id)
    with inside():
        assert viewers.member(ann.id) is first


def test_what_a_transaction_has_not_committed_is_kept_for_nobody(app):
    ann = a_user("Ann")

    @writes
    def half() -> None:
        session().add(Membership(group_id=group_id("administrators"), user_id=ann.id))
        session().flush()
        assert viewers.member(ann.id).administrator
        raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    with inside():
        assert not viewers.member(ann.id).administrator


def test_times_go_on(app):
    topic = a_topic(body="Fish glue.")
    ann = Visitor(app, a_user("Ann"))
    for past, words in (
        (timedelta(), "just now"),
        (timedelta(seconds=70), "1 minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(minutes=61), "1 hour ago"),
        (timedelta(days=3), "3 days ago"),
    ):
        clock.travel(past)
        for path in (path_of(topic), "/recent"):
            assert words in ann.get(path).words, (past, path)


def test_somebody_who_left_is_offline(app):
    topic = a_topic(by=a_user("Writer", last_seen_at=clock.now()))
    ann = Visitor(app, a_user("Ann"))
    assert "Writer (online)" in ann.get(path_of(topic)).words
    clock.travel(timedelta(minutes=31))
    assert "Writer (offline)" in ann.get(path_of(topic)).words


def test_the_size_of_a_page_is_a_setting_that_counts_at_once(app):
    topic = a_topic()
    for _ in range(6):
        a_post(in_=topic)
    ann = Visitor(app, a_user("Ann"))
    assert len([each for each in ann.get(path_of(topic)).ids if each.count("-") == 1 and "post-" in each]) == 7
    set_setting("posts.per_page", "5")
    assert len([each for each in ann.get(path_of(topic)).ids if each.count("-") == 1 and "post-" in each]) == 5


def test_the_address_in_the_frames_forms_is_that_of_the_page(app):
    ann = Visitor(app, a_user("Ann"))
    for path in ("/recent?term=week", "/popular", "/recent?term=week"):
        page = ann.get(path)
        assert page.form("/sidebar").fields["next"] == path
        assert page.form("/skin").fields["next"] == path
    assert 'href="/popular" aria-current="page"' in ann.get("/popular").html
    assert 'href="/popular" aria-current="page"' not in ann.get("/recent").html


def test_a_part_cannot_look_at_the_reader_behind_its_back(app, monkeypatch):
    with app.test_request_context("/"):
        template = app.jinja_env.from_string("{{ peek() }}", {"peek": lambda: viewer().name})
        monkeypatch.setattr(app.jinja_env, "get_template", lambda name: template)
        with pytest.raises(RuntimeError):
            fragments.part_for(True, app.jinja_env, "peek", {})


def test_a_kept_part_tells_what_it_stands_on_to_whatever_is_made_of_it(app, monkeypatch):
    def noted():
        with app.test_request_context("/"), lasting.noting() as note:
            fragments.part_for(True, app.jinja_env, "titled", {"at": long_ago})
        return note.versions, note.until

    long_ago = clock.present() - timedelta(hours=3)
    with app.app_context():
        template = app.jinja_env.from_string("{{ site.title }} {{ at|ago }}", {"site": layout.settings})
    monkeypatch.setattr(app.jinja_env, "get_template", lambda name: template)
    made = noted()
    assert "settings" in made[0]
    assert made[1] > clock.present()
    monkeypatch.setattr(template, "render", None)
    assert noted() == made


def test_the_words_around_a_page_follow_what_waits_for_its_reader(app):
    ann, writer = Visitor(app, a_user("Ann")), a_user("Writer")
    assert re.search(r'id="unread-count-\d+" hidden', ann.get("/recent").html)
    topic = a_topic(by=writer)
    assert re.search(r'id="unread-count-\d+">1<', ann.get("/recent").html)
    ann.get(path_of(topic))
    assert re.search(r'id="unread-count-\d+" hidden', ann.get("/recent").html)
    set_setting("site.title", "Another name")
    assert "· Another name</title>" in ann.get("/recent").html


def test_guests_are_led_to_log_in_from_where_they_are(app):
    guest = Visitor(app)
    for path in ("/recent?term=week", "/popular", "/recent?term=week"):
        assert f'href="/login?next={quote(path)}"' in guest.get(path).html


def test_what_has_no_fields_cannot_be_a_key():
    with pytest.raises(TypeError):
        fragments.key_of([object()])
    assert fragments.key_of({"a": [1, (2,)]}) == (("a", (1, (2,))),)
    assert security.TOKEN_MARK not in "any text without a NUL"
    assert Post.__shown__.topic == "topic_id"


def test_the_frame_and_the_tools_show_a_change_with_the_next_request(app):
    place, topic, ann = a_category(), a_topic(by=a_user("Writer")), a_user("Ann")
    visitor, path = Visitor(app, ann), path_of(topic)
    page = visitor.get(path)
    assert 'id="drafts-entry" hidden' in page.html
    assert 'id="bell-count" hidden' in page.html
    assert 'href="/moderation"' not in page.html

    def watched() -> bool:
        form = visitor.get(path).form(f"/topic/{topic.id}/follow")
        return ("watch", "true") in [(button["value"], button["aria-pressed"]) for button in form.buttons]

    assert not watched()
    visitor.post(f"/topic/{topic.id}/follow", {"state": "watch"})
    assert watched()
    a_post(in_=topic, by=a_user("Marge"))
    assert 'id="bell-count" hidden' not in visitor.get("/").html  # to open the topic is to have seen it
    visitor.post("/drafts", {"place": f"category:{place.id}", "send_key": "a" * 16, "body": "More later."})
    assert 'id="drafts-entry" hidden' not in visitor.get(path).html
    writes(groups.join)(ann.id, group_id(MODERATORS))
    assert 'href="/moderation"' in visitor.get(path).html
    assert f'id="topic-{topic.id}-manage"' in visitor.get(path).html


def test_the_moment_in_a_kept_form_is_that_of_the_page(app):
    place, ann = a_category(), Visitor(app, a_user("Ann"))
    moments = []
    for past in (timedelta(), timedelta(minutes=5)):
        clock.travel(past)
        page = ann.get(f"/category/{place.id}/{place.slug}")
        moments.append(page.form(f"/category/{place.id}/unread").fields["until"])
    assert "\x00" not in moments[0]
    assert moments[0][:16] < moments[1][:16]
