"""The index on SQLite: a table of FTS5 for each kind of document."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, column, literal_column, table, text
from sqlalchemy.types import BigInteger, Text

from core.db import session
from core.search.questions import Phrase, Question


def put(kind: str, rows: Sequence[tuple[int, str, str, str]]) -> None:
    """Writes rows of id, title, body and marks, in place of older ones."""
    statement = text(
        f"insert or replace into search_{kind} (rowid, title, body, marks) values (:id, :title, :body, :marks)"  # noqa: S608
    )
    names = ("id", "title", "body", "marks")
    session().execute(statement, [dict(zip(names, row, strict=True)) for row in rows])


def hits(kind: str, question: Question, most: int) -> tuple[FromClause, dict[str, ColumnElement[Any]]]:
    """The table of a kind, and its columns id, title, body, and the condition that a question makes.

    FTS5 hands out the newest first, so it need not be told how many are wanted.
    """
    source = table(f"search_{kind}", column("rowid", BigInteger), column("title", Text), column("body", Text))
    condition: ColumnElement[bool] = literal_column(f"search_{kind}").op("MATCH", is_comparison=True)(match(question))
    return source, {
        "id": source.c.rowid,
        "title": source.c.title,
        "body": source.c.body,
        "condition": condition,
    }


def match(question: Question) -> str:
    """A question in FTS5's language. Every word stands in quotation marks and holds nothing but letters and digits."""
    parts = [f"marks : ({_any(group)})" for group in question.marked]
    if question.wanted:
        last = len(question.wanted) - 1
        wanted = (
            _quoted(phrase) + ("*" if question.unfinished and place == last else "")
            for place, phrase in enumerate(question.wanted)
        )
        parts.insert(0, f"{{title body}} : ({' AND '.join(wanted)})")
    whole = " AND ".join(f"({part})" for part in parts)
    if question.unwanted:
        whole = f"({whole}) NOT ({{title body}} : ({' OR '.join(map(_quoted, question.unwanted))}))"
    if question.unmarked:
        whole = f"({whole}) NOT (marks : ({_any(question.unmarked)}))"
    return whole


def _any(marks: Iterable[str]) -> str:
    return " OR ".join(f'"{mark}"' for mark in marks)


def _quoted(phrase: Phrase) -> str:
    return f'"{" ".join(phrase)}"'
