"""Recent, popular and top: over all categories, by term and by category."""

from datetime import timedelta

import pytest

from core import cache, clock
from forum import tags, topics
from tests.factories import (
    a_category,
    a_deleted_topic,
    a_post,
    a_private_category,
    a_scheduled_topic,
    a_topic,
    a_user,
    a_vote,
    change,
    first_post,
    grant,
    many_topics,
    writes,
)
from tests.visitor import Visitor, next_of, path_of, titles

LISTS = ("/recent", "/popular", "/top")


@pytest.fixture
def ages(app):
    """Topics that began half a day, three days, ten days and a hundred days ago."""
    place = a_category("Workshop")
    for name, days in (("today", 0.5), ("this week", 3), ("this month", 10), ("long ago", 100)):
        a_topic(in_=place, title=f"From {name}", at=clock.now() - timedelta(days=days))
    return place


TERMS = {
    "day": ["From today"],
    "week": ["From today", "From this week"],
    "month": ["From today", "From this week", "From this month"],
    "alltime": ["From today", "From this week", "From this month", "From long ago"],
}


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("term", TERMS)
def test_a_term_bounds_a_list(guest, ages, path, term):
    page = guest.get(path, {"term": term})
    assert sorted(titles(page)) == sorted(TERMS[term])


def test_recent_shows_all_time_and_popular_and_top_a_week_unless_asked(guest, ages):
    assert len(titles(guest.get("/recent"))) == 4
    assert len(titles(guest.get("/popular"))) == 2
    assert len(titles(guest.get("/top"))) == 2


def test_recent_counts_from_the_last_post_the_others_from_the_beginning(guest, ages):
    old = a_topic(in_=ages, title="Old and awake", at=clock.now() - timedelta(days=200))
    a_post(in_=old)
    assert titles(guest.get("/recent?term=day"))[0] == "Old and awake"
    assert "Old and awake" not in titles(guest.get("/popular?term=day"))
    assert "Old and awake" in titles(guest.get("/popular?term=alltime"))


def test_popular_is_by_posts_and_top_by_votes(guest):
    place = a_category()
    a_topic(in_=place, title="Much said", posts=30, votes=1)
    a_topic(in_=place, title="Well said", posts=2, votes=30)
    assert titles(guest.get("/popular")) == ["Much said", "Well said"]
    assert titles(guest.get("/top")) == ["Well said", "Much said"]


@pytest.mark.parametrize("path", LISTS)
def test_a_category_filter_includes_its_subcategories(guest, path):
    parent, other = a_category("Workshop"), a_category("Elsewhere")
    child = a_category("Glue", parent_id=parent.id)
    a_topic(in_=parent, title="In the workshop")
    a_topic(in_=child, title="About glue")
    a_topic(in_=other, title="Something else")
    assert set(titles(guest.get(path, {"cid": parent.id}))) == {"In the workshop", "About glue"}
    assert titles(guest.get(path, {"cid": child.id})) == ["About glue"]
    assert "Workshop" in guest.get(path, {"cid": parent.id}).words


@pytest.mark.parametrize("path", LISTS)
def test_a_list_names_the_category_of_each_topic(guest, path):
    place = a_category("Workshop")
    a_topic(in_=place, title="Hello")
    assert f'href="/category/{place.id}/workshop"' in guest.get(path).html


@pytest.mark.parametrize("path", LISTS)
def test_lists_show_nobody_what_he_may_not_see(guest, ann, visit, path):
    author, place = a_user(), a_category()
    a_topic(in_=a_private_category(), title="Between us")
    a_deleted_topic(in_=place, title="Gone")
    a_scheduled_topic(by=author, in_=place, title="Tomorrow")
    assert titles(guest.get(path, {"term": "alltime"})) == []
    assert titles(ann.get(path, {"term": "alltime"})) == ["Between us"]
    assert set(titles(visit(author).get(path, {"term": "alltime"}))) == {"Between us", "Tomorrow"}


def test_a_filter_by_a_hidden_category_is_missing(guest):
    assert guest.get("/recent", {"cid": a_private_category().id}).status == 404


@pytest.mark.parametrize("path", LISTS)
def test_an_empty_list_says_so(guest, path):
    assert "No topics here" in guest.get(path).words


