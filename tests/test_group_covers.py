"""Covers of groups: sent by who manages the group, shown over its page, removed again."""

import re

from core import storage
from models import Upload
from tests import factories
from tests.factories import a_user, an_administrator, fresh, inside, number_of, set_owner
from tests.test_pictures import stripes
from tests.test_uploads import a_picture, send, served


def a_club(*, owner=None, **fields):
    """A group, with an owner."""
    made = factories.a_group("Club", of=[owner] if owner else [], **{"visibility": "public", **fields})
    if owner:
        set_owner(owner, made)
    return made


def put(visitor, group, data=None, name="cover.png", **numbers):
    """Sends an image as the form below the editor does."""
    visitor.get(f"/groups/{group.slug}/edit")
    sent = {key: str(value) for key, value in numbers.items()}
    return send(visitor, name, stripes() if data is None else data, f"/groups/{group.slug}/cover", **sent)


def stored(key: str) -> list[str]:
    """The files of an upload that the storage holds."""
    with inside():
        names = [f"{key}/{width}.{kind}" for width in (800, 1600) for kind in ("webp", "jpg")]
        return [name for name in names if storage.files().get(name) is not None]


def test_an_owner_gives_his_group_a_cover_and_takes_it_off_again(visit, guest):
    olga = a_user("Olga")
    club, chief = a_club(owner=olga), visit(olga)
    assert '<img class="cover"' not in guest.get("/groups/club").html
    answer = put(chief, club, x=0.5)
    assert answer.status == 303
    first = fresh(club).cover
    assert f'src="/uploads/{first}/800.jpg"' in guest.get("/groups/club").html
    assert served(guest, f"/uploads/{first}/1600.webp").size == (1600, 400)
    put(chief, club, a_picture())
    second = fresh(club).cover
    assert first != second
    assert (stored(first), len(stored(second))) == ([], 4)
    chief.submit(chief.get("/groups/club/edit"), "/groups/club/cover/remove")
    assert (fresh(club).cover, stored(second), number_of(Upload)) == ("", [], 0)
    assert '<img class="cover"' not in guest.get("/groups/club").html
    assert visit(an_administrator()).get("/admin/log").words.count("changed the cover of the group Club") == 3


def test_nobody_else_changes_a_cover(visit, guest):
    club, ann = a_club(owner=a_user("Olga")), a_user("Ann")
    for visitor in (guest, visit(ann)):
        assert put(visitor, club).status == 403
        assert visitor.post("/groups/club/cover/remove").status == 403
    assert (fresh(club).cover, number_of(Upload)) == ("", 0)
    assert put(visit(an_administrator()), club).status == 303
    hidden = a_club(owner=a_user("Otto"), visibility="hidden")
    assert put(visit(ann), hidden).status == 404


def test_what_is_no_image_is_refused_beside_the_field(visit):
    olga = a_user("Olga")
    club, chief = a_club(owner=olga), visit(olga)
    for data, name in ((b"words", "cover.png"), (b"", "cover.png"), (a_picture(), "../cover.png")):
        answer = put(chief, club, data, name)
        assert answer.status == 422
        assert 'id="cover-error"' in answer.html
    assert put(chief, club, zoom=0).status == 400
    assert fresh(club).cover == ""


def test_a_cover_goes_with_its_group(visit):
    olga = a_user("Olga")
    club, chief = a_club(owner=olga), visit(olga)
    put(chief, club)
    key = fresh(club).cover
    chief.post("/groups/club/destroy", {"name": "Club"})
    assert (stored(key), number_of(Upload)) == ([], 0)


def test_a_cover_that_is_removed_among_the_uploads_is_gone_from_the_page(visit, guest):
    olga, keeper = a_user("Olga"), visit(an_administrator())
    club = a_club(owner=olga)
    put(visit(olga), club)
    page = keeper.get("/admin/uploads?kind=profiles")
    assert "cover of a group" in page.words
    assert served(guest, re.search(r'<img src="(/uploads/[^"]*)"', page.html)[1]).size == (800, 200)
    asked = keeper.get("/admin/uploads/" + re.search(r"/admin/uploads/(\d+)/destroy", page.html)[1] + "/destroy")
    assert "A group shows it over its page." in asked.words
    keeper.submit(asked, re.search(r'action="([^"]*destroy)"', asked.html)[1])
    assert fresh(club).cover == ""
    assert '<img class="cover"' not in guest.get("/groups/club").html
