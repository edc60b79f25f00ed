"""The gate of the skins: which looks and pages a change needs, and what is recorded."""

import datetime
import json

import pytest
from flask import template_rendered

from skins import pages, record
from skins.record import MANIFEST, OTHERS, OTHERS_ON_CHANGED, quick
from skins.stage import Look, looks
from tests.factories import a_topic, an_administrator
from tests.visitor import path_of

TODAY = datetime.date(2026, 3, 4)
NOW = {kind: f"mark of {kind}" for kind in pages.TEMPLATES}
ALL_CHECKED = {name: {"file": entry["file"], **NOW} for name, entry in MANIFEST.items()}
PLACES = dict.fromkeys(pages.TEMPLATES, "/") | pages.FIXED
JOBS = pages.jobs(PLACES)


def seen(plan, name="topic"):
    """The looks in which a kind of page is looked at, by width."""
    return {job.width: plan.looks_for(job) for job in JOBS if job.name == name}


def test_there_are_forty_five_looks_of_bootswatch_and_two_of_plain_bootstrap():
    found = looks([])
    assert len(found) == len(set(found)) == 47
    assert len([look for look in found if look.skin != "noskin"]) == 45


def test_twenty_kinds_of_pages_are_looked_at_wide_and_narrow():
    kinds = {job.name for job in JOBS}
    assert kinds == set(pages.TEMPLATES)
    assert len(kinds - {"mode", "shift"}) == 20
    assert {(job.name, job.width) for job in JOBS} >= {
        (kind, width) for kind in kinds - {"mode"} for width in (1280, 390)
    }


def test_where_nothing_changed_three_looks_are_looked_at_and_in_time_all_of_them_wide_and_narrow():
    plan = quick(ALL_CHECKED, NOW, TODAY)
    assert (plan.skins, plan.waiting, plan.pages) == ([], [], [])
    assert quick(ALL_CHECKED, NOW, TODAY) == plan
    for kind in NOW:
        chosen = [look for width in seen(plan, kind).values() for look in width]
        assert len(chosen) == len(set(chosen)) == (OTHERS if kind != "mode" or plan.width == 1280 else 0)
    ever = {
        (look, width)
        for day in range(94)
        for width, chosen in seen(quick(ALL_CHECKED, NOW, TODAY + datetime.timedelta(days=day))).items()
        for look in chosen
    }
    assert ever == {(look, width) for look in looks([]) for width in (1280, 390)}


def test_a_skin_that_was_built_anew_is_looked_at_everywhere_with_three_others():
    plan = quick({**ALL_CHECKED, "lux": {**ALL_CHECKED["lux"], "file": "lux-0000000000.css"}}, NOW, TODAY)
    assert (plan.skins, plan.waiting, plan.pages) == (["lux"], [], [])
    for kind in ("home", "admin form", "shift"):
        for chosen in seen(plan, kind).values():
            assert chosen[:2] == [Look("lux", "light"), Look("lux", "dark")]
    assert "lux" not in {look.skin for look in plan.others}


@pytest.mark.parametrize("kind", ["tags", "shift", "mode"])
def test_a_skin_that_failed_somewhere_counts_as_changed(kind):
    lacking = {name: mark for name, mark in ALL_CHECKED["lux"].items() if name != kind}
    assert quick({**ALL_CHECKED, "lux": lacking}, NOW, TODAY).skins == ["lux"]


def test_a_page_that_changed_is_looked_at_in_more_looks_wide_and_narrow():
    plan = quick(ALL_CHECKED, {**NOW, "tags": "another mark"}, TODAY)
    assert plan.pages == ["tags"]
    assert [len(set(chosen)) for chosen in seen(plan, "tags").values()] == [OTHERS_ON_CHANGED] * 2
    assert sum(len(chosen) for chosen in seen(plan, "users").values()) == OTHERS


def test_what_there_is_no_time_for_is_said():
    plan = quick({}, NOW, TODAY)
    assert len(plan.skins) == 2
    assert {*plan.skins, *plan.waiting} == set(MANIFEST)
    later = {name for day in range(30) for name in quick({}, NOW, TODAY + datetime.timedelta(days=day)).waiting}
    assert later == set(MANIFEST), "each day others wait"


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """The record, in a place of the test."""
    monkeypatch.setattr(record, "FILE", tmp_path / "checked.json")
    return record.read


