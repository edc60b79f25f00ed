"""Skins: every one of them, in a page that stays where it is."""

import re

import pytest
from playwright.sync_api import Route, expect

from tests.browser.live import PASSWORD

pytestmark = pytest.mark.browser


UNLIKE = """() => ["info", "success", "warning", "danger"].filter((kind) => {
  const message = document.createElement("div");
  message.className = `alert alert-${kind}`;
  message.innerHTML = '<button class="btn btn-tool">Undo</button>';
  document.querySelector("#content").append(message);
  const [one, other] = [message, message.firstChild].map((each) => getComputedStyle(each).color);
  message.remove();
  return one !== other;
})"""


def test_every_skin_of_the_menu(browse, site):
    tab = browse(width=390, person=site.person(), reduced_motion="reduce")
    page = tab.page
    tab.go(site.long.path)
    menu = page.locator("#skin-menu")
    menu.locator("summary").click()
    names = menu.locator('button[name="skin"]').evaluate_all("all => all.map((each) => each.value)")
    assert len(names) == len(set(names)) == 28
    assert names[-2:] == ["default", "noskin"]
    dark = menu.locator(".skin-dark button").evaluate_all("all => all.map((each) => each.value)")
    assert len(dark) == 7
    seen = set()
    for name in names:
        menu.locator(f'button[value="{name}"]').click()
        skin = "noskin" if name == "default" else name
        expect(page.locator("#skin")).to_have_attribute("href", re.compile(rf"/skins/{skin}\b"))
        expect(page.locator("html")).to_have_attribute(
            "data-bs-theme", "dark" if name in dark else re.compile("auto|light")
        )
        state = page.evaluate(
            """() => {
                const sheet = document.querySelector("#skin").sheet, style = getComputedStyle(document.body);
                return [sheet.cssRules.length, style.backgroundColor, style.color, style.fontFamily].join(" ");
            }"""
        )
        assert int(state.split(" ")[0]) > 50, f"{name} was not loaded"
        seen.add(state)
        for width in (320, 1280, 390):
            page.set_viewport_size({"width": width, "height": 844})
            assert tab.widest() <= 0, f"{name} makes the page wider than {width} px"
        expect(menu.locator(".menu-sheet")).to_be_visible()
        assert page.evaluate(UNLIKE) == [], (
            f"{name} gives buttons in messages another colour than the words beside them"
        )
    assert len(seen) >= 20, "the skins look alike"
    assert len(tab.documents) == 1


CROWDED = """() => {
  const sheet = document.querySelector("#skin-menu .menu-sheet").getBoundingClientRect();
  const all = [...document.querySelectorAll("#skin-menu .menu-item")].map((each) => {
    const words = document.createRange();
    words.selectNodeContents(each);
    const { left, right, top, bottom } = words.getBoundingClientRect();
    return { name: each.textContent.trim(), left, right, top, bottom };
  });
  const meet = (one, other) => one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
  const out = all.filter((each) => each.left < sheet.left + 8 || each.right > sheet.right - 8);
  return [out.map(({ name }) => name), all.filter((one) => all.some((other) => one !== other && meet(one, other))).map(({ name }) => name)];
}"""


@pytest.mark.parametrize("size", ["normal", "largest"])
@pytest.mark.parametrize("width", [1280, 390, 320])
def test_every_name_in_the_menu_has_room(browse, site, width, size):
    tab = browse(width=width, reduced_motion="reduce")
    for skin in ("noskin", "litera", "sketchy", "superhero"):
        values = {"skin": skin, "size": size}
        tab.context.add_cookies([{"name": name, "value": value, "url": site.url} for name, value in values.items()])
        tab.go("/")
        tab.page.locator("#skin-menu summary").click()
        tab.page.evaluate("document.fonts.ready.then(() => {})")
        assert tab.page.evaluate(CROWDED) == [[], []], skin


def test_of_two_quick_choices_the_later_counts(browse, site):
    tab = browse(person=site.person())
    page = tab.page
    waiting: list[Route] = []
    page.route(re.compile(r"/skins/vapor\b"), lambda route: waiting.append(route))
    tab.go("/")
    page.locator("#skin-menu summary").click()
    page.get_by_role("button", name="Vapor").click()
    tab.until(lambda: waiting)
    page.get_by_role("button", name="Minty").click()
    expect(page.locator("#skin")).to_have_attribute("href", re.compile(r"/skins/minty\b"))
    waiting[0].continue_()
    expect(page.locator("link.skin:not([data-off])")).to_have_count(1)
    expect(page.locator("#skin")).to_have_attribute("href", re.compile(r"/skins/minty\b"))
    expect(page.locator("html")).to_have_attribute("data-bs-theme", re.compile("auto|light"))


def test_a_skin_can_be_looked_at_before_it_is_chosen(browse, site):
    tab = browse(person=site.person())
    page = tab.page
    tab.go(site.long.path)
    page.locator("#skin-menu summary").click()
    page.get_by_role("button", name="Darkly").hover()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(page.locator("#skin")).to_have_attribute("href", re.compile(r"/skins/darkly\b"))
    # and stays while the pointer rests there
    changes = page.evaluate(
        """() => new Promise((done) => {
            let changes = 0;
            const watch = new MutationObserver(() => changes++);
            watch.observe(document.head, { attributes: true, subtree: true, attributeFilter: ["id"] });
            setTimeout(() => done(changes), 1200);
        })"""
    )
    assert changes == 0, "the page flickers"
    page.mouse.move(700, 300)
    expect(page.locator("#skin")).to_have_attribute("href", re.compile(r"/skins/noskin\b"))
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "auto")
    page.get_by_role("button", name="Vapor").hover()
    expect(page.locator("#skin")).to_have_attribute("href", re.compile(r"/skins/vapor\b"))
    page.keyboard.press("Escape")
    expect(page.locator("#skin")).to_have_attribute("href", re.compile(r"/skins/noskin\b"))
    assert not tab.sent("POST", "/skin")


