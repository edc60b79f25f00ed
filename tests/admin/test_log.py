"""The log of everything that the staff did."""

import ast
import csv
import io
import re
from datetime import timedelta

import pytest

from core import clock
from core.config import ROOT
from core.db import writing
from forum import audit
from models import Act
from tests.factories import a_category, a_moderator, a_post, a_topic, a_user, inside, number_of, viewer_of
from tests.visitor import Visitor


def acts(keeper, **asked):
    """The lines of the log, as a reader sees them."""
    html = keeper.get("/admin/log", asked).html
    return [
        " ".join(re.sub(r"<[^>]*>", " ", line).split())
        for line in re.findall(r"<li class=\"record-entry\">(.*?)</li>", html, re.DOTALL)
    ]


def test_what_the_staff_does_is_written_down(keeper, marshal):
    topic = a_topic(by=a_user("Ann"), title="Glue", in_=a_category("Crafts"))
    post = a_post(in_=topic, by=a_user("Bert"))
    marshal.get("/")
    marshal.post(f"/topic/{topic.id}/lock", {"locked": "1"})
    marshal.post(f"/post/{post.id}/delete", {"deleted": "1", "reason": "Rude."})
    keeper.get("/")
    keeper.post("/admin/settings/topics", {"title_min.there": "1", "title_min": "5"})
    keeper.post(f"/admin/categories/{topic.category_id}", {"name": "Arts", "colour": "#112233", "icon": "star"})
    lines = acts(keeper)
    assert any(line.startswith("Marshal locked the topic Glue (Ann)") for line in lines)
    assert any(line.startswith("Marshal deleted a post in Glue (Bert) Rude.") for line in lines)
    assert any(line.startswith("Keeper changed the setting topics.title_min 3 → 5") for line in lines)
    assert any(line.startswith("Keeper saved the category Arts") for line in lines)


def test_rights_navigation_groups_and_tags_are_written_down(keeper):
    keeper.get("/")
    place = a_category("Crafts")
    topic = a_topic(tags="glue")
    keeper.post(f"/admin/privileges/{place.id}/own", {"own": "1"})
    keeper.post("/groups/new", {"name": "Carers", "colour": "#112233", "visibility": "private"})
    keeper.post("/admin/tags/glue", {"name": "paste"})
    keeper.post("/admin/navigation/new", {"icon": "star", "text": "Rules", "target": "/rules", "audience": "everyone"})
    kinds = {kind for kind in audit.WORDS if number_of(Act, Act.kind == kind)}
    assert {"group.kept", "tag.renamed", "navigation.kept"} <= kinds
    assert topic.id


def test_what_authors_do_to_their_own_is_no_act_of_the_staff(app):
    bert = a_user("Bert")
    topic = a_topic(by=bert)
    post = a_post(in_=topic, by=bert)
    writer = Visitor(app, bert)
    writer.get("/")
    assert writer.post(f"/post/{post.id}/delete", {"deleted": "1"}).status == 303
    assert writer.post(f"/topic/{topic.id}/delete", {"deleted": "1"}).status in (200, 303)
    assert number_of(Act) == 0


def test_the_log_is_filtered(keeper, marshal):
    first, second = a_topic(by=a_user("Ann"), title="Glue"), a_topic(by=a_user("Bert"), title="Wood")
    marshal.get("/")
    marshal.post(f"/topic/{first.id}/lock", {"locked": "1"})
    keeper.get("/")
    keeper.post(f"/topic/{second.id}/lock", {"locked": "1"})
    assert len(acts(keeper)) == 2
    assert len(acts(keeper, by="marshal")) == 1
    assert "Wood" in acts(keeper, whom="Bert")[0]
    assert acts(keeper, about="person") == []
    assert len(acts(keeper, about="topic", by="keeper")) == 1
    assert keeper.get("/admin/log", {"about": "zebra"}).status == 400


def test_a_single_kind_and_a_span_of_days_are_found(keeper, marshal):
    topic = a_topic(by=a_user("Ann"), title="Glue")
    marshal.get("/")
    for days, locked in ((0, "1"), (3, "0"), (6, "1")):
        clock.travel(timedelta(days=days))
        marshal.post(f"/topic/{topic.id}/lock", {"locked": locked})
    keeper = Visitor(keeper.app, keeper.user)
    assert len(acts(keeper, about="topic")) == 3
    assert len(acts(keeper, about="topic.unlocked")) == 1
    day = clock.now().date()
    assert len(acts(keeper, since=str(day - timedelta(days=3)))) == 2
    assert len(acts(keeper, until=str(day - timedelta(days=3)))) == 2
    assert len(acts(keeper, since=str(day), until=str(day), about="topic.locked", by="Marshal")) == 1
    assert acts(keeper, since=str(day + timedelta(days=1))) == []
    assert keeper.get("/admin/log", {"since": "yesterday"}).status == 400


def test_the_log_is_taken_along_as_a_table(keeper, marshal):
    with inside(), writing():
        for number in range(1100):
            audit.note(viewer_of(marshal.user), "tag.removed", name=f"tag-{number}")
        audit.note(viewer_of(keeper.user), "tag.removed", name="=HYPERLINK()", detail="a, b")
    page = keeper.get("/admin/log", {"by": "Marshal"})
    assert 'href="/admin/log/export.csv?by=Marshal"' in page.html
    answer = keeper.get("/admin/log/export.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="log.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.html)))
    assert len(rows) == 1101
    assert (rows[0]["name"], rows[0]["words"], rows[0]["by"]) == ("'=HYPERLINK()", "a, b", "Keeper")
    assert len({row["id"] for row in rows}) == 1101
    assert len(keeper.get("/admin/log/export.csv", {"by": "Marshal"}).html.splitlines()) == 1101
    marshal.get("/")
    assert marshal.get("/admin/log/export.csv").status == 403


def test_every_page_of_the_log_is_reached(keeper):
    marshal = viewer_of(a_moderator("Marshal"))
    with inside(), writing():
        for number in range(60):
            audit.note(marshal, "tag.removed", name=f"tag-{number:02}")
    first = keeper.get("/admin/log")
    further = first.html.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = keeper.get(further)
    assert all((f"tag-{number:02}" in first.words) != (f"tag-{number:02}" in second.words) for number in range(60))


def test_the_log_takes_only_what_it_has_words_for(app):
    with inside(), writing(), pytest.raises(ValueError, match="no words"):
        audit.note(viewer_of(None), "zebra.seen")


def test_every_kind_that_is_noted_has_words():
    noted = set()
    for path in (ROOT / "forum").glob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) in ("audit.note", "_note"):
                noted |= {each.value for each in call.args if isinstance(each, ast.Constant) and "." in str(each.value)}
    assert len(noted) > 20
    assert noted <= set(audit.WORDS)
    assert {kind.partition(".")[0] for kind in audit.WORDS} == set(audit.ABOUT)
