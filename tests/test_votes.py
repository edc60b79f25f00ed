"""Votes: up, down, and none; who may; and what they change."""

import json

import pytest

from core import clock
from core.db import writing
from forum import topics, votes
from forum.refusals import Invalid, Missing
from models import Vote
from tests.factories import (
    a_category,
    a_locked_topic,
    a_post,
    a_private_category,
    a_topic,
    a_user,
    a_vote,
    change,
    first_post,
    fresh,
    grant,
    inside,
    number_of,
    viewer_of,
)
from tests.visitor import path_of


def buttons(answer, post) -> dict[str, str]:
    """The vote buttons of a post: value -> whether pressed."""
    return {button["value"]: button["aria-pressed"] for button in answer.form(f"/post/{post.id}/vote").buttons}


def test_voting_plain(ann):
    author = a_user("Bert")
    topic = a_topic(by=author)
    post = first_post(topic)
    page = ann.get(path_of(topic))
    assert buttons(page, post) == {"1": "false", "-1": "false"}
    answer = ann.submit(page, f"/post/{post.id}/vote", value="1")
    assert (answer.status, answer.location) == (303, f"{path_of(topic)}/1#post-{post.id}")
    shown = ann.follow(answer)
    assert buttons(shown, post) == {"0": "true", "-1": "false"}
    assert "Score 1" in shown.words
    assert (fresh(post).score, fresh(post).ups, fresh(author).reputation, fresh(topic).votes) == (1, 1, 1, 1)


def test_voting_htmx(ann):
    topic = a_topic()
    post = first_post(topic)
    answer = ann.htmx.submit(ann.get(path_of(topic)), f"/post/{post.id}/vote", value="-1")
    assert answer.status == 200
    [part] = answer.parts
    assert part.target == f"#post-{post.id}-vote"
    assert json.loads(answer.headers["HX-Trigger"])["livery:voted"]["words"] == "The score is -1."
    assert ann.get(path_of(topic)).shows(part.html)


def test_taking_a_vote_back_and_changing_sides(ann):
    author = a_user()
    topic = a_topic(by=author)
    post = first_post(topic)
    for value, score, ups, downs in (
        (1, 1, 1, 0),
        (-1, -1, 0, 1),
        (-1, -1, 0, 1),
        (0, 0, 0, 0),
        (0, 0, 0, 0),
        (1, 1, 1, 0),
    ):
        ann.post(f"/post/{post.id}/vote", {"value": value})
        now = fresh(post)
        assert (now.score, now.ups, now.downs) == (score, ups, downs)
        assert fresh(topic).votes == fresh(author).reputation == score
    assert number_of(Vote) == 1


def test_the_same_vote_twice_counts_once(ann):
    topic = a_topic()
    post = first_post(topic)
    page = ann.get(path_of(topic))
    for _ in range(2):
        ann.submit(page, f"/post/{post.id}/vote", value="1")
    assert fresh(post).score == 1


def test_votes_of_several_people_add_up(app, visit):
    topic = a_topic()
    post = first_post(topic)
    for value in (1, 1, 1, -1):
        visit(a_user()).post(f"/post/{post.id}/vote", {"value": value})
    now = fresh(post)
    assert (now.score, now.ups, now.downs) == (2, 3, 1)


def test_a_vote_on_a_reply_leaves_the_votes_of_the_topic_alone(ann):
    topic = a_topic()
    reply = a_post(in_=topic)
    ann.post(f"/post/{reply.id}/vote", {"value": 1})
    assert (fresh(reply).score, fresh(topic).votes) == (1, 0)


def test_nobody_votes_on_his_own_post(ann):
    topic = a_topic(by=ann.user)
    page = ann.get(path_of(topic))
    assert buttons(page, first_post(topic)) == {}
    answer = ann.post(f"/post/{topic.first_post_id}/vote", {"value": 1})
    assert answer.status == 403
    assert "You cannot vote on your own post." in answer.words
    assert number_of(Vote) == 0


def test_a_guest_is_asked_to_log_in(guest):
    topic = a_topic()
    page = guest.get(path_of(topic))
    assert f'href="/login?next=/post/{topic.first_post_id}"' in page.html
    assert guest.post(f"/post/{topic.first_post_id}/vote", {"value": 1}).status == 403
    fragment = guest.htmx.post(f"/post/{topic.first_post_id}/vote", {"value": 1})
    assert fragment.status == 403
    assert fragment.headers["HX-Retarget"] == "#messages"
    assert number_of(Vote) == 0


