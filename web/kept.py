"""Kept answers: whole pages for guests, and files, ready compressed, good until a write says otherwise.

A page is kept once, undressed, under its address; each look and each compression of it is an answer made from it. An
answer that is still good needs no view, no session and (on the event loop, see asgi.py) no thread.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Flask, Response, request, session

from core import clock, lasting, metrics, tally
from core.cache import versions
from core.changes import TOPIC, of_topic
from core.db import scratch
from core.store import Store
from forum import topics
from web import compression, dressing, htmx, limits, varying
from web.auth import preferred
from web.exchange import ALWAYS, header, this_request

metrics.counter("livery_kept_answers", "Requests answered by what was kept.")


@dataclass(frozen=True, slots=True)
class Rule:
    """A view whose answers to guests are kept: what its address may ask, and whether it is about one topic."""

    asks: frozenset[str] = frozenset()
    topic: bool = False


def _asks(*names: str) -> Rule:
    return Rule(frozenset(names))


RULES = {
    "categories.home": Rule(),
    "categories.index": Rule(),
    "categories.show": _asks("sort", "tag", "page", "cursor"),
    "lists.popular": _asks("term", "cid", "page", "cursor"),
    "lists.recent": _asks("term", "cid", "page", "cursor"),
    "lists.top": _asks("term", "cid", "page", "cursor"),
    "tags.index": Rule(),
    "tags.show": _asks("page", "cursor"),
    "topics.show": Rule(frozenset({"sort", "page", "cursor"}), topic=True),
    "users.show": Rule(),
}
FILES = frozenset({"static", "colours", "skins.stylesheet"})
FILE_PATHS = ("/static/", "/colours.css", "/skin/")

_LONGEST = 60.0
"""Seconds for which counts of views and who is online may lag behind for guests."""
_LARGEST_FILE = 600_000


@dataclass(slots=True)
class Page:
    """A page as it is kept: undressed, with the versions that it shows. A file has none."""

    html: str = ""
    stamp: tuple[tuple[str, int], ...] = ()
    until: float = 0  # by the ticks of the clock; 0: for good
    topic_id: int = 0
    view_again: float = 0  # seconds until the same reader counts as another view

    @property
    def lasting(self) -> bool:
        """Whether it is the same for as long as this process runs: a file."""
        return not self.stamp and not self.until

    def good(self, current: dict[str, int]) -> bool:
        """Whether nothing that it shows has changed."""
        for name, number in self.stamp:
            if current.get(name, 0) != number:
                return False
        return not self.until or self.until > clock.ticks()


Message = dict[str, Any]


def _messages(status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> tuple[Message, ...]:
    return (
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": body},
    )


@dataclass(slots=True)
class Answer:
    """An answer ready to be sent."""

    page: Page
    lasting: bool = False
    etag: bytes = b""
    whole: tuple[Message, ...] = ()  # what an ASGI server is told of it
    unchanged: tuple[Message, ...] = ()  # and of a 304

    def finished(self, body: bytes, headers: Sequence[tuple[str, str]]) -> int:
        """Takes down what is sent; returns about how many bytes that is."""
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        few = [each for each in raw if each[0] in (b"etag", b"cache-control", b"vary")]
        self.lasting, self.etag = self.page.lasting, dict(raw).get(b"etag", b"")
        self.whole = _messages(200, raw, body)
        self.unchanged = _messages(304, few, b"")
        return len(body) + 3000


Key = tuple[str, str, str, tuple[tuple[str, str], ...], str]
"""What an answer is found under: host, path, query, looks and compression. A file is the same for every host and look."""

answers: Store[Answer] = Store(40 * 1024 * 1024, "answers")
_pages: Store[Page] = Store(24 * 1024 * 1024, "pages")


@lru_cache(maxsize=512)
def encoding(accepted: bytes) -> str:
    """The compression that a browser is sent what is kept in: br, gzip or none."""
    return compression.method(accepted.decode("latin-1"), compression.LASTING)


def _encoding_of_request() -> str:
    return encoding(request.headers.get("Accept-Encoding", "").encode("latin-1"))


def looks(cookies: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What a guest's cookies say about how his pages look."""
    return tuple(preferred(cookies).items())


def key_of_request() -> Key:
    """The key of this request's answer."""
    accepted = _encoding_of_request()
    query = request.query_string.decode("latin-1")
    if request.endpoint in FILES:
        return "", request.path, query, (), accepted
    return f"{request.scheme}://{request.host}", request.path, query, looks(request.cookies), accepted


def init_app(app: Flask) -> None:
    """Answers guests with what is kept, and keeps what may be. Connected before what counts and compresses."""

    @app.before_request
    def _from_what_is_kept() -> Response | None:
        rule = RULES.get(this_request().endpoint or "")
        if rule is None or not _for_any_guest(app) or not asked_plainly(rule):
            return None
        address = _address()
        page = _pages.get(address)
        if page is not None and page.good(versions()):
            return _answer(page)
        about = scratch()
        about["keep"] = address
        about["noting"] = noting = lasting.noting(page=True)
        about["noted"] = noting.__enter__()
        versions()  # before anything that the page shows is read
        dressing.undressed()
        return None

    @app.teardown_request
    def _noted_enough(error: BaseException | None) -> None:
        noting = scratch().pop("noting", None)
        if noting is not None:
            noting.__exit__(None, None, None)


