"""Unread: what is new for a reader, counted exactly up to 99 and listed, and where to begin reading."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, union_all

from core.db import session
from core.pages import Page, decode, encode
from forum import categories, posting, reading, topics
from forum.categories import Node
from forum.posts import Stream
from forum.topics import TopicPage, TopicRow
from forum.viewers import Viewer
from models import Category, Post, ReadMark, ReadTopic, Topic, TopicFollow

FILTERS = ("all", "new", "watched", "unreplied")
MOST = 100
"""So many unread topics are counted; whoever has more is told "99+"."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """An unread topic, as far as counting is concerned."""

    id: int
    category_id: int
    last_post_at: datetime
    new: bool  # never opened
    watched: bool
    unreplied: bool


def fresh(viewer: Viewer) -> Sequence[Fresh]:
    """Up to 100 unread topics of a reader; fewer are all there are. One query a request, none for a guest."""
    if viewer.guest:
        return ()
    reader, held = reading.of(viewer), reading.held(viewer)
    info, key = session().info, ("fresh", viewer.id)
    known = info.get(key)
    if known is None or known[0] is not reader or known[1] != held:  # something was written or read since
        known = info[key] = (reader, dict(held), _fresh(viewer))
    found: Sequence[Fresh] = known[2]
    return found


def badge(viewer: Viewer) -> int:
    """How many topics are unread; 100 stands for any number above 99."""
    return len(fresh(viewer))


def counts(viewer: Viewer) -> dict[str, int]:
    """How many unread topics each filter leaves; 100 stands for any number above 99."""
    found = fresh(viewer)
    if len(found) < MOST:
        return {name: sum(_kept(name, each) for each in found) for name in FILTERS}
    return {name: MOST if name == "all" else len(_fresh(viewer, name)) for name in FILTERS}


def places(viewer: Viewer) -> frozenset[int]:
    """The categories in which something is unread."""
    found = fresh(viewer)
    if len(found) < MOST:
        return frozenset(each.category_id for each in found)
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
    found = fresh(viewer)
    if len(found) >= MOST:
        visible = categories.visible_ids(viewer)
        condition = and_(reading.unread(viewer), Topic.category_id.in_(visible), _condition(viewer, only))
        query = topics.rows_for(viewer).where(condition)
        page = topics.paged(query, topics.SORTS[topics.DEFAULT_SORT], number=number, cursor=cursor)
        topics.fill_tags(page.rows)
        return page
    kept = sorted((each for each in found if _kept(only, each)), key=_order, reverse=True)
    size = topics.settings.per_page
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
    begin = (stream.page - 1) * posting.settings.per_page
    if not begin <= since < begin + posting.settings.per_page:
        return None
    return next((row.number for row in stream.rows if row.number > since and row.author_id != viewer.id), None)


def _rows(viewer: Viewer, topic_ids: Sequence[int]) -> list[TopicRow]:
    """Topics in this order."""
    if not topic_ids:
        return []
    query = topics.rows_for(viewer).where(Topic.id.in_(topic_ids))
    found = {row.id: TopicRow(**row._mapping) for row in session().execute(query)}
    rows = [found[key] for key in topic_ids if key in found]
    topics.fill_tags(rows)
    return rows


def _order(each: Fresh) -> tuple[datetime, int]:
    return each.last_post_at, each.id


def _kept(only: str, each: Fresh) -> bool:
    return {"all": True, "new": each.new, "watched": each.watched, "unreplied": each.unreplied}[only]


def _condition(viewer: Viewer, only: str) -> ColumnElement[bool]:
    never_opened = (func.coalesce(reading.position(viewer), 0) == 0) & (Topic.created_at > reading.mark(viewer))
    conditions: dict[str, ColumnElement[bool]] = {
        "all": Topic.id.is_not(None),
        "new": never_opened,
        "watched": func.coalesce(TopicFollow.state, "") == "watch",
        "unreplied": Topic.posts <= 1,
    }
    return conditions[only]


def _fresh(viewer: Viewer, only: str = "all") -> list[Fresh]:
    """Looks where something can be unread, and nowhere else, so that the cost does not grow with the site."""
    shown = and_(Topic.deleted_at.is_(None), ~Topic.scheduled, reading.has_news(viewer), _condition(viewer, only))
    query = union_all(*(branch.where(shown) for branch in _branches(viewer))).limit(MOST)
    return [Fresh(*row) for row in session().execute(query)]


def _branches(viewer: Viewer) -> list[Select[Any]]:
    """Topics of tracked categories with posts after the mark; topics read apart from it; watched topics elsewhere."""
    visible = categories.visible_ids(viewer)
    tracked = reading.tracked(viewer, visible)
    elsewhere = sorted(set(visible) - set(tracked))
    mine = (ReadTopic.topic_id == Topic.id) & (ReadTopic.user_id == viewer.id)
    followed = (TopicFollow.topic_id == Topic.id) & (TopicFollow.user_id == viewer.id)
    marked = (ReadMark.category_id == Topic.category_id) & (ReadMark.user_id == viewer.id)
    after = Topic.last_post_at > reading.mark(viewer)
    rows = select(*_columns(viewer))
    by_place = (
        rows.select_from(Category)
        .outerjoin(ReadMark, (ReadMark.category_id == Category.id) & (ReadMark.user_id == viewer.id))
        .join(Topic, (Topic.category_id == Category.id) & after)
        .outerjoin(ReadTopic, mine)
        .outerjoin(TopicFollow, followed)
        .where(Category.id.in_(tracked), reading.not_ignored())
    )
    apart = rows.select_from(ReadTopic).join(Topic, mine).outerjoin(TopicFollow, followed).outerjoin(ReadMark, marked)
    apart = apart.where(ReadTopic.user_id == viewer.id, ~after, reading.wanted(viewer, visible))
    if not elsewhere:
        return [by_place, apart]
    watched = rows.select_from(TopicFollow).join(Topic, followed).outerjoin(ReadTopic, mine).outerjoin(ReadMark, marked)
    chosen = (TopicFollow.user_id == viewer.id) & (TopicFollow.state == "watch")
    return [by_place, apart, watched.where(chosen, Topic.category_id.in_(elsewhere), after)]


def _columns(viewer: Viewer) -> list[ColumnElement[Any]]:
    flags = [or_(_condition(viewer, name)).label(name) for name in FILTERS[1:]]
    return [Topic.id.expression, Topic.category_id.expression, Topic.last_post_at.expression, *flags]
