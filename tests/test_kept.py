"""Kept answers: pages for guests are made once, are the same for all who ask alike, and never show what was."""

import gzip
import re
from datetime import timedelta
from threading import Thread

import brotli
import pytest

from core import clock, metrics, tally
from forum import schedule
from tests.factories import (
    REGISTERED,
    a_category,
    a_deleted_topic,
    a_post,
    a_private_category,
    a_topic,
    a_user,
    a_vote,
    change,
    first_post,
    fresh,
    grant,
    inside,
    set_setting,
)
from tests.test_budgets import counting
from tests.visitor import Visitor, path_of
from web import kept


def statements(visitor, path, **headers) -> int:
    """How many statements an answer takes."""
    with counting() as seen:
        assert visitor.get(path, **headers).status == 200
    return len(seen)


def answered() -> int:
    """How many requests were answered by what is kept."""
    found = re.search(r"^livery_kept_answers_total (\d+)", metrics.text(), re.MULTILINE)
    return int(found[1]) if found else 0


@pytest.mark.parametrize("path", ["/", "/categories", "/recent?term=week", "/popular", "/tags", "topic", "category"])
def test_the_second_guest_is_answered_without_a_query(app, path):
    topic = a_topic(tags="glue")
    path = {"topic": path_of(topic), "category": f"/category/{topic.category_id}"}.get(path, path)
    first = Visitor(app)
    path = first.get(path).headers.get("Location", path)
    page = first.get(path)
    assert statements(Visitor(app), path) == 0
    before = answered()
    assert Visitor(app).get(path).html == page.html
    assert answered() == before + 1


def test_every_rule_is_about_a_view_that_there_is(app):
    assert kept.RULES.keys() <= app.view_functions.keys()
    assert app.view_functions.keys() >= kept.FILES


def test_a_write_is_seen_by_the_next_guest(app):
    topic = a_topic(by=a_user("Writer"), title="Which glue?", body="Fish glue.")
    path, guest = path_of(topic), Visitor(app)
    assert "Fish glue." in guest.get(path).words
    change(first_post(topic), html="<p>Bone glue.</p>")
    assert "Bone glue." in guest.get(path).words
    a_vote(first_post(topic))
    assert "Score 1" in guest.get(path).words
    assert "1 post" in guest.get("/recent").words
    a_post(in_=topic, body="Hide glue.")
    assert "Hide glue." in guest.get(path).words
    assert "2 posts" in guest.get("/recent").words
    change(topic, title="Which glue, then?")
    for page in (path, "/recent", "/"):
        assert "Which glue, then?" in guest.get(page).html
    set_setting("site.title", "Glue and wood")
    assert "Glue and wood" in guest.get("/recent").html
    change(topic, deleted_at=clock.now())
    assert guest.get(path).status == 404


def test_a_write_elsewhere_leaves_a_topics_page(app):
    here, there, ann = a_topic(), a_topic(), a_user("Ann")
    assert here.id % 128 != there.id % 128
    guest = Visitor(app)
    guest.get(path_of(here))
    a_post(in_=there, by=ann)
    a_vote(first_post(there), by=ann)
    assert statements(guest, path_of(here)) == 0
    assert statements(guest, "/recent") > 0


def test_a_write_between_reading_and_keeping_is_seen_by_the_next_guest(app, monkeypatch):
    topic = a_topic(body="Fish glue.")
    guest = Visitor(app)
    plain, post = kept.dressing.dressed, first_post(topic)

    def slow(html):
        monkeypatch.setattr(kept.dressing, "dressed", plain)
        elsewhere = Thread(target=change, args=(post,), kwargs={"html": "<p>Bone glue.</p>"})
        elsewhere.start()
        elsewhere.join()
        return plain(html)

    monkeypatch.setattr(kept.dressing, "dressed", slow)
    assert "Fish glue." in guest.get(path_of(topic)).words
    assert "Bone glue." in guest.get(path_of(topic)).words


