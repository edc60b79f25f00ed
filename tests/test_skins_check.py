"""The gate of the skins: which looks a change needs, and what a full check records."""

import datetime
import json

import pytest

from skins import check
from skins.check import MANIFEST, quick
from skins.stage import Look, looks

TODAY = datetime.date(2026, 3, 4)
ALL_CHECKED = {name: entry["file"] for name, entry in MANIFEST.items()}


def test_there_are_forty_five_looks_of_bootswatch_and_two_of_plain_bootstrap():
    found = looks([])
    assert len(found) == len(set(found)) == 47
    assert len([look for look in found if look.skin != "noskin"]) == 45


def test_where_nothing_changed_three_looks_are_checked_and_in_time_all_of_them():
    chosen, waiting = quick(ALL_CHECKED, TODAY)
    assert (len(set(chosen)), waiting) == (3, [])
    assert quick(ALL_CHECKED, TODAY) == (chosen, waiting)
    days = [TODAY + datetime.timedelta(days=number) for number in range(16)]
    assert {look for day in days for look in quick(ALL_CHECKED, day)[0]} == set(looks([]))


def test_a_skin_that_was_built_anew_is_checked_with_three_others():
    chosen, waiting = quick({**ALL_CHECKED, "lux": "lux-0000000000.css"}, TODAY)
    assert chosen[:2] == [Look("lux", "light"), Look("lux", "dark")]
    assert len(chosen) == 5
    assert "lux" not in {look.skin for look in chosen[2:]}
    assert waiting == []


def test_what_there_is_no_time_for_is_said():
    chosen, waiting = quick({}, TODAY)
    now = set(MANIFEST) - set(waiting)
    assert len(now) == 2
    assert set(looks(sorted(now))) <= set(chosen)
    assert len(chosen) == len(looks(sorted(now))) + 3
    later = {name for day in range(30) for name in quick({}, TODAY + datetime.timedelta(days=day))[1]}
    assert later == set(MANIFEST), "each day others wait"


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """The record, in a place of the test."""
    monkeypatch.setattr(check, "RECORD", tmp_path / "checked.json")
    return lambda: json.loads(check.RECORD.read_text())


def test_only_a_skin_that_passed_in_all_its_looks_is_recorded(kept):
    check.record([], looks(["lux", "darkly", "yeti-dark"]))
    assert kept() == {"lux": MANIFEST["lux"]["file"], "darkly": MANIFEST["darkly"]["file"]}
    check.record([{"look": "lux-dark"}], looks(["lux"]))
    assert kept() == {"darkly": MANIFEST["darkly"]["file"]}


def test_the_record_names_skins_and_files_that_there_are():
    recorded = json.loads((check.ROOT / "skins" / "checked.json").read_text())
    assert set(recorded) <= set(MANIFEST)
    assert all(file.startswith(f"{name}-") for name, file in recorded.items())
