"""The index on PostgreSQL: a table with a tsvector under a GIN index for each kind of document."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, cast, column, table, text, true
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR
from sqlalchemy.types import BigInteger, Text

from core.db import session
from core.search.questions import Phrase, Question

_LAST_PLACE = 16_383
"""The highest position that a tsvector knows."""
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


def hits(kind: str, question: Question) -> tuple[FromClause, dict[str, ColumnElement[Any]]]:
    """The table of a kind, and its columns id, title, body, and the condition that a question makes."""
    names = (column("id", BigInteger), column("title", Text), column("body", Text), column("words", TSVECTOR))
    source, sought = table(f"search_{kind}", *names), match(question)
    return source, {
        "id": source.c.id,
        "title": source.c.title,
        "body": source.c.body,
        "condition": source.c.words.op("@@", is_comparison=True)(cast(sought, TSQUERY)) if sought else true(),
    }


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
