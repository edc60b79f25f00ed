"""Moderation in a browser: a ban reaches a page that is open, and the inbox is worked with one key a case."""

from itertools import count

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

_NEWCOMERS = count(100)  # no name begins like another


def test_a_page_that_is_open_learns_of_a_ban_by_itself(browse, site):
    topic, bert = site.ground(), site.person()
    tab, marshal = browse(person=bert), browse(person=site.moderator())
    tab.allowed = {403}
    with tab.page.expect_response(lambda answer: "/events" in answer.url):
        tab.go(topic.path)
    expect(tab.page.locator("#stream > .post")).to_have_count(3)
    marshal.go(f"/user/{bert.slug}/record")
    marshal.page.check("#kind-ban")
    marshal.page.fill("#reason", "Selling sun glasses.")
    marshal.page.get_by_role("button", name="Do it").click()
    expect(marshal.page.locator(".record")).to_contain_text("Selling sun glasses.")
    # nobody touches the other tab
    expect(tab.page.locator("#content")).to_contain_text("You are banned until")
    expect(tab.page.locator("#content")).to_contain_text("Selling sun glasses.")
    expect(tab.page.locator("#account")).to_contain_text("Log in")


def report(tab, reason: str) -> None:
    """Fills in the open form, sends it, and waits for the thanks."""
    tab.page.get_by_label(reason).check()
    tab.page.get_by_role("button", name="Report").click()
    expect(tab.page.locator("body")).to_contain_text("Thank you. The moderators look at it.")


@pytest.mark.parametrize("script", [True, False])
def test_a_report_is_made_and_dealt_with(browse, site, script):
    topic = site.ground()
    ann, marshal = browse(person=site.person(), script=script), browse(person=site.moderator(), script=script)
    ann.go(topic.path)
    third = ann.page.locator('#stream > .post[data-number="3"]')
    key = third.get_attribute("id").removeprefix("post-")
    if script:
        third.locator(".post-menu > summary").click()
        third.get_by_role("link", name="Report").click()
    else:
        ann.go(f"/post/{key}/report")
    report(ann, "It is advertising or spam")
    marshal.go("/moderation")
    case = marshal.page.locator(".case", has_text=topic.title)
    if script:
        case.locator("h2 a").focus()
        marshal.page.keyboard.press("d")
        expect(case).to_contain_text("deleted the post and resolved it")
    else:
        case.get_by_role("button", name="Delete the post").click()
        expect(case).to_have_count(0)
    ann.go(topic.path)
    expect(ann.page.locator(f"#post-{key} .post-gone")).to_have_count(1)


def test_the_inbox_fits_on_a_phone(browse, site):
    topic = site.ground()
    ann, marshal = browse(person=site.person()), browse(person=site.moderator(), width=390)
    ann.go(topic.path)
    key = ann.page.locator('#stream > .post[data-number="2"]').get_attribute("id").removeprefix("post-")
    ann.go(f"/post/{key}/report")
    report(ann, "It is rude or hurts somebody")
    marshal.go("/moderation")
    case = marshal.page.locator(".case", has_text=topic.title)
    expect(case).to_have_count(1)
    assert marshal.widest() <= 0
    case.get_by_role("button", name="Nothing wrong").click()
    expect(case).to_contain_text("rejected")


def reported(browse, site, number: int) -> list[str]:
    """Some posts that somebody has reported, by the titles of their topics."""
    ann, topics = browse(person=site.person()), [site.ground() for _ in range(number)]
    for topic in topics:
        ann.go(topic.path)
        key = ann.page.locator('#stream > .post[data-number="2"]').get_attribute("id").removeprefix("post-")
        ann.go(f"/post/{key}/report")
        report(ann, "It is rude or hurts somebody")
    return [topic.title for topic in topics]


