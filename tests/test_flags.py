"""Flags: posts and people are reported; the moderators of the place deal with it and see each other's acts."""

import re

import pytest
from sqlalchemy import select

from core.db import session, writing
from forum import flags, privileges
from models import Act, Flag, FlagEvent, FlagReport, Notice, Post
from tests.factories import (
    a_category,
    a_moderator,
    a_post,
    a_private_category,
    a_topic,
    a_user,
    an_administrator,
    first_post,
    fresh,
    grant,
    inside,
    number_of,
    reads,
    set_setting,
    viewer_of,
)
from tests.visitor import Visitor


@pytest.fixture
def post(app):
    """A post by Bert that somebody may report."""
    return a_post(in_=a_topic(title="Glue", by=a_user("Cleo")), by=a_user("Bert"), body="Buy my sun glasses.")


@reads
def the_flag() -> Flag:
    """The only flag there is."""
    return session().scalars(select(Flag)).one()


def reported(app, post, *, by="Dora", reason="spam", words=""):
    """A post that somebody has reported."""
    reporter = Visitor(app, a_user(by))
    reporter.get("/")
    assert reporter.post(f"/post/{post.id}/report", {"reason": reason, "words": words}).status == 303
    return the_flag()


def test_a_post_is_reported_and_resolved_plain(app, ann, marshal, post):
    assert f"/post/{post.id}/report" in ann.get(f"/post/{post.id}/menu").html
    page = ann.get(f"/post/{post.id}/report")
    answer = ann.submit(page, f"/post/{post.id}/report", reason="spam", words="Look at the link.")
    assert "Thank you. The moderators look at it." in ann.follow(answer).html
    inbox = marshal.get("/moderation")
    for words in (
        "Glue",
        "Bert",
        "1 report",
        "Ann : It is advertising or spam – Look at the link.",
        "Buy my sun glasses.",
    ):
        assert words in inbox.words
    flag = the_flag()
    answer = marshal.submit(inbox, f"/moderation/flags/{flag.id}", act="resolved")
    assert answer.location == "/moderation"
    assert "Nothing waits" in marshal.follow(answer).words
    done = marshal.get("/moderation?show=done").words
    assert "Marshal resolved it" in done
    assert fresh(flag).state == "resolved"


def test_a_post_is_reported_and_resolved_htmx(app, ann, marshal, post):
    part = ann.htmx.get(f"/post/{post.id}/report")
    answer = ann.htmx.submit(part, f"/post/{post.id}/report", reason="rude", csrf_token=ann.token or token(ann))
    assert answer.parts[0].target == f"#report-post-{post.id}-report"
    assert "Thank you" in answer.html
    flag = the_flag()
    inbox = marshal.get("/moderation")
    assert inbox.shows(marshal.htmx.get(f"/moderation/flags/{flag.id}").html)
    answer = marshal.htmx.submit(inbox, f"/moderation/flags/{flag.id}", act="rejected")
    assert answer.parts[0].target == f"#case-flag-{flag.id}"
    assert "Open it again" in answer.html


def token(visitor):
    """The token of a page's forms."""
    visitor.get("/")
    return visitor.token


def test_deleting_the_post_resolves_its_flag_in_one_act(app, marshal, post):
    flag = reported(app, post)
    inbox = marshal.get("/moderation")
    marshal.submit(inbox, f"/moderation/flags/{flag.id}", act="deleted")
    assert fresh(post).deleted_at is not None
    assert fresh(flag).state == "resolved"
    assert number_of(Act, Act.kind == "flag.deleted") == number_of(Act, Act.kind == "post.deleted") == 1


def test_a_flag_on_a_first_post_deletes_the_topic(app, marshal):
    topic = a_topic(by=a_user("Bert"))
    flag = reported(app, first_post(topic))
    marshal.submit(marshal.get("/moderation"), f"/moderation/flags/{flag.id}", act="deleted")
    assert fresh(topic).deleted_at is not None


def test_several_reports_are_one_flag_and_nobody_reports_twice(app, marshal, post):
    first = reported(app, post, by="Dora")
    reported(app, post, by="Emil", reason="other", words="He does this everywhere.")
    dora = Visitor(app, fresh(a_reporter("Dora")))
    dora.get("/")
    assert dora.post(f"/post/{post.id}/report", {"reason": "rude"}).status == 303
    assert fresh(first).reports == 2 == number_of(FlagReport)
    assert "2 reports" in marshal.get("/moderation").words


