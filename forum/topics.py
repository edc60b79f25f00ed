"""Topics: their pages, the rows of every list of topics, and how one begins."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache as memo
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from core import cache, clock, tally
from core.changes import of_member, of_reader, of_topic
from core.db import Moment, session, writing
from core.events import emit
from core.i18n import gettext as _
from core.i18n import ngettext
from core.pages import DEEPEST_PAGE, Page, beyond, decode, encode
from core.settings import Int, declare
from forum import (
    categories,
    counting,
    following,
    page_sizes,
    permissions,
    posting,
    reading,
    tag_rules,
    tags,
    tombstones,
    topic_rows,
)
from forum.privileges import rights
from forum.refusals import Forbidden, Invalid, Missing, Moved
from forum.slugs import slugify
from forum.topic_rows import Placed, TopicRow
from forum.viewers import Viewer
from models import Post, Tag, Topic, TopicFollow, TopicTag, User

settings = declare(
    "topics",
    title_min=Int(3, "Shortest title", low=1, high=255),
    title_max=Int(255, "Longest title", low=10, high=255),
    per_page=Int(20, "Topics on a page", low=5, high=100),
    per_page_most=Int(50, "Most topics on a page that a member may choose", low=5, high=100),
    view_again_minutes=Int(60, "Minutes until the same reader counts as another view", low=1),
)

SORTS: dict[str, InstrumentedAttribute[Any]] = {
    "recently_replied": Topic.last_post_at,
    "recently_created": Topic.created_at,
    "most_posts": Topic.posts,
    "most_votes": Topic.votes,
    "most_views": Topic.views,
}
_FEW = 4000
"""As many topics are sorted at about the cost of walking along an index of a million until a page is found."""
DEFAULT_SORT = "recently_replied"


@dataclass(frozen=True)
class TopicCreated:
    """A topic was published."""

    topic_id: int


@dataclass(slots=True)
class TopicPage(Placed):
    """A topic as its own page shows it."""

    id: int
    category_id: int
    author_id: int
    title: str
    slug: str
    created_at: datetime
    published_at: datetime
    scheduled: bool
    last_number: int
    posts: int
    posters: int
    votes: int
    views: int
    watchers: int
    events: int
    first_post_id: int | None
    last_post_id: int | None
    last_post_at: datetime
    locked_at: datetime | None
    pinned_at: datetime | None
    pinned_until: datetime | None
    moved_from_id: int | None
    merged_into_id: int | None
    moved_at: datetime | None
    deleted_at: datetime | None
    deleted_by_id: int | None
    deleted_reason: str
    deleted_by: str | None
    excerpt: str | None
    follow_state: str | None = None  # what the viewer chose for it
    read_number: int = 0  # up to here he has read it
    news: bool = False  # somebody wrote what he has not read
    tags: list[str] = field(default_factory=list)

    @property
    def everybodys(self) -> "TopicPage":
        """The same without what is one reader's own, for parts that are the same for many."""
        return replace(self, follow_state=None, read_number=0, news=False)


def get(viewer: Viewer, topic_id: int) -> TopicPage:
    """A topic that the viewer may open, with its tags. Raises Missing, Gone or Forbidden. One query."""
    row = _row(viewer, topic_id)
    if row is None:
        tombstones.refuse("topic", topic_id)
    if row.merged_into_id:
        raise Moved(_("This topic was merged into another."), f"/topic/{row.merged_into_id}")
    permissions.require(permissions.read_topic(viewer, row))
    topic = TopicPage(**row._mapping)
    topic.tags = sorted(filter(None, row.tags.split(",")))
    return topic


def _row(viewer: Viewer, topic_id: int) -> Any:
    """A topic and how far a member has read it, from the last time he asked if nothing has changed for him since."""
    known = {} if viewer.guest else reading.known_of(viewer, topic_id)

    def load() -> Any:
        return session().execute(_page(viewer.guest), {"topic_id": topic_id, **known}).one_or_none()

    if viewer.guest:  # whose pages are kept whole
        return load()
    minute = int(clock.present().timestamp()) // 60  # for so long counts of views may lag
    stands_on = ("site", of_topic(topic_id), "viewers", "readers", of_member(viewer.id), of_reader(viewer.id))
    return cache.keep_one_of("topic", (topic_id, viewer.id, known["held"], minute), load, *stands_on)