def test_a_case_takes_two_keys_at_most(browse, site):
    first, second, third = reported(browse, site, 3)
    marshal = browse(person=site.moderator())
    marshal.go("/moderation")
    case = {title: marshal.page.locator(".case", has_text=title) for title in (first, second, third)}
    for _ in marshal.page.locator(".case").all():  # what other tests left comes first
        marshal.page.keyboard.press("j")
        if case[first].locator(":focus").count():
            break
    marshal.page.keyboard.press("x")
    expect(case[first]).to_contain_text("rejected it")
    # one goes on from where one was
    marshal.page.keyboard.press("j")
    marshal.page.keyboard.press("a")
    expect(case[second]).to_contain_text("resolved it")
    # on a case that is done, a letter means the first that waits
    marshal.page.keyboard.press("w")
    expect(case[third]).to_contain_text("took it")
    # and what was done is undone, and done again
    case[first].get_by_role("button", name="Open it again").click()
    expect(case[first]).to_contain_text("opened it again")
    case[first].get_by_role("button", name="Nothing wrong").click()
    expect(case[first].get_by_role("button", name="Open it again")).to_be_visible()
    expect(marshal.page.locator("#messages")).to_be_empty()


def test_a_case_takes_one_tap_on_a_phone_and_a_spammer_two(browse, site):
    first, second = reported(browse, site, 2)
    marshal = browse(person=site.moderator(), width=390, has_touch=True, is_mobile=True)
    marshal.go("/moderation")
    marshal.page.locator(".case", has_text=first).get_by_role("button", name="Resolved").tap()
    expect(marshal.page.locator(".case-done", has_text=first)).to_contain_text("resolved it")
    case = marshal.page.locator(".case", has_text=second)
    case.get_by_role("link", name="Remove the spammer").tap()
    button = marshal.page.get_by_role("button", name="Remove with everything")
    expect(button).to_be_visible()
    assert marshal.widest() <= 0


def test_an_inbox_that_was_left_meanwhile_is_told_nothing(browse, site):
    marshal = browse(person=site.moderator())
    with marshal.page.expect_response(lambda answer: "/events" in answer.url):
        marshal.go("/moderation")
    marshal.page.evaluate("""() => {
      const read = Response.prototype.json, held = new Promise((letGo) => { window.letGo = letGo; });
      Response.prototype.json = async function () { await held; window.wasRead = true; return read.call(this); };
    }""")
    with marshal.page.expect_response(lambda answer: "/moderation/state" in answer.url):
        reported(browse, site, 1)
    marshal.page.locator("#rail .rail-list a[href='/recent']").click()
    expect(marshal.page.locator("h1")).to_have_text("Recent")
    marshal.page.evaluate("window.letGo()")
    marshal.page.wait_for_function("window.wasRead")
    expect(marshal.page.locator("#news")).to_be_hidden()


def test_an_open_inbox_learns_what_another_moderator_did(browse, site):
    [title] = reported(browse, site, 1)
    one, other = browse(person=site.moderator()), browse(person=site.moderator())
    with one.page.expect_response(lambda answer: "/events" in answer.url):
        one.go("/moderation")
    other.go("/moderation")
    other.page.locator(".case", has_text=title).get_by_role("button", name="Nothing wrong").click()
    # nobody touches the first tab
    expect(one.page.locator(".case-done", has_text=title)).to_contain_text("rejected it")


@pytest.fixture
def waiting_room(browse, site):
    """Lets somebody write what waits (and says the title of its topic), and somebody else ask to be let in."""
    site.set("queue.on", "yes")
    site.set("registration.mode", "approval")

    def queued() -> str:
        tab, topic = browse(person=site.person(), script=False), site.ground()
        tab.go(f"/topic/{topic.id}/reply")
        tab.page.fill("#composer-body", "Whoever is new here waits.")
        tab.page.locator("button.send").click()
        expect(tab.page).to_have_url(site.url + "/post-queue")
        return topic.title

    def asks() -> str:
        tab, name = browse(script=False), f"Newcomer {next(_NEWCOMERS)}"
        tab.go("/register")
        tab.page.fill("#name", name)
        tab.page.fill("#email", f"{name.replace(' ', '')}@example.org")
        for field in ("#password", "#repeat"):
            tab.page.fill(field, "four plain wooden chairs")
        tab.page.get_by_role("button", name="Register").click()
        expect(tab.page).to_have_url(site.url + "/register/sent")
        return name

    yield queued, asks
    site.set("queue.on", "no")
    site.set("registration.mode", "open")


