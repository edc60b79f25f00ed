"""Merging, forking, moving posts, changing owners: counters stay exact, addresses lead on, and each can be undone."""

import random

import pytest

from core.db import session, writing
from core.events import subscribe
from forum import deletions, posts, topic_tools, topics, transfers, votes
from forum.refusals import Refusal
from forum.transfers import OwnerChanged, PostsMoved, TopicForked, TopicsMerged
from models import Post, Topic
from tests.factories import (
    a_category,
    a_post,
    a_private_category,
    a_scheduled_topic,
    a_topic,
    a_user,
    a_vote,
    an_administrator,
    astray,
    change,
    first_post,
    fresh,
    inside,
    posts_of,
    viewer_of,
)
from tests.visitor import marks, numbers, path_of, titles


def talk(title: str, *lines: str, **more):
    """A topic with replies."""
    topic = a_topic(title=title, body=lines[0], **more)
    return topic, [a_post(in_=topic, body=line) for line in lines[1:]]


def texts(topic) -> list[str]:
    """What the posts of a topic say, in order."""
    return [post.source for post in posts_of(topic)]


# --- merge ---


def test_merging_and_undoing_it_plain(marshal, guest):
    place, other = a_category("Workshop"), a_category("Attic")
    source, (reply,) = talk("Which glue?", "Glue first.", "Glue second.", in_=place, tags="glue")
    target, _replies = talk("All about glue", "Old first.", "Old second.", in_=other)
    answer_to = a_post(in_=source, to=reply, body="To you.")
    menu = marshal.get(f"/topic/{source.id}/tools")
    assert f'href="/topic/{source.id}/merge"' in menu.html
    page = marshal.get(f"/topic/{source.id}/merge")
    answer = marshal.submit(page, f"/topic/{source.id}/merge", topic=f"http://localhost{path_of(target)}/2")
    assert answer.location == path_of(target)
    page = marshal.follow(answer)
    assert "3 posts were moved." in page.html
    assert texts(target) == ["Old first.", "Old second.", "Glue first.", "Glue second.", "To you."]
    assert marks(guest.get(path_of(target))) == [
        "Marshal merged “Which glue?” into this topic: 3 posts follow just now"
    ]
    assert "replied to" in guest.get(path_of(target)).words
    assert titles(guest.get(f"/category/{place.id}/workshop")) == []
    assert astray() == []
    # old addresses lead on
    assert guest.follow(guest.get(path_of(source))).status == 308
    assert guest.get(f"{path_of(source)}/2").location == f"/post/{reply.id}"
    assert guest.get(f"/post/{answer_to.id}").location == f"{path_of(target)}/5#post-{answer_to.id}"
    # and back
    undo = next(form.action for form in page.forms if form.action.endswith("/undo"))
    assert marshal.submit(page, undo).location == path_of(source)
    assert texts(source) == ["Glue first.", "Glue second.", "To you."]
    assert [post.number for post in posts_of(source)] == [1, 2, 3]
    assert texts(target) == ["Old first.", "Old second."]
    assert marks(guest.get(path_of(target))) == []
    assert guest.get(path_of(source)).status == 200
    assert titles(guest.get(f"/category/{place.id}/workshop")) == ["Which glue?"]
    assert astray() == []


def test_merging_and_undoing_it_htmx(marshal):
    source, target = a_topic(), a_topic()
    question = marshal.htmx.get(f"/topic/{source.id}/merge", target=f"div#topic-{source.id}-menu")
    assert "<html" not in question.html
    answer = marshal.htmx.submit(question, f"/topic/{source.id}/merge", topic=str(target.id))
    assert path_of(target) in answer.headers["HX-Location"]
    page = marshal.get(path_of(target))
    undo = next(form.action for form in page.forms if form.action.endswith("/undo"))
    assert path_of(source) in marshal.htmx.submit(page, undo).headers["HX-Location"]
    assert astray() == []


def test_a_reply_to_a_topic_merged_meanwhile_keeps_its_text(marshal, ann):
    source, target = a_topic(), a_topic()
    composer = ann.get(f"/topic/{source.id}/reply")
    marshal.post(f"/topic/{source.id}/merge", {"topic": target.id})
    answer = ann.submit(composer, f"/topic/{source.id}/posts", body="All my words.")
    assert answer.status == 409
    assert "This topic was merged into another." in answer.words
    assert "All my words.</textarea>" in answer.html


