"""Authored: what a person wrote, as his own page lists it, and what he voted for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, literal, select, union_all

from core.db import session
from core.pages import Page, beyond, decode, encode
from forum import permissions
from forum.viewers import Viewer
from models import Post, Topic, User, Vote

_SHOWN, _BEST, _LATEST = 20, 3, 6


@dataclass(slots=True)
class AuthoredRow:
    """A post in a list of somebody's posts."""

    id: int
    topic_id: int
    title: str
    number: int
    html: str
    created_at: datetime
    score: int
    downs: int
    author: str = ""  # where they are not all by one person
    author_slug: str = ""
    voted_at: datetime | None = None


_COLUMNS = (Post.id, Post.topic_id, Topic.title, Post.number, Post.html, Post.created_at, Post.score, Post.downs)


def by_author(
    viewer: Viewer, author_id: int, category_ids: Sequence[int], before_id: int | None = None
) -> tuple[list[AuthoredRow], int | None]:
    """Up to 20 posts of a person that the viewer may read, newest first, and where the next 20 begin."""
    query = _readable(viewer, category_ids).where(Post.author_id == author_id).order_by(Post.id.desc())
    if before_id is not None:
        query = query.where(Post.id < before_id)
    rows = _read(query.limit(_SHOWN + 1))
    return rows[:_SHOWN], rows[_SHOWN - 1].id if len(rows) > _SHOWN else None


def overview(
    viewer: Viewer, author_id: int, category_ids: Sequence[int]
) -> tuple[list[AuthoredRow], list[AuthoredRow]]:
    """The three best posts of a person, and the six newest, as far as the viewer may read them. One query."""
    mine = _readable(viewer, category_ids).where(Post.author_id == author_id)
    liked = mine.add_columns(literal(0).label("part")).where(Post.score > 0)
    liked = liked.order_by(Post.score.desc(), Post.id.desc()).limit(_BEST)
    newest = mine.add_columns(literal(1).label("part")).order_by(Post.id.desc()).limit(_LATEST)
    both = union_all(select(liked.subquery()), select(newest.subquery())).subquery()
    parts: tuple[list[AuthoredRow], list[AuthoredRow]] = ([], [])
    for *columns, part in session().execute(select(both)):
        parts[part].append(AuthoredRow(*columns))
    liked_rows, newest_rows = parts
    liked_rows.sort(key=lambda row: (-row.score, -row.id))
    return liked_rows, sorted(newest_rows, key=lambda row: -row.id)


def best(viewer: Viewer, author_id: int, category_ids: Sequence[int], cursor: str = "") -> Page[AuthoredRow]:
    """A page of the posts of a person that others like, most votes first. Raises BadCursor."""
    query = _readable(viewer, category_ids).where(Post.author_id == author_id, Post.score > 0)
    return _by_figure(query, Post.score, "score", cursor)


def controversial(viewer: Viewer, author_id: int, category_ids: Sequence[int], cursor: str = "") -> Page[AuthoredRow]:
    """A page of the posts of a person that some voted down, those first that most did. Raises BadCursor."""
    query = _readable(viewer, category_ids).where(Post.author_id == author_id, Post.downs > 0)
    return _by_figure(query, Post.downs, "downs", cursor)


def voted(viewer: Viewer, value: int, category_ids: Sequence[int], cursor: str = "") -> Page[AuthoredRow]:
    """A page of the posts that the viewer voted up (1) or down (-1) and may still read, the latest vote first."""
    query = (
        _readable(viewer, category_ids)
        .join(Vote, Vote.post_id == Post.id)
        .join(User, User.id == Post.author_id)
        .add_columns(User.name, User.slug, Vote.created_at)
        .where(Vote.user_id == viewer.id, Vote.value == value)
        .order_by(Vote.created_at.desc(), Vote.post_id.desc())
    )
    if cursor:
        at, last = decode(cursor, datetime, int)
        same = (Vote.created_at == at) & (Vote.post_id < last)
        rows = beyond(_read, query, same, Vote.created_at < at, _SHOWN + 1)
    else:
        rows = _read(query.limit(_SHOWN + 1))
    more = len(rows) > _SHOWN
    following = encode(rows[_SHOWN - 1].voted_at, rows[_SHOWN - 1].id) if more else None
    return Page(rows[:_SHOWN], 1 if not cursor else None, following)


def _readable(viewer: Viewer, category_ids: Sequence[int]) -> Any:
    shown = permissions.visible_posts(viewer, category_ids)
    query = select(*_COLUMNS).select_from(Post).join(Topic, Topic.id == Post.topic_id)
    return query.where(Post.deleted_at.is_(None), shown)


def _by_figure(query: Select[Any], column: Any, name: str, cursor: str) -> Page[AuthoredRow]:
    query = query.order_by(column.desc(), Post.id.desc())
    if cursor:
        value, last = decode(cursor, int, int)
        rows = beyond(_read, query, (column == value) & (Post.id < last), column < value, _SHOWN + 1)
    else:
        rows = _read(query.limit(_SHOWN + 1))
    following = encode(getattr(rows[_SHOWN - 1], name), rows[_SHOWN - 1].id) if len(rows) > _SHOWN else None
    return Page(rows[:_SHOWN], 1 if not cursor else None, following)


def _read(query: Select[Any]) -> list[AuthoredRow]:
    return [AuthoredRow(*row) for row in session().execute(query)]
