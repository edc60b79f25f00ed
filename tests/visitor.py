"""A browser without a screen: it sends the headers and the hidden fields that a real one would send."""

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Any

from flask import Flask, session
from flask_wtf.csrf import generate_csrf
from werkzeug.test import TestResponse

from models import Topic, User
from web.auth import log_in

ORIGIN = "http://localhost"
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
_CHANGING = re.compile(r'(name="(?:csrf_token|send_key|until)" value=")[^"]*')


def settled(html: str) -> str:
    """HTML without what differs between two renderings of the same: tokens and the keys of forms."""
    return _CHANGING.sub(r"\1", html)


@dataclass
class Form:
    """A form of a page: where it goes, what it holds, and its buttons."""

    action: str
    method: str
    attributes: dict[str, str]
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[dict[str, str]] = field(default_factory=list)


@dataclass
class Part:
    """A part of an answer to HTMX: where it goes and what it holds."""

    target: str
    swap: str
    html: str


class _Reader(HTMLParser):
    """Finds forms and elements with ids."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.ids: list[str] = []
        self.open: list[str] = []
        self.area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if "id" in has:
            self.ids.append(has["id"])
        if tag not in _VOID:
            self.open.append(tag)
        if tag == "form":
            self.forms.append(Form(has.get("action", ""), has.get("method", "get").lower(), has))
        elif "form" in self.open and (name := has.get("name", "")):
            if tag == "button":
                self.forms[-1].buttons.append(has)
            elif tag == "textarea":
                self.area, self.forms[-1].fields[name] = name, ""
            elif tag == "input" and (has.get("type") not in ("checkbox", "radio", "submit") or "checked" in has):
                self.forms[-1].fields[name] = has.get("value", "on" if has.get("type") == "checkbox" else "")

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass
        self.area = "" if tag == "textarea" else self.area

    def handle_data(self, data: str) -> None:
        if self.area:
            self.forms[-1].fields[self.area] += (
                data.removeprefix("\n") if not self.forms[-1].fields[self.area] else data
            )


class Answer:
    """What came back."""

    def __init__(self, raw: TestResponse) -> None:
        self.raw = raw
        self.status = raw.status_code
        self.headers = raw.headers
        self.html = raw.get_data(as_text=True)
        raw.close()

    @property
    def location(self) -> str:
        """Where a redirect leads."""
        return self.headers["Location"]

    @property
    def cookies(self) -> list[str]:
        """The names of the cookies that it sets."""
        return [line.split("=", 1)[0] for line in self.headers.getlist("Set-Cookie")]

    @property
    def words(self) -> str:
        """What a reader sees: the text of the page's middle (or of the fragment), on one line."""
        middle = re.search(r'<main id="content".*?</main>', self.html, re.DOTALL)
        return words(middle[0] if middle else self.html)

    @property
    def forms(self) -> list[Form]:
        """All forms."""
        return self._read().forms

    @property
    def ids(self) -> list[str]:
        """The ids of all elements."""
        return self._read().ids

    @property
    def parts(self) -> list[Part]:
        """What HTMX would put where."""
        found = re.findall(r"<hx-partial ([^>]*)>(.*?)</hx-partial>", self.html, re.DOTALL)
        rest = re.sub(r"<hx-partial .*?</hx-partial>", "", self.html, flags=re.DOTALL)
        assert not found or not rest.strip(), f"Something stands outside of the parts: {rest.strip()[:200]}"
        parts = [
            Part(
                re.search(r'hx-target="([^"]*)"', attributes)[1],
                re.search(r'hx-swap="([^"]*)"', attributes)[1],
                html.strip(),
            )
            for attributes, html in found
        ]
        for part in parts:
            if part.swap.startswith("outer"):  # what takes an element's place must be found in its place again
                assert re.match(rf'<\w+ (?:[^>]* )?id="{re.escape(part.target[1:])}"', part.html), part.html[:200]
        return parts

    def form(self, action: str) -> Form:
        """The form that is sent to an address."""
        found = [form for form in self.forms if form.action == action]
        assert found, f"There is no form for {action}, only for {[form.action for form in self.forms]}"
        return found[0]

    def shows(self, part: str) -> bool:
        """Whether the page holds a part, exactly as it was sent."""
        return settled(part.strip()) in settled(self.html)

    def _read(self) -> _Reader:
        reader = _Reader()
        reader.feed(self.html)
        return reader


