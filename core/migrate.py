"""Migrations: bringing a database to the newest form of the tables."""

from typing import Any

from sqlalchemy import Connection, Engine, inspect, text

from core.config import ROOT

FOLDER = ROOT / "migrations"


def head() -> str:
    """The newest revision, read from the names of the files: cheap enough for every start."""
    return max(path.name[:4] for path in (FOLDER / "versions").glob("[0-9][0-9][0-9][0-9]_*.py"))


def current(engine: Engine) -> str:
    """The revision that a database is at; empty for an empty database."""
    with engine.connect() as connection:
        return current_of(connection)


def current_of(connection: Connection) -> str:
    """The revision that a database is at, seen from an open connection."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(text("select version_num from alembic_version")).scalar() or ""


def upgrade(engine: Engine) -> bool:
    """Brings a database to the newest revision; returns whether there was anything to do."""
    if current(engine) == head():
        return False
    with engine.begin() as connection:
        to(connection, "head")
    return True


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
