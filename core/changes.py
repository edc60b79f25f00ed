"""What a transaction changed, told by the tables themselves, so that nothing that is kept elsewhere can miss a write.

Every insert, update and delete inside `writing()` moves on the versions that stand for what it touched, in the same
transaction. A table says in `__shown__` who sees what of it; one that says nothing counts as shown on every page.

- `all`: anything that a guest can see
- `site`: of that, what may be on every page, whatever it is about
- `topic-<n>`: what the pages of some topics show (a topic's posts, its title, its tags); see `of_topic`
- `member-<n>`: what some members are and have chosen (rights, preferences, session, drafts); see `of_member`
- `viewers`: what any member may be
- `reader-<n>`: how far some members have read; see `of_reader`
- `readers`: how far any member may have read
- and what a table names itself, for what is counted of it
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.sql import operators
from sqlalchemy.sql.dml import Delete, Insert, Update
from sqlalchemy.sql.elements import BinaryExpression, BindParameter

from core.db import Base, before_commit, scratch, session

_BUCKETS = 128
_EVERYTHING = frozenset({"all", "site", "viewers", "readers"})
_NAMED = re.compile(r"(?i:\b(?:into|update|from|join|table)\s+)\"?(\w+)")
_MOVE_ON = text(
    "INSERT INTO versions (name, number) VALUES (:name, 1) ON CONFLICT (name) DO UPDATE SET number = versions.number + 1"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """Who sees what of a table's rows, for a model's `__shown__`. A table without it is shown everywhere."""

    guests: bool = True
    member: str = ""  # the column that says whose own state it is: his rights, his choices, his drafts
    own: frozenset[str] = frozenset()  # the columns that are his state, where the others are not
    reader: str = ""  # the column that says whose reading it is: where he is in a topic
    only_lists: bool = False  # no topic's page shows anything of it
    topic: str = ""  # the column that says on which topic's pages a row is
    figures: frozenset[str] = frozenset()  # columns that lists show, and topics' pages do not
    lagging: frozenset[str] = frozenset()  # columns that guests may see a minute late
    counted: str = ""  # a version of its own, by which a count of its rows is kept


_PLAIN = Shown()
_shown: dict[str, Shown] = {}


TOPIC = "topic-"
"""What the versions of topics begin with."""


def of_topic(topic_id: int) -> str:
    """The version that stands for a topic (and, to keep their number small, for some others)."""
    return f"{TOPIC}{topic_id % _BUCKETS}"


def of_member(user_id: int) -> str:
    """The version that stands for what a member is and has chosen (and for some others)."""
    return f"member-{user_id % _BUCKETS}"


def of_reader(user_id: int) -> str:
    """The version that stands for how far a member has read (and for some others)."""
    return f"reader-{user_id % _BUCKETS}"


def _of(table: str) -> Shown:
    if not _shown:
        for mapper in Base.registry.mappers:
            _shown[mapper.local_table.name] = getattr(mapper.class_, "__shown__", _PLAIN)  # type: ignore[attr-defined]
    return _shown.get(table, _PLAIN)


def _moved(table: str, columns: Iterable[str] | None, known: Callable[[str], int | None]) -> set[str]:
    """The versions that a change moves on. No columns: a whole row, or nobody knows; `known` numbers the row's place."""
    shown = _of(table)
    names: set[str] = set()
    if columns is not None:
        columns = set(columns) - shown.lagging
        if not columns:
            return names
    only_figures = shown.only_lists or (columns is not None and not columns - shown.figures)

    def place(column: str, name: Callable[[int], str], otherwise: str) -> str:
        number = known(column) if column and not (columns is not None and column in columns) else None
        return otherwise if number is None else name(number)

    if shown.member and not only_figures and (columns is None or not shown.own or not shown.own.isdisjoint(columns)):
        names.add(place(shown.member, of_member, "viewers"))
    if shown.reader:
        names.add(place(shown.reader, of_reader, "readers"))
    if shown.counted:
        names.add(shown.counted)
    if shown.guests:
        names.add("all")
        if not only_figures:
            names.add(place(shown.topic, of_topic, "site"))
    return names


@event.listens_for(Session, "after_flush")
def _flushed(current: Session, context: Any) -> None:
    changed = current.info.setdefault("changed", set())
    for row in (*current.new, *current.deleted):
        changed |= _moved(row.__tablename__, None, partial(getattr, row))
    for row in current.dirty:
        columns = row._sa_instance_state.committed_state
        if columns:
            changed |= _moved(row.__tablename__, columns, partial(getattr, row))


@event.listens_for(Session, "do_orm_execute")
def _executed(state: ORMExecuteState) -> None:
    if state.is_select:
        return
    changed = state.session.info.setdefault("changed", set())
    statement = state.statement
    if not isinstance(statement, (Insert, Update, Delete)):
        changed |= _in_words(str(statement))
        return
    table: str = statement.table.name  # type: ignore[union-attr]
    values = {getattr(key, "key", key): value for key, value in (getattr(statement, "_values", None) or {}).items()}

    def known(column: str) -> int | None:
        if not isinstance(statement, Insert):
            return asked_for(statement, column)
        rows = state.parameters if isinstance(state.parameters, list) else [values]
        named = {_plain(row.get(column)) for row in rows}
        return named.pop() if len(named) == 1 else None

    given = isinstance(statement, Update) and values and not state.parameters
    changed |= _moved(table, values if given else None, known)


def _in_words(statement: str) -> set[str]:
    """What a statement written out by hand may change: all that the tables in it stand for."""
    tables = set(_NAMED.findall(statement))
    _of("")  # makes the tables known
    if not tables:
        return set(_EVERYTHING)
    return {name for table in tables & _shown.keys() for name in _moved(table, None, lambda column: None)}


def asked_for(statement: Update | Delete, column: str) -> int | None:
    """The number that a statement's conditions ask of a column, if they do."""
    return next((found for each in statement._where_criteria if (found := _equal(each, column))), None)


def _equal(condition: Any, column: str) -> int | None:
    """The number that a condition asks of a column."""
    if (
        isinstance(condition, BinaryExpression)
        and condition.operator is operators.eq
        and getattr(condition.left, "name", "") == column
    ):
        return _plain(condition.right)
    return None


def _plain(value: Any) -> int | None:
    value = value.value if isinstance(value, BindParameter) else value
    return value if isinstance(value, int) else None


def _move_on() -> None:
    """Moves the versions on as the last thing in the transaction, always in the same order: nobody waits in a circle."""
    current = session()
    names = sorted(current.info.pop("changed", ()))
    if names:
        current.connection().execute(_MOVE_ON, [{"name": name} for name in names])
        scratch().pop("versions", None)


before_commit(_move_on, last=True)