@pytest.mark.parametrize("name", ["", "glue", "-1", "0", "http://elsewhere/5x"])
def test_a_topic_that_is_no_topic(marshal, name):
    source = a_topic()
    assert marshal.post(f"/topic/{source.id}/merge", {"topic": name}).status in (404, 422)
    assert fresh(source).deleted_at is None


def test_a_topic_is_not_merged_into_itself_nor_into_nothing(marshal):
    source = a_topic()
    assert marshal.post(f"/topic/{source.id}/merge", {"topic": source.id}).status == 422
    assert marshal.post(f"/topic/{source.id}/merge", {"topic": 999}).status == 404
    waiting = a_scheduled_topic(by=a_user(), in_=a_category())
    assert "not published yet" in marshal.post(f"/topic/{source.id}/merge", {"topic": waiting.id}).words


def test_views_add_up(marshal):
    source, target = a_topic(views=5), a_topic(views=7)
    marshal.post(f"/topic/{source.id}/merge", {"topic": target.id})
    assert fresh(target).views == 12


def test_a_merged_topic_whose_target_was_purged_is_gone(marshal, guest):
    source, target = a_topic(), a_topic()
    marshal.post(f"/topic/{source.id}/merge", {"topic": target.id})
    marshal.post(f"/topic/{target.id}/delete", {"deleted": 1})
    marshal.post(f"/topic/{target.id}/purge")
    assert guest.follow(guest.get(path_of(source))).status == 410
    assert astray() == []


# --- fork ---


def test_forking_and_undoing_it_plain(marshal, guest):
    topic, replies = talk("Which glue?", "One.", "Two.", "Three.", "Four.", "Five.", by=a_user("Bert"))
    a_vote(replies[0])
    assert f"/topic/{topic.id}/fork?numbers=2-" in marshal.get(f"/post/{replies[0].id}/menu").html
    page = marshal.get(f"/topic/{topic.id}/fork?numbers=2-")
    assert page.form(f"/topic/{topic.id}/fork").fields["numbers"] == "2-"
    answer = marshal.submit(page, f"/topic/{topic.id}/fork", numbers="2, #4-5", title="And paint?")
    page = marshal.follow(answer)
    with inside():
        made = session().query(Topic).filter_by(title="And paint?").one()
    assert texts(made) == ["Two.", "Four.", "Five."]
    assert [post.number for post in posts_of(made)] == [1, 2, 3]
    assert (made.author_id, made.created_at) == (replies[0].author_id, replies[0].created_at)
    assert (made.votes, made.posts) == (1, 3)
    assert numbers(guest.get(path_of(topic))) == [1, 3]
    assert marks(guest.get(path_of(topic))) == ["Marshal made 3 posts the topic And paint? just now"]
    assert marks(guest.get(path_of(made))) == ["Marshal made this topic out of posts of Which glue? just now"]
    assert guest.get(f"{path_of(topic)}/4").location == f"/post/{replies[2].id}"
    assert guest.get(f"/post/{replies[2].id}").location.startswith(f"{path_of(made)}/2#")
    assert astray() == []
    undo = next(form.action for form in page.forms if form.action.endswith("/undo"))
    marshal.submit(page, undo)
    assert texts(topic) == ["One.", "Two.", "Three.", "Four.", "Five."]
    assert guest.get(path_of(made)).location == f"/topic/{topic.id}"
    assert marks(guest.get(path_of(topic))) == []
    assert astray() == []


def test_a_new_title_is_seen_where_the_topic_was_taken_from(marshal, guest):
    topic, _ = talk("Which glue?", "One.", "Two.")
    page = marshal.get(f"/topic/{topic.id}/fork?numbers=2")
    made = marshal.follow(marshal.submit(page, f"/topic/{topic.id}/fork", title="And paint?"))
    with inside():
        other = session().query(Topic).filter_by(title="And paint?").one()
    for _ in range(2):
        assert "And paint?" in marks(guest.get(path_of(topic)))[0]
    change(other, title="Between us")
    for reader in (guest, marshal):
        assert "Between us" in marks(reader.get(path_of(topic)))[0]
    assert made.status == 200


