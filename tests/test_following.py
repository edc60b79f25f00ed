"""Following: topics, categories, tags and people; blocking; and the page that shows what one chose."""

from core.db import writing
from forum import following, posts, topics
from models import Block, PersonFollow, TopicFollow
from tests.factories import (
    a_category,
    a_moderator,
    a_post,
    a_topic,
    a_user,
    first_post,
    fresh,
    inside,
    number_of,
    viewer_of,
)
from tests.test_preferences import sets
from tests.visitor import path_of, titles


def state_of(page, action: str) -> str:
    """Which button of a menu is pressed."""
    return next(button["value"] for button in page.form(action).buttons if button["aria-pressed"] == "true")


# --- topics ---


def test_watching_a_topic_plain(ann):
    topic = a_topic()
    action = f"/topic/{topic.id}/follow"
    page = ann.get(path_of(topic))
    assert state_of(page, action) == "normal"
    assert "Not watching" in page.words
    for state, shown in (("watch", "Watching"), ("ignore", "Ignoring"), ("normal", "Not watching")):
        page = ann.follow(ann.submit(page, action, state=state))
        assert state_of(page, action) == state
        assert shown in page.words


def test_watching_a_topic_htmx(ann):
    topic = a_topic()
    action = f"/topic/{topic.id}/follow"
    answer = ann.htmx.submit(ann.get(path_of(topic)), action, state="watch")
    assert {part.target for part in answer.parts} == {f"#topic-{topic.id}-follow", f"#topic-{topic.id}-stats"}
    page = ann.get(path_of(topic))
    assert all(page.shows(part.html) for part in answer.parts)
    assert "1 watching" in page.words


def test_a_topic_counts_its_watchers_once_each(ann, visit):
    topic = a_topic()
    bob = visit(a_user("Bob"))
    for visitor in (ann, ann, bob):
        visitor.get(path_of(topic))
        visitor.post(f"/topic/{topic.id}/follow", {"state": "watch"})
    assert fresh(topic).watchers == 2
    bob.post(f"/topic/{topic.id}/follow", {"state": "ignore"})
    assert fresh(topic).watchers == 1


def test_a_guest_has_no_menu_and_is_asked_to_log_in(guest):
    topic = a_topic()
    page = guest.get(path_of(topic))
    assert "Not watching" not in page.words
    assert guest.post(f"/topic/{topic.id}/follow", {"state": "watch"}).status == 403
    assert number_of(TopicFollow) == 0


def test_there_is_no_other_state(ann):
    topic, place = a_topic(), a_category()
    ann.get("/")
    assert ann.post(f"/topic/{topic.id}/follow", {"state": "love"}).status == 422
    assert ann.post(f"/category/{place.id}/follow", {"state": "love"}).status == 422
    assert ann.post("/user/ann/follow", {"follow": "perhaps"}).status == 400


def test_a_topic_that_one_may_not_read_cannot_be_followed(ann):
    topic = a_topic(deleted_at=first_post(a_topic()).created_at)
    ann.get("/")
    assert ann.post(f"/topic/{topic.id}/follow", {"state": "watch"}).status == 404


def test_what_one_starts_is_watched_and_what_one_answers_is_not(ann):
    place, other = a_category(), a_topic()
    ann.get("/")
    ann.post(f"/category/{place.id}/topics", {"title": "My own topic", "body": "Hello."})
    ann.post(f"/topic/{other.id}/posts", {"body": "An answer."})
    listed = ann.get("/me/following").words
    assert "My own topic watching" in listed
    assert other.title not in listed


def test_both_can_be_chosen_otherwise(ann):
    place, other = a_category(), a_topic()
    assert 'href="/me/settings#watching"' in ann.get("/me/following").html
    page = ann.get("/me/settings")
    form = page.form("/me/settings")
    assert form.fields["watch_started"] == "1"
    assert "watch_replied" not in form.fields
    sets(ann, watch_replied="1")
    ann.post(f"/category/{place.id}/topics", {"title": "My own topic", "body": "Hello."})
    ann.post(f"/topic/{other.id}/posts", {"body": "An answer."})
    listed = ann.get("/me/following").words
    assert "My own topic" not in listed
    assert f"{other.title} watching" in listed


