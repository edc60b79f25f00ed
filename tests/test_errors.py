"""Errors: clear words, the right status, as a page, as a fragment and as JSON; and nothing is written on the way."""

import io
import json
import re
from html import unescape
from urllib.parse import quote

import pytest
from sqlalchemy.exc import OperationalError

from core import db
from core.pages import encode
from forum import refusals
from models import Post, Topic, User
from tests.databases import contents
from tests.factories import (
    a_category,
    a_deleted_topic,
    a_locked_topic,
    a_private_category,
    a_topic,
    a_user,
    inside,
    many_posts,
    number_of,
    set_setting,
)
from tests.visitor import Answer, ByScript, Visitor, path_of
from web import errors, reading

TITLES = {
    400: "This request could not be read",
    403: "You may not do this",
    404: "There is nothing here",
    405: "This cannot be done here",
    409: "Somebody was faster",
    413: "This is too large",
    422: "Something needs another look",
    429: "Please wait a moment",
    500: "Something broke on our side",
}


@pytest.fixture
def nothing_changes(app):
    """At the end of the test the database holds what it held when the fixture was called."""
    taken = {}

    def start() -> None:
        with inside():
            taken["before"] = contents(db.db.engine)

    yield start
    with inside():
        assert contents(db.db.engine) == taken["before"]


# --- the three forms of an answer ---


@pytest.mark.parametrize("status", TITLES)
def test_an_error_as_a_page(app, status):
    with app.test_request_context("/recent"):
        answer = errors.answer(status, "Because of this.")
        html = answer.get_data(as_text=True)
    assert answer.status_code == status
    assert f"<title>{TITLES[status]}" in html
    assert f'<h1 class="empty-title">{TITLES[status]}</h1>' in html
    assert "Because of this." in html
    assert "To the categories" in html
    assert 'id="rail"' in html


@pytest.mark.parametrize("status", TITLES)
def test_an_error_as_a_fragment(app, status):
    with app.test_request_context("/recent", headers=ByScript(Visitor(app)).headers()):
        answer = errors.answer(status, "Because of this.")
        html = answer.get_data(as_text=True)
    assert answer.status_code == status
    assert "<html" not in html
    assert TITLES[status] in html
    assert "Because of this." in html
    assert answer.headers["HX-Retarget"] == "#messages"
    assert answer.headers["HX-Reswap"] == "innerHTML show:none"
    assert answer.headers["HX-Push-Url"] == "false"


@pytest.mark.parametrize("status", TITLES)
def test_an_error_as_json(app, status):
    with app.test_request_context("/api/topics/7"):
        answer = errors.answer(status, "Because of this.")
    assert answer.status_code == status
    assert answer.mimetype == "application/json"
    assert answer.get_json() == {"error": {"status": status, "title": TITLES[status], "reason": "Because of this."}}


@pytest.mark.parametrize("status", TITLES)
def test_every_error_has_words_of_its_own(app, status):
    with app.test_request_context("/recent"):
        assert len(errors.answer(status).get_data(as_text=True)) > 1000
    with app.test_request_context("/api/x"):
        assert len(errors.answer(status).get_json()["error"]["reason"]) > 15


def test_the_place_for_fragments_is_on_every_page(guest):
    assert "messages" in guest.get("/").ids
    assert 'id="messages" role="alert"' in guest.get("/").html


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (refusals.Missing(), 404),
        (refusals.Forbidden("No."), 403),
        (refusals.Invalid("field", "No."), 422),
        (refusals.Conflict("Somebody changed it."), 409),
        (refusals.TooMany("Slowly.", 40), 429),
    ],
)
def test_a_refusal_of_the_domain_has_its_status(app, refusal, status):
    with app.test_request_context("/recent"):
        answer = app.make_response(app.handle_user_exception(refusal))
    assert answer.status_code == status
    assert refusal.reason in answer.get_data(as_text=True)
    assert answer.headers.get("Retry-After") == ("40" if status == 429 else None)


