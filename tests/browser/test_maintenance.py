"""The site is closed while somebody writes: his words stay in his browser, and reach the site when it is back."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_what_somebody_writes_outlives_maintenance(browse, site):
    me, ground = site.person(), site.ground()
    tab = browse(person=me)
    tab.allowed.add(503)
    tab.go(ground.path)
    tab.page.locator(".tools").get_by_role("link", name="Reply", exact=True).click()
    text = tab.page.locator("#dock").get_by_label("Text")
    expect(text).to_be_focused()
    site.set("maintenance.on", "yes")
    try:
        text.fill("Written while the site was closed")
        expect(tab.page.locator(".draft-state")).to_contain_text("We are working on the site")
        assert site.drafts_of(me) == []
        tab.page.get_by_role("button", name="Send").click()
        expect(tab.page.locator("#messages")).to_contain_text("Back in a moment")
        expect(text).to_have_value("Written while the site was closed")
        # walking on shows the page of a closed site, and the composer stays open over it
        tab.page.locator("#page .rail").first.get_by_role("link").first.click()
        expect(tab.page.locator("#content")).to_contain_text("Back in a moment")
        expect(text).to_have_value("Written while the site was closed")
    finally:
        site.set("maintenance.on", "no")
    tab.until(lambda: site.drafts_of(me) == ["Written while the site was closed"])
    tab.page.get_by_role("link", name="Try again").click()
    expect(tab.page.locator("#content")).not_to_contain_text("Back in a moment")


@pytest.mark.parametrize("width", [1280, 320])
def test_the_page_of_a_closed_site_fits_and_needs_no_script(browse, site, width):
    site.set("maintenance.on", "yes")
    try:
        tab = browse(width=width, script=False)
        tab.allowed.add(503)
        tab.go("/recent")
        expect(tab.page.locator("h1")).to_have_text("Back in a moment")
        expect(tab.page.get_by_role("link", name="Log in")).to_be_visible()
        assert tab.widest() <= width
    finally:
        site.set("maintenance.on", "no")
