"""The census: everybody with an account, as the control panel finds, filters and exports them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from core import clock
from core.db import session
from core.pages import Page, decode, encode
from forum import panel
from forum.slugs import name_key
from forum.viewers import Viewer, builtin_groups, under
from models import Account, Membership, User

RIGHT = "admin:users"
FILTERS = ("all", "new", "silent", "away", "staff", "muted", "banned")
"""Everybody; joined within a week; never wrote; not seen for half a year; administrators and moderators; muted and banned just now."""
_PER_PAGE = 50
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Person:
    """A person with an account, as staff sees him."""

    id: int
    name: str
    slug: str
    email: str | None
    posts: int
    topics: int
    reputation: int
    joined_at: datetime
    last_seen_at: datetime | None


_COLUMNS = (
    User.id, User.name, User.slug, Account.email, User.posts, User.topics, User.reputation, User.joined_at,
    User.last_seen_at,
)  # fmt: skip


def index(viewer: Viewer, *, show: str = "all", search: str = "", cursor: str = "") -> Page[Person]:
    """A page of people, the newest first. Raises Forbidden, BadCursor."""
    panel.guard(viewer, RIGHT)
    query = _matching(show, search)
    if cursor:
        query = query.where(User.id < decode(cursor, int)[0])
    rows = [Person(*row) for row in session().execute(query.limit(_PER_PAGE + 1))]
    more = len(rows) > _PER_PAGE
    return Page(rows[:_PER_PAGE], None if cursor else 1, encode(rows[_PER_PAGE - 1].id) if more else None)


def everybody(viewer: Viewer, *, show: str = "all", search: str = "") -> Iterator[list[str]]:
    """The same people as lines of a table, a heading first. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    yield ["id", "name", "handle", "email", "joined", "last_seen", "posts", "topics", "reputation"]
    last = 0
    while True:
        query = _matching(show, search)
        rows = session().execute((query.where(User.id < last) if last else query).limit(_BATCH)).all()
        for row in (Person(*found) for found in rows):
            seen = row.last_seen_at.isoformat() if row.last_seen_at else ""
            figures = (str(row.posts), str(row.topics), str(row.reputation))
            yield [
                str(row.id),
                _tame(row.name),
                row.slug,
                _tame(row.email or ""),
                row.joined_at.isoformat(),
                seen,
                *figures,
            ]
        if len(rows) < _BATCH:
            return
        last = rows[-1][0]


def _matching(show: str, search: str) -> Any:
    query: Any = select(*_COLUMNS).join(Account, Account.user_id == User.id).order_by(User.id.desc())
    if show == "new":
        query = query.where(User.joined_at > clock.now() - timedelta(days=7))
    elif show == "silent":
        query = query.where(User.posts == 0)
    elif show == "away":
        since = clock.now() - timedelta(days=182)
        query = query.where(User.joined_at < since, User.last_seen_at.is_(None) | (User.last_seen_at < since))
    elif show == "staff":
        known = builtin_groups()
        staff = [known["administrators"], known["moderators"]]
        query = query.where(User.id.in_(select(Membership.user_id).where(Membership.group_id.in_(staff))))
    elif show in ("muted", "banned"):
        query = query.where(under("mute" if show == "muted" else "ban"))
    if search:
        named = User.name_key.contains(name_key(search), autoescape=True)
        query = query.where(named | Account.email_key.contains(search.casefold(), autoescape=True))
    return query


def _tame(text: str) -> str:
    """A text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
