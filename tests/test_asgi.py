"""The production entry: what is kept is answered on the event loop, the rest by the application in a thread."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from types import SimpleNamespace

import pytest
from flask import Flask, Response, request
from sqlalchemy.exc import OperationalError

import asgi
from core import jobs, metrics, pubsub, tally
from forum import live, uploads
from tests.factories import a_post, a_topic, a_user, change, first_post
from tests.visitor import Visitor, path_of
from web import at_once
from web.assets import asset
from web.bridge import Bridge, environ

LARGEST = 3_000_000


class Client:
    """Sends requests to an ASGI application, one event loop for all of them."""

    def __init__(self, application: Callable[..., Awaitable[None]]) -> None:
        self.application = application

    def get(self, path: str, **more) -> tuple[int, dict[str, str], bytes]:
        [answer] = self.all(path, **more)
        return answer

    def all(self, *paths: str, **more) -> list[tuple[int, dict[str, str], bytes]]:
        """The answers to requests that are made at the same time."""

        async def ask() -> list[tuple[int, dict[str, str], bytes]]:
            return await asyncio.gather(*(self.send(path, **more) for path in paths))

        return asyncio.run(ask())

    async def send(
        self, path: str, *, method: str = "GET", pieces: tuple[bytes, ...] = (b"",), gone: bool = False, **headers
    ):
        sent: list[dict] = []
        waiting = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
        waiting[-1]["more_body"] = False
        if gone:
            waiting = [waiting[0] | {"more_body": True}, {"type": "http.disconnect"}]

        async def receive() -> dict:
            return waiting.pop(0)

        async def send(message: dict) -> None:
            sent.append(message)

        path, _, query = path.partition("?")
        named = {"host": "localhost", **{name.replace("_", "-"): value for name, value in headers.items()}}
        scope = {
            "type": "http", "method": method, "path": path, "query_string": query.encode(), "http_version": "1.1",
            "scheme": "http", "server": ("localhost", 80), "client": ("192.0.2.1", 5),
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in named.items()],
        }  # fmt: skip
        await self.application(scope, receive, send)
        if not sent:
            return 0, {}, b""
        found = {name.decode(): value.decode("latin-1") for name, value in sent[0]["headers"]}
        return sent[0]["status"], found, b"".join(message.get("body", b"") for message in sent[1:])


@pytest.fixture
def site(app: Flask) -> Iterator[asgi.Site]:
    made = asgi.Site(app)
    yield made
    made.close()


@pytest.fixture
def handed_on(site, monkeypatch) -> list[str]:
    """The paths that went to the application."""
    seen: list[str] = []
    plain = site.bridge._answer

    def note(scope, body):
        seen.append(scope["path"])
        return plain(scope, body)

    monkeypatch.setattr(site.bridge, "_answer", note)
    return seen


def test_a_kept_page_needs_no_thread(site, handed_on):
    topic = a_topic(body="Fish glue.")
    path, client = path_of(topic), Client(site)
    first, second = client.get(path), client.get(path)
    assert handed_on == [path]
    assert first[0] == second[0] == 200
    assert first[2] == second[2]
    assert b"Fish glue." in second[2]
    assert "content-security-policy" in second[1]
    status, headers, body = client.get(path, if_none_match=f'"other", W/{first[1]["etag"]}')
    assert (status, body, headers["etag"]) == (304, b"", first[1]["etag"])
    assert len(handed_on) == 1


@pytest.mark.parametrize("cookies", [("session=x", "skin=lux"), ("skin=lux", "session=x"), ("session=x; skin=lux",)])
def test_cookies_that_come_one_by_one_are_all_seen(site, handed_on, cookies):
    """HTTP/2 may split them (RFC 9113, 8.2.3): a member is no guest because his skin stands last."""
    path, client = path_of(a_topic()), Client(site)
    client.get(path, cookie="skin=lux")
    client.get(path, cookie="skin=lux")
    assert len(handed_on) == 1
    sent = []

    async def receive() -> dict:
        return {"type": "http.request", "body": b""}

    async def send(message: dict) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), *((b"cookie", each.encode()) for each in cookies)]
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "http_version": "2", "scheme": "http"}
    asyncio.run(site(scope | {"server": None, "client": None, "headers": headers}, receive, send))
    assert sent[0]["status"] == 200
    assert len(handed_on) == 2


def test_what_the_loop_answers_is_counted_before_anybody_looks(site, handed_on):
    path, client = path_of(a_topic()), Client(site)
    metrics.forget()
    for _ in range(4):
        client.get(path)
    assert "livery_kept_answers_total 3\n" in metrics.text()
    assert "livery_kept_answers_total 3\n" in metrics.text()


def test_what_the_loop_answers_is_counted_when_it_is_many(site, handed_on, monkeypatch):
    monkeypatch.setattr(at_once, "_MANY", 3)
    path, client = path_of(a_topic()), Client(site)
    metrics.forget()
    for _ in range(6):
        client.get(path)
    monkeypatch.setattr(tally, "gather", lambda: None)  # nobody looks
    assert "livery_kept_answers_total 3\n" in metrics.text()


def test_what_the_loop_answers_counts_as_a_visit(site, handed_on, app):
    path = path_of(a_topic())
    client = Client(site)
    for browser in ("Firefox", "Firefox", "bingbot/2.0"):
        client.get(path, user_agent=browser)
    status, headers, _ = client.get(path, user_agent="Firefox")
    client.get(path, user_agent="Firefox", if_none_match=headers["etag"])
    client.get("/colours.css", user_agent="Firefox")
    client.get("/colours.css", user_agent="Firefox")
    assert (status, handed_on.count(path)) == (200, 1)
    counts, _ = tally.take()
    visits = {name: number for (name, _hour), number in counts.items() if name.startswith("visits.")}
    assert visits == {"visits.guests": 4, "visits.robots": 1}


def test_a_write_is_seen_by_the_next_request(site, handed_on):
    topic = a_topic(body="Fish glue.")
    client = Client(site)
    client.get(path_of(topic))
    change(first_post(topic), html="<p>Bone glue.</p>")
    assert b"Bone glue." in client.get(path_of(topic))[2]
    a_post(in_=topic, body="Hide glue.")
    assert b"Hide glue." in client.get(path_of(topic))[2]
    assert len(handed_on) == 3


def test_while_the_database_is_away_guests_read_on(site, handed_on, monkeypatch):
    def away() -> dict[str, int]:
        raise OperationalError("select", {}, Exception("the server is gone"))

    path, client = path_of(a_topic(body="Fish glue.")), Client(site)
    monkeypatch.setattr(site, "_now", SimpleNamespace(at_once=False, versions=site._now.versions))
    client.get(path)
    client.get(path)
    monkeypatch.setattr(site, "_now", SimpleNamespace(at_once=False, versions=away))
    status, _, body = client.get(path)
    assert status == 200
    assert b"Fish glue." in body
    assert handed_on == [path]
    monkeypatch.setattr(live, "audience", lambda *asked: away())
    status, headers, _ = client.get("/events")
    assert (status, headers["retry-after"]) == (503, "5")


def test_a_member_gets_his_own_page(site, app, handed_on):
    topic, ann = a_topic(), Visitor(app, a_user("Ann"))
    client = Client(site)
    client.get(path_of(topic))
    cookie = f"session={ann.cookie('session')}"
    for _ in range(2):
        assert b"Ann" in client.get(path_of(topic), cookie=cookie)[2]
    assert len(handed_on) == 3


def test_a_cookie_that_cannot_be_read_spoils_nothing(site, app):
    member = Visitor(app, a_user("Ann"))
    member.get("/recent")
    own = f"session={member.client.get_cookie('session').value}"
    for path in ("/recent", "/events", "/me"):
        Client(site).get(path, cookie="other=caf\xe9")
        Client(site).get(path, cookie=f"other=caf\xe9; {own}")
    status, _, page = Client(site).get("/recent", cookie="other=caf\xe9")
    assert (status, b"Ann" in page) == (200, False)
    assert b"Ann" in Client(site).get("/recent", cookie=f"other=caf\xe9; {own}")[2]
    assert Client(site).get("/me")[0] == 302  # to the log-in: whoever asked before is not here any more
    assert "/login" in Client(site).get("/me")[1]["location"]


def test_what_nobody_could_have_chosen_is_no_look_of_its_own(site, handed_on):
    Client(site).get("/recent")
    plain = Client(site).get("/recent")
    before = len(handed_on)
    odd = Client(site).get("/recent", cookie=f"skin={'x' * 5000}")
    assert odd[2] == plain[2]
    assert len(handed_on) == before  # it was found under the same key


def test_whoever_has_any_version_has_this_one(site, handed_on):
    Client(site).get("/recent")
    assert Client(site).get("/recent", if_none_match="*")[0] == 304


def test_a_look_a_compression_and_a_part_are_answers_of_their_own(site, handed_on):
    path, client = path_of(a_topic()), Client(site)
    bodies = set()
    for headers in ({}, {"cookie": "skin=flatly"}, {"accept_encoding": "br"}, {"accept_encoding": "gzip"}):
        bodies |= {client.get(path, **headers)[2] for _ in range(2)}
    assert len(bodies) == len(handed_on) == 4
    part = client.get(path, hx_request="true", hx_request_type="partial")[2]
    assert b"<html" not in part
    assert b"<html" in client.get(path)[2]


def test_a_crowd_has_a_page_made_once(site, handed_on):
    path = path_of(a_topic())
    answers = Client(site).all(*[path] * 20)
    assert {answer[0] for answer in answers} == {200}
    assert handed_on == [path]


def test_a_crowd_before_a_page_that_is_not_kept_gets_it_too(site):
    answers = Client(site).all(*["/nowhere"] * 5)
    assert [answer[0] for answer in answers] == [404] * 5


def test_a_file_is_the_same_for_everybody(site, handed_on):
    client = Client(site)
    path = asset("css/livery.css")
    answers = [client.get(path, cookie=cookie) for cookie in ("a=1", "session=x", "skin=flatly")]
    assert len({answer[2] for answer in answers}) == len(handed_on) == 1
    assert "immutable" in answers[2][1]["cache-control"]
    assert client.get(path, range="bytes=0-9")[2] == answers[0][2][:10]


def test_proxies_are_believed_as_the_application_believes_them(site, handed_on):
    path, client = path_of(a_topic()), Client(site)
    client.get(path, x_forwarded_host="elsewhere.example", x_forwarded_proto="https")
    client.get(path)  # 192.0.2.1 is no trusted proxy: both are requests to localhost
    assert handed_on == [path]


def test_live_addresses_are_answered_on_the_loop(site, handed_on):
    async def events(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"live"})

    site.live["/events"] = events
    assert Client(site).get("/events")[2] == b"live"
    assert handed_on == []


def test_the_lifespan_starts_and_stops_the_jobs(site, monkeypatch):
    said: list[str] = []
    for name in ("start_embedded", "start_own"):  # the jobs of the site, or where a worker does those only its own
        monkeypatch.setattr(jobs, name, lambda: lambda: said.append("halted"))
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def receive() -> dict:
        return messages.pop(0)

    async def send(message: dict) -> None:
        said.append(message["type"])

    asyncio.run(site({"type": "lifespan"}, receive, send))
    assert said == ["lifespan.startup.complete", "halted", "lifespan.shutdown.complete"]


def test_a_site_that_has_ended_hears_nothing_more(site):
    pubsub.connect(site.app.config["LIVERY"])  # another application of this process may have said something else
    assert Client(site).get("/events?topic=404")[0] == 404
    assert pubsub.anybody()
    site.close()
    assert pubsub.anybody() is bool(site.app.config["LIVERY"].redis_url)  # there others may listen


def test_who_has_a_session_may_send_files(site):
    def largest(*headers):
        return site.bridge.largest({"headers": list(headers)})

    assert largest() == largest((b"cookie", b"skin=flatly")) == site.app.config["MAX_CONTENT_LENGTH"]
    assert largest((b"cookie", b"session=x")) == site.app.config["MAX_CONTENT_LENGTH"] + uploads.LARGEST


# --- the bridge ---


@pytest.fixture
def bridge() -> Iterator[Client]:
    plain = Flask("plain")

    @plain.post("/echo")
    def echo() -> Response:
        return Response(request.get_data(), headers={"X-Thread": threading.current_thread().name})

    @plain.get("/long")
    def long() -> Response:
        return Response((b"x" * 100_000 for _ in range(10)), headers=[("X-Name", "é")])

    @plain.get("/request")
    def seen() -> dict:
        keys = ("PATH_INFO", "QUERY_STRING", "REMOTE_ADDR", "wsgi.url_scheme")
        return {name: request.environ[name] for name in keys} | dict(request.headers)

    made = Bridge(plain, threads=2, largest=lambda scope: LARGEST)
    yield Client(made)
    made.threads.close()


def test_a_body_arrives_in_pieces_and_goes_out_whole(bridge):
    pieces = (b"a" * 700_000, b"b" * 700_000, b"")
    status, headers, body = bridge.get("/echo", method="POST", pieces=pieces, content_length="1400000")
    assert (status, body) == (200, b"".join(pieces))
    assert headers["x-thread"].startswith("request")


def test_a_body_that_is_too_long_is_cut_off_behind_its_limit(bridge):
    body = bridge.get("/echo", method="POST", pieces=(b"a" * 2_000_000,) * 4)[2]
    assert len(body) == LARGEST + 1


def test_a_client_that_goes_away_costs_no_thread(bridge):
    assert bridge.get("/echo", method="POST", pieces=(b"a",), gone=True) == (0, {}, b"")


def test_a_long_answer_goes_out_in_pieces(bridge):
    status, headers, body = bridge.get("/long")
    assert (status, len(body), headers["x-name"]) == (200, 1_000_000, "é")


def test_a_request_arrives_as_it_was_sent(bridge):
    seen = bridge.get("/request?a=%20b", x_one="1", cookie="a=b")[2].decode()
    for words in ('"QUERY_STRING":"a=%20b"', '"REMOTE_ADDR":"192.0.2.1"', '"X-One":"1"', '"Cookie":"a=b"'):
        assert words in seen
    assert bridge.get("/nowhere/ü")[0] == 404


def test_a_header_cannot_pose_as_another():
    scope = {
        "method": "GET", "path": "/", "query_string": b"", "http_version": "1.1", "scheme": "http",
        "headers": [(b"x_forwarded_for", b"1.2.3.4"), (b"cookie", b"a=1"), (b"cookie", b"b=2"), (b"accept", b"x")],
    }  # fmt: skip
    found = environ(scope)
    assert "HTTP_X_FORWARDED_FOR" not in found
    assert found["HTTP_COOKIE"] == "a=1; b=2"
