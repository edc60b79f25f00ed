"""Every address, every kind of viewer, every kind of category: who sees what, who may do what, and nothing leaks."""

import re
from dataclasses import dataclass

import pytest
from sqlalchemy import select

from core.db import session, writing
from forum import categories, flags, groups, queue, sanctions, search_index
from models import Category, Flag, Post, Queued, Topic, User
from tests.factories import (
    a_category,
    a_moderator,
    a_post,
    a_topic,
    a_user,
    a_vote,
    an_administrator,
    first_post,
    fresh,
    grant,
    group_id,
    inside,
    number_of,
    viewer_of,
    writes,
)
from tests.visitor import Visitor, path_of

READ = ("find", "read", "topics:read")
WRITE = ("topics:create", "topics:reply", "topics:tag", "posts:upvote", "posts:downvote", "posts:edit", "posts:history")
KINDS = ("public", "private", "readonly", "hidden")
VIEWERS = (
    "guest", "member", "group member", "category moderator", "global moderator", "delegate", "administrator",
    "muted", "banned",
)  # fmt: skip
READS = {
    "public": set(VIEWERS),
    "private": {"group member", "category moderator", "global moderator", "administrator"},
    "readonly": set(VIEWERS),
    "hidden": {"global moderator", "administrator"},
}
WRITES = {
    "public": set(VIEWERS) - {"guest", "muted", "banned"},
    "private": READS["private"],
    "readonly": {"global moderator", "administrator"},
    "hidden": READS["hidden"],
}
VOTES = {kind: who | ({"muted"} if kind == "public" else set()) for kind, who in WRITES.items()}
MODERATES = {
    "public": {"global moderator", "administrator"},
    "private": {"category moderator", "global moderator", "administrator"},
    "readonly": {"global moderator", "administrator"},
    "hidden": {"global moderator", "administrator"},
}


@dataclass
class World:
    """A browser for each kind of viewer, and in each kind of category a topic whose every word is its own."""

    browsers: dict[str, Visitor]
    places: dict[str, Category]
    topics: dict[str, Topic]
    replies: dict[str, Post]
    flags: dict[str, Flag]
    queued: dict[str, Queued]

    def secrets(self, kind: str) -> list[str]:
        """The words that stand in this category and nowhere else."""
        return [f"{word}of{kind}" for word in ("name", "title", "first", "reply", "tag", "flag", "wait")]

    def values(self, kind: str) -> dict[str, object]:
        """What the variables of addresses are there."""
        topic, place = self.topics[kind], self.places[kind]
        return {
            "topic_id": topic.id, "category_id": place.id, "post_id": self.replies[kind].id, "number": 2,
            "tag": f"tagof{kind}", "user_id": topic.author_id, "slug": f"author-of-{kind}",
            "filename": "css/livery.css", "feature": "posts", "name": "per_page", "key": "a" * 22,
            "code": "nonsense", "flag_id": self.flags[kind].id, "queued_id": self.queued[kind].id,
        }  # fmt: skip


@pytest.fixture
def world(app):
    """Nine viewers and four categories."""
    people = {
        "member": a_user("Member"), "group member": a_user("Insider"), "category moderator": a_user("Carer"),
        "global moderator": a_moderator(), "delegate": a_user("Delegate"), "administrator": an_administrator(),
        "muted": a_user("Muted"), "banned": a_user("Banned"),
    }  # fmt: skip
    with inside(), writing():
        insiders = groups.create("Insiders", visibility="hidden")
        groups.join(people["group member"].id, insiders.id)
    grant("admin:settings", to=people["delegate"])
    places = {kind: a_category(f"nameof{kind}", own_rights=kind != "public") for kind in KINDS}
    grant(*READ, *WRITE, to=insiders.slug, in_=places["private"])
    grant("moderate", to=people["category moderator"], in_=places["private"])
    for slug in ("guests", "registered"):
        grant(*READ, to=slug, in_=places["readonly"])
    topics, replies = {}, {}
    for kind, place in places.items():
        author = a_user(f"Author of {kind}", slug=f"author-of-{kind}")
        topics[kind] = a_topic(
            by=author, in_=place, title=f"titleof{kind} is here", body=f"firstof{kind} words", tags=f"tagof{kind}"
        )
        replies[kind] = a_post(in_=topics[kind], by=author, body=f"replyof{kind} words", to=first_post(topics[kind]))
        a_vote(replies[kind], by=people["administrator"])
    reported, waiting = {}, {}
    for kind in KINDS:
        reported[kind], waiting[kind] = work_for_moderators(kind, topics[kind], replies[kind], people["administrator"])
    with inside():
        search_index.catch_up()
    browsers = {"guest": Visitor(app), **{name: Visitor(app, person) for name, person in people.items()}}
    with inside(), writing():
        keeper = viewer_of(people["administrator"])
        sanctions.put(keeper, people["muted"].id, "mute", "Quiet.", None)
        sanctions.put(keeper, people["banned"].id, "ban", "Out.", None)
    assert browsers["banned"].get("/").status == 403  # the page that was open; what follows is a guest's
    return World(browsers, places, topics, replies, reported, waiting)


