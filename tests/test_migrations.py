"""Migrations: from an empty database to one that equals the models, and back."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, Index, create_engine, inspect, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex

from app import create_app
from cli.prepare import prepare
from core import config, migrate
from core.config import ROOT
from core.db import Base, db, prepare_engine
from models import Group, NavigationItem
from tests import databases


def ddl_of(index: Index) -> str:
    """The statement that makes an index."""
    return str(CreateIndex(index).compile(dialect=sqlite.dialect())).strip()


def columns_of(statement: str) -> str:
    """What an index is over, and in which order."""
    return statement.partition("(")[2]


@pytest.fixture
def empty(tmp_path) -> Iterator[str]:
    """The address of a database with nothing in it."""
    made = databases.make(os.environ.get("LIVERY_TEST_DATABASE", ""), tmp_path, "empty")
    yield config.read({"LIVERY_DATA": str(tmp_path), "DATABASE_URL": made.url, "SECRET_KEY": "x"}).database_url
    made.drop()


@pytest.fixture
def engine(empty) -> Iterator[Engine]:
    """A connection to it."""
    made = create_engine(empty)
    prepare_engine(made)
    yield made
    made.dispose()


SORTED = [index for table in Base.metadata.sorted_tables for index in table.indexes if "DESC" in ddl_of(index)]


def declared(name, kind, parents) -> bool:
    """Whether the models say what something is like; the search index is made by its migration alone."""
    return kind != "table" or not name.startswith(("search_posts", "search_titles", "search_people"))


def differences(engine: Engine) -> list:
    """Where the database is not what the models say."""
    options = {"compare_type": True, "compare_server_default": True, "include_name": declared}
    if engine.dialect.name == "sqlite":  # SQLAlchemy reads no order of columns there: their statements are compared
        names = {index.name for index in SORTED}
        options["include_object"] = lambda item, name, kind, reflected, other: kind != "index" or name not in names
    with engine.connect() as connection:
        return compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata)


def test_indexes_in_an_order_are_made_as_the_models_say(engine):
    asked = {
        "sqlite": "select sql from sqlite_master where name = :name",
        "postgresql": "select indexdef from pg_indexes where indexname = :name",
    }[engine.dialect.name]
    migrate.upgrade(engine)
    with engine.connect() as connection:
        for index in SORTED:
            made = connection.execute(text(asked), {"name": index.name}).scalar_one()
            assert columns_of(made) == columns_of(ddl_of(index))
    assert SORTED


def test_an_empty_database_becomes_what_the_models_say(engine):
    assert migrate.current(engine) == ""
    assert migrate.upgrade(engine)
    assert migrate.current(engine) == migrate.head()
    assert differences(engine) == []


def test_doing_it_again_does_nothing(engine):
    migrate.upgrade(engine)
    assert not migrate.upgrade(engine)


def test_the_way_back_leaves_nothing_and_the_way_forth_works_again(engine):
    migrate.upgrade(engine)
    with engine.begin() as connection:
        command.downgrade(migrate.alembic_config(connection), "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    migrate.upgrade(engine)
    assert differences(engine) == []


def test_every_index_and_constraint_has_a_name_of_its_own():
    names = [str(each.name) for table in Base.metadata.sorted_tables for each in (*table.indexes, *table.constraints)]
    assert None not in names
    assert len(names) == len(set(names))
    assert all(len(name) < 63 for name in names)


def test_revisions_are_numbered_without_gaps():
    numbers = sorted(int(path.name[:4]) for path in (migrate.FOLDER / "versions").glob("0*.py"))
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize(("before", "after"), [("false", [("registration.mode", '"closed"')]), (None, [])])
def test_a_site_that_took_nobody_takes_nobody_after_the_migration(engine, before, after):
    [file] = (migrate.FOLDER / "versions").glob("*_registration.py")
    earlier = f"{int(file.name[:4]) - 1:04}"
    stored = "SELECT name, value FROM settings WHERE name = 'registration.mode'"
    with engine.begin() as connection:
        migrate.to(connection, earlier)
        if before:
            connection.execute(text("INSERT INTO settings VALUES ('accounts.registration', :value)"), {"value": before})
    migrate.upgrade(engine)
    with engine.begin() as connection:
        assert [tuple(row) for row in connection.execute(text(stored))] == after
        command.downgrade(migrate.alembic_config(connection), earlier)
        left = connection.execute(text("SELECT value FROM settings WHERE name = 'accounts.registration'"))
        assert left.scalars().all() == ([before] if before else [])


def test_a_new_site_is_prepared_in_one_go_and_only_once(empty, tmp_path):
    settings = config.read({"LIVERY_DATA": str(tmp_path), "DATABASE_URL": empty, "SECRET_KEY": "x"})
    made = create_app(settings, TESTING=True, RATELIMIT_ENABLED=False)
    counts = []
    with made.app_context():
        for _ in range(2):
            prepare()
            counts.append((db.session.query(Group).count(), db.session.query(NavigationItem).count()))
        db.session.remove()
        db.engine.dispose()
    assert counts == [(7, 7), (7, 7)]


STARTS = "from cli import serve; serve._serve = lambda config: None; serve.serve()"


def test_of_two_processes_that_start_over_an_empty_database_one_makes_the_site(empty, tmp_path):
    kept = {name: value for name, value in os.environ.items() if "LIVERY" not in name and name != "REDIS_URL"}
    about = {
        **kept,
        "LIVERY_DATA": str(tmp_path),
        "DATABASE_URL": empty.replace("+psycopg", ""),
        "SECRET_KEY": "x" * 32,
    }
    command = [sys.executable, "-c", STARTS]
    both = [subprocess.Popen(command, cwd=ROOT, env=about, stdout=-1, stderr=-1, text=True) for _ in range(2)]
    said = [(*each.communicate(timeout=120), each.returncode) for each in both]
    assert [code for *_, code in said] == [0, 0], said
    assert sum("Password (shown only this once)" in out for out, *_ in said) == 1
    assert sum("Loading the demo community" in out for out, *_ in said) == 1
