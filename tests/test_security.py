"""What every answer and every write is held to."""

import gzip
import re
from datetime import timedelta

import brotli
import pytest
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import update

from core import db, tokens
from core.db import WriteRefused, reading_only, writing
from forum import schedule
from models import User
from tests.databases import contents
from tests.factories import (
    a_category,
    a_post,
    a_topic,
    a_user,
    a_vote,
    an_administrator,
    an_own_skin,
    first_post,
    inside,
    many_posts,
    many_topics,
)
from tests.visitor import ORIGIN, ByScript, Visitor
from web.security import POLICY

BEGINS_A_SESSION = ("/login", "/register", "/reset/")
ONLY_TELLS = "/register/"
"""Where one lands after registering, and with an invitation that holds no more: no form."""
FOR_MACHINES = ("/healthz", "/readyz", "/metrics", "/robots.txt", "/sitemap")


@pytest.fixture
def world(app):
    """Enough of a community that every address has something to show."""
    ann, place = a_user("Ann"), a_category("Workshop")
    topic = a_topic(by=ann, in_=place, title="Which glue?", tags="glue")
    reply = a_post(in_=topic, to=first_post(topic))
    a_vote(reply)
    many_posts(topic, 30)
    many_topics(place, 25)
    return {"ann": ann, "topic": topic, "place": place, "reply": reply, "skin": an_own_skin()}


def addresses(app, world, method: str) -> list[str]:
    """Every address that the application answers, filled in with what exists."""
    topic, place = world["topic"], world["place"]
    values = {
        "topic_id": topic.id, "category_id": place.id, "post_id": topic.first_post_id, "user_id": world["ann"].id,
        "number": 2, "tag": "glue", "draft_id": 1, "revision_id": 1, "skin_id": world["skin"].id, "filename": "img/livery.svg",
        "feature": "posts", "name": "per_page", "place": place.id, "key": "a" * 22, "kind": "confirm",
        "code": tokens.make("reset", world["ann"].id, 0, lasts=timedelta(hours=1)),
    }  # fmt: skip
    slugs = {"topics.show": topic.slug, "categories.show": place.slug}
    found = []
    for rule in app.url_map.iter_rules():
        if method in rule.methods and rule.endpoint != "bootstrap.static":
            first = {name: 1 for name in rule.arguments if name.endswith("_id")}
            words = {name: min(one.items) for name, one in rule._converters.items() if hasattr(one, "items")}
            given = {**first, **values, **words, "slug": slugs.get(rule.endpoint, "ann"), **(rule.defaults or {})}
            assert rule.arguments <= set(given), f"No value is known for {rule.rule}"
            with app.test_request_context():
                built = app.url_map.bind("localhost").build(
                    rule.endpoint, {name: given[name] for name in rule.arguments}, method=method
                )
            found.append(built)
    return sorted(set(found))


def whole(app):
    """All that the database holds."""
    with inside():
        return contents(db.db.engine)


QUERIES = ("", "?page=2", "?sort=most_votes", "?term=week", f"?category={1}", "?quote=1", "?post=3", "?q=a")


def test_there_are_as_many_addresses_as_expected(app, world):
    assert len(addresses(app, world, "GET")) >= 25
    assert len(addresses(app, world, "POST")) >= 11


def test_every_page_carries_the_content_policy(app, world):
    readers = [Visitor(app), Visitor(app, world["ann"])]
    for path in [*addresses(app, world, "GET"), "/nowhere", "/api/nowhere", "/topic/999", "/recent?page=0", "/logout"]:
        for reader in readers:
            for answer in (reader.get(path), reader.htmx.get(path)):
                assert answer.headers["Content-Security-Policy"] == POLICY, path
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
                assert answer.headers["Referrer-Policy"] == "same-origin"
                assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
                assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
                for power in ("camera", "microphone", "geolocation"):
                    assert f"{power}=()" in answer.headers["Permissions-Policy"]


def test_the_policy_allows_nothing_inline_and_nobody_elses():
    rules = dict(rule.split(" ", 1) for rule in POLICY.split("; "))
    for kind in ("default-src", "script-src", "style-src", "font-src", "form-action"):
        assert rules[kind] == "'self'"
    for kind in ("object-src", "base-uri", "frame-ancestors"):
        assert rules[kind] == "'none'"
    assert rules["img-src"] == "'self' data:"
    assert "unsafe" not in POLICY
    assert "http" not in POLICY


def test_no_page_has_what_the_policy_forbids(app, world):
    readers = [Visitor(app), Visitor(app, world["ann"]), Visitor(app, an_administrator())]
    for path in addresses(app, world, "GET"):
        for reader in readers:
            html = reader.get(path).html
            if "<html" not in html:
                continue
            assert not re.search(r"<[^>]*\son\w+\s*=", html), path
            assert not re.search(r"<[^>]*\sstyle\s*=", html), path
            assert "<style" not in html, path
            assert "javascript:" not in html, path
            for script in re.findall(r"<script[^>]*>(.*?)</script>", html, re.DOTALL):
                assert not script.strip(), path
            for attributes in re.findall(r"<script([^>]*)>", html):
                assert 'src="/static/' in attributes, path
            assert "hx-on" not in html, path


