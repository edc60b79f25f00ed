"""Rights: every check beside its SQL twin, for every kind of viewer and every kind of topic."""

from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import insert, select

from core import cache, clock
from core.db import session, writing
from forum import categories, groups, permissions, privileges
from forum.permissions import HIDDEN, YES, Verdict
from forum.refusals import Forbidden, Missing
from models import Grant, Post, Topic
from tests.factories import (
    a_category,
    a_deleted_topic,
    a_locked_topic,
    a_moderator,
    a_private_category,
    a_scheduled_topic,
    a_topic,
    a_user,
    an_administrator,
    grant,
    group_id,
    inside,
    post_row,
    viewer_of,
    writes,
)

VIEWERS = (
    "guest", "member", "author", "category moderator", "personal moderator", "global moderator", "administrator",
    "insider",
)  # fmt: skip
PLACES = ("public", "child of public", "private", "child of private", "hidden", "titles only", "known only", "disabled")


@pytest.fixture
def world(app):
    """Every kind of viewer, and every kind of topic in every kind of category."""
    people = {
        "guest": None,
        "member": a_user("Member"),
        "author": a_user("Author"),
        "category moderator": a_user("Carer"),
        "personal moderator": a_user("Personal"),
        "global moderator": a_moderator(),
        "administrator": an_administrator(),
        "insider": a_user("Insider"),
    }
    with inside(), writing():
        insiders = groups.create("Insiders")
        carers = groups.create("Carers")
        groups.join(people["insider"].id, insiders.id)
        groups.join(people["category moderator"].id, carers.id)
    places = {
        "public": a_category("Public"),
        "private": a_private_category("Private"),
        "hidden": a_category("Hidden", own_rights=True),
    }
    places["child of public"] = a_category("Child", parent_id=places["public"].id)
    places["child of private"] = a_category("Private child", parent_id=places["private"].id)
    places["titles only"] = a_category("Titles", own_rights=True)
    places["known only"] = a_category("Known", own_rights=True)
    places["disabled"] = a_category("Disabled", disabled=True)
    grant("find", "read", "topics:read", "topics:reply", to=insiders.slug, in_=places["hidden"])
    grant("find", "read", to="guests", in_=places["titles only"])
    grant("find", "read", to="registered", in_=places["titles only"])
    grant("find", to="guests", in_=places["known only"])
    grant("find", to="registered", in_=places["known only"])
    for place in ("private", "titles only"):
        grant("moderate", to=carers.slug, in_=places[place])
        grant("moderate", to=people["personal moderator"], in_=places[place])
    grant("moderate", "find", "read", "topics:read", to=carers.slug, in_=places["hidden"])
    for name in PLACES:
        if name == "disabled":
            continue
        where = {"by": people["author"], "in_": places[name]}
        a_topic(**where)
        a_deleted_topic(**where, deleter=people["global moderator"])
        a_locked_topic(**where)
        a_scheduled_topic(**where)
        a_topic(**where, pinned_at=clock.now(), pinned_until=clock.now() - timedelta(days=1))
    return people, places


def test_the_check_and_its_twin_agree_for_everybody_about_everything(world):
    people, _ = world
    seen_by = {}
    with inside():
        every = session().scalars(select(Topic)).all()
        assert len(every) == 35
        for name in VIEWERS:
            viewer = viewer_of(people[name])
            ids = list(categories.forest().by_id)
            condition = permissions.visible_topics(viewer, ids)
            listed = set(session().scalars(select(Topic.id).where(condition)))
            checked = {topic.id for topic in every if permissions.see_topic(viewer, topic)}
            assert listed == checked, name
            seen_by[name] = len(listed)
            # one category at a time gives the same
            alone = set()
            for key in ids:
                alone |= set(session().scalars(select(Topic.id).where(permissions.visible_topics(viewer, [key]))))
            assert alone == listed, name
    # live, locked and formerly pinned (3) in: public, its child, titles; members in private and its child too
    assert seen_by["guest"] == 9
    assert seen_by["member"] == 15
    assert seen_by["author"] == 25  # his own deleted and scheduled ones as well
    assert seen_by["administrator"] == 35
    assert seen_by["insider"] == 18
    assert seen_by["category moderator"] == 3 * 2 + 5 * 4  # moderates private, its child, titles, hidden
    assert seen_by["personal moderator"] == 3 * 2 + 5 * 3


