"""Errors, addresses where nothing is, slow pages and slow queries."""

import time
from datetime import timedelta

import pytest
from sqlalchemy import text

from core import clock, incidents, logs, noticed, queries
from core.db import reading_only, session
from core.incidents import Incident
from tests.factories import a_private_category, a_topic, inside, number_of, set_setting
from tests.visitor import Visitor
from web import operations

PAGES = ("/admin/errors", "/admin/errors?kind=missing", "/admin/slow", "/admin/slow?kind=query")


def flush() -> None:
    """Writes down what was gathered, as the recurring job does."""
    with inside():
        incidents.flush()


@pytest.fixture
def broken(app, monkeypatch):
    """A site one of whose pages breaks."""

    def breaks(*args: object, **keywords: object) -> None:
        raise RuntimeError("the axle broke near hunter2hunter2")

    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setitem(app.view_functions, "tags.index", breaks)
    yield app
    app.config["PROPAGATE_EXCEPTIONS"] = None


def only_link(page, place):
    """The address of the one incident on a page."""
    [found] = {part.split('"')[0] for part in page.html.split(f'href="/admin/{place}/')[1:] if part[0].isdigit()}
    return f"/admin/{place}/{found}"


def test_empty_lists_say_so(keeper):
    for address in PAGES:
        assert "Nothing here" in keeper.get(address).words


def test_an_error_is_grouped_with_its_place_and_its_secrets_are_left_out(broken, keeper, guest):
    logs.keep_secret("hunter2hunter2")
    for _ in range(3):
        answer = guest.client.get("/tags", headers={"Referer": "https://elsewhere.example/page?q=secret"})
        assert answer.status_code == 500
    flush()
    page = keeper.get("/admin/errors")
    assert "RuntimeError in tests/admin/test_incidents.py" in page.words
    assert number_of(Incident, Incident.kind == "error", Incident.times == 3) == 1
    shown = keeper.get(only_link(page, "errors"))
    assert "the axle broke near …" in shown.words
    assert "hunter2" not in shown.html
    assert answer.headers["X-Request-ID"] in shown.words
    assert "https://elsewhere.example/page" in shown.words
    assert "q=secret" not in shown.html


@pytest.mark.parametrize(("number", "words"), [(1, "once"), (2, "2 times")])
def test_how_often_something_happened_is_said_in_words(keeper, guest, number, words):
    for _ in range(number):
        guest.get("/nowhere")
    flush()
    page = keeper.get("/admin/errors?kind=missing")
    assert f'<span class="visually-hidden">{words}</span>' in page.html


def test_addresses_where_nothing_is_are_grouped_by_their_shape(keeper, guest):
    for path in ("/topic/99991", "/topic/99992/x", "/wp-admin/setup.php", "/old/7/page", "/old/8/page"):
        guest.get(path)
    guest.get("/reset/abcdefghijklmnopqrstuvwxyz0123456789")
    guest.get("/t/abcdefghijklmnopqrstuvwxyz0123456789")
    flush()
    page = keeper.get("/admin/errors?kind=missing")
    for shape in ("/topic/<int:topic_id>", "/wp-admin/setup.php", "/old/#/page", "/reset/<code>", "/t/…"):
        assert shape in page.words, shape
    assert number_of(Incident, Incident.shape == "/old/#/page", Incident.times == 2) == 1
    for row in page.html.split('href="/admin/errors/')[1:]:
        if row[0].isdigit():
            assert "abcdefghijklmnop" not in keeper.get(f"/admin/errors/{row.split(chr(34))[0]}").html


def test_the_title_of_a_hidden_topic_is_not_told(keeper, ann):
    topic = a_topic(in_=a_private_category(for_="administrators"), title="Ann is to go")
    assert ann.get(f"/topic/{topic.id}/{topic.slug}").status == 404
    flush()
    shown = keeper.get(only_link(keeper.get("/admin/errors?kind=missing"), "errors"))
    assert f"/topic/{topic.id}/…" in shown.words
    assert topic.slug not in shown.html


def test_a_read_writes_nothing_and_a_flood_stays_small(app, guest, monkeypatch):
    set_setting("incidents.most", "20")
    with inside(), reading_only():
        for number in range(3000):
            noticed.note("missing", f"/{'x' * (number % 1000)}/{number}")
    assert len(noticed._found) <= noticed._SHAPES + 1
    assert number_of(Incident) == 0
    for _ in range(2):
        noticed.note("missing", "/often")
    flush()
    assert number_of(Incident) == 20
    assert number_of(Incident, Incident.shape.in_(["/often", noticed.MANY])) == 1  # what came twice outlives the rest
    noticed.note("missing", "/the-newest")
    flush()
    assert number_of(Incident) == 20
    assert number_of(Incident, Incident.shape == "/the-newest") == 1


def test_what_cannot_be_written_now_is_written_later(app):
    noticed.note("missing", "/old")
    with inside(), reading_only(), pytest.raises(RuntimeError):
        incidents.flush()
    noticed.note("missing", "/old")
    flush()
    assert number_of(Incident, Incident.times == 2) == 1


