"""What people try in order to make a script run: wherever they write something, it comes back as text."""

import re
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from sqlalchemy import func, select

from core.db import session
from models import Upload
from tests import hostile
from tests.factories import a_topic, an_administrator, inside, writes
from tests.payloads import PAYLOADS
from tests.visitor import ORIGIN, Visitor

ADDRESSES = {"href", "src", "action", "formaction", "data", "poster", "background", "xlink:href", "hx-get", "hx-post"}
NEVER = {"iframe", "object", "embed", "base", "frame", "frameset", "applet", "style", "portal", "math", "marquee"}


class Findings(HTMLParser):
    """What stands in a page that runs, or could."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside_script = False

    def handle_starttag(self, tag, attrs):
        has = {name: value or "" for name, value in attrs}
        self.inside_script = tag == "script"
        if tag in NEVER or (tag == "script" and not has.get("src", "").startswith("/static/")):
            self.found.append(f"<{tag}>")
        for name, value in has.items():
            if name.startswith(("on", "hx-on", "data-hx")) or name in ("style", "srcdoc", "http-equiv"):
                self.found.append(f"{name}={value[:40]}")
            scheme = re.match(r"([a-z][a-z0-9+.-]*):", re.sub(r"[\x00-\x20]", "", value), re.IGNORECASE)
            if name in ADDRESSES and scheme and scheme[1].lower() not in ("http", "https", "mailto"):
                self.found.append(f"{name}={value[:40]}")

    def handle_data(self, data):
        if self.inside_script and data.strip():
            self.found.append(f"script: {data[:40]}")

    def handle_endtag(self, tag):
        self.inside_script = False


def findings(html: str) -> list[str]:
    """Everything in a page that is not a plain page of this site."""
    reader = Findings()
    reader.feed(html)
    reader.close()
    return reader.found + (["a template was run"] if "1787569" in html or "1,787,569" in html else [])


@pytest.fixture
def site(app):
    """A community of payloads: the member who owns it, and its addresses."""
    with inside():
        return writes(hostile.furnish)()


def test_there_are_many_and_of_every_class():
    assert len(set(PAYLOADS)) >= 350
    classes = (
        "<script",
        "<svg",
        "<math",
        "style=",
        "javascript:",
        "data:text/html",
        "{{",
        "[x](",
        "&#",
        "hx-",
        "onerror",
    )
    assert all(sum(each in payload for payload in PAYLOADS) >= 3 for each in classes)


def test_the_reader_of_these_tests_finds_what_runs():
    seen = [payload for payload in PAYLOADS if findings(f"<p>{payload}</p>")]
    assert len(seen) >= 200
    for wrong in ("<a href=' java\nscript:alert(1)'>", "<script>x</script>", "1787569"):
        assert findings(wrong)
    assert not findings("<p>&lt;script&gt;</p><script src='/static/js/a.js'></script><a href='/a?b:c'>x</a>")


def test_every_page_shows_them_as_text(app, guest, site):
    keeper_id, addresses = site
    keeper = Visitor(app, type("Person", (), {"id": keeper_id})())
    shown = 0
    for address in addresses:
        answer = keeper.get(address)
        assert answer.status == 200, address
        assert findings(answer.html) == [], address
        if not address.endswith("/uploads"):
            answer = guest.get(address)
            assert findings(answer.html) == [], address
        shown += answer.html.count("alert")
    assert shown > 2 * len(PAYLOADS)
    with inside():
        assert session().scalar(select(func.count(Upload.id))) == len(PAYLOADS)


@pytest.mark.parametrize(
    "address",
    [
        "/search?q={}", "/search?q=text&author={}", "/users?q={}", "/tags?q={}", "/tags/{}", "/recent?term={}", "/login?next={}",
        "/category/1?tag={}", "/user/{}", "/groups/{}", "/nothing/{}", "/reset/{}", "/compose/people?q={}",
        "/compose/similar?title={}", "/topic/1/{}", "/?{}=1", "/users?cursor={}",
    ],
)  # fmt: skip
def test_what_an_address_says_is_text(app, address):
    a_topic(title="A text to find", body="text")
    reader = Visitor(app, an_administrator())
    for payload in PAYLOADS if address == "/search?q={}" else PAYLOADS[len(address) % 3 :: 3]:
        answer = reader.send("GET", address.format(quote(payload, safe="")), headers={"Sec-Fetch-Site": "same-origin"})
        assert findings(answer.html) == [], payload
        assert answer.headers.get("Location", "/").startswith(("/", ORIGIN + "/")), payload
        assert not answer.headers.get("Location", "/").startswith("//"), payload


@pytest.mark.parametrize("where", ["title", "body", "tags", "name", "file", "preview"])
def test_what_a_form_sends_comes_back_as_text(app, ann, where):
    topic = a_topic()
    page = f"/compose?category={topic.category_id}"
    ann.get(page)
    for payload in PAYLOADS[::3]:
        if where == "name":
            answer = Visitor(app).post("/register", {"name": payload, "email": payload, "password": "x"})
        elif where == "file":
            answer = ann.post("/uploads", {"file": "", "alt": payload, "place": f"topic:{topic.id}", "body": payload})
        elif where == "preview":
            answer = ann.htmx.post("/preview", {"body": payload.replace("\x00", "")})
        else:
            fields = {"title": "A title", "body": "A text", "tags": "", "preview": "1", where: payload}
            answer = ann.post(f"/category/{topic.category_id}/topics", fields)
        assert findings(answer.html) == [], payload