def in_category(
    viewer: Viewer,
    category_id: int,
    *,
    sort: str = DEFAULT_SORT,
    tag: str = "",
    number: int = 1,
    cursor: str = "",
) -> tuple[Sequence[TopicRow], Page[TopicRow]]:
    """A category's pinned topics (on the first page only) and a page of the others. Raises BadCursor."""
    sight, size = _sight(viewer, [category_id]), page_size(viewer)

    def load() -> topic_rows.Pages:
        rows, present = _tagged(topic_rows.everybodys().where(permissions.topics_in(sight)), tag), clock.present()
        floating = Topic.pinned_at.is_(None) | (Topic.pinned_until <= present)
        standing = Topic.pinned_until.is_(None) | (Topic.pinned_until > present)
        pinned: list[TopicRow] = []
        if number == 1 and not cursor:
            query = rows.where(Topic.pinned_at.is_not(None), standing)
            pinned = topic_rows.read(query.order_by(Topic.pinned_at.desc(), Topic.id.desc()).limit(50))
        return Page(pinned), paged(rows.where(floating), SORTS[sort], size, number=number, cursor=cursor)

    key = ("category", sight, sort, tag, number, cursor, size)
    pinned, page = topic_rows.kept(viewer, key, load)
    return pinned.rows, page


def page_size(viewer: Viewer) -> int:
    """How many topics a page of a list holds for a viewer."""
    return page_sizes.of(viewer, "topics_per_page", settings.per_page, settings.per_page_most)


def paged(
    query: Select[Any],
    column: InstrumentedAttribute[Any],
    size: int,
    *,
    number: int = 1,
    cursor: str = "",
    few: bool = False,
) -> Page[TopicRow]:
    """A page of so many topics of a list, newest (or most) first. The rows are not complete.

    `few` says that another condition leaves only some thousand: they are sorted, not looked for along the column.
    Raises BadCursor, and Missing for a page deeper than numbers reach.
    """
    if number > DEEPEST_PAGE:
        raise Missing(_("Page numbers end at %(last)s. “Further on” there leads to the rest.", last=DEEPEST_PAGE))
    order = column + 0 if few else column  # the planner takes no index for a sum
    query = query.order_by(order.desc(), Topic.id.desc())
    if cursor:
        kind = datetime if isinstance(column.type, Moment) else int
        value, last_id = decode(cursor, kind, int)
        rows = beyond(topic_rows.read, query, (order == value) & (Topic.id < last_id), order < value, size + 1)
    else:
        rows = topic_rows.read(query.limit(size + 1).offset((number - 1) * size))
    following = None
    if len(rows) > size:
        rows = rows[:size]
        following = encode(getattr(rows[-1], column.key or ""), rows[-1].id)
    return Page(rows, None if cursor else number, following)


def listed(
    viewer: Viewer,
    *,
    column: InstrumentedAttribute[Any],
    category_ids: Sequence[int],
    since: datetime | None = None,
    tag: str = "",
    author_id: int | None = None,
    among: Select[Any] | None = None,
    number: int = 1,
    cursor: str = "",
) -> Page[TopicRow]:
    """A page of the topics of many categories, or of those `among` them whose ids a query finds. Raises BadCursor."""
    sight, size = _sight(viewer, category_ids), page_size(viewer)

    def load() -> topic_rows.Pages:
        query, few = topic_rows.everybodys().where(permissions.topics_in(sight)), False
        if since is not None:
            by_time = column is SORTS[DEFAULT_SORT]
            query = query.where((Topic.last_post_at if by_time else Topic.created_at) >= since)
            few = not by_time and _few_since(since)
        if author_id is not None:
            query = query.where(Topic.author_id == author_id)
        if among is not None:
            query = query.where(Topic.id.in_(among))
        return (paged(_tagged(query, tag), column, size, number=number, cursor=cursor, few=few),)

    if among is not None:  # a query is no key
        (page,) = load()
        topic_rows.complete(viewer, page.rows)
        return page
    key = ("listed", sight, column.key, since, tag, author_id, number, cursor, size)
    (page,) = topic_rows.kept(viewer, key, load)
    return page


def _sight(viewer: Viewer, category_ids: Sequence[int]) -> permissions.Sight:
    """What a viewer sees, the same for all with the same rights unless he has topics that they do not see."""
    found = permissions.sight(viewer, category_ids)
    return found if viewer.hides else found._replace(own=0)


def _few_since(moment: datetime) -> bool:
    """Whether sorting all topics since a moment costs less than walking along those with the most posts or votes."""
    one_more = select(Topic.id).where(Topic.created_at >= moment).offset(_FEW).limit(1)
    return session().scalar(one_more.order_by(Topic.created_at)) is None


