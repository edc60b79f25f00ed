"""The databases of the suite: made once per worker, and clean again before each test within 2 ms."""

import os
import sqlite3
from pathlib import Path
from typing import Any, Protocol

import psycopg
from sqlalchemy import Engine, make_url, select

from core.db import Base


class Database(Protocol):
    """A database that can return to what it held when it was told to remember, under one name or several."""

    url: str

    def remember(self, engine: Engine, name: str = "clean") -> None: ...
    def restore(self, name: str = "clean") -> None: ...
    def drop(self) -> None: ...


class Sqlite:
    """A file. Its clean state is a copy in memory, which SQLite's own backup writes back."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'livery.sqlite3'}"
        self.file = sqlite3.connect(folder / "livery.sqlite3")
        self.kept: dict[str, sqlite3.Connection] = {}

    def remember(self, engine: Engine, name: str = "clean") -> None:
        copy = self.kept.setdefault(name, sqlite3.connect(":memory:"))
        self.file.backup(copy)

    def restore(self, name: str = "clean") -> None:
        self.kept[name].backup(self.file)

    def drop(self) -> None:
        for connection in (self.file, *self.kept.values()):
            connection.close()


class Postgres:
    """A database on a server. Its clean state is a copy of every table in a schema of its own.

    DELETE and INSERT of a few dozen rows take 2 ms; TRUNCATE takes 50, CREATE DATABASE … TEMPLATE 65.
    """

    def __init__(self, server: str, worker: str) -> None:
        self.server = server
        self.connection: psycopg.Connection[Any] | None = None
        self.scripts: dict[str, str] = {}
        self.name = f"livery_test_{worker}_{os.getpid()}"
        self.admin(f"CREATE DATABASE {self.name}", f"ALTER DATABASE {self.name} SET synchronous_commit = off")
        self.url = make_url(server).set(database=self.name).render_as_string(hide_password=False)

    def admin(self, *statements: str) -> None:
        with psycopg.connect(self.server, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def remember(self, engine: Engine, name: str = "clean") -> None:
        self.connection = self.connection or psycopg.connect(self.url, autocommit=True)
        tables = [table.name for table in Base.metadata.sorted_tables]
        self.connection.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}")
        for table in tables:
            self.connection.execute(f"CREATE TABLE {name}.{table} AS TABLE {table}")
        counters = self.connection.execute(
            "SELECT sequencename, coalesce(last_value, 0) FROM pg_sequences WHERE schemaname = 'public'"
        ).fetchall()
        self.scripts[name] = "; ".join(
            [
                "BEGIN",
                *(f"DELETE FROM {table}" for table in reversed(tables)),
                *(f"INSERT INTO {table} SELECT * FROM {name}.{table}" for table in tables),
                *(f"SELECT setval('{sequence}', {last + 1}, false)" for sequence, last in counters),
                "COMMIT",
            ]
        )

    def restore(self, name: str = "clean") -> None:
        assert self.connection
        self.connection.execute(self.scripts[name])

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
