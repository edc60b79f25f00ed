"""Skins: the menu, a guest's cookie, a member's account, and what a page wears."""

import json
import re

import pytest

from core.config import ROOT
from core.db import session
from core.settings import SettingError
from forum import skins
from models import Account
from tests.factories import PASSWORD, a_topic, a_user, inside, set_setting
from tests.visitor import path_of
from web.looks import manifest

CHOICES = [*skins.LIGHT, *skins.DARK, "default", "noskin"]


def worn(answer) -> str:
    """The skin of a page."""
    return re.search(r'<link class="skin" rel="stylesheet" href="/static/skins/(\w+)-\w+\.css" id="skin"', answer.html)[
        1
    ]


def href_of(skin: str) -> str:
    """The address of a built skin's stylesheet."""
    return f"/static/skins/{manifest()[skin]['file']}"


def theme(answer) -> str:
    """The colour mode of a page."""
    return re.search(r'data-bs-theme="(\w+)"', answer.html)[1]


def links_of(answer) -> list[tuple[str, str]]:
    """The skins of a page and the media in which each holds."""
    found = re.findall(
        r'<link class="skin"[^>]*href="/static/skins/(\w+)-\w+\.css"[^>]*?(?: media="([^"]*)")?>', answer.html
    )
    return [(name, media) for name, media in found]


def preferences(user) -> dict:
    """What a member chose for himself."""
    with inside():
        return session().get(Account, user.id).preferences


def test_the_menu_has_nineteen_light_and_seven_dark_skins_then_default_and_no_skin(guest):
    page = guest.get("/")
    form = page.form("/skin")
    names = [button["value"] for button in form.buttons if button["name"] == "skin"]
    assert names == CHOICES
    assert (len(skins.LIGHT), len(skins.DARK)) == (19, 7)
    for heading in ("Light", "Dark"):
        assert f'<legend class="menu-head">{heading}</legend>' in page.html
    assert "Default (No Skin)" in " ".join(page.html.split())


def test_a_first_visit_wears_the_default_and_gets_no_cookie(guest):
    page = guest.get("/")
    assert worn(page) == "noskin"
    assert page.cookies == []


@pytest.mark.parametrize("skin", CHOICES)
def test_choosing_a_skin_plain(guest, skin):
    page = guest.get("/recent")
    answer = guest.submit(page, "/skin", skin=skin)
    assert (answer.status, answer.location) == (303, "/recent")
    shown = guest.follow(answer)
    assert worn(shown) == ("noskin" if skin == "default" else skin)
    assert shown.form("/skin").buttons[CHOICES.index(skin)]["aria-pressed"] == "true"
    assert worn(guest.get("/users")) == worn(shown)


@pytest.mark.parametrize("skin", ["darkly", "noskin", "default", "quartz"])
def test_choosing_a_skin_htmx(guest, skin):
    page = guest.get("/recent?term=week")
    answer = guest.htmx.submit(page, "/skin", skin=skin)
    assert answer.status == 200
    [part] = answer.parts
    assert part.target == "#skin-menu"
    told = json.loads(answer.headers["HX-Trigger"])["livery:skin"]
    after = guest.get("/recent?term=week")
    assert after.shows(part.html)
    assert told["sheets"] == [[href_of(worn(after)), ""]]
    assert told["theme"] == theme(after)


def test_the_choice_of_a_guest_lives_in_a_cookie_that_scripts_cannot_read(guest):
    answer = guest.post("/skin", {"skin": "sketchy"})
    [line] = answer.headers.getlist("Set-Cookie")
    assert line.startswith("skin=sketchy;")
    for word in ("HttpOnly", "SameSite=Lax", "Max-Age=31536000", "Path=/"):
        assert word in line


def test_the_choice_of_a_member_follows_him_to_another_browser(ann, visit):
    ann.submit(ann.get("/"), "/skin", skin="solar")
    assert (preferences(ann.user)["dark"], preferences(ann.user)["mode"]) == ("solar", "dark")
    assert worn(visit(ann.user).get("/")) == "solar"