def test_pages_are_private_and_change_with_the_cookie(app, world):
    for path in addresses(app, world, "GET"):
        answer = Visitor(app).get(path)
        if path.startswith(("/static", "/colours", *FOR_MACHINES)):
            continue
        if answer.headers["Cache-Control"] == "no-store":  # stricter still
            continue
        assert answer.headers["Cache-Control"] == "private, no-cache", path
        assert "Cookie" in answer.headers["Vary"], path


def test_a_guest_gets_no_cookie_for_reading(app, world):
    for path in [*addresses(app, world, "GET"), "/nowhere"]:
        for ask in (Visitor(app).get, Visitor(app).htmx.get):
            answer = ask(path)
            if path.startswith(BEGINS_A_SESSION) and not path.startswith(ONLY_TELLS):
                assert answer.cookies == ["session"], path
            else:
                assert answer.cookies == [], path


def test_a_guests_page_carries_no_token(app, world):
    for path in addresses(app, world, "GET"):
        page = Visitor(app).get(path)
        begins = path.startswith(BEGINS_A_SESSION) and not path.startswith(ONLY_TELLS)
        assert ("csrf_token" in page.html) == begins, path


def test_no_reading_changes_the_database(app, world):
    for reader in (Visitor(app), Visitor(app, an_administrator())):
        before = whole(app)
        for path in addresses(app, world, "GET"):
            for query in QUERIES:
                reader.get(path + query)
            reader.htmx.get(path)
            reader.send("HEAD", path)
            reader.send("OPTIONS", path)
        assert whole(app) == before
    with inside():
        schedule.flush_tallies()
    assert whole(app) != before  # what reading left behind was gathered, and is written later


def test_a_view_that_writes_while_it_is_only_read_changes_nothing(app, world, monkeypatch):
    def writes_all_the_same():
        with writing() as current:
            current.execute(update(User).values(about="written"))
        return "done"

    ann = Visitor(app, world["ann"])
    monkeypatch.setitem(app.view_functions, "lists.recent", writes_all_the_same)
    before = whole(app)
    for ask in (ann.client.get, ann.client.head):
        assert ask("/recent").status_code == 500
    assert whole(app) == before
    monkeypatch.setitem(app.view_functions, "skins.update", writes_all_the_same)
    assert ann.post("/skin", {"skin": "lux"}).html == "done"  # it would have
    assert whole(app) != before


def test_writing_inside_a_reading_is_refused(app):
    with inside(), reading_only(), pytest.raises(WriteRefused), writing():
        pass
    with inside(), writing():
        pass


def test_who_writes_too_often_is_asked_to_wait(limited, world):
    guest, ann = Visitor(limited, address="203.0.113.9"), Visitor(limited, world["ann"])
    for who, address, most in ((guest, "/reset", 5), (ann, "/me/password", 10)):
        who.get(address)
        statuses = [who.post(address).status for _ in range(most + 1)]
        assert statuses == [422] * most + [429]
        assert int(who.post(address).headers["Retry-After"]) > 0
    assert Visitor(limited, address="203.0.113.10").post("/reset").status == 422
    assert Visitor(limited, a_user("Bert")).post("/me/password").status == 422


# --- the proof that a write is meant ---


def everything(app, world) -> list[tuple[str, dict[str, str]]]:
    """Every write, with fields that would do something; but those whose address is the proof."""
    fields = {
        "body": "Text.", "title": "A title", "value": "1", "sort": "most_votes", "skin": "lux", "open": "1",
        "name": "Somebody", "password": "four plain wooden chairs", "repeat": "four plain wooden chairs",
        "current": "quiet amber lighthouse keeper", "email": "",
    }  # fmt: skip
    return [(path, fields) for path in addresses(app, world, "POST") if not path.startswith("/unsubscribe/")]


def test_one_write_alone_is_proven_by_its_address(app):
    found = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if getattr(app.view_functions[rule.endpoint], "proven_by_address", False)
    ]
    assert found == ["/unsubscribe/<code>"]


FOREIGN = [
    {},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": ""},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://localhost:8080"},
    {"Origin": "http://evil.example/http://localhost"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "cross-site", "Origin": ORIGIN},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_no_write_of_a_guest_is_taken_from_another_site(app, world, headers):
    before = whole(app)
    for path, fields in everything(app, world):
        for more in ({}, ByScript(Visitor(app)).headers()):
            answer = Visitor(app).send("POST", path, data=fields, headers={**headers, **more})
            assert answer.status == 403, path
            assert answer.cookies == [], path
    assert whole(app) == before