# --- as they happen ---


def test_missing_page_fragment_and_json(guest):
    page = guest.get("/nowhere")
    assert (page.status, "<html" in page.html) == (404, True)
    fragment = guest.htmx.get("/topic/999")
    assert (fragment.status, "<html" in fragment.html) == (404, False)
    answer = guest.get("/api/topics/999")
    assert (answer.status, json.loads(answer.html)["error"]["status"]) == (404, 404)


def test_a_page_restored_from_history_is_a_whole_page(guest):
    headers = guest.htmx.headers() | {"HX-History-Restore-Request": "true"}
    for path in ("/recent", "/nowhere"):
        assert "<html" in guest.get(path, **headers).html


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_a_method_that_an_address_does_not_take(guest, method):
    for path in ("/recent", "/topic/1", "/", "/users", "/post/1"):
        answer = guest.send(method, path, headers=guest.own_headers())
        assert answer.status == 405, path
        assert "GET" in answer.headers["Allow"]
        assert "This cannot be done here" in answer.words


def test_reading_what_can_only_be_written(guest):
    for path in ("/logout", "/skin", "/post/1/vote", "/preview"):
        answer = guest.get(path)
        assert (answer.status, answer.headers["Allow"]) == (405, "OPTIONS, POST")
        assert guest.htmx.get(path).status == 405


def test_a_head_has_no_body_and_the_same_status(guest):
    topic = a_topic()
    for path, status in (("/", 200), (path_of(topic), 200), ("/nowhere", 404)):
        answer = guest.send("HEAD", path)
        assert (answer.status, answer.html) == (status, "")


def test_a_limit_tells_how_long_to_wait(limited, guest):
    answers = [guest.post("/register", {"name": ""}) for _ in range(11)]
    assert [answer.status for answer in answers] == [422] * 10 + [429]
    # a minute from the first of them, which a slow machine answered some seconds ago
    wait = int(answers[-1].headers["Retry-After"])
    assert 45 <= wait <= 60
    assert f"Please wait {wait} seconds." in answers[-1].words
    fragment = guest.htmx.post("/register", {"name": ""})
    assert (fragment.status, "<html" in fragment.html) == (429, False)
    assert 45 <= int(fragment.headers["Retry-After"]) <= wait


def test_a_limit_counts_each_reader_by_himself(limited, app, ann, visit):
    topic = a_topic()
    for _ in range(30):
        assert ann.post("/preview", {"body": "x"}).status == 200
    for _ in range(30):
        assert ann.post(f"/topic/{topic.id}/posts", {"body": ""}).status == 422
    assert ann.post(f"/topic/{topic.id}/posts", {"body": ""}).status == 429
    assert Visitor(app, address="192.0.2.7").post(f"/topic/{topic.id}/posts", {"body": ""}).status == 403


def test_what_breaks_is_said_kindly_and_the_next_page_works(app):
    topic = a_topic()
    client = app.test_client()
    with inside(), db.db.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE posts RENAME TO posts_away")
    try:
        answer = client.get(path_of(topic))
        fragment = client.get(path_of(topic), headers=ByScript(Visitor(app)).headers())
    finally:
        with inside(), db.db.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE posts_away RENAME TO posts")
    assert answer.status_code == fragment.status_code == 500
    assert "Something broke on our side" in answer.text
    assert "Traceback" not in answer.text
    assert "posts_away" not in answer.text
    assert "<html" not in fragment.text
    assert fragment.headers["HX-Retarget"] == "#messages"
    assert client.get(path_of(topic)).status_code == 200


def test_a_page_that_needs_no_database_is_left_when_even_the_frame_cannot_be_drawn(app):
    client = app.test_client()
    with inside(), db.db.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE versions RENAME TO versions_away")
    try:
        answer = client.get("/recent")
    finally:
        with inside(), db.db.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE versions_away RENAME TO versions")
    assert answer.status_code == 500
    assert '<h1 class="empty-title">Something broke on our side</h1>' in answer.text
    assert '<link rel="stylesheet" href="/static/css/livery.css?v=' in answer.text
    assert answer.headers["Content-Security-Policy"]
    assert client.get("/recent").status_code == 200


