"""Votes: one person's word on one post, and the reputation that comes of it."""

from dataclasses import dataclass

from sqlalchemy import select, update

from core import clock
from core.db import session
from core.events import emit
from core.i18n import gettext as _
from forum import pacing, permissions
from forum.refusals import Invalid, Missing
from forum.topics import TopicPage
from forum.viewers import Viewer
from models import Post, Topic, User, Vote


@dataclass(frozen=True)
class VoteCast:
    """Somebody's vote on a post changed."""

    post_id: int
    user_id: int
    value: int


def cast(voter: Viewer, topic: TopicPage, post_id: int, value: int) -> None:
    """Sets a vote: 1, -1, or 0 for none. The same again changes nothing. Raises Forbidden, Invalid, Missing, TooMany."""
    if value not in (-1, 0, 1):
        raise Invalid("value", _("A vote is 1, 0 or -1."))
    current = session()
    # the topic first, as replies do: who locks in another order ends up waiting in a circle
    live = current.get(Topic, topic.id, with_for_update=True, populate_existing=True)
    post = current.execute(
        select(Post.author_id, Post.number, Post.deleted_at)
        .where(Post.id == post_id, Post.topic_id == topic.id)
        .with_for_update()
    ).one_or_none()
    if live is None or post is None:
        raise Missing
    permissions.require(permissions.vote_on(voter, live, post.author_id, value))
    if post.deleted_at:
        raise Invalid("value", _("This post was deleted, so voting is closed."))
    old = _record(voter.id, post_id, value)
    if old == value:
        return
    pacing.require_vote(voter, live.category_id, post.author_id, value)
    _count(topic.id, post_id, old, value)
    author = update(User).where(User.id == post.author_id)
    current.execute(author.values(reputation=User.reputation + value - old))
    if post.number == 1:
        current.execute(update(Topic).where(Topic.id == topic.id).values(votes=Topic.votes + value - old))
    emit(VoteCast(post_id, voter.id, value))


def _record(voter_id: int, post_id: int, value: int) -> int:
    """Writes the vote down and returns the value that it had before."""
    current = session()
    vote = current.get(Vote, (post_id, voter_id), populate_existing=True)
    old = vote.value if vote else 0
    if old == value:
        return old
    if vote is None:
        current.add(Vote(post_id=post_id, user_id=voter_id, value=value, created_at=clock.now()))
    elif value == 0:
        current.delete(vote)
    else:
        vote.value, vote.created_at = value, clock.now()
    current.flush()
    return old


def _count(topic_id: int, post_id: int, old: int, new: int) -> None:
    figures = {
        "score": Post.score + new - old,
        "ups": Post.ups + int(new == 1) - int(old == 1),
        "downs": Post.downs + int(new == -1) - int(old == -1),
    }
    session().execute(update(Post).where(Post.topic_id == topic_id, Post.id == post_id).values(**figures))
