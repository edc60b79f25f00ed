"""A reader's own state: what he follows, whom he blocks, how far he has read; in one query a request."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from core import cache, clock, lasting, pending, pubsub
from core.changes import of_member
from core.db import Moment, after_commit, scratch, session
from core.settings import Choice, declare
from forum import categories
from forum.viewers import Viewer
from models import Block, CategoryFollow, Post, ReadMark, ReadTopic, Tag, TagFollow, Topic, TopicFollow, User
from models.unread import EVERYWHERE

CATEGORY_STATES = ("watch", "track", "normal", "ignore")
HELD = "read"
"""Under this name positions wait for the job that writes them: reader -> topic -> number."""

_news = aliased(Post)

settings = declare(
    "following",
    category_state=Choice("track", "How members follow a category before they choose", options=CATEGORY_STATES),
)


@dataclass(slots=True)
class Reader:
    """What a reader chose for himself and how far he has read; of a guest nothing is known."""

    states: dict[int, str] = field(default_factory=dict)  # of categories, as he chose them
    blocked: frozenset[int] = frozenset()
    tags: frozenset[str] = frozenset()
    marks: dict[int, datetime] = field(default_factory=dict)  # of categories: read up to here
    everywhere: datetime = field(default_factory=clock.now)  # the mark of all others

    def mark(self, category_id: int) -> datetime:
        """Up to when everything in a category is read."""
        return self.marks.get(category_id, self.everywhere)


def of(viewer: Viewer) -> Reader:
    """The state of a reader, read again when he has changed it. One query then, none for a guest."""
    if viewer.guest:
        return Reader()
    return cache.keep_one_of("reader", viewer.id, lambda: _read(viewer.id), "site", "viewers", of_member(viewer.id))


def held(viewer: Viewer) -> dict[int, int]:
    """What a reader read a moment ago and what is not yet written: topic -> number. Asked for once per request."""
    about, key = scratch(), (HELD, viewer.id)
    if key not in about:
        about[key] = pending.of(HELD, viewer.id)
    found: dict[int, int] = about[key]
    return found


def only_written(viewer: Viewer) -> None:
    """Leaves out what is merely held from here on, for whoever is about to write that."""
    scratch()[HELD, viewer.id] = {}


def look_again(viewer: Viewer) -> None:
    """Says that what is held may have been written."""
    scratch().pop((HELD, viewer.id), None)


def category_state(viewer: Viewer, category_id: int) -> str:
    """How a reader follows a category: as he chose for it or for the nearest one above, else as the site begins."""
    chosen = of(viewer).states
    place = categories.find(category_id)
    while place is not None:
        if place.id in chosen:
            return chosen[place.id]
        place = categories.find(place.parent_id) if place.parent_id else None
    return _beginning(viewer)


def without_ignored(viewer: Viewer, category_ids: Iterable[int]) -> list[int]:
    """These categories without those that the reader ignores."""
    if viewer.guest or ("ignore" not in of(viewer).states.values() and _beginning(viewer) != "ignore"):
        return list(category_ids)
    return [key for key in category_ids if category_state(viewer, key) != "ignore"]


def _beginning(viewer: Viewer) -> str:
    """How a reader follows what he has not chosen for: as he prefers, else as the site begins."""
    preferred = viewer.preferences.get("category_state")
    return str(preferred if preferred in CATEGORY_STATES else settings.category_state)


def tracked(viewer: Viewer, category_ids: Iterable[int]) -> list[int]:
    """Those of some categories whose unread topics the reader wants to see."""
    return [key for key in category_ids if category_state(viewer, key) in ("watch", "track")]


# --- what is read, as SQL over topics ---


def joined(query: Any, reader: Any) -> Select[Any]:
    """A query of topics with what a member (his id) has read and chosen joined to it, as the conditions below need it."""
    made: Select[Any] = (
        query.outerjoin(ReadTopic, (ReadTopic.topic_id == Topic.id) & (ReadTopic.user_id == reader))
        .outerjoin(TopicFollow, (TopicFollow.topic_id == Topic.id) & (TopicFollow.user_id == reader))
        .outerjoin(ReadMark, (ReadMark.category_id == Topic.category_id) & (ReadMark.user_id == reader))
    )
    return made


def mark(viewer: Viewer) -> ColumnElement[datetime]:
    """Up to when everything in a topic's category is read."""
    return func.coalesce(ReadMark.at, literal(of(viewer).everywhere, Moment))


def position(viewer: Viewer) -> ColumnElement[Any]:
    """The number up to which a topic was read, where that is known apart from the mark; else NULL."""
    known = held(viewer)
    return case(known, value=Topic.id, else_=ReadTopic.number) if known else ReadTopic.number.expression


def read_number(viewer: Viewer) -> ColumnElement[int]:
    """The number up to which a topic is read: as he read it, or as the mark of the category says."""
    return _read_number(position(viewer), mark(viewer))


def has_news(viewer: Viewer) -> ColumnElement[bool]:
    """Whether somebody whom the reader does not block wrote something in a topic that he has not read."""
    forced = and_(func.coalesce(ReadTopic.forced, false()), Topic.id.not_in(list(held(viewer))))
    return or_(forced, _written(position(viewer), mark(viewer), silent(viewer)))


def written_down() -> tuple[ColumnElement[datetime], ColumnElement[bool]]:
    """The mark and whether there is news as far as the tables know, for a statement made once; see `terms_of`."""
    seen = func.coalesce(ReadMark.at, bindparam("everywhere", type_=Moment))
    by: BindParameter[int] = bindparam("silent", expanding=True)
    return seen, or_(func.coalesce(ReadTopic.forced, false()), _written(ReadTopic.number.expression, seen, by))