def words(html: str) -> str:
    """The text of some HTML on one line, without what is only for machines."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


class Visitor:
    """Somebody with a browser. `htmx` is the same person where the page's script sends the request."""

    def __init__(self, app: Flask, user: User | None = None, address: str = "127.0.0.1") -> None:
        self.app = app
        self.user = user
        self.client = app.test_client()
        self.address = address
        self.at = "/"
        self.token = ""
        if user is not None:
            self.enter(user)

    def enter(self, user: User) -> None:
        """Logs in without a password: the session that web.auth.log_in makes becomes this browser's cookie."""
        with self.app.test_request_context():
            log_in(user.id, remember=False)
            self.token = generate_csrf()
            kept = dict(session)
        with self.client.session_transaction() as mine:
            mine.update(kept)

    @property
    def htmx(self) -> "ByScript":
        """The same visitor, where HTMX sends."""
        return ByScript(self)

    def get(self, path: str, query: dict[str, Any] | None = None, **headers: str) -> Answer:
        """Opens an address. A page becomes the one that the visitor is at."""
        answer = self.send("GET", path, query=query, headers={"Sec-Fetch-Site": "same-origin", **headers})
        if answer.status == 200 and "<html" in answer.html:
            self.at = path
            found = re.search(r'name="csrf_token" value="([^"]*)"', answer.html)
            self.token = found[1] if found else ""
        return answer

    def post(self, path: str, data: dict[str, Any] | None = None, **headers: str) -> Answer:
        """Sends a form of the page that the visitor is at, with the page's token."""
        fields = {"csrf_token": self.token, **(data or {})} if self.token else data or {}
        return self.send("POST", path, data=fields, headers={**self.own_headers(), **headers})

    def submit(self, page: Answer, action: str, **fields: Any) -> Answer:
        """Fills in a form as it stands on a page, and sends it to where it says."""
        form = page.form(action)
        assert form.method == "post"
        return self.send("POST", form.action, data={**form.fields, **fields}, headers=self.own_headers())

    def follow(self, answer: Answer) -> Answer:
        """Goes where a write sends the browser (303) or a page has moved (302, 308)."""
        assert answer.status in (302, 303, 308), f"{answer.status} is no redirect"
        return self.get(answer.location.split("#")[0])

    def own_headers(self) -> dict[str, str]:
        """What a browser says about itself when a page of this site sends a form."""
        return {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin", "Referer": ORIGIN + self.at}

    def send(
        self, method: str, path: str, *, query: Any = None, data: Any = None, headers: Any = None, **more: Any
    ) -> Answer:
        """Sends exactly this; nothing may break on the way."""
        raw = self.client.open(
            path, method=method, query_string=query, data=data, headers=headers,
            environ_base={"REMOTE_ADDR": self.address, "HTTP_USER_AGENT": "Test"}, **more,
        )  # fmt: skip
        answer = Answer(raw)
        assert answer.status != 500, f"{method} {path} broke: {answer.words[:300]}"
        return answer

    def cookie(self, name: str) -> str | None:
        """The value of one of this browser's cookies."""
        found = self.client.get_cookie(name)
        return found.value if found else None


class ByScript:
    """What HTMX 4 sends for a visitor."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor = visitor

    def headers(self, target: str = "") -> dict[str, str]:
        """The headers of a request whose answer replaces parts of the page."""
        sent = {
            "HX-Request": "true",
            "HX-Request-Type": "partial",
            "HX-Current-URL": ORIGIN + self.visitor.at,
            "Accept": "text/html",
        }
        return sent | ({"HX-Target": target} if target else {})

    def get(self, path: str, query: dict[str, Any] | None = None, *, target: str = "") -> Answer:
        """Asks for parts."""
        return self.visitor.send(
            "GET", path, query=query, headers={"Sec-Fetch-Site": "same-origin", **self.headers(target)}
        )

    def boosted(self, path: str) -> Answer:
        """Follows a link: HTMX asks for the whole page and takes `#page` out of it."""
        return self.visitor.get(path, **self.headers("div#page") | {"HX-Request-Type": "full", "HX-Boosted": "true"})

    def sends(self, page: Answer, action: str, **fields: Any) -> Answer:
        """Sends a form without hx-post: HTMX boosts it as it boosts links."""
        headers = self.headers("div#page") | {"HX-Request-Type": "full", "HX-Boosted": "true"}
        sent = {**page.form(action).fields, **fields}
        return self.visitor.send("POST", action, data=sent, headers={**self.visitor.own_headers(), **headers})

    def post(self, path: str, data: dict[str, Any] | None = None, *, target: str = "", **headers: str) -> Answer:
        """Sends a form of the page."""
        return self.visitor.post(path, data, **self.headers(target), **headers)

    def submit(self, page: Answer, action: str, *, target: str = "", **fields: Any) -> Answer:
        """Fills in a form as it stands on a page, and sends it as its hx-post says."""
        form = page.form(action)
        where = form.attributes.get("hx-post", form.action)
        sent = {**self.visitor.own_headers(), **self.headers(target)}
        return self.visitor.send("POST", where, data={**form.fields, **fields}, headers=sent)


def titles(answer: Answer) -> list[str]:
    """The titles of a list of topics, in order."""
    return [
        title.replace("&#39;", "'")
        for title in re.findall(r'<h2 class="row-title"><a href="/topic/[^"]*">([^<]*)</a>', answer.html)
    ]


def next_of(answer: Answer) -> str | None:
    """Where the endless page goes on."""
    found = re.search(r'class="sentinel" hx-get="([^"]*)"', answer.html)
    return found[1].replace("&amp;", "&") if found else None


def path_of(topic: Topic) -> str:
    """The address of a topic."""
    return f"/topic/{topic.id}/{topic.slug}"


def numbers(answer: Answer) -> list[int]:
    """The numbers of the posts on a page, in order."""
    return [int(number) for number in re.findall(r'<article class="post[^>]* data-number="(\d+)"', answer.html)]


def marks(answer) -> list[str]:
    """The marks on a page, in order."""
    return [
        words(mark) for mark in re.findall(r'<p class="event-mark" id="mark-\d+">(.*?)</p>', answer.html, re.DOTALL)
    ]
