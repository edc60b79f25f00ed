"""Changes: every way to write moves on the versions that stand for what was touched, and only those."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, text, update

from core import cache, clock, db
from core.changes import of_member, of_reader, of_topic
from core.db import session, writing
from forum import posts, topics, votes
from models import Account, Category, NavigationItem, Outbox, Post, ReadTopic, Topic, User, Vote
from tests.factories import a_category, a_post, a_topic, a_user, first_post, inside, viewer_of


def moved(write) -> set[str]:
    """The versions that a write moved on."""
    with inside():
        before = dict(cache.versions())
    with inside(), writing():
        write()
    with inside():
        after = cache.versions()
    return {name for name in after if after[name] != before.get(name)}


def test_a_reply_moves_its_topic_and_the_lists(app):
    topic, ann = a_topic(), viewer_of(a_user("Ann"))

    def write() -> None:
        posts.reply(ann, topics.get(ann, topic.id), "Fish glue.", reply_to_id=first_post(topic).id)

    assert moved(write) == {"all", of_topic(topic.id)}


def test_a_vote_moves_its_topic_and_both_its_people(app):
    topic, ann = a_topic(), viewer_of(a_user("Ann"))
    post = first_post(topic)
    # and its author, who is told, and who voted, whose own marks are kept
    touched = {"all", of_topic(topic.id), of_member(topic.author_id), of_member(ann.id)}
    assert moved(lambda: votes.cast(ann, topics.get(ann, topic.id), post.id, 1)) == touched


def sqlite() -> bool:
    """Whether the suite runs on SQLite."""
    return db.db.engine.dialect.name == "sqlite"


@pytest.mark.parametrize("how", ["entity", "statement", "table"])
def test_an_edit_is_noticed_however_it_is_written(app, how):
    post = a_post(in_=a_topic())

    def write() -> None:
        if how == "entity":
            session().get_one(Post, post.id).html = "<p>New.</p>"
        elif how == "statement":
            session().execute(update(Post).where(Post.id == post.id).values(html="<p>New.</p>"))
        else:
            table = Post.__table__
            session().execute(update(table).where(table.c.topic_id == post.topic_id), {"html": "<p>New.</p>"})

    names = moved(write)
    assert "all" in names
    assert names & {"site", of_topic(post.topic_id)}


def test_a_post_that_goes_to_another_topic_counts_for_all_topics(app):
    here, there = a_topic(), a_topic()
    post = a_post(in_=here)
    by_statement = update(Post).where(Post.topic_id == here.id, Post.id == post.id).values(topic_id=there.id, number=9)
    assert {"all", "site"} <= moved(lambda: session().execute(by_statement))

    def by_entity() -> None:
        session().get_one(Post, post.id).topic_id = here.id

    assert {"all", "site"} <= moved(by_entity)


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (lambda: update(Topic).values(views=Topic.views + 1), set()),
        (lambda: update(User).values(last_seen_at=clock.now()), set()),
        (lambda: update(User).values(posts=User.posts + 1), {"all"}),
        (lambda: update(User).values(posts=1, name="Anne"), {"all", "site", "viewers"}),
        (lambda: update(User).values({User.about: "New"}), {"all", "site", "viewers"}),
        (lambda: update(Category).values(posts=3), {"all"}),
        (lambda: update(Category).values(posts=3, name="Elsewhere"), {"all", "site"}),
        (lambda: update(Account).values(session_epoch=7), {"viewers"}),
        (lambda: update(Account).where(Account.user_id == 5).values(session_epoch=7), {of_member(5)}),
        (lambda: update(Topic).where(Topic.id == 5).values(title="New"), {"all", of_topic(5)}),
        (lambda: delete(Vote), {"viewers"}),
        (lambda: delete(NavigationItem), {"all", "site"}),
        (lambda: update(Topic).values(title="New"), {"all", "site"}),
        (lambda: update(Topic).where(Topic.id == 5).values(scheduled=True), {"all", of_topic(5), "viewers"}),
        (lambda: text("UPDATE topics SET title = 'New'"), {"all", "site", "viewers"}),
        (lambda: text("DELETE FROM votes"), {"viewers"}),
        (lambda: text("PRAGMA user_version" if sqlite() else "SELECT 1"), {"all", "site", "viewers", "readers"}),
        (lambda: delete(ReadTopic).where(ReadTopic.user_id == 5), {of_reader(5)}),
        (lambda: delete(ReadTopic), {"readers"}),
        (lambda: insert(Outbox).values(name="x", payload="{}", created_at=clock.now(), tries=0), set()),
    ],
)
def test_each_table_says_who_sees_what_of_it(app, write, expected):
    a_topic(by=a_user("Ann"), in_=a_category())
    assert moved(lambda: session().execute(write())) == expected


def test_what_is_rolled_back_moves_nothing(app):
    topic = a_topic()
    with inside():
        before = dict(cache.versions())

    def fails() -> None:
        with writing():
            session().get_one(Topic, topic.id).title = "New"
            session().flush()
            raise RuntimeError

    with inside(), pytest.raises(RuntimeError):
        fails()
    with inside():
        assert cache.versions() == before
    # and the next transaction of the same session does not carry it along
    assert moved(lambda: session().execute(update(Topic).values(views=5))) == set()


def test_what_was_read_in_an_older_snapshot_is_not_kept_under_newer_versions(app):
    with inside():
        assert cache.keep("sample", lambda: "old", "categories") == "old"
    with inside():
        a_topic_was_read = session().get(User, 1)
        a_category()
        cache.keep("sample", lambda: "in between", "categories")
        assert a_topic_was_read is None
    with inside():
        # PostgreSQL reads what is committed, statement by statement: what was made in between is of the newest data
        assert cache.keep("sample", lambda: "new", "categories") == ("new" if sqlite() else "in between")


def test_clocks_stop_what_is_kept(app):
    with inside():
        assert not clock.passed(clock.now() + timedelta(minutes=1))
        assert clock.passed(clock.now() - timedelta(minutes=1))
