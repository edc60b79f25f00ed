"""Never a word lost: the tab, the network, the session and the server are killed while somebody writes."""

import random
import time

import pytest
from playwright.sync_api import Error, Locator, expect

from tests.browser.live import PASSWORD, Site, Tab, open_composer

pytestmark = pytest.mark.browser

LOST_AT_MOST = 5.0
"""Seconds of typing."""


def saved(tab: Tab) -> Locator:
    """The line that says how the text is kept."""
    return tab.page.locator(".draft-state")


def test_what_is_written_here_is_offered_there(browse, site, me, ground):
    tab, phone = browse(person=me), browse(person=me, width=390)
    open_composer(tab, ground).fill("Begun at the desk")
    expect(saved(tab)).to_have_text("Draft saved")
    text = open_composer(phone, ground)
    expect(text).to_have_value("Begun at the desk")
    expect(phone.page.locator("#dock")).to_contain_text("Your draft, saved just now")
    text.fill("Begun at the desk, ended on the way.")
    expect(saved(phone)).to_have_text("Draft saved")
    # the desk is told of it as soon as it writes on, and both texts are kept
    tab.page.locator("#dock").get_by_label("Text").press_sequentially("!")
    expect(saved(tab)).to_contain_text("both texts are kept")
    tab.until(lambda: len(site.drafts_of(me)) == 2)
    phone.page.get_by_role("button", name="Send").click()
    expect(phone.page.locator("#stream > .post")).to_have_count(4)
    tab.until(lambda: site.drafts_of(me) == ["Begun at the desk!"])


def test_the_side_bar_and_the_list_lead_back(browse, me, ground):
    tab = browse(person=me)
    page = tab.page
    entry = page.locator("#drafts-menu > summary")
    text = open_composer(tab, ground)
    expect(entry).not_to_be_visible()
    text.press_sequentially("To be found again")
    expect(entry).to_be_visible()
    page.locator("#dock").get_by_role("link", name="Close").click()
    entry.click()
    page.locator("#drafts-menu").get_by_role("link", name=ground.title).click()
    expect(page.get_by_label("Text")).to_have_value("To be found again")
    page.locator("#drafts-menu > summary").click()
    page.get_by_role("link", name="All drafts").click()
    tab.at(f"/user/{me.slug}/drafts")
    page.locator(".draft").get_by_text("Discard", exact=True).click()
    page.get_by_role("button", name="Discard this draft").click()
    expect(page.locator("#content")).to_contain_text("No drafts")
    expect(entry).not_to_be_visible()
    assert len(tab.documents) == 1


def test_discarding_while_writing(browse, site, me, ground):
    tab = browse(person=me)
    open_composer(tab, ground).press_sequentially("Better not")
    expect(saved(tab)).to_have_text("Draft saved")
    tab.page.locator("#dock .discard-menu summary").click()
    tab.page.get_by_role("button", name="Discard this text").click()
    expect(tab.page.locator("#dock form")).to_have_count(0)
    tab.until(lambda: site.drafts_of(me) == [])
    tab.page.reload()
    expect(open_composer(tab, ground)).to_have_value("")


def test_a_draft_without_script(browse, me, ground):
    tab = browse(person=me, script=False)
    tab.go(f"/topic/{ground.id}/reply")
    tab.page.get_by_label("Text").fill("By hand")
    tab.page.get_by_role("button", name="Save draft").click()
    expect(tab.page.get_by_text("Your draft is saved.")).to_be_visible()
    expect(tab.page.get_by_label("Text")).to_have_value("By hand")
    tab.go(f"/user/{me.slug}/drafts")
    tab.page.get_by_role("link", name="Go on").click()
    tab.page.get_by_role("button", name="Send").click()
    tab.at(ground.path + "/4")
    tab.go(f"/user/{me.slug}/drafts")
    expect(tab.page.locator("#content")).to_contain_text("No drafts")