@pytest.mark.parametrize("token", [None, "", "forged", "x.y.z"])
@pytest.mark.parametrize("headers", [{}, {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}, *FOREIGN[1:4]])
def test_no_write_of_a_member_is_taken_without_his_token(app, world, token, headers):
    ann = Visitor(app, world["ann"])
    before = whole(app)
    for path, fields in everything(app, world):
        sent = fields if token is None else {**fields, "csrf_token": token}
        answer = ann.send("POST", path, data=sent, headers=headers)
        assert answer.status == 403, path
        assert "was sent from another site" in answer.words
    assert whole(app) == before


def test_the_token_of_somebody_else_is_no_proof(app, world):
    ann, bert = Visitor(app, world["ann"]), Visitor(app, a_user("Bert"))
    before = whole(app)
    for path, fields in everything(app, world):
        answer = ann.send("POST", path, data={**fields, "csrf_token": bert.token}, headers=ann.own_headers())
        assert answer.status == 403, path
    assert whole(app) == before


def test_a_token_signed_with_another_secret_is_no_proof(app, world):
    ann = Visitor(app, world["ann"])
    with ann.client.session_transaction() as held:
        forged = URLSafeTimedSerializer("another secret", salt="wtf-csrf-token").dumps(held["csrf_token"])
    answer = ann.send("POST", "/skin", data={"skin": "lux", "csrf_token": forged}, headers=ann.own_headers())
    assert answer.status == 403


@pytest.mark.parametrize("headers", FOREIGN[1:])
def test_even_the_right_token_does_not_help_another_site(app, world, headers):
    if headers in ({"Sec-Fetch-Site": "none"}, {"Origin": ""}):
        headers = {"Sec-Fetch-Site": "cross-site"}
    ann = Visitor(app, world["ann"])
    answer = ann.send("POST", "/skin", data={"skin": "lux", "csrf_token": ann.token}, headers=headers)
    assert answer.status == 403


def test_the_token_may_come_as_a_header(app, world):
    ann = Visitor(app, world["ann"])
    answer = ann.send("POST", "/skin", data={"skin": "lux"}, headers={**ann.own_headers(), "X-CSRFToken": ann.token})
    assert answer.status == 303


def test_an_old_browser_that_says_nothing_writes_with_the_token_of_the_page(app, world):
    ann = Visitor(app, world["ann"])
    page = ann.get("/")
    answer = ann.send("POST", "/skin", data={**page.form("/skin").fields, "skin": "lux"}, headers={})
    assert answer.status == 303
    old = Visitor(app)
    login = old.get("/login")
    fields = {**login.form("/login").fields, "name": "Ann", "password": "quiet amber lighthouse keeper"}
    assert old.send("POST", "/login", data=fields, headers={}).status == 303


def test_every_form_of_a_members_page_carries_the_token(app, world):
    ann = Visitor(app, world["ann"])
    seen = 0
    for path in addresses(app, world, "GET"):
        page = ann.get(path)
        for form in page.forms if "<html" in page.html else ():
            if form.method == "post":
                assert form.fields.get("csrf_token"), f"{form.action} on {path}"
                seen += 1
    assert seen > 50


def test_every_write_needs_a_login_unless_it_says_otherwise(app, world):
    before = whole(app)
    for path, fields in everything(app, world):
        view = app.view_functions[app.url_map.bind("localhost").match(path, method="POST")[0]]
        if not getattr(view, "public", False):
            answer = Visitor(app).post(path, fields)
            assert answer.status == 403, path
            assert "Log in to do this." in answer.words
    assert whole(app) == before


def test_static_files_with_their_mark_are_kept_for_good_and_others_are_asked_for_again(guest):
    page = guest.get("/")
    for address in re.findall(r'(?:href|src)="(/static/[^"#]*)', page.html):
        answer = guest.get(address)
        assert answer.status == 200, address
        assert "immutable" in answer.headers["Cache-Control"]
        if "?v=" in address:
            assert "immutable" not in guest.get(address.split("?")[0]).headers.get("Cache-Control", "")


def test_a_file_outside_the_static_folder_is_missing(guest):
    for path in ("../app.py", "..%2fapp.py", "%2e%2e/app.py", "/etc/passwd", "css/../../app.py", ""):
        assert guest.get(f"/static/{path}").status in (308, 404)


@pytest.mark.parametrize("method", ["br", "gzip"])
def test_answers_are_packed_for_those_who_can_unpack_them(app, world, method):

    client = app.test_client()
    plain = client.get("/recent")
    packed = client.get("/recent", headers={"Accept-Encoding": method})
    assert packed.headers["Content-Encoding"] == method
    assert "Accept-Encoding" in packed.headers["Vary"]
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress}[method]
    assert unpack(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 3
    assert "Content-Encoding" not in plain.headers
