"""Authored: what a person wrote, as his own page lists it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from core.db import session
from forum import permissions
from forum.viewers import Viewer
from models import Post, Topic


@dataclass(slots=True)
class AuthoredRow:
    """A post on its author's page."""

    id: int
    topic_id: int
    title: str
    number: int
    html: str
    created_at: datetime
    score: int


def by_author(
    viewer: Viewer, author_id: int, category_ids: Sequence[int], before_id: int | None = None
) -> tuple[list[AuthoredRow], int | None]:
    """Up to 20 posts of a person that the viewer may read, newest first, and where the next 20 begin."""
    query = (
        select(Post.id, Post.topic_id, Topic.title, Post.number, Post.html, Post.created_at, Post.score)
        .join(Topic, Topic.id == Post.topic_id)
        .where(
            Post.author_id == author_id,
            Post.deleted_at.is_(None),
            permissions.visible_topics(viewer, category_ids),
        )
        .order_by(Post.id.desc())
        .limit(21)
    )
    if before_id is not None:
        query = query.where(Post.id < before_id)
    rows = [AuthoredRow(*row) for row in session().execute(query)]
    return rows[:20], rows[19].id if len(rows) > 20 else None
