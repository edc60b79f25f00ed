"""Every address, every kind of viewer, every kind of category: who sees what, who may do what, and nothing leaks."""

import re

import pytest

from core.db import writing
from forum import groups
from models import Post, Topic
from tests.factories import fresh, group_id, inside, number_of
from tests.visitor import path_of
from tests.world import KINDS, MODERATES, READS, VIEWERS, VOTES, WRITES, World, a_world


@pytest.fixture
def world(app):
    """Ten viewers and four categories."""
    made = a_world(app)
    assert made.browsers["banned"].get("/").status == 403  # the page that was open; what follows is a guest's
    return made


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
            words = {name: min(one.items) for name, one in rule._converters.items() if hasattr(one, "items")}
            given = {
                **known,
                **words,
                "kind": "confirm",
                "slug": slugs.get(rule.endpoint, known["slug"]),
                **(rule.defaults or {}),
            }
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
        page = reader.htmx.get(address)  # whole pages: tests/test_matrix.py asks for each of them
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
    inbox, state = reader.get("/moderation").html, reader.get("/moderation/state").html
    for kind in KINDS:
        may = who in MODERATES[kind]
        for name in (f"flag-{world.flags[kind].id}", f"queue-{world.queued[kind].id}"):
            assert (f'"{name}"' in state) == may, (kind, name)
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
