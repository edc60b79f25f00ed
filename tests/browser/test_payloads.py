"""What people try in order to make a script run: in a real browser, with the content policy switched off, none does."""

import json
import subprocess
import sys

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.live import ROOT, Person, Site
from tests.payloads import PAYLOADS

pytestmark = pytest.mark.browser

_FURNISH = """
import json
from app import create_app
from core.db import writing
from tests import hostile
with create_app().app_context():
    with writing():
        made = hostile.furnish()
print(json.dumps(made))
"""
PROVOKE = """() => {
    addEventListener("click", (event) => event.preventDefault(), true);
    for (const each of document.querySelectorAll("#content *")) {
        for (const name of ["pointerover", "mouseover", "mouseenter", "click", "focus", "focusin", "blur", "toggle", "wheel", "copy"])
            each.dispatchEvent(new Event(name, { cancelable: true }));
    }
    const found = [];
    for (const each of document.querySelectorAll("*")) {
        if (each.matches("script:not([src^='/static/']), iframe, object, embed, base, style")) found.push(each.outerHTML);
        for (const { name, value } of each.attributes)
            if (name.startsWith("on") || name.startsWith("hx-on")
                || /^[\\x00-\\x20]*(javascript|data|vbscript):/i.test(value)) found.push(`${name}=${value}`);
    }
    return found;
}"""


@pytest.fixture(scope="module")
def odd(site: Site) -> tuple[Person, list[str]]:
    """A community of payloads on the site: the member who has files, and the addresses that show it all."""
    command = [sys.executable, "-c", _FURNISH]
    made = subprocess.run(command, cwd=ROOT, env=site.env, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    keeper_id, addresses = json.loads(made.stdout.strip().splitlines()[-1])
    return Person(keeper_id, "Herons", "herons"), addresses


def test_the_payloads_do_run_where_nothing_stands_against_them(browser: Browser):
    context = browser.new_context(offline=True)
    page = context.new_page()
    ran: set[str] = set()
    now = ""
    page.on("dialog", lambda dialog: (ran.add(now), dialog.dismiss()))
    for payload in PAYLOADS[::6]:
        now = payload
        page.set_content(f"<main id=content>{payload}</main>", wait_until="domcontentloaded")
        page.evaluate(PROVOKE)
    page.wait_for_timeout(200)
    context.close()
    assert len(ran) >= 12


def test_none_runs_on_any_page(browse, odd):
    keeper, addresses = odd
    tab = browse(person=keeper, bypass_csp=True)
    tab.allowed = {404}  # pictures of payloads that nobody uploaded
    ran: list[str] = []
    tab.page.on("dialog", lambda dialog: (ran.append(tab.page.url), dialog.dismiss()))
    for address in addresses:
        tab.go(address)
        assert tab.page.evaluate(PROVOKE) == [], address
    assert ran == []
    assert len(addresses) > 90


def test_none_runs_in_what_the_page_fetches_while_one_types(browse, odd):
    keeper, addresses = odd
    tab = browse(person=keeper, bypass_csp=True)
    tab.allowed = {404}  # pictures of payloads that nobody uploaded
    ran: list[str] = []
    tab.page.on("dialog", lambda dialog: (ran.append(tab.page.url), dialog.dismiss()))
    tab.go(addresses[0])
    tab.page.locator(".tools").get_by_role("link", name="Reply", exact=True).click()
    text = tab.page.locator("#dock").get_by_label("Text")
    text.press_sequentially("#script")
    expect(tab.page.locator("#completion [role=option]").first).to_be_visible()
    tab.page.keyboard.press("Escape")
    tab.page.locator("#dock").get_by_role("button", name="Preview").click()
    for number in range(0, len(PAYLOADS), 40):
        joined = "\n\n".join(each.replace("\x00", "") for each in PAYLOADS[number : number + 40])
        text.fill(joined + f"\n\nstretch {number}")
        expect(tab.page.locator("#composer-preview")).to_contain_text(f"stretch {number}")
        assert tab.page.evaluate(PROVOKE) == []
    assert ran == []


def test_none_runs_in_quick_results(browse, odd):
    tab = browse(person=odd[0], bypass_csp=True)
    ran: list[str] = []
    tab.page.on("dialog", lambda dialog: (ran.append(tab.page.url), dialog.dismiss()))
    for words in ("script", "img onerror", "svg onload"):
        tab.go("/recent")
        tab.page.locator("#search-menu summary").click()
        tab.page.locator("#quick-text").fill(words)
        expect(tab.page.locator("#quick")).to_contain_text("alert")
        assert tab.page.evaluate(PROVOKE) == []
    assert ran == []