@reads
def a_reporter(name):
    """Somebody by his name."""
    from models import User

    return session().scalars(select(User).where(User.name == name)).one()


def test_a_new_report_opens_a_flag_again(app, marshal, post):
    flag = reported(app, post, by="Dora")
    marshal.submit(marshal.get("/moderation"), f"/moderation/flags/{flag.id}", act="rejected")
    reported(app, post, by="Emil")
    page = marshal.get("/moderation")
    assert "it was reported again" in page.words
    assert fresh(flag).state == "open"
    # and a moderator may, too
    marshal.submit(page, f"/moderation/flags/{flag.id}", act="resolved")
    marshal.submit(marshal.get("/moderation?show=done"), f"/moderation/flags/{flag.id}", act="reopened")
    assert fresh(flag).state == "open"


@pytest.mark.parametrize("script", [False, True])
def test_two_moderators_on_one_flag_see_each_others_act(app, marshal, visit, post, script):
    flag = reported(app, post)
    other = visit(a_moderator("Second"))
    mine, theirs = marshal.get("/moderation"), other.get("/moderation")
    other.submit(theirs, f"/moderation/flags/{flag.id}", act="rejected")
    send = marshal.htmx.submit if script else marshal.submit
    late = send(mine, f"/moderation/flags/{flag.id}", act="deleted")
    assert late.status == 409
    assert "Second was faster and rejected it. What you chose was not done" in late.words
    assert "Second rejected it" in late.words
    assert fresh(post).deleted_at is None
    assert fresh(flag).state == "rejected"


def test_a_double_click_is_no_conflict(app, marshal, post):
    flag = reported(app, post)
    page = marshal.get("/moderation")
    for _time in range(2):
        assert marshal.submit(page, f"/moderation/flags/{flag.id}", act="resolved").status == 303
    assert number_of(FlagEvent) == 1


def test_a_flag_is_taken_given_and_noted(app, marshal, visit, post):
    flag = reported(app, post)
    second = a_moderator("Second")
    page = marshal.get("/moderation")
    marshal.submit(page, f"/moderation/flags/{flag.id}", act="work")
    assert "Glue" in marshal.get("/moderation?show=mine").words
    page = marshal.get(f"/moderation/flags/{flag.id}")
    marshal.submit(page, f"/moderation/flags/{flag.id}/notes", words="Asked him.")
    page = marshal.get(f"/moderation/flags/{flag.id}")
    assert "Marshal noted: Asked him." in page.words
    marshal.submit(page, f"/moderation/flags/{flag.id}/assignee", who=str(second.id))
    assert fresh(flag).assignee_id == second.id
    assert "Glue" in visit(second).get("/moderation?show=mine").words
    page = marshal.get(f"/moderation/flags/{flag.id}")
    stranger = a_user("Stranger")
    assert marshal.submit(page, f"/moderation/flags/{flag.id}/assignee", who=str(stranger.id)).status == 422
    assert marshal.post(f"/moderation/flags/{flag.id}", {"act": "burn", "version": "1"}).status == 422


def test_a_person_is_reported_to_those_who_may_ban(app, ann, marshal, visit):
    a_user("Bert")
    carer = a_user("Carer")
    grant("moderate", to=carer, in_=a_category())
    page = ann.get("/user/bert/report")
    ann.submit(page, "/user/bert/report", reason="other", words="He writes to everybody.")
    flag = the_flag()
    assert "He writes to everybody." in marshal.get("/moderation").words
    assert "He writes to everybody." not in visit(carer).get("/moderation").words
    assert visit(carer).get(f"/moderation/flags/{flag.id}").status == 404
    assert number_of(Notice, Notice.user_id == carer.id) == 0
    assert ann.get("/user/ann/report").status == 403