def test_only_a_skin_that_passed_in_all_its_looks_is_recorded_and_only_on_the_pages_where_it_did(kept):
    kinds = list(NOW)
    record.keep([], looks(["lux", "darkly", "yeti-dark"]), kinds, NOW)
    assert kept() == {
        "lux": ALL_CHECKED["lux"],
        "darkly": ALL_CHECKED["darkly"],
        "yeti": {"file": MANIFEST["yeti"]["file"]},
    }
    record.keep([{"look": "lux-dark", "page": "tags"}], looks(["lux"]), ["tags", "users"], {**NOW, "users": "anew"})
    assert "tags" not in kept()["lux"]
    assert kept()["lux"]["users"] == "anew"
    assert kept()["lux"]["home"] == NOW["home"]


def test_what_passed_with_another_file_of_a_skin_is_forgotten(kept):
    record.FILE.write_text(json.dumps({"lux": {**ALL_CHECKED["lux"], "file": "lux-0000000000.css"}}))
    record.keep([], looks(["lux"]), ["tags"], NOW)
    assert kept() == {"lux": {"file": MANIFEST["lux"]["file"], "tags": NOW["tags"]}}


def test_the_record_names_skins_and_pages_that_there_are():
    recorded = record.read()
    assert set(recorded) <= set(MANIFEST)
    for name, entry in recorded.items():
        assert entry["file"].startswith(f"{name}-")
        assert set(entry) <= {"file", *pages.TEMPLATES}


def test_what_a_page_is_made_of():
    topic = pages.templates("topics/show.html")
    assert {"topics/show.html", "layout/base.html", "posts/_post.html", "votes/_vote.html", "skins/_menu.html"} <= topic
    assert "admin/frame.html" not in topic


@pytest.mark.parametrize(
    ("file", "changed"),
    [
        ("templates/layout/base.html", set(pages.TEMPLATES)),
        ("static/css/livery.css", set(pages.TEMPLATES)),
        ("skins/measure.py", set(pages.TEMPLATES)),
        ("templates/votes/_vote.html", {"topic", "dock", "shift"}),
        ("static/css/admin.css", {"admin form", "admin skin", "following", "password"}),
        ("templates/errors/error.html", {"missing"}),
        ("templates/mail/none.html", set()),
    ],
)
def test_a_page_has_another_mark_when_what_it_is_made_of_changes(tmp_path, monkeypatch, file, changed):
    before = pages.marks()
    (tmp_path / "skins").mkdir()
    for part in ("templates", "static/css", "skins", "web"):
        for path in (pages.ROOT / part).rglob("*.*"):
            if path.suffix in (".html", ".css", ".js", ".py"):
                copy = tmp_path / path.relative_to(pages.ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(path.read_bytes())
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    assert pages.marks() == before
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    with (tmp_path / file).open("a") as text:
        text.write("\n ")
    after = pages.marks()
    assert {kind for kind in before if after[kind] != before[kind]} == changed


@pytest.mark.parametrize("kind", [kind for kind in pages.TEMPLATES if kind not in ("menu", "mode", "shift")])
def test_every_kind_of_page_is_drawn_with_the_template_that_stands_for_it(app, visit, kind):
    keeper = an_administrator()
    topic = a_topic(by=keeper)
    places = {
        "category": f"/category/{topic.category_id}", "topic": path_of(topic), "dock": path_of(topic),
        "composer": f"/topic/{topic.id}/reply", "new topic": f"/compose?category={topic.category_id}",
        "profile": f"/user/{keeper.slug}",
    }  # fmt: skip
    [job] = [each for each in JOBS if each.name == kind and each.width == 390]
    drawn = []
    with template_rendered.connected_to(lambda _app, template, **_more: drawn.append(template.name), app):
        browser = visit(*([keeper] if job.logged_in else []))
        answer = browser.get(places.get(kind, PLACES[kind]))
        if answer.status in (302, 308):
            answer = browser.follow(answer)
    assert answer.status == job.status
    assert drawn[-1] in pages.TEMPLATES[kind].split()