def walk_to(tab, case) -> None:
    """Goes to a case with the keyboard, past what other tests left."""
    for _ in tab.page.locator(".case").all():
        tab.page.keyboard.press("j")
        if case.locator(":focus").count():
            return
    pytest.fail("The case is not reached with j.")


def test_what_waits_and_who_asks_to_be_let_in_take_one_key_each(browse, site, waiting_room):
    queued, asks = waiting_room
    waiting = [asks(), asks(), queued(), queued()]
    marshal = browse(person=site.moderator())
    marshal.go("/moderation")
    cases = [marshal.page.locator(".case", has_text=words) for words in waiting]
    walk_to(marshal, cases[0])
    for case, key, words in zip(cases, "axax", ("accepted", "refused", "accepted", "refused"), strict=True):
        if not case.locator(":focus").count():
            walk_to(marshal, case)
        marshal.page.keyboard.press(key)
        expect(case.locator(".label")).to_have_text(words)
        expect(case).to_contain_class("case-done")


def test_what_waits_and_who_asks_to_be_let_in_take_one_tap_on_a_phone(browse, site, waiting_room):
    queued, asks = waiting_room
    welcome, unknown, kept, lost = asks(), asks(), queued(), queued()
    marshal = browse(person=site.moderator(), width=390, has_touch=True, is_mobile=True)
    marshal.go("/moderation")
    assert marshal.widest() <= 0
    acts = {welcome: "Let in", unknown: "Refuse", kept: "Accept"}
    for words, button in acts.items():
        case = marshal.page.locator(".case", has_text=words)
        case.get_by_role("button", name=button).tap()
        expect(case).to_contain_class("case-done")
    # a reason of one's own is two more
    case = marshal.page.locator(".case", has_text=lost)
    case.get_by_label("Why it is refused").tap()
    marshal.page.keyboard.type("Say more, please.")
    case.get_by_role("button", name="Refuse").tap()
    expect(case).to_contain_text("Say more, please.")
    expect(case.locator(".label")).to_have_text("refused")
    assert marshal.widest() <= 0


def test_new_cases_announce_themselves_and_move_nothing(browse, site, waiting_room):
    queued, asks = waiting_room
    title = queued()
    marshal = browse(person=site.moderator())
    with marshal.page.expect_response(lambda answer: "/events" in answer.url):
        marshal.go("/moderation")
    case = marshal.page.locator(".case", has_text=title)
    reason = case.get_by_label("Why it is refused")
    reason.fill("Half a sen")
    place, number = reason.bounding_box(), marshal.page.locator(".case").count()
    news = marshal.page.locator("#news")
    name = asks()
    expect(news).to_have_text("1 new case")
    [told] = reported(browse, site, 1)
    expect(news).to_have_text("2 new cases")
    # one works on where one was
    expect(reason).to_be_focused()
    assert (reason.bounding_box(), marshal.page.locator(".case").count()) == (place, number)
    news.click()
    expect(marshal.page.locator(".case")).to_have_count(number + 2)
    expect(marshal.page.locator(".case", has_text=name).locator("h2 a")).to_be_focused()
    expect(reason).to_have_value("Half a sen")
    expect(news).to_be_hidden()
    marshal.page.keyboard.press("a")
    expect(marshal.page.locator(".case-done", has_text=name)).to_contain_text("accepted")
    marshal.page.locator(".case", has_text=told).get_by_role("button", name="Nothing wrong").click()
    expect(marshal.page.locator(".case-done", has_text=told)).to_contain_text("rejected it")


def test_a_new_case_that_somebody_else_deals_with_is_not_announced_any_more(browse, site):
    one, other = browse(person=site.moderator()), browse(person=site.moderator())
    with one.page.expect_response(lambda answer: "/events" in answer.url):
        one.go("/moderation")
    [title] = reported(browse, site, 1)
    expect(one.page.locator("#news")).to_have_text("1 new case")
    other.go("/moderation")
    other.page.locator(".case", has_text=title).get_by_role("button", name="Nothing wrong").click()
    expect(one.page.locator("#news")).to_be_hidden()
