"""Counting: what moderation does to the counters of topics, people and categories, counted again where it is not plain.

A post counts while it is not deleted; in a person's and a category's figures only while its topic is shown, too.
"""

from collections.abc import Iterable

from sqlalchemy import func, select, update
from sqlalchemy.orm import aliased

from core.db import session
from forum import categories, tags
from models import Post, Topic, User


def shown(topic: Topic) -> bool:
    """Whether a topic counts: it is neither deleted nor still to be published."""
    return not (topic.deleted_at or topic.scheduled)


def topic_in(topic: Topic, by: int) -> None:
    """Counts a topic with all its posts in (1) or out (-1): it was published, deleted, restored."""
    current = session()
    current.flush()
    current.execute(update(User).where(User.id == topic.author_id).values(topics=User.topics + by))
    live = (Post.topic_id == topic.id) & Post.deleted_at.is_(None)
    written = select(func.count()).where(live, Post.author_id == User.id).correlate(User).scalar_subquery()
    current.execute(
        update(User)
        .where(User.id.in_(select(Post.author_id).where(live)))
        .values(posts=User.posts + by * written)
        .execution_options(synchronize_session=False)
    )
    categories.count(topic.category_id, topics=by, posts=by * topic.posts)
    tags.count(topic, by)


def post_in(topic: Topic, post: Post, by: int) -> None:
    """Counts one post in (1) or out (-1), after it was restored or deleted."""
    current = session()
    current.flush()
    mine = select(Post.id).where(
        Post.topic_id == topic.id, Post.author_id == post.author_id, Post.id != post.id, Post.deleted_at.is_(None)
    )
    alone = current.scalar(mine.limit(1)) is None
    topic.posts, topic.posters = topic.posts + by, topic.posters + by * alone
    if (by < 0 and topic.last_post_id == post.id) or (by > 0 and post.created_at >= topic.last_post_at):
        find_newest(topic)
    current.flush()
    if shown(topic):
        current.execute(update(User).where(User.id == post.author_id).values(posts=User.posts + by))
        categories.count(topic.category_id, posts=by)
    if post.reply_to_id is not None:
        answers_of([post.reply_to_id])


def posts_in(topic: Topic, by: int) -> None:
    """Counts posts that came to a topic or left it in its category."""
    categories.count(topic.category_id, posts=by)


def topic_again(topic: Topic) -> None:
    """Counts what a topic holds again: posts, posters, its first and its newest post."""
    current = session()
    current.flush()
    within = Post.topic_id == topic.id
    counted = select(func.count(), func.count(Post.author_id.distinct())).where(within, Post.deleted_at.is_(None))
    topic.posts, topic.posters = current.execute(counted).one()
    first = current.execute(select(Post.id, Post.score).where(within).order_by(Post.number).limit(1)).one_or_none()
    topic.first_post_id, topic.votes = (first.id, first.score) if first else (None, 0)
    find_newest(topic)
    current.flush()


def find_newest(topic: Topic) -> None:
    """Finds a topic's newest post again: the latest that is not deleted."""
    newest = (
        session()
        .execute(
            select(Post.id, Post.created_at)
            .where(Post.topic_id == topic.id, Post.deleted_at.is_(None))
            .order_by(Post.created_at.desc(), Post.number.desc())
            .limit(1)
        )
        .one_or_none()
    )
    topic.last_post_id = newest.id if newest else None
    if newest and not topic.scheduled:
        topic.last_post_at = max(newest.created_at, topic.published_at)


def answers_of(post_ids: Iterable[int]) -> None:
    """Counts the answers of some posts again: those that are not deleted and stand in the same topic."""
    answer = aliased(Post)
    known = (
        (answer.reply_to_id == Post.id) & (answer.topic_id == Post.topic_id) & answer.deleted_at.is_(None)
    )  # fmt: skip
    session().execute(
        update(Post)
        .where(Post.id.in_(sorted(set(post_ids))))
        .values(
            replies=select(func.count()).select_from(answer).where(known).correlate(Post).scalar_subquery(),
            last_reply_at=select(func.max(answer.created_at)).where(known).correlate(Post).scalar_subquery(),
        )
        .execution_options(synchronize_session=False)
    )


def flush_views(counts: dict[int, int]) -> None:
    """Adds the views that were gathered since the last time."""
    for topic_id, views in sorted(counts.items()):
        session().execute(update(Topic).where(Topic.id == topic_id).values(views=Topic.views + views))