def test_a_forbidden_page_offers_the_login_to_a_guest_only(guest, ann):
    answer = guest.htmx.get(f"/topic/{a_topic().id}/reply")
    assert answer.status == 403
    assert 'href="/login' in answer.html
    assert "/login" not in ann.get("/nowhere").html


# --- odd addresses ---

BIG = ("9223372036854775807", "9223372036854775808", "9" * 19, "9" * 60)
IDS = [*BIG, *"0 -1 abc 1.5 1e3 ٣ %00 1%00 0x1".split()]


@pytest.mark.parametrize(
    "path",
    [
        "/topic/{}", "/topic/{}/slug", "/topic/{}/slug/1", "/topic/{}/reply", "/category/{}", "/category/{}/slug",
        "/post/{}", "/post/{}/replies", "/post/{}/voters", "/uid/{}",
    ],
)  # fmt: skip
def test_ids_that_nothing_has(ann, path):
    for number in IDS:
        assert ann.get(path.format(number)).status == 404, number


@pytest.mark.parametrize("path", ["/topic/{}/posts", "/topic/{}/sort", "/category/{}/topics", "/post/{}/vote"])
def test_writing_to_ids_that_nothing_has(ann, nothing_changes, path):
    nothing_changes()
    fields = {"body": "x", "title": "A title", "value": "1", "sort": "most_votes"}
    for number in IDS:
        assert ann.post(path.format(number), fields).status == 404, number


@pytest.mark.parametrize("number", ["9" * 30, "99999999"])
def test_a_number_of_a_post_out_of_range_leads_to_the_last(guest, number):
    topic = a_topic()
    answer = guest.get(f"{path_of(topic)}/{number}")
    assert (answer.status, answer.location) == (302, f"{path_of(topic)}/1")
    assert guest.get(f"{path_of(topic)}/0").status == 200


@pytest.mark.parametrize(
    "path", ["category", "topic", "/recent", "/popular", "/top", "/tags/glue", "/users", "/user/ann/topics"]
)
def test_pages_that_are_none(ann, path):
    topic = a_topic(tags="glue")
    address = {"topic": path_of(topic), "category": f"/category/{topic.category_id}/"}.get(path, path)
    if path == "category":
        address = ann.get(f"/category/{topic.category_id}").location
    for page in ("0", "-1", "abc", "1.5", "1e3", "٣", "", " 1", "+1", "9" * 30, "0x1", "1\x00", "%31"):
        assert ann.get(address, {"page": page}).status == 400, page


CURSORS = [
    "x", "%", "é", "AAAA", "=", "a" * 500, "bnVsbA", "W10", "WzFd", "\x00", "'; DROP TABLE posts", encode(1),
    encode("a", "b"), encode(1, 2, 3), encode(2**70, 1), encode(-(2**63), 1), encode(1.5, 1), encode(True, 1),
    encode(None, None),
    encode("2026-01-01T00:00:00", 1), encode("2026-99-01T00:00:00+00:00", 1), encode([1], {"a": 1}),
    encode("0001-01-01T00:00:00+23:59", 1), encode("9999-12-31T23:59:59-23:59", 1), encode("before", 2**65, 1),
    encode("sideways", 1, 1), encode("\ud800", 1, 1), encode("before\x00", 1, 1),
]  # fmt: skip


@pytest.mark.parametrize(
    "path", ["/recent", "/popular", "/users?sort=newest", "/users?sort=most_posts", "/tags/glue", "category", "topic"]
)
def test_cursors_that_this_site_did_not_make(guest, path):
    topic = a_topic(tags="glue")
    if path == "topic":
        path = path_of(topic) + "?sort=most_votes"
    elif path == "category":
        path = guest.get(f"/category/{topic.category_id}").location
    for cursor in CURSORS:
        sent = "cursor=" + quote(cursor, errors="surrogatepass")
        assert guest.get(f"{path}{'&' if '?' in path else '?'}{sent}").status == 400, cursor


