"""Search: what a reader asks, narrowed to what he may see, ranked and shown with what was found marked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from core.db import session
from core.i18n import gettext as _
from core.search import index, ranking
from core.search.excerpts import Piece, excerpt, highlight
from core.search.questions import Question
from core.settings import Choice, Int, declare
from forum import permissions, registration
from forum.permissions import YES, Verdict, require
from forum.privileges import rights
from forum.search_terms import Terms
from forum.text import plain
from forum.viewers import Viewer
from models import Post, Topic, User

settings = declare(
    "search",
    guests=Choice(
        "login",
        "What a guest finds who searches: login (“Log in or register to search”), open (he may search), "
        "off (guests see no search)",
        options=("login", "open", "off"),
    ),
    per_page=Int(20, "Results on a page", low=5, high=50),
)

SORTS = ("relevance", "newest", "votes")
MOST = 1000
"""Results that are ranked and can be leafed through: the newest that answer."""
_QUICK_TOPICS, _QUICK_POSTS = 5, 5
_QUICK_RANKED = 200


@dataclass(slots=True)
class Result:
    """A post that was found."""

    id: int
    topic_id: int
    number: int
    title: list[Piece]
    words: list[Piece]
    category_id: int
    author: str
    author_slug: str
    author_colour: int
    author_picture: str
    created_at: datetime
    score: int
    posts: int
    deleted: bool


@dataclass(slots=True)
class Found:
    """A page of results; `total` counts no further than `MOST`, and then there are `more`."""

    rows: Sequence[Result] = ()
    total: int = 0
    more: bool = False
    page: int = 1
    pages: int = 1


@dataclass(slots=True)
class Quick:
    """What is shown while somebody types: topics by their titles, and posts."""

    topics: list[Result] = field(default_factory=list)
    posts: list[Result] = field(default_factory=list)


def may_search(viewer: Viewer) -> Verdict:
    """May the viewer search? A guest who may not is told what the setting says."""
    if "search:content" in rights(viewer):
        return YES
    if not viewer.guest:
        return Verdict(False, _("You may not search."))
    if settings.guests == "open":
        return YES
    words = _("Log in or register to search") if registration.offered() else _("Log in to search")
    return Verdict(False, words, hidden=settings.guests == "off")


def find(viewer: Viewer, terms: Terms, *, sort: str = SORTS[0], page: int = 1) -> Found:
    """A page of what answers. Nothing for terms that ask for nothing. Raises Forbidden, Missing. Two queries."""
    require(may_search(viewer))
    question = terms.question
    if question.empty or terms.troubles:
        return Found()
    keys, more = _ranked(viewer, terms, question, sort, MOST)
    size = settings.per_page
    pages = max(1, -(-len(keys) // size))
    page = min(page, pages)
    rows = _load(question, keys[(page - 1) * size : page * size])
    return Found(rows, len(keys), more, page, pages)


def quick(viewer: Viewer, terms: Terms) -> Quick:
    """The best topics by their titles, and the best of the newest posts besides. Raises Forbidden, Missing."""
    require(may_search(viewer))
    question = terms.question
    if question.empty or terms.troubles:
        return Quick()
    titles, _more = _ranked(viewer, terms.of_titles(), question, "relevance", _QUICK_RANKED)
    posts: list[int] = []
    if not terms.titles:
        posts, _more = _ranked(viewer, terms, question, "relevance", _QUICK_RANKED)
    titles = titles[:_QUICK_TOPICS]
    posts = [key for key in posts if key not in titles][:_QUICK_POSTS]
    rows = {row.id: row for row in _load(question, [*titles, *posts])}
    return Quick([rows[key] for key in titles if key in rows], [rows[key] for key in posts if key in rows])


def _ranked(viewer: Viewer, terms: Terms, question: Question, sort: str, most: int) -> tuple[list[int], bool]:
    """The ids of the posts that answer, the best first, and whether there were more than so many."""
    # some are hidden from this viewer; and marks know months, where a date may ask for days
    near = 20 * most if terms.by_day else most + most // 10 + 1
    hits = index.hits("titles" if terms.titles else "posts", question, near)
    columns: list[Any] = [Post.id, Post.score, *((hits.title, hits.body) if sort == "relevance" else ())]
    query: Select[Any] = select(*columns)
    if terms.titles:
        query = (
            query.select_from(hits.table).join(Topic, Topic.id == hits.id).join(Post, Post.id == Topic.first_post_id)
        )
    else:
        query = query.select_from(hits.table).join(Post, Post.id == hits.id).join(Topic, Topic.id == Post.topic_id)
    query = query.where(hits.condition, permissions.visible_posts(viewer, terms.category_ids), *terms.conditions())
    rows = session().execute(query.order_by(hits.id.desc()).limit(most + 1)).all()
    more, rows = len(rows) > most, rows[:most]
    if sort == "newest":
        return [row[0] for row in rows], more
    if sort == "votes":
        return [row[0] for row in sorted(rows, key=lambda row: (-row[1], -row[0]))], more
    scores = ranking.scores(question, [(row[2], row[3]) for row in rows])
    order = sorted(range(len(rows)), key=lambda at: (-scores[at], -rows[at][0]))
    return [rows[at][0] for at in order], more


def _load(question: Question, keys: Sequence[int]) -> list[Result]:
    """What a page shows of some posts, in the order of their ids given."""
    if not keys:
        return []
    columns: list[Any] = [
        Post.id, Post.topic_id, Post.number, Post.html, Post.created_at, Post.score, Post.deleted_at,
        Topic.title, Topic.category_id, Topic.posts, User.name, User.slug, User.colour, User.picture,
    ]  # fmt: skip
    query = select(*columns).join(Topic, Topic.id == Post.topic_id).join(User, User.id == Post.author_id)
    made = {}
    for row in session().execute(query.where(Post.id.in_(keys))):
        made[row.id] = Result(
            row.id, row.topic_id, row.number, highlight(question, row.title),
            excerpt(question, plain(row.html, spoilers=False)), row.category_id, row.name, row.slug, row.colour,
            row.picture, row.created_at, row.score, row.posts, row.deleted_at is not None,
        )  # fmt: skip
    return [made[key] for key in keys if key in made]