def test_what_was_chosen_for_a_topic_stands_when_one_answers(ann):
    topic = a_topic()
    sets(ann, watch_replied="1")
    ann.post(f"/topic/{topic.id}/follow", {"state": "ignore"})
    ann.post(f"/topic/{topic.id}/posts", {"body": "An answer."})
    assert state_of(ann.get(path_of(topic)), f"/topic/{topic.id}/follow") == "ignore"


# --- categories ---


def test_following_a_category_plain(ann):
    place = a_category("Workshop")
    action = f"/category/{place.id}/follow"
    page = ann.get(f"/category/{place.id}/workshop")
    assert state_of(page, action) == "track"
    for state in ("watch", "normal", "ignore", "track"):
        page = ann.follow(ann.submit(page, action, state=state))
        assert state_of(page, action) == state


def test_following_a_category_htmx(ann):
    place = a_category("Workshop")
    page = ann.get(f"/category/{place.id}/workshop")
    answer = ann.htmx.submit(page, f"/category/{place.id}/follow", state="watch")
    [part] = answer.parts
    assert part.target == f"#category-{place.id}-follow"
    assert ann.get(f"/category/{place.id}/workshop").shows(part.html)


def test_a_category_is_followed_as_the_one_above_until_one_chooses(ann):
    above = a_category("Above")
    below = a_category("Below", parent_id=above.id)
    ann.get("/")
    ann.post(f"/category/{above.id}/follow", {"state": "ignore"})
    assert state_of(ann.get(f"/category/{below.id}/below"), f"/category/{below.id}/follow") == "ignore"
    ann.post(f"/category/{below.id}/follow", {"state": "watch"})
    assert state_of(ann.get(f"/category/{below.id}/below"), f"/category/{below.id}/follow") == "watch"
    assert state_of(ann.get(f"/category/{above.id}/above"), f"/category/{above.id}/follow") == "ignore"


def test_an_ignored_category_stays_out_of_the_lists_over_all_categories(ann, guest):
    loud, calm = a_category("Loud"), a_category("Calm")
    a_topic(in_=loud, title="Noise")
    a_topic(in_=calm, title="Silence")
    ann.get("/")
    ann.post(f"/category/{loud.id}/follow", {"state": "ignore"})
    for page in ("/recent", "/popular?term=alltime", "/top?term=alltime"):
        assert titles(ann.get(page)) == ["Silence"]
        assert set(titles(guest.get(page))) == {"Noise", "Silence"}
    assert titles(ann.get(f"/recent?cid={loud.id}")) == ["Noise"]
    assert titles(ann.get(f"/category/{loud.id}/loud")) == ["Noise"]


# --- tags ---


def test_following_a_tag_plain(ann):
    a_topic(tags="glue")
    page = ann.get("/tags/glue")
    assert "Follow this tag" in page.words
    page = ann.follow(ann.submit(page, "/tags/glue/follow", follow="1"))
    assert "Following" in page.words
    assert "glue" in ann.get("/me/following").words
    page = ann.follow(ann.submit(page, "/tags/glue/follow", follow="0"))
    assert "Follow this tag" in page.words
    assert "glue" not in ann.get("/me/following").words


def test_following_a_tag_htmx(ann):
    a_topic(tags="glue")
    answer = ann.htmx.submit(ann.get("/tags/glue"), "/tags/glue/follow", follow="1")
    [part] = answer.parts
    assert ann.get("/tags/glue").shows(part.html)
    assert "Following" in part.html


def test_a_tag_that_nobody_used_cannot_be_followed(ann):
    ann.get("/")
    assert ann.post("/tags/nothing/follow", {"follow": "1"}).status == 404


# --- people ---


def test_following_a_person_plain(ann):
    a_user("Bob")
    page = ann.get("/user/bob")
    page = ann.follow(ann.submit(page, "/user/bob/follow", follow="1"))
    assert page.words.count("Following") == 2  # the name of a tab, and the button
    assert "People Bob" in " ".join(ann.get("/me/following").words.split(" B "))
    page = ann.follow(ann.submit(page, "/user/bob/follow", follow="0"))
    assert page.words.count("Following") == 1
    assert number_of(PersonFollow) == 0


def test_following_a_person_htmx(ann):
    bob = a_user("Bob")
    answer = ann.htmx.submit(ann.get("/user/bob"), "/user/bob/follow", follow="1")
    [part] = answer.parts
    assert part.target == f"#person-{bob.id}-tools"
    assert ann.get("/user/bob").shows(part.html)


