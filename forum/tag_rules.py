"""Tag rules: which tags a category takes and how many, and which ones only moderators may give or take away."""

from collections.abc import Sequence

from sqlalchemy import select

from core import cache
from core.db import session
from core.i18n import gettext as _
from core.i18n import ngettext
from forum import categories, permissions, tags
from forum.privileges import rights
from forum.refusals import Invalid
from forum.viewers import Viewer
from models import Tag

MOST = 20
"""No category takes more tags on a topic."""


def staff() -> frozenset[str]:
    """The tags that only moderators may give or take away."""

    def load() -> frozenset[str]:
        return frozenset(session().scalars(select(Tag.name).where(Tag.staff)))

    return cache.keep("staff_tags", load, "tags")


def offered(viewer: Viewer, category_id: int, typed: str) -> list[str]:
    """Tags that the viewer may use in a category and that hold what he typed, the most used (or first listed) first."""
    place, free = categories.find(category_id), _moderates(viewer, category_id)
    if place and place.tags_allowed and not free:
        return [word for word in place.tags_allowed if typed.lower() in word]
    found = [name for name, _times in tags.most_used(categories.visible_ids(viewer), typed)]
    return [name for name in found if free or name not in staff()]


def most(category_id: int) -> int:
    """How many tags a topic may have in a category."""
    place = categories.find(category_id)
    own = place.tags_most if place else None
    return int(tags.settings.per_topic if own is None else own)


def chosen(writer: Viewer, category_id: int, line: str, before: Sequence[str] | None = None) -> list[str]:
    """The tags in a line that somebody typed, as far as the category's rules allow; `before` are those that the topic has.

    What only moderators may take away stays. Raises Invalid, and Forbidden for who may not use tags there.
    """
    words, free = tags.clean(line), _moderates(writer, category_id)
    known = before or ()
    added = [word for word in words if word not in known]
    if added:
        permissions.require(permissions.tag_topic(writer, category_id))
    if not free:
        words += [word for word in known if word in staff() and word not in words]
        _check_words(category_id, added)
    if before is None or set(words) != set(before):
        _check_number(writer, category_id, len(words))
    return words


def _moderates(viewer: Viewer, category_id: int) -> bool:
    return "moderate" in rights(viewer, category_id)


def _check_words(category_id: int, added: Sequence[str]) -> None:
    place = categories.find(category_id)
    for word in added:
        if word in staff():
            raise Invalid("tags", _("Only moderators may use the tag “%(tag)s”.", tag=word))
        if place and place.tags_allowed and word not in place.tags_allowed:
            raise Invalid(
                "tags",
                _(
                    "“%(tag)s” is no tag of this category. These are: %(tags)s.",
                    tag=word, tags=", ".join(place.tags_allowed),
                ),
            )  # fmt: skip


def _check_number(writer: Viewer, category_id: int, number: int) -> None:
    place, high = categories.find(category_id), most(category_id)
    if number > high:
        raise Invalid("tags", ngettext("At most %(num)s tag, please.", "At most %(num)s tags, please.", high))
    low = place.tags_least if place else 0
    if number < low and permissions.tag_topic(writer, category_id):
        raise Invalid(
            "tags",
            ngettext(
                "A topic of this category needs a tag.", "A topic of this category needs at least %(num)s tags.", low
            ),
        )
