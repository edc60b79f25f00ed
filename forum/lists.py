"""Lists over all categories: recent, popular, top, and the topics of a tag."""

from datetime import datetime, timedelta

from sqlalchemy import select

from core import clock
from core.i18n import gettext as _
from core.pages import Page
from forum import categories, reading, topics
from forum.refusals import Missing
from forum.topic_rows import TopicRow
from forum.viewers import Viewer
from models import ReadTopic, TopicFollow

TERMS: dict[str, timedelta | None] = {
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
    "alltime": None,
}


def since(term: str) -> datetime | None:
    """The minute in which a term begins; None for all time."""
    span = TERMS[term]
    return clock.present().replace(second=0, microsecond=0) - span if span else None


def recent(viewer: Viewer, *, term: str, category_id: int | None, number: int, cursor: str) -> Page[TopicRow]:
    """Topics by their last post."""
    return _of(viewer, "recently_replied", term, category_id, number, cursor)


def popular(viewer: Viewer, *, term: str, category_id: int | None, number: int, cursor: str) -> Page[TopicRow]:
    """Topics begun in the term, by their number of posts."""
    return _of(viewer, "most_posts", term, category_id, number, cursor)


def top(viewer: Viewer, *, term: str, category_id: int | None, number: int, cursor: str) -> Page[TopicRow]:
    """Topics begun in the term, by their votes."""
    return _of(viewer, "most_votes", term, category_id, number, cursor)


def new_since(viewer: Viewer, sort: str, moment: datetime) -> Page[TopicRow]:
    """The first page of the topics begun since a moment (or answered, where they are sorted by that)."""
    ids = reading.without_ignored(viewer, categories.visible_ids(viewer))
    return topics.listed(viewer, column=topics.SORTS[sort], category_ids=ids, since=moment)


def tagged(viewer: Viewer, tag: str, *, number: int, cursor: str) -> Page[TopicRow]:
    """The topics that carry a tag, by their last post. Raises Missing when there are none and he does not follow it."""
    page = topics.listed(
        viewer,
        column=topics.SORTS[topics.DEFAULT_SORT],
        category_ids=categories.visible_ids(viewer),
        tag=tag,
        number=number,
        cursor=cursor,
    )
    if not page.rows and not cursor and tag not in reading.of(viewer).tags:
        raise Missing(_("No topic that you may read has this tag."))
    return page


AUTHORED = ("recently_created", "recently_replied", "most_votes", "most_posts", "most_views")
"""The orders of what somebody began."""
FOUND = ("watched", "ignored", "read")
"""What a member finds again on pages of his own."""


def by_author(viewer: Viewer, author_id: int, sort: str, *, number: int, cursor: str) -> Page[TopicRow]:
    """The topics that a person began, in an order. Raises BadCursor."""
    return topics.listed(
        viewer,
        column=topics.SORTS[sort],
        category_ids=categories.visible_ids(viewer),
        author_id=author_id,
        number=number,
        cursor=cursor,
    )


def found_again(viewer: Viewer, what: str, *, number: int, cursor: str) -> Page[TopicRow]:
    """The topics that a member watches, ignores, or has opened, by their last post. Raises BadCursor."""
    if what == "read":
        mine = select(ReadTopic.topic_id).where(ReadTopic.user_id == viewer.id)
    else:
        state = {"watched": "watch", "ignored": "ignore"}[what]
        mine = select(TopicFollow.topic_id).where(TopicFollow.user_id == viewer.id, TopicFollow.state == state)
    return topics.listed(
        viewer,
        column=topics.SORTS[topics.DEFAULT_SORT],
        category_ids=categories.visible_ids(viewer),
        among=mine,
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
