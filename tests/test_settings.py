"""Settings: declared, checked, kept, and seen by the next request."""

import pytest

from core import settings
from core.db import session, writing
from core.settings import Bool, Choice, Int, SettingError, Str
from models.layout import Widget
from tests.factories import inside, number_of, set_setting


def test_a_setting_has_its_default_until_somebody_sets_it(paced):
    with inside():
        assert settings.get("topics.per_page") == 20
    set_setting("topics.per_page", "30")
    with inside():
        assert settings.get("topics.per_page") == 30
    assert number_of(settings.Stored) == 1


def test_setting_the_default_again_keeps_no_row(paced):
    set_setting("topics.per_page", "30")
    set_setting("topics.per_page", "20")
    assert number_of(settings.Stored) == 0
    with inside():
        assert settings.get("topics.per_page") == 20


def test_a_change_is_seen_by_the_next_page(guest):
    assert "Livery</title>" in guest.get("/").html
    set_setting("site.title", "Glue & Co")
    assert "· Glue &amp; Co</title>" in guest.get("/").html


def test_a_change_that_was_rolled_back_is_not_seen(app):
    def fails() -> None:
        with inside(), writing():
            settings.put("site.title", "Never")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    with inside():
        assert settings.get("site.title") == "Livery"


@pytest.mark.parametrize("name", ["", "topics", "topics.nosuch", "topics.per_page.x", "__class__"])
def test_an_unknown_setting_is_refused(app, name):
    with inside(), pytest.raises(SettingError), writing():
        settings.put(name, "1")


@pytest.mark.parametrize("value", ["", "x", "4", "101", "20.5", "9" * 400])
def test_a_value_out_of_bounds_is_refused_and_nothing_changes(app, value):
    with pytest.raises(SettingError):
        set_setting("topics.per_page", value)
    with inside():
        assert settings.get("topics.per_page") == 20


@pytest.mark.parametrize(
    ("setting", "typed", "value"),
    [
        (Int(1, "x", low=-5, high=5), "-5", -5),
        (Int(1, "x"), " 7 ", 7),
        (Bool(True, "x"), "no", False),
        (Bool(True, "x"), " YES ", True),
        (Bool(False, "x"), "on", True),
        (Str("", "x", longest=3), "abc", "abc"),
        (Str("x", "x"), "", ""),
        (Choice("a", "x", options=("a", "b")), "b", "b"),
    ],
)
def test_reading_what_somebody_typed(setting, typed, value):
    assert setting.parse(typed) == value


@pytest.mark.parametrize(
    ("setting", "typed"),
    [
        (Int(1, "x", low=0), "-1"),
        (Int(1, "x"), "one"),
        (Int(1, "x"), "2147483648"),
        (Bool(True, "x"), "perhaps"),
        (Str("", "x", longest=3), "abcd"),
        (Choice("a", "x", options=("a", "b")), "A"),
    ],
)
def test_refusing_what_somebody_typed(setting, typed):
    with pytest.raises(SettingError) as refused:
        setting.parse(typed)
    assert len(str(refused.value)) > 10


def test_every_setting_has_words_and_a_default_that_it_would_take():
    assert len(settings.declared) >= 20
    for name, setting in settings.declared.items():
        feature, _, rest = name.partition(".")
        assert feature.isidentifier(), name
        assert rest.isidentifier(), name
        assert setting.label[0].isupper(), name
        shown = str(setting.default).lower() if isinstance(setting, Bool) else str(setting.default)
        assert setting.parse(shown) == setting.default, name


def test_a_section_knows_only_its_own_settings():
    section = settings.declare("sample", size=Int(3, "A size"))
    try:
        with pytest.raises(AttributeError):
            _ = section.colour
        with pytest.raises(AttributeError):
            _ = section._secret
    finally:
        settings.declared.pop("sample.size")


def test_a_stored_setting_that_nobody_declares_any_more_is_left_alone(app):
    with inside(), writing():
        session().add(settings.Stored(name="gone.setting", value="1"))
    with inside():
        assert settings.get("topics.per_page") == 20
    assert number_of(Widget) == 0
