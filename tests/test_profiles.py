"""Profiles: what people say about themselves, their fields, their signatures, and the pages of a person."""

import re

import pytest

from core import cache
from core.db import session, writing
from forum import fields, groups, sanctions, search_index, text
from models import Grant, Post, ProfileEntry, TopicFollow, User
from tests.factories import (
    a_category,
    a_moderator,
    a_post,
    a_topic,
    a_user,
    a_vote,
    an_administrator,
    change,
    fresh,
    grant,
    inside,
    many_posts,
    number_of,
    set_setting,
    viewer_of,
    writes,
)
from tests.visitor import path_of, titles


def a_field(name="Place", kind="text", **more) -> fields.Field:
    """A field of the administrator's."""
    keeper = viewer_of(an_administrator(f"Keeper of {name}"[:16]))
    with inside(), writing():
        form = {"name": name, "kind": kind, "visibility": "all", **more}
        fields.keep(keeper, None, form)
        return next(field for field in fields.every() if field.name == name)


def save(visitor, htmx=False, **typed):
    """Fills in the form of one's own profile and sends it."""
    page = visitor.get("/me/profile")
    return (visitor.htmx.sends if htmx else visitor.submit)(page, "/me/profile", **typed)


# --- editing ---


def test_a_person_says_something_about_himself_plain(ann, guest):
    answer = save(ann, about="I *like* <script>glue</script>.", signature="Ann, with **glue**")
    assert answer.location == "/user/ann"
    page = guest.get("/user/ann")
    assert "I <em>like</em> &lt;script&gt;glue&lt;/script&gt;." in page.html
    assert "<script>glue" not in page.html
    assert ann.get("/me/profile").form("/me/profile").fields["signature"] == "Ann, with **glue**"


def test_a_person_says_something_about_himself_htmx(ann, guest):
    assert save(ann, htmx=True, about="I like glue.").status == 303
    assert "I like glue." in guest.get("/user/ann").words


def test_what_is_too_long_is_said_and_kept_in_the_form(ann):
    answer = save(ann, about="x" * 1001, signature="y" * 256)
    assert answer.status == 422
    assert "At most 1000 letters; these are 1001." in answer.words
    assert "At most 255 letters; these are 256." in answer.words
    assert answer.form("/me/profile").fields["about"] == "x" * 1001
    assert fresh(ann.user).about == ""


def test_a_preview_keeps_nothing(ann):
    page = save(ann, about="I *like* glue.", signature="**A**", preview="1")
    assert "I <em>like</em> glue." in page.html
    assert "<strong>A</strong>" in page.html
    assert fresh(ann.user).about == ""


def test_the_address_of_the_form_and_whose_it_is(ann, guest):
    a_user("Bert")
    assert ann.get("/user/ann/edit").location == "/me/profile"
    assert ann.get("/user/bert/edit").status == 404
    assert guest.get("/me/profile").location.startswith("/login")
    assert guest.post("/me/profile", {"about": "x"}).status == 403


def test_who_is_muted_changes_nothing_and_keeps_what_he_typed(ann):

    keeper = viewer_of(an_administrator())
    page = ann.get("/me/profile")
    with inside(), writing():
        sanctions.put(keeper, ann.user.id, "mute", "Quiet.", None)
    answer = ann.submit(page, "/me/profile", about="Anyway.")
    assert answer.status == 403
    assert answer.form("/me/profile").fields["about"] == "Anyway."
    assert "Quiet." in answer.words


# --- signatures ---


def signed(name: str, words: str) -> User:
    """Somebody with a signature."""

    return a_user(name, signature=words, signature_html=text.render(words))


def test_a_signature_stands_under_every_post_and_can_be_switched_off(ann, guest):
    author = signed("Bert", "Bert's <b>own</b> [page](https://bert.example/)")
    topic = a_topic(by=author)
    a_post(in_=topic, by=author)
    page = guest.get(path_of(topic))
    assert page.words.count("Bert's <b>own</b> page") == 2
    assert 'rel="nofollow ugc noopener" href="https://bert.example/"' in page.html
    form = ann.get("/me/profile").form("/me/profile")
    assert form.fields.pop("signatures") == "1"
    ann.post("/me/profile", form.fields)
    assert "Bert's" not in ann.get(path_of(topic)).words
    assert "Bert's" in guest.get(path_of(topic)).words