def test_the_check_of_a_post_and_its_twin_agree_for_everybody(world):
    people, _ = world
    with inside(), writing() as current:
        for topic in current.scalars(select(Topic)).all():
            bert = viewer_of(people["member"])
            for author_id, gone in ((bert.id, None), (bert.id, clock.now()), (topic.author_id, clock.now())):
                number = topic.last_number = topic.last_number + 1
                current.execute(
                    insert(Post), [post_row(topic.id, number, author_id, clock.now()) | {"deleted_at": gone}]
                )
    seen_by = {}
    with inside():
        every = session().execute(select(Post, Topic).join(Topic, Topic.id == Post.topic_id)).all()
        assert len(every) == 35 * 4
        for name in VIEWERS:
            viewer = viewer_of(people[name])
            condition = permissions.visible_posts(viewer, list(categories.forest().by_id))
            listed = set(session().scalars(select(Post.id).join(Topic, Topic.id == Post.topic_id).where(condition)))
            checked = {post.id for post, topic in every if permissions.see_post(viewer, topic, post)}
            assert listed == checked, name
            seen_by[name] = len(listed)
    assert seen_by["administrator"] == 35 * 4
    assert seen_by["guest"] == 6 * 2  # the first post and the member's; not in the category of titles only
    assert seen_by["member"] == 12 * 3  # his own deleted ones as well


def test_nobody_opens_what_he_cannot_see_and_nobody_writes_where_he_cannot_read(world):
    people, _ = world
    with inside():
        every = session().scalars(select(Topic)).all()
        for name, topic in product(VIEWERS, every):
            viewer = viewer_of(people[name])
            sees, reads = permissions.see_topic(viewer, topic), permissions.read_topic(viewer, topic)
            replies, votes = permissions.reply_to(viewer, topic), permissions.vote_on(viewer, topic, 0, 1)
            assert sees or not reads
            assert reads or not replies
            assert reads or not votes
            assert sees.hidden == reads.hidden == replies.hidden == votes.hidden
            for verdict in (sees, reads, replies, votes):
                assert verdict or verdict.hidden or verdict.reason


def test_what_everybody_may_do_with_a_public_topic(world):
    people, places = world
    table = {}
    with inside():
        live = (
            session().scalars(select(Topic).where(Topic.category_id == places["public"].id).order_by(Topic.id)).first()
        )
        for name in VIEWERS:
            viewer = viewer_of(people[name])
            table[name] = tuple(
                bool(verdict)
                for verdict in (
                    permissions.read_topic(viewer, live),
                    permissions.reply_to(viewer, live),
                    permissions.create_topic(viewer, live.category_id),
                    permissions.tag_topic(viewer, live.category_id),
                    permissions.vote_on(viewer, live, live.author_id, 1),
                    permissions.vote_on(viewer, live, live.author_id, -1),
                    permissions.moderate(viewer, live.category_id),
                )
            )
    member = (True, True, True, True, True, True, False)
    assert table == {
        "guest": (True, False, False, False, False, False, False),
        "member": member,
        "author": (True, True, True, True, False, False, False),
        "category moderator": member,
        "personal moderator": member,
        "global moderator": (True, True, True, True, True, True, True),
        "administrator": (True, True, True, True, True, True, True),
        "insider": member,
    }


def test_a_category_list_agrees_with_the_check(world):
    people, _ = world
    with inside():
        for name in VIEWERS:
            viewer = viewer_of(people[name])
            shown = set(categories.visible_ids(viewer))
            assert shown == {key for key in categories.forest().by_id if permissions.read_category(viewer, key)}
            tree = {place.id for node in categories.tree(viewer) for place in _places(node)}
            assert tree <= {key for key in categories.forest().by_id if permissions.see_category(viewer, key)}


def _places(node):
    yield node.place
    for child in node.children:
        yield from _places(child)


