"""The queue: off until it is switched on; what waits is seen by its author and the moderators of the place alone."""

import pytest
from sqlalchemy import select

from core.db import session
from models import Act, Draft, Notice, Post, Queued, ReasonText, Topic
from tests.factories import (
    a_category,
    a_moderator,
    a_post,
    a_private_category,
    a_topic,
    a_user,
    astray,
    fresh,
    grant,
    number_of,
    reads,
    set_setting,
    writes,
)
from tests.visitor import path_of


@pytest.fixture
def queue(app):
    """The queue, switched on: the first post of everybody waits."""
    set_setting("queue.on", "yes")


@reads
def the_item() -> Queued:
    """The only thing that waits."""
    return session().scalars(select(Queued)).one()


def writes_reply(visitor, topic, body="A first reply."):
    """Sends a reply from the page where it is written."""
    page = visitor.get(f"/topic/{topic.id}/reply")
    return visitor.submit(page, f"/topic/{topic.id}/posts", body=body)


def writes_topic(visitor, place, title="A first topic", body="Words."):
    """Sends a topic from the page where it is written."""
    page = visitor.get(f"/compose?cid={place.id}")
    return visitor.submit(page, f"/category/{place.id}/topics", title=title, body=body)


def test_nothing_waits_until_it_is_switched_on(ann):
    topic = a_topic()
    writes_reply(ann, topic, "See https://example.org")
    assert number_of(Queued) == 0
    assert number_of(Post, Post.topic_id == topic.id) == 2


def test_a_newcomers_reply_waits_and_is_accepted_plain(queue, ann, marshal, guest):
    topic = a_topic(title="Glue")
    answer = writes_reply(ann, topic, "Fish glue, I think.")
    own = ann.follow(answer)
    assert "A moderator looks at it first" in own.html
    assert "Fish glue, I think." in own.words
    # nowhere visible, nowhere counted
    assert number_of(Post, Post.topic_id == topic.id) == 1
    for reader in (guest, marshal):
        assert "Fish glue" not in reader.get(path_of(topic)).html
    assert "Fish glue" not in guest.get("/search?q=fish").html
    assert "1 post" in guest.get(path_of(topic)).words
    assert astray() == []
    inbox = marshal.get("/moderation")
    assert "A reply by Ann" in inbox.words
    assert "Fish glue, I think." in inbox.words
    item = the_item()
    marshal.submit(inbox, f"/moderation/queue/{item.id}", act="accept")
    assert "Fish glue, I think." in guest.get(path_of(topic)).words
    assert fresh(item).state == "accepted"
    assert number_of(Act, Act.kind == "queue.accepted") == 1
    notices = ann.get("/notifications")
    assert "There is news of a post that waits for a moderator" in notices.words
    assert f'href="/post/{fresh(item).post_id}"' in ann.get("/post-queue").html
    assert astray() == []
    # from now on nothing of hers waits
    assert writes_reply(ann, topic, "And another thing.").status == 303
    assert number_of(Post, Post.topic_id == topic.id) == 3


def test_a_newcomers_reply_waits_and_is_accepted_htmx(queue, ann, marshal):
    topic = a_topic()
    page = ann.get(f"/topic/{topic.id}/reply")
    answer = ann.htmx.submit(page, f"/topic/{topic.id}/posts", body="Fish glue.")
    assert answer.status == 200
    assert "/post-queue" in answer.headers["HX-Location"]
    item = the_item()
    inbox = marshal.get("/moderation")
    answer = marshal.htmx.submit(inbox, f"/moderation/queue/{item.id}", act="accept")
    assert answer.parts[0].target == f"#case-queue-{item.id}"
    assert number_of(Post, Post.topic_id == topic.id) == 2


def test_a_new_topic_waits_and_is_changed_before_it_is_accepted(queue, ann, marshal, guest):
    place = a_category("Crafts")
    writes_topic(ann, place, "GLUE!!!", "Wich one?")
    assert number_of(Topic) == 0
    assert "GLUE!!!" not in guest.get(f"/category/{place.id}/crafts").html
    item = the_item()
    page = marshal.get(f"/moderation/queue/{item.id}")
    marshal.submit(
        page, f"/moderation/queue/{item.id}", act="accept", title="Which glue?", body="Which one?", tags="glue"
    )
    listed = guest.get(f"/category/{place.id}/crafts").words
    assert "Which glue?" in listed
    assert "Ann" in listed
    assert astray() == []


@writes
def a_text():
    """A text of the administrator's for refusals."""
    row = ReasonText(kind="queue", title="Advertising", body="No advertising, please.")
    session().add(row)
    session().flush()
    return row


def test_a_refusal_tells_the_writer_why_and_loses_nothing(queue, ann, marshal):
    writes_topic(ann, a_category(), "Buy glue", "The best in town.")
    item = the_item()

    text = a_text()
    page = marshal.get("/moderation")
    assert "Advertising" in page.words
    marshal.submit(page, f"/moderation/queue/{item.id}", act="refuse", text=str(text.id), reason="Try the market.")
    own = ann.get("/post-queue").words
    for words in ("refused", "No advertising, please.", "Try the market.", "The best in town."):
        assert words in own
    assert number_of(Topic) == 0
    assert number_of(Notice, Notice.user_id == ann.user.id, Notice.kind == "queue") == 1


