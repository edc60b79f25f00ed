"""The home page, the tree of categories, and one category's topics."""

import re
from datetime import timedelta

import pytest

from core import clock
from core.colour import ink_on
from core.db import writing
from forum import categories, schedule
from forum.refusals import Missing
from tests.factories import (
    a_category,
    a_deleted_topic,
    a_moderator,
    a_post,
    a_private_category,
    a_scheduled_topic,
    a_topic,
    a_user,
    an_administrator,
    fresh,
    grant,
    inside,
    many_topics,
    viewer_of,
)
from tests.visitor import next_of, titles

SORTS = ("recently_replied", "recently_created", "most_posts", "most_votes", "most_views")


def test_the_home_page_shows_the_tree_with_counts_and_the_newest_post(guest, ann):
    parent = a_category("Workshop", description="Where things are made.")
    a_category("Glue", parent_id=parent.id)
    topic = a_topic(by=ann.user, in_=parent, title="First light", body="It works now.")
    for page in (guest.get("/"), guest.get("/categories")):
        assert page.status == 200
        assert "Workshop Where things are made. Glue 1 topic 1 post" in page.words
        assert "It works now." in page.words
        assert f'href="/post/{topic.first_post_id}"' in page.html


def test_counts_and_the_newest_post_of_a_category_include_its_subcategories(guest):
    parent = a_category("Workshop")
    child = a_category("Glue", parent_id=parent.id)
    grandchild = a_category("Wood glue", parent_id=child.id)
    a_topic(in_=parent, body="In the parent.")
    deep = a_topic(in_=grandchild, body="Deep down.")
    a_post(in_=deep, body="Deeper still.")
    assert "2 topics 3 posts" in guest.get("/").words
    assert "Deeper still." in guest.get("/").words
    assert "1 topic 1 post" in guest.get(f"/category/{parent.id}/workshop").words  # its own figures in its head


def test_what_somebody_may_not_see_is_not_counted_and_not_teased(guest, visit):
    parent = a_category("Workshop")
    a_topic(in_=parent, body="For everybody.")
    secret = a_private_category("Backstage")
    child = a_category("Inner room", parent_id=secret.id)
    a_topic(in_=secret, body="Only between us.")
    a_topic(in_=child, body="Inside the inner room.")
    page = guest.get("/")
    assert "Backstage" not in page.html
    assert "Inner room" not in page.html
    assert "Only between us." not in page.html
    member = visit(a_user()).get("/")
    assert "Backstage Inner room 2 topics 2 posts" in member.words
    assert "Inside the inner room." in member.words


def test_a_section_is_a_heading_that_holds_others(guest):
    section = a_category("Craft", section=True)
    a_category("Paint", parent_id=section.id)
    page = guest.get("/")
    assert "Craft Paint" in page.words
    shown = guest.get(f"/category/{section.id}/craft")
    assert "Paint" in shown.words
    assert "New topic" not in shown.words
    assert "Log in to post" not in shown.words


def test_a_link_category_leads_to_its_target_and_has_no_topics(guest):
    link = a_category("The handbook", link="https://handbook.example/start")
    page = guest.get("/")
    assert f'<a href="/category/{link.id}/the-handbook" rel="nofollow" hx-boost="false">The handbook</a>' in page.html
    assert "0 topics" not in page.words
    assert guest.get(f"/category/{link.id}").location == "https://handbook.example/start"
    by_script = guest.htmx.boosted(f"/category/{link.id}/the-handbook")
    assert (by_script.status, by_script.headers["HX-Redirect"]) == (200, "https://handbook.example/start")


def test_each_visit_to_a_link_counts_once_and_no_robot_does(guest, ann, visit):
    link = a_category("The handbook", link="https://handbook.example/start")
    address = f"/category/{link.id}/the-handbook"
    assert "0 visits" in guest.get("/").words
    for browser in (guest, guest, ann):
        browser.get(address)
    ann.htmx.boosted(f"/category/{link.id}")
    guest.send("HEAD", address)
    guest.get(address, **{"Sec-Purpose": "prefetch;prerender"})
    robot = visit()
    robot.client.get(address, headers={"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"})
    with inside():
        schedule.flush_tallies()
        schedule.flush_tallies()
    assert fresh(link).clicks == 4
    assert "4 visits" in guest.get("/").words
    assert (
        "link to https://handbook.example/start · 4 visits" in visit(an_administrator()).get("/admin/categories").words
    )


