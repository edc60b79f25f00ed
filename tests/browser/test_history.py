"""Back, forward and reload: the earlier page, at the place where it was left."""

import contextlib
import re

import pytest
from playwright.sync_api import Error, Route, expect

pytestmark = pytest.mark.browser


def test_back_shows_a_list_at_its_place(browse, site):
    tab = browse()
    page = tab.page
    tab.go(site.categories["AI Insights"])
    tab.go("/recent")
    page.mouse.move(600, 400)
    page.mouse.wheel(0, 700)
    tab.until("scrollY === 700")
    row = page.locator(".topic-row").nth(12)
    name = row.locator(".row-title a").inner_text()
    before = row.bounding_box()["y"]
    row.locator(".row-title a").click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    assert page.evaluate("scrollY") == 0
    page.go_back()
    expect(page.get_by_role("heading", name="Recent", level=1)).to_be_visible()
    expect(page).to_have_title(re.compile("Recent"))
    tab.until("scrollY > 0")
    tab.until("new Promise((done) => { const y = scrollY; setTimeout(() => done(y === scrollY), 150); })")
    assert abs(page.locator(".topic-row").nth(12).bounding_box()["y"] - before) <= 2
    page.go_forward()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    assert len(tab.documents) == 2


def test_back_to_a_long_list_scrolled_far(browse, site):
    tab = browse()
    page = tab.page
    tab.go("/recent")
    page.mouse.move(600, 400)
    rows = page.locator(".topic-row")
    tab.until(lambda: rows.count() >= 40, lambda: page.mouse.wheel(0, 900))
    title = rows.nth(33).locator(".row-title a")
    name = title.inner_text()
    title.scroll_into_view_if_needed()
    before = title.bounding_box()["y"]
    title.click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("link", name=name, exact=True).first).to_be_in_viewport()
    tab.until("new Promise((done) => { const y = scrollY; setTimeout(() => done(y === scrollY), 150); })")
    assert abs(title.bounding_box()["y"] - before) <= 2


@pytest.mark.parametrize("number", [15, 52])
def test_back_shows_a_topic_at_its_post(browse, site, number):
    tab = browse()
    page = tab.page
    tab.go(site.long.path)
    page.mouse.move(500, 400)
    post = page.locator(f'#stream > .post[data-number="{number}"]')
    tab.until(post.count, lambda: page.mouse.wheel(0, 1500))
    page.mouse.wheel(0, 10)
    post.evaluate("post => post.scrollIntoView()")
    tab.at(f"{site.long.path}/{number}")
    post.locator(".post-author").click()
    tab.at(re.sub(r"^https?://[^/]+", "", post_author(tab)))
    page.go_back()
    tab.at(f"{site.long.path}/{number}")
    expect(post).to_be_in_viewport()
    tab.until("new Promise((done) => { const y = scrollY; setTimeout(() => done(y === scrollY), 150); })")
    assert -2 <= post.evaluate("post => post.getBoundingClientRect().top") < 300
    tab.at(f"{site.long.path}/{number}")
    page.reload()
    expect(post).to_be_in_viewport()
    assert len(tab.documents) == 2


def post_author(tab) -> str:
    expect(tab.page.locator(".profile-head")).to_be_visible()
    return tab.path


@pytest.mark.parametrize("member", [True, False], ids=["member", "guest"])
def test_reload_keeps_the_order(browse, site, member):
    tab = browse(person=site.person() if member else None)
    page = tab.page
    tab.go(site.long.path)
    page.locator("#topic-sort summary").click()
    page.locator("#topic-sort").get_by_text("Most Votes").click()
    expect(page.locator("#stream")).to_have_attribute("data-sort", "most_votes")
    expect(page).to_have_url(re.compile("sort=most_votes"))
    page.reload()
    expect(page.locator("#topic-sort summary")).to_contain_text("Most Votes")
    page.go_back()
    expect(page.locator("#topic-sort summary")).to_contain_text(
        "Oldest to Newest" if not member else re.compile("Most Votes|Oldest")
    )


def test_of_two_quick_clicks_the_later_counts(browse):
    tab = browse()
    page = tab.page
    waiting: list[Route] = []
    page.route(re.compile("/(tags|recent)$"), lambda route: waiting.append(route))
    tab.go("/")
    page.locator("#rail").get_by_role("link", name="Tags").click()
    page.locator("#rail").get_by_role("link", name="Recent").click()
    tab.until(lambda: len(waiting) == 2)
    for route in waiting:
        with contextlib.suppress(Error):  # nobody waits for the first any more
            route.continue_()
        page.wait_for_timeout(200)  # time for its answer, had it not been given up
    expect(page.get_by_role("heading", name="Recent", level=1)).to_be_visible()
    page.unroute_all()
    page.locator("#rail").get_by_role("link", name="Users").click()
    expect(page.get_by_role("heading", name="Users", level=1)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Recent", level=1)).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Announcements")).to_be_visible()
    assert len(tab.documents) == 1


def test_back_keeps_what_is_being_written(browse, site):
    tab = browse(person=site.person())
    page, ground = tab.page, site.ground()
    tab.go(ground.path)
    page.locator(".tools").get_by_role("link", name="Reply", exact=True).click()
    page.get_by_label("Text").fill("Do not lose this.")
    page.locator(".brand-name").click()
    expect(page.get_by_role("heading", name="Announcements")).to_be_visible()
    expect(page.get_by_label("Text")).to_have_value("Do not lose this.")
    page.go_back()
    expect(page.get_by_role("heading", name=ground.title, level=1)).to_be_visible()
    expect(page.get_by_label("Text")).to_have_value("Do not lose this.")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#stream > .post")).to_have_count(4)
    assert len(tab.documents) == 1
