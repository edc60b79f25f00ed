"""Maintenance: the site closed for a while, who gets in, and what everybody else gets."""

import pytest
from click.testing import CliRunner

import asgi
from cli import main
from forum import maintenance
from models import Post
from tests.factories import a_moderator, a_topic, a_user, grant, group_id, inside, number_of, set_setting
from tests.test_asgi import Client
from tests.visitor import Visitor, path_of

CLOSED = "Back in a moment"


def close(keeper, **fields):
    """Closes the site as an administrator does."""
    page = keeper.get("/admin/maintenance")
    chosen = fields.pop("groups", [])
    form = {**page.form("/admin/maintenance").fields, "on": "1", **fields, "groups": chosen}
    form = {name: value for name, value in form.items() if value != []}
    return keeper.post("/admin/maintenance", form)


def test_a_closed_site_answers_503_in_its_own_words(keeper, guest, ann):
    topic = a_topic(title="Glue")
    assert "Glue" in guest.get(path_of(topic)).words
    page = keeper.follow(close(keeper, message="A new disk goes in.", minutes="20"))
    assert "The site is closed." in page.words
    for visitor in (guest, ann):
        for path in ("/", path_of(topic), "/recent", "/register", "/admin", "/nothing-here", "/recent.rss"):
            answer = visitor.get(path)
            assert answer.status == 503, path
            assert answer.headers["Retry-After"] == "1200"
            assert CLOSED in answer.words
            assert "A new disk goes in." in answer.words
            assert "Glue" not in answer.html
    assert "closed the site for maintenance A new disk goes in." in keeper.get("/admin/log").words


def test_the_page_has_friendly_words_when_nobody_wrote_any(keeper, guest):
    close(keeper)
    assert "We are working on the site and will be back soon." in guest.get("/").words
    assert guest.get("/").headers["Retry-After"] == "900"


def test_administrators_get_in_and_are_reminded(keeper):
    close(keeper)
    for path in ("/", "/recent", "/admin/users"):
        page = keeper.get(path)
        assert page.status == 200
        assert "The site is closed for maintenance, and you are one of those who get in." in page.html


def test_chosen_groups_get_in_and_nobody_else(keeper, visit):
    marshal, bert = visit(a_moderator("Marshal")), visit(a_user("Bert"))
    page = keeper.get("/admin/maintenance")
    assert "Global moderators" in page.words
    assert 'value="guests"' not in page.html
    close(keeper, groups="moderators")
    assert marshal.get("/").status == 200
    assert "/admin/maintenance" not in marshal.get("/").html
    assert bert.get("/").status == 503
    set_setting("maintenance.groups", "guests,registered")
    assert Visitor(keeper.app).get("/").status == 503  # guests never, whatever was typed
    assert group_id("guests")


def test_logging_in_stays_possible(app, keeper):
    a_user("Boss", groups_of=["administrators"])
    close(keeper)
    stranger = Visitor(app)
    closed = stranger.get("/recent")
    assert 'href="/login?next=/recent"' in closed.html
    page = stranger.get("/login?next=/recent")
    assert page.status == 200
    answer = stranger.submit(page, "/login", name="Boss", password="quiet amber lighthouse keeper")
    assert stranger.follow(answer).status == 200
    member = Visitor(app, a_user("Bert"))
    member.get("/login")
    assert member.post("/logout").status == 303


def test_machines_and_files_go_on(keeper, guest):
    close(keeper)
    for path in ("/healthz", "/readyz", "/metrics", "/static/css/livery.css", "/colours.css"):
        assert guest.get(path).status == 200, path


def test_a_form_is_not_taken_and_what_was_written_comes_back(keeper, ann):
    topic = a_topic()
    before = number_of(Post)
    ann.get(path_of(topic))
    close(keeper)
    answer = ann.post(f"/topic/{topic.id}/posts", {"body": "My long reply."})
    assert answer.status == 503
    assert "My long reply." in answer.html
    assert "What you wrote is not lost." in answer.words
    assert number_of(Post) == before


def test_parts_and_programs_get_the_503_in_their_form(keeper, ann):
    topic = a_topic()
    ann.get(path_of(topic))
    close(keeper, message="Soon.")
    part = ann.htmx.post(f"/topic/{topic.id}/posts", {"body": "Hello."}, target="form#composer")
    assert part.status == 503
    assert part.headers["HX-Retarget"] == "#messages"
    assert part.headers["Retry-After"] == "900"
    assert "<html" not in part.html
    assert "Soon." in part.words
    whole = ann.get("/recent", **{"HX-Request": "true", "HX-Request-Type": "full", "HX-Boosted": "true"})
    assert 'id="page"' in whole.html
    assert 'id="dock"' in whole.html  # an open composer outlives it
    answer = ann.get("/api/topics")
    assert answer.status == 503
    assert answer.raw.json["error"]["reason"] == "Soon."


def test_it_ends_at_once_and_what_was_kept_for_guests_is_right_again(keeper, guest):
    topic = a_topic(title="Glue")
    for _ in range(2):
        assert guest.get(path_of(topic)).status == 200
        close(keeper)
        assert guest.get(path_of(topic)).status == 503
        page = keeper.get("/admin/maintenance")
        keeper.submit(page, "/admin/maintenance", on="0")
        assert "Glue" in guest.get(path_of(topic)).words
    assert "opened the site again" in keeper.get("/admin/log").words


def test_the_event_loop_gives_nothing_that_was_kept(app, keeper):
    topic = a_topic(title="Glue")
    site = asgi.Site(app)
    client = Client(site)
    try:
        assert client.get(path_of(topic))[0] == 200
        assert client.get(path_of(topic))[0] == 200
        close(keeper)
        status, headers, body = client.get(path_of(topic))
        assert (status, headers["retry-after"]) == (503, "900")
        assert b"Glue" not in body
        assert client.get("/events")[0] == 503
        set_setting("maintenance.on", "no")
        assert client.get(path_of(topic))[0] == 200
    finally:
        site.close()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [("minutes", "soon", "whole number"), ("minutes", "0", "not between"), ("message", "x" * 501, "At most 500")],
)
def test_what_cannot_be_set_closes_nothing_and_is_kept(keeper, guest, field, value, words):
    answer = close(keeper, **{field: value})
    assert answer.status == 422
    assert words in answer.words
    assert value in answer.html
    assert guest.get("/").status == 200


def test_only_who_may_operate_closes_the_site(app, visit, guest):
    helper = a_user("Helper")
    browser = visit(helper)
    browser.get("/")
    assert browser.post("/admin/maintenance", {"on": "1"}).status == 403
    grant("admin:operations", to=helper)
    assert close(browser).status == 303
    assert guest.get("/").status == 503
    assert browser.get("/admin/maintenance").status == 200  # or he could not open it again


def test_on_the_command_line(app, guest, monkeypatch):
    monkeypatch.setattr(main, "in_app", inside)
    run = CliRunner().invoke(main.livery, ["maintenance", "on", "--message", "A new disk.", "--minutes", "5"])
    assert run.output == "The site is closed.\n"
    answer = guest.get("/")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "300")
    assert "A new disk." in answer.words
    assert CliRunner().invoke(main.livery, ["maintenance", "off"]).output == "The site is open.\n"
    assert guest.get("/").status == 200
    assert CliRunner().invoke(main.livery, ["maintenance", "maybe"]).exit_code == 2
    with inside():
        assert not maintenance.settings.on