@writes
def work_for_moderators(kind: str, topic: Topic, post: Post, reporter: User) -> tuple[Flag, Queued]:
    """A report on a post of a category, and a topic that waits to be posted there."""
    flags.report_post(viewer_of(reporter), topic, post.id, "other", f"flagof{kind} words")
    place = categories.find(topic.category_id)
    queue.hold_topic(viewer_of(reporter), place, (f"waitof{kind}", f"waitof{kind} words", ""), "category", None)
    found = select(Flag).where(Flag.post_id == post.id), select(Queued).where(Queued.category_id == topic.category_id)
    return tuple(session().scalars(query).one() for query in found)


def addresses(app, world: World, kind: str) -> list[str]:
    """Every address that can be read, filled in with what stands in a category."""
    found = {"/search?q=titleof{0}", "/search?q=firstof{0}", "/search?q=replyof{0}", "/search/quick?q=titleof{0}",
             "/search?q=words&in=posts", "/recent?term=day", "/users?q=author", "/groups?sort=newest"}  # fmt: skip
    found = {each.format(kind) for each in found}
    found |= {f"/recent?cid={world.places[kind].id}", f"/category/{world.places[kind].id}/nameof{kind}?tag=tagof{kind}"}
    slugs = {
        "topics.show": world.topics[kind].slug,
        "categories.show": f"nameof{kind}",
        "groups.show": "administrators",
    }
    for rule in app.url_map.iter_rules():
        if "GET" in rule.methods and rule.endpoint != "bootstrap.static":
            known = {name: 1 for name in rule.arguments if name.endswith("_id")} | world.values(kind)
            given = {**known, "slug": slugs.get(rule.endpoint, known["slug"]), **(rule.defaults or {})}
            with app.test_request_context():
                made = app.url_map.bind("localhost").build(
                    rule.endpoint, {name: given[name] for name in rule.arguments}, method="GET"
                )
            found.add(made)
    return sorted(found)


def without_the_question(html: str, address: str) -> str:
    """A page without its own address, which whoever asked knows already."""
    words = re.findall(r"\w+of\w+", address)
    for word in words:
        html = re.sub(rf'(?:value|href|action|content|hx-get|hx-post)="[^"]*{word}[^"]*"', "", html)
    return html


@pytest.mark.parametrize(
    ("who", "kind"), [(who, kind) for who in VIEWERS for kind in ("private", "hidden") if who not in READS[kind]]
)
def test_no_page_says_a_word_of_what_its_reader_may_not_read(app, world, who, kind):
    reader, secrets = world.browsers[who], world.secrets(kind)
    shown = 0
    for address in addresses(app, world, kind):
        asked = {word for word in secrets if word in address}
        for ask in (reader.get, reader.htmx.get):
            page = ask(address)
            shown += page.status == 200
            html = without_the_question(page.html, address)
            leaked = [word for word in secrets if word in html and word not in asked]
            assert leaked == [], f"{address} shows {leaked} to the {who}"
            if page.status == 200 and asked - {f"tagof{kind}"} and address.startswith("/search"):
                assert f"/topic/{world.topics[kind].id}" not in page.html, address
    assert shown > 20, "pages were really shown"