def test_forking_and_undoing_it_htmx(marshal):
    topic, _replies = talk("Which glue?", "One.", "Two.")
    question = marshal.htmx.get(f"/topic/{topic.id}/fork?numbers=2")
    answer = marshal.htmx.submit(question, f"/topic/{topic.id}/fork", title="And paint?")
    assert "/and-paint" in answer.headers["HX-Location"]
    assert astray() == []


@pytest.mark.parametrize(
    ("numbers", "reason"),
    [
        ("", "Write the numbers of the posts like this"),
        ("two", "Write the numbers of the posts like this"),
        ("7", "This topic has no posts with these numbers."),
        ("1-2", "The first post stays with its topic."),
    ],
)
def test_posts_that_cannot_be_forked(marshal, numbers, reason):
    topic, _replies = talk("Which glue?", "One.", "Two.")
    answer = marshal.post(f"/topic/{topic.id}/fork", {"numbers": numbers, "title": "And paint?"})
    assert answer.status == 422
    assert reason in answer.words
    assert texts(topic) == ["One.", "Two."]


def test_the_end_forked_away_the_topic_ends_before_it(marshal, guest):
    topic, _replies = talk("Which glue?", "One.", *(f"Line {number}" for number in range(2, 32)))
    marshal.post(f"/topic/{topic.id}/fork", {"numbers": "11-", "title": "And paint?"})
    page = guest.get(path_of(topic))
    assert numbers(page) == list(range(1, 11))
    assert "?page=2" not in page.html
    assert a_post(in_=topic).number == 32  # a number is never given twice


# --- some posts ---


def test_moving_posts_and_undoing_it_plain(marshal, guest):
    topic, replies = talk("Which glue?", "One.", "Two.", "Three.")
    target, _others = talk("Paint", "Red.", in_=a_category())
    a_post(in_=topic, to=replies[0], body="To two.")
    page = marshal.get(f"/topic/{topic.id}/posts/move?numbers=2")
    page = marshal.follow(marshal.submit(page, f"/topic/{topic.id}/posts/move", topic=str(target.id)))
    assert texts(target) == ["Red.", "Two."]
    assert texts(topic) == ["One.", "Three.", "To two."]
    assert marks(guest.get(path_of(topic))) == ["Marshal moved 1 post to Paint just now"]
    assert marks(guest.get(path_of(target))) == ["Marshal moved 1 post here from Which glue? just now"]
    assert "replied to" not in guest.get(path_of(topic)).words  # what it answers is elsewhere now
    assert fresh(replies[0]).replies == 0
    assert astray() == []
    undo = next(form.action for form in page.forms if form.action.endswith("/undo"))
    marshal.submit(page, undo)
    assert texts(topic) == ["One.", "Two.", "Three.", "To two."]
    assert fresh(replies[0]).replies == 1
    assert astray() == []


def test_moving_posts_and_undoing_it_htmx(marshal):
    topic, _replies = talk("Which glue?", "One.", "Two.")
    target = a_topic()
    question = marshal.htmx.get(f"/topic/{topic.id}/posts/move?numbers=2")
    answer = marshal.htmx.submit(question, f"/topic/{topic.id}/posts/move", topic=str(target.id))
    assert path_of(topic) in answer.headers["HX-Location"]


def test_what_moved_on_meanwhile_is_not_brought_back(marshal):
    topic, _replies = talk("Which glue?", "One.", "Two.")
    second, third = a_topic(), a_topic()
    marshal.post(f"/topic/{topic.id}/posts/move", {"numbers": "2", "topic": second.id})
    page = marshal.get(path_of(topic))
    undo = next(form.action for form in page.forms if form.action.endswith("/undo"))
    marshal.post(f"/topic/{second.id}/posts/move", {"numbers": "2", "topic": third.id})
    answer = marshal.post(undo)
    assert answer.status == 409
    assert "have moved on meanwhile" in answer.words
    assert texts(third)[-1] == "Two."


