"""Unread: the mark in lists, the counts, the list, the jump, the line in the stream, and marking by hand."""

import re
from datetime import timedelta

import pytest

from core import clock, pending
from core.db import writing
from forum import marking, posts, topics, unread
from models import ReadMark, ReadTopic
from tests.factories import (
    a_category,
    a_deleted_topic,
    a_post,
    a_private_category,
    a_scheduled_topic,
    a_topic,
    a_user,
    change,
    first_post,
    fresh,
    inside,
    many_posts,
    many_topics,
    number_of,
    set_setting,
    viewer_of,
)
from tests.visitor import next_of, numbers, path_of, titles


@pytest.fixture
def later(ann):
    """Ann has been a member for an hour: what is written now is news to her."""
    clock.travel(timedelta(hours=1))
    return ann


def badge(page) -> str:
    """The number beside "Unread" in the side bar; empty when there is none."""
    counted = r'href="/unread"(?:(?!</a>).)*?<span class="rail-count" id="unread-[a-z]+-\d+"( hidden)?>(\d+\+?)<'
    [found] = set(re.findall(counted, page.html, re.DOTALL))
    return "" if found[0] else found[1]


def news(page) -> list[str]:
    """The titles that a list marks as unread."""
    rows = re.findall(
        r'<li class="row-item topic-row row-unread.*?<h2 class="row-title"><a [^>]*>([^<]*)<', page.html, re.DOTALL
    )
    assert page.html.count('<li class="row-item topic-row row-unread') == len(rows)
    return rows


def marked_categories(page) -> list[str]:
    """The categories that a page marks."""
    return re.findall(
        r'<li class="row-item category-row row-unread"[^>]*>.*?<h2 class="row-title">\s*<a [^>]*>([^<]*)<',
        page.html,
        re.DOTALL,
    )


def tabs(page) -> dict[str, str]:
    """The counts over the unread list."""
    return dict(re.findall(r'>(\w+) <span class="count">(\d+\+?)</span></a>', page.html))


# --- what is new ---


def test_what_others_write_is_unread_until_one_opens_it(later):
    place = a_category("Workshop")
    topic = a_topic(in_=place, title="Which glue?")
    home = later.get("/")
    assert badge(home) == "1"
    assert marked_categories(home) == ["Workshop"]
    for page in ("/recent", f"/category/{place.id}/workshop", "/unread"):
        assert news(later.get(page)) == ["Which glue?"]
    assert badge(later.get(path_of(topic))) == ""
    assert badge(later.get("/")) == ""
    assert marked_categories(later.get("/")) == []
    for page in ("/recent", f"/category/{place.id}/workshop"):
        assert news(later.get(page)) == []
    assert "Nothing new You have read it all." in later.get("/unread").words
    a_post(in_=topic)
    assert badge(later.get("/")) == "1"
    assert news(later.get("/recent")) == ["Which glue?"]


def test_a_read_topic_is_known_at_once_and_written_by_the_job(later):
    topic = a_topic()
    later.get(path_of(topic))
    assert number_of(ReadTopic) == 0
    assert badge(later.get("/recent")) == ""
    with inside():
        marking.flush()
    assert number_of(ReadTopic, ReadTopic.user_id == later.user.id, ReadTopic.number == 1) == 1
    assert pending.owners("read") == []
    assert badge(later.get("/recent")) == ""


def test_what_was_there_when_one_joined_is_not_news(app, visit):
    a_topic()
    clock.travel(timedelta(minutes=1))
    new = visit(a_user("Newcomer"))
    assert badge(new.get("/")) == ""
    clock.travel(timedelta(minutes=2))
    a_topic(title="After that")
    assert titles(new.get("/unread")) == ["After that"]


def test_guests_see_no_marks_and_no_list(guest):
    a_topic()
    for page in ("/", "/recent"):
        answer = guest.get(page)
        assert "rail-count" not in answer.html
        assert "row-unread" not in answer.html
    assert guest.get("/unread").location.startswith("/login")