def test_a_changed_signature_is_seen_at_once(guest, visit):
    author = signed("Bert", "The old one")
    topic = a_topic(by=author)
    assert "The old one" in guest.get(path_of(topic)).words
    save(visit(author), signature="The new one")
    assert "The new one" in guest.get(path_of(topic)).words


def test_a_page_may_show_each_signature_once(guest):
    author = signed("Bert", "Bert's own")
    topic = a_topic(by=author)
    a_post(in_=topic, by=author)
    set_setting("signatures.once", "yes")
    assert guest.get(path_of(topic)).words.count("Bert's own") == 1


@pytest.mark.parametrize(
    ("name", "value", "left"),
    [("links", "no", "<p>page</p>"), ("longest", "0", ""), ("images", "no", "page</a></p>")],
)
def test_what_signatures_may_hold_is_a_setting(guest, name, value, left):
    author = signed("Bert", "[page](https://bert.example/)")
    topic = a_topic(by=author)
    set_setting(f"signatures.{name}", value)
    page = guest.get(path_of(topic))
    assert left in page.html if left else "Signature of Bert" not in page.html


def test_images_in_signatures(guest):
    address = f"/uploads/{'a' * 22}/300x200.png"
    topic = a_topic(by=signed("Bert", f"Look: ![cat]({address})"))
    assert address in guest.get(path_of(topic)).html
    set_setting("signatures.images", "no")
    assert address not in guest.get(path_of(topic)).html
    assert "Look:" in guest.get(path_of(topic)).words


def test_a_signature_needs_the_right(ann):
    @writes
    def taken() -> None:

        session().query(Grant).filter(Grant.right == "signature").delete()
        cache.bump("grants")

    taken()
    assert 'name="signature"' not in ann.get("/me/profile").html
    save(ann, signature="Anyway")
    assert fresh(ann.user).signature == ""


def test_a_signature_is_not_searched_and_not_quoted(ann, visit):
    author = signed("Bert", "Zanzibar")
    topic = a_topic(by=author, body="About glue.")
    post = fresh(topic).first_post_id
    assert (
        "Zanzibar"
        not in ann.get(f"/topic/{topic.id}/reply?quote={post}").form(f"/topic/{topic.id}/posts").fields["body"]
    )

    with inside():
        search_index.catch_up()
    assert "Nothing" in ann.get("/search?q=Zanzibar").words


# --- fields ---


def test_fields_are_filled_in_and_shown(ann, guest):
    site, since = a_field("Website", "link"), a_field("Since", "date")
    skills = a_field("Skills", "choices", options="Glue\nPaper\nWood")
    form = ann.get("/me/profile").form("/me/profile").fields
    chosen = {site.key: "https://www.ann.example/", since.key: "2020-02-29", skills.key: ["Glue", "Wood"]}
    assert ann.post("/me/profile", {**form, **chosen}).status == 303
    page = guest.get("/user/ann")
    assert '<a href="https://www.ann.example/" rel="nofollow ugc noopener">ann.example</a>' in page.html
    assert "Since 29 Feb 2020" in page.words
    assert "Skills Glue, Wood" in page.words
    ann.post("/me/profile", {**form, site.key: ""})
    assert "Website" not in guest.get("/user/ann").words


@pytest.mark.parametrize(
    ("kind", "value", "reason"),
    [
        ("link", "javascript:alert(1)", "A link begins with https:// or http://."),
        ("link", "ftp://a.example", "A link begins with https:// or http://."),
        ("number", "seven", "Write a number, like 7 or 2.5."),
        ("date", "2027-02-30", "Write the day like 2027-01-31."),
        ("choice", "Stone", "Choose from the list."),
        ("choices", "Stone", "Choose from the list."),
        ("text", "x" * 101, "At most 100 letters, please."),
    ],
)
def test_what_a_field_does_not_take(ann, kind, value, reason):
    field = a_field("Asked", kind, options="Glue\nPaper")
    form = ann.get("/me/profile").form("/me/profile").fields
    answer = ann.post("/me/profile", {**form, "about": "Kept.", field.key: value})
    assert answer.status == 422
    assert reason in answer.words
    assert answer.form("/me/profile").fields["about"] == "Kept."
    assert number_of(ProfileEntry) == 0