@pytest.mark.parametrize(
    "query",
    [
        "sort=worst", "sort=", "sort=%00", "sort=most_votes%00", "sort=most_votes&sort=worst", "sort=%ff",
        "sort=MOST_VOTES",
    ],
)  # fmt: skip
def test_unknown_orders(guest, query):
    topic = a_topic()
    category = guest.get(f"/category/{topic.category_id}").location
    expected = 200 if query in ("sort=", "sort=most_votes&sort=worst") else 400
    for path in (path_of(topic), category):
        assert guest.get(f"{path}?{query}").status == expected


@pytest.mark.parametrize("query", ["tag=%00", "tag=" + "x" * 101, "tag=%ff%fe", "tag=%", "tag=<script>", "tag='"])
def test_odd_tags(guest, query):
    path = guest.get(f"/category/{a_category().id}").location
    answer = guest.get(f"{path}?{query}")
    assert answer.status == (400 if "%00" in query or len(query) > 50 else 200)
    assert "<script>" not in answer.html


BROKEN = "%ff %c3%28 %e2%82 %f0%28%8c%bc %ed%a0%80 %80 %c0%af %00 %0d%0a %u0041 % %zz ..%2f..%2fetc".split()


@pytest.mark.parametrize(
    "path", ["/{}", "/topic/{}", "/topic/1/{}", "/user/{}", "/tags/{}", "/category/1/{}", "/static/{}", "/api/{}"]
)
def test_broken_utf_8_and_oddities_in_a_path(guest, path):
    for piece in BROKEN:
        answer = guest.get(path.format(piece))
        assert answer.status in (200, 308, 400, 404), piece
        assert "root:" not in answer.html


@pytest.mark.parametrize(
    "path", ["/users?q={}", "/tags?q={}", "/recent?term={}", "/login?next={}", "/recent?cid={}", "/users?{}=x"]
)
def test_broken_utf_8_and_oddities_in_a_query(guest, path):
    for piece in BROKEN:
        assert guest.get(path.format(piece)).status in (200, 400), piece


RUBBISH = [
    b"\xff\xfe", b"body=\xff\xfe", b"body=%ff%fe", b"body=%ed%a0%80", b"body=%00", b"=", b"&&&&", b"%", b"body",
    b"body=a&" * 500, b"\x00" * 1000, b"value=1&value=2", b"send_key=%00&body=x", b"reply_to=%ff&body=x",
    b"title=%00%00%00&body=x", b"name=%00&password=%00", b"skin=%ff", b"open=%ff", b"sort=%ff",
]  # fmt: skip


@pytest.mark.parametrize(
    "path",
    ["/topic/{}/posts", "/category/{}/topics", "/post/{}/vote", "/preview", "/login", "/register", "/skin", "/sidebar",
     "/logout", "/me/password", "/topic/{}/sort"],
)  # fmt: skip
def test_forms_of_rubbish(visit, path):
    ann = visit(a_user("Ann"))
    topic = a_topic()
    number = {"/category/{}/topics": topic.category_id, "/post/{}/vote": topic.first_post_id}.get(path, topic.id)
    for body in RUBBISH:
        headers = {**ann.own_headers(), "X-CSRFToken": ann.token, "Content-Type": "application/x-www-form-urlencoded"}
        answer = ann.send("POST", path.format(number), data=body, headers=headers)
        assert answer.status in (200, 303, 400, 403, 413, 422), body


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b'{"body": "x"}'),
        ("application/json", b'{"body": ["x"], "reply_to": {"a": 1}}'),
        ("application/json", b"[1, 2]"),
        ("application/json", b"{broken"),
        ("text/plain", b"body=x"),
        ("multipart/form-data", b"body=x"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=body\r\n\r\nx"),
        ("multipart/form-data; boundary=x", b"--x\r\n\xff\xff\r\n--x--"),
        ("multipart/form-data; boundary=" + "x" * 5000, b"--x--"),
        ("nonsense", b"\xff"),
        ("", b""),
    ],
)
def test_forms_of_another_kind(ann, kind, body):
    topic = a_topic()
    headers = {**ann.own_headers(), "X-CSRFToken": ann.token, "Content-Type": kind}
    answer = ann.send("POST", f"/topic/{topic.id}/posts", data=body, headers=headers)
    assert answer.status in (400, 413, 415, 422)
    assert number_of(Post) == 1


