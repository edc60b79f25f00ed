"""What an administrator does to tags: renames them, merges them into others, removes them."""

import re

from sqlalchemy import delete, insert, select, text

from core import cache
from core.db import session
from core.i18n import gettext as _
from forum import audit, panel, tags
from forum.refusals import Invalid, Missing
from forum.viewers import Viewer
from models import CategoryTag, Tag, TopicTag

RIGHT = "admin:tags"
_LISTED = 200


def index(viewer: Viewer, search: str = "") -> list[Tag]:
    """Up to 200 tags, the most used first. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    query = select(Tag).order_by(Tag.topics.desc(), Tag.name).limit(_LISTED)
    if search:
        query = query.where(Tag.name.contains(search.lower(), autoescape=True))
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
    word = re.sub(r"[^\w]+", "-", wanted.strip().lower().lstrip("#")).strip("-_")
    if not 1 <= len(word) <= 40:
        raise Invalid("name", _("A tag has 1 to 40 letters."))
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
