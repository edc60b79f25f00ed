"""A newcomer's whole way through the site: with script in one document, without script by forms and links."""

import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.live import PASSWORD, Tab

pytestmark = pytest.mark.browser

ORDERS = {
    "newest_to_oldest": "Newest to Oldest",
    "most_votes": "Most Votes",
    "oldest_to_newest": "Oldest to Newest",
}


def register(tab: Tab, name: str) -> None:
    page = tab.page
    page.locator("#account").get_by_role("link", name="Register").click()
    tab.at("/register")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Register").click()
    expect(page.locator("#account-menu summary")).to_contain_text(name)


def read_into(tab: Tab, category: str, title: str) -> Locator:
    """From the home page through a category to a topic; gives its posts."""
    page = tab.page
    page.locator(".brand-name").click()
    expect(page.get_by_role("heading", name="Announcements")).to_be_visible()
    page.locator("#content").get_by_role("link", name=category, exact=True).click()
    expect(page.get_by_role("heading", name=category, level=1)).to_be_visible()
    page.get_by_role("link", name=title).first.click()
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
    expect(page).to_have_title(f"{title} · Livery")
    return page.locator("#stream > .post")


def figures(tab: Tab) -> int:
    """How many posts the header of the topic counts."""
    words = tab.page.locator(".stats-group > span").first.text_content()
    return int(re.match(r"\s*(\d+)\s+post", words)[1])


def numbers(posts: Locator) -> list[int]:
    return [int(each) for each in posts.evaluate_all("all => all.map((post) => post.dataset.number)")]


def scores(posts: Locator) -> list[int]:
    return [int(re.search(r"-?\d+$", words)[0]) for words in posts.locator(".vote-score").all_inner_texts()]


def check_orders(tab: Tab, posts: Locator, count: int) -> None:
    """Goes through the three orders and ends at the newest first."""
    page = tab.page
    for key, name in (*ORDERS.items(), ("newest_to_oldest", ORDERS["newest_to_oldest"])):
        page.locator("#topic-sort summary").click()
        page.locator("#topic-sort").get_by_text(name, exact=True).click()
        expect(page).to_have_url(re.compile(rf"sort={key}"))
        expect(page.locator("#topic-sort summary")).to_contain_text(name)
        expect(page.locator("#topic-sort .menu-sheet")).not_to_be_visible()
        found = numbers(posts)
        assert sorted(found) == list(range(1, count + 1))
        assert found[0] == 1
        if key == "newest_to_oldest":
            assert found[1:] == list(range(count, 1, -1))
        elif key == "oldest_to_newest":
            assert found == list(range(1, count + 1))
        else:
            assert scores(posts)[1:] == sorted(scores(posts)[1:], reverse=True)


