"""Arranging in a browser: rows are dragged by their grip, moved with the arrow keys, and by a finger."""

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def names(tab) -> list[str]:
    """The rows, in order, each with how deep it stands."""
    return tab.page.locator("[data-item]").evaluate_all(
        "rows => rows.map(row => '>'.repeat(row.dataset.depth ?? 0) + row.querySelector('.panel-row-title a').textContent)"
    )


def grip(tab, name: str):
    """The grip of a row."""
    return tab.page.get_by_role("button", name=f"Move {name}", exact=True)


def drag(tab, name: str, to: str, *, below: bool, aside: int = 0) -> None:
    """Drags a row to the upper or lower part of another one, and so far to the side."""
    mouse, start = tab.page.mouse, grip(tab, name)
    goal = tab.page.locator("[data-item]", has=tab.page.get_by_role("link", name=to, exact=True))
    goal.scroll_into_view_if_needed()
    start.scroll_into_view_if_needed()
    here, there = start.bounding_box(), goal.bounding_box()
    x, y = here["x"] + here["width"] / 2, here["y"] + here["height"] / 2
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 6, y + 6)
    mouse.move(x + aside, there["y"] + (there["height"] - 6 if below else 6), steps=4)
    expect(tab.page.locator(".arrange-mark")).to_have_count(1)
    mouse.up()


def test_entries_are_dragged_and_moved_by_keys(browse, site):
    tab = browse(person=site.administrator())
    tab.go("/admin/navigation")
    before = names(tab)
    drag(tab, "Tags", "Categories", below=False)
    said = tab.page.locator("#announcer")
    expect(said).to_have_text(f"“Tags” stands at 1 of {len(before)} now.")
    assert names(tab)[:2] == ["Tags", "Categories"]
    assert tab.page.evaluate("document.activeElement.id").startswith("grip-entry-")
    for _ in range(2):
        tab.page.keyboard.press("ArrowDown")
    expect(said).to_have_text(f"“Tags” stands at 3 of {len(before)} now.")
    shown = names(tab)
    tab.go("/admin/navigation")
    assert names(tab) == shown
    assert [words.strip() for words in tab.page.locator("#rail .rail-list .rail-words").all_text_contents()] == shown
    assert tab.sent("POST", "/admin/navigation/order")


def test_categories_are_put_below_each_other(browse, site):
    tab = browse(person=site.administrator())
    for name in ("Oak", "Elm", "Ash"):
        tab.go("/admin/categories/new")
        tab.page.fill("#name", name)
        tab.page.get_by_role("button", name="Save").click()
        expect(tab.page.locator(".alert-success")).to_contain_text("Saved.")
    drag(tab, "Ash", "Oak", below=True, aside=30)
    said = tab.page.locator("#announcer")
    expect(said).to_have_text("“Ash” stands at 1 of 1 below “Oak” now.")
    assert names(tab)[-3:] == ["Oak", ">Ash", "Elm"]
    grip(tab, "Elm").focus()
    tab.page.keyboard.press("ArrowRight")
    expect(said).to_have_text("“Elm” stands at 2 of 2 below “Oak” now.")
    tab.page.keyboard.press("ArrowUp")
    expect(said).to_have_text("“Elm” stands at 1 of 2 below “Oak” now.")
    tab.page.keyboard.press("ArrowLeft")
    tab.until(lambda: names(tab)[-3:] == ["Oak", ">Ash", "Elm"])
    grip(tab, "Oak").focus()
    tab.page.keyboard.press("ArrowDown")
    tops = len([name for name in names(tab) if not name.startswith(">")])
    expect(said).to_have_text(f"“Oak” stands at {tops} of {tops} now.")
    assert names(tab)[-3:] == ["Elm", "Oak", ">Ash"]
    # what is dragged takes along what stands below it, and Escape leaves everything as it was
    drag(tab, "Oak", "Elm", below=False)
    expect(said).to_have_text(f"“Oak” stands at {tops - 1} of {tops} now.")
    box = grip(tab, "Elm").bounding_box()
    tab.page.mouse.move(box["x"] + 9, box["y"] + 9)
    tab.page.mouse.down()
    tab.page.mouse.move(box["x"] + 9, box["y"] - 200, steps=3)
    tab.page.keyboard.press("Escape")
    tab.page.mouse.up()
    assert names(tab)[-3:] == ["Oak", ">Ash", "Elm"]
    tab.page.reload()
    assert names(tab)[-3:] == ["Oak", ">Ash", "Elm"]


def test_a_finger_drags_on_a_phone(browse, site):
    tab = browse(person=site.administrator(), width=390, has_touch=True)
    tab.go("/admin/navigation")
    before, start = names(tab), tab.page.locator(".grip").nth(0)
    start.scroll_into_view_if_needed()
    box, goal = start.bounding_box(), tab.page.locator("[data-item]").nth(2).bounding_box()
    x, y, end = box["x"] + 16, box["y"] + 20, goal["y"] + goal["height"] - 6
    wire = tab.context.new_cdp_session(tab.page)
    for kind, at in (("touchStart", y), ("touchMove", y + 20), ("touchMove", end)):
        wire.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": at}]})
    wire.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    tab.until(lambda: names(tab)[:3] == [before[1], before[2], before[0]])
    assert tab.widest() <= 0


def test_without_script_rows_are_moved_by_buttons(browse, site):
    tab = browse(person=site.administrator(), script=False)
    tab.go("/admin/navigation")
    before = names(tab)
    expect(tab.page.locator(".grip").first).to_be_hidden()
    tab.page.get_by_role("button", name=f"Move {before[1]} up").click()
    assert names(tab)[:2] == [before[1], before[0]]
    expect(tab.page.locator(".alert-success")).to_contain_text(f"“{before[1]}” stands at 1")
