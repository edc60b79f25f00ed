"""The skins of the site, and skins made in the browser."""

import re

import pytest

from core import colour
from forum import custom_skins


def a_skin(keeper, **fields):
    """The answer to making a skin."""
    return keeper.post("/admin/skins/new", {"name": "Marmalade", "base": "zephyr", **fields})


def test_a_member_does_not_get_in(ann, guest):
    for address in ("/admin/skins", "/admin/skins/new"):
        assert ann.get(address).status == 403
        assert guest.get(address).location.startswith("/login")
    assert ann.post("/admin/skins", {"default": "vapor"}).status == 403
    assert a_skin(ann).status == 403


def test_the_default_and_what_is_offered(keeper, guest):
    page = keeper.get("/admin/skins")
    assert page.status == 200
    kept = {
        "default": "lux",
        "default_dark": "darkly",
        "mode": "auto",
        "choosable": "1",
        "offered": ["lux", "darkly", "yeti"],
    }
    assert keeper.post("/admin/skins", kept).status == 303
    shown = guest.get("/").html
    assert "/static/skins/lux-" in shown
    assert "/static/skins/darkly-" in shown
    assert 'value="yeti"' in shown
    assert 'value="vapor"' not in shown


def test_what_is_set_here_is_noted_with_the_name_of_who_did_it(keeper):
    assert keeper.post("/admin/skins", {"default": "lux", "default_dark": "same", "mode": "dark"}).status == 303
    noted = keeper.get("/admin/settings/changes").words
    assert "The skin of readers who have not chosen one noskin lux Keeper" in noted
    assert "on the command line" not in noted


def test_a_default_that_does_not_exist_is_refused(keeper):
    answer = keeper.post("/admin/skins", {"default": "../../etc/passwd", "default_dark": "same", "mode": "auto"})
    assert answer.status == 422
    assert "not the name of a skin" in answer.html


def test_a_skin_of_ones_own_is_made_worn_changed_and_removed(keeper, guest):
    made = a_skin(keeper, **{"light-background": "#fff4e0", "light-text": "#402000", "body_font": "serif"})
    assert made.status == 303
    number = int(made.location.rsplit("/", 1)[1])
    assert "Marmalade" in guest.get("/").html
    assert guest.post("/skin", {"skin": f"own-{number}"}).status == 303
    page = guest.get("/").html
    assert "/static/skins/zephyr-" in page
    href = re.search(rf"/skin/{number}\.css\?v=\w+", page)[0]
    sheet = guest.get(href)
    assert "immutable" in sheet.headers["Cache-Control"]
    assert "--bs-body-bg:#fff4e0" in sheet.html
    keeper.post(f"/admin/skins/{number}", {"name": "Jam", "base": "zephyr", "light-background": "#ffe0e0"})
    changed = guest.get("/").html
    assert "Jam" in changed
    assert href not in changed
    assert keeper.post(f"/admin/skins/{number}/destroy", {}).status == 303
    assert "/static/skins/noskin-" in guest.get("/").html


def test_colours_that_cannot_be_read_are_mended_on_saving(keeper):
    made = a_skin(keeper, **{"light-background": "#fff4e0", "light-text": "#ffe0b0", "light-primary": "#fff0d0"})
    page = keeper.get(made.location).html
    values = dict(re.findall(r'name="(light-\w+)" value="(#\w{6})"', page))
    for ground in ("light-background", "light-panel"):
        assert colour.contrast(values["light-text"], values[ground]) >= 4.5
        assert colour.contrast(values["light-link"], values[ground]) >= 4.5
    assert colour.contrast(values["light-primary"], values["light-background"]) >= 3


def test_the_contrast_is_told_before_saving_plain_and_htmx(keeper):
    fields = {"name": "Pale", "base": "zephyr", "light-text": "#cccccc", "light-background": "#ffffff"}
    plain = keeper.post("/admin/skins/new", {**fields, "check": "1"})
    assert plain.status == 200
    assert "1.61" in plain.html
    part = keeper.htmx.post("/admin/skins/check", fields)
    assert part.html.lstrip().startswith('<div id="contrast"')
    assert "1.61" in part.html


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("light-text", "red"), ("light-text", "#12345"), ("light-text", "url(//evil)"), ("light-text", "#fff;}body{x:y"),
        ("base", "../livery"), ("name", "x"), ("name", "Vapor"), ("name", "y" * 41), ("body_font", "Comic Sans"),
    ],
)  # fmt: skip
def test_bad_values_are_refused_and_kept_in_the_form(keeper, field, value):
    answer = a_skin(keeper, **{field: value})
    assert answer.status == 422
    assert not custom_skins_made(keeper)


def custom_skins_made(keeper) -> bool:
    """Whether the list has any skin of one's own."""
    return 'href="/admin/skins/1"' in keeper.get("/admin/skins").html


def test_two_skins_of_one_name_are_refused(keeper):
    assert a_skin(keeper).status == 303
    assert a_skin(keeper).status == 422


@pytest.mark.parametrize("ink", ["#777777", "#ffd166", "#0000ff", "#ff0000", "#123456", "#ffffff", "#000000"])
@pytest.mark.parametrize("ground", ["#ffffff", "#000000", "#fff4e0", "#1a1a2e", "#808080"])
def test_every_colour_can_be_mended_for_every_ground(ink, ground):
    assert colour.contrast(colour.mend(ink, ground), ground) >= 4.5


def test_the_modes_of_a_dark_skin_are_dark_alone():
    assert custom_skins.modes_of("vapor") == ("dark",)
    assert custom_skins.modes_of("lux") == ("light", "dark")