def test_with_script_it_is_one_document(browse):
    tab = browse()
    page = tab.page
    tab.go("/")
    born = tab.born
    register(tab, "Willow")
    posts = read_into(tab, "Start here", "How skins work")
    before, count = figures(tab), posts.count()
    assert before == count

    # reply: the composer is docked, Ctrl+Enter sends, the post stands in the page
    page.locator(".tools").get_by_role("link", name="Reply", exact=True).click()
    text = page.locator("#dock").get_by_label("Text")
    expect(text).to_be_focused()
    text.fill("I read all of it, **twice**.")
    text.press("Control+Enter")
    expect(posts).to_have_count(count + 1)
    mine = posts.last
    expect(mine.locator(".post-body strong")).to_have_text("twice")
    expect(mine).to_be_focused()
    expect(mine).to_be_in_viewport()
    number = before + 1
    permalink = mine.get_by_role("link", name=f"#{number}", exact=True)
    assert re.fullmatch(r"/post/\d+", permalink.get_attribute("href"))
    expect(page.locator("#dock form")).to_have_count(0)
    expect(page.locator("#announcer")).to_have_text(f"Your reply was posted as number {number}.")
    assert figures(tab) == number
    expect(page.locator(".navigator")).to_contain_text(f"of {number}")
    expect(page.locator("#navigator-number")).to_have_attribute("max", str(number))
    expect(page.locator(".navigator-range")).to_have_attribute("max", str(number))

    # a second reply, through the post's own button
    posts.nth(1).get_by_role("link", name="Reply", exact=True).click()
    expect(page.locator("#dock .composer-head")).to_contain_text("(#2)")
    expect(text).to_have_value("")
    text.fill("And once more.")
    page.locator("#dock").get_by_role("button", name="Send").click()
    expect(posts).to_have_count(count + 2)
    expect(posts.last).to_be_focused()
    expect(posts.last.locator(".post-when")).to_contain_text("replied to @")
    expect(posts.nth(1).locator(".replies-toggle")).to_contain_text(re.compile(r"\d+ repl"))

    check_orders(tab, posts, count + 2)

    # the order is remembered on the next topic
    posts = read_into(tab, "Start here", "How to moderate with kindness")
    expect(page.locator("#topic-sort summary")).to_contain_text("Newest to Oldest")
    assert numbers(posts)[1] > numbers(posts)[2]

    # votes: up, undone, down; and who voted
    post = posts.nth(1)
    score = scores(posts)[1]
    up, down, shown = (post.locator(each) for each in (".vote-up", ".vote-down", ".vote-score"))
    up.click()
    expect(shown).to_contain_text(str(score + 1))
    expect(up).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#announcer")).to_have_text(f"The score is {score + 1}.")
    shown.click()
    expect(post.locator(".voters")).to_contain_text("Willow")
    shown.click()
    expect(post.locator(".voters")).to_have_count(0)
    up.click()
    expect(shown).to_contain_text(re.compile(rf"\b{score}$"))
    expect(up).to_have_attribute("aria-pressed", "false")
    down.click()
    expect(shown).to_contain_text(re.compile(rf"\b{score - 1}$"))
    expect(down).to_have_attribute("aria-pressed", "true")

    # another skin while something is being written
    page.locator(".tools").get_by_role("link", name="Reply", exact=True).click()
    text.fill("Half a thought")
    page.evaluate("scrollTo(0, 400)")
    page.evaluate("window.read = document.elementFromPoint(innerWidth / 2, 100).closest('.post')")
    place = page.evaluate("read.getBoundingClientRect().top")
    choose_skin(tab, "Lux")
    assert abs(page.evaluate("read.getBoundingClientRect().top") - place) <= 1
    choose_skin(tab, "Darkly")
    assert abs(page.evaluate("read.getBoundingClientRect().top") - place) <= 2
    expect(text).to_have_value("Half a thought")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.locator("#skin-menu summary").press("Escape")

    # the side bar opens and closes
    page.locator("#collapse").click()
    expect(page.locator("#rail")).to_have_class(re.compile("rail-open"))
    expect(page.locator("#collapse")).to_have_attribute("aria-expanded", "true")
    page.locator(".rail").get_by_role("link", name="Recent").click()
    expect(page.get_by_role("heading", name="Recent", level=1)).to_be_visible()
    expect(page.locator("#rail")).to_have_class(re.compile("rail-open"))
    expect(page.locator("#skin")).to_have_attribute("href", re.compile("darkly"))
    expect(text).to_have_value("Half a thought")
    page.locator("#collapse").click()
    expect(page.locator("#rail")).not_to_have_class(re.compile("rail-open"))
    expect(page.locator(".rail").get_by_role("link", name="Recent")).to_have_attribute("aria-current", "page")

    assert len(tab.documents) == 1
    assert page.evaluate("performance.getEntriesByType('navigation').length") == 1
    assert tab.born == born

    # and the next document comes dressed from the server
    tab.go("/")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(page.locator("#skin")).to_have_attribute("href", re.compile("darkly"))


