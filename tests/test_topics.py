"""The topic page, its three orders, how a topic begins, and when it is published."""

import re
from datetime import timedelta

import pytest

from core import clock
from core.db import writing
from forum import categories, publishing, schedule, topics
from forum.refusals import Forbidden, Invalid
from models import Topic
from tests.factories import (
    PASSWORD,
    a_category,
    a_deleted_topic,
    a_locked_topic,
    a_moderator,
    a_post,
    a_private_category,
    a_scheduled_topic,
    a_topic,
    a_user,
    an_administrator,
    astray,
    first_post,
    fresh,
    grant,
    inside,
    many_posts,
    number_of,
    posts_of,
    set_setting,
    viewer_of,
)
from tests.visitor import numbers, path_of, words

ORDERS = ("oldest_to_newest", "newest_to_oldest", "most_votes")


def link(answer, name: str) -> str | None:
    """What HTMX asks for when the link to earlier or later posts comes into view."""
    found = re.search(rf'id="{name}" href="[^"]*" hx-get="([^"]*)"', answer.html)
    return found[1].replace("&amp;", "&") if found else None


def scroll(reader, page) -> list[int]:
    """The numbers of the posts after somebody has scrolled to both ends: links are replaced by what they get."""
    html = page.html
    while found := re.search(
        r'<a class="stretch-link" id="(?:earlier|later)".*?hx-get="([^"]*)".*?</a>', html, re.DOTALL
    ):
        got = reader.htmx.get(found[1].replace("&amp;", "&"))
        assert "<html" not in got.html
        assert len(numbers(got)) <= 21
        html = html.replace(found[0], got.html)
    assert html.count('id="stream-end"') + html.count('id="stream-newest"') == 1  # where a new post goes
    return [int(number) for number in re.findall(r'<article class="post[^>]* data-number="(\d+)"', html)]


@pytest.fixture
def long_topic(app):
    """A topic of 131 posts, with few different scores so that many are the same."""
    topic = a_topic(by=a_user("Starter"), title="A long one")
    many_posts(topic, 130, scores=[0, 3, -1, 3, 0, 7, 0])
    return fresh(topic)


# --- the page ---


def test_a_topic_shows_its_title_category_tags_and_figures(guest):
    place = a_category("Workshop")
    topic = a_topic(in_=place, title="Which glue?", tags="glue, wood", views=1500, watchers=2)
    a_post(in_=topic)
    page = guest.get(path_of(topic))
    assert page.status == 200
    assert "<title>Which glue? · Livery</title>" in page.html
    assert "Which glue? Workshop glue wood 2 posts 2 posters 1.5k views 2 watching" in page.words
    assert 'href="/tags/glue"' in page.html
    assert f'<a href="/category/{place.id}/workshop">Workshop</a>' in page.html


def test_one_of_each_is_singular(guest):
    topic = a_topic(views=1)
    assert "1 post 1 poster 1 view" in guest.get(path_of(topic)).words
    assert "watching" not in guest.get(path_of(topic)).words


def test_none_is_plural(guest):
    assert "1 post 1 poster 0 views" in guest.get(path_of(a_topic())).words


def test_labels_of_a_topic(guest, visit):
    present = clock.now()
    author, before = a_user(), a_category("Before")
    topic = a_topic(
        by=author, locked_at=present, pinned_at=present, pinned_until=present + timedelta(days=3),
        moved_from_id=before.id, moved_at=present,
    )  # fmt: skip
    page = guest.get(path_of(topic))
    for label in ("Pinned until", "Locked", "Moved"):
        assert label in page.words
    assert "Scheduled" not in page.words
    assert "Moved from Before" not in page.words
    assert "Moved from Before" in visit(a_moderator()).get(path_of(topic)).words


def test_a_plain_topic_has_no_labels(guest):
    page = guest.get(path_of(a_topic()))
    for label in ("Pinned", "Locked", "Moved", "Scheduled", "Deleted"):
        assert label not in page.words


