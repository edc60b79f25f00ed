"""Uploads: images and files of posts, their limits and quotas, and what nobody uses any more."""

import logging
import re
import secrets
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import Select, delete, exists, func, or_, select

from core import clock, images, storage
from core.db import after_commit, session, writing
from core.i18n import gettext as _
from core.s3 import StoreFailed
from core.settings import Int, Str, declare
from forum import permissions
from forum.privileges import rights
from forum.refusals import Busy, Invalid, Missing
from forum.viewers import Viewer
from models import Draft, Upload, UploadLink, User

log = logging.getLogger("livery.uploads")

LARGEST = 65_536 * 1024
"""No setting lets a file be larger than so many bytes."""

settings = declare(
    "uploads",
    image_kb=Int(8192, "Largest image, in KiB", low=16, high=LARGEST // 1024),
    file_kb=Int(2048, "Largest file of another kind, in KiB", low=0, high=LARGEST // 1024),
    megapixels=Int(50, "Most pixels of an image (all frames together), in millions", low=1, high=400),
    extensions=Str(
        "txt,md,csv,pdf,zip,json,log,odt,ods", "Kinds of files taken besides images, separated by commas", 500
    ),
    quota_mb=Int(200, "What one person may store, in MiB", low=1, high=1_000_000),
    unlinked_hours=Int(24, "Hours after which what no post shows is removed", low=1, high=8760),
)

_SHOWN = 60
_IMAGE_ENDINGS = {"png", "jpg", "jpeg", "gif", "webp", "bmp"}
_ADDRESS = re.compile(r"/uploads/([A-Za-z0-9_-]{22})/")
_two_at_a_time = threading.BoundedSemaphore(2)  # a large image takes 200 MB while it is scaled
_PATIENCE = 5.0
"""Seconds that an upload waits for its turn: it holds a thread meanwhile, which pages need."""
_TRY_AGAIN = 10
_VARIANT = re.compile(r"(\d{1,5})(?:x\d{1,5})?\.(webp|jpg|png|gif)")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as it is served."""

    data: bytes
    media_type: str
    name: str
    inline: bool


@dataclass(slots=True)
class UploadRow:
    """An upload on its owner's page."""

    id: int
    key: str
    name: str
    media_type: str
    size: int
    width: int | None
    height: int | None
    alt: str
    created_at: datetime
    posts: int

    @property
    def path(self) -> str:
        """Its address on this site."""
        return path_of(self)

    @property
    def thumbnail(self) -> str:
        """The address of an image's smallest size."""
        return thumbnail_of(self)


def path_of(upload: "Upload | UploadRow") -> str:
    """The address of an upload; that of an image says how large it is, so that a page can keep its place."""
    if upload.width is None:
        return f"/uploads/{upload.key}/{upload.name}"
    ending = upload.media_type.rpartition("/")[2].replace("jpeg", "jpg")
    return f"/uploads/{upload.key}/{upload.width}x{upload.height}.{ending}"


def thumbnail_of(row: UploadRow) -> str:
    """The address of the smallest size of what a post may show."""
    if row.width is None or row.media_type == "image/gif":
        return row.path
    return f"/uploads/{row.key}/{images.steps(row.width)[0]}.webp"


def markdown(upload: Upload) -> str:
    """What stands for an upload in a text."""
    words = re.sub(r"[\[\]\\`\n]", " ", upload.alt or upload.name).strip()
    return f"{'!' if upload.width else ''}[{words}]({path_of(upload)})"


def upload_image(viewer: Viewer) -> permissions.Verdict:
    """May the viewer upload images?"""
    if viewer.guest:
        return permissions.Verdict(False, _("Log in to upload something."))
    if not (able := permissions.write(viewer)):
        return able
    held = "upload:post:image" in rights(viewer)
    return permissions.YES if held else permissions.Verdict(False, _("You may not upload images."))


def upload_file(viewer: Viewer) -> permissions.Verdict:
    """May the viewer upload files that are no images?"""
    if viewer.guest:
        return permissions.Verdict(False, _("Log in to upload something."))
    if not (able := permissions.write(viewer)):
        return able
    held = "upload:post:file" in rights(viewer)
    return permissions.YES if held else permissions.Verdict(False, _("You may upload images, but no other files."))


def largest(viewer: Viewer) -> int:
    """The bytes of the largest file that the viewer may send."""
    allowed = [settings.image_kb if upload_image(viewer) else 0, settings.file_kb if upload_file(viewer) else 0]
    return int(max(allowed)) * 1024


def usage(viewer: Viewer) -> tuple[int, int]:
    """How many bytes the viewer stores, and how many he may."""
    used = session().scalar(select(func.coalesce(func.sum(Upload.size), 0)).where(Upload.user_id == viewer.id))
    return int(used or 0), settings.quota_mb * 1024 * 1024


def of(viewer: Viewer, before_id: int | None = None) -> tuple[list[UploadRow], int | None]:
    """What the viewer has uploaded, newest first, and where the next ones begin."""
    used = select(func.count()).where(UploadLink.upload_id == Upload.id).correlate(Upload).scalar_subquery()
    columns = [getattr(Upload, name) for name in UploadRow.__slots__ if name != "posts"]
    query: Select[Any] = (
        select(*columns, used)
        .where(Upload.user_id == viewer.id, Upload.purpose == "")
        .order_by(Upload.id.desc())
        .limit(_SHOWN + 1)
    )
    if before_id is not None:
        query = query.where(Upload.id < before_id)
    rows = [UploadRow(*row) for row in session().execute(query)]
    return rows[:_SHOWN], rows[_SHOWN - 1].id if len(rows) > _SHOWN else None


def serve(key: str, name: str) -> Kept:
    """A file by its address; of an image the variant that was asked for. Raises Missing."""
    upload = session().scalar(select(Upload).where(Upload.key == key))
    if upload is None:
        raise Missing
    if upload.width is None:
        stored, media_type = f"{key}/file", "application/octet-stream"
    else:
        asked = _VARIANT.fullmatch(name)
        stored = f"{key}/{asked[1]}.{asked[2]}" if asked else ""
        media_type = "image/" + (asked[2].replace("jpg", "jpeg") if asked else "")
    data = storage.files().get(stored) if stored in upload.variants else None
    if data is None:
        raise Missing
    return Kept(data, media_type, upload.name, upload.width is not None)


@dataclass(frozen=True, slots=True)
class Ready:
    """What arrived, looked at and scaled, but not kept yet."""

    name: str
    data: bytes
    picture: images.Picture | None


def prepare(owner: Viewer, name: str, data: bytes) -> Ready:
    """Looks at what arrived: an image by its content, anything else as a file. Raises Invalid, Forbidden, Busy.

    It takes its time, so it belongs before the transaction and not into it.
    """
    name = check_name(name)
    with _turn():
        return Ready(name, data, _picture(owner, name, data))


def prepare_cut(
    owner: Viewer, name: str, data: bytes, crop: images.Crop, sizes: Sequence[tuple[int, int]], *, kilobytes: int,
    fallback: str,
) -> Ready:  # fmt: skip
    """Looks at an image of which one part is kept, in some sizes. Raises Invalid, Forbidden, Busy. As slow as `prepare`."""
    name = check_name(name)

    def make(most_pixels: int) -> images.Picture:
        return images.cut(data, crop, sizes, most_pixels=most_pixels, fallback=fallback)

    with _turn():
        return Ready(name, data, _image(owner, name, data, kilobytes, make))


def keep(owner: Viewer, ready: Ready, *, alt: str = "", purpose: str = "") -> Upload:
    """Keeps an upload. Raises Invalid when the owner's quota is used up."""
    picture, name = ready.picture, ready.name
    alt = " ".join(alt.replace("\x00", "").split())[:500]
    # One upload at a time for one person, so that two together do not pass the quota.
    session().execute(select(User.id).where(User.id == owner.id).with_for_update())
    key = secrets.token_urlsafe(16)
    files = (
        {f"{key}/file": ready.data}
        if picture is None
        else {f"{key}/{each.width}.{each.extension}": each.data for each in picture.variants}
    )
    size = sum(map(len, files.values()))
    used, most = usage(owner)
    if used + size > most:
        raise Invalid(
            "file", _("Your %(most)s MiB are used up: remove something that you no longer need.", most=most // 2**20)
        )
    upload = Upload(
        key=key, user_id=owner.id, name=name, size=size, alt=alt, variants=sorted(files), created_at=clock.now(),
        media_type="application/octet-stream", width=None, height=None, purpose=purpose,
    )  # fmt: skip
    if picture is not None:
        upload.width, upload.height = picture.width, picture.height
        upload.media_type = "image/" + picture.extension.replace("jpg", "jpeg")
    try:
        for stored, content in files.items():
            storage.files().put(stored, content)
    except StoreFailed:
        log.exception("An upload could not be stored")
        raise Invalid("file", _("Files cannot be stored just now. Please try again in a moment.")) from None
    session().add(upload)
    session().flush()
    return upload


def check_name(name: str) -> str:
    """The name of a file as it is shown. Raises Invalid for one that is a path."""
    if "/" in name or "\\" in name or name.strip(". ") == "" or any(ord(sign) < 32 for sign in name):
        raise Invalid("file", _("“%(name)s” is no name of a file.", name=name[:60]))
    path = PurePosixPath(" ".join(name.split()))
    return path.stem[: 100 - len(path.suffix)] + path.suffix[:20]


def link(post_id: int, source: str) -> None:
    """Notes which uploads a post shows. No query for a text that names none."""
    keys = set(_ADDRESS.findall(source))
    if not keys:
        return
    known = select(UploadLink.upload_id).where(UploadLink.post_id == post_id)
    fresh = select(Upload.id).where(Upload.key.in_(keys), Upload.id.not_in(known))
    session().add_all(UploadLink(post_id=post_id, upload_id=key) for key in session().scalars(fresh).all())
    session().flush()


def remove(owner: Viewer, upload_id: int) -> None:
    """Removes one of the owner's uploads; posts that show it keep its description. Raises Missing."""
    upload = session().scalar(
        select(Upload).where(Upload.id == upload_id, Upload.user_id == owner.id, Upload.purpose == "")
    )
    if upload is None:
        raise Missing
    _remove([upload])


def drop(upload: Upload) -> None:
    """Removes an upload, whoever's it is; the caller has asked who may."""
    _remove([upload])


def drop_key(key: str) -> None:
    """Removes the upload of this key, if there is one; the caller has asked who may."""
    _remove(session().scalars(select(Upload).where(Upload.key == key)).all() if key else ())


def remove_for(owner: Viewer, purpose: str) -> None:
    """Removes what the owner keeps for his profile."""
    _remove(session().scalars(select(Upload).where(Upload.user_id == owner.id, Upload.purpose == purpose)).all())


def remove_unlinked() -> None:
    """Removes what no post, draft or profile shows, after a day of grace. A recurring job, 100 at a time."""
    with writing() as current:
        old = Upload.created_at < clock.now() - timedelta(hours=settings.unlinked_hours)
        used = exists().where(UploadLink.upload_id == Upload.id)
        begun = exists().where(Draft.user_id == Upload.user_id, Draft.body.contains(Upload.key))
        about = or_(User.about.contains(Upload.key), User.signature.contains(Upload.key))
        said = exists().where(User.id == Upload.user_id, about)
        gone = current.scalars(
            select(Upload).where(old, Upload.purpose == "", ~used, ~begun, ~said).order_by(Upload.id).limit(100)
        ).all()
        _remove(gone)


@contextmanager
def _turn() -> Iterator[None]:
    """One of two turns at the work that takes much memory. Raises Busy when none is free in time."""
    if not _two_at_a_time.acquire(timeout=_PATIENCE):
        raise Busy(_("Many images are being looked at just now. Please send yours again in a moment."), _TRY_AGAIN)
    try:
        yield
    finally:
        _two_at_a_time.release()


def _picture(owner: Viewer, name: str, data: bytes) -> images.Picture | None:
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if not data:
        raise Invalid("file", _("The file is empty."))
    if ending not in _IMAGE_ENDINGS:
        permissions.require(upload_file(owner))
        taken = [word.strip().lower() for word in settings.extensions.split(",") if word.strip()]
        if ending not in taken:
            raise Invalid(
                "file", _("Files of this kind are not taken; images and %(kinds)s are.", kinds=", ".join(taken))
            )
        _check_size(data, settings.file_kb)
        return None
    return _image(owner, name, data, settings.image_kb, lambda most: images.read(data, most_pixels=most))


def _image(
    owner: Viewer, name: str, data: bytes, kilobytes: int, make: Callable[[int], images.Picture]
) -> images.Picture:
    permissions.require(upload_image(owner))
    _check_size(data, kilobytes)
    try:
        return make(settings.megapixels * 1_000_000)
    except images.TooLarge:
        raise Invalid(
            "file", _("This image has too many pixels: at most %(most)s million, please.", most=settings.megapixels)
        ) from None
    except images.NotAnImage:
        raise Invalid(
            "file", _("“%(name)s” says it is an image, but it is not one that can be read.", name=name)
        ) from None


def _check_size(data: bytes, kilobytes: int) -> None:
    if len(data) > kilobytes * 1024:
        raise Invalid("file", _("This is larger than %(most)s KiB, the most that is taken.", most=f"{kilobytes:,}"))


def _remove(uploads: Sequence[Upload]) -> None:
    for upload in uploads:
        names = list(upload.variants)
        session().execute(delete(UploadLink).where(UploadLink.upload_id == upload.id))
        session().delete(upload)
        after_commit(lambda names=names: _unstore(names))  # type: ignore[misc]
    session().flush()


def _unstore(names: Sequence[str]) -> None:
    try:
        for name in names:
            storage.files().delete(name)
    except StoreFailed:  # what remains there is shown by nobody
        log.exception("A file could not be removed")
