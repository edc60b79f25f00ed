"""Long topics and long lists: both ways without an end, without a jump, with an address for every place."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.live import Tab

pytestmark = pytest.mark.browser


def numbers(tab: Tab) -> list[int]:
    found = tab.page.locator("#stream > .post").evaluate_all("all => all.map((post) => Number(post.dataset.number))")
    ids = tab.page.locator("[id]").evaluate_all("all => all.map((each) => each.id)")
    assert len(ids) == len(set(ids)), "an id stands twice in the page"
    return found


def post(tab: Tab, number: int) -> Locator:
    return tab.page.locator(f'#stream > .post[data-number="{number}"]')


def top(tab: Tab, number: int) -> float:
    return post(tab, number).evaluate("post => post.getBoundingClientRect().top")


def check_opened_at(tab: Tab, number: int) -> None:
    """The post stands at the top of what is seen, or as high as the page's end lets it; without script, where the
    browser puts what has the focus."""
    expect(post(tab, number)).to_be_in_viewport()
    tab.until(
        f"""(() => {{
            const post = document.querySelector('#stream > .post[data-number="{number}"]');
            const top = post.getBoundingClientRect().top;
            const room = document.scrollingElement.scrollHeight - innerHeight - scrollY;
            return top >= 0 && (top < {64 if tab.script else "innerHeight - 64"} || room < 1);
        }})()"""
    )


def roll(tab: Tab, pixels: int, enough: Callable[[], bool]) -> None:
    """Turns the wheel until it is enough."""
    tab.page.mouse.move(500, 400)
    for _ in range(150):
        if enough():
            return
        tab.page.mouse.wheel(0, pixels)
        tab.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    raise AssertionError("the end was not reached")


def stretches(tab: Tab) -> list[str]:
    """The pages that were fetched while scrolling."""
    asked = [urlsplit(each.url).query for each in tab.requests if "way=" in each.url]
    return [re.search(r"page=(\d+)", query)[1] for query in asked]


def test_down_through_a_long_topic(browse, site):
    tab = browse()
    tab.go(site.long.path)
    roll(tab, 2500, lambda: post(tab, 120).count() == 1)
    assert numbers(tab) == list(range(1, 121))
    assert stretches(tab) == ["2", "3", "4", "5", "6"]
    expect(tab.page.locator("#later")).to_have_count(0)
    assert len(tab.documents) == 1
    # the address and the navigator follow the post in view
    for number in (57, 100, 8):
        post(tab, number).evaluate("post => post.scrollIntoView()")
        tab.at(f"{site.long.path}/{number}")
        expect(tab.page.locator("#navigator-number")).to_have_value(str(number))
        expect(tab.page.locator(".navigator-range")).to_have_value(str(number))


def test_up_through_a_long_topic(browse, site):
    tab = browse()
    tab.go(site.long.path + "/113")
    check_opened_at(tab, 113)
    roll(tab, -900, lambda: post(tab, 1).count() == 1)
    assert numbers(tab) == list(range(1, 121))
    assert stretches(tab) == ["5", "4", "3", "2", "1"]
    expect(tab.page.locator("#earlier")).to_have_count(0)
    roll(tab, -2500, lambda: tab.page.evaluate("scrollY === 0"))
    tab.page.mouse.wheel(0, 30)
    tab.at(site.long.path)
    assert len(tab.documents) == 1


@pytest.mark.parametrize("start", [47, 41])
@pytest.mark.parametrize("width", [1280, 390])
def test_earlier_posts_arrive_without_a_jump(browse, site, start, width):
    tab = browse(width=width)
    waiting: list[Route] = []
    tab.page.route(re.compile("way=earlier"), lambda route: waiting.append(route))
    tab.go(f"{site.long.path}/{start}")
    check_opened_at(tab, start)
    tab.page.mouse.move(200, 400)
    if start == 41:  # up to the very top of the page, where the browser itself keeps no place
        roll(tab, -400, lambda: tab.page.evaluate("scrollY === 0"))
    else:
        roll(tab, -120, lambda: bool(waiting))
    tab.until("new Promise((done) => { const y = scrollY; setTimeout(() => done(y === scrollY), 120); })")
    before = top(tab, start)
    waiting[0].continue_()
    expect(post(tab, 21)).to_have_count(1)
    for _ in range(5):
        assert abs(top(tab, start) - before) <= 2
        tab.page.evaluate("new Promise((done) => requestAnimationFrame(done))")
    assert numbers(tab) == list(range(21, 61))


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
@pytest.mark.parametrize("width", [1280, 390])
def test_an_address_opens_at_its_post(browse, site, script, width):
    tab = browse(script=script, width=width)
    tab.go(site.long.path + "/60")
    check_opened_at(tab, 60)
    assert numbers(tab)[:20] == list(range(41, 61))
    tab.go(f"{site.long.path}/79")
    check_opened_at(tab, 79)


def test_a_link_within_the_site_opens_at_its_post(browse, site):
    tab = browse()
    tab.go(site.categories["Off the clock"])
    row = tab.page.locator(".topic-row").filter(has_text=site.long.title)
    row.locator(".teaser-words a").click()
    tab.at(site.long.path + "/120")
    check_opened_at(tab, 120)
    expect(post(tab, 120)).to_be_focused()
    expect(tab.page.locator("#announcer")).to_have_text(f"{site.long.title} · Livery")
    tab.page.get_by_label("Post 118 by").locator(".post-when a").click()
    tab.at(site.long.path + "/117")
    check_opened_at(tab, 117)
    assert len(tab.documents) == 1


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
@pytest.mark.parametrize("width", [1280, 390])
def test_navigator_number_first_and_last(browse, site, script, width):
    tab = browse(script=script, width=width)
    page = tab.page
    tab.go(site.long.path)
    field = page.locator("#navigator-number")
    expect(page.locator(".navigator")).to_be_in_viewport(ratio=1)
    field.fill("75")
    page.locator(".navigator").get_by_role("button", name="Go").click()
    tab.at(site.long.path + "/75")
    check_opened_at(tab, 75)
    expect(field).to_have_value("75")
    page.locator(".navigator").get_by_role("link", name="Last post").click()
    tab.at(site.long.path + "/120")
    check_opened_at(tab, 120)
    page.locator(".navigator").get_by_role("link", name="First post").click()
    expect(post(tab, 1)).to_be_in_viewport()
    assert numbers(tab) == list(range(1, 21))
    field.fill("33")
    field.press("Enter")
    tab.at(site.long.path + "/33")
    check_opened_at(tab, 33)
    assert len(tab.documents) == (1 if script else 5)


def test_navigator_is_dragged(browse, site):
    tab = browse()
    page = tab.page
    tab.go(site.long.path)
    handle = page.locator(".navigator-range")
    box = handle.bounding_box()
    upright = box["height"] > box["width"]
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    start = (x, box["y"] + 8) if upright else (box["x"] + 8, y)
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(x, y, steps=4)
    shown = int(page.locator("#navigator-number").input_value())
    assert 40 < shown < 80
    assert tab.path == site.long.path
    page.mouse.up()
    tab.at(f"{site.long.path}/{shown}")
    check_opened_at(tab, shown)
    assert len(tab.documents) == 1


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
def test_lists_have_plain_pages(browse, site, script):
    tab = browse(script=script)
    tab.go("/recent")
    if script:
        rows = tab.page.locator("#topics > .topic-row")
        first = rows.count()
        assert first == 20
        tab.page.locator(".pages").scroll_into_view_if_needed()
        roll(tab, 1500, lambda: tab.page.locator(".sentinel").count() == 0)
        assert rows.count() > 40
        ids = rows.evaluate_all("all => all.map((row) => row.id)")
        assert len(ids) == len(set(ids))
        moments = rows.locator(".teaser time, .row-facts time").count()
        assert moments >= rows.count()
        assert len(tab.documents) == 1
    else:
        seen: list[str] = []
        for _ in range(10):
            seen += tab.page.locator("#topics > .topic-row").evaluate_all("all => all.map((row) => row.id)")
            following = tab.page.locator('.pages a[rel="next"]')
            if not following.count():
                break
            following.click()
        assert len(seen) == len(set(seen)) > 40


def test_posts_by_plain_pages(browse, site):
    tab = browse(script=False)
    tab.go(site.long.path)
    seen = numbers(tab)
    for _ in range(5):
        tab.page.locator('.pages a[rel="next"]').click()
        seen += numbers(tab)
    assert seen == list(range(1, 121))
    expect(tab.page.locator('.pages a[rel="next"]')).to_have_count(0)
    tab.page.locator('.pages a[rel="prev"]').click()
    assert numbers(tab) == list(range(81, 101))


@pytest.mark.parametrize("order", ["newest_to_oldest", "most_votes"])
def test_the_other_orders_are_endless_too(browse, site, order):
    tab = browse()
    tab.go(f"{site.long.path}?sort={order}")
    roll(tab, 2500, lambda: tab.page.locator("#later").count() == 0)
    found = numbers(tab)
    assert found[0] == 1
    assert sorted(found) == list(range(1, 121))
    if order == "newest_to_oldest":
        assert found[1:] == list(range(120, 1, -1))
    tab.until("location.search.includes('sort=')")