def test_without_a_network_the_text_waits_in_the_browser(browse, site, me, ground):
    tab = browse(person=me)
    text = open_composer(tab, ground)
    text.press_sequentially("Before the tunnel")
    tab.until(lambda: site.drafts_of(me) == ["Before the tunnel"])
    expect(saved(tab)).to_have_text("Draft saved")
    tab.context.set_offline(True)
    text.press_sequentially(", in the tunnel")
    expect(saved(tab)).to_contain_text("No connection")
    assert site.drafts_of(me) == ["Before the tunnel"]
    tab.context.set_offline(False)
    tab.until(lambda: site.drafts_of(me) == ["Before the tunnel, in the tunnel"])
    expect(saved(tab)).to_have_text("Draft saved")
    # and it waits over a closed tab
    tab.context.set_offline(True)
    text.press_sequentially(", still there")
    expect(saved(tab)).to_contain_text("No connection")
    tab.page.close()
    tab.context.set_offline(False)
    assert site.drafts_of(me) == ["Before the tunnel, in the tunnel"]
    again = tab.context.new_page()
    again.goto(site.url + "/")
    tab.page = again
    tab.until(lambda: site.drafts_of(me) == ["Before the tunnel, in the tunnel, still there"])
    tab.problems.clear()


def test_a_text_that_is_saved_while_its_composer_is_on_its_way_stands_in_it(browse, site, me, ground):
    tab = browse(person=me)
    text = open_composer(tab, ground)
    tab.context.set_offline(True)
    text.press_sequentially("Before the tunnel")
    expect(saved(tab)).to_contain_text("No connection")
    tab.page.close()
    tab.context.set_offline(False)
    tab.problems.clear()
    page = tab.page = tab.context.new_page()
    waiting = []  # the save comes behind the composer, and its answer before it
    page.route("**/drafts", lambda save: waiting.append(save))

    def composer_last(route):
        answer = route.fetch()
        page.wait_for_timeout(50)
        for save in waiting:
            save.continue_()
        page.unroute("**/drafts")
        tab.until(lambda: site.drafts_of(me))
        tab.until("!Object.keys(localStorage).some((name) => name.startsWith('livery-draft:'))")
        route.fulfill(response=answer)

    page.route(f"**/topic/{ground.id}/reply", composer_last)
    expect(open_composer(tab, ground)).to_have_value("Before the tunnel")
    page.locator("#dock").get_by_role("button", name="Send").click()
    expect(page.locator("#stream > .post")).to_have_count(4)
    tab.until(lambda: site.drafts_of(me) == [])


@pytest.mark.parametrize("draft", ["waits", "comes after it", "is answered after it", "is saved"])
def test_a_post_whose_answer_was_lost_is_shown_and_not_sent_twice(browse, site, me, ground, draft):
    tab = browse(person=me)
    drafts, lost, before = [], [], site.posts_of(ground)
    underway = draft in ("comes after it", "is answered after it")
    if underway:
        answered = draft == "is answered after it"
        tab.page.route("**/drafts", lambda route: drafts.append((route, route.fetch() if answered else None)), times=1)
    open_composer(tab, ground).fill("Sent, and never answered.")
    if underway:
        tab.until(lambda: drafts)
    if draft == "is saved":
        expect(saved(tab)).to_have_text("Draft saved")

    def lose_the_first(route):
        if lost:
            return route.continue_()
        lost.append(route.fetch())
        return route.abort()

    tab.page.route("**/posts", lose_the_first)
    tab.page.get_by_role("button", name="Send").click()
    tab.until(lambda: lost)
    if underway:  # else the draft may find out before anybody reads that the post got no answer
        expect(tab.page.locator("#messages .message")).to_be_visible()
    for route, answer in drafts:
        route.fulfill(response=answer or route.fetch())
    # the draft finds out that its text was posted: sent once more under the same key, it is answered as the first time
    expect(tab.page.locator("#dock form")).to_have_count(0)
    expect(tab.page.locator("#stream > .post")).to_have_count(4)
    assert len(lost) == 1
    assert site.posts_of(ground) == before + 1
    tab.until(lambda: site.drafts_of(me) == [])
    tab.problems.clear()


