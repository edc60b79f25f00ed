"""Locking: a topic and its posts as they are now, nobody else writing to them until the transaction ends.

Always the topic before its posts, and of several those with lower ids first: then nobody waits in a circle.
"""

from collections.abc import Iterable

from sqlalchemy import select

from core.db import session
from forum import tombstones
from forum.refusals import Missing
from models import Post, Topic


def topic(topic_id: int) -> Topic:
    """A topic. Raises Missing, Gone."""
    found = session().get(Topic, topic_id, with_for_update=True, populate_existing=True)
    if found is None:
        tombstones.refuse("topic", topic_id)
    return found


def post(topic_id: int, post_id: int) -> tuple[Topic, Post]:
    """A topic and one of its posts. Raises Missing, Gone."""
    live = topic(topic_id)
    found = session().get(Post, post_id, with_for_update=True, populate_existing=True)
    if found is None:
        tombstones.refuse("post", post_id)
    if found.topic_id != topic_id:
        raise Missing
    return live, found


def topics(topic_ids: Iterable[int]) -> list[Topic]:
    """Several topics, by id. Those that are not there are left out."""
    query = select(Topic).where(Topic.id.in_(sorted(set(topic_ids)))).order_by(Topic.id).with_for_update()
    return list(session().scalars(query.execution_options(populate_existing=True)))
