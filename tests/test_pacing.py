"""How soon one may write or vote again: at once when new, then after some seconds, and nothing that was typed is lost."""

from datetime import timedelta

import pytest

from core import clock
from tests.factories import a_category, a_moderator, a_post, a_topic, a_user, posts_of, set_setting

pytestmark = pytest.mark.usefixtures("paced", "_still")


@pytest.fixture
def _still(monkeypatch):
    """The clock stands, so that a slow machine reads the same seconds; it goes on with `later`."""
    began = clock.present()
    monkeypatch.setattr(clock, "present", lambda: began + clock._offset)


@pytest.fixture
def new(visit):
    return visit(a_user("Nora"))


def reply(person, topic, body, **more):
    page = person.get(f"/topic/{topic.id}/reply")
    return person.submit(page, f"/topic/{topic.id}/posts", body=body, **more)


def later(seconds: int) -> None:
    clock.travel(timedelta(seconds=seconds))


def texts(topic) -> list[str]:
    return [post.source for post in posts_of(topic)][1:]


def test_a_new_member_posts_at_once_and_again_after_ten_seconds(new):
    topic = a_topic(title="Which glue?")
    assert reply(new, topic, "Hello from me.").status == 303
    answer = reply(new, topic, "One more thought.")
    assert answer.status == 429
    assert answer.headers["Retry-After"] == "10"
    assert "You can post again in 10 seconds. Your text stays here: send it then." in answer.words
    assert "\nOne more thought.</textarea>" in answer.html
    later(4)
    assert "again in 6 seconds" in reply(new, topic, "One more thought.").words
    later(10)
    assert reply(new, topic, "One more thought.").status == 303
    assert texts(topic) == ["Hello from me.", "One more thought."]


def test_a_new_topic_waits_too_and_keeps_title_tags_and_text(new):
    place = a_category("Workshop")
    reply(new, a_topic(), "Hello from me.")
    page = new.get(f"/compose?category={place.id}")
    answer = new.submit(page, f"/category/{place.id}/topics", title="My topic", body="Its text.", tags="glue")
    assert answer.status == 429
    assert "again in 10 seconds" in answer.words
    assert 'value="My topic"' in answer.html
    assert 'value="glue"' in answer.html
    assert "\nIts text.</textarea>" in answer.html


def test_with_script_the_composer_says_it(new):
    topic = a_topic()
    reply(new, topic, "Hello from me.")
    page = new.get(f"/topic/{topic.id}/reply")
    answer = new.htmx.submit(page, f"/topic/{topic.id}/posts", body="One more thought.", target="composer")
    assert answer.status == 429
    assert 'id="composer"' in answer.html
    assert "again in 10 seconds" in answer.words
    assert "HX-Retarget" not in answer.headers


def test_a_form_that_comes_twice_is_no_second_post(new):
    topic = a_topic()
    page = new.get(f"/topic/{topic.id}/reply")
    for _ in range(2):
        assert new.submit(page, f"/topic/{topic.id}/posts", body="Hello from me.").status == 303
    assert texts(topic) == ["Hello from me."]


def test_what_waits_for_a_moderator_counts(new):
    topic = a_topic()
    set_setting("queue.on", "yes")
    assert reply(new, topic, "Hello from me.").location == "/post-queue"
    assert reply(new, topic, "One more thought.").status == 429


def test_who_is_known_and_who_moderates_does_not_wait(visit):
    topic, known = a_topic(), a_user("Ned", reputation=3)
    for person in (visit(known), visit(a_moderator())):
        for number in range(2):
            assert reply(person, topic, f"Number {number}.").status == 303
    set_setting("pace.seconds", "30")
    assert "again in 30 seconds" in reply(visit(known), topic, "Once more.").words


def test_an_administrator_may_let_people_wait_after_joining(new):
    set_setting("pace.first_seconds", "7200")
    topic = a_topic()
    later(60)
    assert "You can post again in 2 hours." in reply(new, topic, "Hello from me.").words


def vote(person, post, value=1):
    return person.post(f"/post/{post.id}/vote", {"value": value})


def test_votes_of_a_day_are_counted(new):
    topic = a_topic()
    ours = [a_post(in_=topic, by=a_user(f"Writer {number}")) for number in range(3)]
    set_setting("pace.ups_per_day", "2")
    assert [vote(new, post).status for post in ours] == [303, 303, 429]
    later(3600)
    answer = vote(new, ours[2])
    assert "These were all your votes of this kind for a day. The next is free in 23 hours." in answer.words
    assert vote(new, ours[0], 0).status == 303
    assert vote(new, ours[2]).status == 303
    later(90_000)
    assert vote(new, ours[0]).status == 303


def test_votes_for_one_author_are_counted_and_moderators_are_not(new, visit):
    topic, writer = a_topic(), a_user("Writer")
    theirs = [a_post(in_=topic, by=writer) for _ in range(3)]
    set_setting("pace.downs_per_author", "2")
    assert [vote(new, post, -1).status for post in theirs] == [303, 303, 429]
    assert "You voted for this author a lot today." in vote(new, theirs[2], -1).words
    assert vote(new, theirs[2], 1).status == 303
    keeper = visit(a_moderator())
    assert [vote(keeper, post, -1).status for post in theirs] == [303, 303, 303]


def test_a_vote_may_need_reputation(new):
    topic = a_topic()
    post = a_post(in_=topic)
    set_setting("pace.down_reputation", "10")
    answer = vote(new, post, -1)
    assert answer.status == 403
    assert "To vote like this you need a reputation of 10." in answer.words
    assert vote(new, post, 1).status == 303