def test_a_guest_who_logs_in_keeps_the_skin_he_has_chosen_unless_his_account_has_one(app, visit):
    a_user("Bert")
    visitor = visit()
    visitor.post("/skin", {"skin": "yeti"})
    visitor.submit(visitor.get("/login"), "/login", name="Bert", password=PASSWORD)
    assert worn(visitor.get("/")) == "yeti"
    cora = a_user("Cora")
    visit(cora).post("/skin", {"skin": "slate"})
    other = visit()
    other.post("/skin", {"skin": "yeti"})
    other.submit(other.get("/login"), "/login", name="Cora", password=PASSWORD)
    assert worn(other.get("/")) == "slate"


@pytest.mark.parametrize("name", ["nope", "../livery", "Brite", "brite ", "a" * 4000, "é", "default.css", "\x00"])
def test_an_unknown_skin_is_refused_in_the_form_and_ignored_in_the_cookie(guest, ann, name):
    assert guest.post("/skin", {"skin": name}).status == 422
    assert ann.post("/skin", {"skin": name}).status == 422
    assert "skin" not in preferences(ann.user)
    guest.client.set_cookie("skin", name.replace("\x00", "%00").encode("ascii", "ignore").decode())
    page = guest.get("/")
    assert (page.status, worn(page)) == (200, "noskin")


def test_default_follows_what_the_administrator_set_and_no_skin_does_not(guest, visit):
    set_setting("skins.default", "minty")
    assert worn(guest.get("/")) == "minty"
    assert "Default (Minty)" in " ".join(guest.get("/").html.split())
    guest.post("/skin", {"skin": "noskin"})
    assert worn(guest.get("/")) == "noskin"
    guest.post("/skin", {"skin": "default"})
    assert worn(guest.get("/")) == "minty"
    set_setting("skins.default", "lux")
    assert worn(guest.get("/")) == "lux"


@pytest.mark.parametrize("skin", skins.DARK)
def test_dark_skins_are_dark_whatever_the_mode(guest, skin):
    guest.post("/skin", {"mode": "light"})
    guest.post("/skin", {"skin": skin})
    assert theme(guest.get("/")) == "dark"


@pytest.mark.parametrize("mode", ["light", "dark", "auto"])
def test_the_colour_mode_of_light_skins_is_chosen_too(guest, mode):
    answer = guest.submit(guest.get("/"), "/skin", mode=mode)
    assert answer.status == 303
    assert theme(guest.follow(answer)) == mode
    assert worn(guest.get("/")) == "noskin"


def test_an_unknown_mode_is_refused(guest):
    assert guest.post("/skin", {"mode": "sepia"}).status == 422
    guest.client.set_cookie("mode", "sepia")
    assert theme(guest.get("/")) == "auto"


def test_choosing_a_skin_on_a_topic_stays_there(guest):
    topic = a_topic()
    page = guest.get(path_of(topic))
    assert guest.submit(page, "/skin", skin="lux").location == path_of(topic)