@pytest.mark.parametrize("value", ["2", "-2", "1.0", "up", "", "１", "1 "])
def test_a_vote_is_one_none_or_minus_one(ann, value):
    topic = a_topic()
    answer = ann.post(f"/post/{topic.first_post_id}/vote", {"value": value})
    assert answer.status == 422
    assert "A vote is 1, 0 or -1." in answer.words
    assert number_of(Vote) == 0


def test_rights_to_vote_up_and_down_are_two(ann):
    place = a_category(own_rights=True)
    topic = a_topic(in_=place)
    grant("find", "read", "topics:read", "posts:upvote", to="registered", in_=place)
    assert list(buttons(ann.get(path_of(topic)), first_post(topic))) == ["1"]
    assert ann.post(f"/post/{topic.first_post_id}/vote", {"value": -1}).status == 403
    assert ann.post(f"/post/{topic.first_post_id}/vote", {"value": 1}).status == 303


def test_what_is_deleted_takes_no_votes(ann, visit):
    author = a_user()
    gone = a_topic(by=author)
    reply = a_post(in_=gone)
    change(gone, deleted_at=clock.now())
    assert ann.post(f"/post/{gone.first_post_id}/vote", {"value": 1}).status == 404
    assert visit(author).post(f"/post/{reply.id}/vote", {"value": 1}).status == 403
    topic = a_topic()
    deleted = a_post(in_=topic, deleted_at=clock.now())
    answer = ann.post(f"/post/{deleted.id}/vote", {"value": 1})
    assert answer.status == 422
    assert "This post was deleted, so voting is closed." in answer.words
    assert f"/post/{deleted.id}/vote" not in ann.get(path_of(topic)).html
    assert number_of(Vote) == 0


def test_locked_topics_take_votes(ann):
    topic = a_locked_topic()
    assert ann.post(f"/post/{topic.first_post_id}/vote", {"value": 1}).status == 303


def test_a_post_that_may_not_be_seen_takes_no_votes(ann):
    secret = a_topic(in_=a_private_category(for_="moderators"))
    for post_id in (secret.first_post_id, 99999, 2**70):
        assert ann.post(f"/post/{post_id}/vote", {"value": 1}).status == 404
    assert number_of(Vote) == 0


def test_who_voted_plain(guest):
    topic = a_topic()
    post = first_post(topic)
    assert "Nobody has voted yet." in guest.get(f"/post/{post.id}/voters").words
    a_vote(post, by=a_user("Zoe"))
    a_vote(post, by=a_user("Yan"))
    a_vote(post, by=a_user("Xan"), value=-1)
    page = guest.get(f"/post/{post.id}/voters")
    assert "Votes on #1" in page.words
    assert "For 2" in page.words
    assert "Against 1" in page.words
    assert page.words.index("Yan") < page.words.index("Zoe") < page.words.index("Xan")


def test_who_voted_htmx(guest):
    topic = a_topic()
    a_vote(first_post(topic), by=a_user("Zoe"))
    path = f"/post/{topic.first_post_id}/voters"
    page, part = guest.get(path), guest.htmx.get(path)
    assert "<html" not in part.html
    assert page.shows(part.html)
    assert f'hx-target="#post-{topic.first_post_id}-voters"' in guest.get(path_of(topic)).html


def test_the_verb_takes_no_other_value(app):
    topic, ann = a_topic(), a_user()
    with inside(), pytest.raises(Invalid), writing():
        votes.cast(viewer_of(ann), topics.get(viewer_of(ann), topic.id), topic.first_post_id, 5)


def test_a_vote_on_a_topic_that_was_deleted_meanwhile_does_not_count(app):
    topic, ann = a_topic(), a_user()
    with inside():
        viewer = viewer_of(ann)
        page = topics.get(viewer, topic.id)
        change(topic, deleted_at=clock.now())
        with pytest.raises(Missing), writing():
            votes.cast(viewer, page, topic.first_post_id, 1)
    assert number_of(Vote) == 0
