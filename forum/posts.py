"""Posts: the stream of a topic in three orders, replies, and what a reader asks of one post."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, select, update

from core.db import session
from core.events import emit
from core.i18n import gettext as _
from core.pages import DEEPEST_PAGE, BadCursor, beyond, decode, encode
from forum import categories, following, permissions, post_rows, posting, reading, timeline, tombstones
from forum.faces import Face
from forum.post_rows import PostRow
from forum.refusals import Invalid, Missing
from forum.topics import TopicPage
from forum.viewers import Viewer
from models import Post, Topic, User, Vote

SORTS = ("oldest_to_newest", "newest_to_oldest", "most_votes")
DEFAULT_SORT = SORTS[0]


@dataclass(frozen=True)
class PostCreated:
    """A reply was written."""

    post_id: int


@dataclass(slots=True)
class Stream:
    """Some posts of a topic, and the addresses' parts of what comes before and after."""

    rows: Sequence[PostRow]
    sort: str
    page: int
    pages: int
    earlier: dict[str, str] | None  # query of the stretch before; None: nothing before
    later: dict[str, str] | None
    target: int | None = None  # the number that was asked for
    marks: dict[int, list[timeline.Mark]] = field(default_factory=dict)  # what was done after which of the posts


def stream(
    viewer: Viewer,
    topic: TopicPage,
    *,
    sort: str = DEFAULT_SORT,
    page: int = 1,
    number: int | None = None,
    cursor: str = "",
) -> Stream:
    """A stretch of a topic: a page, or the one that holds a post's number, at the same cost at any depth.

    In the orders other than the oldest first, the first post leads the first page. Raises BadCursor, and Missing for
    a page behind the last.
    """
    size, last = posting.page_size(viewer), max(1, topic.last_number)
    number = min(max(1, number), last) if number is not None else None
    if sort == "most_votes":
        return _by_votes(viewer, topic, page, number, cursor)
    pages = -(-last // size) if sort == "oldest_to_newest" else max(1, -(-(last - 1) // size))
    if number is not None:
        page = (number - 1) // size + 1 if sort == "oldest_to_newest" else (last - number) // size + 1
        page = min(page, pages) if number > 1 else 1
    if page > pages:
        raise Missing(_("This topic has no page %(page)s.", page=f"{page:,}"))
    rows: Sequence[PostRow]
    if sort == "oldest_to_newest":
        low, high = (page - 1) * size + 1, page * size
        rows = post_rows.stretch(viewer, topic, (low, high), lambda: _between(topic, low, high, Post.number.asc()))
    else:
        high = last - (page - 1) * size
        low = max(2, high - size + 1)
        newest = post_rows.kept(topic, (high, low), lambda: _between(topic, low, high, Post.number.desc()))
        rows = [*(_first(topic) if page == 1 else ()), *newest]
        post_rows.complete(viewer, topic, rows)
    begins, ends = (page == 1, page == pages)[:: 1 if sort == "oldest_to_newest" else -1]
    marks = _marks(viewer, topic, rows, 0 if begins else low, None if ends else high)
    rows, target = _aimed(rows, number)
    return Stream(rows, sort, page, pages, *_neighbours(page, pages), target, marks)


def _between(topic: TopicPage, low: int, high: int, order: ColumnElement[int]) -> Select[Any]:
    """The posts with these numbers."""
    query = post_rows.everybodys().where(Post.topic_id == topic.id, Post.number.between(low, high)).order_by(order)
    # The limit tells PostgreSQL's planner what it cannot guess: that the range holds no more than a page.
    return query.limit(high - low + 1)


def _neighbours(page: int, pages: int) -> tuple[dict[str, str] | None, dict[str, str] | None]:
    return ({"page": str(page - 1)} if page > 1 else None, {"page": str(page + 1)} if page < pages else None)


def _marks(
    viewer: Viewer, topic: TopicPage, rows: Sequence[PostRow], low: int, high: int | None
) -> dict[int, list[timeline.Mark]]:
    """What was done to the topic while it ended with one of these posts. One query, none if nothing ever was."""
    placed: dict[int, list[timeline.Mark]] = {}
    if topic.events and rows:
        numbers = sorted(row.number for row in rows)
        for mark in timeline.between(viewer, topic.id, low, high):
            after = max((number for number in numbers if number <= mark.after_number), default=numbers[0])
            placed.setdefault(after, []).append(mark)
    return placed


def _by_votes(viewer: Viewer, topic: TopicPage, page: int, number: int | None, cursor: str) -> Stream:
    size = posting.page_size(viewer)
    pages = max(1, -(-(topic.last_number - 1) // size))
    page = 1 if cursor or number is not None else page
    if page > min(pages, DEEPEST_PAGE):
        raise Missing(_("This topic has no page %(page)s in this order.", page=f"{page:,}"))
    spans, backwards = _spans(topic, number, cursor)
    order = (Post.score, Post.number.desc()) if backwards else (Post.score.desc(), Post.number)
    # "number != 1" and not "> 1": SQLite would take the index of numbers for that, and sort the whole topic
    query = post_rows.everybodys().where(Post.topic_id == topic.id, Post.number != 1).order_by(*order)
    rows = (
        beyond(post_rows.read, query, *spans, size + 1)
        if spans
        else post_rows.read(query.limit(size + 1).offset((page - 1) * size))
    )
    more = len(rows) > size
    rows = rows[:size]
    if backwards:
        rows.reverse()
    at_start = (page == 1 and not cursor and (number is None or number == 1)) or (backwards and not more)
    earlier = later = None
    if rows:
        if not at_start and (more or not backwards):
            earlier = {"cursor": encode("before", rows[0].score, rows[0].number)}
        if more or backwards:
            later = {"cursor": encode("after", rows[-1].score, rows[-1].number)}
    if not cursor and number is None:
        earlier = {"page": str(page - 1)} if page > 1 else None
        if more and page < DEEPEST_PAGE:
            later = {"page": str(page + 1)}
    if at_start:
        rows = [*_first(topic), *rows]
    post_rows.complete(viewer, topic, rows)
    aimed, target = _aimed(rows, number)
    return Stream(aimed, "most_votes", page, pages, earlier, later, target)


def _aimed(rows: Sequence[PostRow], number: int | None) -> tuple[Sequence[PostRow], int | None]:
    """The number asked for, or where that post is gone, the one before it. Its row says so, if it is not the first."""
    if number is None:
        return rows, None
    found = max((row.number for row in rows if row.number <= number), default=1)
    if found == 1:
        return rows, found
    return [replace(row, target=True) if row.number == found else row for row in rows], found


def _spans(
    topic: TopicPage, number: int | None, cursor: str
) -> tuple[tuple[ColumnElement[bool], ColumnElement[bool]] | None, bool]:
    """Where a stretch by votes begins: the posts level with it, those past it, and whether it runs backwards."""
    if number is not None and number > 1:
        near = select(Post.score, Post.number).where(Post.topic_id == topic.id, Post.number <= number)
        at_score, number = session().execute(near.order_by(Post.number.desc()).limit(1)).one()
        return ((Post.score == at_score) & (Post.number >= number), Post.score < at_score), False
    if not cursor:
        return None, False
    direction, score, at = decode(cursor, str, int, int)
    if direction == "before":
        return ((Post.score == score) & (Post.number < at), Post.score > score), True
    if direction == "after":
        return ((Post.score == score) & (Post.number > at), Post.score < score), False
    raise BadCursor


def _first(topic: TopicPage) -> list[PostRow]:
    return post_rows.kept(topic, 1, lambda: post_rows.everybodys().where(Post.id == topic.first_post_id))


def one(viewer: Viewer, topic: TopicPage, post_id: int) -> PostRow:
    """One post of a topic, as the stream shows it. Raises Missing."""
    rows = post_rows.read(post_rows.everybodys().where(Post.id == post_id, Post.topic_id == topic.id))
    if not rows:
        raise Missing
    post_rows.complete(viewer, topic, rows)
    return rows[0]


def between(viewer: Viewer, topic: TopicPage, low: int, high: int) -> list[PostRow]:
    """The posts with these numbers, oldest first; at most 50. Two queries."""
    numbered = (Post.topic_id == topic.id) & Post.number.between(low, high)
    rows = post_rows.read(post_rows.everybodys().where(numbered).order_by(Post.number).limit(50))
    post_rows.complete(viewer, topic, rows)
    return rows


def answers(viewer: Viewer, topic: TopicPage, post_id: int) -> list[PostRow]:
    """The posts that answer a post, oldest first; at most 100."""
    known = (Post.reply_to_id == post_id) & (Post.topic_id == topic.id) & Post.deleted_at.is_(None)
    rows = post_rows.read(post_rows.everybodys().where(known).order_by(Post.number).limit(100))
    post_rows.complete(viewer, topic, rows)
    return rows


def place(post_id: int) -> tuple[int, int]:
    """The topic and the number of a post. Raises Missing, Gone."""
    row = session().execute(select(Post.topic_id, Post.number).where(Post.id == post_id)).one_or_none()
    if row is None:
        tombstones.refuse("post", post_id)
    return row.topic_id, row.number


def source(topic: TopicPage, post_id: int) -> tuple[str, str, int]:
    """What quoting needs: the author's name, the text as it was written, and the number. Raises Missing."""
    row = (
        session()
        .execute(
            select(User.name, Post.source, Post.number)
            .join(User, User.id == Post.author_id)
            .where(Post.id == post_id, Post.topic_id == topic.id, Post.deleted_at.is_(None))
        )
        .one_or_none()
    )
    if row is None:
        raise Missing
    return row.name, row.source, row.number


def voters(post_id: int) -> tuple[list[Face], list[Face]]:
    """Who voted for a post, and who against; the latest 100 of each."""
    query = (
        select(Vote.value, User.name, User.slug, User.colour, User.picture)
        .join(User, User.id == Vote.user_id)
        .where(Vote.post_id == post_id)
    )
    found: dict[int, list[Face]] = {}
    for value in (1, -1):
        rows = session().execute(query.where(Vote.value == value).order_by(Vote.created_at.desc()).limit(100))
        found[value] = [Face(row.name, row.slug, row.colour, row.picture) for row in rows]
    return found[1], found[-1]


def reply(
    author: Viewer,
    topic: TopicPage,
    body: str,
    *,
    reply_to_id: int | None = None,
    send_key: str | None = None,
) -> Post:
    """Answers in a topic; the same `send_key` again gives the post of the first time. Raises Forbidden, Invalid."""
    current = session()
    live = current.get(Topic, topic.id, with_for_update=True, populate_existing=True)
    permissions.require(permissions.reply_to(author, live) if live else permissions.HIDDEN)
    assert live is not None
    sent = posting.sent_before(author, send_key)
    if sent is not None:
        return sent
    text = posting.check_body(body)
    if reply_to_id is not None:
        answered = select(Post.id).where(Post.id == reply_to_id, Post.topic_id == topic.id)
        if current.scalar(answered) is None:
            raise Invalid("body", _("The post that you are answering is no longer in this topic."))
    post = posting.add(author, live, text, reply_to_id=reply_to_id, send_key=send_key)
    if reply_to_id is not None:
        counted = {"replies": Post.replies + 1, "last_reply_at": post.created_at}
        current.execute(update(Post).where(Post.topic_id == topic.id, Post.id == reply_to_id).values(**counted))
    if not live.scheduled:
        current.execute(update(User).where(User.id == author.id).values(posts=User.posts + 1))
        categories.count(live.category_id, posts=1)
    following.follow_answered(author, topic.id)
    if topic.read_number >= post.number - 1:
        reading.wrote(author, topic.id, post.number)
    emit(PostCreated(post.id))
    return post
