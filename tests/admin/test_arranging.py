"""The editors of navigation and widgets."""

import re
from datetime import timedelta

import pytest

from core import clock
from tests.factories import a_group, a_user

ENTRY = {"icon": "star", "text": "Rules", "target": "/topic/1", "audience": "everyone", "enabled": "1"}
WIDGET = {"place": "footer", "kind": "text", "body": "Be kind.", "audience": "everyone", "enabled": "1", "phones": "1"}


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


def test_an_entry_is_put_before_another_or_behind_all(keeper, guest):
    for words in ("First", "Second", "Third"):
        keeper.post("/admin/navigation/new", {**ENTRY, "text": words})
    first, second, third = (made(keeper, words) for words in ("First", "Second", "Third"))
    page = keeper.get("/admin/navigation")
    answer = keeper.submit(page, "/admin/navigation/order", item=third, before=first)
    assert rail(guest.get("/"))[-3:] == ["Third", "First", "Second"]
    assert "“Third” stands at 8 of 10 now." in keeper.follow(answer).html
    keeper.submit(page, "/admin/navigation/order", item=third, before="")
    assert rail(guest.get("/"))[-3:] == ["First", "Second", "Third"]
    keeper.submit(page, "/admin/navigation/order", item=second, before=second)
    assert rail(guest.get("/"))[-3:] == ["First", "Third", "Second"]
    assert keeper.post("/admin/navigation/order", {"item": "x"}).status == 400
    assert keeper.post("/admin/navigation/order", {"item": "999"}).status == 404


def test_an_entry_has_a_hint_and_may_open_a_new_window(keeper, guest):
    keeper.post("/admin/navigation/new", {**ENTRY, "tooltip": "Read <these> first", "new_window": "1"})
    bar = guest.get("/").html
    assert re.search(
        r'href="/topic/1" title="Read &lt;these&gt; first" target="_blank" rel="noopener">.*?Rules</span>'
        r'<span class="visually-hidden"> \(opens in a new window\)',
        bar,
        re.DOTALL,
    )


def test_an_entry_is_for_the_groups_that_were_chosen(keeper, ann, guest, visit):
    bert = a_user("Bert")
    team = a_group("Team", of=[bert])
    refused = keeper.post("/admin/navigation/new", {**ENTRY, "audience": "groups"})
    assert refused.status == 422
    assert "Choose at least one group." in refused.words
    page = keeper.get("/admin/navigation/new")
    keeper.submit(page, "/admin/navigation/new", **{**ENTRY, "audience": "groups", f"group-{team.id}": "1"})
    readers = (guest, ann, visit(bert), keeper)
    assert ["Rules" in rail(reader.get("/")) for reader in readers] == [False, False, True, False]
    number = made(keeper, "Rules")
    assert (
        keeper.get(f"/admin/navigation/{number}").form(f"/admin/navigation/{number}").fields[f"group-{team.id}"] == "1"
    )


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


@pytest.mark.parametrize("place", ["brand", "header", "column", "sidebar", "footer"])
def test_every_place_shows_its_widgets(keeper, guest, place):
    keeper.post("/admin/widgets/new", {**WIDGET, "place": place})
    assert f'<div class="widget widget-{place}">' in guest.get("/").html


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("body", ""), ("body", "x" * 20_001), ("place", "roof"), ("kind", "script"), ("title", "x" * 101),
        ("ends_at", "2001-01-01T00:00"), ("starts_at", "yesterday"), ("audience", "nobody"),
        ("number", "0"), ("number", "21"), ("category", "999"),
        ("pages", "attic"), ("frame", "gold"),
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


def widget_numbers(keeper) -> list[str]:
    """The widgets, in order."""
    return re.findall(r'class="panel-row" data-item="(\d+)"', keeper.get("/admin/widgets").html)


def test_a_widget_is_put_at_another_place_and_in_order(keeper, guest):
    for words in ("One", "Two"):
        keeper.post("/admin/widgets/new", {**WIDGET, "body": words})
    one, two = widget_numbers(keeper)
    page = keeper.get("/admin/widgets")
    keeper.submit(page, "/admin/widgets/order", item=two, into="footer", before=one)
    assert widget_numbers(keeper) == [two, one]
    keeper.submit(page, "/admin/widgets/order", item=one, into="header", before="")
    assert "One" in re.search(r'<div class="widget widget-header">.*?</div>', guest.get("/").html, re.DOTALL)[0]
    assert keeper.submit(page, "/admin/widgets/order", item=one, into="roof").status == 422


def test_a_copy_stands_behind_the_first_and_is_switched_off(keeper, guest):
    keeper.post("/admin/widgets/new", {**WIDGET, "title": "Rules"})
    keeper.post("/admin/widgets/new", {**WIDGET, "body": "Last."})
    [first, last] = widget_numbers(keeper)
    answer = keeper.submit(keeper.get("/admin/widgets"), f"/admin/widgets/{first}/copy")
    assert "It is switched off as yet." in keeper.follow(answer).html
    copy = answer.location.rsplit("/", 1)[1]
    assert widget_numbers(keeper) == [first, copy, last]
    assert guest.get("/").html.count("Be kind.") == 1


def test_a_preview_shows_the_widget_and_keeps_nothing(keeper, guest):
    page = keeper.get("/admin/widgets/new?place=footer&kind=html")
    shown = keeper.submit(
        page, "/admin/widgets/new", **{**WIDGET, "kind": "html", "body": "<b>Soon</b>", "preview": "1"}
    )
    assert shown.status == 200
    assert "How you would see it" in shown.words
    assert "<b>Soon</b>" in shown.html
    assert shown.form("/admin/widgets/new").fields["body"] == "<b>Soon</b>"
    assert "Soon" not in guest.get("/").html


def test_html_keeps_only_what_the_policy_lets_run(keeper, guest):
    page = keeper.get("/admin/widgets/new?kind=html")
    assert "Scripts, styles, forms and frames are taken out" in page.words
    hostile = (
        '<p class="x" style="color:red" onclick="a()" hx-get="/logout">kept</p><script>alert(1)</script>'
        '<style>p{}</style><iframe src="https://evil.example"></iframe><form action="/x"><input name="y"></form>'
        '<a href="javascript:a()">link</a>'
    )
    keeper.post("/admin/widgets/new", {**WIDGET, "kind": "html", "body": hostile})
    shown = re.search(r'<div class="widget widget-footer">(.*?)</div>', guest.get("/").html, re.DOTALL)[1]
    assert '<p class="x">kept</p>' in shown
    for gone in ("alert", "style", "onclick", "hx-get", "iframe", "<form", "javascript"):
        assert gone not in shown


def test_a_widget_stands_on_the_pages_that_were_chosen(keeper, guest):
    keeper.post("/admin/widgets/new", {**WIDGET, "pages": "lists"})
    assert ["Be kind." in guest.get(path).html for path in ("/", "/recent", "/users", "/tags")] == [
        False,
        True,
        False,
        True,
    ]


def test_a_widget_may_stay_off_phones_and_have_a_frame(keeper, guest):
    keeper.post("/admin/widgets/new", {**WIDGET, "phones": "0", "frame": "card"})
    assert '<div class="widget widget-footer widget-frame-card widget-wide">' in guest.get("/").html