def test_a_deleted_topic_is_seen_by_its_author_and_moderators_only_and_says_why(guest, visit):
    author = a_user()
    topic = a_deleted_topic(by=author, title="Gone now", deleter=a_moderator("Marshal"), reason="Twice the same.")
    assert guest.get(path_of(topic)).status == 404
    assert visit(a_user()).get(path_of(topic)).status == 404
    for somebody in (author, a_moderator("Second"), an_administrator()):
        page = visit(somebody).get(path_of(topic))
        assert page.status == 200
        assert "Marshal deleted this topic just now" in page.words
        assert "The reason given: “Twice the same.”." in page.words
        assert "This topic was deleted, so new replies are closed." in page.words


def test_a_scheduled_topic_is_seen_by_its_author_and_moderators_only(guest, visit):
    author, place = a_user(), a_category()
    topic = a_scheduled_topic(by=author, in_=place, title="Tomorrow's news")
    assert guest.get(path_of(topic)).status == 404
    assert visit(a_user()).get(path_of(topic)).status == 404
    for somebody in (author, a_moderator()):
        page = visit(somebody).get(path_of(topic))
        assert "Scheduled" in page.words
        assert "This topic will be published on" in page.words


def test_a_topic_of_a_private_category_is_missing_for_those_outside(guest, visit):
    topic = a_topic(in_=a_private_category(), title="Between us")
    answer = guest.get(path_of(topic))
    assert answer.status == 404
    assert "Between us" not in answer.html
    assert visit(a_user()).get(path_of(topic)).status == 200


def test_titles_that_may_be_seen_but_not_opened(guest):
    place = a_category("Half open", own_rights=True)
    topic = a_topic(in_=place, title="The title shows")
    grant("find", "read", to="guests", in_=place)
    assert "The title shows" in guest.get(f"/category/{place.id}/half-open").words
    answer = guest.get(path_of(topic))
    assert answer.status == 403
    assert "You may see the titles of this category, but not open its topics." in answer.words


@pytest.mark.parametrize("rest", ["", "/wrong", "/wrong/2", "/A-Long-One"])
def test_a_wrong_or_missing_slug_leads_to_the_right_one(guest, rest):
    topic = a_topic(title="A long one")
    many_posts(topic, 3)
    answer = guest.get(f"/topic/{topic.id}{rest}")
    assert answer.status == 308
    assert answer.location == f"/topic/{topic.id}/a-long-one" + ("/2" if rest.endswith("/2") else "")


def test_the_right_address_keeps_what_was_asked_of_it(guest, long_topic):
    answer = guest.get(f"/topic/{long_topic.id}?sort=newest_to_oldest&page=3")
    assert answer.location == f"{path_of(long_topic)}?sort=newest_to_oldest&page=3"


def test_a_slug_in_another_script_works(guest):
    topic = a_topic(title="Ελληνικά γράμματα")
    assert topic.slug == "ελληνικά-γράμματα"
    moved = guest.get(f"/topic/{topic.id}")
    assert moved.status == 308
    assert guest.follow(moved).status == 200
    assert guest.get(path_of(topic)).status == 200


def test_a_title_is_shown_as_text(guest):
    topic = a_topic(title="<script>alert(1)</script> & <b>bold</b>")
    page = guest.get(path_of(topic))
    assert "<script>alert" not in page.html
    assert "<b>bold" not in page.html
    assert "&lt;b&gt;bold" in page.html


def test_what_a_guest_and_a_member_may_do(guest, ann):
    topic = a_topic()
    page = guest.get(path_of(topic))
    assert "Log in to reply" in page.words
    assert f"/login?next={path_of(topic)}" in page.html
    member = ann.get(path_of(topic))
    assert f'href="/topic/{topic.id}/reply"' in member.html
    assert "Reply as topic" in member.words
    assert "Log in to reply" not in member.words


def test_a_locked_topic_says_why_there_is_no_reply(ann, visit):
    topic = a_locked_topic()
    page = ann.get(path_of(topic))
    assert "This topic is locked, so new replies are closed." in page.words
    assert f'href="/topic/{topic.id}/reply"' not in page.html
    assert f'href="/topic/{topic.id}/reply"' in visit(a_moderator()).get(path_of(topic)).html


def test_a_view_is_counted_once_an_hour_for_the_same_reader(app, visit):
    topic = a_topic()
    for reader in (visit(), visit(), visit(a_user())):
        for _ in range(2):
            assert reader.get(path_of(topic)).status == 200
    assert fresh(topic).views == 0  # reading does not write
    with inside():
        schedule.flush_tallies()
    assert fresh(topic).views == 2  # both guests come from one address with one browser
    with inside():
        schedule.flush_tallies()
    assert fresh(topic).views == 2


