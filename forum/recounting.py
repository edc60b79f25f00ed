"""The counters that verbs keep, counted again: one statement finds the rows of a table that are off, one mends them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Subquery, case, except_, func, or_, select, union, update
from sqlalchemy.orm import aliased

from core.db import Model, session
from forum import tags
from models import (
    Category,
    CategoryTag,
    Group,
    Membership,
    Post,
    Revision,
    Tag,
    Topic,
    TopicEvent,
    TopicFollow,
    TopicTag,
    User,
    Vote,
)

_SHOWN = Topic.deleted_at.is_(None) & ~Topic.scheduled
"""The topics that count: neither deleted nor still to be published."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A counter that is off: in how many rows, and the first of them."""

    column: str
    rows: int
    first_id: int

    def __str__(self) -> str:
        rows = "1 row is" if self.rows == 1 else f"{self.rows:,} rows are"
        return f"{self.column}: {rows} off, first id {self.first_id}"


def find(model: Any) -> list[Wrong]:
    """The counters of a table that are off."""
    if model is CategoryTag:
        return _wrong_category_tags()
    truth = _TRUTHS[model]()
    differs = _differences(model, truth)
    columns: list[ColumnElement[Any]] = []
    for wrong in differs.values():
        columns += [func.count(case((wrong, 1))), func.min(case((wrong, model.id)))]
    row = session().execute(select(*columns).join(truth, truth.c.id == model.id)).one()
    pairs = zip(differs, row[::2], row[1::2], strict=True)
    return [Wrong(f"{model.__tablename__}.{name}", rows, first) for name, rows, first in pairs if rows]


def mend(model: Any) -> None:
    """Writes the right counters into the rows of a table that are off."""
    if model is CategoryTag:
        tags.count_again()
        return
    truth = _TRUTHS[model]()
    differs = _differences(model, truth)
    session().execute(
        update(model)
        .where(model.id == truth.c.id, or_(*differs.values()))
        .values({name: truth.c[name] for name in differs})
        .execution_options(synchronize_session=False)
    )


def _differences(model: Any, truth: Subquery) -> dict[str, ColumnElement[bool]]:
    names = [column.name for column in truth.c if column.name != "id"]
    return {name: getattr(model, name).is_distinct_from(truth.c[name]) for name in names}


def _wrong_category_tags() -> list[Wrong]:
    """This table may also lack a row, or have one too many: what only one of the two sides holds is wrong."""
    held = select(CategoryTag.category_id, CategoryTag.tag_id, CategoryTag.topics).where(CategoryTag.topics != 0)
    off = union(
        *(select(off.subquery()) for off in (except_(tags.counted(), held), except_(held, tags.counted())))
    ).subquery()
    rows, first = session().execute(select(func.count(off.c.tag_id.distinct()), func.min(off.c.tag_id))).one()
    return [Wrong("category_tags.topics", rows, first)] if rows else []


def _posts() -> Subquery:
    answer, parent = aliased(Post), aliased(Post)
    answers = (
        select(answer.reply_to_id.label("id"), func.count().label("n"), func.max(answer.created_at).label("last"))
        .join(parent, (parent.id == answer.reply_to_id) & (parent.topic_id == answer.topic_id))
        .where(answer.deleted_at.is_(None))
        .group_by(answer.reply_to_id)
        .subquery()
    )
    votes = _voted()
    edits = select(Revision.post_id.label("id"), func.count().label("n")).group_by(Revision.post_id).subquery()
    ups, downs = func.coalesce(votes.c.ups, 0), func.coalesce(votes.c.downs, 0)
    # The verb notes its own moment, a little before the answer's: any will do where there is an answer.
    last = case((answers.c.n.is_not(None), func.coalesce(Post.last_reply_at, answers.c.last)))
    return (
        select(
            Post.id, func.coalesce(answers.c.n, 0).label("replies"), last.label("last_reply_at"),
            func.coalesce(edits.c.n, 0).label("revisions"),
            ups.label("ups"), downs.label("downs"), (ups - downs).label("score"),
        )
        .outerjoin(answers, answers.c.id == Post.id)
        .outerjoin(votes, votes.c.id == Post.id)
        .outerjoin(edits, edits.c.id == Post.id)
        .subquery("truth")
    )  # fmt: skip


def _voted() -> Subquery:
    return (
        select(
            Vote.post_id.label("id"),
            func.count(case((Vote.value > 0, 1))).label("ups"),
            func.count(case((Vote.value < 0, 1))).label("downs"),
        )
        .group_by(Vote.post_id)
        .subquery()
    )


