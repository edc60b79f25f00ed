"""Uploads: what is taken, what is refused, how it is served, and what is removed when nobody shows it."""

import io
import re
import struct
import zlib
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from core import clock, images, storage
from core.db import session
from forum import uploads
from forum.refusals import Invalid
from models import Draft, Upload, UploadLink
from tests.factories import (
    a_moderator,
    a_topic,
    a_user,
    fresh,
    inside,
    number_of,
    posts_of,
    reads,
    set_setting,
)
from tests.visitor import Visitor, path_of


def a_picture(kind: str = "PNG", size: tuple[int, int] = (1200, 800), mode: str = "RGB", **more) -> bytes:
    """An image, its upper left quarter red."""
    image = Image.new(mode, size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1] // 2))
    kept = io.BytesIO()
    image.save(kept, kind, **more)
    return kept.getvalue()


def a_photo() -> bytes:
    """A JPEG that lies on its side, says where it was taken and has a comment."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010E] = "SECRET-DESCRIPTION"
    exif.get_ifd(0x8825)[1] = "N"
    return a_picture("JPEG", (900, 600), exif=exif, comment=b"SECRET-COMMENT")


def a_bomb(width: int = 50_000, height: int = 50_000, pixels: bytes = b"none", behind: bytes = b"") -> bytes:
    """A PNG of a few hundred bytes that claims to be so large. Whoever decodes it finds that it has no pixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixels) + behind + chunk(b"IEND", b"")


