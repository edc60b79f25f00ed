"""People: the list of them, and one person's page."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, exists, select, update
from sqlalchemy.orm import InstrumentedAttribute

from core import clock, tally
from core.db import session
from core.i18n import gettext as _
from core.pages import DEEPEST_PAGE, Page, beyond, decode, encode
from core.settings import Int, declare
from forum import permissions
from forum.refusals import Missing
from forum.slugs import name_key
from forum.viewers import Viewer
from models import Account, Handle, PersonFollow, User

settings = declare(
    "users",
    per_page=Int(50, "People on a page", low=10, high=200),
    online_minutes=Int(30, "Minutes after which somebody no longer counts as online", low=1, high=1440),
)

ORDERS: dict[str, InstrumentedAttribute[Any]] = {
    "newest": User.joined_at,
    "online": User.last_seen_at,
    "most_posts": User.posts,
    "most_reputation": User.reputation,
}


@dataclass(slots=True)
class UserRow:
    """A person as lists and the profile show him."""

    id: int
    name: str
    slug: str
    about: str
    colour: int
    picture: str
    cover: str
    badges: list[int]
    posts: int
    topics: int
    reputation: int
    joined_at: datetime
    last_seen_at: datetime | None
    followed: bool = False  # by the viewer

    @property
    def online(self) -> bool:
        """Whether he was seen lately."""
        return self.last_seen_at is not None and self.last_seen_at > online_since()


COLUMNS = [getattr(User, name) for name in UserRow.__slots__ if hasattr(User, name)]


def online_since() -> datetime:
    """Whoever was seen after this moment is online."""
    return clock.now() - timedelta(minutes=settings.online_minutes)


def index(viewer: Viewer, *, order: str, search: str = "", number: int = 1, cursor: str = "") -> Page[UserRow]:
    """A page of people in one of four orders. Raises Forbidden, BadCursor, and Missing for too deep a page."""
    permissions.require(permissions.see_users(viewer))
    if number > DEEPEST_PAGE:
        raise Missing(_("Page numbers end at %(last)s. “Further on” there leads to the rest.", last=DEEPEST_PAGE))
    column, size = ORDERS[order], settings.per_page
    query = select(*COLUMNS).where(User.left_at.is_(None)).order_by(column.desc(), User.id.desc())
    if order == "online":
        query = query.where(User.last_seen_at > online_since())
    if search:
        query = query.where(User.name_key.contains(name_key(search.strip()), autoescape=True))
    if cursor:
        value, last_id = decode(cursor, int if order.startswith("most") else datetime, int)
        rows = beyond(_read, query, (column == value) & (User.id < last_id), column < value, size + 1)
    else:
        rows = _read(query.limit(size + 1).offset((number - 1) * size))
    following = None
    if len(rows) > size:
        rows = rows[:size]
        following = encode(getattr(rows[-1], column.key or ""), rows[-1].id)
    return Page(rows, None if cursor else number, following)


def get(viewer: Viewer, slug: str) -> UserRow:
    """A person by his handle, or by one he had before. Raises Missing, Forbidden."""
    permissions.require(permissions.see_users(viewer))
    query = select(*COLUMNS)
    if not viewer.guest:
        mine = (PersonFollow.person_id == User.id) & (PersonFollow.user_id == viewer.id)
        query = query.outerjoin(PersonFollow, mine).add_columns(PersonFollow.user_id.is_not(None))
    row = session().execute(query.where(User.slug == slug)).one_or_none()
    if row is None:
        alias = select(Handle.target_id).where(Handle.handle == slug, Handle.kind == "user").scalar_subquery()
        row = session().execute(query.where(User.id == alias)).one_or_none()
    if row is None:
        raise Missing
    return UserRow(*row)


def own(viewer: Viewer) -> UserRow:
    """The viewer's own row, whether or not he may see others. Raises Missing for a guest."""
    row = session().execute(select(*COLUMNS).where(User.id == viewer.id)).one_or_none()
    if row is None:
        raise Missing
    return UserRow(*row)


def followed_by(viewer: Viewer, person_id: int, cursor: str = "") -> Page[UserRow]:
    """A page of the people whom a person follows. Raises Forbidden, BadCursor."""
    query = select(*COLUMNS).join(PersonFollow, PersonFollow.person_id == User.id)
    return _related(viewer, query.where(PersonFollow.user_id == person_id), cursor)


def followers(viewer: Viewer, person_id: int, cursor: str = "") -> Page[UserRow]:
    """A page of the people who follow a person. Raises Forbidden, BadCursor."""
    query = select(*COLUMNS).join(PersonFollow, PersonFollow.user_id == User.id)
    return _related(viewer, query.where(PersonFollow.person_id == person_id), cursor)


def _related(viewer: Viewer, query: Select[Any], cursor: str) -> Page[UserRow]:
    permissions.require(permissions.see_users(viewer))
    size = settings.per_page
    if cursor:
        query = query.where(User.id > decode(cursor, int)[0])
    rows = _read(query.order_by(User.id).limit(size + 1))
    more = len(rows) > size
    return Page(rows[:size], None if cursor else 1, encode(rows[size - 1].id) if more else None)


def slug_of(viewer: Viewer, user_id: int) -> str:
    """The handle of a person. Raises Missing, Forbidden."""
    permissions.require(permissions.see_users(viewer))
    slug = session().scalar(select(User.slug).where(User.id == user_id))
    if slug is None:
        raise Missing
    return slug


def seen(viewer: Viewer) -> None:
    """Notes that a member is here; written later, by a job."""
    tally.touch("user.seen", viewer.id)


def flush_seen(moments: dict[int, datetime]) -> None:
    """Writes when people were last seen; not of those who prefer that nobody knows."""
    for user_id, moment in sorted(moments.items()):
        earlier = User.last_seen_at.is_(None) | (User.last_seen_at < moment)
        unseen = exists().where(Account.user_id == User.id, Account.preferences["hide_online"].as_string() == "1")
        session().execute(update(User).where(User.id == user_id, earlier, ~unseen).values(last_seen_at=moment))


def _read(query: Select[Any]) -> list[UserRow]:
    return [UserRow(*row) for row in session().execute(query)]
