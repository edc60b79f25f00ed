"""Images of categories: a picture that stands in place of a category's icon."""

from core import cache
from core.db import session
from core.images import Crop
from forum import audit, category_tree, pictures, uploads
from forum.uploads import Ready
from forum.viewers import Viewer

KIND = "category"


def prepare(viewer: Viewer, category_id: int, name: str, data: bytes, crop: Crop) -> Ready:
    """Cuts the part out that is wanted, before the transaction: it is slow. Raises Forbidden, Missing, Invalid."""
    category_tree.get(viewer, category_id)
    return pictures.prepare(viewer, KIND, name, data, crop)


def put(viewer: Viewer, category_id: int, ready: Ready) -> None:
    """Makes it the category's image; the one before is removed. Raises Forbidden, Missing, Invalid."""
    row = category_tree.get(viewer, category_id)
    row.image = pictures.swap(viewer, KIND, ready, row.image)
    _changed(viewer, "category.pictured", row.id, row.name)


def remove(viewer: Viewer, category_id: int) -> None:
    """Back to the icon. Raises Forbidden, Missing."""
    row = category_tree.get(viewer, category_id)
    uploads.drop_key(row.image)
    row.image = ""
    _changed(viewer, "category.bared", row.id, row.name)


def _changed(viewer: Viewer, kind: str, category_id: int, name: str) -> None:
    session().flush()
    audit.note(viewer, kind, category_id=category_id, name=name)
    cache.bump("categories")