def test_ones_own_posts_are_not_news(later):
    place = a_category()
    later.get("/")
    later.post(f"/category/{place.id}/topics", {"title": "My own topic", "body": "Hello."})
    assert badge(later.get("/")) == ""
    topic = a_topic(in_=place)
    later.get(path_of(topic))
    later.post(f"/topic/{topic.id}/posts", {"body": "An answer."})
    assert badge(later.get("/")) == ""


def test_an_answer_hides_nothing_that_one_has_not_read(later):
    topic = a_topic(title="Which glue?")
    many_posts(topic, 30)
    later.get(path_of(topic))  # the first page only
    assert news(later.get("/recent")) == ["Which glue?"]
    later.post(f"/topic/{topic.id}/posts", {"body": "An answer without reading on."})
    assert news(later.get("/recent")) == ["Which glue?"]
    assert later.get(f"{path_of(topic)}/unread").location == f"{path_of(topic)}/21"


def test_blocked_people_and_deleted_posts_make_nothing_unread(later):
    bob = a_user("Bob")
    topic = a_topic()
    later.get(path_of(topic))
    later.post("/user/bob/block", {"block": "1"})
    a_post(in_=topic, by=bob)
    assert badge(later.get("/")) == ""
    gone = a_post(in_=topic)
    assert badge(later.get("/")) == "1"
    change(gone, deleted_at=clock.now())
    assert badge(later.get("/")) == ""


def test_nobody_is_told_of_what_he_may_not_see(later, visit):
    bob = a_user("Bob")
    a_topic(in_=a_private_category(for_="administrators"))
    a_deleted_topic(in_=a_category())
    a_scheduled_topic(by=bob, in_=a_category())
    assert badge(later.get("/")) == ""
    assert titles(later.get("/unread")) == []


def test_states_decide_what_is_marked(later):
    calm, loud = a_category("Calm"), a_category("Loud")
    quiet, watched, plain = (a_topic(in_=calm, title=word) for word in ("Quiet", "Watched", "Plain"))
    later.get("/")
    later.post(f"/category/{calm.id}/follow", {"state": "normal"})
    later.post(f"/topic/{watched.id}/follow", {"state": "watch"})
    ignored = a_topic(in_=loud, title="Ignored")
    a_topic(in_=loud, title="Loud topic")
    later.post(f"/topic/{ignored.id}/follow", {"state": "ignore"})
    assert set(news(later.get("/recent"))) == {"Watched", "Loud topic"}
    assert set(titles(later.get("/unread"))) == {"Watched", "Loud topic"}
    assert titles(later.get("/unread?filter=watched")) == ["Watched"]
    assert badge(later.get("/")) == "2"
    assert plain.id
    assert quiet.id


# --- the list ---


def test_the_filters_and_their_counts(later):
    opened = a_topic(title="Opened before", replies=1)
    later.get(path_of(opened))
    a_post(in_=opened)
    a_topic(title="New and lonely")
    busy = a_topic(title="New and busy", replies=2)
    later.post(f"/topic/{busy.id}/follow", {"state": "watch"})
    page = later.get("/unread")
    assert tabs(page) == {"All": "3", "New": "2", "Watched": "1", "Unreplied": "1"}
    for only, shown in (
        ("all", {"Opened before", "New and lonely", "New and busy"}),
        ("new", {"New and lonely", "New and busy"}),
        ("watched", {"New and busy"}),
        ("unreplied", {"New and lonely"}),
    ):
        assert set(titles(later.get(f"/unread?filter={only}"))) == shown
        assert tabs(later.get(f"/unread?filter={only}")) == tabs(page)
    assert later.get("/unread?filter=odd").status == 400


@pytest.mark.parametrize("many", [45, 130])
def test_the_list_goes_on_and_counts_to_99(later, many):
    place = a_category()
    clock.travel(timedelta(hours=5))
    many_topics(place, many)
    page = later.get("/unread")
    assert badge(page) == ("45" if many == 45 else "99+")
    assert tabs(page)["All"] == badge(page)
    assert tabs(page)["Unreplied"] == badge(page)
    assert tabs(page)["Watched"] == "0"
    found = titles(page)
    further = next_of(page)
    while further:
        part = later.htmx.get(further)
        found += titles(part)
        further = next_of(part)
    assert found == [f"Topic number {at}" for at in range(many)]
    assert titles(later.get("/unread?page=3")) == found[40:60]
    assert marked_categories(later.get("/")) == [place.name]