def test_a_field_that_must_be_filled_in(ann):
    field = a_field("Town", required="1")
    assert "“Town” must be filled in." in save(ann, about="x").words
    assert save(ann, **{field.key: "Ulm"}).status == 303


def test_who_sees_a_field(ann, guest, visit):
    for name, seen in (("Town", "members"), ("Phone", "staff")):
        save(ann, **{a_field(name, visibility=seen).key: f"{name} of Ann"})
    bert, marshal = visit(a_user("Bert")), visit(a_moderator())
    for reader, town, phone in ((guest, 0, 0), (bert, 1, 0), (marshal, 1, 1), (ann, 1, 1)):
        words = reader.get("/user/ann").words
        assert ("Town of Ann" in words, "Phone of Ann" in words) == (bool(town), bool(phone))


def test_a_field_from_some_reputation_on(ann):
    field = a_field("Town", required="1", reputation="10")
    assert field.key not in ann.get("/me/profile").html
    assert save(ann, about="x").status == 303
    change(ann.user, reputation=10)
    assert field.key in ann.get("/me/profile").html


# --- the pages of a person ---


@pytest.fixture
def bert(app):
    """Somebody who wrote three posts, with votes."""
    author = a_user("Bert")
    topic = a_topic(by=author, title="Glue", body="The plain one.")
    liked, hated = (
        a_post(in_=topic, by=author, body="The liked one."),
        a_post(in_=topic, by=author, body="The hated one."),
    )
    a_vote(liked)
    a_vote(hated, value=-1)
    return author


def test_the_best_and_the_controversial_posts(guest, bert):
    best, worst = guest.get("/user/bert/best").words, guest.get("/user/bert/controversial").words
    assert "The liked one." in best
    assert "The plain one." not in best
    assert "The hated one." in worst
    assert "The liked one." not in worst
    overview = guest.get("/user/bert").words
    assert overview.index("Best posts") < overview.index("The liked one.") < overview.index("Latest posts")


@pytest.mark.parametrize("tab", ["best", "controversial"])
def test_the_endless_page_of_the_best(guest, tab):

    author = a_user("Ann")
    topic = a_topic(by=author)
    many_posts(topic, 45, by=[author], scores=(3, 5))
    with inside(), writing():
        session().query(Post).filter(Post.topic_id == topic.id, Post.number > 1).update({"downs": 2})
    answer, seen = guest.get(f"/user/ann/{tab}"), []
    while True:
        seen += re.findall(r"Reply (\d+)\.", answer.html)
        onward = re.search(r'class="sentinel" hx-get="([^"]*)"', answer.html)
        if not onward:
            break
        answer = guest.htmx.get(onward[1])
    assert len(set(seen)) == len(seen) == 45


def test_what_somebody_voted_for_only_he_sees(ann, guest, visit, bert):
    topic = a_topic(body="Good words.")
    other = a_topic(body="Bad words.")
    ann.get("/")
    ann.post(f"/post/{fresh(topic).first_post_id}/vote", {"value": "1"})
    ann.post(f"/post/{fresh(other).first_post_id}/vote", {"value": "-1"})
    assert "Good words." in ann.get("/user/ann/upvoted").words
    assert "Bad words." in ann.get("/user/ann/downvoted").words
    assert "Bad words." not in ann.get("/user/ann/upvoted").words
    assert visit(bert).get("/user/ann/upvoted").status == 404
    assert guest.get("/user/ann/upvoted").location.startswith("/login")


@pytest.mark.parametrize(("tab", "state"), [("watched", "watch"), ("ignored", "ignore")])
def test_topics_that_somebody_watches_or_ignores(ann, tab, state):
    topic = a_topic(title="Glue")
    a_topic(title="Paper")
    assert "Glue" not in ann.get(f"/user/ann/{tab}").words
    with inside(), writing():
        session().add(TopicFollow(user_id=ann.user.id, topic_id=topic.id, state=state))
    assert titles(ann.get(f"/user/ann/{tab}")) == ["Glue"]


def test_topics_in_an_order(guest):
    author = a_user("Ann")
    for title, views in (("First", 5), ("Second", 9), ("Third", 1)):
        a_topic(by=author, title=title, views=views)
    assert titles(guest.get("/user/ann/topics")) == ["Third", "Second", "First"]
    page = guest.get("/user/ann/topics?sort=most_views")
    assert titles(page) == ["Second", "First", "Third"]
    assert guest.get("/user/ann/topics?sort=nonsense").status == 400