# --- where a page begins and ends ---


def test_twenty_posts_on_a_page(guest, long_topic):
    path = path_of(long_topic)
    assert numbers(guest.get(path)) == list(range(1, 21))
    assert numbers(guest.get(path, {"page": 3})) == list(range(41, 61))
    assert numbers(guest.get(path, {"page": 7})) == list(range(121, 132))
    answer = guest.get(path, {"page": 8})
    assert answer.status == 404
    assert "This topic has no page 8." in answer.words


def test_a_topic_of_exactly_twenty_posts_has_one_page(guest):
    topic = a_topic()
    many_posts(topic, 19)
    page = guest.get(path_of(topic))
    assert numbers(page) == list(range(1, 21))
    assert link(page, "later") is None
    assert guest.get(path_of(topic), {"page": 2}).status == 404


def test_a_number_in_the_address_opens_the_page_that_holds_it(guest, long_topic):
    page = guest.get(f"{path_of(long_topic)}/81")
    assert numbers(page) == list(range(81, 101))
    assert re.search(r'<article class="post post-target" [^>]*data-number="81"', page.html)
    assert link(page, "earlier")
    assert link(page, "later")
    assert 'aria-current="page">5</span>' in page.html


@pytest.mark.parametrize(
    ("asked", "first", "last"), [(1, 1, 20), (20, 1, 20), (21, 21, 40), (131, 121, 131), (99999, 121, 131)]
)
def test_any_number_leads_somewhere_sensible(guest, long_topic, asked, first, last):
    page = guest.get(f"{path_of(long_topic)}/{asked}")
    page = guest.follow(page) if asked > last else page
    assert numbers(page) == list(range(first, last + 1))


def test_post_four_hundred_and_thirty_one_opens_on_its_page(guest):
    topic = a_topic(title="Very long")
    many_posts(topic, 449)
    page = guest.get(f"{path_of(topic)}/431")
    assert 431 in numbers(page)
    assert len(numbers(page)) == 20
    assert "of 450" in page.words


def test_typing_a_number_into_the_navigator_jumps_plain(guest, long_topic):
    page = guest.get(path_of(long_topic))
    form = page.form(f"/topic/{long_topic.id}/{long_topic.slug}")
    assert (form.method, form.fields["post"]) == ("get", "1")
    answer = guest.get(form.action, {"post": 77})
    assert (answer.status, answer.location) == (302, f"{path_of(long_topic)}/77")
    assert 77 in numbers(guest.follow(answer))


def test_typing_a_number_into_the_navigator_jumps_htmx(guest, long_topic):
    answer = guest.htmx.boosted(f"{path_of(long_topic)}?post=77")
    assert 77 in numbers(guest.htmx.boosted(answer.location))


def test_the_navigator_jumps_within_the_chosen_order(guest, long_topic):
    answer = guest.get(path_of(long_topic), {"post": 77, "sort": "newest_to_oldest"})
    assert answer.location == f"{path_of(long_topic)}/77?sort=newest_to_oldest"
    assert 77 in numbers(guest.follow(answer))


@pytest.mark.parametrize("number", ["0", "999999"])
def test_a_number_that_no_post_has_leads_to_an_end(guest, long_topic, number):
    answer = guest.follow(guest.get(path_of(long_topic), {"post": number}))
    answer = guest.follow(answer) if answer.status == 302 else answer
    assert answer.status == 200
    assert numbers(answer)


def test_a_topic_of_one_post_has_no_navigator(guest):
    topic = a_topic()
    page = guest.get(path_of(topic))
    assert re.search(rf'id="topic-{topic.id}-navigator"[^>]* hidden>', page.html)


# --- the orders ---


@pytest.mark.parametrize("sort", ORDERS)
@pytest.mark.parametrize("start", ["", "/1", "/2", "/66", "/131"])
def test_the_endless_page_covers_every_post_exactly_once_wherever_it_begins(guest, long_topic, sort, start):
    expected = list(range(1, 132))
    if sort == "newest_to_oldest":
        expected = [1, *range(131, 1, -1)]
    elif sort == "most_votes":
        scores = {post.number: post.score for post in posts_of(long_topic)}
        expected = [1, *sorted(range(2, 132), key=lambda number: (-scores[number], number))]
    assert scroll(guest, guest.get(path_of(long_topic) + start, {"sort": sort})) == expected


