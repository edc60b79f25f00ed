"""Somebody new to it runs a community: he finds everything by what the interface says, and needs less than five minutes.

The time is reckoned as the keystroke-level model does (Card, Moran and Newell, 1980): 1.1 s to point and click, 0.28 s a
key, 1.35 s to think before each act; and because he is new to it, four seconds more to look at every page that he comes to.
"""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.live import PASSWORD, Tab
from tests.browser.test_first_run import link_of

pytestmark = pytest.mark.browser

POINT, KEY, THINK, LOOK = 1.1, 0.28, 1.35, 4.0
MOST_SECONDS, MOST_ACTS = 255, 46
GROUP, PLACE = "Committee", "Committee room"


class Newcomer:
    """An administrator who never types an address; what he does is counted."""

    def __init__(self, tab: Tab) -> None:
        self.tab, self.page = tab, tab.page
        self.clicks, self.fields, self.pages, self.seconds = 0, 0, 1, LOOK

    def press(self, kind: str, name: str, within: str = "#content", *, leads: bool = True) -> None:
        """Clicks what has this name, and looks at the page to which it leads."""
        words = re.compile(rf"^{re.escape(name)}$".replace(":", " ?:"))  # what is for ears alone stands a space apart
        there = self.page.locator(within).get_by_role(kind, name=words)
        there.first.click()
        self.clicks += 1
        self.seconds += THINK + POINT
        if leads:
            self.pages += 1
            self.seconds += LOOK

    def write(self, label: str, words: str) -> None:
        """Points at a field and types."""
        self.page.locator("#content").get_by_label(label).first.fill(words)
        self.fields += 1
        self.seconds += THINK + POINT + KEY * len(words)

    def choose(self, label: str, option: str) -> None:
        """Opens a list and picks from it."""
        self.page.locator("#content").get_by_label(label, exact=True).select_option(label=option)
        self.fields += 1
        self.seconds += THINK + 2 * POINT

    def tick(self, label: str) -> None:
        """Picks one of several."""
        self.page.locator("#content").get_by_label(label).check()
        self.clicks += 1
        self.seconds += THINK + POINT

    def section(self, name: str) -> None:
        """Goes to a section of the control panel; on a phone its list is folded away."""
        fold = self.page.locator(".panel-fold > summary")
        if fold.is_visible():
            fold.click()
            self.clicks += 1
            self.seconds += THINK + POINT
        self.press("link", name, ".panel-nav")
        expect(self.page.locator(".panel-nav .panel-link[aria-current]")).to_have_text(name)

    def panel(self) -> None:
        """Opens the control panel from wherever he is."""
        self.page.locator("#account-menu > summary").click()
        self.clicks += 1
        self.seconds += THINK + POINT
        self.press("link", "Control panel", "#account-menu")
        expect(self.page.locator("#content h1")).to_have_text("Control panel")

    def save(self) -> None:
        """Saves, and reads that it was."""
        self.press("button", "Save")
        self.told("Saved.")

    def told(self, words: str) -> None:
        """Reads what the page answers."""
        expect(self.page.locator(".alert-success")).to_contain_text(words)


@pytest.fixture
def arrive(browser, empty):
    """Opens tabs at a fresh site; all of them are checked at the end."""
    tabs: list[Tab] = []

    def make(*, script: bool = True, width: int = 1280) -> Tab:
        size = {"width": width, "height": 844}
        context = browser.new_context(viewport=size, java_script_enabled=script, locale="en-GB")
        context.set_default_timeout(20_000)
        tabs.append(Tab(empty, context, script))
        tabs[-1].allowed = {403, 404}
        return tabs[-1]

    yield make
    for tab in tabs:
        tab.context.close()
        tab.check()


def set_up(tab: Tab) -> None:
    """Answers the questions of an empty site."""
    tab.go(link_of(tab.site))
    tab.page.get_by_label("Name of the site").fill("Glue club")
    tab.page.get_by_label("Categories to begin with").select_option("club")
    tab.page.get_by_label("Your name").fill("Keeper")
    for label in ("Password", "Password again"):
        tab.page.get_by_label(label, exact=True).fill(PASSWORD)
    tab.page.get_by_role("button", name="Set up the site").click()
    tab.at("/")


def join(tab: Tab, name: str) -> Tab:
    """Registers."""
    tab.go("/register")
    tab.page.get_by_label("Name", exact=True).fill(name)
    for label in ("Password", "Password again"):
        tab.page.get_by_label(label, exact=True).fill(PASSWORD)
    tab.page.locator("#content").get_by_role("button", name="Register").click()
    expect(tab.page.locator("#account")).to_contain_text(name)
    return tab


