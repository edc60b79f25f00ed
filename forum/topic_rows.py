"""Rows of lists of topics: what everybody sees of them, and what is unread for one reader."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache as memo
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from core import cache, clock
from core.db import session
from core.pages import Page
from core.shared import Shared
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


Pages = tuple[Page[TopicRow], ...]

_LAGS = 60
"""Seconds for which counts of views may lag, and what time alone puts into a list or takes out of it."""


def kept(viewer: Viewer, key: Hashable, load: Callable[[], Pages]) -> Pages:
    """Lists of topics as `load` reads them for everybody to whom the key applies, marked for the viewer.

    They are read again when anything changed. (Shared, with everybody for whom the same topics are unread.)
    """
    place = (key, int(clock.present().timestamp()) // _LAGS)
    pages = cache.keep_one_of("topics", place, lambda: _read(load), "all", size=_size)
    unread = frozenset(_unread(viewer, [row.id for page in pages for row in page.rows]))
    if not unread:
        return pages
    return cache.keep_one_of("topics marked", (place, unread), lambda: _marked(pages, unread), "all", size=_size)


def _read(load: Callable[[], Pages]) -> Pages:
    pages = load()
    _give_tags([row for page in pages for row in page.rows])
    return tuple([replace(page, rows=Shared(page.rows)) for page in pages])


def _marked(pages: Pages, unread: frozenset[int]) -> Pages:
    return tuple(
        [
            replace(page, rows=Shared(replace(row, unread=True) if row.id in unread else row for row in page.rows))
            for page in pages
        ]
    )


def _size(pages: Pages) -> int:
    return 1000 + sum(1500 * len(page.rows) for page in pages)


@memo
def everybodys() -> Select[Any]:
    """What everybody sees, in the order of the row's fields; made once, for making the aliases costs more than asking."""
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


def read(query: Select[Any]) -> list[TopicRow]:
    """The rows of a query. One query."""
    return [TopicRow(*row) for row in session().execute(query)]


def complete(viewer: Viewer, rows: Sequence[TopicRow]) -> None:
    """Gives the rows of a list their tags, and says which are unread. Two queries at most, none for no rows."""
    _give_tags(rows)
    unread = _unread(viewer, [row.id for row in rows])
    for row in rows:
        row.unread = row.id in unread


def _give_tags(rows: Sequence[TopicRow]) -> None:
    found = tags.of_topics(row.id for row in rows)
    for row in rows:
        row.tags = found.get(row.id, [])


def _unread(viewer: Viewer, topic_ids: Sequence[int]) -> set[int]:
    """Those of some topics that are unread. No query for who has few unread topics."""
    if viewer.guest or not topic_ids:
        return set()
    found = news.fresh(viewer)
    if len(found) < news.MOST:  # there is no other
        return {each.id for each in found}.intersection(topic_ids)
    query = reading.joined(select(Topic.id), viewer.id)
    return set(session().scalars(query.where(Topic.id.in_(topic_ids), reading.unread(viewer))))
