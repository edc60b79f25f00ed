"""The settings page: each choice holds where it should, with script and without."""

import re
from datetime import timedelta
from html import unescape

import pytest

from core import clock
from core.db import writing
from forum import live, reading, schedule
from models import TopicFollow
from tests.factories import (
    a_category,
    a_post,
    a_topic,
    a_user,
    first_post,
    fresh,
    inside,
    many_posts,
    many_topics,
    number_of,
    posts_of,
    set_setting,
    viewer_of,
)
from tests.visitor import Visitor, numbers, path_of, titles

USUAL = {
    "home": "categories",
    "category_sort": "recently_replied",
    "topic_sort": "oldest_to_newest",
    "category_state": "site",
    "posts_per_page": "site",
    "topics_per_page": "site",
}


def sets(visitor, **fields):
    """Fills in the form about reading and sends it; switches that are not named are off."""
    page = visitor.get("/me/settings")
    kept = {
        name: value
        for name, value in page.form("/me/settings").fields.items()
        if not name.startswith(("watch", "hide", "links"))
    }
    answer = visitor.post("/me/settings", {**kept, **USUAL, **fields})
    assert (answer.status, answer.location) == (303, "/me/settings")


def selected(page) -> list[str]:
    """What stands in the page's lists of choices."""
    return re.findall(r'<option value="([^"]*)" selected', page.html)


def test_the_page_shows_what_holds(ann):
    page = ann.get("/me/settings")
    assert list(USUAL.values()) == selected(page)[-6:]
    assert page.form("/me/settings").fields.keys() >= {"watch_started"}
    sets(ann, home="recent", topic_sort="most_votes")
    assert selected(ann.get("/me/settings"))[-6:-2] == ["recent", "recently_replied", "most_votes", "site"]
    assert "watch_started" not in ann.get("/me/settings").form("/me/settings").fields


def test_all_own_pages_have_one_navigation(ann):
    page = ann.get("/me/settings")
    own = re.findall(r'<a class="panel-link" href="([^"]*)"', page.html)
    assert {"/me/settings", "/me/name", "/me/email", "/me/password", "/me/sessions", "/me/leave"} <= set(own)
    for address in own:
        shown = ann.get(address)
        assert shown.status == 200
        assert re.findall(r'<a class="panel-link" href="([^"]*)"', shown.html) == own
        assert re.findall(r'<a class="panel-link" href="([^"]*)" aria-current', shown.html) == [address]


def test_the_address_that_others_know_leads_there(ann, guest, visit):
    assert ann.get("/user/ann/settings").location == "/me/settings"
    assert visit(a_user("Bert")).get("/user/ann/settings").location == "/user/ann"
    assert guest.get("/user/ann/settings").location == "/login?next=/user/ann/settings"
    assert guest.get("/me/settings").location == "/login?next=/me/settings"
    assert guest.post("/me/settings", USUAL).status == 403


def test_the_home_page(ann, guest):
    sets(ann, home="recent")
    assert ann.get("/").location == "/recent"
    assert ann.get("/categories").status == 200
    assert guest.get("/").status == 200


def test_the_order_of_topics_and_posts(ann):
    place = a_category()
    busy = a_topic(in_=place, title="Busy", replies=3)
    a_topic(in_=place, title="Quiet")
    assert titles(ann.get(f"/category/{place.id}/{place.slug}")) == ["Busy", "Quiet"]
    sets(ann, category_sort="recently_created", topic_sort="newest_to_oldest")
    assert titles(ann.get(f"/category/{place.id}/{place.slug}")) == ["Quiet", "Busy"]
    assert titles(ann.get(f"/category/{place.id}/{place.slug}?sort=recently_replied")) == ["Busy", "Quiet"]
    assert numbers(ann.get(path_of(busy))) == [1, 4, 3, 2]


def test_what_is_watched_when_one_writes(ann):
    sets(ann, watch_replied="1")
    topic = a_topic()
    ann.get(path_of(topic))
    ann.post(f"/topic/{topic.id}/posts", {"body": "Words."})
    assert number_of(TopicFollow, TopicFollow.user_id == ann.user.id, TopicFollow.state == "watch") == 1


def test_how_categories_are_followed_before_one_chooses(ann, visit):
    topic = a_topic(title="Fresh")
    a_post(in_=topic, by=a_user("Bert"))
    assert titles(ann.get("/unread")) == ["Fresh"]
    sets(ann, category_state="normal")
    assert titles(ann.get("/unread")) == []
    with inside():
        assert reading.category_state(viewer_of(ann.user), topic.category_id) == "normal"
        assert reading.category_state(viewer_of(a_user()), topic.category_id) == "track"
    sets(ann, category_state="ignore")
    assert titles(ann.get("/recent")) == []


# --- how much a page holds ---


@pytest.fixture
def long_topic(app):
    """A topic with 45 posts."""
    topic = a_topic(title="Long")
    many_posts(topic, 44, scores=[0, 1])
    return topic


def test_how_many_posts_a_page_holds(ann, guest, long_topic):
    path = path_of(long_topic)
    sets(ann, posts_per_page="10")
    assert numbers(ann.get(path)) == list(range(1, 11))
    assert numbers(ann.get(f"{path}?page=5")) == list(range(41, 46))
    assert ann.get(f"{path}?page=6").status == 404
    assert numbers(ann.get(f"{path}?sort=newest_to_oldest")) == [1, *range(45, 35, -1)]
    assert len(numbers(ann.get(f"{path}?sort=most_votes"))) == 11
    for page in (guest.get(path), Visitor(ann.app, a_user()).get(path)):
        assert numbers(page) == list(range(1, 21))
    assert numbers(ann.get(path)) == list(range(1, 11))  # whoever was there before
    assert numbers(guest.get(f"{path}?page=3")) == list(range(41, 46))