def test_a_draft_that_is_answered_while_its_post_arrives_sends_nothing_more(browse, site, me, ground):
    tab = browse(person=me)
    drafts, sent = [], []
    tab.page.route("**/drafts", lambda route: drafts.append(route), times=1)
    open_composer(tab, ground).fill("Saved and sent at the same moment.")
    tab.until(lambda: drafts)
    # the answer to the draft is read slowly, and its form goes away meanwhile
    tab.page.evaluate(
        """() => {
            const text = Response.prototype.text;
            Response.prototype.text = async function () {
                if (this.url.endsWith("/drafts")) {
                    await new Promise((done) => setTimeout(done, 700));
                    document.documentElement.dataset.read = "1";
                }
                return text.call(this);
            };
        }"""
    )

    def post_first(route):
        sent.append(route.fetch())
        drafts[0].fulfill(response=drafts[0].fetch())
        route.fulfill(response=sent[0])

    tab.page.route("**/posts", post_first)
    tab.page.get_by_role("button", name="Send").click()
    expect(tab.page.locator("#stream > .post")).to_have_count(4)
    expect(tab.page.locator("html[data-read]")).to_have_count(1)
    tab.until(lambda: site.drafts_of(me) == [])
    assert len(sent) == 1


def test_an_expired_login_keeps_the_text_until_the_next(browse, site, me, ground):
    tab = browse(person=me)
    tab.allowed.add(403)
    text = open_composer(tab, ground)
    text.press_sequentially("Written")
    expect(saved(tab)).to_have_text("Draft saved")
    tab.until(lambda: site.drafts_of(me) == ["Written"])  # a slow machine may save the beginning first
    tab.context.clear_cookies()
    text.press_sequentially(" on")
    expect(saved(tab)).to_contain_text("You are logged out")
    assert site.drafts_of(me) == ["Written"]
    tab.go("/login")
    tab.page.get_by_label("Name or e-mail").fill(me.name)
    tab.page.get_by_label("Password").fill(PASSWORD)
    tab.page.get_by_role("button", name="Log in").click()
    tab.until(lambda: site.drafts_of(me) == ["Written on"])
    expect(open_composer(tab, ground)).to_have_value("Written on")


def test_another_member_on_the_same_browser_sees_nothing(browse, site, me, ground):
    tab = browse(person=me)
    tab.allowed.add(403)
    text = open_composer(tab, ground)
    tab.context.clear_cookies()
    text.press_sequentially("Mine")
    expect(saved(tab)).to_contain_text("You are logged out")
    other = site.person()
    tab.context.add_cookies([site.session_cookie(other)])
    tab.page.locator(".brand-name").click()
    expect(tab.page.locator(f'#page[data-viewer="{other.id}"]')).to_be_visible()
    expect(tab.page.locator("#dock form")).to_have_count(0)
    expect(open_composer(tab, ground)).to_have_value("")
    assert site.drafts_of(other) == site.drafts_of(me) == []


# --- at a random moment ---


class Typist:
    """Somebody who types words at a steady pace and remembers when each stood there."""

    def __init__(self, text: Locator, dice: random.Random) -> None:
        self.text, self.dice = text, dice
        self.typed: list[tuple[str, float]] = []

    def write(self, seconds: float) -> None:
        """Types for so long, now without a break, now with one."""
        end = time.monotonic() + seconds
        self.text.press("Control+End")
        while time.monotonic() < end:
            word = f"w{len(self.typed)} "
            self.text.page.keyboard.insert_text(word)
            self.typed.append((word, time.monotonic()))
            self.text.page.wait_for_timeout(self.dice.choice((40, 60, 90, 400)))

    def lost(self, kept: str, killed_at: float) -> float:
        """How many seconds of typing before the kill are missing; what is kept must be the beginning, unharmed."""
        whole = "".join(word for word, _when in self.typed)
        assert whole.startswith(kept.rstrip(" ")), (kept, whole)
        missing = [when for number, (_word, when) in enumerate(self.typed) if f"w{number}" not in kept.split()]
        return killed_at - min(missing) if missing else 0.0


