"""axe on every type of page in plain Bootstrap, and on every single page of the panel; all of these by keyboard."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.community import Community, community
from tests.browser.live import Tab

pytestmark = pytest.mark.browser

AXE = Path(__file__).with_name("axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PEOPLES_OWN = ("heading-order", "landmark-unique")
"""Good habits, not rules; in the text of a post they are up to whoever wrote it."""


def findings(tab: Tab, where: str, part: str = "html") -> list[str]:
    """What axe finds on the page (or a part of it) as it stands, one line for each element."""
    tab.page.evaluate("document.getAnimations().forEach((each) => each.finish())")
    if not tab.page.evaluate("Boolean(window.axe)"):
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


def closed(browse, site, looks, width: int) -> list[str]:
    """What axe finds on the page of a site that is closed for maintenance."""
    site.set("maintenance.on", "yes")
    try:
        tab = browse(width=width)
        tab.allowed.add(503)
        tab.context.add_cookies(looks)
        tab.go("/")
        expect(tab.page.locator("h1")).to_have_text("Back in a moment")
        return findings(tab, "the page of a closed site")
    finally:
        site.set("maintenance.on", "no")


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
    tab.go("/me/profile")
    found += findings(tab, "editing the profile")
    tab.go(f"/user/{me.slug}")
    found += findings(tab, "an own, empty page")
    found += closed(browse, site, looks, width)
    assert not found, "\n".join(["axe found:", *found])


NO_PAGES = {
    "GET admin.log.export",
    "GET admin.mail.example_html",
    "GET admin.mail.laid_html",
    "GET admin.privileges.find",
    "GET admin.users.export",
}
ARRIVE = """async (path) => {
    await htmx.ajax("GET", path, { target: "#page", select: "#page", swap: "outerHTML" });
    const sheets = [...document.querySelectorAll("#page link[rel=stylesheet]")].filter((each) => !each.sheet);
    await Promise.all(sheets.map((each) => new Promise((done) => each.addEventListener("load", done))));
    scrollTo(0, 0);
}"""
"""Goes to a page as its links do, within the document, which is many times faster than to open each anew."""
KEYS = """() => {
    const controls = "a[href], button, input, select, textarea, summary, [tabindex]";
    const acting = "[role=button], [role=tab], [role=switch], [draggable=true], [onclick], [hx-get], [hx-post]";
    const there = (each) => each.checkVisibility({ visibilityProperty: true });
    const wrong = [], say = (what, each) => wrong.push(`${what}: ${each.outerHTML.slice(0, 120)}`);
    for (const each of document.querySelectorAll(acting))
        if (there(each) && !each.matches(`${controls}, form, [hx-trigger]`)) say("no key does this", each);
    for (const each of document.querySelectorAll("[id]"))
        if (document.getElementById(each.id) !== each) say("another one has this name", each);
    for (const grip of document.querySelectorAll(".grip"))
        if (!document.getElementById(grip.getAttribute("aria-describedby"))) say("no word of its keys", grip);
    for (const each of document.querySelectorAll(controls)) {
        if (each.tabIndex > 0) say("out of order", each);
        if (each.tabIndex < 0 || each.disabled || each.type === "hidden" || !there(each)) continue;
        each.focus();
        if (document.activeElement !== each) { say("not reached", each); continue; }
        const style = getComputedStyle(each), box = each.getBoundingClientRect();
        if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) say("no ring", each);
        const seen = [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5], [0.5, 0.1], [0.5, 0.9]].some(([x, y]) => {
            const top = document.elementFromPoint(box.x + box.width * x, box.y + box.height * y);
            return top && (each.contains(top) || top.contains(each));
        });
        if (!seen) say("covered", each);
    }
    return wrong;
}"""
"""What of a page cannot be reached or done by keyboard, or has the focus where nobody sees it; and ids that are there twice."""


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    """A site with something of everything, and one who may open every page."""
    running = community(tmp_path_factory.mktemp("community"))
    running.start()
    yield running
    running.stop()


@pytest.mark.parametrize(("skin", "mode", "width"), [("zephyr", "light", 1280), ("darkly", "dark", 390)])
def test_every_page_of_the_panel_and_of_ones_own(browser, everything: Community, skin, mode, width):
    assert everything.others == NO_PAGES
    assert len(everything.pages) > 120
    height = 800 if width > 600 else 844
    context = browser.new_context(viewport={"width": width, "height": height}, locale="en-GB", reduced_motion="reduce")
    context.add_cookies([everything.session_cookie(everything.keeper)])
    context.add_cookies(
        [{"name": name, "value": value, "url": everything.url} for name, value in (("skin", skin), ("mode", mode))]
    )
    tab, found = Tab(everything, context, script=True), []
    tab.go("/me/settings")
    found += findings(tab, "what stands around all pages")
    for at in everything.pages:
        tab.page.evaluate(ARRIVE, at)
        if tab.widest() > 0:
            found.append(f"{at}: scrolls sideways by {tab.widest()} px")
        tab.page.keyboard.press("Tab")
        found += [f"{at}: {line}" for line in tab.page.evaluate(KEYS)]
        # without the many hidden menus around it a page is looked through in two thirds of the time
        tab.page.evaluate("document.querySelectorAll('#rail, #account').forEach((each) => each.remove())")
        found += findings(tab, at, "#content")
    context.close()
    assert not found, "\n".join(["found:", *found])
    tab.check()
