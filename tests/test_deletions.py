"""Deleting, restoring and purging posts and topics: who may, what others see, what the counters say, and the way back."""

import re
from datetime import timedelta

import pytest

from core import clock
from core.events import subscribe
from forum.deletions import PostDeleted, PostPurged, PostRestored, TopicDeleted, TopicPurged, TopicRestored
from models import Post, Tombstone, Topic
from tests.factories import (
    a_category,
    a_locked_topic,
    a_moderator,
    a_post,
    a_topic,
    a_user,
    a_vote,
    an_administrator,
    astray,
    change,
    first_post,
    fresh,
    grant,
    number_of,
    posts_of,
    set_setting,
)
from tests.visitor import numbers, path_of, titles


def a_reply(ann, body: str = "The brown one."):
    """A topic of Bert's with a reply of Ann's."""
    topic = a_topic(title="Which glue?", by=a_user("Bert"), tags="glue")
    return topic, a_post(in_=topic, by=ann.user, body=body)


def delete(visitor, post, **fields):
    """Deletes a post."""
    return visitor.post(f"/post/{post.id}/delete", {"deleted": 1, **fields})


# --- posts ---


def test_deleting_ones_post_and_undoing_it_plain(ann, guest):
    topic, post = a_reply(ann)
    menu = ann.get(f"/post/{post.id}/menu")
    answer = ann.submit(menu, f"/post/{post.id}/delete")
    assert answer.location == f"{path_of(topic)}/2#post-{post.id}"
    page = ann.follow(answer)
    assert "Post number 2 was deleted." in page.html
    assert "Ann deleted this post just now . Only its author and moderators still see it." in page.words
    assert "1 post 1 poster" in page.words
    seen = guest.get(path_of(topic))
    assert "This post was deleted." in seen.words
    assert "The brown one." not in seen.html
    assert numbers(seen) == [1, 2]  # its place stays
    assert astray() == []
    back = ann.follow(ann.submit(page, f"/post/{post.id}/delete"))
    assert "Post number 2 is back." in back.html
    assert "The brown one." in guest.get(path_of(topic)).words
    assert astray() == []


def test_deleting_ones_post_and_undoing_it_htmx(ann):
    topic, post = a_reply(ann)
    page = ann.get(path_of(topic))
    menu = ann.htmx.get(f"/post/{post.id}/menu", target=f"div#post-{post.id}-menu")
    answer = ann.htmx.submit(menu, f"/post/{post.id}/delete")
    assert [part.target for part in answer.parts] == [f"#post-{post.id}", f"#topic-{topic.id}-stats", "#undo"]
    for part in answer.parts:
        assert part.target[1:] in page.ids
    assert ann.get(path_of(topic)).shows(answer.parts[0].html)
    undone = ann.htmx.submit(answer, f"/post/{post.id}/delete")
    assert "Post number 2 is back." in undone.parts[-1].html
    assert fresh(post).deleted_at is None
    assert "#undo" in [part.target for part in undone.parts]


def test_the_offer_to_undo_is_made_once(ann):
    topic, post = a_reply(ann)
    ann.follow(delete(ann, post))
    assert "Undo" not in ann.get(path_of(topic)).html


def test_deleting_twice_is_deleting_once(ann):
    _topic, post = a_reply(ann)
    for _ in range(2):
        assert delete(ann, post).status == 303
    assert astray() == []
    for _ in range(2):
        assert ann.post(f"/post/{post.id}/delete", {"deleted": 0}).status == 303
    assert astray() == []


def test_moderators_give_a_reason_plain(ann, visit):
    topic, post = a_reply(ann)
    marshal = visit(a_moderator("Marshal"))
    menu = marshal.get(f"/post/{post.id}/menu")
    assert f'href="/post/{post.id}/delete"' in menu.html
    page = marshal.get(f"/post/{post.id}/delete")
    marshal.submit(page, f"/post/{post.id}/delete", reason="  Off topic ")
    assert "Marshal deleted this post just now . The reason given: “Off topic”." in ann.get(path_of(topic)).words