def test_moderators_of_the_place_are_told_and_nobody_else(app, visit):
    place = a_private_category("Backstage")
    carer, elsewhere, keeper, bert = a_user("Carer"), a_user("Elsewhere"), an_administrator(), a_user("Bert")
    grant("moderate", to=carer, in_=place)
    grant("moderate", to=elsewhere, in_=a_category())
    reported(app, a_post(in_=a_topic(in_=place, by=bert), by=bert))
    told = {
        user.name: number_of(Notice, Notice.kind == "flag", Notice.user_id == user.id)
        for user in (carer, elsewhere, keeper, bert)
    }
    assert told == {"Carer": 1, "Elsewhere": 0, "Keeper": 1, "Bert": 0}
    browser = visit(carer)
    page = browser.get("/notifications")
    assert "Something waits for a moderator" in page.words
    key = page.html.split('href="/notifications/')[1].split('"')[0]
    assert browser.follow(browser.get(f"/notifications/{key}")).status == 200


def test_the_inbox_is_for_moderators(app, ann, guest, marshal, post):
    flag = reported(app, post)
    assert ann.get("/moderation").status == 403
    assert guest.get("/moderation").status == 302
    assert ann.get(f"/moderation/flags/{flag.id}").status == 404
    ann.get("/")
    for address, fields in (("", {"act": "resolved", "version": "1"}), ("/notes", {"words": "Hi"}),
                            ("/assignee", {"who": str(ann.user.id), "version": "1"})):  # fmt: skip
        assert ann.post(f"/moderation/flags/{flag.id}{address}", fields).status == 404
    assert "/moderation" in marshal.get("/").html
    assert 'href="/moderation"' not in ann.get("/").html
    assert fresh(flag).state == "open"


def test_nobody_reports_what_he_may_not_read_nor_himself(app, ann, visit, post):
    secret = a_private_category("Backstage", for_="moderators")
    hidden = first_post(a_topic(in_=secret))
    ann.get("/")
    assert ann.post(f"/post/{hidden.id}/report", {"reason": "spam"}).status == 404
    bert = visit(fresh(a_reporter("Bert")))
    bert.get("/")
    assert bert.post(f"/post/{post.id}/report", {"reason": "spam"}).status == 403
    assert ann.post(f"/post/{post.id}/report", {"reason": "zebra"}).status == 422
    assert ann.post(f"/post/{post.id}/report", {"reason": "other"}).status == 422
    assert number_of(Flag) == 0


def test_there_is_an_end_to_reporting(app, ann):
    set_setting("flags.per_day", "2")
    topic = a_topic(replies=3)
    ann.get("/")
    with inside():
        keys = list(session().scalars(select(Post.id).where(Post.topic_id == topic.id)))
    answers = [ann.post(f"/post/{key}/report", {"reason": "spam"}).status for key in keys[:3]]
    assert answers == [303, 303, 429]


def test_the_check_of_a_flag_and_its_twin_agree(app):
    place, other = a_category(), a_category()
    carer = a_user("Carer")
    grant("moderate", to=carer, in_=place)
    everybody = [a_user("Member"), carer, a_moderator(), an_administrator()]
    for where in (place, other):
        with inside(), writing():
            topic = a_topic(in_=where)
            flags.report_post(viewer_of(a_user()), topic, topic.first_post_id, "spam", "")
    with inside(), writing():
        flags.report_person(viewer_of(everybody[0]), carer.id, "spam", "")
    for user in everybody:
        with inside():
            viewer = viewer_of(user)
            listed = {case.id for case in flags.cases(viewer)}
            rows = session().execute(flags._rows()).all()
            assert listed == {row.id for row in rows if flags.see_flag(viewer, row.category_id)}
            assert privileges.moderates(viewer) == bool(listed)


def test_a_flag_goes_with_its_post(app, marshal, post):
    flag = reported(app, post)
    marshal.submit(marshal.get("/moderation"), f"/moderation/flags/{flag.id}", act="deleted")
    assert marshal.post(f"/post/{post.id}/purge", {}).status in (200, 303)
    assert number_of(Flag) == 0
    assert "Nothing here" not in marshal.get("/moderation?show=done").words


def test_keys_of_the_buttons_are_shown(app, marshal, post):
    reported(app, post)
    page = marshal.get("/moderation").html
    assert sorted(re.findall(r'data-key="(\w)"', page)) == ["a", "d", "w", "x"]
