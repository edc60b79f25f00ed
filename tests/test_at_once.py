"""Many people at once: nothing is lost, nothing is counted twice, and nobody sees an error of ours."""

import threading
from collections.abc import Callable

from models import Post, Tag, User, Vote
from tests.factories import a_category, a_post, a_topic, a_user, first_post, fresh, number_of, posts_of
from tests.visitor import Visitor

GOOD = "four plain wooden chairs"


def together(*actions: Callable[[], object]) -> list[object]:
    """Runs actions at the same moment, each in a thread of its own, and returns what they returned."""
    start = threading.Barrier(len(actions))
    results: list[object] = [None] * len(actions)

    def run(at: int, action: Callable[[], object]) -> None:
        start.wait()
        try:
            results[at] = action()
        except BaseException as error:
            results[at] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_replies_get_numbers_without_gaps_and_a_double_click_counts_once(app):
    topic = a_topic()
    people = [Visitor(app, a_user()) for _ in range(4)]

    def sender(writer: Visitor, key: str) -> Callable[[], int]:
        return lambda: writer.post(f"/topic/{topic.id}/posts", {"body": f"From {key}.", "send_key": key}).status

    keys = [(writer, f"key-{at}-{turn}") for at, writer in enumerate(people) for turn in range(2) for _ in range(2)]
    assert together(*(sender(*pair) for pair in keys)) == [303] * 16
    assert [post.number for post in posts_of(topic)] == list(range(1, 10))
    now = fresh(topic)
    assert (now.posts, now.last_number, now.posters) == (9, 9, 5)


def test_the_same_vote_from_two_windows_counts_once(app):
    topic = a_topic()
    post, voter = first_post(topic), a_user()
    windows = [Visitor(app, voter) for _ in range(6)]

    def vote(window: Visitor) -> Callable[[], int]:
        return lambda: window.post(f"/post/{post.id}/vote", {"value": 1}).status

    assert together(*map(vote, windows)) == [303] * 6
    assert (fresh(post).score, fresh(topic).votes, number_of(Vote)) == (1, 1, 1)


def test_votes_and_replies_do_not_wait_for_each_other_in_a_circle(app):
    author = a_user("Author")
    topic = a_topic(by=author)
    post = first_post(topic)
    a_post(in_=topic, by=author)
    writers = [Visitor(app, author) for _ in range(2)]
    voters = [Visitor(app, a_user()) for _ in range(3)]

    def write(writer: Visitor) -> Callable[[], set[int]]:
        fields = {"body": "Again.", "reply_to": post.id}
        return lambda: {writer.post(f"/topic/{topic.id}/posts", fields).status for _ in range(8)}

    def vote(voter: Visitor) -> Callable[[], set[int]]:
        return lambda: {voter.post(f"/post/{post.id}/vote", {"value": value}).status for value in (1, -1, 0, 1) * 3}

    assert together(*map(write, writers), *map(vote, voters)) == [{303}] * 5
    assert (fresh(topic).posts, fresh(post).replies, fresh(author).posts) == (18, 16, 18)
    assert fresh(post).score == fresh(topic).votes == fresh(author).reputation == 3


def test_one_name_is_given_to_one_person(app):
    visitors = [Visitor(app) for _ in range(4)]

    def register(visitor: Visitor) -> Callable[[], int]:
        fields = {"name": "Ann", "email": "", "password": GOOD, "repeat": GOOD}
        return lambda: visitor.post("/register", fields).status

    statuses = together(*map(register, visitors))
    assert statuses.count(303) == 1
    assert set(statuses) <= {303, 409, 422}
    assert number_of(User) == 1


def test_a_new_tag_is_made_once_and_no_text_is_lost(app):
    place = a_category()
    people = [Visitor(app, a_user()) for _ in range(4)]

    def start(writer: Visitor, line: str) -> Callable[[], int]:
        fields = {"title": "About glue", "body": "Text.", "tags": line}
        return lambda: writer.post(f"/category/{place.id}/topics", fields).status

    lines = ("glue, wood, stone", "stone, wood, glue", "wood, glue", "glue, stone")
    assert together(*(start(writer, line) for writer, line in zip(people, lines, strict=True))) == [303] * 4
    assert number_of(Tag) == 3
    assert number_of(Post) == 4
    assert fresh(place).topics == 4