def keep(app: Flask) -> None:
    """Connects what dresses a new page and packs it: after the view, before anything else sees the answer."""

    @app.after_request
    def _keep(made: Response) -> Response:
        about = scratch()
        if "keep" not in about:
            return made
        about.pop("undressed", None)
        html = made.get_data(as_text=True)
        begun = session.modified or "Set-Cookie" in made.headers  # and sent to him alone
        if made.status_code != 200 or begun or made.mimetype != "text/html":
            return _dress_what_is_not_kept(made, html)
        page = _page(html)
        _pages.put(about["keep"], page, len(html) * 2 + len(request.url))
        return _dress(made, page)


def remember(app: Flask) -> None:
    """Connects what takes down the finished answer: the very last thing."""

    @app.after_request
    def _remember(made: Response) -> Response:
        marked = _marked(made)
        kept: Answer | None = scratch().get("kept_answer")
        if kept is None and this_request().endpoint in FILES and request.method in ("GET", "HEAD") and _whole(made):
            made.direct_passthrough = False
            kept = Answer(Page(stamp=_stamp(["all"]) if request.endpoint != "static" else ()))
        if kept is None:
            return made.make_conditional(request.environ) if marked else made
        headers = [each for each in (*made.headers, *ALWAYS) if each[0] != "X-Request-ID"]
        key = key_of_request()
        answers.put(key, kept, kept.finished(made.get_data(), headers) + sum(map(len, key)))
        return made.make_conditional(request.environ)


def count_views(readers: Sequence[tuple[Page, str, str]]) -> None:
    """Counts the readers of kept pages (a page, an address, a browser), as their views would have."""
    for page, address, browser in readers:
        if page.topic_id:
            peer = limits.guest_peer(address, browser)
            tally.count("topic.views", page.topic_id, once_per=page.view_again, by=peer)
    metrics.count("livery_kept_answers", len(readers))


def forget() -> None:
    """Drops every kept page and answer of this process."""
    answers.clear()
    _pages.clear()


def _for_any_guest(app: Flask) -> bool:
    names = (app.config["SESSION_COOKIE_NAME"], app.config["REMEMBER_COOKIE_NAME"])
    current = this_request()
    plain = current.method in ("GET", "HEAD") and "HTTP_RANGE" not in current.environ and not htmx.partial()
    return plain and not any(name in current.cookies for name in names)


def asked_plainly(rule: Rule) -> bool:
    """Whether an address asks only what its view knows, and each once."""
    query = this_request().environ.get("QUERY_STRING", "")
    if not query:
        return True
    args = this_request().args
    once = all(len(values) == 1 for values in args.listvalues())
    return once and rule.asks.issuperset(args) and len(query) < 300


def _address() -> tuple[object, ...]:
    """The address, the same in whatever order it asks."""
    return request.scheme, request.host, request.path, tuple(sorted(request.args.items()))


def _page(html: str) -> Page:
    rule = RULES[request.endpoint or ""]
    topic_id = (request.view_args or {}).get("topic_id", 0) if rule.topic else 0
    noted: lasting.Note = scratch()["noted"]
    seconds = min(_LONGEST, (noted.until - clock.present()).total_seconds()) if noted.until else _LONGEST
    # the topics that it tells of, too: where posts came from, and what it was merged with
    topics_ = {of_topic(topic_id)} | {name for name in noted.versions if name.startswith(TOPIC)}
    names = ["site", *topics_] if topic_id else ["all"]
    return Page(html, _stamp(names), clock.ticks() + seconds, topic_id, topics.settings.view_again_minutes * 60)


def _stamp(names: list[str]) -> tuple[tuple[str, int], ...]:
    current = versions()
    return tuple([(name, current.get(name, 0)) for name in names])


def _answer(page: Page) -> Response:
    count_views([(page, limits.get_remote_address(), this_request().browser)])
    return _dress(Response(mimetype="text/html"), page)


def _dress(made: Response, page: Page) -> Response:
    """Makes the answer that this reader is sent, and says that it may be taken down."""
    html = dressing.dressed(page.html)
    form = _encoding_of_request()
    body = compression.pack(form, html, 5) if form else html
    made.set_data(body)
    varying.by(made, "Accept-Encoding", "Cookie", "HX-Request-Type")
    made.headers["ETag"] = f'"{hashlib.sha256(html).hexdigest()[:20]}{"-" + form if form else ""}"'
    if form:
        made.headers["Content-Encoding"] = form
    scratch()["kept_answer"] = Answer(page)
    return made


def _dress_what_is_not_kept(made: Response, html: str) -> Response:
    if "\x00" in html:
        made.set_data(dressing.dressed(html))
    return made


def _marked(made: Response) -> bool:
    """Gives whatever is no page an ETag (RFC 9110, 8.8.3): pages have theirs, or a token that is new each minute."""
    if header(made, "Content-Type").startswith("text/html") or this_request().method not in ("GET", "HEAD"):
        return False
    if made.status_code != 200 or not made.is_sequence or made.direct_passthrough or header(made, "ETag"):
        return False
    made.add_etag()
    return True


def _whole(made: Response) -> bool:
    """Whether a file is what its address names: of what somebody adds to that nothing is kept."""
    usual = not request.query_string or "immutable" in header(made, "Cache-Control")
    size = made.content_length or 0
    return made.status_code == 200 and "Range" not in request.headers and usual and size < _LARGEST_FILE