@pytest.mark.parametrize("sort", ORDERS)
def test_the_plain_pages_cover_every_post_exactly_once(guest, long_topic, sort):
    answer = guest.get(path_of(long_topic), {"sort": sort})
    seen = numbers(answer)
    while found := re.search(r'<a rel="next" href="([^"]*)"', answer.html):
        answer = guest.get(found[1].replace("&amp;", "&"))
        seen += numbers(answer)
    assert len(seen) == len(set(seen)) == 131


def test_newest_to_oldest_is_led_by_the_first_post(guest, long_topic):
    assert numbers(guest.get(path_of(long_topic), {"sort": "newest_to_oldest"})) == [1, *range(131, 111, -1)]


def test_most_votes_is_led_by_the_first_post_then_by_score_and_number(guest, long_topic):
    scores = {post.number: post.score for post in posts_of(long_topic)}
    expected = sorted(range(2, 132), key=lambda number: (-scores[number], number))
    assert numbers(guest.get(path_of(long_topic), {"sort": "most_votes"})) == [1, *expected[:20]]


def test_a_vote_between_two_pages_of_most_votes_shows_no_post_twice(guest, long_topic):
    first = guest.get(path_of(long_topic), {"sort": "most_votes"})
    last_shown = numbers(first)[-1]
    later = guest.htmx.get(link(first, "later"))
    assert last_shown not in numbers(later)
    assert not set(numbers(first)) & set(numbers(later))


@pytest.mark.parametrize("sort", ORDERS)
def test_a_guest_sorts_with_plain_links(guest, long_topic, sort):
    page = guest.get(path_of(long_topic))
    assert f'href="{path_of(long_topic)}?sort={sort}"' in page.html
    chosen = guest.get(path_of(long_topic), {"sort": sort})
    assert re.search(rf'sort={sort}" aria-current="true"', chosen.html)


def test_sorting_is_remembered_for_a_member_plain(ann, long_topic):
    path = path_of(long_topic)
    answer = ann.submit(ann.get(path), f"/topic/{long_topic.id}/sort", sort="newest_to_oldest")
    assert (answer.status, answer.location) == (303, f"{path}?sort=newest_to_oldest")
    assert numbers(ann.follow(answer))[1] == 131
    assert numbers(ann.get(path))[1] == 131
    assert numbers(ann.get(path_of(a_topic())))[0] == 1


def test_sorting_swaps_the_stream_htmx(ann, long_topic):
    path = path_of(long_topic)
    answer = ann.htmx.submit(ann.get(path), f"/topic/{long_topic.id}/sort", sort="most_votes")
    assert answer.status == 200
    assert answer.headers["HX-Push-Url"] == f"{path}?sort=most_votes"
    assert [part.target for part in answer.parts] == [f"#topic-{long_topic.id}-stream", f"#topic-{long_topic.id}-tools"]
    page = ann.get(path, {"sort": "most_votes"})
    for part in answer.parts:
        assert page.shows(part.html)
    assert numbers(ann.get(path)) == numbers(page)


def test_an_unknown_order_is_refused(ann, guest, long_topic):
    assert guest.get(path_of(long_topic), {"sort": "worst"}).status == 400
    assert ann.post(f"/topic/{long_topic.id}/sort", {"sort": "worst"}).status == 422
    assert ann.htmx.post(f"/topic/{long_topic.id}/sort", {"sort": "worst"}).status == 422
    assert numbers(ann.get(path_of(long_topic)))[:2] == [1, 2]


def test_a_guest_cannot_have_an_order_remembered(guest, long_topic):
    assert guest.post(f"/topic/{long_topic.id}/sort", {"sort": "most_votes"}).status == 403


def test_the_stretch_that_the_endless_page_gets_is_that_of_the_page_htmx(guest, long_topic):
    path = path_of(long_topic)
    page, part = guest.get(path, {"page": 2}), guest.htmx.get(f"{path}?sort=oldest_to_newest&page=2")
    assert page.shows(part.html)


# --- beginning a topic ---


