"""Rows of lists of topics: what everybody sees of them, and what is unread for one reader."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from core import clock
from core.db import session
from forum import news, reading, tags
from forum.viewers import Viewer
from models import Post, Topic, User


class Placed:
    """What a topic is wherever it is shown: at an address, and for a time above the others of its category."""

    __slots__ = ()
    id: int
    slug: str
    pinned_at: datetime | None
    pinned_until: datetime | None

    @property
    def path(self) -> str:
        """Its address on this site."""
        return f"/topic/{self.id}/{self.slug}"

    @property
    def pinned(self) -> bool:
        """Whether it stands above the others of its category now."""
        return self.pinned_at is not None and (self.pinned_until is None or not clock.passed(self.pinned_until))


@dataclass(slots=True)
class TopicRow(Placed):
    """A topic as a list shows it."""

    id: int
    category_id: int
    author_id: int
    title: str
    slug: str
    created_at: datetime
    published_at: datetime
    scheduled: bool
    posts: int
    votes: int
    views: int
    last_post_at: datetime
    last_post_id: int | None
    locked_at: datetime | None
    pinned_at: datetime | None
    pinned_until: datetime | None
    moved_at: datetime | None
    deleted_at: datetime | None
    author: str
    author_slug: str
    author_colour: int
    author_picture: str
    excerpt: str | None
    last_author: str | None
    last_author_slug: str | None
    last_author_colour: int | None
    last_author_picture: str | None
    unread: bool = False  # for the viewer
    tags: list[str] = field(default_factory=list)


@cache
def _rows() -> Select[Any]:
    author, last, last_author = aliased(User), aliased(Post), aliased(User)
    names = [name for name in TopicRow.__slots__ if hasattr(Topic, name)]
    return (
        select(
            *[getattr(Topic, name) for name in names],
            author.name.label("author"), author.slug.label("author_slug"), author.colour.label("author_colour"),
            author.picture.label("author_picture"), last.excerpt, last_author.name.label("last_author"),
            last_author.slug.label("last_author_slug"), last_author.colour.label("last_author_colour"),
            last_author.picture.label("last_author_picture"),
        )
        .join(author, author.id == Topic.author_id)
        .outerjoin(last, last.id == Topic.last_post_id)
        .outerjoin(last_author, last_author.id == last.author_id)
    )  # fmt: skip


def asked_by(viewer: Viewer) -> Select[Any]:
    """The rows of a list; for a member with what is unread, where `complete` could not tell."""
    rows = _rows()
    if viewer.guest or news.all_known(viewer):
        return rows
    return reading.joined(rows, viewer.id).add_columns(reading.unread(viewer).label("unread"))


def read(query: Select[Any]) -> list[TopicRow]:
    """The rows of a query. One query."""
    found = session().execute(query)
    names = tuple(found.keys())
    return [TopicRow(**dict(zip(names, row, strict=True))) for row in found]


def complete(viewer: Viewer, rows: Sequence[TopicRow]) -> None:
    """Gives the rows of a list their tags, and says which are unread. One query, none for no rows."""
    found = tags.of_topics(row.id for row in rows)
    for row in rows:
        row.tags = found.get(row.id, [])
    if not viewer.guest and news.all_known(viewer):
        unread = {each.id for each in news.fresh(viewer)}
        for row in rows:
            row.unread = row.id in unread