def test_moderators_give_a_reason_htmx(ann, visit):
    _topic, post = a_reply(ann)
    marshal = visit(a_moderator("Marshal"))
    menu = marshal.htmx.get(f"/post/{post.id}/menu")
    assert f'hx-get="/post/{post.id}/delete" hx-target="#post-{post.id}-menu"' in menu.html
    question = marshal.htmx.get(f"/post/{post.id}/delete", target=f"div#post-{post.id}-menu")
    assert "<html" not in question.html
    answer = marshal.htmx.submit(question, f"/post/{post.id}/delete", reason="Off topic")
    assert "The reason given: “Off topic”." in answer.parts[0].html


def test_what_a_moderator_deleted_its_author_cannot_restore(ann, visit):
    _topic, post = a_reply(ann)
    delete(visit(a_moderator()), post)
    answer = ann.post(f"/post/{post.id}/delete", {"deleted": 0})
    assert answer.status == 403
    assert "A moderator deleted this post, so only moderators can bring it back." in answer.words
    assert "A moderator deleted this post" in ann.get(f"/post/{post.id}/menu").words
    assert visit(a_moderator("Second")).post(f"/post/{post.id}/delete", {"deleted": 0}).status == 303


def test_strangers_and_guests_delete_nothing(ann, visit):
    topic, post = a_reply(ann)
    stranger = visit(a_user())
    for address in (f"/post/{post.id}/delete", f"/topic/{topic.id}/delete"):
        assert stranger.post(address, {"deleted": 1}).status == 403
        assert stranger.htmx.post(address, {"deleted": 1}).status == 403
        assert stranger.get(address).status == 403
        assert visit().post(address, {"deleted": 1}).status == 403
        assert visit().get(address).location.startswith("/login")
    assert (fresh(post).deleted_at, fresh(topic).deleted_at) == (None, None)


@pytest.mark.parametrize("state", ["", "2", "yes", "-1"])
def test_a_forged_state_is_a_bad_request(ann, state):
    topic, post = a_reply(ann)
    assert ann.post(f"/post/{post.id}/delete", {"deleted": state}).status == 400
    assert ann.post(f"/topic/{topic.id}/delete", {"deleted": state}).status == 400


def test_the_first_post_is_deleted_with_its_topic(ann):
    topic = a_topic(by=ann.user)
    post = first_post(topic)
    assert "/delete" not in ann.get(f"/post/{post.id}/menu").html
    answer = delete(ann, post)
    assert answer.status == 403
    assert "Delete the topic instead." in answer.words


def test_the_time_for_deleting_is_a_setting(ann, visit):
    topic, post = a_reply(ann)
    mine = a_topic(by=ann.user)
    set_setting("permissions.delete_minutes", "5")
    clock.travel(timedelta(minutes=6))
    assert "This post is too old to be deleted." in delete(ann, post).words
    assert "This topic is too old to be deleted." in ann.post(f"/topic/{mine.id}/delete", {"deleted": 1}).words
    assert delete(visit(a_moderator()), post).status == 303
    assert topic.id == fresh(post).topic_id


def test_a_locked_topic_keeps_its_posts(ann):
    topic = a_locked_topic(by=ann.user)
    post = a_post(in_=topic, by=ann.user)
    assert "This topic is locked" in delete(ann, post).words
    assert "This topic is locked" in ann.post(f"/topic/{topic.id}/delete", {"deleted": 1}).words


def test_deleting_needs_the_right(ann):
    place = a_category(own_rights=True)
    grant("find", "read", "topics:read", to="registered", in_=place)
    topic = a_topic(in_=place, by=ann.user)
    post = a_post(in_=topic, by=ann.user)
    assert "You may not delete posts in this category." in delete(ann, post).words
    answer = ann.post(f"/topic/{topic.id}/delete", {"deleted": 1})
    assert "You may not delete topics in this category." in answer.words


def test_a_deleted_post_is_neither_edited_nor_answered_nor_voted_on(ann):
    topic, post = a_reply(ann)
    delete(ann, post)
    page = ann.get(path_of(topic))
    assert f"/topic/{topic.id}/reply?to={post.id}" not in page.html
    assert f'action="/post/{post.id}/vote"' not in page.html
    assert ann.get(f"/post/{post.id}/edit").status == 403


