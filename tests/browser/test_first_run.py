"""From an empty folder to a site: the server prints a code, a browser sets the site up, and goes on from there."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.browser.live import PASSWORD, Tab
from tests.browser.test_accessibility import findings

pytestmark = pytest.mark.browser


def link_of(site) -> str:
    """The link that the start of the server printed."""
    end = time.monotonic() + 10
    while not (found := re.search(r"Open (http://\S+/setup\?code=\S+)", site.log.read_text())):
        assert time.monotonic() < end
        time.sleep(0.1)
    return found[1].removeprefix(site.url)


@pytest.mark.parametrize(("script", "width"), [(True, 1280), (False, 390)])
def test_from_an_empty_folder_to_the_finished_site(browser, empty, script, width):
    context = browser.new_context(viewport={"width": width, "height": 844}, java_script_enabled=script, locale="en-GB")
    context.set_default_timeout(8_000)
    tab = Tab(empty, context, script)
    tab.allowed = {422}
    page = tab.page
    tab.go("/recent")
    tab.at("/setup")
    assert tab.widest() <= 0 if script else True
    tab.go(link_of(empty))
    page.get_by_label("Name of the site").fill("Glue club")
    page.get_by_label("Who may register").select_option("invite")
    page.get_by_label("Categories to begin with").select_option("club")
    page.get_by_label("Your name").fill("Keeper")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill("something else")
    page.get_by_label("Vapor").check()
    expect(page.locator(".setup-samples:visible")).to_have_count(1)
    expect(page.locator(".setup-samples:visible .sample-page")).to_have_count(1)
    if script:
        before = list(tab.problems)
        assert findings(tab, "the set-up", "main") == []
        # axe copies the stylesheets of the samples into style elements of its own, which the policy refuses
        tab.problems[:] = before
    page.get_by_role("button", name="Set up the site").click()
    expect(page.get_by_text("The two passwords are not the same.")).to_be_visible()
    expect(page.get_by_label("Name of the site")).to_have_value("Glue club")
    expect(page.get_by_label("Vapor")).to_be_checked()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Set up the site").click()
    tab.at("/")
    expect(page.get_by_role("heading", name="Glue club is ready. What next?")).to_be_visible()
    expect(page.locator("#content")).to_contain_text("Meetings and trips")
    assert tab.widest() <= 0 if script else True
    page.get_by_role("link", name="Invite people").click()
    tab.at("/me/invitations")
    tab.go("/")
    page.get_by_role("button", name="I know my way").click()
    expect(page.get_by_text("What next?")).to_have_count(0)
    tab.allowed.add(404)
    tab.go("/setup")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    context.close()
    tab.check()
