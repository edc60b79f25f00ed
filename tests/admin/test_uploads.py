"""Everything that people uploaded, as the control panel shows and removes it."""

import pytest

from core import storage
from core.db import session, writing
from forum import uploads
from models import Upload, User
from tests.factories import a_private_category, a_topic, a_user, grant, inside, number_of, viewer_of, writes
from tests.test_uploads import a_picture


def an_upload(by, name="cat.png", data=b"", purpose=""):
    """A file that somebody uploaded, behind the verbs that would ask who may."""
    able = by
    grant("upload:post:file", to=able)
    with inside():
        viewer = viewer_of(able)
        ready = uploads.prepare(viewer, name, data or a_picture(size=(64, 64)))
        with writing():
            return uploads.keep(viewer, ready, purpose=purpose)


@writes
def wear(user, upload, kind="picture"):
    """Makes an upload the picture of somebody."""
    setattr(session().get(User, user.id), kind, upload.key)


def stored() -> set[str]:
    """The names of all files."""
    return set(storage.files().names())


def test_everything_is_listed_with_its_owner_and_its_posts(keeper):
    ann, bert = a_user("Ann"), a_user("Bert")
    cat, notes = an_upload(ann), an_upload(bert, "notes.txt", b"x" * 2048)
    a_topic(by=ann, body=uploads.markdown(cat))
    page = keeper.get("/admin/uploads")
    assert "2 uploads," in page.words
    lines = page.words.split("Find ")[1]
    assert lines.index("notes.txt") < lines.index("cat.png")  # the newest first
    assert "cat.png Ann" in page.words
    assert "in 1 post" in page.words
    assert "in no post" in page.words
    assert notes.id


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"kind": "images"}, {"cat.png", "dog.png"}), ({"kind": "files"}, {"notes.txt"}),
        ({"kind": "profiles"}, {"me.png"}), ({"kind": "unlinked"}, {"dog.png", "notes.txt"}),
        ({"q": "CAT"}, {"cat.png"}), ({"by": "bert"}, {"notes.txt", "dog.png"}), ({"by": "Nobody"}, set()),
        ({"by": "bert", "kind": "files"}, {"notes.txt"}), ({"q": "%"}, set()),
    ],
)  # fmt: skip
def test_uploads_are_found(keeper, query, names):
    ann, bert = a_user("Ann"), a_user("Bert")
    cat = an_upload(ann)
    an_upload(bert, "dog.png")
    an_upload(bert, "notes.txt", b"words")
    an_upload(ann, "me.png", purpose="picture")
    a_topic(by=ann, body=uploads.markdown(cat))
    page = keeper.get("/admin/uploads", query)
    found = {name for name in ("cat.png", "dog.png", "notes.txt", "me.png") if name in page.words}
    assert found == names
    assert ("No uploads" in page.words) == (not names)


def test_every_page_is_reached(keeper):
    ann = viewer_of(a_user("Ann"))
    with inside(), writing():
        for number in range(50):
            uploads.keep(ann, uploads.Ready(f"file-{number:02}.txt", b"x", None))
    first = keeper.get("/admin/uploads?kind=files")
    second = keeper.get(first.html.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&"))
    for number in range(50):
        assert (f"file-{number:02}.txt" in first.words) != (f"file-{number:02}.txt" in second.words)


def test_removing_asks_says_where_it_is_shown_and_removes_the_files(keeper):
    ann = a_user("Ann")
    cat = an_upload(ann)
    a_topic(by=ann, title="Look at this", body=uploads.markdown(cat))
    files = stored()
    asked = keeper.get(f"/admin/uploads/{cat.id}/destroy")
    assert "Remove “cat.png” for good?" in asked.words
    assert "These posts show it" in asked.words
    assert "Look at this" in asked.words
    assert number_of(Upload) == 1
    page = keeper.follow(keeper.submit(asked, f"/admin/uploads/{cat.id}/destroy"))
    assert "It is gone." in page.html
    assert number_of(Upload) == 0
    assert stored() == files - set(cat.variants)
    assert "removed for good the upload cat.png (Ann)" in keeper.get("/admin/log").words
    assert keeper.get(f"/admin/uploads/{cat.id}/destroy").status == 404


def test_titles_that_a_delegate_may_not_read_are_only_counted(visit):
    helper, ann = a_user("Helper"), a_user("Ann", groups_of=["moderators"])
    grant("admin:operations", to=helper)
    cat = an_upload(ann)
    a_topic(by=ann, title="Backstage talk", in_=a_private_category(for_="moderators"), body=uploads.markdown(cat))
    asked = visit(helper).get(f"/admin/uploads/{cat.id}/destroy")
    assert "Backstage talk" not in asked.html
    assert "And 1 more post." in asked.words


def test_a_picture_of_a_person_leaves_the_letter_behind(keeper, guest):
    ann = a_user("Ann")
    face = an_upload(ann, "me.png", purpose="picture")
    wear(ann, face)
    asked = keeper.get(f"/admin/uploads/{face.id}/destroy")
    assert "Ann uses it on his page." in asked.words
    keeper.submit(asked, f"/admin/uploads/{face.id}/destroy")
    assert number_of(User, User.picture != "") == 0
    assert face.key not in guest.get("/user/ann").html


def test_who_stores_how_much(keeper):
    assert "Nobody stores anything" in keeper.get("/admin/uploads/people").words
    ann, bert = a_user("Ann"), a_user("Bert")
    an_upload(ann, "a.txt", b"x" * 100)
    for name in ("b.txt", "c.txt"):
        an_upload(bert, name, b"x" * 2048)
    page = keeper.get("/admin/uploads/people")
    assert page.words.index("Bert 2 4.0 KiB") < page.words.index("Ann 1 100 Bytes")
    assert 'href="/admin/uploads?by=Bert"' in page.html
