"""Bookmarks: kept from a post's menu, listed for their owner only."""

from models import Bookmark
from tests.factories import a_category, a_moderator, a_post, a_private_category, a_topic, a_user, change, number_of
from tests.visitor import path_of


def test_keeping_a_post_and_undoing_it_plain(ann):
    topic = a_topic(title="Which glue?")
    post = a_post(in_=topic, body="The brown one.")
    answer = ann.submit(ann.get(f"/post/{post.id}/menu"), f"/post/{post.id}/bookmark")
    assert answer.location == f"{path_of(topic)}/2#post-{post.id}"
    page = ann.follow(answer)
    assert "The post is among your bookmarks." in page.html
    assert "Bookmarked" in page.html
    listed = ann.get("/user/ann/bookmarks")
    assert "Which glue?" in listed.words
    assert "The brown one." in listed.words
    ann.submit(page, f"/post/{post.id}/bookmark")
    assert number_of(Bookmark) == 0
    assert "Nothing kept yet" in ann.get("/user/ann/bookmarks").words


def test_keeping_a_post_and_undoing_it_htmx(ann):
    topic = a_topic()
    post = a_post(in_=topic)
    answer = ann.htmx.submit(ann.htmx.get(f"/post/{post.id}/menu"), f"/post/{post.id}/bookmark")
    assert [part.target for part in answer.parts] == [f"#post-{post.id}", "#undo"]
    assert ann.get(path_of(topic)).shows(answer.parts[0].html)
    ann.htmx.submit(answer, f"/post/{post.id}/bookmark")
    assert number_of(Bookmark) == 0


def test_keeping_twice_is_keeping_once(ann):
    post = a_post(in_=a_topic())
    for _ in range(2):
        ann.post(f"/post/{post.id}/bookmark", {"kept": 1})
    assert number_of(Bookmark) == 1
    page = ann.get("/user/ann/bookmarks")
    ann.submit(page, f"/post/{post.id}/bookmark")
    assert number_of(Bookmark) == 0


def test_bookmarks_are_nobody_elses(ann, visit, guest):
    assert visit(a_moderator()).get("/user/ann/bookmarks").status == 404
    assert guest.get("/user/ann/bookmarks").location.startswith("/login")
    assert guest.post(f"/post/{a_post(in_=a_topic()).id}/bookmark", {"kept": 1}).status == 403
    assert "/user/ann/bookmarks" in ann.get("/user/ann").html
    assert "bookmarks" not in visit(a_user()).get("/user/ann").html
    assert ann.get("/me/bookmarks").location == "/user/ann/bookmarks"


def test_what_one_may_no_longer_read_is_not_listed(ann):
    topic, other = a_topic(), a_topic()
    post, gone = a_post(in_=topic, body="Secret soon."), a_post(in_=other, body="Deleted soon.")
    for each in (post, gone):
        ann.post(f"/post/{each.id}/bookmark", {"kept": 1})
    assert "Secret soon." in ann.get("/user/ann/bookmarks").words
    change(topic, category_id=a_private_category(for_="moderators").id)
    ann.post(f"/post/{gone.id}/delete", {"deleted": 1})
    change(gone, deleted_at=gone.created_at)
    words = ann.get("/user/ann/bookmarks").words
    assert "Secret soon." not in words
    assert "Deleted soon." not in words
    assert ann.post(f"/post/{post.id}/bookmark", {"kept": 1}).status == 404


def test_a_long_list_goes_on(ann):
    topic = a_topic(in_=a_category())
    for number in range(22):
        post = a_post(in_=topic, body=f"Line {number}.")
        ann.post(f"/post/{post.id}/bookmark", {"kept": 1})
    page = ann.get("/user/ann/bookmarks")
    assert page.html.count('class="authored-post"') == 20
    more = ann.htmx.get("/user/ann/bookmarks?" + page.html.split("/user/ann/bookmarks?")[1].split('"')[0])
    assert more.html.count('class="authored-post"') == 2
