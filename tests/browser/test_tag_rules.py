"""Another category while one writes: its rules and its opening text come along, and nothing that was written goes."""

import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from tests.browser.live import ROOT, Site

pytestmark = pytest.mark.browser

_RULE = """
from app import create_app
from core import cache
from core.db import session, writing
from models import Category
with create_app().app_context(), writing():
    place = session().query(Category).filter_by(name="Questions and feedback").one()
    place.template, place.tags_allowed, place.tags_least = "What happened?", ["howto", "fault"], 1
    cache.bump("categories")
"""


@pytest.fixture
def ruled(site: Site):
    """A category of the site has rules for the length of a test."""
    for code in (_RULE, re.sub(r"= \"What.*", '= "", [], 0', _RULE)):
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=site.env, capture_output=True, check=True)
        if "What" in code:
            yield


def test_another_category_while_one_writes(browse, site: Site, ruled):
    tab = browse(person=site.person())
    tab.go(site.categories["General"])
    tab.page.get_by_role("link", name="New topic").first.click()
    form = tab.page.locator("#dock form")
    text, place = form.get_by_label("Text"), form.get_by_label("New topic in")
    place.select_option(site.categories["Questions and feedback"].split("/")[2])
    expect(text).to_have_value("What happened?")
    expect(form.locator("#composer-rules")).to_have_text(
        "At least 1 tag, please. These can be used here: howto, fault."
    )
    form.get_by_label("Tags").press_sequentially("fa")
    expect(form.locator("#completion [role=option]")).to_have_text(["fault"])
    tab.page.keyboard.press("Tab")
    expect(form.get_by_label("Tags")).to_have_value("fault, ")
    text.fill("My own words")
    place.select_option(site.categories["General"].split("/")[2])
    expect(form.locator("#composer-rules")).to_have_text("")
    expect(text).to_have_value("My own words")