def test_every_page_of_every_topic_answers_as_the_check_says(world, visit):
    people, _ = world
    with inside():
        every = session().scalars(select(Topic)).all()
        expected = {}
        for name in VIEWERS:
            viewer = viewer_of(people[name])
            for topic in every:
                verdict = permissions.read_topic(viewer, topic)
                expected[name, topic.id] = 200 if verdict else 404 if verdict.hidden else 403
    for name in ("guest", "author", "category moderator"):
        reader = visit(people[name]) if people[name] else visit()
        for topic in every:
            assert reader.get(f"/topic/{topic.id}/{topic.slug}").status == expected[name, topic.id], (name, topic.id)


# --- how rights come together ---


def rights(user, place=None) -> frozenset[str]:
    """What somebody holds."""
    with inside():
        return privileges.rights(viewer_of(user), place.id if place else 0)


def test_a_category_has_its_parents_rights_until_it_has_its_own(app):
    parent = a_category(own_rights=True)
    child = a_category(parent_id=parent.id)
    grant("find", to="guests", in_=parent)
    assert rights(None, parent) & {"find", "read"} == rights(None, child) & {"find", "read"} == {"find"}
    own = a_category(parent_id=child.id, own_rights=True)
    assert "find" not in rights(None, own)


def test_own_rights_do_not_add_to_those_of_the_site(app):
    place = a_category(own_rights=True)
    ann = a_user()
    assert "topics:reply" in rights(ann)
    assert "topics:reply" not in rights(ann, place)
    assert "view:users" in rights(ann, place)  # what is not about categories holds everywhere


def test_a_right_may_be_granted_to_one_person(app):
    ann, bert = a_user(), a_user()
    place = a_category(own_rights=True)
    grant("find", "read", to=ann, in_=place)
    assert rights(ann, place) >= {"find", "read"}
    assert "find" not in rights(bert, place)
    grant("topics:schedule", to=ann)
    assert "topics:schedule" in rights(ann)


def test_moderating_a_category_brings_its_rights_but_not_purging(app):
    ann = a_user()
    place, other = a_category(own_rights=True), a_category()
    grant("moderate", to=ann, in_=place)
    assert rights(ann, place) >= {
        "find",
        "read",
        "topics:read",
        "topics:reply",
        "posts:view_deleted",
        "topics:schedule",
    }
    assert "purge" not in rights(ann, place)
    assert "moderate" not in rights(ann, other)
    assert "moderate" not in rights(ann)


def test_global_moderators_moderate_categories_with_rights_of_their_own(app):
    secret = a_category(own_rights=True)
    assert rights(a_moderator(), secret) >= {"find", "read", "moderate"}
    assert "admin:settings" not in rights(a_moderator("Second"))


def test_administrators_hold_everything_everywhere(app):
    keeper = an_administrator()
    assert rights(keeper) == rights(keeper, a_category(own_rights=True)) == privileges.ALL_RIGHTS


def test_every_granted_right_is_in_the_catalogue(app):
    with inside():
        granted = set(session().scalars(select(Grant.right)))
    assert granted <= privileges.ALL_RIGHTS


def test_a_grant_counts_at_once_and_so_does_its_end(app, visit):
    place = a_category("Notices", own_rights=True)
    reader = visit()
    assert reader.get(f"/category/{place.id}/notices").status == 404
    grant("find", "read", to="guests", in_=place)
    assert reader.get(f"/category/{place.id}/notices").status == 200

    @writes
    def revoke() -> None:
        session().query(Grant).filter(Grant.category_id == place.id).delete()
        cache.bump("grants")

    revoke()
    assert reader.get(f"/category/{place.id}/notices").status == 404


def test_a_verdict_is_yes_or_no_with_a_reason():
    assert YES
    assert not HIDDEN
    assert not Verdict(False, "Because.")
    permissions.require(YES)
    with pytest.raises(Missing):
        permissions.require(HIDDEN)
    with pytest.raises(Forbidden) as refused:
        permissions.require(Verdict(False, "Because."))
    assert refused.value.reason == "Because."


def test_no_category_at_all_means_no_topics(app):
    a_topic()
    with inside():
        viewer = viewer_of(None)
        assert session().scalars(select(Topic).where(permissions.visible_topics(viewer, []))).all() == []
        # an administrator's lists, too, are over the categories that they are asked for
        keeper = viewer_of(an_administrator())
        assert session().scalars(select(Topic).where(permissions.visible_topics(keeper, []))).all() == []
        assert group_id("guests") in viewer.groups
