"""What an administrator does to tags: makes, paints and renames them, merges them into others, removes them."""

import re
from typing import Any

from sqlalchemy import Select, delete, insert, select, text

from core import cache, colour
from core.db import session
from core.i18n import gettext as _
from core.pages import Page, beyond, decode, encode
from forum import audit, panel, tags
from forum.refusals import Invalid, Missing
from forum.viewers import Viewer
from models import CategoryTag, Tag, TopicTag

RIGHT = "admin:tags"
_PER_PAGE = 100


def index(viewer: Viewer, search: str = "", cursor: str = "") -> Page[Tag]:
    """A page of tags, the most used first. Raises Forbidden, BadCursor."""
    panel.guard(viewer, RIGHT)
    query = select(Tag).order_by(Tag.topics.desc(), Tag.id)
    if search:
        query = query.where(Tag.name.contains(search.lower(), autoescape=True))
    if cursor:
        topics, last_id = decode(cursor, int, int)
        rows = beyond(_read, query, (Tag.topics == topics) & (Tag.id > last_id), Tag.topics < topics, _PER_PAGE + 1)
    else:
        rows = _read(query.limit(_PER_PAGE + 1))
    following = encode(rows[_PER_PAGE - 1].topics, rows[_PER_PAGE - 1].id) if len(rows) > _PER_PAGE else None
    return Page(rows[:_PER_PAGE], None if cursor else 1, following)


def _read(query: Select[Any]) -> list[Tag]:
    return list(session().scalars(query))


def get(viewer: Viewer, name: str) -> Tag:
    """A tag. Raises Forbidden, Missing."""
    panel.guard(viewer, RIGHT)
    row = session().scalar(select(Tag).where(Tag.name == name).execution_options(populate_existing=True))
    if row is None:
        raise Missing
    return row


def rename(viewer: Viewer, name: str, wanted: str) -> bool:
    """Gives a tag another name; where that one exists, merges both. Returns whether they were merged.

    Raises Forbidden, Missing, Invalid.
    """
    tag = get(viewer, name)
    word = _word(wanted)
    audit.note(viewer, "tag.renamed", name=tag.name, detail=f"→ {word}")
    other = session().scalar(select(Tag).where(Tag.name == word))
    if other is None or other.id == tag.id:
        tag.name = word
        session().flush()
        cache.bump("tags")
        return False
    values = {"gone": tag.id, "kept": other.id}
    for statement in _MERGE:
        session().execute(statement, values)
    counted = tags.counted().where(TopicTag.tag_id == other.id)
    session().execute(insert(CategoryTag).from_select(["category_id", "tag_id", "topics"], counted))
    session().execute(delete(Tag).where(Tag.id == tag.id))
    cache.bump("tags")
    return True


def create(viewer: Viewer, wanted: str) -> str:
    """Makes a tag that no topic carries yet; returns its name. Raises Forbidden, Invalid."""
    panel.guard(viewer, RIGHT)
    word = _word(wanted)
    if session().scalar(select(Tag.id).where(Tag.name == word)) is not None:
        raise Invalid("new", _("There is a tag of this name."))
    session().add(Tag(name=word))
    session().flush()
    audit.note(viewer, "tag.made", name=word)
    cache.bump("tags")
    return word


def paint(viewer: Viewer, name: str, wanted: str) -> None:
    """Gives a tag a colour wherever it is shown, or (empty) the skin's. Raises Forbidden, Missing, Invalid."""
    tag = get(viewer, name)
    try:
        tag.colour = colour.parse(wanted) if wanted.strip() else ""
    except colour.BadColourError:
        raise Invalid("colour", _("Write a colour like #1a2b3c.")) from None
    session().flush()
    audit.note(viewer, "tag.painted", name=name, detail=tag.colour)
    cache.bump("tags")


def reserve(viewer: Viewer, name: str, staff: bool) -> None:
    """Says whether only moderators may give and take a tag. Raises Forbidden, Missing."""
    get(viewer, name).staff = staff
    session().flush()
    audit.note(viewer, "tag.reserved" if staff else "tag.opened", name=name)
    cache.bump("tags")


def remove(viewer: Viewer, name: str) -> None:
    """Takes a tag off all topics. Raises Forbidden, Missing."""
    tag = get(viewer, name)
    audit.note(viewer, "tag.removed", name=name)
    session().execute(delete(TopicTag).where(TopicTag.tag_id == tag.id))
    session().execute(delete(Tag).where(Tag.id == tag.id))
    cache.bump("tags")


def _word(wanted: str) -> str:
    word = re.sub(r"[^\w]+", "-", wanted.strip().lower().lstrip("#")).strip("-_")
    if not 1 <= len(word) <= 40:
        raise Invalid("name", _("A tag has 1 to 40 letters."))
    return word


_MERGE = (
    text(
        "INSERT INTO topic_tags (topic_id, tag_id) SELECT topic_id, CAST(:kept AS BIGINT) FROM topic_tags"
        " WHERE tag_id = :gone ON CONFLICT DO NOTHING"
    ),
    text(
        "INSERT INTO tag_follows (user_id, tag_id) SELECT user_id, CAST(:kept AS BIGINT) FROM tag_follows"
        " WHERE tag_id = :gone ON CONFLICT DO NOTHING"
    ),
    text("DELETE FROM topic_tags WHERE tag_id = :gone"),
    text("UPDATE tags SET topics = (SELECT count(*) FROM topic_tags WHERE tag_id = :kept) WHERE id = :kept"),
    text("DELETE FROM category_tags WHERE tag_id IN (:gone, :kept)"),
)
"""What carried one tag carries the other, once; who followed the one follows the other; both are counted again."""
