"""Bookmarks: posts that somebody keeps to find again, on a page of his own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from core import clock
from core.db import session
from core.i18n import gettext as _
from forum import permissions
from forum.refusals import Forbidden, Missing
from forum.topics import TopicPage
from forum.viewers import Viewer
from models import Bookmark, Post, Topic, User

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Kept:
    """A post that was kept."""

    id: int
    topic_id: int
    title: str
    number: int
    author: str
    author_slug: str
    html: str
    created_at: datetime
    bookmark_id: int


def of(viewer: Viewer, category_ids: Sequence[int], before_id: int | None = None) -> tuple[list[Kept], int | None]:
    """Up to 20 of the posts that the viewer keeps and may still read, the latest first, and where the next begin."""
    query = (
        select(
            Post.id, Post.topic_id, Topic.title, Post.number, User.name, User.slug, Post.html, Post.created_at,
            Bookmark.id.label("bookmark_id"),
        )
        .join(Post, Post.id == Bookmark.post_id)
        .join(Topic, Topic.id == Post.topic_id)
        .join(User, User.id == Post.author_id)
        .where(
            Bookmark.user_id == viewer.id, Post.deleted_at.is_(None), permissions.visible_posts(viewer, category_ids)
        )
        .order_by(Bookmark.id.desc())
        .limit(_SHOWN + 1)
    )  # fmt: skip
    if before_id is not None:
        query = query.where(Bookmark.id < before_id)
    rows = [Kept(*row) for row in session().execute(query)]
    return rows[:_SHOWN], rows[_SHOWN - 1].bookmark_id if len(rows) > _SHOWN else None


def keep(viewer: Viewer, topic: TopicPage, post_id: int, *, kept: bool) -> None:
    """Keeps a post of a topic that the viewer may read, or no longer. Raises Forbidden, Missing."""
    if viewer.guest:
        raise Forbidden(_("Log in to keep posts."))
    current = session()
    known = current.scalar(select(Post.id).where(Post.id == post_id, Post.topic_id == topic.id).with_for_update())
    if known is None:
        raise Missing
    mine = (Bookmark.user_id == viewer.id) & (Bookmark.post_id == post_id)
    if not kept:
        current.execute(delete(Bookmark).where(mine))
    elif current.scalar(select(Bookmark.id).where(mine)) is None:
        current.add(Bookmark(user_id=viewer.id, post_id=post_id, created_at=clock.now()))
        current.flush()
