"""Widgets that list what goes on: each reader sees what he may see, and nothing of the rest is shown or counted."""

import re

import pytest

from forum import layout, widgets
from tests.factories import (
    MODERATORS,
    a_category,
    a_deleted_topic,
    a_group,
    a_moderator,
    a_private_category,
    a_scheduled_topic,
    a_topic,
    a_user,
    an_administrator,
    grant,
    writes,
)

KINDS = sorted(kind for kind in layout.KINDS if kind not in ("text", "html", "search"))


@writes
def a_widget(kind: str, *, audience: str = "everyone", place: str = "footer", **options: int) -> int:
    """A list at a place."""
    made = layout.add_widget(place, "", title=f"List of {kind}", audience=audience)
    made.kind, made.options = kind, options
    return made.id


def shown(reader, key: int, within: int = 0) -> str:
    """What a reader's widget says; nothing where he is not shown it."""
    answer = reader.htmx.get(f"/widgets/{key}" + (f"?in={within}" if within else ""))
    return answer.html if answer.status == 200 else ""


def test_a_list_comes_after_the_page_and_is_a_page_without_script(guest):
    topic = a_topic(title="Which glue?")
    key = a_widget("recent_topics")
    page = guest.get("/")
    assert (
        f'<a href="/widgets/{key}" hx-get="/widgets/{key}" hx-trigger="load, click" hx-target="#widget-{key}" '
        'hx-swap="outerHTML">Recent topics</a>' in page.html
    )
    alone = guest.get(f"/widgets/{key}")
    assert "List of recent_topics" in alone.words
    assert f'href="/topic/{topic.id}/which-glue"' in alone.html
    assert alone.shows(shown(guest, key))


@pytest.mark.parametrize("kind", KINDS)
def test_no_list_shows_or_counts_what_its_reader_may_not_see(guest, ann, visit, kind):
    insider, boss = a_user("Insider"), a_user("Boss")
    backstage = a_private_category("Backstage", for_=MODERATORS)
    crew = a_group("Hidden crew", of=[insider], visibility="hidden")
    grant("moderate", to=boss, in_=backstage)
    a_topic(in_=backstage, title="Secret plan", body="Secret words.", tags="secret")
    open_place = a_category("Open")
    a_topic(in_=open_place, title="Plain one", body="Plain words.", tags="plain")
    a_deleted_topic(in_=open_place, title="Gone one", body="Gone words.")
    a_scheduled_topic(by=a_user("Later"), in_=open_place, title="Coming one")
    key = a_widget(kind, number=20)
    for reader in (guest, ann, guest):  # the second time from what was kept
        for within in (0, open_place.id, backstage.id):
            said = shown(reader, key, within)
            for word in ("Secret", "secret", "Backstage", "Gone", "Coming", "Hidden crew"):
                assert word not in said, (kind, word)
            if kind == "moderators":
                assert "Boss" not in said
            if kind == "statistics":
                assert re.findall(r"<dt>(Topics|Posts)</dt><dd>(\d+)</dd>", said) == [("Topics", "1"), ("Posts", "1")]
    staff = visit(a_moderator("Sheriff"))
    if kind in ("recent_topics", "top_topics", "popular_topics"):
        assert "Secret plan" in shown(staff, key)
        assert "Plain one" in shown(guest, key)
    if kind == "my_groups":
        assert "Hidden crew" in shown(visit(insider), key)
    assert crew.id


@pytest.mark.parametrize("kind", KINDS)
def test_every_list_says_something_when_there_is_nothing(guest, ann, kind):
    key = a_widget(kind)
    for reader in (guest, ann):
        assert reader.htmx.get(f"/widgets/{key}").status in (200, 404)
        assert reader.get("/").status == 200


def test_a_list_of_a_category_holds_what_stands_below_it(guest):
    top = a_category("Top")
    below = a_category("Below", parent_id=top.id)
    a_topic(in_=below, title="Inside")
    a_topic(title="Outside")
    said = shown(guest, a_widget("recent_topics", category=top.id))
    assert "Inside" in said
    assert "Outside" not in said


def test_the_moderators_of_a_category_are_those_of_it_and_of_everywhere(guest):
    place = a_category("Workshop")
    grant("moderate", to=a_user("Wanda"), in_=place)
    a_user("Everywhere", groups_of=[MODERATORS])
    key = a_widget("moderators")
    assert ("Wanda" in shown(guest, key, place.id), "Everywhere" in shown(guest, key, place.id)) == (True, True)
    assert "Wanda" not in shown(guest, key)
    assert f"/widgets/{key}?in={place.id}" in guest.get(f"/category/{place.id}/workshop").html


def test_a_list_that_is_not_meant_for_somebody_is_not_there(guest, ann):
    key = a_widget("recent_topics", audience="members")
    a_topic(title="Which glue?")
    assert (guest.get(f"/widgets/{key}").status, ann.get(f"/widgets/{key}").status) == (404, 200)
    assert guest.get("/widgets/999").status == 404
    written = a_widget("text")
    assert guest.get(f"/widgets/{written}").status == 404


def test_what_is_written_is_in_the_list_at_once(guest):
    key = a_widget("recent_topics")
    assert "Nothing here just now." in shown(guest, key)
    a_topic(title="Fresh")
    assert "Fresh" in shown(guest, key)


def test_every_kind_can_be_made_and_has_words(keeper_page):
    assert set(widgets.WORDS) == set(layout.KINDS) == set(widgets._MAKERS) | {"text", "html", "search"}
    for kind in widgets.WORDS:
        assert keeper_page(kind).status == 200


@pytest.fixture
def keeper_page(visit):
    """The form of a new widget of some kind, as an administrator sees it."""
    keeper = visit(an_administrator())
    return lambda kind: keeper.get(f"/admin/widgets/new?kind={kind}")


def test_nothing_stands_beside_pages_of_work(guest, visit):
    a_widget("recent_topics", place="column")
    keeper = visit(an_administrator())
    shown = [reader.get(path).html for reader, path in ((guest, "/"), (guest, "/login"), (keeper, "/admin/navigation"))]
    assert ["List of recent_topics" in html for html in shown] == [True, False, False]