def start_topic(tab: Tab, category: str, title: str) -> None:
    """Starts a topic from the page of a category."""
    tab.go("/categories")
    tab.page.locator("#content").get_by_role("link", name=category, exact=True).first.click()
    tab.page.locator("#content").get_by_role("link", name="New topic").first.click()
    tab.page.get_by_label("Title").fill(title)
    tab.page.get_by_label("Text").fill("Words enough for a topic.")
    tab.page.get_by_role("button", name="Send").click()
    expect(tab.page.locator("h1")).to_have_text(title)


def make_private_category(at: Newcomer) -> None:
    """A group with somebody in it, a category for nobody else, and who moderates there."""
    at.section("Groups")
    at.press("link", "New group")
    at.write("Name", GROUP)
    at.choose("Who may join", "the invited; nobody else sees the group")
    at.press("button", "Save")
    at.write("Whom to invite", "Molly")
    at.press("button", "Invite")
    at.told("Molly has an invitation")
    at.panel()
    at.section("Categories")
    at.press("link", "New category")
    at.write("Name", PLACE)
    at.save()
    at.press("link", f"Who may do what in {PLACE}")
    at.choose("Only for the group", GROUP)
    at.press("button", "Close it to all others")
    at.told(f"Only “{GROUP}” and the staff see it now.")
    at.write("A person or a group", "Mona")
    at.press("button", "Make moderator")
    at.told("Saved.")


def ban_the_spammer(at: Newcomer) -> None:
    """He is found among the people, and banned with a reason."""
    at.section("People")
    at.press("link", "Record: Sal")
    at.tick("Ban Is logged out")
    at.write("Why", "Sells sun glasses.")
    at.press("button", "Do it")
    expect(at.page.locator(".record")).to_contain_text("Sells sun glasses.")


def dress_the_site(at: Newcomer) -> None:
    """An entry of the navigation, a widget of HTML, and another skin for everybody who has not chosen."""
    at.section("Navigation")
    at.press("link", "New entry")
    at.write("Name", "Our shop")
    at.write("Address", "https://shop.example/glue")
    at.save()
    at.section("Widgets")
    at.press("link", "New widget (Below the page)")
    at.press("link", "HTML")
    expect(at.page.get_by_label("Kind")).to_have_value("html")  # the form before it has the same fields
    at.write("What it says", "<b>Be kind.</b>")
    at.save()
    at.section("Skins")
    at.choose("Skin", "Sandstone")
    at.save()


def everybody_sees_it(arrive, molly: Tab, mona: Tab) -> None:
    """A guest finds entry, widget and skin but not the category; who was invited writes there; its moderator moderates."""
    guest = arrive()
    guest.go("/")
    assert "sandstone" in guest.page.locator("#skin").get_attribute("href")
    expect(guest.page.locator("#rail").get_by_role("link", name="Our shop").first).to_have_attribute(
        "href", "https://shop.example/glue"
    )
    expect(guest.page.locator("footer b")).to_have_text("Be kind.")
    guest.go("/categories")
    expect(guest.page.locator("#content")).to_contain_text("Meetings and trips")
    expect(guest.page.locator("#content")).not_to_contain_text(PLACE)
    molly.go("/groups")
    molly.page.locator("#content").get_by_role("link", name=GROUP).first.click()
    molly.page.get_by_role("button", name="Join").click()
    expect(molly.page.get_by_role("button", name="Leave")).to_be_visible()
    start_topic(molly, PLACE, "What the committee says")
    address = molly.path.partition("?")[0]
    guest.go(address)
    expect(guest.page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    mona.go(address)
    tools = mona.page.locator("summary", has_text="Topic tools")
    tools.click()
    mona.page.get_by_role("button", name="Lock", exact=True).click()
    molly.page.reload()
    expect(molly.page.locator("#content")).to_contain_text("locked")
    mona.go("/recent")
    mona.page.locator("#content").get_by_role("link", name="Sun glasses, cheap").first.click()
    expect(mona.page.locator("h1")).to_have_text("Sun glasses, cheap")
    expect(tools).to_have_count(0)


@pytest.mark.parametrize(("script", "width"), [(True, 1280), (False, 390)])
def test_a_new_administrator_is_done_in_five_minutes(arrive, script, width):
    keeper = arrive(script=script, width=width)
    set_up(keeper)
    molly, mona, sal = (join(arrive(), name) for name in ("Molly", "Mona", "Sal"))
    start_topic(sal, "Meetings and trips", "Sun glasses, cheap")
    keeper.go("/")
    typed = len(keeper.documents)
    at = Newcomer(keeper)
    at.panel()
    make_private_category(at)
    ban_the_spammer(at)
    expect(sal.page.locator("#content")).to_contain_text("Sells sun glasses.")
    at.panel()
    dress_the_site(at)
    acts = at.clicks + at.fields
    print(f"script: {script}; {at.clicks} clicks, {at.fields} fields, {at.pages} pages, {at.seconds:.0f} seconds")
    assert not script or len(keeper.documents) == typed
    everybody_sees_it(arrive, molly, mona)
    assert acts <= MOST_ACTS
    assert at.seconds <= MOST_SECONDS < 5 * 60
