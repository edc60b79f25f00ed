"""Pictures of people: cut by the server, shown wherever they are named, taken back to the letter."""

import io
import re

import pytest
from PIL import Image
from sqlalchemy import delete

from core import cache, storage
from core.db import session
from models import Grant, Upload, User
from tests.factories import a_post, a_topic, fresh, inside, number_of, set_setting, writes
from tests.test_uploads import a_bomb, a_photo, a_picture, newest, send, served
from tests.visitor import Visitor, path_of

GREEN = (0, 200, 0)


def stripes() -> bytes:
    """An image of 900 × 300: red, green and blue, each a square."""
    image = Image.new("RGB", (900, 300), "red")
    image.paste(GREEN, (300, 0, 600, 300))
    image.paste("blue", (600, 0, 900, 300))
    kept = io.BytesIO()
    image.save(kept, "PNG")
    return kept.getvalue()


def put(visitor: Visitor, data: bytes, kind: str = "picture", name: str = "me.png", **numbers):
    """Sends an image as the page's form does."""
    visitor.get("/me/picture")
    return send(visitor, name, data, "/me/picture", kind=kind, **{key: str(value) for key, value in numbers.items()})


def colours(visitor: Visitor, path: str) -> tuple[tuple[int, int], set[str]]:
    """The size of an image and which of red, green and blue it shows in its corners and its middle."""
    image = served(visitor, path).convert("RGB")
    wide, high = image.size
    seen = set()
    for at in ((2, 2), (wide - 3, high - 3), (wide // 2, high // 2)):
        pixel = image.getpixel(at)
        seen.add(("red", "green", "blue")[pixel.index(max(pixel))])
    return image.size, seen


def test_a_picture_plain(ann, guest):
    assert '<form class="crop-form crop-picture"' in ann.get("/me/picture").html
    answer = put(ann, stripes())
    assert (answer.status, answer.location) == (303, "/me/picture")
    key = fresh(ann.user).picture
    for size in (48, 96, 192):
        for kind in ("webp", "png"):
            assert colours(guest, f"/uploads/{key}/{size}.{kind}") == ((size, size), {"green"})  # the middle
    page = ann.follow(answer)
    assert "Your picture is changed." in page.html
    assert f"/uploads/{key}/192.webp 2x" in page.html


def test_a_picture_htmx(ann):
    """The form holds a file, so that HTMX sends it boosted, as multipart."""
    page = ann.get("/me/picture")
    assert page.form("/me/picture").attributes["enctype"] == "multipart/form-data"
    put(ann, stripes())
    answer = ann.htmx.sends(ann.get("/me/picture"), "/me/picture/remove")
    assert (answer.status, answer.location) == (303, "/me/picture")
    assert fresh(ann.user).picture == ""


@pytest.mark.parametrize(
    ("numbers", "seen"),
    [
        ({"x": 0, "y": 0}, {"red"}),
        ({"x": 1, "y": 1}, {"blue"}),
        ({"x": 0.5, "y": 0.5, "zoom": 3}, {"green"}),
        ({"x": 1 / 3, "y": 0.2, "zoom": 8}, {"red", "green"}),
        ({"x": 0.9, "y": 0.5, "zoom": 2}, {"blue"}),
    ],
)
def test_the_part_that_was_chosen(ann, guest, numbers, seen):
    put(ann, stripes(), **numbers)
    assert colours(guest, f"/uploads/{fresh(ann.user).picture}/192.png")[1] == seen


@pytest.mark.parametrize("wrong", [{"x": 2}, {"y": -1}, {"zoom": 0}, {"zoom": "nan"}, {"x": "inf"}, {"kind": "colour"}])
def test_numbers_that_no_page_sends(ann, wrong):
    assert put(ann, stripes(), **wrong).status == 400
    assert fresh(ann.user).picture == ""


def test_a_photo_stands_upright(ann, guest):
    put(ann, a_photo(), name="me.jpg")
    image = served(guest, f"/uploads/{fresh(ann.user).picture}/192.png").convert("RGB")
    red, _green, blue = image.getpixel((180, 10))
    assert red > 200 > blue
    assert b"SECRET" not in guest.client.get(f"/uploads/{fresh(ann.user).picture}/192.webp").data


def test_a_cover(ann, guest):
    assert put(ann, a_picture("GIF", (1200, 900)), "cover").status == 303
    key = fresh(ann.user).cover
    assert served(guest, f"/uploads/{key}/1600.jpg").size == (1600, 400)
    assert served(guest, f"/uploads/{key}/800.webp").size == (800, 200)
    page = guest.get("/user/ann")
    assert f'<img class="cover" src="/uploads/{key}/800.jpg"' in page.html
    assert 'width="1600" height="400"' in page.html
    ann.submit(ann.get("/me/picture"), "/me/picture/remove", kind="cover")
    assert 'class="cover"' not in guest.get("/user/ann").html


def test_it_is_shown_wherever_its_owner_is(ann, guest):
    topic = a_topic(by=ann.user, title="A topic of Ann's")
    a_post(in_=topic, by=ann.user, body="findable words")
    pages = ["/recent", f"/category/{topic.category_id}", path_of(topic), "/users", "/user/ann", "/categories"]
    assert not any("avatar-picture" in _at(guest, page).html for page in pages)
    put(ann, stripes())
    key = fresh(ann.user).picture
    for page in pages:  # what is kept for guests moves at once
        html = _at(guest, page).html
        assert f"/uploads/{key}/" in html, page
        assert len(re.findall(r'<img src="/uploads/[^>]* width="\d+" height="\d+" alt=""', html)) >= 1
    assert f"/uploads/{key}/48.webp" in ann.get("/search?q=findable").html
    put(ann, a_picture())
    assert all(f"/uploads/{key}/" not in _at(guest, page).html for page in pages)


def _at(visitor: Visitor, page: str):
    answer = visitor.get(page)
    return visitor.follow(answer) if answer.status in (302, 308) else answer


def test_the_one_before_is_removed_and_nothing_else(ann):
    send(
        ann,
        "for a post.png",
        a_picture(),
    )
    put(ann, stripes())
    first = newest()
    put(ann, stripes(), "cover")
    put(ann, a_picture())
    assert number_of(Upload) == 3
    with inside():
        assert all(storage.files().get(name) is None for name in first.variants)
        assert all(storage.files().get(name) for name in newest().variants)
    assert "for a post.png" in ann.get("/user/ann/uploads").html
    assert "me.png" not in ann.get("/user/ann/uploads").html
    assert ann.post(f"/uploads/{newest().id}/remove").status == 404  # there it is not his to remove


def test_what_is_refused_is_said_beside_the_form_and_changes_nothing(ann):
    put(ann, stripes())
    kept = fresh(ann.user).picture
    for data, name, words in [
        (b"<html>", "me.gif", "not one that can be read"),
        (a_bomb(), "me.png", "too many pixels"),
        (a_bomb(8_000, 8_000), "me.png", "too many pixels"),
        (a_bomb(1, 49_000_000), "me.png", "too many pixels"),
        (b"x" * 3_000_000, "me.png", "larger than 2,048 KiB"),
        (stripes(), "../me.png", "is no name of a file"),
    ]:
        answer = put(ann, data, name=name)
        assert answer.status == 422
        assert words in answer.words
    ann.get("/me/picture")
    assert ann.post("/me/picture", {"kind": "picture"}).status == 422
    set_setting("uploads.image_kb", "16")  # no picture of a person is larger than those of posts
    noise = io.BytesIO()
    Image.effect_noise((400, 400), 200).save(noise, "PNG")
    assert "larger than 16 KiB" in put(ann, noise.getvalue()).words
    assert fresh(ann.user).picture == kept


def test_who_may_not_upload_images_keeps_his_letter(ann):
    revoke("upload:post:image")
    answer = put(ann, stripes())
    assert answer.status == 403
    assert "You may not upload images." in answer.words
    assert fresh(ann.user).picture == ""


@writes
def revoke(right: str) -> None:
    """Takes a right from everybody."""
    session().execute(delete(Grant).where(Grant.right == right))
    cache.bump("grants")


def test_a_guest_has_none(guest):
    assert guest.get("/me/picture").status == 302
    assert guest.post("/me/picture", {"kind": "picture"}).status in (302, 303, 401, 403)
    assert number_of(User, User.picture != "") == 0
