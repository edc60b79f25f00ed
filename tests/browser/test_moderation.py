"""Moderation in a browser: a ban reaches a page that is open, and the inbox is worked with one key a case."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


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