def test_an_account_keeps_its_skin(browse, site):
    me = site.person()
    tab = browse(person=me)
    tab.go("/")
    tab.page.locator("#skin-menu summary").click()
    tab.page.get_by_role("button", name="Vapor").click()
    expect(tab.page.locator("#skin")).to_have_attribute("href", re.compile(r"/skins/vapor\b"))

    # on another device it comes with the login, and goes with it
    other = browse()
    page = other.page
    other.go("/recent")
    page.locator("#account").get_by_role("link", name="Log in").click()
    page.get_by_label("Name or e-mail").fill(me.name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#account-menu")).to_be_attached()
    other.at("/recent")
    expect(page.locator("#skin")).to_have_attribute("href", re.compile(r"/skins/vapor\b"))
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.locator("#account-menu summary").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.locator("#account").get_by_role("link", name="Log in")).to_be_visible()
    expect(page.locator("#skin")).to_have_attribute("href", re.compile(r"/skins/noskin\b"))
    assert len(other.documents) == 1


@pytest.mark.parametrize("script", [True, False], ids=["script", "plain"])
@pytest.mark.parametrize(
    ("system", "mode", "dark"), [("dark", "", True), ("light", "", False), ("light", "dark", True)]
)
def test_light_dark_and_as_the_system_has_it(browse, site, script, system, mode, dark):
    tab = browse(script=script, color_scheme=system)
    if mode:
        tab.context.add_cookies([{"name": "mode", "value": mode, "url": site.url}])
    tab.go("/")
    ground = tab.page.evaluate("getComputedStyle(document.body).backgroundColor")
    shades = [int(each) for each in re.findall(r"\d+", ground)[:3]]
    assert (sum(shades) < 3 * 90) is dark


def test_an_unknown_skin_is_ignored(browse, site):
    tab = browse()
    looks = (("skin", "../evil"), ("mode", "sepia"))
    tab.context.add_cookies([{"name": name, "value": value, "url": site.url} for name, value in looks])
    tab.go("/")
    expect(tab.page.locator("#skin")).to_have_attribute("href", re.compile(r"/skins/noskin\b"))


@pytest.mark.parametrize("width", [1280, 390])
def test_from_right_to_left(browse, site, width):
    site.set("site.language", "ar")
    try:
        tab = browse(width=width)
        tab.context.add_cookies([{"name": "skin", "value": "sketchy", "url": site.url}])
        page = tab.page

        def box(selector):
            return page.locator(selector).first.bounding_box()

        for path in (site.long.path, "/", "/skins", "/users"):
            tab.go(path)
            assert tab.widest() <= 0
            assert page.evaluate("getComputedStyle(document.documentElement).direction") == "rtl"
            if width > 600:
                assert box(".rail-left")["x"] > box("#content")["x"] > box(".rail-right")["x"]
        tab.go(site.long.path)
        assert box(".post-avatar")["x"] > box(".post-author")["x"] > box(".post-number")["x"]
        tab.go("/skins")
        arrow = page.locator("#look-skin").evaluate("each => getComputedStyle(each).backgroundPositionX")
        assert not re.search("%|right", arrow), f"the arrow stands at {arrow}"
        page.locator("#skin-menu summary").click()
        page.locator('#skin-menu button[value="lux"]').click()
        expect(page.locator("#skin")).to_have_attribute("href", re.compile(r"/skins/lux\b"))
        worn = page.locator("link.skin:not([data-off])").evaluate_all(
            "all => all.map(each => each.getAttribute('href'))"
        )
        assert [re.search(r"/skins/(\w+)", href)[1] for href in worn] == ["lux", "rtl"]
        sheet = box("#skin-menu .menu-sheet")
        assert sheet["x"] >= 0
        assert sheet["x"] + sheet["width"] <= width
    finally:
        site.set("site.language", "en")


def test_a_sample_of_the_gallery_wears_its_own_skin_whatever_the_reader_wears(browse, site):
    seen = []
    for skin in ("vapor", "noskin"):
        tab = browse(reduced_motion="reduce")
        tab.context.add_cookies(
            [{"name": name, "value": skin, "url": site.url} for name in ("skin", "dark")]
            + [{"name": "mode", "value": "dark", "url": site.url}]
        )
        tab.go("/skins")
        seen.append(
            tab.page.evaluate(
                """() => [...document.querySelectorAll(".sample-frame")].map((frame) => {
                    frame.closest(".sample").style.contentVisibility = "visible";
                    return [...frame.shadowRoot.querySelectorAll(".sample-page, .sample-page *:not(use)")].map((each) => {
                        const style = getComputedStyle(each);
                        return [each.tagName, style.color, style.backgroundColor, style.borderColor, style.fontFamily].join(" ");
                    }).join("\\n");
                })"""
            )
        )
    assert len(seen[0]) == 46 + 1
    for here, there in zip(*seen, strict=True):
        assert here == there
