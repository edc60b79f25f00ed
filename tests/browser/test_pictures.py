"""One's own picture: the part that is dragged and zoomed is the part that is kept."""

import io

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.live import Site

pytestmark = pytest.mark.browser


def stripes() -> bytes:
    """An image of 900 × 300: red, green and blue, each a square."""
    image = Image.new("RGB", (900, 300), "red")
    image.paste((0, 200, 0), (300, 0, 600, 300))
    image.paste("blue", (600, 0, 900, 300))
    kept = io.BytesIO()
    image.save(kept, "PNG")
    return kept.getvalue()


def kept(tab) -> tuple[int, ...]:
    """The colour in the middle of the picture that the page shows now."""
    image = tab.page.locator(".own-now img")
    expect(image).to_be_visible()
    address = image.get_attribute("src")
    found = Image.open(io.BytesIO(tab.page.request.get(tab.site.url + address).body())).convert("RGB")
    return found.getpixel((found.width // 2, found.height // 2))


@pytest.mark.parametrize("width", [1280, 390])
def test_dragged_and_zoomed(browse, site: Site, width):
    tab = browse(person=site.person(), width=width)
    tab.go("/me/picture")
    form = tab.page.locator("#picture-form")
    expect(form.locator("canvas")).to_be_hidden()
    form.get_by_label("An image").set_input_files({"name": "me.png", "mimeType": "image/png", "buffer": stripes()})
    canvas = form.locator("canvas")
    expect(canvas).to_be_visible()
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    tab.page.mouse.move(box["x"] + 120, box["y"] + 120)
    tab.page.mouse.down()
    tab.page.mouse.move(box["x"] + 20, box["y"] + 120, steps=4)
    tab.page.mouse.move(box["x"] - 180, box["y"] + 120, steps=4)  # to the left: what is right of it comes in
    tab.page.mouse.up()
    pixel = "document.querySelector('#picture-form canvas').getContext('2d').getImageData(240, 240, 1, 1).data[2]"
    assert tab.page.evaluate(pixel) == 255
    form.get_by_role("button", name="Save").click()
    expect(tab.page.get_by_text("Your picture is changed.")).to_be_visible()
    assert kept(tab)[2] > 200
    assert tab.page.locator("#account .avatar img").count() == 1
    assert tab.widest() <= 0


def test_by_keys(browse, site: Site):
    tab = browse(person=site.person())
    tab.go("/me/picture")
    form = tab.page.locator("#picture-form")
    form.get_by_label("An image").set_input_files({"name": "me.png", "mimeType": "image/png", "buffer": stripes()})
    canvas = form.locator("canvas")
    expect(canvas).to_be_visible()
    canvas.focus()
    for _ in range(22):
        tab.page.keyboard.press("ArrowLeft")
    tab.page.keyboard.press("+")
    assert float(form.locator("[name=zoom]").input_value()) == pytest.approx(1.1, abs=0.06)
    form.get_by_role("button", name="Save").click()
    expect(tab.page.get_by_text("Your picture is changed.")).to_be_visible()
    assert kept(tab)[0] > 200
    tab.page.get_by_role("button", name="Remove it").click()
    expect(tab.page.locator(".own-now .avatar")).to_have_text("R")


def test_without_script_the_middle_is_taken(browse, site: Site):
    tab = browse(person=site.person(), script=False)
    tab.go("/me/picture")
    form = tab.page.locator("#picture-form")
    form.get_by_label("An image").set_input_files({"name": "me.png", "mimeType": "image/png", "buffer": stripes()})
    form.get_by_role("button", name="Save").click()
    tab.at("/me/picture")
    assert kept(tab)[1] > 150