def terms_of(viewer: Viewer) -> dict[str, Any]:
    """What `written_down` must know of a reader."""
    return {"reader": viewer.id, "everywhere": of(viewer).everywhere, "silent": silent(viewer)}


def silent(viewer: Viewer) -> list[int]:
    """Those whose posts are no news to a reader: himself, and whom he blocks."""
    return [viewer.id, *sorted(of(viewer).blocked)]


def of_one_topic() -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """How far a topic is read and whether there is news, for a statement made once; `known_of` fills it in."""
    here = bindparam("held", type_=BigInteger)
    at, seen = func.coalesce(here, ReadTopic.number), func.coalesce(ReadMark.at, bindparam("everywhere", type_=Moment))
    forced = here.is_(None) & func.coalesce(ReadTopic.forced, false())
    news = or_(forced, _written(at, seen, bindparam("silent", expanding=True)))
    return _read_number(at, seen).label("read_number"), news.label("news")


def known_of(viewer: Viewer, topic_id: int) -> dict[str, Any]:
    """What `of_one_topic` must know of a reader."""
    return {"held": held(viewer).get(topic_id), **terms_of(viewer)}


def _read_number(at: ColumnElement[Any], seen: ColumnElement[datetime]) -> ColumnElement[int]:
    by_mark = (
        select(_news.number)
        .where(_news.topic_id == Topic.id, _news.created_at <= seen)
        .order_by(_news.number.desc())
        .limit(1)
        .correlate(Topic, ReadMark)
        .scalar_subquery()
    )
    return case((at.is_not(None), at), (Topic.created_at > seen, 0), else_=func.coalesce(by_mark, 0))


def _written(at: ColumnElement[Any], seen: ColumnElement[datetime], by: Any) -> ColumnElement[bool]:
    newest = (
        select(_news.id)
        .where(
            _news.topic_id == Topic.id,
            _news.number > func.coalesce(at, 0),
            _news.deleted_at.is_(None),
            _news.author_id.not_in(by),
            at.is_not(None) | (_news.created_at > seen),
        )
        .order_by(_news.number.desc())
        .limit(1)
        .correlate(Topic, ReadTopic, ReadMark)
        .scalar_subquery()
    )
    return newest.is_not(None)


def wanted(viewer: Viewer, category_ids: Iterable[int]) -> ColumnElement[bool]:
    """Whether a topic may be unread at all: in these categories watched, or tracked by category and not ignored."""
    visible = list(category_ids)
    watched = (TopicFollow.state == "watch") & Topic.category_id.in_(visible)
    tracking = not_ignored() & Topic.category_id.in_(tracked(viewer, visible))
    return and_(Topic.deleted_at.is_(None), ~Topic.scheduled, or_(watched, tracking))


def not_ignored() -> ColumnElement[bool]:
    """Whether the reader did not choose to hear nothing of a topic."""
    return TopicFollow.state.is_distinct_from("ignore")


def unread(viewer: Viewer) -> ColumnElement[bool]:
    """Whether a topic is unread: the one condition behind every mark and every count."""
    return and_(wanted(viewer, categories.visible_ids(viewer)), has_news(viewer))


# --- what reading leaves behind ---


def shown(viewer: Viewer, topic_id: int, number: int) -> None:
    """Notes that a member has seen a topic up to a post's number; written by a job, known at once."""
    lasting.fleeting()  # asked for again, the same page has nothing new
    pending.hold(HELD, viewer.id, topic_id, number)
    read: dict[int, int] | None = scratch().get((HELD, viewer.id))
    if read is not None:
        read[topic_id] = max(number, read.get(topic_id, 0))
    tell_pages(viewer.id)


def tell_pages(user_id: int) -> None:
    """Tells the pages of a reader that he read something, which no transaction says."""
    if pubsub.anybody():
        pubsub.publish([f"user-{user_id} bell {user_id}"])


def wrote(author: Viewer, topic_id: int, number: int) -> None:
    """Notes, once the transaction stands, that a member wrote a post and had read everything before it."""
    after_commit(lambda: shown(author, topic_id, number))


def _read(user_id: int) -> Reader:
    word, number, moment = cast(null(), String), cast(null(), BigInteger), cast(null(), Moment)
    rows = (
        session()
        .execute(
            union_all(
                select(literal("state"), CategoryFollow.category_id, CategoryFollow.state, moment).where(
                    CategoryFollow.user_id == user_id
                ),
                select(literal("block"), Block.person_id, word, moment).where(Block.user_id == user_id),
                select(literal("tag"), number, Tag.name, moment)
                .join(TagFollow, TagFollow.tag_id == Tag.id)
                .where(TagFollow.user_id == user_id),
                select(literal("mark"), ReadMark.category_id, word, ReadMark.at).where(ReadMark.user_id == user_id),
                select(literal("joined"), number, word, User.joined_at).where(User.id == user_id),
            )
        )
        .all()
    )
    marks = {key: at for kind, key, _, at in rows if kind == "mark"}
    joined_at = next(at for kind, _, _, at in rows if kind == "joined")
    return Reader(
        states={key: name for kind, key, name, _ in rows if kind == "state"},
        blocked=frozenset(key for kind, key, _, _ in rows if kind == "block"),
        tags=frozenset(name for kind, _, name, _ in rows if kind == "tag"),
        everywhere=marks.pop(EVERYWHERE, joined_at),
        marks=marks,
    )