def test_starting_a_topic_plain(ann):
    place = a_category("Workshop")
    page = ann.get(f"/compose?category={place.id}")
    assert "New topic in Workshop" in page.words
    answer = ann.submit(
        page, f"/category/{place.id}/topics", title="  Which   glue? ", body="For *wood*.", tags="Glue, #wood,glue"
    )
    assert answer.status == 303
    shown = ann.follow(answer)
    assert answer.location.endswith("/which-glue")
    assert "Which glue? Workshop glue wood 1 post 1 poster" in shown.words
    assert "<em>wood</em>" in shown.html
    assert (fresh(place).topics, fresh(place).posts) == (1, 1)
    assert (fresh(ann.user).topics, fresh(ann.user).posts) == (1, 1)


def test_starting_a_topic_htmx(ann):
    place = a_category("Workshop")
    page = ann.get(f"/category/{place.id}/workshop")
    composer = ann.htmx.get(f"/compose?category={place.id}", target="div#dock")
    assert page.status == composer.status == 200
    assert "<html" not in composer.html
    answer = ann.htmx.submit(composer, f"/category/{place.id}/topics", title="Which glue?", body="For wood.")
    assert answer.status == 200
    assert re.search(r'"path": "/topic/\d+/which-glue"', answer.headers["HX-Location"])
    assert number_of(Topic) == 1


def test_the_composer_is_the_same_in_place_and_as_a_page(ann):
    place = a_category("Workshop")
    page, part = ann.get(f"/compose?category={place.id}"), ann.htmx.get(f"/compose?category={place.id}")
    assert page.shows(part.html)


def test_a_topic_without_title_keeps_the_text_plain(ann):
    place = a_category("Workshop")
    page = ann.get(f"/compose?category={place.id}")
    answer = ann.submit(
        page, f"/category/{place.id}/topics", title="", body="A long text.\n\nTwo paragraphs.", tags="glue"
    )
    assert answer.status == 422
    form = answer.form(f"/category/{place.id}/topics")
    assert "A title has at least 3 letters." in answer.words
    assert form.fields["body"] == "A long text.\n\nTwo paragraphs."
    assert form.fields["tags"] == "glue"
    assert form.fields["send_key"] == page.form(form.action).fields["send_key"]
    assert number_of(Topic) == 0


def test_a_topic_without_text_keeps_the_title_htmx(ann):
    place = a_category("Workshop")
    composer = ann.htmx.get(f"/compose?category={place.id}")
    answer = ann.htmx.submit(composer, f"/category/{place.id}/topics", title="Which glue?", body="  ")
    assert answer.status == 422
    assert "<html" not in answer.html
    assert "Write something first." in answer.words
    assert 'aria-describedby="composer-body-error"' in answer.html
    assert answer.form(f"/category/{place.id}/topics").fields["title"] == "Which glue?"


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("title", "ab", "A title has at least 3 letters."),
        ("title", "a" * 256, "A title has at most 255 letters; this one has 256."),
        ("title", "nul\x00nul", "cannot be kept"),
        ("body", "x" * 32_768, "A post has at most 32,767 letters; this one has 32,768."),
        ("body", "nul\x00nul", "cannot be kept"),
        ("tags", "ab", "A tag has 3 to 15 letters; “ab” has 2."),
        ("tags", "a" * 16, "A tag has 3 to 15 letters"),
        ("tags", "one1,two2,three,four,five,six6", "At most 5 tags, please."),
    ],
)
def test_what_a_topic_cannot_be(ann, field, value, reason):
    place = a_category()
    answer = ann.post(f"/category/{place.id}/topics", {"title": "Fine", "body": "Fine.", "tags": "", field: value})
    assert answer.status == 422
    assert reason in answer.words
    assert number_of(Topic) == 0
    assert fresh(place).topics == 0


def test_sending_a_new_topic_twice_starts_it_once(ann):
    place = a_category("Workshop")
    page = ann.get(f"/compose?category={place.id}")
    first = ann.submit(page, f"/category/{place.id}/topics", title="Only once", body="Click click.")
    second = ann.submit(page, f"/category/{place.id}/topics", title="Only once", body="Click click.")
    assert first.location == second.location
    assert (number_of(Topic), fresh(place).topics, fresh(ann.user).topics) == (1, 1, 1)


