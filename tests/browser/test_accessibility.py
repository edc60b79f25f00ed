"""axe on every type of page in plain Bootstrap, light and dark, wide and narrow."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.live import Tab

pytestmark = pytest.mark.browser

AXE = Path(__file__).with_name("axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PEOPLES_OWN = ("heading-order", "landmark-unique")
"""Good habits, not rules; in the text of a post they are up to whoever wrote it."""


def findings(tab: Tab, where: str, part: str = "html") -> list[str]:
    """What axe finds on the page (or a part of it) as it stands, one line for each element."""
    tab.page.evaluate("document.getAnimations().forEach((each) => each.finish())")
    tab.page.evaluate(AXE)
    options: dict[str, Any] = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
    found = tab.page.evaluate("([part, options]) => axe.run(part, options)", [part, options])["violations"]
    written = "(selector) => Boolean(document.querySelector(selector)?.closest('.post-body'))"
    lines = []
    for each in found:
        for node in each["nodes"]:
            if each["id"] in PEOPLES_OWN and tab.page.evaluate(written, node["target"][0]):
                continue
            checks = node["any"] + node["all"] + node["none"]
            lines.append(f"{where}: {each['id']}: {node['target']} {checks[0]['message'] if checks else ''}")
    return lines


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_axe_finds_nothing(browse, site, mode, width):
    looks = [{"name": name, "value": value, "url": site.url} for name, value in (("skin", "noskin"), ("mode", mode))]
    me = site.person()
    found: list[str] = []

    tab = browse(width=width)
    tab.context.add_cookies(looks)
    tab.allowed.add(404)
    for path in (
        "/",
        site.categories["AI Insights"],
        site.categories["Off the clock"],
        site.long.path + "/60",
        site.demo("What Markdown can do"),
        site.demo("House rules"),
        "/login",
        "/register",
        "/user/tobias",
        "/users",
        "/tags",
        "/recent",
        "/nothing-here",
    ):
        tab.go(path)
        expect(tab.page.locator("html")).to_have_attribute("data-bs-theme", mode)
        found += findings(tab, path)
    tab.page.locator("#skin-menu summary").click()
    found += findings(tab, "the menu of skins", "#skin-menu")

    tab = browse(width=width, person=me)
    tab.context.add_cookies(looks)
    page = tab.page
    tab.go(site.ground().path)
    page.locator("#stream .replies-toggle").first.click()
    expect(page.locator(".answer")).to_have_count(1)
    page.locator("#stream .vote-score").first.click()
    expect(page.locator(".voters")).to_have_count(1)
    found += findings(tab, "a topic with replies and voters open")
    for menu in ("account-menu", "topic-sort", "reply-menu"):
        page.locator(f"#{menu} summary").click()
        found += findings(tab, menu, f"#{menu}")
        page.keyboard.press("Escape")
    page.locator(".tools").get_by_role("link", name="Reply", exact=True).click()
    expect(page.get_by_label("Text")).to_be_focused()
    tab.allowed.add(422)
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#composer-body-error")).to_be_visible()
    page.get_by_label("Text").fill("A **preview**")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".preview strong")).to_be_visible()
    found += findings(tab, "the composer with a mistake and a preview")
    tab.go("/me/password")
    found += findings(tab, "changing the password")
    tab.go(f"/user/{me.slug}")
    found += findings(tab, "an own, empty page")
    assert not found, "\n".join(["axe found:", *found])
