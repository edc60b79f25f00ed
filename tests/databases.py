"""The databases of the suite: made once per worker, and clean again before each test within 2 ms."""

import os
import sqlite3
from pathlib import Path
from typing import Any, Protocol

import psycopg
from sqlalchemy import Engine, make_url, select

from core.db import Base


class Database(Protocol):
    """A database that can return to what it held when it was told to remember."""

    url: str

    def remember(self, engine: Engine) -> None: ...
    def restore(self) -> None: ...
    def drop(self) -> None: ...


class Sqlite:
    """A file. Its clean state is a copy in memory, which SQLite's own backup writes back."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'livery.sqlite3'}"
        self.file = sqlite3.connect(folder / "livery.sqlite3")
        self.clean = sqlite3.connect(":memory:")

    def remember(self, engine: Engine) -> None:
        self.file.backup(self.clean)

    def restore(self) -> None:
        self.clean.backup(self.file)

    def drop(self) -> None:
        self.file.close()
        self.clean.close()


class Postgres:
    """A database on a server. Its clean state is a copy of every table in a schema of its own.

    DELETE and INSERT of a few dozen rows take 2 ms; TRUNCATE takes 50, CREATE DATABASE … TEMPLATE 65.
    """

    def __init__(self, server: str, worker: str) -> None:
        self.server = server
        self.connection: psycopg.Connection[Any] | None = None
        self.name = f"livery_test_{worker}_{os.getpid()}"
        self.admin(f"CREATE DATABASE {self.name}", f"ALTER DATABASE {self.name} SET synchronous_commit = off")
        self.url = make_url(server).set(database=self.name).render_as_string(hide_password=False)

    def admin(self, *statements: str) -> None:
        with psycopg.connect(self.server, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def remember(self, engine: Engine) -> None:
        self.connection = psycopg.connect(self.url, autocommit=True)
        tables = [table.name for table in Base.metadata.sorted_tables]
        self.connection.execute("CREATE SCHEMA clean")
        for name in tables:
            self.connection.execute(f"CREATE TABLE clean.{name} AS TABLE {name}")
        counters = self.connection.execute(
            "SELECT sequencename, coalesce(last_value, 0) FROM pg_sequences WHERE schemaname = 'public'"
        ).fetchall()
        self.script = "; ".join(
            [
                "BEGIN",
                *(f"DELETE FROM {name}" for name in reversed(tables)),
                *(f"INSERT INTO {name} SELECT * FROM clean.{name}" for name in tables),
                *(f"SELECT setval('{name}', {last + 1}, false)" for name, last in counters),
                "COMMIT",
            ]
        )

    def restore(self) -> None:
        assert self.connection
        self.connection.execute(self.script)

    def drop(self) -> None:
        if self.connection:
            self.connection.close()
        self.admin(f"DROP DATABASE {self.name} WITH (FORCE)")


def contents(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    """Everything that a database holds, table by table."""
    with engine.connect() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in Base.metadata.sorted_tables
        }


def make(server: str, folder: Path, worker: str) -> Database:
    """A database for this worker: on the server that was named, or a file."""
    return Postgres(server, worker) if server else Sqlite(folder)