def test_nobody_follows_or_blocks_himself(ann):
    page = ann.get("/user/ann")
    assert [form.action for form in page.forms if form.action.startswith("/user/ann")] == []
    assert ann.post("/user/ann/follow", {"follow": "1"}).status == 422
    assert ann.post("/user/ann/block", {"block": "1"}).status == 422


def test_a_person_who_is_followed_is_announced_once(app):
    ann, bob, told = a_user(), a_user(), []
    with inside(), writing() as current:
        emit, following.emit = following.emit, told.append
        try:
            for _ in range(2):
                following.follow_person(viewer_of(ann), bob.id, follow=True)
            following.follow_person(viewer_of(ann), bob.id, follow=False)
        finally:
            following.emit = emit
        current.rollback()
    assert told == [following.PersonFollowed(ann.id, bob.id)]


# --- blocking ---


def test_blocking_a_person_plain(ann):
    bob = a_user("Bob")
    topic = a_topic(by=bob, body="Words of Bob.")
    a_post(in_=topic, by=a_user("Cora"), body="Words of Cora.")
    page = ann.get("/user/bob")
    page = ann.follow(ann.submit(page, "/user/bob/block", block="1"))
    assert "Unblock" in page.words
    assert "/user/bob/follow" not in [form.action for form in page.forms]
    shown = ann.get(path_of(topic))
    assert shown.html.count('<details class="post-blocked">') == 1
    assert "You block Bob. Show this post Words of Bob." in shown.words
    ann.follow(ann.submit(page, "/user/bob/block", block="0"))
    assert "You block" not in ann.get(path_of(topic)).words


def test_blocking_a_person_htmx(ann):
    a_user("Bob")
    answer = ann.htmx.submit(ann.get("/user/bob"), "/user/bob/block", block="1")
    [part] = answer.parts
    page = ann.get("/user/bob")
    assert page.shows(part.html)
    assert "Blocked" in ann.get("/me/following").words


def test_only_who_blocks_sees_posts_folded(ann, guest, visit):
    bob = a_user("Bob")
    topic = a_topic(by=bob)
    ann.get("/")
    ann.post("/user/bob/block", {"block": "1"})
    for reader in (guest, visit(bob), visit(a_user())):
        assert "You block" not in reader.get(path_of(topic)).words


def test_the_answers_of_a_blocked_person_are_folded_too(ann):
    topic = a_topic()
    bob = a_user("Bob")
    a_post(in_=topic, by=bob, to=first_post(topic), body="Words of Bob.")
    a_post(in_=topic, by=bob, to=first_post(topic), body="More of them.")
    ann.get("/")
    ann.post("/user/bob/block", {"block": "1"})
    answers = ann.htmx.get(f"/post/{topic.first_post_id}/replies")
    assert answers.html.count('<details class="post-blocked">') == 2


def test_who_is_blocked_is_followed_no_more(ann):
    a_user("Bob")
    ann.get("/")
    ann.post("/user/bob/follow", {"follow": "1"})
    ann.post("/user/bob/block", {"block": "1"})
    assert number_of(PersonFollow) == 0
    assert ann.post("/user/bob/follow", {"follow": "1"}).status == 422


def test_moderators_cannot_be_blocked(ann):
    a_moderator("Marshal")
    ann.get("/")
    answer = ann.post("/user/marshal/block", {"block": "1"})
    assert answer.status == 403
    assert "Moderators and administrators cannot be blocked." in answer.words
    assert number_of(Block) == 0


# --- the page of what one follows ---


def test_the_page_says_when_there_is_nothing(ann, guest):
    assert "You follow nothing yet" in ann.get("/me/following").words
    assert guest.get("/me/following").status == 302


def test_the_page_shows_no_topic_that_one_may_not_see(ann):
    topic = a_topic(title="Once open")
    ann.get("/")
    ann.post(f"/topic/{topic.id}/follow", {"state": "watch"})
    assert "Once open" in ann.get("/me/following").words
    with inside(), writing() as current:
        current.get(type(topic), topic.id).deleted_at = first_post(topic).created_at
    assert "Once open" not in ann.get("/me/following").words


def test_a_reply_says_nothing_of_the_state_it_did_not_touch(app):
    """Watching what one answers costs nothing to those who did not ask for it."""
    ann = a_user()
    topic = a_topic()
    with inside(), writing():
        viewer = viewer_of(ann)
        posts.reply(viewer, topics.get(viewer, topic.id), "An answer.")
    assert number_of(TopicFollow, TopicFollow.user_id == ann.id) == 0
