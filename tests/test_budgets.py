"""How many statements a page costs, for a guest and for a member, the same for 2 rows and for 20."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event

from core import cache, clock, db, store
from core.db import writing
from forum import tags, topic_tools
from models import Topic
from tests.factories import (
    a_category,
    a_moderator,
    a_post,
    a_topic,
    a_user,
    a_vote,
    first_post,
    fresh,
    inside,
    many_posts,
    many_topics,
    posts_of,
    set_setting,
    viewer_of,
    writes,
)
from tests.visitor import Visitor, path_of

FREE = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA", "SAVEPOINT", "RELEASE")

VERSIONS = "SELECT versions.name, versions.number"
"""Once a request on PostgreSQL, and on SQLite only after a change; a test below holds it there."""


@contextmanager
def counting(*, versions: bool = False) -> Iterator[list[str]]:
    """The statements that reach the database meanwhile."""
    seen: list[str] = []

    def note(connection, cursor, statement, parameters, context, executemany) -> None:
        free = FREE if versions else (*FREE, VERSIONS)
        if not statement.lstrip().startswith(free):
            seen.append(" ".join(statement.split()))

    with inside():
        engine = db.db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


@writes
def tag_all(topics) -> None:
    """Puts tags on topics."""
    for topic in topics:
        tags.put(topic.id, ["glue", "wood"])


def small_world():
    """Two of everything."""
    return world(2)


def large_world():
    """Twenty of everything."""
    return world(20)


def handled(size: int) -> Topic:
    """A topic to which so many things were done."""
    topic, marshal = a_topic(replies=1), viewer_of(a_moderator("Marshal"))
    for number in range(size):
        clock.travel(timedelta(minutes=2 * number))
        with inside(), writing():
            topic_tools.lock(marshal, topic.id, locked=number % 2 == 0)
    clock.travel(timedelta())
    return topic


def world(size: int) -> dict[str, str]:
    """A community with so many categories, topics, posts, people and tags; returns the addresses of its pages."""
    ann = a_user("Ann")
    writers = [a_user(groups_of=["moderators"]) for _ in range(size)]
    places = [a_category(f"Place {number}") for number in range(size)]
    for place in places:
        a_category(f"Below {place.name}", parent_id=place.id)
    topic = a_topic(by=ann, in_=places[0], title="Which glue?", tags="glue, wood")
    for number in range(size - 1):
        writer = writers[number % len(writers)]
        reply = a_post(in_=topic, by=writer, to=first_post(topic) if number % 2 else posts_of(topic)[-1])
        a_vote(reply, by=ann)
    topics = many_topics(places[0], size - 1, by=ann)
    tag_all(topics)
    for place in places[1:]:
        a_topic(in_=place, by=writers[-1], tags="glue")
    return {
        "home": "/", "category": f"/category/{places[0].id}/place-0", "topic": path_of(topic),
        "topic with marks": path_of(handled(size)),
        "topic, newest first": path_of(topic) + "?sort=newest_to_oldest",
        "topic, most votes": path_of(topic) + "?sort=most_votes",
        "recent": "/recent", "popular": "/popular", "tags": "/tags", "tag": "/tags/glue", "users": "/users",
        "profile": "/user/ann", "profile, topics": "/user/ann/topics", "login": "/login", "missing": "/nowhere",
        "reply": f"/topic/{topic.id}/reply",
    }  # fmt: skip


BUDGETS = {
    # page: guest, member, when only the shape of the site is kept; four of a member's tell who he is and what is new
    "home": (0, 4),
    "category": (4, 8),
    "topic": (3, 8),
    "topic with marks": (3, 8),
    "topic, newest first": (4, 9),
    "topic, most votes": (4, 9),
    "recent": (2, 6),
    "popular": (3, 7),
    "tags": (1, 5),
    "tag": (2, 6),
    "users": (1, 5),
    "profile": (2, 6),
    "profile, topics": (3, 7),
    "login": (0, 1),
    "missing": (0, 4),
    "reply": (0, 6),
}


def costs(app, addresses) -> dict[str, tuple[int, int]]:
    """How many statements each page takes, for a guest and for a member."""
    readers = (Visitor(app), Visitor(app, a_user("Reader")))
    found = {}
    for page, address in addresses.items():
        numbers = []
        for reader in readers:
            reader.get(address)
            store.forget()
            with counting() as seen:
                reader.get(address)
            numbers.append(len(seen))
        found[page] = tuple(numbers)
    return found


WARM = {"home": (0, 0), "category": (0, 0), "topic": (0, 0), "recent": (0, 0), "unread": (0, 0)}
"""The same for who comes again while nobody writes: only what may not be kept."""


def test_what_is_kept_is_not_asked_for_again(app):
    addresses = small_world()
    found = {}
    for page in WARM:
        guest, member = Visitor(app), Visitor(app, a_user(f"Reader of {page}"))
        numbers = []
        for reader in (guest, member):
            address = addresses.get(page, "/unread")
            for _ in range(3):
                with counting() as seen:
                    answer = reader.get(address)
            numbers.append(len(seen) if answer.status == 200 else 0)
        found[page] = tuple(numbers)
    assert found == WARM


@pytest.mark.parametrize("make", [small_world, large_world])
def test_every_page_keeps_its_budget(app, make):
    assert costs(app, make()) == BUDGETS


def test_the_versions_are_read_once_a_request_at_most_and_on_sqlite_not_at_all_when_nobody_wrote(app):
    topic, ann = a_topic(), Visitor(app, a_user("Ann"))
    ann.get(path_of(topic))
    with counting(versions=True) as seen:
        ann.get(path_of(topic))
    asked = [statement for statement in seen if statement.startswith(VERSIONS)]
    with inside():
        assert len(asked) == (0 if db.db.engine.dialect.name == "sqlite" else 1)


def test_a_topic_page_costs_at_most_eight_statements_for_a_guest_and_twelve_for_a_member(app):
    for page in ("topic", "topic, newest first", "topic, most votes"):
        assert BUDGETS[page][0] <= 8
        assert BUDGETS[page][1] <= 12


def test_a_page_costs_the_same_at_any_depth(app):
    topic = a_topic()
    many_posts(topic, 400, scores=[0, 1, 2])
    guest = Visitor(app)
    costs = set()
    for number in (21, 200, 380):
        for sort in ("oldest_to_newest", "newest_to_oldest"):
            guest.get(f"{path_of(topic)}/{number}?sort={sort}")
            store.forget()
            with counting() as seen:
                guest.get(f"{path_of(topic)}/{number}?sort={sort}")
            costs.add(len(seen))
    assert len(costs) == 1


def test_a_first_visit_after_a_start_reads_what_is_kept_afterwards_once(app):
    addresses = small_world()
    guest = Visitor(app)
    guest.get(addresses["topic"])
    cache.forget()
    with counting() as cold:
        guest.get(addresses["topic"])
    store.forget()
    with counting() as warm:
        guest.get(addresses["topic"])
    assert len(warm) == BUDGETS["topic"][0]
    assert (
        len(cold) - len(warm) <= 10
    )  # settings, groups, badges, forest, grants and categories, navigation, widgets, skins


def test_no_page_counts_rows_or_skips_over_many(app):
    addresses = large_world()
    for reader in (Visitor(app), Visitor(app, a_user("Reader"))):
        for page, address in addresses.items():
            store.forget()
            with counting() as seen:
                reader.get(address)
            if page not in ("tags", "category"):
                assert not any("count(" in statement.lower() for statement in seen), page


def test_writing_a_reply_costs_a_fixed_number_of_statements(app):
    set_setting("pace.first_seconds", "1")
    numbers = set()
    for size in (2, 60):
        topic = a_topic()
        many_posts(topic, size)
        ann = Visitor(app, a_user(joined_at=clock.now() - timedelta(days=1)))
        ann.htmx.post(f"/topic/{topic.id}/posts", {"body": "Warm."})
        with counting() as seen:
            answer = ann.htmx.post(f"/topic/{topic.id}/posts", {"body": "Counted."})
        assert answer.status == 200
        numbers.add(len(seen))
    # one asks when he last wrote, four keep the search index, seven are the job that tells others; where somebody may
    # listen in another process, one asks for the categories of who is told
    assert numbers == {25 if app.config["LIVERY"].redis_url else 24}
    assert fresh(topic).posts == 63