def test_a_deleted_answer_is_no_answer(ann, guest):
    topic, post = a_reply(ann)
    answer = a_post(in_=topic, by=ann.user, to=post, body="To you.")
    other = a_post(in_=topic, to=post, body="From me, too.")
    page = guest.get(path_of(topic))
    assert "2 replies" in page.words
    part = ann.htmx.post(f"/post/{answer.id}/delete", {"deleted": 1}).parts
    assert f"#post-{post.id}-replies" in [each.target for each in part]
    assert "1 reply" in guest.get(path_of(topic)).words
    listed = guest.get(f"/post/{post.id}/replies")
    assert "From me, too." in listed.words
    assert "deleted" not in listed.words
    assert fresh(post).last_reply_at == fresh(other).created_at
    assert astray() == []


def test_the_newest_post_gone_the_one_before_it_is_the_newest(ann, guest):
    place = a_category("Workshop")
    topic = a_topic(in_=place, title="Which glue?")
    a_post(in_=topic, body="Older words.")
    newest = a_post(in_=topic, by=ann.user, body="Newer words.")
    assert "Newer words." in guest.get("/").words
    delete(ann, newest)
    for page in ("/", f"/category/{place.id}/workshop", "/recent"):
        assert "Newer words." not in guest.get(page).words, page
        assert "Older words." in guest.get(page).words, page
    assert astray() == []


def test_the_figures_of_a_deleted_post(ann):
    topic, post = a_reply(ann)
    a_vote(post)
    delete(ann, post)
    assert (fresh(topic).posts, fresh(topic).posters) == (1, 1)
    assert (fresh(ann.user).posts, fresh(ann.user).reputation) == (0, 1)
    a_post(in_=topic, by=ann.user)
    assert (fresh(topic).posts, fresh(topic).posters) == (2, 2)
    assert astray() == []


# --- purging ---


def test_purging_a_post_plain(visit, ann, guest):
    topic, post = a_reply(ann)
    answer = a_post(in_=topic, to=post, body="To you.")
    a_vote(post)
    keeper = visit(an_administrator())
    assert "Only what is deleted can be removed for good." in keeper.post(f"/post/{post.id}/purge").words
    delete(keeper, post)
    menu = keeper.get(f"/post/{post.id}/menu")
    assert f'href="/post/{post.id}/purge"' in menu.html
    page = keeper.get(f"/post/{post.id}/purge")
    assert "Nobody can bring it back." in page.words
    assert keeper.submit(page, f"/post/{post.id}/purge").location == f"{path_of(topic)}/2"
    for address in (f"/post/{post.id}", f"/post/{post.id}/menu", f"/post/{post.id}/history"):
        gone = keeper.get(address)
        assert gone.status == 410
    assert "This post was removed for good." in guest.get(f"/post/{post.id}").words
    page = guest.get(f"{path_of(topic)}/2")
    assert numbers(page) == [1, 3]
    assert "replied to" not in page.words
    assert fresh(answer).reply_to_id is None
    assert fresh(ann.user).reputation == 0
    assert astray() == []


def test_purging_a_post_htmx(visit, ann):
    _topic, post = a_reply(ann)
    keeper = visit(an_administrator())
    delete(keeper, post)
    answer = keeper.htmx.submit(keeper.htmx.get(f"/post/{post.id}/purge"), f"/post/{post.id}/purge")
    assert (answer.parts[0].target, answer.parts[0].swap) == (f"#post-{post.id}", "delete")
    assert "removed for good" in answer.headers["HX-Trigger"]
    assert number_of(Post, Post.id == post.id) == 0


def test_purging_needs_the_right(ann, visit):
    _topic, post = a_reply(ann)
    delete(ann, post)
    answer = ann.post(f"/post/{post.id}/purge")
    assert answer.status == 403
    assert "You may not remove anything for good." in answer.words


def test_moderating_one_category_does_not_bring_purging(visit):
    place = a_category(own_rights=True)
    local = a_user("Local")
    grant("moderate", to=local, in_=place)
    post = a_post(in_=a_topic(in_=place))
    assert delete(visit(local), post).status == 303
    assert visit(local).post(f"/post/{post.id}/purge").status == 403
    grant("purge", to=local, in_=place)
    assert visit(local).post(f"/post/{post.id}/purge").status == 303


def test_the_id_of_a_purged_post_is_never_given_again(visit, ann):
    topic, post = a_reply(ann)
    keeper = visit(an_administrator())
    delete(keeper, post)
    keeper.post(f"/post/{post.id}/purge")
    after = a_post(in_=topic, by=ann.user, body="The next one.")
    assert after.id > post.id
    assert fresh(after).number == 3
    assert keeper.get(f"/post/{post.id}").status == 410