def test_the_list_htmx(later):
    a_topic()
    page, part = later.get("/unread"), later.htmx.get("/unread")
    assert "<html" not in part.html
    assert page.shows(part.html)


# --- the place in a topic ---


def test_the_jump_leads_to_the_first_unread_post(later):
    topic = a_topic()
    many_posts(topic, 50)
    path = path_of(topic)
    assert later.get(f"{path}/unread").location == f"{path}/1"
    later.get(path)
    assert later.get(f"{path}/unread").location == f"{path}/21"
    later.get(f"{path}?page=3")
    assert later.get(f"{path}/unread").location == f"{path}/51"
    assert f'href="{path}/unread"' not in later.get("/recent").html


def test_the_jump_passes_over_what_is_not_news(later):
    bob = a_user("Bob")
    topic = a_topic()
    path = path_of(topic)
    later.get(path)
    gone = a_post(in_=topic)
    change(gone, deleted_at=clock.now())
    later.post("/user/bob/block", {"block": "1"})
    a_post(in_=topic, by=bob)
    a_post(in_=topic)
    assert later.get(f"{path}/unread").location == f"{path}/4"


def test_a_line_stands_where_the_new_posts_begin(later):
    topic = a_topic()
    many_posts(topic, 4)
    path = path_of(topic)
    assert "New since your last visit" not in later.get(path).words
    assert "New since your last visit" not in later.get(path).words
    a_post(in_=topic, body="Something new.")
    page = later.get(path)
    assert re.search(
        r'id="new-line">New since your last visit</p>\s*<article class="post[^>]* data-number="6"', page.html
    )
    assert "New since your last visit" not in later.get(path).words


def test_the_line_stands_in_the_stretch_where_it_belongs(later):
    set_setting("posts.per_page", "5")
    topic = a_topic()
    many_posts(topic, 6)
    path = path_of(topic)
    later.get(f"{path}?page=2")
    many_posts(topic, 20)
    first = later.get(path)
    assert "new-line" not in first.html
    later_link = re.search(r'id="later"[^>]* hx-get="([^"]*)"', first.html)[1].replace("&amp;", "&")
    stretch = later.htmx.get(later_link)
    assert numbers(stretch) == [6, 7, 8, 9, 10]
    assert re.search(r'id="new-line">.*?</p>\s*<article class="post[^>]* data-number="8"', stretch.html)
    following = re.search(r'id="later"[^>]* hx-get="([^"]*)"', stretch.html)[1].replace("&amp;", "&")
    assert "new-line" not in later.htmx.get(following).html


def test_the_line_stands_behind_what_the_mark_says_is_read(later):
    topic = a_topic()
    many_posts(topic, 3)
    clock.travel(timedelta(hours=3))
    later.post("/unread", {"mark": "all-read"})
    clock.travel(timedelta(hours=4))
    a_post(in_=topic)
    assert re.search(
        r'id="new-line">.*?</p>\s*<article class="post[^>]* data-number="5"', later.get(path_of(topic)).html
    )


def test_the_best_posts_of_a_long_topic_are_no_place(later):
    topic = a_topic()
    many_posts(topic, 50)
    later.get(f"{path_of(topic)}?sort=most_votes")
    assert badge(later.get("/")) == "1"
    later.get(f"{path_of(topic)}?sort=newest_to_oldest")
    assert badge(later.get("/")) == ""


# --- marking by hand ---


def test_marking_everything_plain(later):
    for title in ("One", "Two"):
        a_topic(title=title)
    page = later.get("/unread")
    page = later.follow(later.submit(page, "/unread", mark="all-read"))
    assert "Nothing new" in page.words
    assert "Everything is marked as read." in page.html
    page = later.follow(later.submit(page, "/unread", mark="all-unread"))
    assert set(titles(page)) == {"One", "Two"}


def test_marking_everything_htmx(later):
    a_topic()
    answer = later.htmx.sends(later.get("/unread"), "/unread", mark="all-read")
    assert answer.location == "/unread"
    assert badge(later.get("/")) == ""


