"""Rows of posts: what everybody sees of them, kept while nobody writes in their topic, and what is one viewer's own."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cache as memo
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, null, select, union_all
from sqlalchemy.orm import aliased

from core import cache, clock
from core.changes import of_member, of_topic
from core.db import session
from core.shared import Shared
from forum import faces, permissions, reading, signatures, text, users
from forum.faces import Face
from forum.privileges import rights
from forum.topics import TopicPage
from forum.viewers import Viewer
from models import Bookmark, Post, User, Vote

_LAGS = 60
"""Seconds for which it may go unsaid that somebody has come or gone."""


@dataclass(slots=True)
class PostRow:
    """A post as the stream shows it."""

    id: int
    topic_id: int
    number: int
    author_id: int
    html: str
    created_at: datetime
    edited_at: datetime | None
    edit_reason: str | None
    version: int
    revisions: int
    deleted_at: datetime | None
    deleted_by_id: int | None
    deleted_reason: str
    deleted_by: str | None
    score: int
    ups: int
    downs: int
    replies: int
    last_reply_at: datetime | None
    reply_to_id: int | None
    author: str
    author_slug: str
    author_colour: int
    author_picture: str
    author_badges: list[int]
    author_signature: str
    online: bool
    editor: str | None
    parent_number: int | None
    parent_author: str | None
    parent_slug: str | None
    my_vote: int = 0
    bookmarked: bool = False
    faces: list[Face] = field(default_factory=list)
    blocked: bool = False  # the viewer blocks its author
    target: bool = False  # the post that was asked for
    may_vote_up: permissions.Verdict = permissions.HIDDEN
    may_vote_down: permissions.Verdict = permissions.HIDDEN
    may_see_history: permissions.Verdict = permissions.HIDDEN


_Values = list[tuple[Any, ...]]
"""Rows as everybody sees them: the values of their fields up to what is a viewer's own."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Some posts as everybody sees them, and by which names they are looked for."""

    values: _Values
    posts: tuple[int, ...]
    authors: frozenset[int]

    def rows(self) -> list[PostRow]:
        return [PostRow(*values) for values in self.values]


def kept(topic: TopicPage, key: Hashable, query: Callable[[], Select[Any]]) -> list[PostRow]:
    """The rows of a query, from the last time it was asked for this topic under this key if nothing has changed since."""
    return _kept(topic, _place(topic, key), query).rows()


def stretch(viewer: Viewer, topic: TopicPage, key: Hashable, query: Callable[[], Select[Any]]) -> Sequence[PostRow]:
    """The same, complete. Whoever has nothing of his own among these posts shares them with those who may do the same."""
    place = _place(topic, key)
    found = _kept(topic, place, query)

    def completed() -> Shared[PostRow]:
        rows = found.rows()
        complete(viewer, topic, rows)
        return Shared(rows)

    blocked = reading.of(viewer).blocked
    if viewer.id in found.authors or not blocked.isdisjoint(found.authors) or any(_own(viewer, found.posts)):
        return completed()
    likes = (
        rights(viewer, topic.category_id), viewer.guest, permissions.votes_on(viewer, topic, 0 if viewer.id else 1),
        signatures.wanted(viewer), viewer.links_apart,
    )  # fmt: skip
    return cache.keep_one_of(
        "complete", (place, likes), completed, *_stands_on(topic), size=lambda rows: 1500 * len(rows)
    )


def _place(topic: TopicPage, key: Hashable) -> tuple[Hashable, ...]:
    return topic.id, key, clock.present().timestamp() // _LAGS


def _kept(topic: TopicPage, place: Hashable, query: Callable[[], Select[Any]]) -> _Stretch:
    def ask() -> _Stretch:
        values = _asked(query())
        authors = frozenset(each[_AUTHOR] for each in values)
        return _Stretch(values, tuple([each[0] for each in values]), authors)

    return cache.keep_one_of("stretch", place, ask, *_stands_on(topic), size=lambda found: _size(found.values))


def read(query: Select[Any]) -> list[PostRow]:
    """The rows of a query. One query."""
    return [PostRow(*values) for values in _asked(query)]


def _stands_on(topic: TopicPage) -> tuple[str, str]:
    return "site", of_topic(topic.id)


def _asked(query: Select[Any]) -> _Values:
    since = users.online_since()
    return [
        (
            *row[: _ONLINE - 1], signatures.shown(row[_ONLINE - 1]),
            row[_ONLINE] is not None and row[_ONLINE] > since, *row[_ONLINE + 1 :],
        )
        for row in session().execute(query)
    ]  # fmt: skip


