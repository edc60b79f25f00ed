"""Pictures: the one of a person beside all that he writes, the cover of his page, and those that stand for places."""

from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import update

from core.db import session
from core.images import Crop
from core.settings import Int, declare
from forum import uploads
from forum.uploads import Ready
from forum.viewers import Viewer
from models import User

settings = declare(
    "pictures",
    picture_kb=Int(2048, "Largest picture of a person or of a category, in KiB", low=16, high=uploads.LARGEST // 1024),
    cover_kb=Int(4096, "Largest cover of a person's or a group's page, in KiB", low=16, high=uploads.LARGEST // 1024),
)

SIZES: Mapping[str, tuple[tuple[int, int], ...]] = MappingProxyType(
    {
        "picture": ((48, 48), (96, 96), (192, 192)), "cover": ((800, 200), (1600, 400)),
        "category": ((80, 80), (112, 112)), "group": ((800, 200), (1600, 400)),
    }
)  # fmt: skip
"""What is kept of each kind, in pixels. Templates know these numbers, too."""
OF_PEOPLE = ("picture", "cover")
_FALLBACK = {"picture": "png", "cover": "jpg", "category": "png", "group": "jpg"}


def largest(kind: str) -> int:
    """How many KiB a file of this kind may have."""
    own = settings.cover_kb if kind in ("cover", "group") else settings.picture_kb
    return int(min(own, uploads.settings.image_kb))


def prepare(owner: Viewer, kind: str, name: str, data: bytes, crop: Crop) -> Ready:
    """Cuts the part out that is wanted. Raises Invalid, Forbidden. Slow: it belongs before the transaction."""
    return uploads.prepare_cut(owner, name, data, crop, SIZES[kind], kilobytes=largest(kind), fallback=_FALLBACK[kind])


def put(owner: Viewer, kind: str, ready: Ready) -> None:
    """Makes it the owner's picture or cover; the one before is removed. Raises Invalid when his quota is used up."""
    uploads.remove_for(owner, kind)
    _set(owner, kind, uploads.keep(owner, ready, purpose=kind).key)


def swap(owner: Viewer, kind: str, ready: Ready, former: str) -> str:
    """Keeps a picture of something else than a person, in place of a former one; returns its key. Raises Invalid."""
    uploads.drop_key(former)
    return uploads.keep(owner, ready, purpose=kind).key


def remove(owner: Viewer, kind: str) -> None:
    """Back to the letter on its colour, or to no cover."""
    uploads.remove_for(owner, kind)
    _set(owner, kind, "")


def _set(owner: Viewer, kind: str, key: str) -> None:
    session().execute(update(User).where(User.id == owner.id).values({kind: key}))