@pytest.mark.parametrize("size", ["10", "30", "50"])
def test_links_to_a_post_lead_to_it_however_much_a_page_holds(ann, long_topic, size):
    sets(ann, posts_per_page=size)
    post = posts_of(long_topic)[30]
    page = ann.follow(ann.get(f"/post/{post.id}"))
    assert 31 in numbers(page)
    assert re.search(rf'class="post post-target" id="post-{post.id}"', page.html)
    assert len(numbers(page)) == {"10": 10, "30": 15, "50": 45}[size]


def test_every_post_is_met_once_however_much_a_page_holds(ann, long_topic):
    sets(ann, posts_per_page="10")
    for sort in ("oldest_to_newest", "newest_to_oldest", "most_votes"):
        met, address = [], f"{path_of(long_topic)}?sort={sort}"
        while address:
            page = ann.get(address)
            met += numbers(page)
            onward = re.search(r'id="later" href="([^"]+)"', page.html)
            address = unescape(onward[1]) if onward else ""
        assert sorted(met) == list(range(1, 46))


def test_one_goes_on_where_one_left_off_however_much_a_page_holds(ann, long_topic):
    sets(ann, posts_per_page="10")
    ann.get(f"{path_of(long_topic)}?page=2")
    place = ann.get(f"{path_of(long_topic)}/unread").location
    assert place.endswith("/21")
    page = ann.get(place)
    assert numbers(page) == list(range(21, 31))
    assert 'id="new-line"' in page.html
    sets(ann, posts_per_page="50")
    assert ann.get(f"{path_of(long_topic)}/unread").location.endswith("/31")


def test_how_many_topics_a_page_holds(ann, guest):
    clock.travel(timedelta(hours=1))
    place = a_category()
    many_topics(place, 25)
    sets(ann, topics_per_page="10")
    for address in ("/recent", f"/category/{place.id}/{place.slug}", "/unread"):
        assert len(titles(ann.get(address))) == 10, address
    assert len(titles(guest.get("/recent"))) == 20
    onward = re.search(r'hx-get="(/recent\?[^"]*cursor=[^"]+)"', ann.get("/recent").html)
    assert len(titles(ann.get(unescape(onward[1])))) == 10
    assert len(titles(ann.get("/recent?page=3"))) == 5


def test_the_administrator_says_how_much_members_may_choose(ann, long_topic):
    sets(ann, posts_per_page="50")
    assert len(numbers(ann.get(path_of(long_topic)))) == 45
    set_setting("posts.per_page_most", "30")
    assert len(numbers(ann.get(path_of(long_topic)))) == 20
    page = ann.get("/me/settings")
    assert '<option value="30"' in page.html
    assert "As usual here (20)" in page.words
    kept = page.form("/me/settings").fields
    assert ann.post("/me/settings", {**kept, **USUAL, "posts_per_page": "50"}).status == 422


# --- links ---


def test_links_to_other_sites_open_in_a_new_tab_for_who_wants_it(ann, guest, visit):
    topic = a_topic(body="[There](https://example.org/) and [here](/recent).", by=a_user("Bert"))
    sets(ann, links_apart="1")
    apart = '<a rel="nofollow ugc noopener" target="_blank" href="https://example.org/">There</a>'
    for address in (path_of(topic), "/user/bert/posts"):
        page = ann.get(address)
        assert apart in page.html
        assert '<a href="/recent">here</a>' in page.html
    for other in (guest, visit(a_user())):
        assert 'target="_blank"' not in other.get(path_of(topic)).html
    assert "target" not in first_post(topic).html
    sets(ann)
    assert apart not in ann.get(path_of(topic)).html


def test_nobody_sees_when_one_is_here_who_hides_it(ann, guest):
    def flush():
        with inside():
            schedule.flush_tallies()

    ann.get("/recent")
    flush()
    assert fresh(ann.user).last_seen_at is not None
    sets(ann, hide_online="1")
    ann.get("/recent")
    flush()
    assert fresh(ann.user).last_seen_at is None
    assert "Ann" not in guest.get("/users?sort=online").words
    topic = a_topic()
    with inside(), writing():
        live.arrive(ann.user.id, topic.id)
    with inside():
        assert live.readers(viewer_of(a_user()), topic.id) == []
    sets(ann)
    ann.get("/recent")
    flush()
    assert fresh(ann.user).last_seen_at is not None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("home", "elsewhere"),
        ("topic_sort", ""),
        ("category_state", "x"),
        ("posts_per_page", "11"),
        ("topics_per_page", "100"),
    ],
)
def test_what_cannot_be_chosen(ann, name, value):
    ann.get("/me/settings")
    answer = ann.post("/me/settings", {**USUAL, name: value})
    assert answer.status == 422
    assert selected(ann.get("/me/settings"))[-6:] == list(USUAL.values())


def test_the_look_is_chosen_here_plain_and_htmx(ann):
    page = ann.get("/me/settings")
    answer = ann.submit(page, "/look", size="large", density="compact", keys="off")
    assert answer.location == "/me/settings"
    page = ann.follow(answer)
    assert 'data-size="large"' in page.html
    assert "large" in selected(page)
    form = [part for part in ann.htmx.submit(page, "/look", size="small").parts if part.target == "#look-form"]
    assert len(form) == 1
    assert 'value="small" selected' in form[0].html
    assert ann.get("/me/settings").shows(form[0].html)