@pytest.mark.parametrize("who", VIEWERS)
def test_who_may_read_reads_and_who_may_not_is_told_that_there_is_nothing(world, who):
    reader = world.browsers[who]
    for kind in KINDS:
        may = who in READS[kind]
        topic, place = world.topics[kind], world.places[kind]
        for address in (path_of(topic), f"/category/{place.id}/nameof{kind}"):
            assert reader.get(address).status == (200 if may else 404), (kind, address)
        for address in ("/recent", "/categories", "/tags"):
            words = reader.get(address).html
            for word in ("name", "title", "tag"):
                if (address, word) in (("/recent", "title"), ("/categories", "name"), ("/tags", "tag")):
                    assert (f"{word}of{kind}" in words) == may, (kind, address)
        assert (f"titleof{kind}" in reader.get(f"/user/author-of-{kind}/topics").html) == may, kind


@pytest.mark.parametrize("who", VIEWERS)
def test_the_counts_of_a_list_hold_nothing_that_its_reader_may_not_read(world, who):
    seen = sum(who in READS[kind] for kind in KINDS)
    page = world.browsers[who].get("/recent")
    assert page.html.count('<h2 class="row-title">') == seen


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("who", VIEWERS)
def test_who_may_write_writes_and_nobody_else(world, who, kind):
    writer, topic, place = world.browsers[who], world.topics[kind], world.places[kind]
    writer.get("/")
    may, before = who in WRITES[kind], number_of(Post, Post.topic_id == topic.id)
    # a guest is asked for his password in the composer itself
    refused = (403, 422) if who in READS[kind] else (404,)
    answer = writer.post(f"/topic/{topic.id}/posts", {"body": "A reply."})
    assert answer.status in ((303,) if may else refused), answer.words[:200]
    assert number_of(Post, Post.topic_id == topic.id) == before + may
    begun = number_of(Topic, Topic.category_id == place.id)
    writer.post(f"/category/{place.id}/topics", {"title": "A new topic", "body": "With words."})
    assert number_of(Topic, Topic.category_id == place.id) in ((begun + 1, begun) if may else (begun,))
    score = fresh(world.replies[kind]).score
    writer.post(f"/post/{world.replies[kind].id}/vote", {"value": "1"})
    voted = who in VOTES[kind] and who != "administrator"  # he has voted already
    assert fresh(world.replies[kind]).score == score + voted


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("who", VIEWERS)
def test_who_moderates_a_category_does_and_nobody_else(world, who, kind):
    actor, topic, post = world.browsers[who], world.topics[kind], world.replies[kind]
    actor.get("/")
    may = who in MODERATES[kind]
    actor.post(f"/topic/{topic.id}/lock", {"locked": "1"})
    actor.post(f"/topic/{topic.id}/pin", {"pinned": "1"})
    actor.post(f"/post/{post.id}/delete", {"deleted": "1"})
    assert (fresh(topic).locked_at is not None) == may
    assert (fresh(topic).pinned_at is not None) == may
    assert (fresh(post).deleted_at is not None) == may


def test_a_right_taken_away_closes_the_pages_that_are_open(world):
    insider, topic = world.browsers["group member"], world.topics["private"]
    assert insider.get(path_of(topic)).status == 200
    with inside(), writing():
        groups.leave(insider.user.id, group_id("insiders"))
    assert insider.get(path_of(topic)).status == 404
    assert insider.post(f"/topic/{topic.id}/posts", {"body": "Still here?"}).status == 404


@pytest.mark.parametrize("who", VIEWERS)
def test_who_moderates_a_category_sees_what_waits_there_and_nobody_else(world, who):
    reader = world.browsers[who]
    inbox = reader.get("/moderation").html
    for kind in KINDS:
        may = who in MODERATES[kind]
        for word in ("flag", "wait"):
            assert (f"{word}of{kind}" in inbox) == may, (kind, word)
        for address in (f"/moderation/flags/{world.flags[kind].id}", f"/moderation/queue/{world.queued[kind].id}"):
            expected = 302 if who in ("guest", "banned") else 200 if may else 404
            assert reader.get(address).status == expected, (kind, address)
    reader.get("/")
    for kind in KINDS:
        reader.post(f"/moderation/flags/{world.flags[kind].id}", {"act": "rejected", "version": "1"})
        reader.post(f"/moderation/queue/{world.queued[kind].id}", {"act": "refuse", "version": "1"})
        assert (fresh(world.flags[kind]).state == "rejected") == (who in MODERATES[kind])
        # nobody decides on his own
        assert (fresh(world.queued[kind]).state == "refused") == (who in MODERATES[kind] and who != "administrator")
