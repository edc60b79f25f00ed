"""People: the list in four orders, finding somebody, and a person's own page."""

import re
from datetime import timedelta

import pytest

from core import cache, clock
from core.db import session, writing
from forum import schedule
from models import Grant, Handle, User
from tests.factories import (
    a_category,
    a_deleted_topic,
    a_moderator,
    a_post,
    a_private_category,
    a_topic,
    a_user,
    an_administrator,
    change,
    fresh,
    group_id,
    inside,
    many_posts,
    many_topics,
    writes,
)
from tests.visitor import next_of, titles


def names(answer) -> list[str]:
    """The people of a list, in order."""
    return re.findall(r'<p class="person-name"><a href="/user/[^"]*">([^<]*)</a>', answer.html)


@pytest.fixture
def people(app):
    """Three people, each first in another order."""
    present = clock.now()
    a_user("Newest", joined_at=present, posts=1, reputation=1)
    a_user("Busiest", joined_at=present - timedelta(days=2), posts=50, reputation=2)
    a_user("Dearest", joined_at=present - timedelta(days=1), posts=2, reputation=70)
    a_user("Present", joined_at=present - timedelta(days=3), last_seen_at=present - timedelta(minutes=3))


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("newest", ["Newest", "Dearest", "Busiest", "Present"]),
        ("most_posts", ["Busiest", "Dearest", "Newest", "Present"]),
        ("most_reputation", ["Dearest", "Busiest", "Newest", "Present"]),
        ("online", ["Present"]),
    ],
)
def test_four_orders_of_people(guest, people, order, expected):
    page = guest.get("/users", {"sort": order})
    assert names(page) == expected
    assert re.search(rf'href="/users\?sort={order}" aria-current="true"', page.html)


def test_the_usual_order_is_the_newest(guest, people):
    assert names(guest.get("/users"))[0] == "Newest"


def test_a_row_shows_figures_badges_and_whether_somebody_is_here(guest):
    a_user("Ann", groups_of=["moderators"], posts=1, reputation=1234, last_seen_at=clock.now())
    page = guest.get("/users")
    assert "Ann (online) Moderator 1 post · 1.2k reputation joined just now" in page.words


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("ann", ["Hannah", "Ann"]),
        ("ANN", ["Hannah", "Ann"]),
        ("  han ", ["Hannah"]),
        ("%", []),
        ("_", []),
        ("ö", ["Jörg"]),
    ],
)
def test_finding_somebody(guest, search, expected):
    for at, name in enumerate(("Ann", "Hannah", "Jörg")):
        a_user(name, joined_at=clock.now() + timedelta(seconds=at))
    page = guest.get("/users", {"q": search})
    assert names(page) == expected
    if not expected:
        assert "No name has these letters in it." in page.words


def test_nobody_here_right_now(guest, people):
    clock.travel(timedelta(hours=1))
    page = guest.get("/users", {"sort": "online"})
    assert "Nobody has been here within the last 30 minutes." in page.words


@pytest.mark.parametrize("order", ["newest", "most_posts", "most_reputation", "online"])
def test_the_endless_list_shows_everybody_exactly_once(guest, order):
    present = clock.now()

    @writes
    def crowd() -> None:
        session().add_all(
            User(
                name=f"Person {at}", name_key=f"person {at}", slug=f"person-{at}", badges=[], posts=at % 5,
                reputation=at % 3, joined_at=present - timedelta(days=at % 7),
                last_seen_at=present - timedelta(minutes=at % 4),
            )
            for at in range(120)
        )  # fmt: skip

    crowd()
    answer = guest.get("/users", {"sort": order})
    seen = names(answer)
    assert len(seen) == 50
    while following := next_of(answer):
        answer = guest.htmx.get(following)
        seen += names(answer)
    assert len(seen) == len(set(seen)) == 120
    second = guest.get("/users", {"sort": order, "page": 2})
    assert names(second) == seen[50:100]


def test_the_part_of_the_list_is_that_of_its_page_htmx(guest, people):
    page, part = guest.get("/users"), guest.htmx.get("/users")
    assert "<html" not in part.html
    assert page.shows(part.html)


@pytest.mark.parametrize(
    "query", [{"sort": "tallest"}, {"page": "0"}, {"cursor": "x"}, {"q": "x" * 61}, {"q": "a\x00"}]
)
def test_what_the_list_cannot_be_asked(guest, query):
    assert guest.get("/users", query).status == 400


def test_past_page_fifty_people_are_not_reached_by_number(guest):
    assert guest.get("/users?page=51").status == 404


def test_a_persons_page_shows_his_figures_and_posts(guest):
    author = a_user("Ann", about="I like <b>glue</b>.", joined_at=clock.now() - timedelta(days=40))
    topic = a_topic(by=author, title="Which glue?", body="The *brown* one.")
    a_post(in_=topic, by=author, body="Or the white one.")
    page = guest.get("/user/ann")
    assert "About I like <b>glue</b>." in page.words
    assert "<b>glue" not in page.html
    assert "Posts 2 Topics 1 Reputation 0" in page.words
    assert "Last seen not yet" in page.words
    assert page.words.index("Or the white one.") < page.words.index("The brown one.")
    assert f'href="/post/{topic.first_post_id}">Which glue?</a>' in page.html