def chunk(kind: bytes, data: bytes) -> bytes:
    """A piece of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def a_text_bomb() -> bytes:
    """A PNG whose description, behind its pixels, is small as it is sent and large as it is read."""
    return a_bomb(3, 3, zlib.compress(b"\0" * 30), chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"A" * 5_000_000)))


def many_scans() -> bytes:
    """A JPEG whose last scan is there a hundred times."""
    made = a_picture("JPEG", (64, 64), progressive=True)
    last = made[made.rindex(b"\xff\xc4") : -2]
    return made[:-2] + last * 100 + made[-2:]


def a_growing_gif() -> bytes:
    """A GIF of 1 × 1 whose later frames say that they are 9,000 × 9,000."""

    def frame(side: int) -> bytes:
        return b"," + struct.pack("<HHHHB", 0, 0, side, side, 0) + b"\x02\x02\x44\x01\x00"

    head = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    return head + frame(1) + frame(9_000) * 3 + b";"


def send(visitor: Visitor, name: str, data: bytes, path: str = "/uploads", **fields):
    """Uploads as a browser does."""
    sent = {"csrf_token": visitor.token, **fields, "file": FileStorage(io.BytesIO(data), name)}
    boundary, body = encode_multipart(sent)
    kind = f'multipart/form-data; boundary="{boundary}"'
    return visitor.send("POST", path, data=body, headers=visitor.own_headers(), content_type=kind)


def markdown_of(answer) -> str:
    """What the script writes into the text."""
    assert answer.status == 200, answer.words
    return re.search(r'data-markdown="([^"]*)"', answer.html)[1]


@reads
def newest() -> Upload:
    """The upload that came last."""
    return session().scalars(select(Upload).order_by(Upload.id.desc()).limit(1)).one()


def served(visitor: Visitor, path: str) -> Image.Image:
    """An image as a browser gets it."""
    raw = visitor.client.get(path)
    assert raw.status_code == 200
    return Image.open(io.BytesIO(raw.data))


# --- images ---


def test_an_image_is_kept_in_several_sizes_and_formats(ann, guest):
    answer = send(ann, "my cat.png", a_picture(), alt="A cat [asleep]")
    upload = newest()
    assert markdown_of(answer) == f"![A cat  asleep](/uploads/{upload.key}/1200x800.jpg)"
    for width, height in ((400, 267), (800, 533), (1200, 800)):
        for kind, name in (("webp", "WEBP"), ("jpg", "JPEG")):
            picture = served(guest, f"/uploads/{upload.key}/{width}.{kind}")
            assert (picture.size, picture.format) == ((width, height), name)
    raw = guest.client.get(f"/uploads/{upload.key}/1200x800.jpg")
    assert raw.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert raw.headers["Content-Type"] == "image/jpeg"
    assert "Content-Disposition" not in raw.headers or raw.headers["Content-Disposition"].startswith("inline")
    for wrong in ("1600.webp", "400.gif", "../secret", "400.webp.exe"):
        assert guest.client.get(f"/uploads/{upload.key}/{wrong}").status_code == 404


def test_a_photo_stands_upright_and_tells_nothing(ann, guest):
    send(ann, "photo.jpg", a_photo())
    upload = newest()
    assert (upload.width, upload.height) == (600, 900)
    for name in upload.variants:
        raw = guest.client.get(f"/uploads/{name}").data
        assert b"SECRET" not in raw
        assert b"Exif" not in raw
        picture = Image.open(io.BytesIO(raw))
        assert not picture.getexif()
        red, _green, blue = picture.convert("RGB").getpixel((picture.width - 5, 5))
        assert red > 200 > blue  # the red quarter is at the upper right now


def test_what_is_transparent_stays_so(ann, guest):
    send(ann, "logo.png", a_picture(mode="RGBA", size=(300, 200)))
    upload = newest()
    assert (upload.media_type, upload.variants) == ("image/png", [f"{upload.key}/300.png", f"{upload.key}/300.webp"])


def test_a_moving_picture_keeps_moving(ann, guest):
    frames = [Image.new("RGB", (60, 40), colour) for colour in ("red", "green", "blue")]
    kept = io.BytesIO()
    frames[0].save(kept, "GIF", save_all=True, append_images=frames[1:], duration=50)
    send(ann, "wave.gif", kept.getvalue())
    upload = newest()
    assert served(guest, f"/uploads/{upload.key}/60x40.gif").n_frames == 3
    assert served(guest, f"/uploads/{upload.key}/60.webp").n_frames == 3


def test_a_post_shows_it_with_its_size_plain(ann, guest):
    topic = a_topic()
    written = markdown_of(send(ann, "cat.png", a_picture(size=(2000, 1000)), alt="A cat"))
    ann.post(f"/topic/{topic.id}/posts", {"body": f"Look: {written}"})
    key = newest().key
    html = guest.get(path_of(topic)).html
    image = re.search(r"<img [^>]*>", html)[0]
    assert 'width="1600" height="800" alt="A cat" loading="lazy"' in image
    assert f'src="/uploads/{key}/800.jpg"' in image
    assert f'<source type="image/webp" srcset="/uploads/{key}/400.webp 400w, /uploads/{key}/800.webp 800w, ' in html
    for address in re.findall(rf"/uploads/{key}/[\w.]+", html):
        assert guest.client.get(address).status_code == 200, address
    assert number_of(UploadLink) == 1


def test_an_image_of_another_site_is_still_a_link(ann, guest):
    topic = a_topic()
    for address in (
        "https://example.org/uploads/x.jpg",
        "//example.org/uploads/" + "a" * 22 + "/1x1.jpg",
        "/uploads/x/1x1.jpg",
    ):
        ann.post(f"/topic/{topic.id}/posts", {"body": f"![words]({address})"})
    assert "<img" not in guest.get(path_of(topic)).html


# --- other files ---


def test_a_file_is_never_run_by_a_browser(app, guest):
    keeper = Visitor(app, a_moderator())
    set_setting("uploads.extensions", "txt,html,svg")
    for name, data in (
        ("page.html", b"<script>alert(1)</script>"),
        ("x.svg", b"<svg onload=alert(1)>"),
        ("ä b.txt", b"words"),
    ):
        written = markdown_of(send(keeper, name, data))
        assert written.startswith(f"[{name}](/uploads/")
        raw = guest.client.get(f"/uploads/{newest().key}/{name}")
        assert raw.data == data
        assert raw.headers["Content-Type"] == "application/octet-stream"
        assert raw.headers["Content-Disposition"].startswith("attachment")
        assert raw.headers["X-Content-Type-Options"] == "nosniff"
        assert raw.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_members_upload_images_but_not_files_by_default(ann):
    refused = send(ann, "words.txt", b"words")
    assert refused.status == 403
    assert "You may upload images, but no other files." in refused.words
    page = ann.get(f"/topic/{a_topic().id}/reply")
    assert 'type="file" name="file" accept="image/*"' in page.html


def test_a_guest_uploads_nothing(guest):
    assert send(guest, "cat.png", a_picture()).status == 403
    assert number_of(Upload) == 0


# --- what is refused, and how ---


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("funny.gif", b"GIF89a<html><script>alert(1)</script>", "says it is an image, but it is not one"),
        ("funny.gif", b"<html><script>alert(1)</script>", "says it is an image, but it is not one"),
        ("half.jpg", a_picture("JPEG")[:900], "says it is an image, but it is not one"),
        ("bomb.png", a_bomb(), "This image has too many pixels: at most 50 million, please."),
        ("large.png", a_bomb(8_000, 8_000), "This image has too many pixels"),
        ("thin.png", a_picture(size=(10, 20_000)), "This image has too many pixels"),
        ("thinner.png", a_bomb(1, 49_000_000), "This image has too many pixels"),
        ("flat.png", a_bomb(49_000_000, 1), "This image has too many pixels"),
        ("scans.jpg", many_scans(), "This image has too many pixels"),
        ("grows.gif", a_growing_gif(), "This image has too many pixels"),
        ("words.png", a_text_bomb(), "says it is an image, but it is not one"),
        ("../../etc/passwd.png", a_picture(), "is no name of a file."),
        ("..", a_picture(), "is no name of a file."),
        ("cat.png", b"", "The file is empty."),
        ("", a_picture(), "Choose a file first."),
    ],
    ids=["gif-tail", "gif-html", "half", "bomb", "large", "thin", "thinner", "flat", "scans", "grows", "words",
         "path", "dots", "empty", "nothing"],
)  # fmt: skip
def test_what_cannot_be_uploaded_is_said_in_words(ann, name, data, reason, tmp_path):
    answer = send(ann, name, data)
    assert answer.status == 422
    assert reason in answer.words
    assert number_of(Upload) == 0


@pytest.fixture
def others_upload(monkeypatch):
    """Two large images are being looked at, and nobody waits for long."""
    monkeypatch.setattr(uploads, "_PATIENCE", 0.01)
    with uploads._turn(), uploads._turn():
        yield


def test_who_cannot_be_served_at_once_is_told_when_to_come_again(ann, others_upload):
    answer = send(ann, "cat.png", a_picture())
    assert answer.status == 503
    assert "Many images are being looked at just now." in answer.words
    assert int(answer.headers["Retry-After"]) > 0
    ann.get("/me/picture")
    assert send(ann, "me.png", a_picture(), "/me/picture", kind="picture").status == 503
    assert number_of(Upload) == 0


def test_a_text_is_kept_while_its_image_has_to_wait_plain(ann, others_upload):
    topic = a_topic()
    fields = {**ann.get(f"/topic/{topic.id}/reply").form(f"/topic/{topic.id}/posts").fields, "body": "My cat:"}
    after = ann.follow(send(ann, "cat.png", a_picture(), **fields))
    assert "Many images are being looked at just now." in after.html
    assert after.form(f"/topic/{topic.id}/posts").fields["body"] == "My cat:"


def test_a_photo_with_another_one_behind_it_is_a_photo(ann):
    """Telephones keep a second image (for depth or brightness) in the file: MPO."""
    kept, second = io.BytesIO(), Image.new("RGB", (60, 40), "green")
    Image.new("RGB", (600, 400), "red").save(kept, "MPO", save_all=True, append_images=[second])
    send(ann, "phone.jpg", kept.getvalue())
    assert newest().media_type == "image/jpeg"


def test_what_is_too_large_is_refused(ann):
    set_setting("uploads.image_kb", "16")
    noise = Image.effect_noise((300, 300), 90)
    kept = io.BytesIO()
    noise.save(kept, "PNG")
    refused = send(ann, "noise.png", kept.getvalue())
    assert refused.status == 422
    assert "This is larger than 16 KiB, the most that is taken." in refused.words
    huge = send(ann, "huge.png", b"\x89PNG" + b"\0" * 50 * 1024 * 1024)
    assert huge.status == 413
    assert "This is too large" in huge.words
    assert number_of(Upload) == 0


def test_a_large_form_is_only_read_where_files_are_taken(ann):
    assert send(ann, "cat.png", b"\0" * 3 * 1024 * 1024, f"/topic/{a_topic().id}/posts", body="x").status == 413


def test_the_quota_of_a_person(ann):
    set_setting("uploads.quota_mb", "1")
    noise = Image.effect_noise((600, 600), 120).convert("RGB")
    kept = io.BytesIO()
    noise.save(kept, "PNG")
    assert send(ann, "one.png", kept.getvalue()).status == 200
    refused = send(ann, "two.png", kept.getvalue())
    assert refused.status == 422
    assert "Your 1 MiB are used up" in refused.words
    assert number_of(Upload) == 1
    assert send(Visitor(ann.app, a_user()), "other.png", kept.getvalue()).status == 200


def test_the_frames_of_a_moving_picture_count_together():
    frames = [Image.new("RGB", (100, 100), (number, 0, 0)) for number in range(12)]
    kept = io.BytesIO()
    frames[0].save(kept, "GIF", save_all=True, append_images=frames[1:])
    assert images.read(kept.getvalue(), most_pixels=120_000).extension == "gif"
    with pytest.raises(images.TooLarge):
        images.read(kept.getvalue(), most_pixels=119_999)


@pytest.mark.parametrize("name", ["..\\cat.png", "a/b.png", "/etc/passwd", "a\nb.png", "...", "  "])
def test_a_name_is_never_a_path(name):
    with pytest.raises(Invalid, match="no name of a file"):
        uploads.check_name(name)


def test_a_long_name_keeps_its_ending():
    assert uploads.check_name("x" * 200 + ".png") == "x" * 96 + ".png"


# --- without script ---


def test_an_upload_joins_the_text_plain(ann):
    topic = a_topic()
    page = ann.get(f"/topic/{topic.id}/reply")
    fields = {**page.form(f"/topic/{topic.id}/posts").fields, "body": "My cat:", "alt": "A cat"}
    answer = send(ann, "cat.png", a_picture(), **fields)
    assert answer.status == 303
    after = ann.follow(answer)
    assert "“cat.png” is uploaded and stands at the end of your text." in after.html
    body = after.form(f"/topic/{topic.id}/posts").fields["body"]
    assert body == f"My cat:\n\n![A cat](/uploads/{newest().key}/1200x800.jpg)\n"
    ann.submit(after, f"/topic/{topic.id}/posts")
    assert "<picture>" in posts_of(topic)[1].html


def test_a_refused_upload_keeps_the_text_plain(ann):
    topic = a_topic()
    fields = {**ann.get(f"/topic/{topic.id}/reply").form(f"/topic/{topic.id}/posts").fields, "body": "My cat:"}
    after = ann.follow(send(ann, "cat.gif", b"<html>", **fields))
    assert "says it is an image, but it is not one that can be read." in after.html
    assert after.form(f"/topic/{topic.id}/posts").fields["body"] == "My cat:"


def test_an_upload_gives_a_fragment_htmx(ann):
    answer = send(ann, "cat.png", a_picture())
    assert "<html" not in answer.html
    assert markdown_of(answer).startswith("![cat.png](/uploads/")


# --- one's own uploads, and what nobody shows ---


def test_the_page_of_ones_own_uploads(ann, guest):
    send(ann, "cat.png", a_picture(), alt="A cat")
    page = ann.get("/user/ann/uploads")
    assert "cat.png" in page.words
    assert "in no post" in page.words
    assert re.search(r"KiB of 200.0 MiB used", page.words)
    upload = newest()
    assert f'src="/uploads/{upload.key}/400.webp"' in page.html
    assert guest.get("/user/ann/uploads").status == 302
    bert = Visitor(ann.app, a_user("Bert"))
    assert bert.get("/user/ann/uploads").status == 404
    assert bert.post(f"/uploads/{upload.id}/remove").status == 404
    after = ann.follow(ann.submit(page, f"/uploads/{upload.id}/remove"))
    assert "No uploads" in after.words
    assert guest.client.get(f"/uploads/{upload.key}/400.webp").status_code == 404
    with inside():
        assert all(storage.files().get(name) is None for name in upload.variants)


def test_what_no_post_or_draft_shows_is_removed_after_a_day(ann):
    topic = a_topic()
    shown, drafted, _left = (markdown_of(send(ann, f"{name}.png", a_picture(size=(50, 50)))) for name in "abc")
    ann.post(f"/topic/{topic.id}/posts", {"body": shown})
    ann.post("/drafts", {"send_key": "k", "place": f"topic:{topic.id}", "body": drafted, "tab": "t", "turn": 1})
    clock.travel(timedelta(hours=23))
    with inside():
        uploads.remove_unlinked()
    assert number_of(Upload) == 3
    clock.travel(timedelta(hours=25))
    with inside():
        uploads.remove_unlinked()
    assert number_of(Upload) == 2
    # an edit that takes the image out leaves it to the history
    post = posts_of(topic)[1]
    ann.submit(ann.get(f"/post/{post.id}/edit"), f"/post/{post.id}/edit", body="Nothing to see")
    assert fresh(post).source == "Nothing to see"
    assert number_of(Draft, Draft.sent_at.is_(None)) == 1
    with inside():
        uploads.remove_unlinked()
    assert number_of(Upload) == 2


def test_an_edit_that_brings_an_image_links_it(ann):
    topic = a_topic(by=ann.user)
    post = posts_of(topic)[0]
    written = markdown_of(send(ann, "a.png", a_picture(size=(50, 50))))
    ann.submit(ann.get(f"/post/{post.id}/edit"), f"/post/{post.id}/edit", body=written)
    assert number_of(UploadLink, UploadLink.post_id == post.id) == 1


# --- the storage ---


def test_the_folder_keeps_reads_and_forgets(tmp_path: Path):
    folder = storage.Folder(tmp_path / "files")
    folder.put("abc/1.webp", b"one")
    folder.put("abc/1.webp", b"two")
    assert folder.get("abc/1.webp") == b"two"
    assert folder.get("abc/2.webp") is None
    folder.delete("abc/1.webp")
    folder.delete("abc/1.webp")
    assert folder.get("abc/1.webp") is None
    assert list((tmp_path / "files").iterdir()) == []
    for name in ("../x", "/etc/passwd", "a/../../x", "a//b", "", "a b"):
        with pytest.raises(ValueError, match="no name of a stored file"):
            folder.put(name, b"")
