"""Everything by keyboard: what can be reached, what is seen to have the focus, and where the focus goes."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.live import Tab

pytestmark = pytest.mark.browser

# Called once for each stop of the Tab key: what has the focus, and whether a reader can see that it has.
STOP = """() => {
    const here = document.activeElement;
    if (here === document.body) return null;
    const box = here.getBoundingClientRect(), style = getComputedStyle(here);
    const points = [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5], [0.5, 0.1], [0.5, 0.9]];
    const seen = points.some(([x, y]) => {
        const top = document.elementFromPoint(box.x + box.width * x, box.y + box.height * y);
        return top && (here.contains(top) || top.contains(here));
    });
    here.dataset.visited = "yes";
    return {
        name: `${here.tagName} ${here.id} ${here.className} ${(here.innerText || "").trim().slice(0, 30)}`,
        seen,
        ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    };
}"""
MISSED = """() => [...document.querySelectorAll("a[href], button, input, summary, textarea, select, [tabindex='0']")]
    .filter((each) => each.tabIndex >= 0 && !each.disabled && each.checkVisibility({ visibilityProperty: true }))
    .filter((each) => !each.dataset.visited)
    .map((each) => each.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("place", ["home", "topic", "composer", "login"])
def test_tab_reaches_everything_and_shows_where_it_is(browse, site, place, width):
    tab = browse(width=width, person=None if place == "login" else site.person())
    page = tab.page
    tab.go({"home": "/", "login": "/login"}.get(place) or site.ground().path)
    if place == "composer":
        page.locator(".tools").get_by_role("link", name="Reply", exact=True).click()
        expect(page.get_by_label("Text")).to_be_focused()
        page.locator(".skip-link").focus()
        page.evaluate(STOP)
    stops: list[dict] = []
    for _ in range(250):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None:
            break
        stops.append(stop)
    if not (place == "composer" and width == 390):  # there the composer covers the page
        assert not (missed := page.evaluate(MISSED)), f"not reached: {missed}"
        assert not (hidden := [each["name"] for each in stops if not each["seen"]]), f"not seen: {hidden}"
        assert len(stops) > 10
    assert not (bare := [each["name"] for each in stops if not each["ring"]]), f"no ring: {bare}"


def test_skip_link(browse, site):
    tab = browse()
    tab.go(site.long.path)
    tab.page.keyboard.press("Tab")
    skip = tab.page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport(ratio=1)
    tab.page.keyboard.press("Enter")
    expect(tab.page.locator("#content")).to_be_focused()
    tab.page.keyboard.press("Tab")
    assert tab.page.evaluate("document.querySelector('#content').contains(document.activeElement)")


def opened(tab: Tab, menu: str) -> Locator:
    """Opens a menu by keyboard and gives its summary."""
    summary = tab.page.locator(f"{menu} > summary")
    summary.focus()
    tab.page.keyboard.press("Enter")
    expect(tab.page.locator(f"{menu} .menu-sheet")).to_be_visible()
    return summary


@pytest.mark.parametrize("width", [1280, 390])
def test_menus_open_and_close(browse, site, width):
    tab = browse(width=width, person=site.person())
    tab.go(site.long.path)
    menus = ["#skin-menu", "#account-menu", "#topic-sort", "#reply-menu"]
    for menu in menus if width > 600 else [*menus, "#more-menu"]:
        summary = opened(tab, menu)
        tab.page.keyboard.press("Tab")
        assert tab.page.evaluate(f"document.activeElement.matches('{menu} .menu-item')"), menu
        tab.page.keyboard.press("Escape")
        expect(tab.page.locator(f"{menu} .menu-sheet")).not_to_be_visible()
        expect(summary).to_be_focused()
    # a click elsewhere closes as well, and one menu closes another
    opened(tab, "#topic-sort")
    tab.page.locator("h1").click()
    expect(tab.page.locator("#topic-sort .menu-sheet")).not_to_be_visible()
    tab.page.locator("#skin-menu > summary").click()
    tab.page.locator("#account-menu > summary").click()
    expect(tab.page.locator("#skin-menu .menu-sheet")).not_to_be_visible()
    assert len(tab.documents) == 1


def test_the_focus_stays_with_what_was_used(browse, site):
    tab = browse(person=site.person())
    page, ground = tab.page, site.ground()
    tab.go(ground.path)

    opened(tab, "#topic-sort")
    choice = page.locator("#topic-sort").get_by_role("button", name="Most Votes")
    choice.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#topic-sort > summary")).to_contain_text("Most Votes")
    expect(page.locator("#topic-sort > summary")).to_be_focused()

    second = page.get_by_label("Post 2 by")
    for control, what in (
        (".vote-up", "aria-pressed"),
        (".vote-down", "aria-pressed"),
        (".replies-toggle", "aria-expanded"),
    ):
        used = second.locator(control)
        used.focus()
        page.keyboard.press("Enter")
        expect(used).to_have_attribute(what, "true")
        expect(used).to_be_focused()

    summary = opened(tab, "#skin-menu")
    skin = page.locator("#skin-menu").get_by_role("button", name="Zephyr")
    skin.focus()
    page.keyboard.press("Enter")
    expect(skin).to_have_attribute("aria-pressed", "true")
    expect(skin).to_be_focused()
    page.keyboard.press("Escape")
    expect(summary).to_be_focused()

    page.locator("#collapse").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#collapse")).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#collapse")).to_be_focused()
    assert len(tab.documents) == 1


def test_a_reply_by_keyboard_alone(browse, site):
    tab = browse(person=site.person())
    page = tab.page
    tab.go(site.ground().path)
    page.locator(".tools").get_by_role("link", name="Reply", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_label("Text")).to_be_focused()
    page.keyboard.type("Typed.")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Send")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#stream > .post").last).to_be_focused()
    expect(page.locator("#stream > .post").last).to_contain_text("Typed.")