def test_a_link_in_a_hidden_category_leads_nobody_else_there(guest, ann):
    link = a_category("Staff only", link="https://staff.example/", own_rights=True)
    for browser in (guest, ann):
        assert browser.get(f"/category/{link.id}").status == 404
        assert "staff.example" not in browser.get("/").html
    with inside():
        schedule.flush_tallies()
    assert fresh(link).clicks == 0


def test_an_empty_site_says_so(guest):
    assert "No categories yet" in guest.get("/").words


def test_a_disabled_category_is_gone_with_all_below_it(guest):
    parent = a_category("Attic", disabled=True)
    child = a_category("Box", parent_id=parent.id)
    assert "Attic" not in guest.get("/").html
    assert guest.get(f"/category/{parent.id}").status == 404
    assert guest.get(f"/category/{child.id}").status == 404


@pytest.mark.parametrize("slug", ["", "/wrong", "/WORKSHOP"])
def test_a_wrong_or_missing_slug_leads_to_the_right_one(guest, slug):
    place = a_category("Workshop")
    answer = guest.get(f"/category/{place.id}{slug}")
    assert (answer.status, answer.location) == (308, f"/category/{place.id}/workshop")


def test_the_right_address_keeps_what_was_asked_of_it(guest):
    place = a_category("Workshop")
    answer = guest.get(f"/category/{place.id}/wrong?sort=most_votes&tag=glue&page=2")
    assert answer.status == 308
    assert "sort=most_votes" in answer.location
    assert "tag=glue" in answer.location
    assert "page=2" in answer.location


def test_a_category_shows_its_head_its_way_and_its_toolbar(guest, ann):
    parent = a_category("Workshop")
    place = a_category("Glue", parent_id=parent.id, description="What sticks.")
    page = guest.get(f"/category/{place.id}/glue")
    assert "<title>Glue" in page.html
    assert "What sticks." in page.words
    assert f'<a href="{categories_path(parent)}">Workshop</a>' in page.html
    assert "Log in to post" in page.words
    assert f"/login?next=/category/{place.id}/glue" in page.html
    member = ann.get(f"/category/{place.id}/glue")
    assert "New topic" in member.words
    assert f'href="/compose?category={place.id}"' in member.html
    for words in ("Recently replied", "Recently created", "Most posts", "Most votes", "Most views", "All tags"):
        assert words in member.words


def categories_path(place) -> str:
    """The address of a category."""
    return f"/category/{place.id}/{place.slug}"


def test_a_member_without_the_right_is_told_why_there_is_no_button(ann):
    place = a_category("Notices", own_rights=True)
    grant("find", "read", "topics:read", to="registered", in_=place)
    page = ann.get(f"/category/{place.id}/notices")
    assert "You may not start topics in this category." in page.words
    assert "New topic" not in page.words


def test_a_category_that_may_be_known_but_not_read_shows_no_topics(guest):
    place = a_category("Members only", own_rights=True)
    a_topic(in_=place, title="Hidden from guests", body="Nothing for guests.")
    grant("find", to="guests", in_=place)
    page = guest.get(f"/category/{place.id}/members-only")
    assert page.status == 200
    assert "You may know of this category, but not read its topics." in page.words
    assert "Hidden from guests" not in page.html
    home = guest.get("/")
    assert "Members only" in home.words
    assert "Nothing for guests." not in home.html


def test_rows_show_title_labels_tags_author_figures_and_the_last_post(guest, ann):
    place = a_category("Workshop")
    topic = a_topic(by=ann.user, in_=place, title="Two glues", tags="glue, wood", votes=3, views=1234)
    a_post(in_=topic, by=a_user("Bert"), body="Use the brown one.")
    page = guest.get(f"/category/{place.id}/workshop")
    assert "Two glues glue wood Ann · just now 3 votes 2 posts 1.2k views" in page.words
    assert "Bert just now Use the brown one." in page.words
    assert 'title="1,234"' in page.html


def test_one_vote_one_post_and_one_view_are_singular(guest):
    place = a_category("Workshop")
    a_topic(in_=place, title="Alone", votes=1, views=1)
    page = guest.get(f"/category/{place.id}/workshop")
    assert "1 vote 1 post 1 view No one has replied" in page.words


