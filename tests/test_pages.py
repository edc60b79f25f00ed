"""Cursors: opaque, safe in an address, and refused when this site did not make them."""

import re
from datetime import UTC, datetime, timedelta, timezone

import pytest

from core.pages import BadCursor, Page, decode, encode
from tests.test_errors import CURSORS
from web.context import page_numbers

MOMENT = datetime(2026, 3, 4, 5, 6, 7, 891011, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        ((1,), (int,)),
        ((-7, 2**40), (int, int)),
        ((MOMENT, 12), (datetime, int)),
        ((MOMENT.astimezone(timezone(timedelta(hours=9))), 0), (datetime, int)),
        (("before", -3, 5), (str, int, int)),
        (("é\"'<>", 1), (str, int)),
    ],
)
def test_a_cursor_comes_back_as_it_was(values, kinds):
    cursor = encode(*values)
    assert re.fullmatch(r"[\w-]+", cursor)
    assert tuple(decode(cursor, *kinds)) == values


def test_moments_come_back_in_utc():
    [moment] = decode(encode(MOMENT.astimezone(timezone(timedelta(hours=-7)))), datetime)
    assert (moment, moment.tzinfo) == (MOMENT, UTC)


@pytest.mark.parametrize("kinds", [(int, int), (datetime, int), (str, int, int), (int,)])
def test_a_cursor_that_this_site_did_not_make_is_refused(kinds):
    for cursor in CURSORS:
        try:
            values = decode(cursor, *kinds)
        except BadCursor:
            continue
        # what is taken is at least of the right kinds, and fits into the database
        assert [type(value) for value in values] == list(kinds), cursor
        assert all(abs(value) < 2**62 for value in values if isinstance(value, int))


@pytest.mark.parametrize("cursor", ["[" * 180, encode(*[1] * 50), encode({"a": 1}), encode([[1]]), "W" * 199])
def test_odd_cursors_do_no_harm(cursor):
    with pytest.raises(BadCursor):
        decode(cursor, int, int)


def test_a_page_knows_whether_another_follows():
    assert Page([1], 1, "next").has_next
    assert not Page([1]).has_next


@pytest.mark.parametrize(
    ("at", "last", "shown"),
    [
        (1, 1, [1]),
        (1, 2, [1, 2]),
        (1, 5, [1, 2, None, 4, 5]),
        (3, 5, [1, 2, 3, 4, 5]),
        (10, 20, [1, 2, None, 9, 10, 11, None, 19, 20]),
        (20, 20, [1, 2, None, 19, 20]),
    ],
)
def test_page_links_show_the_ends_and_the_neighbours(at, last, shown):
    assert page_numbers(at, last) == shown
