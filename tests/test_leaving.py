"""Leaving: an account is deleted with all that is personal; the posts stay without a name, or go too."""

import pytest
from sqlalchemy import select

from core.db import session
from models import (
    Account,
    Act,
    Bookmark,
    Draft,
    FormerName,
    LoginSession,
    Membership,
    Notice,
    PersonFollow,
    Post,
    Topic,
    TopicFollow,
    User,
)
from tests.factories import (
    PASSWORD,
    a_moderator,
    a_post,
    a_topic,
    a_user,
    an_administrator,
    astray,
    first_post,
    fresh,
    inside,
    number_of,
    set_setting,
    viewer_of,
)
from tests.test_accounts import known_as, logs_in, registers
from tests.visitor import path_of


@pytest.fixture
def wrote(ann):
    """What Ann wrote: a topic alone, one that Bert answered, and a reply in his; and what she follows."""
    bert = a_user("Bert")
    alone, shared = a_topic(by=ann.user, title="Alone"), a_topic(by=ann.user, title="Shared", body="Her words.")
    other = a_topic(by=bert, title="Other")
    a_post(in_=shared, by=bert, body="His answer.")
    reply = a_post(in_=other, by=ann.user, body="Her reply, @bert.")
    ann.get(path_of(other))
    ann.post(f"/topic/{other.id}/follow", {"state": "watch"})
    ann.post(f"/post/{reply.id}/bookmark", {"on": "1", "bookmarked": "1"})
    ann.post("/user/bert/follow", {"follow": "1"})
    return alone, shared, other, reply


def leaves(visitor, way="keep", **fields):
    """Fills in the form and sends it."""
    return visitor.submit(visitor.get("/me/leave"), "/me/leave", posts=way, **{"current": PASSWORD, **fields})


def test_the_posts_stay_under_former_member_plain(ann, wrote, guest):
    alone, shared, other, _reply = wrote
    page = ann.get("/me/leave")
    for loss in (
        "1 reply in topics",
        "1 topic without posts of others",
        "the text that began 1 topic that others answered",
    ):
        assert loss in page.words
    page = ann.follow(leaves(ann))
    assert "Your account is deleted." in page.html
    assert known_as(ann) == ""
    assert logs_in(guest, "Ann").status == 422
    for topic in (alone, shared, other):
        shown = guest.get(path_of(topic))
        assert "Former member" in shown.words
        assert "Ann" not in shown.words.replace("Answer", "")
    assert "Her words." in guest.get(path_of(shared)).words
    assert guest.get("/user/ann").status == 404
    assert guest.get(f"/uid/{ann.user.id}").location == f"/user/former-member-{ann.user.id}"
    assert guest.get(f"/user/former-member-{ann.user.id}").status == 200
    assert "Former member" not in guest.get("/users").words
    assert astray() == []


def test_an_account_is_deleted_htmx(ann):
    page = ann.htmx.boosted("/me/leave")
    assert ann.htmx.sends(page, "/me/leave", posts="keep", current="wrong").status == 422
    assert ann.htmx.sends(page, "/me/leave", posts="keep", current=PASSWORD).location == "/"
    assert number_of(Account) == 0


def test_the_posts_go_too(ann, wrote, guest):
    alone, shared, other, reply = wrote
    leaves(ann, "erase")
    assert guest.get(path_of(alone)).status == 410
    assert guest.get(f"/post/{reply.id}").status == 410
    page = guest.get(path_of(shared))
    assert "This text went with the account of who wrote it." in page.words
    assert "His answer." in page.words
    assert "Her words." not in page.html
    assert "Her reply" not in guest.get(path_of(other)).words
    assert number_of(Post, Post.author_id == ann.user.id) == 1
    assert number_of(Topic, Topic.author_id == ann.user.id) == 1
    assert fresh(other).posts == 1
    assert astray() == []