def test_members_and_whoever_has_a_session_are_not_given_a_kept_page(app):
    topic = a_topic()
    Visitor(app).get(path_of(topic))
    ann = Visitor(app, a_user("Ann"))
    page = ann.get(path_of(topic))
    assert "Ann" in page.html
    assert page.form(f"/post/{first_post(topic).id}/vote").fields["csrf_token"]
    guest = Visitor(app).get(path_of(topic))
    assert "csrf_token" not in guest.html
    assert guest.cookies == []
    reader = Visitor(app)
    reader.get("/login")  # his session has the token of that form
    assert statements(reader, path_of(topic)) > 0


def test_what_a_guest_may_not_see_stays_hidden(app):
    hidden = a_topic(in_=a_private_category())
    gone = a_deleted_topic()
    ann = Visitor(app, a_user("Ann"))
    for _ in range(2):
        assert ann.get(path_of(hidden)).status == 200
        assert Visitor(app).get(path_of(hidden)).status == 404
        assert Visitor(app).get(path_of(gone)).status == 404
        assert hidden.title not in Visitor(app).get("/recent").html


def test_each_look_is_made_from_the_one_page(app):
    topic = a_topic()
    path = path_of(topic)
    plain = Visitor(app).get(path)

    def dressed(**cookies):
        visitor = Visitor(app)
        for name, value in cookies.items():
            visitor.client.set_cookie(name, value)
        assert statements(visitor, path) == 0
        return visitor.get(path)

    flatly, dark = dressed(skin="flatly"), dressed(skin="flatly", mode="dark", size="large", sidebar="open")
    assert 'rel="stylesheet" href="/static/skins/flatly-' in flatly.html
    assert 'rel="stylesheet" href="/static/skins/flatly-' not in plain.html
    assert 'data-bs-theme="dark" data-size="large"' in dark.html
    assert "rail-open" in dark.html
    assert "rail-open" not in flatly.html
    assert dressed().html == plain.html
    assert dressed(skin="<script>", mode="nonsense").html == plain.html
    assert "\x00" not in plain.html + flatly.html + dark.html


def test_a_page_is_kept_for_what_it_may_be_asked_and_for_nothing_else(app):
    topic = path_of(a_topic())
    guest = Visitor(app)
    guest.get("/recent?term=week&page=1")
    assert statements(guest, "/recent?page=1&term=week") == 0
    for path in (f"{topic}?utm=x", f"{topic}?sort=most_votes&sort=oldest_to_newest"):
        guest.get(path)
        assert statements(guest, path) > 0
    assert guest.get("/recent?page=x").status == 400
    assert guest.get("/recent?page=x").status == 400
    assert guest.get("/recent?term=day").html != guest.get("/recent?term=week").html


def test_parts_and_pages_are_kept_apart(app):
    topic = a_topic()
    guest = Visitor(app)
    assert "<html" in guest.get(path_of(topic)).html
    assert "<html" not in guest.htmx.get(path_of(topic)).html
    assert "<html" in guest.get(path_of(topic)).html


def test_a_page_that_has_not_changed_is_not_sent_again(app):
    topic, client = a_topic(), app.test_client()
    first = client.get(path_of(topic), headers={"Accept-Encoding": "br"})
    mark = first.headers["ETag"]
    again = client.get(path_of(topic), headers={"Accept-Encoding": "br", "If-None-Match": mark})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", mark)
    a_post(in_=topic)
    changed = client.get(path_of(topic), headers={"Accept-Encoding": "br", "If-None-Match": mark})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != mark


def test_the_same_page_is_sent_as_each_browser_takes_it(app):
    path, client = path_of(a_topic()), app.test_client()
    plain = client.get(path, headers={"Accept-Encoding": ""}).data
    for _ in range(2):
        answers = {
            accepted: client.get(path, headers={"Accept-Encoding": accepted})
            for accepted in ("br", "gzip", "gzip, deflate, br, zstd", "br;q=0, gzip", "identity")
        }
        assert brotli.decompress(answers["br"].data) == plain
        assert brotli.decompress(answers["gzip, deflate, br, zstd"].data) == plain
        assert gzip.decompress(answers["gzip"].data) == plain
        assert gzip.decompress(answers["br;q=0, gzip"].data) == plain
        assert answers["identity"].data == plain
        assert len({answer.headers["ETag"] for answer in answers.values()}) == 3
        assert all({"Accept-Encoding", "Cookie"} <= set(answer.vary) for answer in answers.values())
        assert all("Content-Security-Policy" in answer.headers for answer in answers.values())