def test_the_score_of_a_post_on_a_page(guest):
    author = a_user("Ann")
    topic = a_topic(by=author)
    for score in (1, -1, 0, 2):
        a_post(in_=topic, by=author, score=score)
    page = guest.get("/user/ann")
    for score in ("score 1", "score -1", "score 0", "score 2"):
        assert score in page.words


def test_a_persons_topics(guest):
    author = a_user("Ann")
    a_topic(by=author, title="Hers")
    a_topic(title="Not hers")
    page = guest.get("/user/ann/topics")
    assert titles(page) == ["Hers"]
    assert guest.get("/user/ann/posts").status == 200


def test_a_page_shows_nobody_what_he_may_not_see(guest, visit):
    author = a_user("Ann")
    a_topic(by=author, in_=a_private_category(), title="Between us", body="Private words.")
    a_deleted_topic(by=author, title="Gone", body="Deleted words.")
    for tab in ("posts", "topics"):
        page = guest.get(f"/user/ann/{tab}")
        for words in ("Between us", "Private words.", "Gone", "Deleted words."):
            assert words not in page.html
    assert "Private words." in visit(a_user()).get("/user/ann").words
    assert "Deleted words." in visit(author).get("/user/ann").words
    assert "Deleted words." in visit(a_moderator("Second")).get("/user/ann").words


def test_somebody_who_wrote_nothing(guest):
    a_user("Ann")
    assert "Ann has not written anything that you can see." in guest.get("/user/ann").words
    assert "No topics here" in guest.get("/user/ann/topics").words


def test_the_endless_page_of_a_persons_posts(guest):
    author = a_user("Ann")
    topic = a_topic(by=author)
    many_posts(topic, 49, by=[author])
    answer = guest.get("/user/ann/posts")
    seen = re.findall(r"Reply (\d+)\.", answer.html)
    while following := next_of(answer):
        answer = guest.htmx.get(following)
        seen += re.findall(r"Reply (\d+)\.", answer.html)
    assert [int(number) for number in seen] == list(range(50, 1, -1))


def test_the_endless_page_of_a_persons_topics(guest):
    author = a_user("Ann")
    many_topics(a_category(), 45, by=author)
    answer = guest.get("/user/ann/topics")
    seen = titles(answer)
    while following := next_of(answer):
        answer = guest.htmx.get(following)
        seen += titles(answer)
    assert len(set(seen)) == len(seen) == 45


def test_an_old_handle_still_leads_to_the_person(guest):
    ann = a_user("Ann")
    with inside(), writing():
        session().add(Handle(handle="annie", kind="user", target_id=ann.id))
    answer = guest.get("/user/annie")
    assert (answer.status, answer.location) == (308, "/user/ann")
    assert guest.get("/user/annie/topics").location == "/user/ann/topics"


def test_the_handle_of_a_group_is_no_person(guest):
    assert guest.get("/user/administrators").status == 404


@pytest.mark.parametrize("slug", ["nobody", "a%00b", "%ff", "x" * 3000, "..%2f..", "%3Cscript%3E"])
def test_unknown_people_are_missing(guest, slug):
    for path in (f"/user/{slug}", f"/user/{slug}/topics", f"/user/{slug}/posts"):
        assert guest.get(path).status == 404


def test_an_id_leads_to_the_page(guest):
    ann = a_user("Ann")
    assert guest.get(f"/uid/{ann.id}").location == "/user/ann"
    for number in ("0", "999999", "9" * 40, "-1"):
        assert guest.get(f"/uid/{number}").status == 404


def test_people_may_be_hidden_from_guests(guest, ann):
    with inside(), writing():
        session().query(Grant).filter(Grant.right == "view:users", Grant.group_id == group_id("guests")).delete()
        cache.bump("grants")
    for path in ("/users", "/user/ann", "/user/ann/topics", f"/uid/{ann.user.id}"):
        answer = guest.get(path)
        assert answer.status == 403, path
        assert "You may not see the list of people." in answer.words
        assert ann.get(path).status in (200, 302)


def test_reading_notes_that_a_member_is_here(app, ann, guest):
    ann.get("/")
    guest.get("/")
    assert fresh(ann.user).last_seen_at is None  # reading does not write
    with inside():
        schedule.flush_tallies()
    assert fresh(ann.user).last_seen_at is not None
    assert "Ann" in names(guest.get("/users?sort=online"))


def test_names_and_texts_about_people_are_escaped(guest):
    ann = a_user("Ann", about="<img src=x onerror=alert(1)>")
    change(ann, name="<i>Ann</i>")
    for path in ("/users", "/user/ann"):
        html = guest.get(path).html
        assert "<i>Ann" not in html
        assert "<img" not in html


def test_an_administrator_wears_his_badge(guest):
    keeper = an_administrator("Keeper")
    page = guest.get("/user/keeper")
    assert "Administrator" in page.words
    assert f".g-{group_id('administrators')}{{--tint:#b91c1c" in guest.get("/colours.css").html
    assert fresh(keeper).badges == [group_id("administrators")]
