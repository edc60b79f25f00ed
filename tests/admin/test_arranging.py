"""The editors of navigation and widgets."""

import re
from datetime import timedelta

import pytest

from core import clock

ENTRY = {"icon": "star", "text": "Rules", "target": "/topic/1", "audience": "everyone", "enabled": "1"}
WIDGET = {"place": "footer", "kind": "text", "body": "Be kind.", "audience": "everyone", "enabled": "1"}


def rail(answer) -> list[str]:
    """The words of the side bar's entries."""
    bar = re.search(r'<ul class="rail-list">(.*?)</ul>', answer.html, re.DOTALL)[1]
    return re.findall(r'<span class="rail-words">([^<]*)</span>', bar)


def made(keeper, words: str) -> str:
    """The number of the entry with these words."""
    return re.search(rf'href="/admin/navigation/(\d+)">{words}', keeper.get("/admin/navigation").html)[1]


def test_an_entry_is_made_changed_and_removed(keeper, guest):
    page = keeper.get("/admin/navigation/new")
    assert keeper.submit(page, "/admin/navigation/new", **ENTRY).status == 303
    assert rail(guest.get("/"))[-1] == "Rules"
    number = made(keeper, "Rules")
    page = keeper.get(f"/admin/navigation/{number}")
    keeper.submit(page, f"/admin/navigation/{number}", **{**ENTRY, "text": "House rules"})
    assert rail(guest.get("/"))[-1] == "House rules"
    question = keeper.get(f"/admin/navigation/{number}/destroy")
    assert "“House rules” leaves the navigation of everybody." in question.words
    keeper.submit(question, f"/admin/navigation/{number}/destroy")
    assert "House rules" not in rail(guest.get("/"))


def test_entries_are_moved_up_and_down_without_script(keeper, guest):
    for words in ("First", "Second", "Third"):
        keeper.post("/admin/navigation/new", {**ENTRY, "text": words})
    number = made(keeper, "Third")
    keeper.post(f"/admin/navigation/{number}/move", {"by": "-1"})
    assert rail(guest.get("/"))[-3:] == ["First", "Third", "Second"]
    keeper.post(f"/admin/navigation/{number}/move", {"by": "1"})
    keeper.post(f"/admin/navigation/{number}/move", {"by": "1"})
    assert rail(guest.get("/"))[-3:] == ["First", "Second", "Third"]


def test_only_its_audience_sees_an_entry(keeper, ann, guest):
    for audience in ("guests", "members", "staff"):
        keeper.post("/admin/navigation/new", {**ENTRY, "text": audience, "audience": audience})
    keeper.post("/admin/navigation/new", {"icon": "star", "text": "off", "target": "/"})
    named = {"guests", "members", "staff", "off"}
    assert named & set(rail(guest.get("/"))) == {"guests"}
    assert named & set(rail(ann.get("/"))) == {"members"}
    assert named & set(rail(keeper.get("/"))) == {"members", "staff"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", ""), ("text", "x" * 61), ("target", "javascript:alert(1)"), ("target", "//evil.example"),
        ("target", "/\\evil.example"), ("target", ""), ("icon", '"><b>'), ("audience", "nobody"),
    ],
)  # fmt: skip
def test_an_entry_that_cannot_be_is_refused_and_kept_in_its_form(keeper, field, value):
    before = rail(keeper.get("/"))
    answer = keeper.post("/admin/navigation/new", {**ENTRY, field: value})
    assert answer.status == 422
    assert f'value="{ENTRY["text" if field != "text" else "target"]}"' in answer.html
    assert rail(keeper.get("/")) == before


def test_a_widget_is_made_changed_moved_and_removed(keeper, guest):
    page = keeper.get("/admin/widgets/new?place=footer")
    assert keeper.submit(page, "/admin/widgets/new", **WIDGET).status == 303
    keeper.post("/admin/widgets/new", {**WIDGET, "body": "<b>Bold</b> words", "kind": "html"})
    shown = guest.get("/").html
    assert shown.index("Be kind.") < shown.index("<b>Bold</b> words")
    numbers = re.findall(r'href="/admin/widgets/(\d+)">', keeper.get("/admin/widgets").html)
    keeper.post(f"/admin/widgets/{numbers[1]}/move", {"by": "-1"})
    shown = guest.get("/").html
    assert shown.index("Be kind.") > shown.index("<b>Bold</b> words")
    page = keeper.get(f"/admin/widgets/{numbers[0]}")
    keeper.submit(page, f"/admin/widgets/{numbers[0]}", **{**WIDGET, "body": "<i>Be kinder.</i>"})
    assert "&lt;i&gt;Be kinder." in guest.get("/").html
    question = keeper.get(f"/admin/widgets/{numbers[0]}/destroy")
    keeper.submit(question, f"/admin/widgets/{numbers[0]}/destroy")
    assert "kinder" not in guest.get("/").html


def test_a_widget_is_shown_in_its_time(keeper, guest):
    soon = (clock.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    later = (clock.now() + timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M")
    keeper.post("/admin/widgets/new", {**WIDGET, "starts_at": soon, "ends_at": later})
    seen = []
    for hours in (0, 2, 4):
        clock.travel(timedelta(hours=hours))
        seen.append("Be kind." in guest.get("/").html)
    assert seen == [False, True, False]


@pytest.mark.parametrize("place", ["brand", "header", "sidebar", "footer"])
def test_every_place_shows_its_widgets(keeper, guest, place):
    keeper.post("/admin/widgets/new", {**WIDGET, "place": place})
    assert f'<div class="widget widget-{place}">' in guest.get("/").html


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("body", ""), ("body", "x" * 20_001), ("place", "roof"), ("kind", "script"), ("title", "x" * 101),
        ("ends_at", "2001-01-01T00:00"), ("starts_at", "yesterday"), ("audience", "nobody"),
    ],
)  # fmt: skip
def test_a_widget_that_cannot_be_is_refused(keeper, guest, field, value):
    answer = keeper.post("/admin/widgets/new", {**WIDGET, "starts_at": "2001-01-02T00:00", field: value})
    assert answer.status == 422
    assert "Be kind." not in guest.get("/").html


def test_what_is_not_there_cannot_be_moved_changed_or_removed(keeper):
    for kind in ("navigation", "widgets"):
        for path in ("", "/move", "/destroy"):
            assert keeper.post(f"/admin/{kind}/999{path}", {}).status == 404