def test_readers_of_a_kept_page_are_counted(app):
    topic = a_topic()
    for number in range(3):
        Visitor(app, address=f"192.0.2.{number}").get(path_of(topic))
    Visitor(app, address="192.0.2.1").get(path_of(topic))
    with inside():
        schedule.flush_tallies()
    assert fresh(topic).views == 3
    assert tally.take() == ({}, {})


def test_times_go_on_and_counts_lag_a_minute_at_most(app):
    topic, guest = a_topic(), Visitor(app)
    assert "just now" in guest.get(path_of(topic)).words
    clock.travel(timedelta(minutes=5))
    assert "5 minutes ago" in guest.get(path_of(topic)).words
    change(topic, views=999)
    clock.travel(timedelta(minutes=5, seconds=61))
    assert "999 views" in guest.get(path_of(topic)).words


def test_what_does_not_fit_makes_room(app):
    kept.answers.put("large", kept.Answer(kept.Page()), 60 * 1024 * 1024)
    kept.answers.put("small", kept.Answer(kept.Page()), 10)
    assert kept.answers.get("small")
    for number in range(3):
        kept.answers.put(number, kept.Answer(kept.Page()), 25 * 1024 * 1024)
    assert kept.answers.get("small") is None


def test_a_category_that_is_closed_to_guests_is_closed_at_once(app):
    place = a_category()
    topic, guest = a_topic(in_=place), Visitor(app)
    assert guest.get(path_of(topic)).status == 200
    change(place, own_rights=True)
    grant("find", "read", "topics:read", to=REGISTERED, in_=place)
    assert guest.get(path_of(topic)).status == 404


@pytest.mark.parametrize("path", ["/static/css/livery.css", "/colours.css"])
def test_a_file_stands_for_good_under_its_own_mark_alone(app, guest, path):
    guest.get(f"{path}?v=0123456789")
    for query in ("?v=0123456789", "?v=", "?w=1", ""):
        assert "immutable" not in guest.get(path + query).headers["Cache-Control"], query
        assert kept.answers.get(("", path, query.removeprefix("?"), (), "")) is None or not query
    own = re.search(rf'href="({re.escape(path)}\?v=[^"]+)"', guest.get("/recent").html)
    assert own
    assert guest.get(own[1]).headers["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("path", ["/recent", "/colours.css", "/robots.txt", "/static/css/livery.css"])
def test_what_a_browser_has_is_not_sent_again_nor_told_otherwise_by_head(app, path):
    client, takes = app.test_client(), {"Accept-Encoding": "gzip"}

    def ask(method: str, **headers: str) -> tuple[int, str, str | None]:
        with client.open(path, method=method, headers={**takes, **headers}) as answer:
            return answer.status_code, answer.headers["ETag"], answer.headers.get("Content-Length")

    ask("GET")
    whole = ask("GET")
    assert ask("HEAD") == whole
    for method in ("GET", "HEAD"):
        assert ask(method, **{"If-None-Match": whole[1]})[0] == 304


def test_a_file_is_kept_as_it_is_sent(app):
    client = app.test_client()
    path = "/static/css/livery.css"
    first = client.get(path, headers={"Accept-Encoding": "br"})
    second = client.get(path, headers={"Accept-Encoding": "br", "If-None-Match": first.headers["ETag"]})
    assert (first.status_code, second.status_code) == (200, 304)
    first.close()
    second.close()
    found = kept.answers.get(("", path, "", (), "br"))
    assert found is not None
    assert found.whole[1]["body"] == first.data
    assert found.lasting
