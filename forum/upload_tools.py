"""Upload tools: everything that people uploaded, how much each of them stores, and removing it, for the control panel."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, func, select, update

from core import cache
from core.db import session
from core.pages import Page, decode, encode
from forum import audit, panel, permissions, pictures, uploads
from forum.refusals import Missing
from forum.slugs import name_key
from forum.viewers import Viewer
from models import Category, Group, Post, Topic, Upload, UploadLink, User

RIGHT = "admin:operations"
KINDS = ("all", "images", "files", "profiles", "unlinked")
"""Everything; images and other files of posts; pictures and covers of people and places; what no post shows."""
_SHOWN_BY: dict[str, Any] = {
    "picture": User.picture,
    "cover": User.cover,
    "category": Category.image,
    "group": Group.cover,
}
_PER_PAGE, _HEAVIEST, _SHOWN = 40, 50, 10


@dataclass(slots=True)
class Row(uploads.UploadRow):
    """An upload as the control panel shows it: whose it is, and what for."""

    purpose: str
    owner: str
    slug: str

    @property
    def thumbnail(self) -> str:
        """The address of its smallest size."""
        if not self.purpose:
            return uploads.thumbnail_of(self)
        return f"/uploads/{self.key}/{pictures.SIZES[self.purpose][0][0]}.webp"


@dataclass(frozen=True, slots=True)
class Usage:
    """What somebody stores."""

    name: str
    slug: str
    number: int
    size: int
    last: datetime


def index(viewer: Viewer, *, kind: str = "all", search: str = "", by: str = "", cursor: str = "") -> Page[Row]:
    """A page of uploads, the newest first: of a kind, with letters in the name, of a person. Raises Forbidden, BadCursor."""
    panel.guard(viewer, RIGHT)
    query = _rows().order_by(Upload.id.desc()).limit(_PER_PAGE + 1)
    if kind == "unlinked":
        query = query.where(Upload.purpose == "", ~exists().where(UploadLink.upload_id == Upload.id))
    elif kind == "profiles":
        query = query.where(Upload.purpose != "")
    elif kind != "all":
        query = query.where(
            Upload.purpose == "", Upload.width.is_(None) if kind == "files" else Upload.width.is_not(None)
        )
    if search:
        query = query.where(Upload.name.icontains(search, autoescape=True))
    if by:
        query = query.where(User.name_key == name_key(by))
    if cursor:
        query = query.where(Upload.id < decode(cursor, int)[0])
    rows = [Row(*row) for row in session().execute(query)]
    more = encode(rows[_PER_PAGE - 1].id) if len(rows) > _PER_PAGE else None
    return Page(rows[:_PER_PAGE], None if cursor else 1, more)


def total(viewer: Viewer) -> tuple[int, int]:
    """How many uploads there are, and how many bytes they take. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    number, size = (
        session().execute(select(func.count(), func.coalesce(func.sum(Upload.size), 0)).select_from(Upload)).one()
    )
    return int(number), int(size)


def heaviest(viewer: Viewer) -> list[Usage]:
    """Who stores most. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    size = func.sum(Upload.size).label("size")
    columns = (Upload.user_id, func.count().label("number"), size, func.max(Upload.created_at).label("last"))
    # whose they are is looked up for those few alone
    by_person = select(*columns).where(Upload.user_id.is_not(None)).group_by(Upload.user_id)
    most = by_person.order_by(size.desc(), Upload.user_id).limit(_HEAVIEST).subquery()
    query = select(User.name, User.slug, most.c.number, most.c.size, most.c.last)
    query = query.join(most, most.c.user_id == User.id).order_by(most.c.size.desc(), User.id)
    return [Usage(*row) for row in session().execute(query)]


def get(viewer: Viewer, upload_id: int) -> Row:
    """One upload. Raises Forbidden, Missing."""
    panel.guard(viewer, RIGHT)
    row = session().execute(_rows().where(Upload.id == upload_id)).first()
    if row is None:
        raise Missing
    return Row(*row)


def shown_in(viewer: Viewer, row: Row) -> tuple[list[tuple[int, str]], int]:
    """Some posts that show it and the viewer may read (id, title of the topic), and how many more there are."""
    query = (
        select(Post.id, Topic).join(UploadLink, UploadLink.post_id == Post.id).join(Topic, Topic.id == Post.topic_id)
    )
    rows = session().execute(query.where(UploadLink.upload_id == row.id).order_by(Post.id.desc()).limit(_SHOWN)).all()
    readable = [(found.id, found.Topic.title) for found in rows if permissions.read_topic(viewer, found.Topic)]
    return readable, row.posts - len(readable)


def remove(viewer: Viewer, upload_id: int) -> None:
    """Removes an upload for good, whoever's it is; posts keep its description. Raises Forbidden, Missing."""
    row = get(viewer, upload_id)
    upload = session().get(Upload, upload_id, with_for_update=True, populate_existing=True)
    if upload is None:
        raise Missing
    if upload.purpose in _SHOWN_BY:
        column = _SHOWN_BY[upload.purpose]
        session().execute(update(column.class_).where(column == upload.key).values({column.key: ""}))
        cache.bump("categories")
    audit.note(viewer, "operation.upload_removed", user_id=upload.user_id, name=row.name)
    uploads.drop(upload)


def _rows() -> Any:
    used = select(func.count()).where(UploadLink.upload_id == Upload.id).correlate(Upload).scalar_subquery()
    own = [getattr(Upload, name) for name in uploads.UploadRow.__slots__ if name != "posts"]
    return select(*own, used, Upload.purpose, User.name, User.slug).join(User, User.id == Upload.user_id)
