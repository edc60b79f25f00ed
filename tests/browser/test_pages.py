"""Every type of page: nothing from elsewhere, nothing against the policy, nothing sideways; and what a visit weighs."""

import pytest
from playwright.sync_api import expect

from tests.browser.live import Tab

pytestmark = pytest.mark.browser

REFUSED = {400, 403, 404, 405}


@pytest.mark.parametrize("member", [True, False], ids=["member", "guest"])
@pytest.mark.parametrize("widths", [(390, 320), (1280, 768)], ids=["phone", "wide"])
def test_every_page_keeps_to_itself_and_to_its_width(browse, site, widths, member):
    width = widths[-1]
    tab = browse(width=width, person=site.person() if member else None)
    tab.allowed |= REFUSED
    for path in site.pages(member=member):
        tab.go(path)
        expect(tab.page.get_by_role("heading", level=1)).to_have_count(1)
        for each in widths:
            tab.page.set_viewport_size({"width": each, "height": 800})
            assert tab.widest() <= 0, f"{path} can be scrolled sideways at {each} px"
    if member:
        tab.go(site.long.path)
        for menu in (
            "#skin-menu",
            "#account-menu",
            "#topic-sort",
            "#reply-menu",
            *(["#more-menu"] if width < 600 else []),
        ):
            tab.page.locator(f"{menu} summary").click()
            sheet = tab.page.locator(f"{menu} .menu-sheet")
            expect(sheet).to_be_visible()
            box = sheet.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            assert box["y"] >= 0
            assert tab.widest() <= 0, f"{menu} makes the page wider"
            tab.page.keyboard.press("Escape")
            expect(sheet).not_to_be_visible()


def test_pages_without_script_keep_to_the_policy(browse, site):
    tab = browse(script=False, width=390, person=site.person())
    tab.allowed |= REFUSED
    for path in site.pages(member=True):
        tab.go(path)
        expect(tab.page.get_by_role("heading", level=1)).to_have_count(1)


def test_the_watch_itself_sees_what_breaks_the_policy(browse):
    tab = browse()
    tab.go("/")
    tab.page.evaluate("document.body.setAttribute('style', 'color: red')")
    tab.page.evaluate("document.body.append(Object.assign(new Image(), { src: 'https://example.invalid/1.png' }))")
    tab.until(lambda: len([each for each in tab.problems if "policy:" in each]) == 2)
    with pytest.raises(AssertionError):
        tab.check()
    tab.problems.clear()
    assert tab.requests.pop().url == "https://example.invalid/1.png"


def transferred(tab: Tab, path: str) -> tuple[float, dict[str, float]]:
    """The kilobytes that a first visit takes over the wire, headers included, and each file's share."""
    session = tab.context.new_cdp_session(tab.page)
    session.send("Network.enable")
    names: dict[str, str] = {}
    sizes: dict[str, float] = {}
    session.on("Network.requestWillBeSent", lambda event: names.update({event["requestId"]: event["request"]["url"]}))
    session.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    tab.go(path)
    tab.page.wait_for_load_state("networkidle")
    shares = {names[key].removeprefix(tab.site.url): size / 1024 for key, size in sizes.items()}
    icon = tab.page.locator('link[rel="icon"]').get_attribute("href")
    if not any(icon in name for name in shares):  # a browser without a window asks for no icon; people's do
        answer = tab.context.request.get(tab.site.url + icon)
        shares[icon] = (len(answer.body()) + sum(len(a) + len(b) + 4 for a, b in answer.headers.items())) / 1024
    return sum(shares.values()), shares


def test_weight_of_a_first_visit(browse, site, capsys):
    tab = browse()
    total, shares = transferred(tab, site.long.path)
    with capsys.disabled():
        print(f"\n  a guest's first visit to the topic of 120 posts: {total:.1f} KB")
        for name, size in sorted(shares.items(), key=lambda item: -item[1]):
            print(f"    {size:6.1f} KB  {name}")
    assert 10 < total <= 120
    assert len(shares) >= 6
    assert not any("font" in name for name in shares)
    # and the next page needs nothing of it again
    for request in tab.requests:
        assert request.response().ok, request.url
        if request.resource_type in ("stylesheet", "script", "image"):
            assert "immutable" in request.response().header_value("cache-control"), request.url