def _size(found: _Values) -> int:
    return sum(1500 + 2 * (len(values[_HTML]) + len(values[_ONLINE - 1])) for values in found)


_NAMES = [each.name for each in fields(PostRow)]
_NAMES = _NAMES[: _NAMES.index("my_vote")]
_ONLINE, _HTML, _AUTHOR = map(_NAMES.index, ("online", "html", "author_id"))  # the signature stands ahead of the first


@memo
def everybodys() -> Select[Any]:
    """What everybody sees, in the order of the row's fields; made once, for making the aliases costs more than asking."""
    author, editor, parent, parent_author = aliased(User), aliased(User), aliased(Post), aliased(User)
    others = {
        "author": author.name, "author_slug": author.slug, "author_colour": author.colour,
        "author_picture": author.picture, "author_badges": author.badges,
        "author_signature": author.signature_html, "online": author.last_seen_at,
        "editor": editor.name, "deleted_by": _deleter(), "parent_number": parent.number,
        "parent_author": parent_author.name, "parent_slug": parent_author.slug,
    }  # fmt: skip
    return (
        select(*[(others[name] if name in others else getattr(Post, name)).label(name) for name in _NAMES])
        .join(author, author.id == Post.author_id)
        .outerjoin(editor, editor.id == Post.edited_by_id)
        .outerjoin(parent, (parent.id == Post.reply_to_id) & (parent.topic_id == Post.topic_id))
        .outerjoin(parent_author, parent_author.id == parent.author_id)
    )


def _deleter() -> ColumnElement[str | None]:
    deleter = aliased(User)
    return select(deleter.name).where(deleter.id == Post.deleted_by_id).scalar_subquery()


def complete(viewer: Viewer, topic: TopicPage, rows: Sequence[PostRow]) -> None:
    """Gives each post the faces of those who answered it, and says what the viewer did to it and may do to it.

    One query for the faces, unless they are kept, and one for a member's own votes and bookmarks.
    """
    may_see_deleted = "posts:view_deleted" in rights(viewer, topic.category_id)
    blocked = reading.of(viewer).blocked
    votes, bookmarked = _own(viewer, tuple([row.id for row in rows]))
    signatures.sift(viewer, rows)
    answered = tuple([row.id for row in rows if row.replies])
    known = (
        cache.keep_one_of("faces", answered, lambda: faces.of_answers(answered), *_stands_on(topic)) if answered else {}
    )
    # of an author a vote's check only asks whether it is the viewer
    verdicts: dict[bool, _Votes] = {}
    for row in rows:
        own = row.author_id == viewer.id
        if own not in verdicts:
            verdicts[own] = permissions.votes_on(viewer, topic, row.author_id)
        row.may_vote_up, row.may_vote_down = verdicts[own]
        row.my_vote, row.bookmarked = votes.get(row.id, 0), row.id in bookmarked
        row.blocked, row.faces = row.author_id in blocked, known.get(row.id, row.faces)
        if row.revisions:
            row.may_see_history = permissions.see_history(viewer, topic, row)
        if row.deleted_at and not may_see_deleted and not own:
            row.html = ""
        if viewer.links_apart:
            row.html, row.author_signature = text.apart(row.html), text.apart(row.author_signature)


_Votes = tuple[permissions.Verdict, permissions.Verdict]


_Own = tuple[dict[int, int], set[int]]


def _own(viewer: Viewer, posts: tuple[int, ...]) -> _Own:
    """The viewer's votes on some posts, and which of them he keeps. One query, none while he does nothing."""
    if viewer.guest or not posts:
        return {}, set()
    stands_on = "viewers", of_member(viewer.id)
    return cache.keep_one_of("own", (viewer.id, posts), lambda: _read_own(viewer.id, posts), *stands_on)


def _read_own(viewer_id: int, posts: Sequence[int]) -> _Own:
    votes, bookmarked = {}, set()
    for post_id, value in session().execute(_marks(), {"reader": viewer_id, "posts": posts}):
        if value is None:
            bookmarked.add(post_id)
        else:
            votes[post_id] = value
    return votes, bookmarked


@memo
def _marks() -> Any:
    reader: BindParameter[int] = bindparam("reader")
    posts: BindParameter[int] = bindparam("posts", expanding=True)
    voted = select(Vote.post_id, Vote.value).where(Vote.user_id == reader, Vote.post_id.in_(posts))
    marked = select(Bookmark.post_id, null().label("value")).where(
        Bookmark.user_id == reader, Bookmark.post_id.in_(posts)
    )
    return union_all(voted, marked)
