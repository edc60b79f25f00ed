"""News: which topics are new for a reader, as one list that every mark and every count is taken from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache as memo
from operator import attrgetter
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, bindparam, func, or_, select, union_all

from core import cache, lasting
from core.changes import of_member, of_reader
from core.db import scratch, session, write_in_progress
from forum import categories, reading
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
    last_number: int
    new: bool  # never opened
    watched: bool
    unreplied: bool


def fresh(viewer: Viewer) -> Sequence[Fresh]:
    """Up to 100 unread topics of a reader; fewer are all there are. One query a request, none for a guest."""
    if viewer.guest:
        return ()
    current, held = cache.versions(), reading.held(viewer)
    about, key = scratch(), ("fresh", viewer.id)
    noted = about.get(key)
    if noted is None or noted[0] is not current or noted[1] != held or write_in_progress():  # written or read since
        noted = about[key] = (current, dict(held), asked(viewer))
    else:
        lasting.depends(*_stands_on(viewer))
    found: Sequence[Fresh] = noted[2]
    return found


def left(only: str, found: Sequence[Fresh]) -> list[Fresh]:
    """Those topics that a filter leaves."""
    if only == "all":
        return list(found)
    holds = attrgetter(only)
    return [each for each in found if holds(each)]


def asked(viewer: Viewer, only: str = "all") -> list[Fresh]:
    """Up to 100 unread topics that a filter leaves: as the tables say, without what was read only a moment ago.

    (What is held is read after the versions: when the job that writes it comes between the two, one page still counts
    what was read a moment before.)
    """
    held = reading.held(viewer)
    if not held and only == "all":
        return cache.keep_one_of("fresh", viewer.id, lambda: _asked(viewer, only, MOST), *_stands_on(viewer))
    found = _asked(viewer, only, MOST + len(held))
    news = _behind(
        viewer, {each.id: held[each.id] for each in found if each.last_number > held.get(each.id, each.last_number)}
    )
    opened = [replace(each, new=False) if each.id in held else each for each in found]
    return left(only, [each for each in opened if each.id not in held or each.id in news])[:MOST]


def _stands_on(viewer: Viewer) -> tuple[str, ...]:
    return ("all", "viewers", "readers", of_member(viewer.id), of_reader(viewer.id))


def _behind(viewer: Viewer, held: Mapping[int, int]) -> set[int]:
    """Of topics that were read a moment ago up to a number, those with news behind it. One query, none for none."""
    if not held:
        return set()
    behind = or_(*[(Post.topic_id == topic_id) & (Post.number > number) for topic_id, number in held.items()])
    news = select(Post.topic_id).where(behind, Post.deleted_at.is_(None), Post.author_id.not_in(reading.silent(viewer)))
    return set(session().scalars(news))


def _asked(viewer: Viewer, only: str, most: int) -> list[Fresh]:
    """Looks where something can be unread, and nowhere else, so that the cost does not grow with the site."""
    visible = categories.visible_ids(viewer)
    tracked = reading.tracked(viewer, visible)
    elsewhere = sorted(set(visible) - set(tracked))
    terms = {"visible": visible, "tracked": tracked, "elsewhere": elsewhere, "most": most, **reading.terms_of(viewer)}
    return [Fresh(*row) for row in session().execute(_statement(only, bool(elsewhere)), terms)]


@memo
def _statement(only: str, elsewhere: bool) -> Any:
    """Topics of tracked categories with posts after the mark; topics read apart from it; watched topics elsewhere.

    Made once: to put it together costs more than to ask it.
    """
    reader: BindParameter[int] = bindparam("reader")
    visible: BindParameter[int] = bindparam("visible", expanding=True)
    tracked: BindParameter[int] = bindparam("tracked", expanding=True)
    seen, has_news = reading.written_down()
    flags = _flags(seen)
    mine = (ReadTopic.topic_id == Topic.id) & (ReadTopic.user_id == reader)
    followed = (TopicFollow.topic_id == Topic.id) & (TopicFollow.user_id == reader)
    marked = (ReadMark.category_id == Topic.category_id) & (ReadMark.user_id == reader)
    after = Topic.last_post_at > seen
    rows = select(
        Topic.id.expression, Topic.category_id.expression, Topic.last_post_at.expression, Topic.last_number.expression,
        *[or_(flags[name]).label(name) for name in FILTERS[1:]],
    ).where(Topic.deleted_at.is_(None), ~Topic.scheduled, has_news, flags[only])  # fmt: skip
    by_place = (
        rows.select_from(Category)
        .outerjoin(ReadMark, (ReadMark.category_id == Category.id) & (ReadMark.user_id == reader))
        .join(Topic, (Topic.category_id == Category.id) & after)
        .outerjoin(ReadTopic, mine)
        .outerjoin(TopicFollow, followed)
        .where(Category.id.in_(tracked), reading.not_ignored())
    )
    wanted = or_(
        flags["watched"] & Topic.category_id.in_(visible), reading.not_ignored() & Topic.category_id.in_(tracked)
    )
    apart = rows.select_from(ReadTopic).join(Topic, mine).outerjoin(TopicFollow, followed).outerjoin(ReadMark, marked)
    branches = [by_place, apart.where(ReadTopic.user_id == reader, ~after, wanted)]
    if elsewhere:
        watched = rows.select_from(TopicFollow).join(Topic, followed)
        watched = watched.outerjoin(ReadTopic, mine).outerjoin(ReadMark, marked)
        chosen = (TopicFollow.user_id == reader) & (TopicFollow.state == "watch")
        branches.append(watched.where(chosen, Topic.category_id.in_(bindparam("elsewhere", expanding=True)), after))
    return union_all(*branches).limit(bindparam("most"))


def _flags(seen: ColumnElement[datetime]) -> dict[str, ColumnElement[bool]]:
    return {
        "all": Topic.id.is_not(None),
        "new": (func.coalesce(ReadTopic.number, 0) == 0) & (Topic.created_at > seen),
        "watched": func.coalesce(TopicFollow.state, "") == "watch",
        "unreplied": Topic.posts <= 1,
    }