def seen(topic_id: int, reader: str) -> None:
    """Counts a view, once an hour for the same reader (a name for a member or a guest's connection)."""
    tally.count("topic.views", topic_id, once_per=settings.view_again_minutes * 60, by=reader)


def create(
    author: Viewer,
    category: categories.Place,
    title: str,
    body: str,
    tag_line: str = "",
    *,
    send_key: str | None = None,
    publish_at: datetime | None = None,
) -> Topic:
    """Starts a topic; the same `send_key` again gives the topic of the first time. Raises Forbidden, Invalid."""
    permissions.require(permissions.create_topic(author, category.id))
    if category.section or category.link:
        raise Forbidden(_("Topics cannot be started in this category."))
    sent = posting.sent_before(author, send_key)
    if sent is not None:
        return session().get_one(Topic, sent.topic_id)
    title = check_title(title)
    source = posting.check_body(body)
    words = tag_rules.chosen(author, category.id, tag_line)
    present = clock.now()
    scheduled = publish_at is not None and publish_at > present
    if scheduled and "topics:schedule" not in rights(author, category.id):
        raise Invalid("publish_at", _("You may not schedule topics in this category."))
    topic = Topic(
        id=tombstones.fresh_id("topic"),
        category_id=category.id, author_id=author.id, title=title, slug=slugify(title, "topic"), created_at=present,
        published_at=publish_at or present, last_post_at=publish_at or present, scheduled=scheduled,
    )  # fmt: skip
    session().add(topic)
    session().flush()
    posting.add(author, topic, source, send_key=send_key)
    tags.put(topic.id, words)
    following.follow_started(author, topic.id)
    reading.wrote(author, topic.id, 1)
    if not scheduled:
        counting.topic_in(topic, 1)
        emit(TopicCreated(topic.id))
    return topic


def check_title(title: str) -> str:
    """A title without needless spaces. Raises Invalid."""
    title = " ".join(title.split())
    if "\x00" in title:
        raise Invalid("title", _("The title has a character in it that cannot be kept (NUL)."))
    if len(title) < settings.title_min:
        raise Invalid(
            "title",
            ngettext(
                "A title has at least %(num)s letter.",
                "A title has at least %(num)s letters.",
                settings.title_min,
            ),
        )
    if len(title) > settings.title_max:
        raise Invalid(
            "title",
            _(
                "A title has at most %(most)s letters; this one has %(length)s.",
                most=settings.title_max,
                length=len(title),
            ),
        )
    return title


def publish_due() -> None:
    """Publishes the scheduled topics whose time has come, and counts them in. A recurring job."""
    with writing() as current:
        due = current.scalars(
            select(Topic)
            .where(Topic.scheduled, Topic.published_at <= clock.now(), Topic.deleted_at.is_(None))
            .limit(100)
        )
        for topic in due.all():
            topic.scheduled = False
            topic.created_at = topic.last_post_at = topic.published_at
            counting.find_newest(topic)
            current.flush()
            counting.topic_in(topic, 1)
            emit(TopicCreated(topic.id))


@memo
def _page(guest: bool) -> Select[Any]:
    deleter, first = aliased(User), aliased(Post)
    names = [name for name in TopicPage.__slots__ if hasattr(Topic, name) and name != "last_number"]
    # The highest that is still there, not the last that was given out: behind it stands nothing to read.
    tagged = select(func.aggregate_strings(Tag.name, ",")).join(TopicTag, TopicTag.tag_id == Tag.id)
    words = tagged.where(TopicTag.topic_id == Topic.id).correlate(Topic).scalar_subquery()
    highest = select(func.max(Post.number)).where(Post.topic_id == Topic.id).correlate(Topic).scalar_subquery()
    query = (
        select(*[getattr(Topic, name) for name in names], deleter.name.label("deleted_by"), first.excerpt)
        .add_columns(func.coalesce(highest, 0).label("last_number"), func.coalesce(words, "").label("tags"))
        .outerjoin(deleter, deleter.id == Topic.deleted_by_id)
        .outerjoin(first, first.id == Topic.first_post_id)
        .where(Topic.id == bindparam("topic_id"))
    )
    if guest:
        return query
    return reading.joined(query, bindparam("reader")).add_columns(
        TopicFollow.state.label("follow_state"), *reading.of_one_topic()
    )


def _tagged(query: Select[Any], tag: str) -> Select[Any]:
    if not tag:
        return query
    carrying = select(TopicTag.topic_id).join(Tag, Tag.id == TopicTag.tag_id).where(Tag.name == tag)
    return query.where(Topic.id.in_(carrying))
