"""Images of categories: sent in the panel, shown in place of the icon, taken off again."""

import re

from core import storage
from models import Category, Upload
from tests.factories import a_category, a_user, fresh, grant, inside, number_of
from tests.test_pictures import stripes
from tests.test_uploads import a_picture, send, served


def put(visitor, place, data=None, name="sign.png", **numbers):
    """Sends an image as the form below the editor does."""
    visitor.get(f"/admin/categories/{place.id}")
    sent = {key: str(value) for key, value in numbers.items()}
    return send(visitor, name, stripes() if data is None else data, f"/admin/categories/{place.id}/image", **sent)


def tile_of(page) -> str:
    """The picture in place of an icon; empty where there is none."""
    found = re.search(r'<picture class="tile[^"]*">.*?</picture>', page.html)
    return found[0] if found else ""


def stored(key: str) -> list[str]:
    """The files of an upload that the storage holds."""
    with inside():
        names = [f"{key}/{width}.{kind}" for width in (80, 112) for kind in ("webp", "png")]
        return [name for name in names if storage.files().get(name) is not None]


def test_an_image_stands_in_place_of_the_icon(keeper, guest):
    place = a_category("Workshop", icon="hammer")
    assert tile_of(guest.get("/")) == ""
    answer = put(keeper, place, x=0.5)
    assert answer.status == 303
    assert "“Workshop” has its image." in keeper.follow(answer).html
    key = fresh(place).image
    assert len(stored(key)) == 4
    for page, side in ((guest.get("/"), 40), (guest.get(f"/category/{place.id}/workshop"), 56)):
        assert f'src="/uploads/{key}/{side * 2}.png" width="{side}" height="{side}" alt="" loading="lazy"' in tile_of(
            page
        )
        assert f'srcset="/uploads/{key}/{side * 2}.webp"' in tile_of(page)
    assert served(guest, f"/uploads/{key}/80.webp").size == (80, 80)
    assert "gave an image to the category Workshop" in keeper.get("/admin/log").words


def test_another_image_takes_the_place_of_the_first_and_both_can_go(keeper, guest):
    place = a_category("Workshop")
    put(keeper, place)
    first = fresh(place).image
    put(keeper, place, a_picture())
    second = fresh(place).image
    assert first != second
    assert stored(first) == []
    page = keeper.get(f"/admin/categories/{place.id}")
    keeper.submit(page, f"/admin/categories/{place.id}/image/remove")
    assert (fresh(place).image, stored(second), number_of(Upload)) == ("", [], 0)
    assert tile_of(guest.get("/")) == ""
    assert f'class="tile c-{place.id}"' in guest.get("/").html
    assert "took the image off the category Workshop" in keeper.get("/admin/log").words


def test_what_is_no_image_is_refused_beside_the_field(keeper):
    place = a_category("Workshop")
    for data, name in ((b"words", "sign.png"), (b"", "sign.png"), (a_picture(), "../sign.png")):
        answer = put(keeper, place, data, name)
        assert answer.status == 422
        assert 'id="category-error"' in answer.html
    assert keeper.post(f"/admin/categories/{place.id}/image").status == 422
    assert put(keeper, place, x=2).status == 400
    assert (fresh(place).image, number_of(Upload)) == ("", 0)


def test_only_who_arranges_categories_gives_them_images(keeper, guest, visit):
    place, ann = a_category("Workshop"), a_user("Ann")
    grant("admin:tags", to=ann)
    for visitor in (guest, visit(ann)):
        assert put(visitor, place).status == 403
    grant("admin:categories", to=ann)
    assert put(visit(ann), place).status == 303
    assert fresh(place).image
    assert put(keeper, a_category("Other")).status == 303


def test_an_image_goes_with_its_category(keeper):
    gone, kept = a_category("Gone"), a_category("Kept")
    put(keeper, gone)
    put(keeper, kept)
    key = fresh(gone).image
    keeper.submit(keeper.get(f"/admin/categories/{gone.id}/destroy"), f"/admin/categories/{gone.id}/destroy")
    assert (stored(key), number_of(Category), number_of(Upload)) == ([], 1, 1)
    assert len(stored(fresh(kept).image)) == 4


def test_an_image_that_is_removed_among_the_uploads_leaves_the_icon(keeper, guest):
    place = a_category("Workshop")
    put(keeper, place)
    page = keeper.get("/admin/uploads?kind=profiles")
    assert "image of a category" in page.words
    thumbnail = re.search(r'<img src="(/uploads/[^"]*)"', page.html)[1]
    assert served(guest, thumbnail).size == (80, 80)
    number = re.search(r"/admin/uploads/(\d+)/destroy", page.html)[1]
    asked = keeper.get(f"/admin/uploads/{number}/destroy")
    assert "will have its icon again" in asked.words
    assert tile_of(guest.get("/"))
    keeper.submit(asked, f"/admin/uploads/{number}/destroy")
    assert fresh(place).image == ""
    assert tile_of(guest.get("/")) == ""
