"""The keys of a reader who leaves the mouse alone, and that they can be switched off."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_keys_go_through_a_topic_and_act_on_the_post(browse, site):
    me, ground = site.person(), site.ground()
    tab = browse(person=me)
    keys, posts = tab.page.keyboard, tab.page.locator("#stream > .post")
    tab.go(ground.path)
    for number in (0, 1):
        keys.press("j")
        expect(posts.nth(number)).to_be_focused()
    keys.press("k")
    expect(posts.nth(0)).to_be_focused()
    keys.press("j")
    keys.press("q")
    text = tab.page.locator("#dock").get_by_label("Text")
    expect(text).to_be_focused()
    assert "> The second post has some words that can be quoted." in text.input_value()
    keys.press("j")
    assert text.input_value().endswith("j")
    text.fill("")
    keys.press("Escape")
    expect(text).to_have_count(0)
    keys.press("r")
    expect(text).to_be_focused()
    text.fill("Written without a mouse.")
    keys.press("Control+Enter")
    expect(posts).to_have_count(4)
    expect(posts.nth(3)).to_be_focused()
    keys.press("e")
    expect(text).to_have_value("Written without a mouse.")
    text.fill("")
    keys.press("Escape")
    expect(text).to_have_count(0)
    keys.press("u")
    tab.at(site.categories["Questions and feedback"])


def test_keys_go_to_places_and_open_what_has_the_focus(browse, site):
    tab = browse(person=site.person())
    page, keys = tab.page, tab.page.keyboard
    tab.go("/")
    for letter, path in (("r", "/recent"), ("u", "/unread"), ("t", "/tags"), ("n", "/notifications"), ("h", "/")):
        keys.press("g")
        keys.press(letter)
        tab.at(path)
    keys.press("g")
    keys.press("r")
    tab.at("/recent")
    expect(page.locator("#content")).to_be_focused()
    keys.press("j")
    keys.press("j")
    second = page.locator(".topic-row").nth(1).locator("h2 a, h3 a").first
    expect(second).to_be_focused()
    title = second.inner_text()
    keys.press("o")
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)
    keys.press("/")
    expect(page.locator("#quick-text")).to_be_focused()


def test_a_key_shows_all_keys(browse, site):
    tab = browse()
    tab.go("/recent")
    tab.page.keyboard.press("?")
    dialog = tab.page.get_by_role("dialog")
    for words in ("The next post, topic or person", "Go home", "Search"):
        expect(dialog).to_contain_text(words)
    tab.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)


def test_the_keys_can_be_switched_off(browse, site):
    ground = site.ground()
    tab = browse(person=site.person())
    tab.go("/skins")
    tab.page.get_by_label("Single keys").select_option("Off")
    tab.page.get_by_role("button", name="Use these").click()
    tab.until("document.documentElement.dataset.keys === 'off'")
    tab.go(ground.path)
    for key in ("j", "r", "?"):
        tab.page.keyboard.press(key)
    tab.page.wait_for_timeout(300)
    expect(tab.page.locator("#dock form")).to_have_count(0)
    expect(tab.page.get_by_role("dialog")).to_have_count(0)
    expect(tab.page.locator("#stream > .post").first).not_to_be_focused()