def test_who_follows_whom(ann, guest, bert):
    ann.get("/")
    ann.post("/user/bert/follow", {"follow": "1"})
    assert "Bert" in guest.get("/user/ann/following").words
    assert 'href="/user/ann"' in guest.get("/user/bert/followers").html
    assert "Nobody follows Ann." in guest.get("/user/ann/followers").words
    assert "Bert follows nobody." in guest.get("/user/bert/following").words


def test_groups_of_a_person_without_the_hidden_ones(ann, guest):

    with inside(), writing():
        for name, seen in (("Sailors", "public"), ("Insiders", "hidden")):
            groups.join(ann.user.id, groups.create(name, visibility=seen).id)
    page = guest.get("/user/ann/groups").words
    assert "Sailors" in page
    assert "Insiders" not in page
    assert "Insiders" in ann.get("/user/ann/groups").words


def test_posts_are_read_with_the_readers_rights(guest, visit):
    """Where somebody sees titles and may not open topics, he reads no post on its author's page either."""
    place = a_category("Titles", own_rights=True)
    grant("find", "read", to="guests", in_=place)
    author = a_user("Ann")
    topic = a_topic(by=author, in_=place, body="Secret words.")
    a_vote(a_post(in_=topic, by=author, body="More secret words."), by=an_administrator())
    for tab in ("", "/posts", "/best"):
        assert "ecret words." not in guest.get(f"/user/ann{tab}").words, tab


def test_a_bookmark_is_read_with_the_readers_rights(ann):
    place = a_category("Titles", own_rights=True)
    grant("find", "read", "topics:read", to=ann.user, in_=place)
    topic = a_topic(in_=place, body="Secret words.")
    ann.get("/")
    ann.post(f"/post/{fresh(topic).first_post_id}/bookmark", {"kept": "1"})
    assert "Secret words." in ann.get("/user/ann/bookmarks").words

    @writes
    def close() -> None:
        session().query(Grant).filter(Grant.right == "topics:read", Grant.user_id == ann.user.id).delete()
        cache.bump("grants")

    close()
    assert "Secret words." not in ann.get("/user/ann/bookmarks").words


def test_who_voted_on_a_deleted_post_is_nobodys_business(guest, marshal):
    topic = a_topic()
    post = a_post(in_=topic)
    a_vote(post, by=a_user("Voter"))
    assert "Voter" in guest.get(f"/post/{post.id}/voters").words
    marshal.get("/")
    marshal.post(f"/post/{post.id}/delete", {"deleted": "1"})
    assert guest.get(f"/post/{post.id}/voters").status == 404
    assert "Voter" in marshal.get(f"/post/{post.id}/voters").words


@pytest.mark.parametrize(
    ("known", "here"),
    [
        ("edit/username", "/me/name"), ("edit/email", "/me/email"), ("edit/password", "/me/password"),
        ("sessions", "/me/sessions"), ("theme", "/skins"), ("info", "/user/ann/record"),
    ],
)  # fmt: skip
def test_addresses_that_other_forums_have_lead_to_what_is_there_here(ann, visit, known, here):
    answer = ann.get(f"/user/ann/{known}")
    assert (answer.status, answer.location) == (308, here)
    assert ann.follow(answer).status == 200
    other = visit(a_user("Bert")).get(f"/user/ann/{known}")
    assert other.status == 404 or visit(a_user("Cleo")).get(other.location).status == 404


def test_every_tab_says_when_it_is_empty(ann):
    for tab in ("posts", "topics", "best", "controversial", "groups", "following", "followers", "watched", "ignored",
                "read", "upvoted", "downvoted"):  # fmt: skip
        page = ann.get(f"/user/ann/{tab}")
        assert page.status == 200
        assert 'class="empty"' in page.html, tab
    for tab in ("categories", "tags", "blocks"):
        assert ann.get(f"/user/ann/{tab}").location == f"/me/following#{tab}"


def test_the_staff_sees_what_is_known_of_a_person(marshal, ann, visit):

    visit(a_user("Bert")).get("/")
    reporter = visit(a_user("Carl"))
    reporter.get("/")
    reporter.post("/user/ann/report", {"reason": "rude"})
    page = marshal.get("/user/ann/record").words
    assert "On the person open" in page
    assert "What is known" not in ann.get("/user/ann/record").words