@pytest.mark.parametrize("few", [0, 4000])
@pytest.mark.parametrize("path", ["/popular", "/top"])
def test_many_topics_in_a_term_and_few_stand_in_the_same_order(guest, path, few, monkeypatch):
    monkeypatch.setattr(topics, "_FEW", few)
    place = a_category()
    for number in range(45):
        a_topic(in_=place, title=f"Topic {number:02}", posts=number // 5, votes=number // 5)
    answer = guest.get(path)
    seen = titles(answer)
    while following := next_of(answer):
        answer = guest.htmx.get(following)
        seen += titles(answer)
    assert seen == [f"Topic {number:02}" for number in range(44, -1, -1)]


@pytest.mark.parametrize("path", LISTS)
def test_endless_lists_show_every_topic_exactly_once(guest, path):
    many_topics(a_category(), 30, posts=[1, 2], votes=[5, 5, 1])
    many_topics(a_category(), 30, posts=[2], votes=[1])
    answer = guest.get(path, {"term": "month"})
    seen = titles(answer)
    links = []
    while following := next_of(answer):
        assert "term=month" in following
        answer = guest.htmx.get(following)
        seen += titles(answer)
        links += [following]
    assert len(seen) == 60
    assert len(links) == 2


def test_a_term_and_a_category_stay_when_paging(guest):
    place = a_category()
    many_topics(place, 25)
    page = guest.get("/popular", {"term": "month", "cid": place.id})
    assert f'<a rel="next" href="/popular?term=month&amp;cid={place.id}&amp;page=2">' in page.html
    assert f"term=month&cid={place.id}&cursor=" in next_of(page)


def test_the_part_of_a_list_is_that_of_its_page_htmx(guest):
    many_topics(a_category(), 25)
    page, part = guest.get("/recent"), guest.htmx.get("/recent")
    assert "<html" not in part.html
    assert page.shows(part.html)


@pytest.mark.parametrize("query", [{"term": "year"}, {"cid": "x"}, {"cid": "-1"}, {"page": "0"}, {"cursor": "x"}])
def test_what_a_list_cannot_be_asked(guest, query):
    assert guest.get("/recent", query).status == 400


def test_an_unknown_category_is_missing(guest):
    for number in ("0", "999999999", "9" * 18):
        assert guest.get("/recent", {"cid": number}).status == 404


def test_a_change_is_seen_in_every_list_by_the_next_request_of_everybody(app):
    writer, place = a_user("Writer"), a_category("Workshop")
    topic = a_topic(by=writer, in_=place, title="Which glue?")
    readers = [Visitor(app), *(Visitor(app, a_user(name)) for name in ("Ann", "Bert"))]

    def all_see(words: str) -> bool:
        path = f"/category/{place.id}/{place.slug}"
        return all(words in reader.get(at).words for reader in readers for at in ("/recent", "/popular", path))

    assert all_see("Which glue?")
    assert all_see("No one has replied")
    change(topic, title="Which glue, then?")
    assert all_see("Which glue, then?")
    writes(tags.put)(topic.id, ["hinges"])
    assert all_see("hinges")
    change(topic, locked_at=clock.now())
    assert all_see("Locked")
    change(topic, pinned_at=clock.now())
    assert all_see("Pinned")
    a_post(in_=topic, by=a_user("Marge"), body="Bone glue.")
    assert all_see("Bone glue.")
    a_vote(first_post(topic))
    assert all_see("1 vote")
    change(writer, name="Scribe")
    assert all_see("Scribe")
    change(place, name="Shed")
    writes(cache.bump)("categories")  # as the verb does
    assert all_see("Shed")
    change(topic, deleted_at=clock.now())
    assert all_see("No topics here")
    change(topic, deleted_at=None)
    assert all_see("Which glue, then?")
    change(place, own_rights=True)
    grant("find", to="registered", in_=place)
    assert titles(readers[0].get("/recent")) == titles(readers[1].get("/recent")) == []


def test_readers_share_a_list_and_each_has_his_own_marks(app):
    topic = a_topic(by=a_user("Writer"), title="Which glue?", at=clock.now() - timedelta(days=1))
    people = [a_user(name, joined_at=clock.now() - timedelta(days=2)) for name in ("Ann", "Bert")]
    ann, bert = (Visitor(app, person) for person in people)

    def new(reader) -> bool:
        return f'href="{path_of(topic)}/unread"' in reader.get("/recent").html

    assert [new(ann), new(bert)] == [True, True]
    ann.get(path_of(topic))
    assert [new(ann), new(bert)] == [False, True]
    a_post(in_=topic)
    assert [new(ann), new(bert)] == [True, True]


@pytest.mark.parametrize("first", ["author", "reader"])
def test_who_hides_a_topic_has_lists_of_his_own(app, first):
    author, place = a_user("Author"), a_category()
    a_topic(in_=place, title="For all")
    mine, theirs = Visitor(app, author), Visitor(app, a_user("Reader"))
    for reader in (mine, theirs):
        assert titles(reader.get("/recent")) == ["For all"]
    a_scheduled_topic(by=author, in_=place, title="Later")
    deleted = a_topic(by=author, in_=place, title="Away", at=clock.now() - timedelta(days=1))
    change(deleted, deleted_at=clock.now())
    for reader in (mine, theirs) if first == "author" else (theirs, mine):
        expected = ["Later", "For all", "Away"] if reader is mine else ["For all"]
        assert titles(reader.get("/recent")) == expected
        assert titles(reader.get(f"/category/{place.id}/{place.slug}")) == expected