def test_marking_selected_topics(later):
    made = {word: a_topic(title=word) for word in ("One", "Two", "Three")}
    page = later.get("/unread")
    assert f'name="topic" value="{made["One"].id}" form="mark-selected"' in page.html
    chosen = {"topic": [made["One"].id, made["Two"].id], "mark": "selected-read"}
    page = later.follow(later.submit(page, "/unread", **chosen))
    assert "2 topics are marked as read." in page.html
    assert titles(page) == ["Three"]
    later.submit(page, "/unread", **{**chosen, "topic": [made["One"].id], "mark": "selected-unread"})
    assert set(titles(later.get("/unread"))) == {"One", "Three"}
    answer = later.follow(later.submit(page, "/unread", mark="selected-read"))
    assert "Tick topics first" in answer.html


def test_marking_a_category_takes_those_below_with_it(later):
    above, other = a_category("Above"), a_category("Other")
    below = a_category("Below", parent_id=above.id)
    for place in (above, below, other):
        a_topic(in_=place, title=f"In {place.name}")
    page = later.get(f"/category/{above.id}/above")
    page = later.follow(later.submit(page, f"/category/{above.id}/unread", read="1"))
    assert "“Above” is marked as read." in page.html
    assert titles(later.get("/unread")) == ["In Other"]
    assert number_of(ReadMark) == 2
    later.submit(page, f"/category/{above.id}/unread", read="0")
    assert set(titles(later.get("/unread"))) == {"In Other", "In Above", "In Below"}


def test_marking_a_topic_as_unread(later):
    topic = a_topic(title="Come back")
    many_posts(topic, 3)
    page = later.get(path_of(topic))
    later.follow(later.submit(page, f"/topic/{topic.id}/unread", read="0"))
    assert titles(later.get("/unread")) == ["Come back"]
    assert later.get(f"{path_of(topic)}/unread").location == f"{path_of(topic)}/4"
    later.get(path_of(topic))
    assert titles(later.get("/unread")) == []


def test_ones_own_topic_can_be_marked_as_unread_too(later):
    topic = a_topic(by=later.user, title="Mine")
    later.get(path_of(topic))
    later.post(f"/topic/{topic.id}/unread", {"read": "0"})
    assert titles(later.get("/unread")) == ["Mine"]
    later.get(f"{path_of(topic)}/1")
    assert titles(later.get("/unread")) == []
    with inside():
        marking.flush()
    assert titles(later.get("/unread")) == []


def test_what_comes_after_the_page_was_drawn_is_not_marked(later):
    seen = a_topic(title="Seen", replies=0)
    page = later.get("/unread")
    clock.travel(timedelta(hours=1, minutes=1))
    a_topic(title="Just now")
    a_post(in_=seen)
    page = later.follow(later.submit(page, "/unread", mark="all-read"))
    assert set(titles(page)) == {"Seen", "Just now"}
    assert later.get(f"{path_of(seen)}/unread").location == f"{path_of(seen)}/2"


def test_an_old_page_does_not_take_back_what_was_read_since(later):
    topic = a_topic()
    page = later.get("/unread")
    clock.travel(timedelta(hours=2))
    a_post(in_=topic)
    later.get(path_of(topic))
    later.submit(page, "/unread", mark="all-read")
    assert badge(later.get("/")) == ""


def test_marking_is_refused_to_guests_and_takes_nothing_odd(guest, ann):
    topic = a_topic()
    assert guest.post("/unread", {"mark": "all-read"}).status == 403
    ann.get("/")
    assert ann.post("/unread", {"mark": "some"}).status == 400
    assert ann.post("/unread", {"mark": "selected-read", "topic": "x"}).status == 400
    assert ann.post("/unread", {"mark": "all-read", "until": "yesterday"}).status == 400
    assert ann.post(f"/topic/{topic.id}/unread", {"read": "maybe"}).status == 400


def test_a_topic_that_one_may_not_see_is_not_marked(later):
    hidden = a_topic(in_=a_private_category(for_="administrators"))
    later.get("/")
    assert later.post("/unread", {"mark": "selected-read", "topic": hidden.id}).status == 303
    assert number_of(ReadTopic) == 0