def test_seen_is_seen_until_it_comes_again(keeper, guest):
    guest.get("/nothing-here")
    flush()
    page = keeper.get("/admin/errors?kind=missing")
    assert " New" in page.words.split("/nothing-here")[1]
    shown = keeper.get(only_link(page, "errors"))
    page = keeper.follow(keeper.submit(shown, f"{only_link(page, 'errors')}/seen"))
    assert " New" not in page.words.split("/nothing-here")[1]
    assert "Everything here was seen" in keeper.get("/admin/errors?kind=missing&show=new").words
    clock.travel(timedelta(minutes=1))
    guest.get("/nothing-here")
    flush()
    page = keeper.get("/admin/errors?kind=missing&show=new")
    assert "/nothing-here" in page.words
    keeper.submit(page, "/admin/errors/seen")
    assert "/nothing-here" not in keeper.get("/admin/errors?kind=missing&show=new").words


def test_the_list_is_emptied_after_a_question(keeper, guest):
    guest.get("/nothing-here")
    noticed.note("error", "ValueError")
    flush()
    asked = keeper.get("/admin/errors/empty?kind=missing")
    assert "Empty the list “Not found”?" in asked.words
    assert number_of(Incident) == 2
    keeper.submit(asked, "/admin/errors/empty?kind=missing")
    assert number_of(Incident, Incident.kind == "missing") == 0
    assert number_of(Incident, Incident.kind == "error") == 1
    assert "emptied the list Not found" in keeper.get("/admin/log").words


def test_every_page_of_the_list_is_reached(keeper):
    for number in range(60):
        clock.travel(timedelta(seconds=number // 4))
        noticed.note("missing", f"/gone-{chr(97 + number % 26)}{chr(97 + number // 26)}")
    flush()
    first = keeper.get("/admin/errors?kind=missing")
    second = keeper.get(first.html.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&"))
    names = [f"/gone-{chr(97 + number % 26)}{chr(97 + number // 26)}" for number in range(60)]
    assert all((name in first.words) != (name in second.words) for name in names)


def test_old_ones_are_forgotten(app):
    noticed.note("missing", "/old")
    flush()
    clock.travel(timedelta(days=29))
    noticed.note("missing", "/young")
    flush()
    clock.travel(timedelta(days=31))
    with inside():
        incidents.prune()
    assert number_of(Incident, Incident.shape == "/old") == 0
    assert number_of(Incident, Incident.shape == "/young") == 1


class StoppedClock:
    """A clock that shows these times, one after the other."""

    def __init__(self, *times: float) -> None:
        self.perf_counter = iter(times).__next__


def test_slow_pages_are_counted_from_where_the_setting_says(app, keeper, monkeypatch):
    set_setting("incidents.slow_page_ms", "2000")
    flush()
    for seconds in (1.5, 2.5, 4.25):
        monkeypatch.setattr(operations, "time", StoppedClock(0.0, seconds))
        Visitor(app).get("/healthz?token=secret")
    monkeypatch.setattr(operations, "time", time)
    flush()
    page = keeper.get("/admin/slow")
    assert "GET /healthz" in page.words
    assert "4,250 ms at worst" in page.words
    assert number_of(Incident, Incident.kind == "page", Incident.times == 2) == 1
    assert "secret" not in keeper.get(only_link(page, "slow")).html


def test_slow_queries_are_counted_by_their_shape_without_values(app, keeper, monkeypatch):
    with inside():
        session().execute(text("select 1"))
        for seconds, value in ((0.3, "my own words"), (0.5, "your words")):
            monkeypatch.setattr(queries, "time", StoppedClock(0.0, seconds))
            session().execute(text("select  cast(:secret as text)"), {"secret": value})
    monkeypatch.setattr(queries, "time", time)
    flush()
    page = keeper.get("/admin/slow?kind=query")
    assert "500 ms at worst" in page.words
    assert number_of(Incident, Incident.kind == "query", Incident.times == 2) == 1
    assert "words" not in keeper.get(only_link(page, "slow")).html.split("<dl")[1].split("</dl>")[0]


@pytest.mark.parametrize(
    ("statement", "shape"),
    [
        ("SELECT a\n  FROM t WHERE id IN (?, ?, ?)", "SELECT a FROM t WHERE id IN (?, …)"),
        ("SELECT a FROM t WHERE id IN (%(id_1_1)s::BIGINT, %(id_1_2)s::BIGINT)", "SELECT a FROM t WHERE id IN (?, …)"),
        ("SELECT a FROM t WHERE b = %(b_1)s", "SELECT a FROM t WHERE b = ?"),
    ],
)
def test_statements_that_differ_in_values_have_one_shape(statement, shape):
    assert noticed.statement_shape(statement) == shape


def test_an_error_is_no_slow_page_and_has_an_address_of_its_own(keeper, guest):
    guest.get("/nothing-here")
    flush()
    link = only_link(keeper.get("/admin/errors?kind=missing"), "errors")
    assert keeper.get(link.replace("errors", "slow")).status == 404
    assert keeper.get("/admin/errors?kind=zebra").status == 400
    assert keeper.get("/admin/errors/99999").status == 404
