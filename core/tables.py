"""Tables in a form that no database owns: rows as lines of JSON, in the order of their keys, with a hash over them.

What the rows are is read from the database itself, not from the models, so that a backup that is made before a
migration holds what is there. Times are UTC. Tables that are made from others (the search index) are left out.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, Connection, Date, DateTime, LargeBinary, MetaData, String, Table, func, insert, select

DERIVED = "search_"
"""How the names of tables begin that are made from others; restoring fills them again."""

_OWN = "alembic_version"
_AT_ONCE = 1000


class Unreadable(ValueError):
    """Lines that are not rows of the table that they should be."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a table holds: its columns, how many rows, and a hash over all of them."""

    columns: list[str]
    rows: int
    sha256: str


def reflect(connection: Connection) -> list[Table]:
    """The tables of a database as they are, by name."""
    known = MetaData()
    known.reflect(connection, only=lambda name, _: name != _OWN and not name.startswith((DERIVED, "sqlite_")))
    return [known.tables[name] for name in sorted(known.tables)]


def lines(connection: Connection, table: Table) -> Iterator[bytes]:
    """The rows of a table, each as one line of JSON, in the order of their keys whatever the database sorts like."""
    keys = list(table.primary_key.columns) or list(table.columns)
    postgresql = connection.dialect.name == "postgresql"
    order = [key.collate("C") if postgresql and isinstance(key.type, String) else key for key in keys]
    query = select(*_columns(table)).order_by(*order).execution_options(yield_per=_AT_ONCE)
    for row in connection.execute(query):
        values = [_plain(value) for value in row]
        yield json.dumps(values, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode() + b"\n"


def content(table: Table, of: Iterable[bytes], write: Callable[[bytes], object] = lambda line: None) -> Content:
    """Counts and hashes lines, and hands each to `write`."""
    digest, rows = hashlib.sha256(), 0
    for line in of:
        digest.update(line)
        write(line)
        rows += 1
    return Content([column.name for column in _columns(table)], rows, digest.hexdigest())


def fill(connection: Connection, table: Table, columns: list[str], of: Iterable[bytes]) -> None:
    """Writes lines into an empty table. Raises Unreadable when they do not fit it."""
    missing = set(columns) - {column.name for column in _columns(table)}
    if missing:
        raise Unreadable(f"{table.name} has no column {', '.join(sorted(missing))}")
    readers = [(name, _reader(table.c[name].type)) for name in columns]
    statement, batch = insert(table), []
    for line in of:
        values = json.loads(line)
        if len(values) != len(readers):
            raise Unreadable(f"a row of {table.name} has {len(values)} values")
        batch.append({name: read(value) for (name, read), value in zip(readers, values, strict=True)})
        if len(batch) == _AT_ONCE:
            connection.execute(statement, batch)
            batch = []
    if batch:
        connection.execute(statement, batch)


def count_on(connection: Connection, table: Table) -> None:
    """Makes PostgreSQL give out ids after the last one that is there; SQLite does so by itself."""
    for column in table.primary_key.columns:
        place = connection.scalar(select(func.pg_get_serial_sequence(table.name, column.name)))
        if place:
            last = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
            connection.execute(select(func.setval(place, last, False)))


def _columns(table: Table) -> list[Any]:
    return sorted((column for column in table.columns if column.computed is None), key=lambda column: column.name)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        aware = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return aware.isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (bytes, memoryview)):
        return base64.b64encode(bytes(value)).decode()
    return value


def _reader(kind: Any) -> Callable[[Any], Any]:
    if isinstance(kind, DateTime):
        return lambda value: None if value is None else datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return lambda value: None if value is None else date.fromisoformat(value)
    if isinstance(kind, LargeBinary):
        return lambda value: None if value is None else base64.b64decode(value)
    if isinstance(kind, JSON):
        kind.none_as_null = True
    return lambda value: value