def kill_tab(tab: Tab, site: Site) -> None:
    """The page's process dies."""
    with pytest.raises(Error, match="crash"):
        tab.page.goto("chrome://crash", timeout=5_000)


def kill_device(tab: Tab, site: Site) -> None:
    """The page dies, and whatever else was on that device with it: only the server knows the text."""
    kill_tab(tab, site)
    tab.page.close()  # and with it has told of its end
    tab.problems.clear()
    tab.context.clear_cookies()


def kill_network(tab: Tab, site: Site) -> None:
    """The connection goes away, and the tab with it."""
    tab.context.set_offline(True)
    tab.page.wait_for_timeout(300)
    tab.page.close()
    tab.context.set_offline(False)


def kill_session(tab: Tab, site: Site) -> None:
    """The login ends, and the tab is closed."""
    tab.context.clear_cookies()
    tab.page.wait_for_timeout(300)
    tab.page.close()


def kill_server(tab: Tab, site: Site) -> None:
    """The server dies and comes back."""
    site.kill()
    tab.page.close()
    site.serve()


KILLS = (kill_tab, kill_device, kill_network, kill_session, kill_server)


@pytest.mark.parametrize("kill", KILLS, ids=lambda kill: kill.__name__)
def test_at_most_five_seconds_of_typing_are_lost(browse, site, me, ground, kill, request):
    dice = random.Random(request.config.getoption("--seed"))
    worst = 0.0
    for number in range(request.config.getoption("--kills")):
        tab = browse(person=me)
        tab.page.set_default_timeout(15_000)
        text = open_composer(tab, ground)
        text.fill("")
        typist = Typist(text, dice)
        typist.write(dice.uniform(0.2, 7))
        at = time.monotonic()
        kill(tab, site)
        if kill is kill_device:
            tab = browse(person=me)
        else:
            tab.context.add_cookies([site.session_cookie(me)])
            tab.page = tab.context.new_page()
        again = open_composer(tab, ground)
        worst = max(worst, typist.lost(again.input_value(), at))
        assert worst <= LOST_AT_MOST, f"round {number}: {worst:.1f} s of typing are gone"
        # and what is there can be sent, once
        again.fill(f"Round {number} is over.")
        before = site.posts_of(ground)
        tab.page.get_by_role("button", name="Send").click()
        expect(tab.page.locator("#dock form")).to_have_count(0)
        assert site.posts_of(ground) == before + 1
        tab.until(lambda: site.drafts_of(me) == [])
        tab.problems.clear()
        tab.context.close()
    print(f"{kill.__name__}: at most {worst:.2f} s of typing lost")


def test_a_server_that_dies_while_a_post_is_sent_posts_once(browse, site, me, ground, request):
    dice = random.Random(request.config.getoption("--seed"))
    for number in range(request.config.getoption("--kills")):
        tab = browse(person=me)
        text = open_composer(tab, ground)
        text.fill(f"Sent into the storm, {number}.")
        before = site.posts_of(ground)
        tab.page.evaluate("document.querySelector('#dock .send').click()")
        tab.page.wait_for_timeout(dice.uniform(0, 60))
        site.kill()
        site.serve()
        sent = site.posts_of(ground) - before
        tab.page.wait_for_timeout(100)
        # the draft may find out by itself that its text was posted; else the form can be sent again
        tab.until("!document.querySelector('#dock form') || !document.querySelector('#dock .send').disabled")
        tab.page.evaluate("document.querySelector('#dock .send')?.click()")
        expect(tab.page.locator("#dock form")).to_have_count(0)
        assert sent in (0, 1)
        assert site.posts_of(ground) == before + 1
        tab.until(lambda: site.drafts_of(me) == [])
        tab.problems.clear()
        tab.context.close()
