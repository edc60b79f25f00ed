"""Unread: what is new for a reader, counted exactly up to 99 and listed, and where to begin reading."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter

from sqlalchemy import ColumnElement, and_, func, select

from core.db import session
from core.pages import Page, decode, encode
from forum import categories, news, posting, reading, topic_rows, topics
from forum.categories import Node
from forum.posts import Stream
from forum.topic_rows import TopicRow
from forum.topics import TopicPage
from forum.viewers import Viewer
from models import Category, Post, Topic, TopicFollow

_order = attrgetter("last_post_at", "id")


def badge(viewer: Viewer) -> int:
    """How many topics are unread; 100 stands for any number above 99."""
    return len(news.fresh(viewer))


def counts(viewer: Viewer) -> dict[str, int]:
    """How many unread topics each filter leaves; 100 stands for any number above 99."""
    found = news.fresh(viewer)
    if len(found) < news.MOST:
        return {name: len(news.left(name, found)) for name in news.FILTERS}
    return {name: news.MOST if name == "all" else len(news.asked(viewer, name)) for name in news.FILTERS}


def places(viewer: Viewer) -> frozenset[int]:
    """The categories in which something is unread."""
    found = news.fresh(viewer)
    if len(found) < news.MOST:
        return frozenset([each.category_id for each in found])
    visible = categories.visible_ids(viewer)
    inside = select(Topic.id).where(Topic.category_id == Category.id).correlate(Category)
    condition = and_(reading.wanted(viewer, visible), reading.has_news(viewer))
    holds_one = reading.joined(inside, viewer.id).where(condition).exists()
    return frozenset(session().scalars(select(Category.id).where(Category.id.in_(visible), holds_one)))


def mark_nodes(viewer: Viewer, nodes: Iterable[Node]) -> list[Node]:
    """Tells each category of a tree whether something in it, or below it, is unread."""
    if viewer.guest:
        return list(nodes)
    marked, new = list(nodes), places(viewer)

    def walk(node: Node) -> bool:
        below = [walk(child) for child in node.children]
        node.unread = node.place.id in new or any(below)
        return node.unread

    for node in marked:
        walk(node)
    return marked


def listed(viewer: Viewer, only: str, *, number: int = 1, cursor: str = "") -> Page[TopicRow]:
    """A page of the unread topics that a filter leaves, the newest post first. Raises BadCursor, Missing."""
    found, size = news.fresh(viewer), topics.page_size(viewer)
    if len(found) >= news.MOST:
        visible = categories.visible_ids(viewer)
        condition = and_(reading.unread(viewer), Topic.category_id.in_(visible), _condition(viewer, only))
        query = reading.joined(topic_rows.everybodys(), viewer.id).where(condition)
        page = topics.paged(query, topics.SORTS[topics.DEFAULT_SORT], size, number=number, cursor=cursor)
        topic_rows.complete(viewer, page.rows)
        return page
    kept = sorted(news.left(only, found), key=_order, reverse=True)
    if cursor:
        past = tuple(decode(cursor, datetime, int))
        kept = [each for each in kept if _order(each) < past]
    else:
        kept = kept[(number - 1) * size :]
    rows = _rows(viewer, [each.id for each in kept[:size]])
    following = encode(*_order(kept[size - 1])) if len(kept) > size else None
    return Page(rows, None if cursor else number, following)


def first(viewer: Viewer, topic: TopicPage) -> int:
    """The number of the first post of a topic that a reader has not read; of the last post when he read all."""
    news = select(func.min(Post.number)).where(
        Post.topic_id == topic.id, Post.number > topic.read_number, Post.deleted_at.is_(None)
    )
    silent = reading.silent(viewer)
    return (
        session().scalar(news.where(Post.author_id.not_in(silent)))
        or session().scalar(news)
        or max(1, topic.last_number)
    )


def seen(viewer: Viewer, topic: TopicPage, stream: Stream) -> None:
    """Notes how far a member has read who is shown a stretch of a topic."""
    if viewer.guest or not stream.rows:
        return
    whole = stream.pages == 1
    if stream.sort == "most_votes" and not whole:
        return  # the best posts are no place that one has read up to
    last = whole or (stream.sort == "newest_to_oldest" and stream.page == 1) or stream.later is None
    number = topic.last_number if last else max(row.number for row in stream.rows)
    # the posts up to which he had read may have gone elsewhere: then the end is before his place, and still the end
    if number > topic.read_number or (topic.news and (last or number == topic.read_number)):
        reading.shown(viewer, topic.id, max(number, topic.read_number))


def went_on(viewer: Viewer, topic: TopicPage, after: int, number: int) -> None:
    """Notes that a member who had read a topic up to a post was shown what follows, as it came."""
    if not viewer.guest and topic.read_number >= after and number > topic.read_number:
        reading.shown(viewer, topic.id, number)


def line(viewer: Viewer, stream: Stream, since: int | None) -> int | None:
    """The number of the post over which "new since your last visit" stands, if that is in this stretch."""
    if viewer.guest or not since or stream.sort != "oldest_to_newest":
        return None
    size = posting.page_size(viewer)
    if not (stream.page - 1) * size <= since < stream.page * size:
        return None
    return next((row.number for row in stream.rows if row.number > since and row.author_id != viewer.id), None)


def _rows(viewer: Viewer, topic_ids: Sequence[int]) -> Sequence[TopicRow]:
    """Topics in this order."""
    if not topic_ids:
        return []

    def load() -> topic_rows.Pages:
        found = {row.id: row for row in topic_rows.read(topic_rows.everybodys().where(Topic.id.in_(topic_ids)))}
        return (Page([found[key] for key in topic_ids if key in found]),)

    (page,) = topic_rows.kept(viewer, ("these", tuple(topic_ids)), load)
    return page.rows


def _condition(viewer: Viewer, only: str) -> ColumnElement[bool]:
    never_opened = (func.coalesce(reading.position(viewer), 0) == 0) & (Topic.created_at > reading.mark(viewer))
    conditions: dict[str, ColumnElement[bool]] = {
        "all": Topic.id.is_not(None),
        "new": never_opened,
        "watched": func.coalesce(TopicFollow.state, "") == "watch",
        "unreplied": Topic.posts <= 1,
    }
    return conditions[only]