def test_nothing_is_brought_back_into_a_topic_that_was_merged_meanwhile(marshal):
    source, away, target = (talk(title, "One.", "Two.")[0] for title in ("Source", "Away", "Target"))
    marshal.get(path_of(source))
    marshal.post(f"/topic/{source.id}/posts/move", {"numbers": "2", "topic": str(away.id)})
    marshal.post(f"/topic/{source.id}/merge", {"topic": str(target.id)})
    answer = marshal.post(f"/topic/{away.id}/moves/1/undo")
    assert answer.status == 409
    assert "was merged into another one" in answer.words
    assert texts(away)[-1] == "Two."


def test_a_topic_that_undoing_leaves_without_posts_leads_home(marshal, guest):
    source, other = (talk(title, "One.", "Two.")[0] for title in ("Source", "Other"))
    forked = marshal.post(f"/topic/{source.id}/fork", {"numbers": "2", "title": "Forked off"}).location
    key = int(forked.split("/")[2])
    marshal.post(f"/topic/{other.id}/posts/move", {"numbers": "2", "topic": str(key)})
    marshal.post(f"/topic/{key}/moves/1/undo")
    assert "Two." in guest.get(forked).html
    marshal.post(f"/topic/{key}/moves/2/undo")
    assert guest.get(forked).location == f"/topic/{other.id}"
    assert texts(source) == texts(other) == ["One.", "Two."]
    assert astray() == []


def test_where_posts_went_is_told_only_to_those_who_may_know(marshal, guest):
    topic, replies = talk("Which glue?", "One.", "Two.")
    secret = a_topic(title="Hidden things", in_=a_private_category(for_="moderators"))
    marshal.post(f"/topic/{topic.id}/posts/move", {"numbers": "2", "topic": secret.id})
    assert marks(guest.get(path_of(topic))) == ["Marshal moved 1 post to another topic just now"]
    assert "Hidden" not in guest.get(path_of(topic)).html
    assert guest.follow(guest.get(f"{path_of(topic)}/2")).status == 404
    assert guest.get(f"/post/{replies[0].id}").status == 404
    assert astray() == []


# --- owner ---


def test_changing_an_owner_and_undoing_it_plain(marshal, ann, guest):
    topic = a_topic(by=ann.user)
    bert = a_user("Bert")
    post = first_post(topic)
    a_vote(post)
    page = marshal.get(f"/post/{post.id}/owner")
    page = marshal.follow(marshal.submit(page, f"/post/{post.id}/owner", name="@bert"))
    assert fresh(topic).author_id == fresh(post).author_id == bert.id
    assert (fresh(bert).posts, fresh(bert).topics, fresh(bert).reputation) == (1, 1, 1)
    assert (fresh(ann.user).posts, fresh(ann.user).topics, fresh(ann.user).reputation) == (0, 0, 0)
    assert "Bert" in guest.get(path_of(topic)).words
    assert astray() == []
    marshal.submit(page, f"/post/{post.id}/owner")
    assert fresh(post).author_id == ann.user.id
    assert astray() == []


def test_changing_an_owner_and_undoing_it_htmx(marshal, ann):
    topic = a_topic()
    post = a_post(in_=topic, by=ann.user)
    a_user("Bert")
    question = marshal.htmx.get(f"/post/{post.id}/owner")
    answer = marshal.htmx.submit(question, f"/post/{post.id}/owner", name="Bert")
    assert f"{path_of(topic)}/2" in answer.headers["HX-Location"]
    assert astray() == []


def test_an_owner_must_exist(marshal):
    post = first_post(a_topic())
    answer = marshal.post(f"/post/{post.id}/owner", {"name": "Nobody"})
    assert answer.status == 422
    assert "There is nobody called “Nobody”." in answer.words


# --- who may, and who listens ---


def test_only_moderators_transfer(ann, guest):
    topic, replies = talk("Which glue?", "One.", "Two.", by=ann.user)
    target = a_topic(by=ann.user)
    writes = {
        f"/topic/{topic.id}/merge": {"topic": target.id},
        f"/topic/{topic.id}/fork": {"numbers": "2", "title": "Mine"},
        f"/topic/{topic.id}/posts/move": {"numbers": "2", "topic": target.id},
        f"/post/{replies[0].id}/owner": {"name": "Ann"},
        f"/topic/{topic.id}/moves/1/undo": {},
    }
    for address, fields in writes.items():
        assert ann.post(address, fields).status in (403, 404), address
        assert guest.post(address, fields).status == 403, address
        if not address.endswith("undo"):
            assert ann.get(address).status == 403
    assert texts(topic) == ["One.", "Two."]
    assert "Merge" not in ann.get(f"/topic/{topic.id}/tools").words