def test_a_form_with_a_file_is_read_as_if_it_had_none(ann):
    topic = a_topic()
    data = {"csrf_token": ann.token, "body": (io.BytesIO(b"file"), "x.txt")}
    answer = ann.send("POST", f"/topic/{topic.id}/posts", data=data, headers=ann.own_headers())
    assert answer.status == 422
    assert number_of(Post) == 1


@pytest.mark.parametrize(
    "path",
    ["/topic/{}/posts", "/category/{}/topics", "/post/{}/vote", "/preview", "/login", "/register", "/skin", "/sidebar",
     "/logout", "/me/password", "/topic/{}/sort"],
)  # fmt: skip
@pytest.mark.parametrize("who", ["guest", "ann"])
def test_ten_megabytes_are_too_large(request, path, who):
    visitor = request.getfixturevalue(who)
    topic = a_topic()
    with inside():
        before = contents(db.db.engine)
    number = {"/category/{}/topics": topic.category_id, "/post/{}/vote": topic.first_post_id}.get(path, topic.id)
    data = b"csrf_token=" + visitor.token.encode() + b"&body=" + b"x" * 10_000_000
    kind = "application/x-www-form-urlencoded"
    for headers in ({}, visitor.htmx.headers()):
        sent = {**visitor.own_headers(), **headers, "Content-Type": kind}
        answer = visitor.send("POST", path.format(number), data=data, headers=sent)
        # whoever needs a login is refused before anything is read; for what needs no text nothing is
        assert answer.status == 413 or (who == "guest" and answer.status in (303, 403))
    with inside():
        assert contents(db.db.engine) == before


def test_two_megabytes_of_text_are_a_long_text_not_an_error(ann):
    topic = a_topic()
    answer = ann.post(f"/topic/{topic.id}/posts", {"body": "x" * 1_900_000})
    assert answer.status == 422
    assert "this one has 1,900,000" in answer.words
    assert number_of(Post) == 1


HEADERS = [
    ("Cookie", "\xff\xfe=\xff"), ("Cookie", "skin=" + "x" * 5000), ("Cookie", ";;;==;"), ("Accept-Encoding", "\xff"),
    ("Accept-Encoding", "br;q=nonsense"), ("HX-Current-URL", "\xff://"), ("HX-Current-URL", "http://[::1"),
    ("If-None-Match", "\xff"), ("Range", "bytes=9-1"), ("User-Agent", "\xff" * 500), ("Host", "evil.example"),
    ("Content-Length", "-1"), ("If-Modified-Since", "never"), ("X-Forwarded-For", "\xff"),
    ("Referer", "http://["), ("Origin", "http://["),
]  # fmt: skip


def test_odd_headers(guest):
    topic = a_topic()
    for name, value in HEADERS:
        for path in ("/", path_of(topic)):
            for headers in ({name: value}, {**guest.htmx.headers(), name: value}):
                assert guest.send("GET", path, headers=headers).status in (200, 400), name
        assert guest.send("GET", "/nowhere", headers={name: value}).status in (400, 404), name
        sent = {**guest.own_headers(), name: value}
        assert guest.send("POST", "/skin", data={"skin": "lux"}, headers=sent).status < 500