# --- state and cost ---


def test_whoever_keeps_up_needs_one_mark_and_few_rows(later):
    place = a_category()
    made = many_topics(place, 60)
    for topic in made[2:]:
        later.get(path_of(topic))
    clock.travel(timedelta(hours=1, minutes=1))
    with inside():
        marking.flush(compact=20)
    assert number_of(ReadMark) == 1
    assert number_of(ReadTopic) == 2  # the two that are still unread
    assert set(titles(later.get("/unread"))) == {"Topic number 0", "Topic number 1"}


def test_a_scheduled_topic_is_news_when_it_appears(later):
    bob, place = a_user("Bob"), a_category()
    planned = a_scheduled_topic(by=bob, in_=place, title="Planned", after=timedelta(minutes=5))
    clock.travel(timedelta(hours=1, minutes=5, seconds=25))
    later.get("/")
    later.post("/unread", {"mark": "all-read"})
    with inside():
        topics.publish_due()
    assert not fresh(planned).scheduled
    assert titles(later.get("/unread")) == ["Planned"]


def test_a_topic_page_says_how_far_one_has_read(app):
    ann = a_user()
    clock.travel(timedelta(hours=1))
    topic = a_topic()
    many_posts(topic, 30)
    with inside():
        viewer = viewer_of(ann)
        page = topics.get(viewer, topic.id)
        assert (page.read_number, page.news) == (0, True)
        unread.seen(viewer, page, posts.stream(viewer, page))
        assert (topics.get(viewer, topic.id).read_number, topics.get(viewer, topic.id).news) == (20, True)
        clock.travel(timedelta(hours=2))
        with writing():
            marking.topics_read(viewer, [topic.id])
        assert (topics.get(viewer, topic.id).read_number, topics.get(viewer, topic.id).news) == (31, False)


def test_older_posts_that_come_behind_unread_ones_do_not_hide_them(later, marshal):
    clock.travel(timedelta(hours=1))
    old, target = a_topic(title="Old", replies=2), a_topic(title="Target", replies=1)
    clock.travel(timedelta(hours=2))
    later.get("/unread")
    later.post("/unread", {"mark": "all-read"})
    clock.travel(timedelta(hours=3))
    a_post(in_=target, body="The only one that is new.")
    marshal.get("/")
    assert marshal.post(f"/topic/{old.id}/merge", {"topic": str(target.id)}).status == 303
    assert titles(later.get("/unread")) == ["Target"]
    assert later.get(f"{path_of(target)}/unread").location == f"{path_of(target)}/3"


@pytest.mark.parametrize("rows_kept", [0, 100])
def test_a_post_that_one_read_is_no_news_when_it_is_restored(later, marshal, rows_kept):
    topic = a_topic(title="Sourdough")
    for row in (topic, first_post(topic)):  # from before she joined
        change(row, created_at=clock.now() - timedelta(hours=2), published_at=clock.now() - timedelta(hours=2))
    post = a_post(in_=topic)
    assert news(later.get("/recent")) == ["Sourdough"]
    later.get(path_of(topic))
    marshal.post(f"/post/{post.id}/delete", {"deleted": "1", "reason": "Looking into it"})
    with inside():
        marking.flush(compact=rows_kept)
    marshal.post(f"/post/{post.id}/delete", {"deleted": "0"})
    assert badge(later.get("/recent")) == ""
    assert news(later.get("/recent")) == []


def test_a_mark_that_moves_on_forgets_no_post_that_may_be_restored(later, marshal):
    topic = a_topic(title="Sourdough")
    clock.travel(timedelta(hours=1, minutes=1))
    post = a_post(in_=topic)
    later.get(path_of(topic))
    with inside():
        marking.flush(compact=100)
    marshal.post(f"/post/{post.id}/delete", {"deleted": "1", "reason": "Looking into it"})
    with inside():
        marking.flush(compact=0)  # when the job has something new to write of this reader
    with inside(), writing():
        marking.move_marks(viewer_of(later.user))
    marshal.post(f"/post/{post.id}/delete", {"deleted": "0"})
    assert news(later.get("/recent")) == []
