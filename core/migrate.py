"""Migrations: bringing a database to the newest form of the tables."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, inspect, text

from core.config import ROOT

FOLDER = ROOT / "migrations"
_LOCK = 5_142_779_361
"""The number under which PostgreSQL knows the lock of whoever prepares a database."""

_alone: ContextVar[bool] = ContextVar("alone", default=False)


def head() -> str:
    """The newest revision, read from the names of the files: cheap enough for every start."""
    return max(_known())


def knows(revision: str) -> bool:
    """Whether this version of Livery has the migration to a revision."""
    return revision in _known()


def newer(revision: str) -> bool:
    """Whether a revision is of a later version, beside which this one may go on: migrations expand first."""
    return len(revision) == len(head()) and revision.isdecimal() and revision > head()


def current(engine: Engine) -> str:
    """The revision that a database is at; empty for an empty database."""
    with engine.connect() as connection:
        return current_of(connection)


def current_of(connection: Connection) -> str:
    """The revision that a database is at, seen from an open connection."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(text("select version_num from alembic_version")).scalar() or ""


def enough(revision: str) -> bool:
    """Whether nothing is to be done about a database at a revision: it is the newest, or beyond."""
    return revision == head() or newer(revision)


@contextmanager
def alone(engine: Engine) -> Iterator[None]:
    """Waits until nobody else prepares, upgrades or restores this database, and keeps others from it meanwhile."""
    if _alone.get():
        yield
        return
    token = _alone.set(True)
    try:
        if engine.dialect.name == "postgresql":
            with engine.connect() as connection, connection.begin():
                connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
                yield
        else:
            with Path(str(engine.url.database)).with_name(".preparing").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
    finally:
        _alone.reset(token)


def upgrade(engine: Engine) -> bool:
    """Brings a database to the newest revision; returns whether there was anything to do."""
    if enough(current(engine)):
        return False
    with alone(engine):
        if enough(current(engine)):  # another process was faster
            return False
        with in_one_go(engine) as connection:
            to(connection, "head")
    return True


@contextmanager
def in_one_go(engine: Engine) -> Iterator[Connection]:
    """One transaction. SQLite lets nobody else write in it, from its beginning: what it reads stays as it was."""
    with engine.connect().execution_options(immediate=True) as connection, connection.begin():
        yield connection


def to(connection: Connection, revision: str) -> None:
    """Brings a database to a revision ("head", "base", "0004"), up or down, in the connection's transaction."""
    from alembic import command  # Alembic is slow to load, and almost never needed

    if revision != "base":
        command.upgrade(alembic_config(connection), revision)
    else:
        command.downgrade(alembic_config(connection), revision)


def alembic_config(connection: Connection) -> Any:
    """Alembic's configuration over an open connection."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def _known() -> list[str]:
    return [path.name[:4] for path in (FOLDER / "versions").glob("[0-9][0-9][0-9][0-9]_*.py")]
