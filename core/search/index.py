"""The index: documents of a few kinds, kept in the transaction of the write, asked by a question."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement, FromClause

from core.db import session
from core.search import postgresql, sqlite, words
from core.search.questions import Question

LONGEST = 16_000
"""Words of a document that are kept: PostgreSQL gives no later word a place of its own."""


@dataclass(frozen=True, slots=True)
class Document:
    """What is kept of one thing: its texts, and marks (short words of letters and digits) that narrow a search."""

    id: int
    title: str
    body: str
    marks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Hits:
    """The documents that answer a question, to be joined with what else a query needs."""

    table: FromClause
    id: ColumnElement[int]
    title: ColumnElement[str]
    body: ColumnElement[str]
    condition: ColumnElement[bool]


class Engine(Protocol):
    """What a database must be able to do; texts arrive folded, their words parted by single spaces."""

    def put(self, kind: str, rows: Sequence[tuple[int, str, str, str]]) -> None:
        """Writes rows of id, title, body and marks, in place of older ones."""

    def hits(self, kind: str, question: Question, most: int) -> tuple[FromClause, dict[str, ColumnElement[Any]]]:
        """A table, its columns id, title, body, and the condition under which its rows answer a question.

        It may hold the newest `most` of them only.
        """


def put(kind: str, documents: Iterable[Document]) -> None:
    """Keeps documents of a kind, in the running transaction; those it has already are replaced."""
    rows = []
    for each in documents:
        title = words.split(each.title, LONGEST)
        body = words.split(each.body, LONGEST - len(title))
        rows.append((each.id, " ".join(title), " ".join(body), " ".join(sorted(each.marks))))
    if rows:
        _engine().put(kind, rows)


def hits(kind: str, question: Question, most: int) -> Hits:
    """What answers a question that asks for something (`not question.empty`): all of it, or the newest `most`."""
    table, columns = _engine().hits(kind, question, most)
    return Hits(table, columns["id"], columns["title"], columns["body"], columns["condition"])


def _engine() -> Engine:
    return postgresql if session().get_bind().dialect.name == "postgresql" else sqlite
