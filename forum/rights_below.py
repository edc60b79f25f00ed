"""Rights below: what counts in a category, copied to those below it that have rights of their own."""

from dataclasses import dataclass

from forum import audit, category_tree, granting, panel
from forum.refusals import Missing
from forum.viewers import Viewer
from models import Category


@dataclass(frozen=True, slots=True)
class Below:
    """A category with what stands below it: how many in all, and those whose own rights a copy replaces."""

    category: Category
    number: int
    own: list[Category]


def get(viewer: Viewer, category_id: int) -> Below:
    """What copying would change. Raises Forbidden, Missing."""
    panel.guard(viewer, granting.RIGHT)
    found = category_tree.find(category_id)
    if found is None:
        raise Missing
    rows = category_tree.below(category_id)
    return Below(found, len(rows), [row for row in rows if row.own_rights])


def copy(viewer: Viewer, category_id: int) -> int:
    """Copies the rights that count in a category to those below it with rights of their own; returns how many.

    Those without have them anyway; the moderators of each stay. Raises Missing, and Forbidden where that changes a right
    that the viewer does not hold himself: then nothing is changed.
    """
    found = get(viewer, category_id)
    for row in found.own:
        granting.set_own(viewer, row.id, own=True, like=category_id)
    if found.own:
        names = ", ".join(row.name for row in found.own)
        audit.note(viewer, "right.copied", category_id=category_id, name=found.category.name, detail=f"→ {names}")
    return len(found.own)