def test_transfers_are_announced(marshal, ann):
    heard = []
    for kind in (TopicsMerged, TopicForked, PostsMoved, OwnerChanged):
        subscribe(kind)(heard.append)
    topic, replies = talk("Which glue?", "One.", "Two.", "Three.")
    target, by = a_topic(), marshal.user.id
    marshal.post(f"/topic/{topic.id}/fork", {"numbers": "2", "title": "And paint?"})
    marshal.post(f"/topic/{topic.id}/posts/move", {"numbers": "3", "topic": target.id})
    marshal.post(f"/topic/{topic.id}/merge", {"topic": target.id})
    marshal.post(f"/topic/{target.id}/moves/3/undo")
    marshal.post(f"/post/{replies[1].id}/owner", {"name": "Ann"})
    made = heard[0].into_id
    assert heard == [
        TopicForked(topic.id, made, 1, by), PostsMoved(topic.id, target.id, 2, by),
        TopicsMerged(topic.id, target.id, 3, by), PostsMoved(target.id, topic.id, 3, by, undone=True),
        OwnerChanged(replies[1].id, target.id, replies[1].author_id, ann.user.id),
    ]  # fmt: skip


# --- all verbs together ---


@pytest.mark.parametrize("seed", range(12))
def test_counters_stay_exact_whatever_is_done(app, seed):
    dice = random.Random(seed)
    people = [viewer_of(a_user(f"Person {number}")) for number in range(4)]
    keeper = viewer_of(an_administrator())
    places = [a_category() for _ in range(3)]
    made = [a_topic(in_=dice.choice(places), tags="glue, wood") for _ in range(4)]
    for topic in made * 2:
        a_post(in_=topic)
    moves = []

    def act() -> None:
        """Something that somebody might do; much of it is refused."""
        rows = session().query(Topic.id, Topic.first_post_id).order_by(Topic.id).all()
        topic_id = dice.choice(rows).id
        known = [row.id for row in session().query(Post.id).filter_by(topic_id=topic_id).order_by(Post.id)]
        post_id, who = dice.choice(known) if known else 0, dice.choice([*people, keeper, keeper])
        other, numbers = dice.choice(rows).id, f"{dice.randint(2, 6)}-{dice.randint(2, 9)}"
        page = topics.get(keeper, topic_id)
        dice.choice(
            [
                lambda: posts.reply(who, page, "More.", reply_to_id=dice.choice([None, post_id])),
                lambda: posts.reply(who, page, "Even more.", reply_to_id=post_id),
                lambda: votes.cast(who, page, post_id, dice.choice([1, -1, 0])),
                lambda: deletions.delete_post(who, topic_id, post_id),
                lambda: deletions.restore_post(who, topic_id, post_id),
                lambda: deletions.purge_post(keeper, topic_id, post_id),
                lambda: deletions.delete_topic(keeper, topic_id),
                lambda: deletions.restore_topic(keeper, topic_id),
                lambda: dice.random() < 0.2 and deletions.purge_topic(keeper, topic_id),
                lambda: topic_tools.move(keeper, topic_id, dice.choice(places).id),
                lambda: topic_tools.lock(keeper, topic_id, locked=dice.random() < 0.3),
                lambda: topic_tools.rename(keeper, page, f"Title {dice.random()}", dice.choice(["glue", "wood, nail"])),
                lambda: moves.append(transfers.merge(keeper, topic_id, other).id),
                lambda: moves.append(transfers.fork(keeper, topic_id, numbers, "A fork").id),
                lambda: moves.append(transfers.move_posts(keeper, topic_id, numbers, other).id),
                lambda: moves and transfers.take_back(keeper, dice.choice(moves)),
                lambda: transfers.change_owner(keeper, topic_id, post_id, dice.choice(people).name),
            ]
        )()

    done = 0
    for step in range(60):
        with inside():
            try:
                with writing():
                    act()
                done += 1
            except Refusal:
                continue
        wrong = astray()
        assert wrong == [], f"step {step}: {wrong}"
    assert done > 20
    assert len(made) == 4
