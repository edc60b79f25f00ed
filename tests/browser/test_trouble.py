"""The database is away, or a proxy answers for the site: the page stays, with all that was typed in it, and says so."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.live import open_composer
from tests.browser.test_accessibility import findings

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 390])
def test_a_composer_outlives_a_database_that_is_away(browse, site, me, ground, width):
    tab = browse(person=me, width=width)
    tab.allowed.add(500)
    text, send = open_composer(tab, ground), tab.page.locator("#dock .send")
    with site.troubled():
        text.fill("Typed while nothing could be written down")
        send.click()
        message = tab.page.get_by_role("alert")
        expect(message).to_contain_text("Something broke on our side")
        expect(message).to_contain_text("What you typed is still in your browser")
        expect(message).to_be_in_viewport(ratio=1)
        expect(text).to_have_value("Typed while nothing could be written down")
        expect(tab.page.locator(".draft-state")).to_contain_text("What you typed is still in your browser")
        expect(send).to_be_enabled()
    send.click()
    expect(tab.page.locator("#stream > .post")).to_have_count(4)
    expect(tab.page.locator("#messages")).to_be_empty()
    expect(tab.page.locator("#dock form")).to_have_count(0)
    assert site.posts_of(ground) == 4
    assert len(tab.documents) == 1


def test_a_link_that_leads_nowhere_just_now_leaves_the_page(browse, site, me, ground):
    tab = browse(person=me)
    tab.allowed.add(500)
    text = open_composer(tab, ground)
    text.fill("Still at it")
    with site.troubled():
        tab.page.get_by_role("link", name="Recent", exact=True).first.click()
        message = tab.page.get_by_role("alert")
        expect(message).to_contain_text("Something broke on our side")
        expect(message).not_to_contain_text("What you typed")
        tab.at(ground.path)
        expect(tab.page.locator("#stream > .post")).to_have_count(3)
        expect(text).to_have_value("Still at it")
    message.get_by_role("link", name="Try again").click()
    tab.at("/recent")
    expect(tab.page.get_by_role("heading", name="Recent", level=1)).to_be_visible()
    expect(message).to_be_empty()
    expect(text).to_have_value("Still at it")
    assert len(tab.documents) == 1


def test_going_back_to_a_page_that_cannot_be_made_keeps_the_composer(browse, site, me, ground):
    tab = browse(person=me)
    tab.allowed.add(500)
    tab.go("/recent")
    tab.page.get_by_role("link", name="Tags", exact=True).first.click()
    tab.at("/tags")
    tab.page.evaluate(f"htmx.ajax('GET', '/topic/{ground.id}/reply', {{ target: '#dock', swap: 'innerHTML' }})")
    text = tab.page.locator("#dock").get_by_label("Text")
    text.fill("Still at it")
    with site.troubled():
        tab.page.go_back()
        expect(tab.page.locator("#content h1")).to_have_text("Something broke on our side")
        tab.at("/recent")
        expect(text).to_have_value("Still at it")
    tab.page.locator("#content").get_by_role("link", name="Try again").click()
    expect(tab.page.get_by_role("heading", name="Recent", level=1)).to_be_visible()
    expect(text).to_have_value("Still at it")
    assert len(tab.documents) == 1


def test_a_form_of_a_page_outlives_it_too(browse, site, me):
    tab = browse(person=me)
    tab.allowed.add(500)
    tab.go("/me/profile")
    about = tab.page.get_by_label("About")
    about.fill("I write about lanterns.")
    save = tab.page.locator("#profile-form").get_by_role("button", name="Save")
    with site.troubled():
        save.click()
        expect(tab.page.get_by_role("alert")).to_contain_text("What you typed is still in your browser")
        expect(about).to_have_value("I write about lanterns.")
        tab.at("/me/profile")
    save.click()
    expect(tab.page.locator("#messages")).to_be_empty()
    tab.at(f"/user/{me.slug}")
    expect(tab.page.locator("#content")).to_contain_text("I write about lanterns.")


@pytest.mark.parametrize("body", ["<html><h1>Bad Gateway</h1></html>", "Bad Gateway", ""])
def test_what_a_proxy_answers_takes_the_place_of_nothing(browse, me, ground, body):
    tab = browse(person=me)
    tab.allowed.add(502)
    text = open_composer(tab, ground)
    text.fill("Typed while the site starts again")
    proxied = re.compile(r"/topic/\d+/posts$|/recent$")
    tab.page.route(proxied, lambda route: route.fulfill(status=502, content_type="text/html", body=body))
    message = tab.page.get_by_role("alert")
    for control in (tab.page.locator("#dock .send"), tab.page.get_by_role("link", name="Recent", exact=True).first):
        control.click()
        expect(message).to_contain_text("cannot be reached")
        expect(text).to_have_value("Typed while the site starts again")
        expect(tab.page.locator("#stream > .post")).to_have_count(3)
        message.get_by_text("cannot be reached").click()
        expect(message).to_be_empty()
    tab.page.unroute(proxied)
    tab.page.locator("#dock .send").click()
    expect(tab.page.locator("#stream > .post")).to_have_count(4)
    assert len(tab.documents) == 1


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_page_without_a_database_can_be_read_and_gives_back_what_was_typed(browse, site, me, ground, width, scheme):
    tab = browse(person=me, script=False, width=width, color_scheme=scheme)
    looking = browse(width=width, color_scheme=scheme)
    for each in (tab, looking):
        each.allowed.add(500)
    tab.go(f"/topic/{ground.id}/reply")
    tab.page.get_by_label("Text").fill("Typed with care.\nTwo lines of it.")
    with site.troubled():
        tab.page.get_by_role("button", name="Send").click()
        kept = tab.page.get_by_label("What you wrote is not lost. Copy it from here:")
        expect(kept).to_have_value("Typed with care.\nTwo lines of it.")
        expect(kept).not_to_be_editable()
        assert tab.widest() <= 0
        looking.go("/nobody-has-asked-for-this-yet")
        assert findings(looking, "the page without a database") == []
    dark = looking.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(33, 37, 41)"
    assert dark == (scheme == "dark")
    tab.page.get_by_role("link", name="Try again").click()
    tab.at(f"/topic/{ground.id}/reply")
    expect(tab.page.get_by_label("Text")).to_be_visible()