def middle(thing: Locator) -> tuple[float, float]:
    box = thing.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def choose_skin(tab: Tab, name: str) -> None:
    page = tab.page
    menu = page.locator("#skin-menu")
    if menu.get_attribute("open") is None:
        menu.locator("summary").click()
    # With the mouse itself, as click() scrolls the page when what it aims at moves: it does, for the skin fades in under it.
    button = menu.get_by_role("button", name=name, exact=True)
    button.evaluate("button => button.scrollIntoView({block: 'nearest'})")
    page.mouse.move(*middle(button))
    expect(page.locator("#skin")).to_have_attribute("href", re.compile(rf"/{name.lower()}-"))
    page.mouse.click(*middle(button))
    expect(page.locator("#skin")).to_have_attribute("href", re.compile(rf"/{name.lower()}-"))
    expect(page.locator("link.skin:not([data-off])")).to_have_count(1)
    expect(menu.get_by_role("button", name=name, exact=True)).to_have_attribute("aria-pressed", "true")
    expect(menu.locator(".menu-sheet")).to_be_visible()


def test_without_script_by_forms_and_links(browse):
    tab = browse(script=False)
    page = tab.page
    tab.go("/")
    register(tab, "Rowan")
    posts = read_into(tab, "Start here", "Voting: what the arrows do and what the score means")
    before = figures(tab)
    path = tab.path

    page.locator(".tools").get_by_role("link", name="Reply", exact=True).click()
    expect(page).to_have_url(re.compile(r"/topic/\d+/reply$"))
    page.get_by_label("Text").fill("Written by a *plain form*.")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".preview .post-body em")).to_have_text("plain form")
    expect(page.get_by_label("Text")).to_have_value("Written by a *plain form*.")
    page.get_by_role("button", name="Send").click()
    tab.at(f"{path}/{before + 1}")
    mine = page.locator(".post-target")
    expect(mine.locator(".post-body em")).to_have_text("plain form")
    expect(mine).to_be_in_viewport()
    assert figures(tab) == before + 1
    expect(page.locator(".navigator")).to_contain_text(f"of {before + 1}")

    page.get_by_label("Post 2 by").get_by_role("link", name="Reply", exact=True).click()
    expect(page.locator(".composer-head")).to_contain_text("(#2)")
    page.get_by_label("Text").fill("To the second one.")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".post-target .post-when")).to_contain_text("replied to @")

    check_orders(tab, posts, before + 2)
    posts = read_into(tab, "Start here", "How to moderate with kindness")
    expect(page.locator("#topic-sort summary")).to_contain_text("Newest to Oldest")

    post = page.get_by_label("Post 3 by")
    shown, up, down = (post.locator(each) for each in (".vote-score", ".vote-up", ".vote-down"))
    score = int(re.search(r"-?\d+$", shown.inner_text())[0])
    up.click()
    expect(shown).to_contain_text(str(score + 1))
    expect(post).to_be_in_viewport()
    shown.click()
    expect(page.locator("#content .voters")).to_contain_text("Rowan")
    page.go_back()
    up.click()
    expect(shown).to_contain_text(re.compile(rf"\b{score}$"))
    down.click()
    expect(shown).to_contain_text(re.compile(rf"\b{score - 1}$"))
    expect(down).to_have_attribute("aria-pressed", "true")

    page.locator("#skin-menu summary").click()
    page.locator("#skin-menu").get_by_role("button", name="Sketchy", exact=True).click()
    expect(page.locator("#skin")).to_have_attribute("href", re.compile("sketchy"))
    tab.at(urlpath(tab))
    page.locator("#collapse").click()
    expect(page.locator("#rail")).to_have_class(re.compile("rail-open"))
    page.locator(".rail").get_by_role("link", name="Recent").click()
    expect(page.locator("#rail")).to_have_class(re.compile("rail-open"))
    expect(page.locator("#skin")).to_have_attribute("href", re.compile("sketchy"))
    page.locator("#account-menu summary").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.locator("#account").get_by_role("link", name="Log in")).to_be_visible()


def urlpath(tab: Tab) -> str:
    return tab.path.split("?")[0]