def test_two_topics_of_the_same_title_are_two(ann):
    place = a_category("Workshop")
    for _ in range(2):
        page = ann.get(f"/compose?category={place.id}")
        ann.submit(page, f"/category/{place.id}/topics", title="Same", body="Different key.")
    assert number_of(Topic) == 2


def test_the_preview_of_a_topic_is_what_the_topic_will_look_like_plain(ann):
    place = a_category()
    page = ann.get(f"/compose?category={place.id}")
    body = "# Head\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    preview = ann.submit(page, f"/category/{place.id}/topics", title="Table", body=body, preview="1")
    assert preview.status == 200
    assert number_of(Topic) == 0
    assert preview.form(f"/category/{place.id}/topics").fields["title"] == "Table"
    topic = ann.follow(ann.submit(preview, f"/category/{place.id}/topics"))
    rendered = re.search(r'<div class="post-body" hx-ignore>(.*?)</div>\s*</section>', preview.html, re.DOTALL)[1]
    assert rendered in topic.html


def test_a_lost_login_keeps_the_new_topic_and_asks_for_the_login_in_place(guest):
    place = a_category("Workshop")
    ann = a_user("Ann")
    answer = guest.post(f"/category/{place.id}/topics", {"title": "Kept", "body": "Every word.", "tags": "glue"})
    assert answer.status == 403
    assert "You are not logged in. Your text is still here" in answer.words
    form = answer.form(f"/category/{place.id}/topics")
    assert (form.fields["title"], form.fields["body"], form.fields["tags"]) == ("Kept", "Every word.", "glue")
    wrong = guest.submit(answer, form.action, name="Ann", password="not it")
    assert wrong.status == 403
    assert "The name or the password is not right." in wrong.words
    assert wrong.form(form.action).fields["body"] == "Every word."
    right = guest.submit(wrong, form.action, name="Ann", password=PASSWORD)
    assert right.status == 303
    assert "Kept" in guest.follow(right).words
    assert number_of(Topic, Topic.author_id == ann.id) == 1


def test_somebody_without_the_right_starts_nothing(ann):
    place = a_category(own_rights=True)
    grant("find", "read", "topics:read", to="registered", in_=place)
    for answer in (
        ann.post(f"/category/{place.id}/topics", {"title": "No entry", "body": "Text."}),
        ann.htmx.post(f"/category/{place.id}/topics", {"title": "No entry", "body": "Text."}),
    ):
        assert answer.status == 403
        assert "You may not start topics in this category." in answer.words
    assert number_of(Topic) == 0


def test_a_category_that_one_may_not_know_of_takes_no_topics(ann):
    place = a_private_category(for_="moderators")
    assert ann.get(f"/compose?category={place.id}").status == 404
    assert ann.post(f"/category/{place.id}/topics", {"title": "No entry", "body": "Text."}).status == 404


@pytest.mark.parametrize("kind", [{"section": True}, {"link": "https://elsewhere.example/"}])
def test_sections_and_links_take_no_topics(ann, kind):
    place = a_category(**kind)
    answer = ann.post(f"/category/{place.id}/topics", {"title": "No place", "body": "Text."})
    assert answer.status == 403
    assert "Topics cannot be started in this category." in answer.words
    assert number_of(Topic) == 0


def test_replying_as_a_topic_begins_with_a_link_to_the_first(ann):
    topic = a_topic(title="Where it began")
    page = ann.get(f"/compose?category={topic.category_id}&about={topic.id}")
    text = page.form(f"/category/{topic.category_id}/topics").fields["body"]
    assert text == f"Re: [Where it began]({path_of(topic)})\n\n"
    odd = a_topic(in_=a_category(), title="A [draft] of *this* | <b>")
    page = ann.get(f"/compose?category={odd.category_id}&about={odd.id}")
    answer = ann.submit(page, f"/category/{odd.category_id}/topics", title="The second")
    assert f'Re: <a href="{path_of(odd)}">A [draft] of *this* | &lt;b&gt;</a>' in ann.follow(answer).html


def test_replying_as_a_topic_to_one_that_may_not_be_read_is_missing(ann):
    secret = a_topic(in_=a_private_category(for_="moderators"))
    assert ann.get(f"/compose?category={a_category().id}&about={secret.id}").status == 404


