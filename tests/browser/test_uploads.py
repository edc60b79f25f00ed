"""Uploads while one writes: by button, pasted, dropped; described, cancelled, refused."""

import base64
import io
import re

import pytest
from PIL import Image
from playwright.sync_api import Locator, Route, expect

from tests.browser.live import Tab, Topic

pytestmark = pytest.mark.browser


def a_picture(colour: str = "red") -> bytes:
    """A PNG of 900 × 500 pixels."""
    kept = io.BytesIO()
    Image.new("RGB", (900, 500), colour).save(kept, "PNG")
    return kept.getvalue()


def writing(tab: Tab, topic: Topic) -> Locator:
    """The text of a composer that is open in the dock."""
    tab.go(topic.path)
    tab.page.locator(".tools").get_by_role("link", name="Reply", exact=True).click()
    text = tab.page.locator("#dock").get_by_label("Text")
    expect(text).to_be_focused()
    return text


def hand_over(text: Locator, kind: str, name: str, data: bytes) -> None:
    """Pastes or drops a file onto the text."""
    text.evaluate(
        """(area, [kind, name, data]) => {
            const bytes = Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0));
            const transfer = new DataTransfer();
            transfer.items.add(new File([bytes], name, { type: "image/png" }));
            const event = kind === "paste"
              ? new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true, cancelable: true })
              : new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true });
            area.dispatchEvent(event);
        }""",
        [kind, name, base64.b64encode(data).decode()],
    )


def test_by_button_with_a_description(browse, me, ground):
    tab = browse(person=me)
    text = writing(tab, ground)
    text.fill("My cat:")
    with tab.page.expect_file_chooser() as chooser:
        tab.page.get_by_role("button", name="Upload an image or file").click()
    chooser.value.set_files({"name": "cat.png", "mimeType": "image/png", "buffer": a_picture()})
    expect(text).to_have_value(re.compile(r"^My cat:\n\n!\[cat\.png\]\(/uploads/[\w-]{22}/900x500\.jpg\)\n$"))
    tab.page.get_by_label("What it shows, for those who cannot see it").fill("A red cat")
    expect(text).to_have_value(re.compile(r"!\[A red cat\]\(/uploads/"))
    tab.page.locator("#dock .send").click()
    image = tab.page.locator("#stream > .post").nth(3).get_by_role("img", name="A red cat")
    image.scroll_into_view_if_needed()
    expect(image).to_be_visible()
    tab.until(lambda: image.evaluate("(image) => image.complete && image.naturalWidth > 0"))
    box = image.bounding_box()
    assert abs(box["width"] / box["height"] - 900 / 500) < 0.02
    assert tab.widest() <= 0


@pytest.mark.parametrize("kind", ["paste", "drop"])
def test_pasted_and_dropped(browse, me, ground, kind):
    tab = browse(person=me)
    text = writing(tab, ground)
    hand_over(text, kind, "blue.png", a_picture("blue"))
    expect(text).to_have_value(re.compile(r"^!\[blue\.png\]\(/uploads/"))
    tab.page.get_by_role("button", name="Preview").click()
    expect(tab.page.locator("#composer-preview").get_by_role("img", name="blue.png")).to_be_visible()


def test_cancelled_on_the_way(browse, me, ground):
    tab = browse(person=me)
    held: list[Route] = []
    tab.page.route(re.compile(r"/uploads$"), lambda route: held.append(route))
    text = writing(tab, ground)
    text.fill("Without")
    hand_over(text, "drop", "blue.png", a_picture())
    strip = tab.page.get_by_role("list", name="Uploads")
    expect(strip.get_by_role("progressbar")).to_be_visible()
    strip.get_by_role("button", name="Cancel").click()
    expect(strip.get_by_role("listitem")).to_have_count(0)
    expect(text).to_be_focused()
    expect(text).to_have_value("Without")


def test_refused_in_words(browse, me, ground):
    tab = browse(person=me)
    tab.allowed.add(422)
    text = writing(tab, ground)
    hand_over(text, "drop", "funny.gif", b"GIF89a<script>alert(1)</script>")
    expect(tab.page.get_by_role("list", name="Uploads").get_by_role("alert")).to_contain_text("it is not one")
    expect(text).to_have_value("")


def test_without_script(browse, me, ground):
    tab = browse(person=me, script=False)
    tab.go(f"/topic/{ground.id}/reply")
    tab.page.get_by_label("Text").fill("My cat:")
    tab.page.get_by_label("Image", exact=True).set_input_files(
        {"name": "cat.png", "mimeType": "image/png", "buffer": a_picture()}
    )
    tab.page.get_by_label("What it shows").fill("A cat")
    tab.page.get_by_role("button", name="Upload and add").click()
    expect(tab.page.get_by_label("Text")).to_have_value(re.compile(r"^My cat:\n\n!\[A cat\]\(/uploads/"))
    tab.page.get_by_role("button", name="Send").click()
    expect(tab.page.get_by_role("img", name="A cat")).to_be_visible()
    tab.go(f"/user/{me.slug}/uploads")
    expect(tab.page.locator(".upload")).to_contain_text("in 1 post")