def test_the_id_of_a_purged_topic_is_never_given_again(visit):
    topic = a_topic()
    keeper = visit(an_administrator())
    keeper.post(f"/topic/{topic.id}/delete", {"deleted": 1})
    keeper.post(f"/topic/{topic.id}/purge")
    assert a_topic().id > topic.id
    assert keeper.get(f"/topic/{topic.id}").status == 410


def test_a_number_that_is_gone_leads_to_the_one_before(visit, ann, guest):
    topic, post = a_reply(ann)
    a_post(in_=topic)
    keeper = visit(an_administrator())
    delete(keeper, post)
    keeper.post(f"/post/{post.id}/purge")
    for sort in ("oldest_to_newest", "newest_to_oldest", "most_votes"):
        page = guest.get(f"{path_of(topic)}/2?sort={sort}")
        assert page.status == 200, sort
    last = guest.follow(guest.get(f"{path_of(topic)}/99"))
    assert re.search(r'class="post post-target"[^>]*data-number="3"', last.html)


def test_posts_at_the_end_gone_the_topic_ends_before_them(visit, ann, guest):
    topic, post = a_reply(ann)
    keeper = visit(an_administrator())
    delete(keeper, post)
    keeper.post(f"/post/{post.id}/purge")
    assert 'max="1"' in guest.get(path_of(topic)).html
    assert fresh(topic).last_number == 2


# --- topics ---


def test_deleting_ones_topic_and_undoing_it_plain(ann, guest):
    place = a_category("Workshop")
    topic = a_topic(by=ann.user, in_=place, title="Which glue?", tags="glue")
    a_post(in_=topic)
    page = ann.get(path_of(topic))
    assert f'href="/topic/{topic.id}/tools"' in page.html
    answer = ann.submit(ann.get(f"/topic/{topic.id}/tools"), f"/topic/{topic.id}/delete")
    assert answer.location == path_of(topic)
    page = ann.follow(answer)
    assert "Ann deleted this topic just now" in page.words
    assert guest.get(path_of(topic)).status == 404
    assert titles(guest.get(f"/category/{place.id}/workshop")) == []
    assert (fresh(place).topics, fresh(place).posts, fresh(ann.user).topics, fresh(ann.user).posts) == (0, 0, 0, 0)
    assert astray() == []
    back = ann.follow(ann.submit(page, f"/topic/{topic.id}/delete"))
    assert "The topic is back." in back.html
    assert titles(guest.get(f"/category/{place.id}/workshop")) == ["Which glue?"]
    assert astray() == []


def test_deleting_ones_topic_and_undoing_it_htmx(ann):
    topic = a_topic(by=ann.user)
    menu = ann.htmx.get(f"/topic/{topic.id}/tools", target=f"div#topic-{topic.id}-menu")
    assert "<html" not in menu.html
    answer = ann.htmx.submit(menu, f"/topic/{topic.id}/delete")
    assert path_of(topic) in answer.headers["HX-Location"]
    assert "livery:sent" not in answer.headers.get("HX-Trigger", "")  # what is being written stays open
    page = ann.get(path_of(topic))
    assert "The topic was deleted." in page.html
    ann.htmx.submit(page, f"/topic/{topic.id}/delete")
    assert fresh(topic).deleted_at is None


def test_guests_and_strangers_get_no_tools(guest, visit):
    topic = a_topic()
    for reader in (guest, visit(a_user())):
        assert "/tools" not in reader.get(path_of(topic)).html
    assert "/menu" not in guest.get(path_of(topic)).html


def test_a_topic_with_replies_may_be_kept_from_its_author(ann, visit):
    topic = a_topic(by=ann.user)
    a_post(in_=topic)
    set_setting("permissions.delete_answered", "1")
    answer = ann.post(f"/topic/{topic.id}/delete", {"deleted": 1})
    assert answer.status == 403
    assert "This topic has replies already" in answer.words
    assert "This topic has replies already" in ann.get(f"/topic/{topic.id}/tools").words
    assert visit(a_moderator()).post(f"/topic/{topic.id}/delete", {"deleted": 1}).status == 303