def _topics() -> Subquery:
    live = Post.deleted_at.is_(None)
    counted = (
        select(
            Post.topic_id.label("id"), func.count(case((live, 1))).label("posts"),
            func.count(case((live, Post.author_id)).distinct()).label("posters"),
            func.min(Post.number).label("low"), func.max(Post.number).label("high"),
        )
        .group_by(Post.topic_id)
        .subquery()
    )  # fmt: skip
    watched = _watched()
    marks = select(func.count()).where(TopicEvent.topic_id == Topic.id).correlate(Topic).scalar_subquery()
    first, last = aliased(Post), aliased(Post)
    # A number that was given out is never given again, so the last one may be that of a post that is gone.
    number = case((counted.c.high > Topic.last_number, counted.c.high), else_=Topic.last_number)
    at = case(
        (Topic.scheduled | last.id.is_(None), Topic.last_post_at),
        (last.created_at < Topic.published_at, Topic.published_at),
        else_=last.created_at,
    )
    return (
        select(
            Topic.id, func.coalesce(counted.c.posts, 0).label("posts"),
            func.coalesce(counted.c.posters, 0).label("posters"),
            func.coalesce(first.score, 0).label("votes"), number.label("last_number"),
            first.id.label("first_post_id"), last.id.label("last_post_id"), at.label("last_post_at"),
            func.coalesce(watched.c.watchers, 0).label("watchers"), marks.label("events"),
        )
        .outerjoin(watched, watched.c.id == Topic.id)
        .outerjoin(counted, counted.c.id == Topic.id)
        .outerjoin(first, (first.topic_id == Topic.id) & (first.number == counted.c.low))
        .outerjoin(last, last.id == _newest())
        .subquery("truth")
    )  # fmt: skip


def _newest() -> ScalarSelect[int]:
    return (
        select(Post.id)
        .where(Post.topic_id == Topic.id, Post.deleted_at.is_(None))
        .order_by(Post.created_at.desc(), Post.number.desc())
        .limit(1)
        .correlate(Topic)
        .scalar_subquery()
    )


def _watched() -> Subquery:
    return (
        select(TopicFollow.topic_id.label("id"), func.count().label("watchers"))
        .where(TopicFollow.state == "watch")
        .group_by(TopicFollow.topic_id)
        .subquery()
    )


def _users() -> Subquery:
    posts = (
        select(
            Post.author_id.label("id"),
            func.count(case((_SHOWN & Post.deleted_at.is_(None), 1))).label("posts"),
            func.sum(Post.score).label("reputation"),
        )
        .join(Topic, Topic.id == Post.topic_id)
        .group_by(Post.author_id)
        .subquery()
    )
    topics = (
        select(Topic.author_id.label("id"), func.count().label("topics"))
        .where(_SHOWN)
        .group_by(Topic.author_id)
        .subquery()
    )
    return (
        select(
            User.id,
            func.coalesce(posts.c.posts, 0).label("posts"),
            func.coalesce(topics.c.topics, 0).label("topics"),
            func.coalesce(posts.c.reputation, 0).label("reputation"),
        )
        .outerjoin(posts, posts.c.id == User.id)
        .outerjoin(topics, topics.c.id == User.id)
        .subquery("truth")
    )


def _categories() -> Subquery:
    topics = (
        select(Topic.category_id.label("id"), func.count().label("topics"), func.sum(Topic.posts).label("posts"))
        .where(_SHOWN)
        .group_by(Topic.category_id)
        .subquery()
    )
    newest = (
        select(Topic.last_post_id)
        .where(Topic.category_id == Category.id, _SHOWN)
        .order_by(Topic.last_post_at.desc(), Topic.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(
            Category.id,
            func.coalesce(topics.c.topics, 0).label("topics"),
            func.coalesce(topics.c.posts, 0).label("posts"),
            newest.label("last_post_id"),
        )
        .outerjoin(topics, topics.c.id == Category.id)
        .subquery("truth")
    )


def _tags() -> Subquery:
    carried = select(func.count()).where(TopicTag.tag_id == Tag.id).scalar_subquery()
    return select(Tag.id, carried.label("topics")).subquery("truth")


def _groups() -> Subquery:
    members = select(func.count()).where(Membership.group_id == Group.id).scalar_subquery()
    return select(Group.id, members.label("members")).subquery("truth")


# In this order: a topic's votes and a person's reputation are read from posts, a category's posts from topics.
_TRUTHS: dict[type[Model], Callable[[], Subquery]] = {
    Post: _posts,
    Topic: _topics,
    User: _users,
    Category: _categories,
    Tag: _tags,
    Group: _groups,
}
TABLES: tuple[type[Model], ...] = (*_TRUTHS, CategoryTag)
