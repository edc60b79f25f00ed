"""Lists over all categories: recent, popular, top, and the topics of a tag."""

from datetime import datetime, timedelta

from core import clock
from core.pages import Page
from forum import categories, reading, topics
from forum.topic_rows import TopicRow
from forum.viewers import Viewer

TERMS: dict[str, timedelta | None] = {
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
    "alltime": None,
}


def since(term: str) -> datetime | None:
    """The moment at which a term begins; None for all time."""
    span = TERMS[term]
    return clock.now() - span if span else None


def recent(viewer: Viewer, *, term: str, category_id: int | None, number: int, cursor: str) -> Page[TopicRow]:
    """Topics by their last post."""
    return _of(viewer, "recently_replied", term, category_id, number, cursor)


def popular(viewer: Viewer, *, term: str, category_id: int | None, number: int, cursor: str) -> Page[TopicRow]:
    """Topics begun in the term, by their number of posts."""
    return _of(viewer, "most_posts", term, category_id, number, cursor)


def top(viewer: Viewer, *, term: str, category_id: int | None, number: int, cursor: str) -> Page[TopicRow]:
    """Topics begun in the term, by their votes."""
    return _of(viewer, "most_votes", term, category_id, number, cursor)


def tagged(viewer: Viewer, tag: str, *, number: int, cursor: str) -> Page[TopicRow]:
    """The topics that carry a tag, by their last post."""
    return topics.listed(
        viewer,
        column=topics.SORTS[topics.DEFAULT_SORT],
        category_ids=categories.visible_ids(viewer),
        tag=tag,
        number=number,
        cursor=cursor,
    )


def by_author(viewer: Viewer, author_id: int, *, number: int, cursor: str) -> Page[TopicRow]:
    """The topics that a person began, newest first."""
    return topics.listed(
        viewer,
        column=topics.SORTS["recently_created"],
        category_ids=categories.visible_ids(viewer),
        author_id=author_id,
        number=number,
        cursor=cursor,
    )


def _of(viewer: Viewer, sort: str, term: str, category_id: int | None, number: int, cursor: str) -> Page[TopicRow]:
    ids = categories.visible_ids(viewer)
    if category_id is not None:
        below = {place.id for place in categories.get(viewer, category_id).below()}
        ids = [key for key in ids if key in below]
    else:
        ids = reading.without_ignored(viewer, ids)
    return topics.listed(
        viewer, column=topics.SORTS[sort], category_ids=ids, since=since(term), number=number, cursor=cursor
    )