# --- nothing is lost, nothing is written ---


def test_what_is_refused_leaves_the_database_as_it_was(ann, guest, nothing_changes):
    locked, gone = a_locked_topic(), a_deleted_topic()
    secret = a_topic(in_=a_private_category(for_="moderators"))
    topic = a_topic(by=ann.user)
    many_posts(topic, 3)
    nothing_changes()
    for refused in (locked, gone, secret):
        for visitor in (ann, guest):
            assert visitor.post(f"/topic/{refused.id}/posts", {"body": "x"}).status in (403, 404)
    for visitor in (ann, guest):
        assert visitor.post(f"/post/{secret.first_post_id}/vote", {"value": 1}).status in (403, 404)
        assert visitor.post(f"/post/{topic.first_post_id}/vote", {"value": 1}).status == 403
        assert visitor.post(f"/category/{secret.category_id}/topics", {"title": "A title", "body": "x"}).status == 404
    assert ann.post(f"/topic/{topic.id}/posts", {"body": "\x00"}).status == 422
    assert ann.post(f"/topic/{topic.id}/posts", {"body": "x", "reply_to": secret.first_post_id}).status == 422
    assert ann.post("/me/password", {"current": "x", "password": "y", "repeat": "z"}).status == 422
    assert ann.post(f"/topic/{topic.id}/sort", {"sort": "worst"}).status == 422
    assert ann.post("/skin", {"skin": "worst"}).status == 422
    assert guest.post("/register", {"name": "<>", "password": "x", "repeat": "x"}).status == 422


def test_a_write_that_breaks_half_way_leaves_nothing(app):
    topic = a_topic()
    ann = Visitor(app)
    ann.enter(a_user("Ann"))
    with inside(), db.db.engine.begin() as connection:  # the last thing that a reply writes is the category's figures
        connection.exec_driver_sql("ALTER TABLE categories RENAME COLUMN last_post_id TO last_away")
    try:
        sent = {"body": "Half a post.", "csrf_token": ann.token}
        answer = ann.client.post(f"/topic/{topic.id}/posts", data=sent, headers=ann.own_headers())
    finally:
        with inside():
            db.db.engine.dispose()  # of SQLite's connections, one that waited in the pool knows no column by this name
            with db.db.engine.begin() as connection:
                connection.exec_driver_sql("ALTER TABLE categories RENAME COLUMN last_away TO last_post_id")
    assert answer.status_code == 500
    assert (number_of(Post), number_of(Topic, Topic.posts == 1), number_of(User, User.posts > 1)) == (1, 1, 0)
    assert ann.post(f"/topic/{topic.id}/posts", {"body": "A whole post."}).status == 303
    assert number_of(Post) == 2


# --- the database is away: no page can be drawn, and what was typed is given back ---


@pytest.fixture
def away(app, monkeypatch):
    """A database that goes away, and one that has no room: whatever is asked of it fails."""

    def go(code: str) -> None:
        def fail(*_words: object, **_named: object) -> None:
            raise OperationalError("select", {}, Gone(code))

        monkeypatch.setattr("web.auth.viewers.member", fail)
        monkeypatch.setattr("web.auth.viewers.guest", fail)

    return go


class Gone(Exception):
    """What a driver raises, with its code."""

    def __init__(self, code: str) -> None:
        super().__init__("something")
        self.sqlstate = code


STILL_THERE = "What you typed is still in your browser"
AWAY = [
    ("57P01", 503, "The database does not answer just now."),
    ("53100", 507, "The site's disk is full, so nothing was changed."),
]


