"""Comfort in every skin: print, more contrast, forced colours, less motion, a reading measure, size, letters, space."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.live import ROOT

pytestmark = pytest.mark.browser

MANIFEST = json.loads((ROOT / "static" / "skins" / "skins.json").read_text())
LINES = """() => {
  const counts = [];
  for (const paragraph of document.querySelectorAll(".post-body > p")) {
    const range = document.createRange(), lines = new Map();
    const walker = document.createTreeWalker(paragraph, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      for (let at = 0; at < node.length; at++) {
        range.setStart(node, at);
        range.setEnd(node, at + 1);
        const top = Math.round(range.getBoundingClientRect().bottom / 8);
        lines.set(top, (lines.get(top) ?? 0) + 1);
      }
    }
    counts.push(...[...lines.values()].slice(0, -1));
  }
  return counts;
}"""


def dressed(tab, site, skin, mode="light"):
    """Puts a skin on, as the cookies of a reader would."""
    values = {"skin": skin, "dark": skin, "mode": mode}
    tab.context.add_cookies([{"name": name, "value": value, "url": site.url} for name, value in values.items()])


def style(page, selector, name):
    """How an element is painted."""
    return page.locator(selector).first.evaluate("(each, name) => getComputedStyle(each)[name]", name)


def test_lines_of_a_post_hold_sixty_to_seventy_five_letters_in_every_skin(browse, site):
    tab = browse()
    for skin in MANIFEST:
        dressed(tab, site, skin)
        tab.go(site.demo("How skins work"))
        tab.page.evaluate("document.fonts.ready.then(() => {})")
        lines = tab.page.evaluate(LINES)
        assert len(lines) >= 6
        assert 60 <= sum(lines) / len(lines) <= 75, f"{skin}: {sum(lines) / len(lines):.0f} letters a line"


@pytest.mark.parametrize(("skin", "mode"), [("vapor", "dark"), ("quartz", "dark"), ("brite", "light"), ("lux", "dark")])
def test_paper_is_white_and_has_no_navigation(browse, site, skin, mode):
    tab = browse()
    dressed(tab, site, skin, mode)
    tab.go(site.long.path)
    page = tab.page
    page.emulate_media(media="print")
    assert style(page, "body", "backgroundColor") == "rgb(255, 255, 255)"
    assert style(page, "body", "backgroundImage") == "none"
    for words in (".post-body p", "h1", ".post-author"):
        assert style(page, words, "color") == "rgb(0, 0, 0)"
        assert style(page, words, "textShadow") == "none"
    for left_out in (".rail", ".tools", ".post-actions", "#dock"):
        assert not page.locator(left_out).first.is_visible()
    assert page.locator(".post-body").first.is_visible()


def test_who_asks_for_more_contrast_gets_it(browse, site):
    tab = browse(contrast="more")
    dressed(tab, site, "minty")
    tab.go(site.long.path)
    text = style(tab.page, "body", "color")
    assert style(tab.page, ".post-when", "color") == text
    assert style(tab.page, ".post-main", "borderBottomColor") == text
    assert "underline" in style(tab.page, ".post-author", "textDecorationLine")


@pytest.mark.parametrize("skin", ["quartz", "vapor", "sketchy", "morph"])
def test_forced_colours_show_what_is_chosen_and_where_things_end(browse, site, skin):
    tab = browse(forced_colors="active")
    dressed(tab, site, skin)
    tab.go("/")
    page = tab.page
    page.locator("#skin-menu > summary").click()
    pressed = '#skin-menu [name="mode"][aria-pressed="true"]'
    assert style(page, pressed, "outlineStyle") == "solid"
    assert style(page, ".tile", "borderTopStyle") == "solid"
    # the browser paints text and ground in the colours of the system
    assert style(page, "body", "color") != style(page, "body", "backgroundColor")
    assert style(page, "body", "backgroundColor") == "rgb(255, 255, 255)"


def test_who_asks_for_less_motion_sees_none(browse, site):
    tab = browse(reduced_motion="reduce")
    page = tab.page
    tab.go("/")
    page.evaluate("void (document.startViewTransition = () => { throw new Error('it moves'); })")
    page.locator("#skin-menu > summary").click()
    page.locator('#skin-menu button[value="lux"]').click()
    expect(page.locator("#skin")).to_have_attribute("href", re.compile(r"/skins/lux-"))
    for moving in (".btn", ".rail-link", ".menu-item"):
        assert style(page, moving, "transitionDuration") in ("0s", "1e-05s")


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
@pytest.mark.parametrize("skin", ["sketchy", "lux", "materia"])
def test_a_reader_sets_size_letters_and_space_over_any_skin(browse, site, script, skin):
    tab = browse(script=script)
    page = tab.page
    dressed(tab, site, skin)
    tab.go("/category/2")
    size = float(style(page, ".row-title", "fontSize").removesuffix("px"))
    row = page.locator(".row-item", has_text="How skins work")
    height = row.bounding_box()["height"]
    tab.go("/skins")
    for name, value in (("size", "largest"), ("font", "legible"), ("density", "compact")):
        page.locator(f"#look-{name}").select_option(value)
    page.get_by_role("button", name="Use these").click()
    expect(page.locator("html")).to_have_attribute("data-size", "largest")
    tab.go("/category/2")
    assert float(style(page, ".row-title", "fontSize").removesuffix("px")) > 1.25 * size
    for words in ("body", ".row-title", ".btn"):
        assert style(page, words, "fontFamily").startswith('"Atkinson Hyperlegible"')
    assert style(page, ".row-title", "textTransform") == "none"
    assert row.bounding_box()["height"] < 1.2 * height
    assert tab.widest() <= 0
