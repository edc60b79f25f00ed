"""Words for numbers and times."""

from datetime import UTC, datetime, timedelta

import pytest

from core import clock, i18n


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0"), (1, "1"), (-1, "-1"), (999, "999"), (-999, "-999"), (1000, "1k"), (1001, "1k"),
        (1049, "1k"),
        (1050, "1.1k"), (1234, "1.2k"), (9999, "10k"),
        (12_345, "12.3k"), (99_949, "99.9k"), (99_950, "100k"), (100_000, "100k"),
        (999_499, "999k"), (999_500, "1M"), (1_000_000, "1M"), (4_100_000, "4.1M"), (-4_100_000, "-4.1M"),
        (123_456_789, "123M"), (1_000_000_000, "1000M"),
    ],
)  # fmt: skip
def test_a_count_for_people(number, words):
    assert i18n.short_number(number) == words


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        (timedelta(), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 minute ago"),
        (timedelta(minutes=2), "2 minutes ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=23), "23 hours ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=29, hours=23), "29 days ago"),
    ],
)
def test_a_time_for_people(interval, words):
    assert i18n.ago(clock.now() - interval) == words


def test_after_thirty_days_a_time_is_a_date():
    moment = clock.now() - timedelta(days=30, minutes=1)
    assert i18n.ago(moment) == f"{moment.day} {moment:%b %Y}"


def test_what_lies_ahead_is_said_exactly():
    moment = clock.now() + timedelta(hours=3)
    assert i18n.ago(moment) == i18n.exact(moment)
    assert i18n.ago(moment).endswith(" UTC")


def test_dates_and_moments():
    moment = datetime(2026, 3, 4, 9, 5, tzinfo=UTC)
    assert i18n.date(moment) == "4 Mar 2026"
    assert i18n.exact(moment) == "4 Mar 2026, 09:05 UTC"


def test_a_text_is_filled_in_and_counted():
    assert i18n.gettext("Hello, %(name)s.", name="Ann") == "Hello, Ann."
    assert i18n.gettext("100%") == "100%"
    assert i18n.ngettext("%(num)s post", "%(num)s posts", 1) == "1 post"
    assert i18n.ngettext("%(num)s post", "%(num)s posts", 1234) == "1,234 posts"


def test_a_lazy_text_is_said_when_it_is_shown():
    assert str(i18n.lazy("Log in")) == "Log in"
    assert i18n.mark("Log in") == "Log in"


def test_the_clock_travels_and_comes_back():
    present = clock.now()
    clock.travel(timedelta(days=2))
    assert timedelta(days=2) <= clock.now() - present < timedelta(days=2, minutes=1)
    clock.travel(timedelta())
    assert clock.now() - present < timedelta(minutes=1)
    assert clock.now().tzinfo is UTC


@pytest.mark.parametrize(
    ("language", "direction"),
    [("en", "ltr"), ("pt-BR", "ltr"), ("ar", "rtl"), ("he", "rtl"), ("fa-IR", "rtl"), ("xx", "ltr"), ("qq-ZZ", "ltr")],
)
def test_a_language_has_a_direction(language, direction):
    assert i18n.direction(language) == direction