@pytest.mark.parametrize(("code", "status", "reason"), AWAY)
def test_what_was_typed_stands_on_the_page_without_a_database(ann, away, code, status, reason):
    topic = a_topic()
    page = ann.get(f"/topic/{topic.id}/reply")
    away(code)
    answer = ann.submit(page, f"/topic/{topic.id}/posts", body="A long <reply>.\nOf two lines.")
    assert answer.status == status
    assert reason in answer.words
    assert STILL_THERE in answer.words
    assert "What you wrote is not lost. Copy it from here:" in answer.words
    kept = re.search(r"<textarea[^>]* readonly>\s(.*?)</textarea>", answer.html, re.DOTALL)
    assert unescape(kept[1]) == "A long <reply>.\nOf two lines."
    assert f'href="{ann.at}">Try again' in answer.html
    assert answer.headers.get("Retry-After") == ("5" if status == 503 else None)


@pytest.mark.parametrize(("code", "status", "reason"), AWAY)
def test_who_only_reads_is_told_nothing_of_what_he_typed(guest, ann, away, code, status, reason):
    away(code)
    for visitor in (guest, ann):
        answer = visitor.get("/users?sort=newest")
        assert answer.status == status
        assert reason in answer.words
        assert STILL_THERE not in answer.words
        assert "textarea" not in answer.html
        assert 'href="/users?sort=newest">Try again' in answer.html
        assert STILL_THERE not in visitor.htmx.get("/users").words


def test_all_that_one_had_written_is_given_back_and_no_password(ann, away):
    away("57P01")
    answer = ann.post("/category/1/topics", {"title": "A title", "body": "A text.", "password": "secret words"})
    assert "A title\n\nA text.</textarea>" in answer.html
    assert "secret words" not in answer.html


def test_a_form_that_is_sent_by_script_stays_and_is_told(ann, away):
    topic = a_topic()
    profile = ann.get("/me/profile")
    away("57P01")
    reply = ann.htmx.post(f"/topic/{topic.id}/posts", {"body": "Words."}, target="form#composer")
    boosted = ann.htmx.sends(profile, "/me/profile", about="Words.")
    for answer in (reply, boosted):
        assert answer.status == 503
        assert told(answer)
        assert STILL_THERE in answer.words
        assert "Words." not in answer.html


def told(answer: Answer) -> bool:
    """Whether an answer goes to the place for messages, and leaves page and address as they are."""
    kept = {"HX-Retarget": "#messages", "HX-Reselect": "#message-error", "HX-Push-Url": "false"}
    return "<html" not in answer.html and kept.items() <= dict(answer.headers).items()


def test_a_link_is_told_where_to_try_again_and_the_way_back_is_a_page(ann, away):
    away("57P01")
    link = ann.htmx.boosted("/users?sort=newest")
    assert told(link)
    assert 'href="/users?sort=newest">Try again' in link.html
    back = {**ann.htmx.headers(), "HX-Request-Type": "full", "HX-History-Restore-Request": "true"}
    page = ann.get("/users?sort=newest", **back)
    assert page.status == 503
    assert "HX-Retarget" not in page.headers
    assert {"page", "content", "dock"} <= set(page.ids)


def test_a_form_that_is_refused_before_it_is_read_stays_too(ann):
    page = ann.get("/me/profile")
    unproven = ann.htmx.sends(page, "/me/profile", about="Words.", csrf_token="of another session")
    assert unproven.status == 403
    assert told(unproven)


def test_a_link_of_somebody_who_reads_too_fast_leaves_him_his_page(limited, guest):
    set_setting("reading.per_minute", "1")
    reading.forget()
    found = [guest.htmx.boosted(f"/users?q={number}") for number in range(3)]
    assert [answer.status for answer in found] == [200, 429, 429]
    assert told(found[2])
    assert "That was a lot in a short time." in found[2].words
    assert 'href="/users?q=2">Try again' in found[2].html
    page = guest.get("/users?q=2")
    assert page.status == 429
    assert 'href="/users?q=2">Try again' in page.html


def test_programs_are_told_in_their_form_without_a_database(guest, away):
    away("57P01")
    answer = guest.get("/api/topics")
    assert answer.status == 503
    assert json.loads(answer.html)["error"]["reason"] == "The database does not answer just now."