@pytest.mark.parametrize("sort", SORTS)
def test_five_orders(guest, sort):
    place = a_category("Workshop")
    present = clock.now()
    for at, title in enumerate(("a", "b", "c")):
        # each title leads in the orders that name it
        leads = {
            "recently_replied": "a",
            "recently_created": "b",
            "most_posts": "c",
            "most_votes": "a",
            "most_views": "b",
        }
        a_topic(
            in_=place, title=f"Topic {title}", at=present - timedelta(hours=3 + at),
            **{
                column: value
                for name, column, value in (
                    ("recently_replied", "last_post_at", present - timedelta(hours=1)),
                    ("recently_created", "created_at", present - timedelta(hours=1)),
                    ("most_posts", "posts", 9),
                    ("most_votes", "votes", 9),
                    ("most_views", "views", 9),
                )
                if leads[name] == title
            },
        )  # fmt: skip
    assert titles(guest.get(f"/category/{place.id}/workshop", {"sort": sort}))[0] == {
        "recently_replied": "Topic a", "recently_created": "Topic b", "most_posts": "Topic c",
        "most_votes": "Topic a", "most_views": "Topic b",
    }[sort]  # fmt: skip


def test_the_chosen_order_is_marked_and_the_usual_one_is_recently_replied(guest):
    place = a_category("Workshop")
    usual = guest.get(f"/category/{place.id}/workshop")
    chosen = guest.get(f"/category/{place.id}/workshop?sort=most_views")
    assert re.search(r'sort=recently_replied" aria-current="true"', usual.html)
    assert re.search(r'sort=most_views" aria-current="true"', chosen.html)


def test_pinned_topics_stand_first_until_their_time_is_over(guest):
    place = a_category("Workshop")
    present = clock.now()
    a_topic(in_=place, title="Pinned for good", pinned_at=present, at=present - timedelta(days=9))
    a_topic(
        in_=place, title="Pinned for a day", pinned_at=present - timedelta(days=1),
        pinned_until=present + timedelta(days=1), at=present - timedelta(days=8),
    )  # fmt: skip
    a_topic(in_=place, title="Fresh")
    path = f"/category/{place.id}/workshop"
    assert titles(guest.get(path)) == ["Pinned for good", "Pinned for a day", "Fresh"]
    assert "Pinned until" in guest.get(path).words
    clock.travel(timedelta(days=2))
    page = guest.get(path)
    assert titles(page) == ["Pinned for good", "Fresh", "Pinned for a day"]
    assert "Pinned until" not in page.words


def test_the_tag_filter_shows_only_topics_that_carry_the_tag(guest):
    place = a_category("Workshop")
    a_topic(in_=place, title="About glue", tags="glue")
    a_topic(in_=place, title="About wood", tags="wood")
    a_topic(in_=place, title="Pinned wood", tags="wood", pinned_at=clock.now())
    a_topic(in_=a_category("Elsewhere"), tags="stone")
    path = f"/category/{place.id}/workshop"
    assert titles(guest.get(path, {"tag": "glue"})) == ["About glue"]
    assert titles(guest.get(path, {"tag": "wood"})) == ["Pinned wood", "About wood"]
    assert titles(guest.get(path, {"tag": "unheard-of"})) == []
    page = guest.get(path)
    assert "wood 2" in page.words
    assert "glue 1" in page.words
    assert "stone" not in page.words


def test_labels_of_locked_moved_scheduled_and_deleted_topics(guest, visit):
    place, before = a_category("Workshop"), a_category("Before")
    author = a_user()
    a_topic(in_=place, title="Shut", locked_at=clock.now())
    a_topic(in_=place, title="Carried here", moved_from_id=before.id, moved_at=clock.now())
    a_scheduled_topic(by=author, in_=place, title="Tomorrow")
    a_deleted_topic(in_=place, title="Gone")
    path = f"/category/{place.id}/workshop"
    assert set(titles(guest.get(path))) == {"Shut", "Carried here"}
    assert "Shut Locked" in guest.get(path).words
    assert "Carried here Moved" in guest.get(path).words
    staff = visit(a_moderator("Second marshal")).get(path)
    assert "Tomorrow Scheduled" in staff.words
    assert "Gone Deleted" in staff.words
    assert set(titles(visit(author).get(path))) == {"Shut", "Carried here", "Tomorrow"}


@pytest.mark.parametrize("sort", SORTS)
def test_endless_pages_show_every_topic_exactly_once(guest, sort):
    place = a_category("Workshop")
    present = clock.now()
    same = [present - timedelta(hours=hour) for hour in range(3)]  # many ties in every order
    many_topics(
        place,
        67,
        last_post_at=same,
        created_at=[same[1], same[0], same[1]],
        posts=[1, 5],
        votes=[0, -2, 7, 7],
        views=[4],
    )
    seen: list[str] = []
    answer = guest.get(f"/category/{place.id}/workshop", {"sort": sort})
    while True:
        seen += titles(answer)
        following = next_of(answer)
        if not following:
            break
        answer = guest.htmx.get(following)
        assert answer.html.count("<html") == 0
        assert len(titles(answer)) <= 20
    assert len(seen) == len(set(seen)) == 67