def test_a_moderators_reason_is_shown_and_the_author_cannot_restore(ann, visit):
    topic = a_topic(by=ann.user)
    marshal = visit(a_moderator("Marshal"))
    marshal.submit(marshal.get(f"/topic/{topic.id}/delete"), f"/topic/{topic.id}/delete", reason="Twice")
    page = ann.get(path_of(topic))
    assert "Marshal deleted this topic just now . The reason given: “Twice”." in page.words
    assert ann.post(f"/topic/{topic.id}/delete", {"deleted": 0}).status == 403
    assert "A moderator deleted this topic" in ann.get(f"/topic/{topic.id}/tools").words


def test_a_reason_has_its_length(visit):
    topic = a_topic()
    answer = visit(a_moderator()).post(f"/topic/{topic.id}/delete", {"deleted": 1, "reason": "x" * 501})
    assert answer.status == 422
    assert "A reason has at most 500 letters." in answer.words


def test_purging_a_topic(visit, ann, guest):
    place = a_category("Workshop")
    topic = a_topic(in_=place, by=ann.user, tags="glue")
    reply = a_post(in_=topic, by=ann.user)
    other = a_post(in_=a_topic(in_=place))
    a_vote(reply)
    keeper = visit(an_administrator())
    assert keeper.post(f"/topic/{topic.id}/purge").status == 403  # only what is deleted
    keeper.post(f"/topic/{topic.id}/delete", {"deleted": 1})
    page = keeper.get(f"/topic/{topic.id}/purge")
    assert "Its 2 posts go with it." in page.words
    assert keeper.submit(page, f"/topic/{topic.id}/purge").location == f"/category/{place.id}/workshop"
    for address in (f"/topic/{topic.id}", path_of(topic), f"/post/{reply.id}", f"/topic/{topic.id}/reply"):
        assert keeper.get(address).status == 410, address
    assert "This topic was removed for good." in guest.get(path_of(topic)).words
    assert number_of(Topic) == 1
    assert number_of(Post) == 2
    assert number_of(Tombstone) == 3
    assert fresh(ann.user).reputation == 0
    assert fresh(other).number == 2
    assert astray() == []


def test_a_text_for_a_purged_topic_comes_back(visit, ann):
    topic = a_topic()
    composer = ann.get(f"/topic/{topic.id}/reply")
    keeper = visit(an_administrator())
    keeper.post(f"/topic/{topic.id}/delete", {"deleted": 1})
    keeper.post(f"/topic/{topic.id}/purge")
    answer = ann.submit(composer, f"/topic/{topic.id}/posts", body="All my words.")
    assert answer.status == 410
    assert "This topic was removed for good." in answer.words
    assert "All my words.</textarea>" in answer.html


# --- who listens ---


def test_all_of_it_is_announced(visit, ann):
    heard = []
    for kind in (PostDeleted, PostRestored, PostPurged, TopicDeleted, TopicRestored, TopicPurged):
        subscribe(kind)(heard.append)
    topic, post = a_reply(ann)
    keeper = visit(an_administrator())
    delete(ann, post)
    ann.post(f"/post/{post.id}/delete", {"deleted": 0})
    delete(keeper, post)
    keeper.post(f"/post/{post.id}/purge")
    for state in (1, 0, 1):
        keeper.post(f"/topic/{topic.id}/delete", {"deleted": state})
    keeper.post(f"/topic/{topic.id}/purge")
    by = keeper.user.id
    assert heard == [
        PostDeleted(post.id, topic.id, ann.user.id), PostRestored(post.id, topic.id, ann.user.id),
        PostDeleted(post.id, topic.id, by), PostPurged(post.id, topic.id, 2),
        TopicDeleted(topic.id, by), TopicRestored(topic.id, by), TopicDeleted(topic.id, by),
        TopicPurged(topic.id, topic.category_id),
    ]  # fmt: skip


def test_a_deleted_post_keeps_its_words_from_quoting_and_search(ann, guest, visit):
    topic, post = a_reply(ann, "Unmistakable words.")
    change(post, deleted_at=clock.now())
    assert visit(a_user()).get(f"/topic/{topic.id}/reply?quote={post.id}").status == 404
    assert "Unmistakable" not in guest.get(path_of(topic)).html
    assert len(posts_of(topic)) == 2