def test_all_that_is_personal_goes(ann, wrote):
    held = (
        Bookmark.user_id,
        Draft.user_id,
        LoginSession.user_id,
        Notice.user_id,
        PersonFollow.user_id,
        TopicFollow.user_id,
    )
    user_id, other = ann.user.id, wrote[2]
    assert number_of(TopicFollow, TopicFollow.user_id == user_id) >= 1
    assert number_of(PersonFollow, PersonFollow.user_id == user_id) == 1
    leaves(ann)
    for column in (*held, Membership.user_id, Account.user_id):
        assert number_of(column.class_, column == user_id) == 0, column
    assert fresh(other).watchers == 0
    left = fresh(ann.user)
    assert (left.name, left.about, left.picture, left.cover, left.badges) == ("Former member", "", "", "", [])
    with inside():
        assert session().scalar(select(FormerName.user_id).where(FormerName.name_key == "ann")) is None


def test_the_name_is_never_given_out_again(ann, guest):
    leaves(ann)
    assert "This name is taken." in registers(guest, name="Ann").words
    registers(guest, name="A.n.n")
    assert number_of(User, User.slug == "ann") == 0


@pytest.mark.parametrize(("current", "reason"), [("", "Enter your password."), ("wrong", "This is not your password.")])
def test_the_password_is_always_asked(ann, current, reason):
    answer = leaves(ann, "erase", current=current)
    assert answer.status == 422
    assert reason in answer.words
    assert 'value="erase" checked' in answer.html
    assert number_of(Account) == 1


def test_what_becomes_of_the_posts_must_be_said(ann):
    assert leaves(ann, "burn").status == 400
    assert number_of(Account) == 1


def test_the_last_administrator_stays(app, visit):
    keeper = visit(an_administrator())
    answer = leaves(keeper)
    assert answer.status == 409
    assert "The last administrator must stay one." in answer.words
    an_administrator("Second")
    assert leaves(keeper).status == 303


def test_members_may_only_where_the_site_allows_it(ann, guest):
    set_setting("leaving.allowed", "no")
    assert "On this site only administrators delete accounts." in ann.get("/me/leave").words
    assert ann.post("/me/leave", {"posts": "keep", "current": PASSWORD}).status == 403
    assert number_of(Account) == 1
    assert guest.get("/me/leave").status == 302
    assert guest.post("/me/leave", {"posts": "keep"}).status == 403


def test_administrators_do_it_for_somebody(ann, wrote, visit, marshal):
    keeper = visit(an_administrator())
    page = keeper.get("/user/ann/record")
    assert 'href="/user/ann/leave"' in page.html
    page = keeper.get("/user/ann/leave")
    answer = keeper.submit(page, "/user/ann/leave", posts="erase", current=PASSWORD)
    assert "The account of Ann is deleted." in keeper.follow(keeper.follow(answer)).html
    assert known_as(ann) == ""
    assert number_of(Act, Act.kind == "person.left") == 1
    assert number_of(Post, Post.author_id == ann.user.id) == 1
    assert astray() == []


def test_nobody_else_does(ann, marshal, visit):
    bert = visit(a_user("Bert"))
    a_moderator("Second")
    for visitor in (bert, marshal):
        visitor.get("/")
        assert visitor.get("/user/ann/leave").status == 403
        assert visitor.post("/user/ann/leave", {"posts": "keep", "current": PASSWORD}).status == 403
    assert number_of(Account, Account.user_id == ann.user.id) == 1


def test_a_mention_of_who_left_leads_nowhere_and_tells_nobody(ann, visit):
    leaves(ann)
    bert = visit(a_user("Bert"))
    topic = a_topic()
    bert.get(path_of(topic))
    bert.post(f"/topic/{topic.id}/posts", {"body": "Where is @ann now?"})
    assert 'href="/user/ann"' not in bert.get(path_of(topic)).html
    assert viewer_of(bert.user).id
    assert first_post(topic).id