def test_numbered_pages_show_every_topic_exactly_once(guest):
    place = a_category("Workshop")
    many_topics(place, 45)
    path = f"/category/{place.id}/workshop"
    pages = [guest.get(path, {"page": number}) for number in (1, 2, 3, 4)]
    assert [len(titles(page)) for page in pages] == [20, 20, 5, 0]
    assert len({title for page in pages for title in titles(page)}) == 45
    assert 'rel="next"' in pages[0].html
    assert "page=2" in pages[0].html
    assert "Page 1" in pages[1].words
    assert 'rel="next"' not in pages[2].html
    assert "There is nothing on this page." in pages[3].words


def test_pinned_topics_stand_on_the_first_page_only(guest):
    place = a_category("Workshop")
    many_topics(place, 25)
    a_topic(in_=place, title="Pinned", pinned_at=clock.now())
    path = f"/category/{place.id}/workshop"
    first = guest.get(path)
    assert titles(first).count("Pinned") == 1
    assert "Pinned" not in titles(guest.get(path, {"page": 2}))
    assert "Pinned" not in titles(guest.htmx.get(next_of(first)))


def test_past_page_fifty_pages_are_not_reached_by_number(guest):
    place = a_category("Workshop")
    a_topic(in_=place, title="Only one")
    assert guest.get(f"/category/{place.id}/workshop?page=50").status == 200
    answer = guest.get(f"/category/{place.id}/workshop?page=51")
    assert answer.status == 404
    assert "50" in answer.words


def test_the_rows_that_the_endless_page_gets_are_those_of_the_page_htmx(guest):
    place = a_category("Workshop")
    many_topics(place, 25)
    path = f"/category/{place.id}/workshop"
    page, parts = guest.get(path), guest.htmx.get(path)
    assert "<html" not in parts.html
    assert page.shows(parts.html)


def test_a_topic_that_moved_up_meanwhile_is_not_lost_from_the_pages_that_follow(guest):
    place = a_category("Workshop")
    made = many_topics(place, 41)
    first = guest.get(f"/category/{place.id}/workshop")
    second = guest.htmx.get(next_of(first))
    a_post(in_=made[5])  # it moves to the top: nothing behind the cursor shifts
    again = guest.htmx.get(next_of(first))
    assert titles(second) == titles(again)


def test_colours_of_categories_reach_the_page_through_a_stylesheet(guest):
    place = a_category("Workshop", colour="#0a7f3f")
    page = guest.get("/")
    address = re.search(r'href="(/colours\.css\?v=[0-9a-f]+)"', page.html)[1]
    sheet = guest.get(address)
    assert f".c-{place.id}{{--tint:#0a7f3f;--on-tint:{ink_on('#0a7f3f')}}}" in sheet.html
    assert "immutable" in sheet.headers["Cache-Control"]
    a_category("Another", colour="#ffee00")
    assert re.search(r'href="(/colours\.css\?v=[0-9a-f]+)"', guest.get("/").html)[1] != address


def test_a_colour_that_is_no_colour_stays_out_of_the_stylesheet(guest):
    a_category("Odd", colour="red}x{")
    assert "red" not in guest.get("/colours.css").html


@pytest.mark.parametrize(("colour", "ink"), [("#000000", "#ffffff"), ("#ffffff", "#000000"), ("#ffee00", "#000000")])
def test_the_ink_on_a_colour_is_the_better_readable_one(colour, ink):
    assert ink_on(colour) == ink


def test_a_new_category_is_seen_at_once_and_stands_last(guest):
    a_category("First")
    guest.get("/")
    a_category("Second")
    assert guest.get("/").words.index("First") < guest.get("/").words.index("Second")


def test_counting_finds_the_newest_post_again(app):
    place = a_category()
    older = a_topic(in_=place, at=clock.now() - timedelta(days=1))
    newer = a_topic(in_=place)
    assert fresh(place).last_post_id == newer.last_post_id
    with inside(), writing() as session:
        session.get(type(newer), newer.id).deleted_at = clock.now()
        session.flush()
        categories.count(place.id, topics=-1, posts=-1)
    assert (fresh(place).last_post_id, fresh(place).topics) == (older.last_post_id, 1)


def test_a_hidden_category_is_missing_not_forbidden(app):
    secret = a_private_category()
    with inside(), pytest.raises(Missing):
        categories.get(viewer_of(None), secret.id)
    with inside():
        assert categories.get(viewer_of(an_administrator()), secret.id).name == "Backstage"