def test_tags_need_their_right(ann):
    place = a_category(own_rights=True)
    grant("find", "read", "topics:read", "topics:create", to="registered", in_=place)
    answer = ann.post(f"/category/{place.id}/topics", {"title": "Tagged", "body": "Text.", "tags": "glue"})
    assert answer.status == 403
    assert "You may not use tags in this category." in answer.words
    assert ann.post(f"/category/{place.id}/topics", {"title": "Plain", "body": "Text."}).status == 303


def test_a_guest_is_sent_to_log_in_before_composing(guest):
    place = a_category()
    answer = guest.get(f"/compose?category={place.id}&about=7")
    assert answer.status == 302
    page = guest.get(answer.location)
    assert page.form("/login").fields["next"] == f"/compose?category={place.id}&about=7"


# --- the verbs ---


def test_limits_of_titles_are_settings(ann):
    place = a_category()
    set_setting("topics.title_min", "10")
    assert ann.post(f"/category/{place.id}/topics", {"title": "Too short", "body": "Text."}).status == 422
    set_setting("topics.title_min", "1")
    assert ann.post(f"/category/{place.id}/topics", {"title": "a", "body": "Text."}).status == 303


def test_scheduling_needs_its_right_and_publishes_when_the_time_has_come(app, guest, visit):
    place, author = a_category(), a_user()
    tomorrow = clock.now() + timedelta(days=1)
    with inside(), pytest.raises(Invalid), writing():
        topics.create(viewer_of(author), categories.find(place.id), "Later", "Text.", publish_at=tomorrow)
    topic = a_scheduled_topic(by=author, in_=place, title="In two days", after=timedelta(days=2))
    assert (fresh(place).topics, fresh(author).topics) == (0, 0)
    with inside():
        topics.publish_due()
    assert fresh(topic).scheduled
    clock.travel(timedelta(days=2, minutes=1))
    with inside():
        topics.publish_due()
    with inside():
        topics.publish_due()
    published = fresh(topic)
    assert not published.scheduled
    assert published.created_at == published.published_at == published.last_post_at
    assert (fresh(place).topics, fresh(place).posts) == (1, 1)
    assert (fresh(author).topics, fresh(author).posts) == (1, 1)
    assert "In two days" in guest.get(path_of(topic)).words
    assert "In two days" in guest.get("/recent").words


@pytest.mark.parametrize("again", [None, timedelta(hours=3), timedelta(hours=30)])
def test_what_moderators_answer_before_a_topic_is_published_comes_with_it(app, marshal, again):
    topic = a_scheduled_topic(by=a_user(), in_=a_category(), after=timedelta(hours=24))
    assert marshal.get(path_of(topic)).status == 200
    marshal.post(f"/topic/{topic.id}/posts", {"body": "Wait for the picture."})
    assert astray() == []
    if again is not None:
        with inside(), writing():
            publishing.reschedule(viewer_of(marshal.user), topic.id, clock.now() + again)
        assert astray() == []
    clock.travel(timedelta(hours=31))
    marshal.post(f"/topic/{topic.id}/posts", {"body": "It is due, and the job has not come by."})
    assert astray() == []
    with inside():
        topics.publish_due()
    assert astray() == []
    posts = posts_of(topic)
    assert [post.number for post in posts] == [1, 2, 3]
    assert [post.created_at for post in posts] == sorted(post.created_at for post in posts)
    assert posts[1].created_at >= fresh(topic).published_at
    assert fresh(topic).last_post_id == posts[-1].id


def test_a_deleted_scheduled_topic_is_not_published(app):
    author, place = a_user(), a_category()
    topic = a_scheduled_topic(by=author, in_=place)
    with inside(), writing() as session:
        session.get(Topic, topic.id).deleted_at = clock.now()
    clock.travel(timedelta(days=2))
    with inside():
        topics.publish_due()
    assert fresh(topic).scheduled


def test_a_guest_cannot_start_a_topic_even_by_the_verb(app):
    place = a_category()
    with inside(), pytest.raises(Forbidden), writing():
        topics.create(viewer_of(None), categories.find(place.id), "A title", "A text")
    assert number_of(Topic) == 0


def test_the_first_post_is_number_one(app):
    topic = a_topic(body="The **first**.")
    post = first_post(topic)
    assert (topic.first_post_id, topic.last_post_id, topic.posts, topic.posters) == (post.id, post.id, 1, 1)
    assert words(post.html) == "The first ."
