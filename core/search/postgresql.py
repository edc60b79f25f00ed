"""The index on PostgreSQL: a table with a tsvector under a GIN index for each kind of document."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, column, text, true
from sqlalchemy.types import BigInteger, Text

from core import clock
from core.db import session
from core.search.questions import Phrase, Question

_LAST_PLACE = 16_383
"""The highest position that a tsvector knows."""
_SIZES = (1, 1, 2, 4, 8, 16)
"""So many months are asked for after one another."""
_TIME = re.compile(r"y[0-9]{4}|m[0-9]{6}")
_NEWEST = (
    "with edge as materialized (select coalesce(min(id), 0) as id from"
    " (select id from search_{kind} order by id desc limit :newest) near)"
    " (select id, title, body from (select id, title, body, words from search_{kind} order by id desc limit :newest) near"
    " where words @@ cast(:whole as tsquery))"
)
# `id + 0`: the planner would otherwise read all keys below the edge to intersect them, or walk them one by one
_WITHIN = (
    "(select id, title, body from search_{kind} where words @@ cast(:q{number} as tsquery)"
    " and id + 0 < (select id from edge) order by id + 0 desc limit :most)"
)
_GAP = 8
"""Places between title and body, so that no phrase reaches from one into the other."""


def put(kind: str, rows: Sequence[tuple[int, str, str, str]]) -> None:
    """Writes rows of id, title, body and marks, in place of older ones."""
    statement = text(
        f"insert into search_{kind} (id, title, body, words)"  # noqa: S608
        " values (:id, :title, :body, cast(:words as tsvector)) on conflict (id)"
        " do update set title = excluded.title, body = excluded.body, words = excluded.words"
    )
    values = [
        {"id": key, "title": title, "body": body, "words": vector(title, body, marks)}
        for key, title, body, marks in rows
    ]
    session().execute(statement, values)


def vector(title: str, body: str, marks: str) -> str:
    """A tsvector as text: each word with its places, and the marks, which no word can be taken for."""
    places: dict[str, list[int]] = {}
    first = title.split()
    for place, word in enumerate(first, 1):
        places.setdefault(word, []).append(place)
    for place, word in enumerate(body.split(), len(first) + _GAP):
        places.setdefault(word, []).append(min(place, _LAST_PLACE))
    found = [f"'{word}':{','.join(map(str, each[:255]))}" for word, each in places.items()]
    return " ".join([*found, *(_mark(mark) for mark in marks.split())])


def hits(kind: str, question: Question, most: int) -> tuple[FromClause, dict[str, ColumnElement[Any]]]:
    """The newest `most` documents that answer, as a table of its own, and its columns id, title, body.

    A GIN index gives all that it finds, in no order, and to fetch and sort what half a million posts hold of a common
    word takes seconds. So the newest documents are looked through one by one, which is enough for a common word; then
    the index is asked for a month, and for more and more of them. One statement; what the limit leaves over never runs.
    """
    parts = [_NEWEST.format(kind=kind)]
    sought = windows(question, clock.now())
    parts += [_WITHIN.format(kind=kind, number=number) for number in range(len(sought))]
    given = {f"q{number}": each for number, each in enumerate(sought)}
    statement = text(" union all ".join(parts) + " limit :most").bindparams(
        whole=match(question), newest=3 * most, most=most, **given
    )
    found = statement.columns(
        column("id", BigInteger), column("title", Text), column("body", Text)
    ).subquery("found")  # fmt: skip
    return found, {"id": found.c.id, "title": found.c.title, "body": found.c.body, "condition": true()}


def windows(question: Question, now: datetime) -> list[str]:
    """A question as tsqueries for one month, for the one before, for more and more of them, and for all the rest."""
    times = next((group for group in question.marked if all(_TIME.fullmatch(mark) for mark in group)), None)
    months = _months(times) if times else [f"m{at // 12}{at % 12 + 1:02}" for at in _backwards(now)]
    others = replace(question, marked=tuple(group for group in question.marked if group is not times))
    made, begun = [], 0
    for size in _SIZES:
        if chosen := months[begun : begun + size]:
            made.append(match(replace(others, marked=(*others.marked, tuple(chosen)))))
        begun += size
    if times is None or len(months) > begun:
        made.append(match(replace(question, unmarked=(*question.unmarked, *months[:begun]))))
    return made


def _backwards(now: datetime) -> range:
    last = now.year * 12 + now.month - 1
    return range(last, last - sum(_SIZES), -1)


def _months(times: Iterable[str]) -> list[str]:
    """The months of some marks of years and months, the newest first."""
    found: set[str] = set()
    for mark in times:
        found |= {mark} if mark[0] == "m" else {f"m{mark[1:]}{month:02}" for month in range(1, 13)}
    return sorted(found, reverse=True)


def match(question: Question) -> str:
    """A question as a tsquery. Every word stands in quotation marks and holds nothing but letters and digits."""
    last = len(question.wanted) - 1
    parts = [_phrase(phrase, question.unfinished and place == last) for place, phrase in enumerate(question.wanted)]
    parts += [f"({_any(group)})" for group in question.marked]
    parts += [f"!{_phrase(phrase)}" for phrase in question.unwanted]
    if question.unmarked:
        parts.append(f"!({_any(question.unmarked)})")
    return " & ".join(parts)


def _any(marks: Iterable[str]) -> str:
    return " | ".join(map(_mark, marks))


def _mark(mark: str) -> str:
    return f"'~{mark}'"


def _phrase(phrase: Phrase, unfinished: bool = False) -> str:
    words = [f"'{word}'" for word in phrase]
    if unfinished:
        words[-1] += ":*"
    return f"({' <-> '.join(words)})"