@pytest.mark.parametrize("place", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_choosing_a_skin_leads_nowhere_else(guest, place):
    assert guest.post("/skin", {"skin": "lux", "next": place}).location == "/"


@pytest.mark.parametrize("skin", [*skins.LIGHT, *skins.DARK, "noskin"])
def test_every_skin_has_its_stylesheet_served_from_here_for_a_year(guest, skin):
    answer = guest.get(href_of(skin))
    assert answer.status == 200
    assert "immutable" in answer.headers["Cache-Control"]
    assert "fonts.googleapis.com" not in answer.html
    assert "@import" not in answer.html
    assert not re.search(r"url\([\"']?(https?:)?//", answer.html)


def test_the_list_of_built_skins_is_the_list_of_the_menu():
    built = set(json.loads((ROOT / "static/skins/skins.json").read_text()))
    assert built == {*skins.LIGHT, *skins.DARK, "noskin"}


def test_a_page_comes_dressed_with_one_stylesheet_of_a_skin(guest):
    guest.post("/skin", {"skin": "vapor"})
    assert len(links_of(guest.get("/"))) == 1


def test_a_skin_for_light_and_one_for_dark_pages_as_the_system_has_it(guest):
    for choice in ({"skin": "flatly"}, {"skin": "darkly"}, {"mode": "auto"}):
        guest.post("/skin", choice)
    page = guest.get("/")
    assert links_of(page) == [
        ("flatly", "(prefers-color-scheme: light)"),
        ("darkly", "(prefers-color-scheme: dark)"),
    ]
    assert theme(page) == "auto"


def test_a_light_skin_takes_the_place_of_a_dark_one_at_once(guest):
    guest.post("/skin", {"skin": "darkly"})
    assert worn(guest.get("/")) == "darkly"
    guest.post("/skin", {"skin": "flatly"})
    assert (worn(guest.get("/")), theme(guest.get("/"))) == ("flatly", "light")


def test_a_light_skin_has_a_dark_mode_of_its_own(guest):
    guest.post("/skin", {"skin": "flatly"})
    guest.post("/skin", {"mode": "dark"})
    assert links_of(guest.get("/")) == [("flatly", "")]
    assert theme(guest.get("/")) == "dark"


def test_the_page_about_looks_sets_everything_plain(ann):
    page = ann.get("/skins")
    wanted = {"skin": "lux", "dark": "vapor", "mode": "auto", "size": "large", "font": "legible", "density": "compact"}
    answer = ann.submit(page, "/look", **wanted)
    assert (answer.status, answer.location) == (303, "/skins")
    shown = ann.follow(answer)
    assert [name for name, _media in links_of(shown)] == ["lux", "vapor"]
    for attribute in ('data-size="large"', 'data-font="legible"', 'data-density="compact"'):
        assert attribute in shown.html
    assert preferences(ann.user) == wanted


def test_the_page_about_looks_sets_everything_htmx(guest):
    answer = guest.htmx.submit(guest.get("/skins"), "/look", size="largest")
    assert answer.status == 200
    assert [part.target for part in answer.parts] == ["#skin-menu", "#look-form"]
    shown = guest.get("/skins")
    assert all(shown.shows(part.html) for part in answer.parts)
    assert json.loads(answer.headers["HX-Trigger"])["livery:skin"]["comfort"] == {"size": "largest"}


def test_an_unknown_size_is_refused_and_ignored(guest):
    assert guest.post("/look", {"size": "enormous"}).status == 422
    guest.client.set_cookie("size", "enormous")
    assert "data-size" not in guest.get("/").html


def test_a_withdrawn_skin_gives_the_default_never_an_error(guest):
    guest.post("/skin", {"skin": "sketchy"})
    set_setting("skins.withdrawn", "sketchy,vapor")
    page = guest.get("/")
    assert (page.status, worn(page)) == (200, "noskin")
    assert 'value="sketchy"' not in page.html
    assert guest.post("/skin", {"skin": "sketchy"}).status == 422


def test_readers_may_be_kept_from_choosing(guest):
    set_setting("skins.default", "lux")
    set_setting("skins.choosable", "no")
    guest.client.set_cookie("skin", "yeti")
    assert worn(guest.get("/")) == "lux"
    assert guest.post("/skin", {"skin": "yeti"}).status == 403
    assert guest.post("/skin", {"mode": "dark"}).status == 303


def test_the_gallery_shows_every_skin_in_each_of_its_modes(guest):
    page = guest.get("/skins")
    assert page.html.count('class="sample-page"') == 2 * (len(skins.LIGHT) + 1) + len(skins.DARK)


def turned(skin: str) -> str:
    """The address of what is turned round in a skin from right to left."""
    return f"/static/skins/{manifest()[skin]['rtl']['file']}"


def test_a_page_in_a_language_from_right_to_left_is_laid_out_so(guest):
    assert '<html lang="en" dir="ltr"' in guest.get("/").html
    assert "/skins/rtl-" not in guest.get("/").html
    set_setting("site.language", "ar")
    guest.post("/skin", {"skin": "sketchy"})
    page = guest.get("/")
    assert '<html lang="ar" dir="rtl"' in page.html
    assert re.findall(r'<link class="skin"[^>]* href="([^"]*)"', page.html) == [href_of("sketchy"), turned("sketchy")]
    assert guest.get(turned("sketchy")).status == 200
    told = json.loads(guest.htmx.submit(page, "/skin", skin="lux").headers["HX-Trigger"])["livery:skin"]
    assert told["sheets"] == [[href_of("lux"), ""], [turned("lux"), ""]]


def test_two_skins_from_right_to_left_share_what_they_can(guest):
    set_setting("site.language", "he")
    for choice in ({"skin": "flatly"}, {"skin": "darkly"}, {"mode": "auto"}):
        guest.post("/skin", choice)
    assert turned("flatly") == turned("darkly")
    sheets = re.findall(r'<link class="skin"[^>]* href="([^"]*)"[^>]*?(?: media="([^"]*)")?>', guest.get("/").html)
    assert sheets == [
        (href_of("flatly"), "(prefers-color-scheme: light)"),
        (href_of("darkly"), "(prefers-color-scheme: dark)"),
        (turned("flatly"), ""),
    ]


def test_what_is_no_language_is_refused():
    with pytest.raises(SettingError, match="code of a language"):
        set_setting("site.language", "<b>")


@pytest.mark.parametrize("before", [{}, {"skin": "darkly"}, {"skin": "lux", "mode": "auto"}], ids=str)
def test_what_a_choice_would_come_to_is_what_it_comes_to(guest, visit, before):
    told = guest_after(visit(), before).get("/skins/looks")
    assert told.headers["Cache-Control"] == "no-store"
    looks = json.loads(told.html)
    assert set(looks) == set(CHOICES)
    for name in ("default", "noskin", "yeti", "vapor"):
        other = guest_after(visit(), before)
        chosen = json.loads(other.htmx.submit(other.get("/"), "/skin", skin=name).headers["HX-Trigger"])["livery:skin"]
        assert {key: chosen[key] for key in looks[name]} == looks[name]


def guest_after(guest, choices):
    """A guest who has chosen."""
    for name, value in choices.items():
        guest.post("/skin", {name: value})
    return guest


def test_where_nobody_may_choose_there_is_nothing_to_look_at(guest):
    set_setting("skins.choosable", "no")
    assert json.loads(guest.get("/skins/looks").html) == {}


def test_every_choice_has_a_swatch_without_script(guest):
    page = guest.get("/")
    colours = guest.get(re.search(r'href="(/colours\.css[^"]*)"', page.html)[1]).html
    picture = re.search(r"\.swatch\{background:url\(([^)]*)\)\}", colours)[1]
    drawn = guest.get(picture).html
    columns = sorted(manifest())
    assert f'width="{28 * len(columns)}" height="36"' in drawn
    places = dict(re.findall(r"\.swatch-(\w+)\{background-position-x:-(\d+)px\}", colours))
    for choice in CHOICES[:-2]:
        assert f'<span class="swatch swatch-{choice}"></span>' in page.html
        place = int(places.get(choice, 0))
        assert place == 28 * columns.index(choice)
        ground = manifest()[choice]["swatches"]["dark"]["bg"]
        assert f'<path fill="{ground}" d="M{place} 18h18v18h-18z"/>' in drawn


def test_the_menu_weighs_little(guest):
    menu = re.search(r'<details class="menu skin-menu".*?</details>', guest.get("/").html, re.DOTALL)[0]
    assert len(menu.encode()) < 7_000


@pytest.mark.parametrize(
    "value", ["../../etc/passwd", "%2e%2e%2fetc%2fpasswd", "\xdf" * 10_240, "=" * 10_240, '"' * 10_240, "own-999999999"]
)
def test_ten_kilobytes_of_noise_in_every_cookie_give_the_default(guest, value):
    sent = {"Cookie": "; ".join(f"{name}={value}" for name in ("skin", "dark", "mode", "size", "font", "density"))}
    with guest.client.get("/", headers=sent) as answer:
        assert answer.status_code == 200
        assert re.search(r'<link class="skin"[^>]* href="/static/skins/noskin-', answer.text)
        assert 'data-bs-theme="auto"' in answer.text
        assert not re.search(r"data-(size|font|density)", answer.text)
    with guest.client.get("/skins/looks", headers=sent) as answer:
        assert answer.status_code == 200
