"""Covers of groups: a wide picture over a group's page."""

from core.db import session
from core.images import Crop
from forum import audit, memberships, pictures, uploads
from forum.uploads import Ready
from forum.viewers import Viewer
from models import Group

KIND = "group"


def prepare(viewer: Viewer, group: Group, name: str, data: bytes, crop: Crop) -> Ready:
    """Cuts the part out that is wanted, before the transaction: it is slow. Raises Forbidden, Invalid."""
    memberships.require_manager(viewer, group)
    return pictures.prepare(viewer, KIND, name, data, crop)


def put(viewer: Viewer, group: Group, ready: Ready) -> None:
    """Makes it the group's cover; the one before is removed. Raises Forbidden, Invalid."""
    row = _managed(viewer, group)
    row.cover = pictures.swap(viewer, KIND, ready, row.cover)
    _note(viewer, row)


def remove(viewer: Viewer, group: Group) -> None:
    """Back to no cover. Raises Forbidden."""
    row = _managed(viewer, group)
    uploads.drop_key(row.cover)
    row.cover = ""
    _note(viewer, row)


def _managed(viewer: Viewer, group: Group) -> Group:
    memberships.require_manager(viewer, group)
    return session().get_one(Group, group.id, populate_existing=True, with_for_update=True)


def _note(viewer: Viewer, group: Group) -> None:
    session().flush()
    audit.note(viewer, "group.covered", name=group.name)