def test_links_of_newcomers_wait_and_an_edit_does_not_bring_them_in(queue, marshal, visit):
    user, topic = a_user("Bert", posts=2), a_topic()
    bert = visit(user)
    assert writes_reply(bert, topic, "No link here.").status == 303
    assert number_of(Queued) == 0
    writes_reply(bert, topic, "Look at [this](https://example.org).")
    assert the_item().why == "links"
    mine = a_post(in_=topic, by=user, body="Plain.")
    page = bert.get(f"/post/{mine.id}/edit")
    refused = bert.submit(page, f"/post/{mine.id}/edit", body="Look: https://example.org")
    assert refused.status == 422
    assert "Posts with links wait" in refused.words
    assert fresh(mine).source == "Plain."
    page = bert.get(f"/post/{mine.id}/edit")
    assert bert.submit(page, f"/post/{mine.id}/edit", body="Plainer.").status == 303


def test_a_category_may_let_everything_wait_but_its_moderators(queue, keeper, visit):
    place = a_category("Notices")
    page = keeper.get(f"/admin/categories/{place.id}")
    keeper.submit(page, f"/admin/categories/{place.id}", queued="1")
    old, carer = visit(a_user("Old", posts=500)), a_user("Carer", posts=0)
    grant("moderate", to=carer, in_=place)
    writes_topic(old, place)
    assert the_item().why == "category"
    writes_topic(visit(carer), place, "From the carer")
    assert number_of(Topic, Topic.category_id == place.id) == 1
    assert number_of(Queued) == 1


@pytest.fixture
def keeper(visit):
    """An administrator's browser."""
    from tests.factories import an_administrator

    return visit(an_administrator())


def test_only_moderators_of_the_place_see_and_decide(queue, app, ann, visit):
    place = a_private_category("Backstage")
    carer, elsewhere = a_user("Carer"), a_user("Elsewhere")
    grant("moderate", to=carer, in_=place)
    grant("moderate", to=elsewhere, in_=a_category())
    writes_topic(ann, place, "Secret plans")
    item = the_item()
    assert "Secret plans" in visit(carer).get("/moderation").words
    other = visit(elsewhere)
    assert "Secret plans" not in other.get("/moderation").html
    assert other.get(f"/moderation/queue/{item.id}").status == 404
    for visitor in (other, ann):
        visitor.get("/")
        assert visitor.post(f"/moderation/queue/{item.id}", {"act": "accept", "version": "1"}).status == 404
    assert number_of(Notice, Notice.user_id == carer.id) == 1
    assert number_of(Notice, Notice.user_id == elsewhere.id) == 0
    dora = visit(a_user("Dora"))
    assert "Secret plans" not in dora.get("/post-queue").html
    dora.get("/")
    assert dora.post(f"/post-queue/{item.id}/withdraw", {}).status == 404
    # the topic of a reply may move away from its moderators
    assert fresh(item).state == "waiting"


def test_nobody_decides_on_his_own_post(queue, ann):
    place = a_category()
    writes_topic(ann, place)
    grant("moderate", to=ann.user, in_=place)
    ann.get("/")
    assert ann.post(f"/moderation/queue/{the_item().id}", {"act": "accept", "version": "1"}).status == 403
    assert number_of(Topic) == 0


@pytest.mark.parametrize("script", [False, True])
def test_two_moderators_on_one_post_see_each_others_act(queue, ann, marshal, visit, script):
    writes_topic(ann, a_category())
    item, other = the_item(), visit(a_moderator("Second"))
    mine, theirs = marshal.get("/moderation"), other.get("/moderation")
    other.submit(theirs, f"/moderation/queue/{item.id}", act="refuse")
    late = (marshal.htmx.submit if script else marshal.submit)(mine, f"/moderation/queue/{item.id}", act="accept")
    assert late.status == 409
    assert "Second was faster: it is refused." in late.words
    assert number_of(Topic) == 0
    # a double click of his own is none
    assert other.submit(theirs, f"/moderation/queue/{item.id}", act="refuse").status == 303


def test_what_cannot_be_posted_any_more_says_why(queue, ann, marshal):
    topic = a_topic()
    writes_reply(ann, topic)
    marshal.get("/")
    marshal.post(f"/topic/{topic.id}/lock", {"locked": "1"})
    item = the_item()
    answer = marshal.submit(marshal.get("/moderation"), f"/moderation/queue/{item.id}", act="accept")
    assert answer.status == 409
    assert "It cannot be posted any more." in answer.words
    assert "locked" in answer.words
    assert fresh(item).state == "waiting"


def test_its_author_takes_it_back(queue, ann, marshal):
    writes_topic(ann, a_category())
    item = the_item()
    seen = marshal.get("/moderation")
    ann.submit(ann.get("/post-queue"), f"/post-queue/{item.id}/withdraw")
    assert fresh(item).state == "withdrawn"
    assert "Words." in ann.get("/post-queue").words
    assert "Nothing waits" in marshal.get("/moderation").words
    late = marshal.submit(seen, f"/moderation/queue/{item.id}", act="accept")
    assert late.status == 409
    assert number_of(Topic) == 0


def test_a_form_sent_twice_waits_once_and_its_draft_is_gone(queue, ann):
    topic = a_topic()
    page = ann.get(f"/topic/{topic.id}/reply")
    for _time in range(2):
        assert ann.submit(page, f"/topic/{topic.id}/posts", body="Once.").status == 303
    assert number_of(Queued) == 1
    assert number_of(Draft, Draft.sent_at.is_(None)) == 0


def test_what_waits_goes_along_when_categories_are_merged(queue, ann, marshal, keeper):
    here, there = a_category("Here"), a_category("There")
    writes_topic(ann, here)
    keeper.get("/")
    assert keeper.post(f"/admin/categories/{here.id}/merge", {"into": str(there.id)}).status == 303
    item = the_item()
    marshal.submit(marshal.get("/moderation"), f"/moderation/queue/{item.id}", act="accept")
    assert number_of(Topic, Topic.category_id == there.id) == 1


def test_guests_are_asked_to_log_in(guest):
    assert guest.get("/post-queue").status == 302
