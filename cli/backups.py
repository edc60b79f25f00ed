"""`bin/livery backup`, `verify`, `restore` and `move-to`: a community in a file, and from one database to another."""

import os
from pathlib import Path

import click
from sqlalchemy.exc import SQLAlchemyError

from cli import site

# What is heavy is imported by the command that needs it, as in cli/main.py.


@click.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--scheduled", is_flag=True, help="Into the data folder, dropping the oldest, as the schedule does.")
@click.option("--replace", is_flag=True, help="Put it in the place of a FILE that is there already.")
def backup(file, scheduled, replace):
    """Write a backup of the live site into FILE: database, uploads and settings, verified."""
    from core import backup as maker
    from core import backups as schedule
    from core import storage

    if bool(file) == scheduled:
        raise click.UsageError("Name a file, or say --scheduled.")
    if file and file.exists() and not replace:
        raise click.ClickException(f"{file} is there already. --replace puts the new backup in its place.")
    with _in_app() as (engine, config):
        try:
            if scheduled:
                file = schedule.make(engine, config)
            else:
                maker.write(engine, storage.of(config), file.absolute())
        except (OSError, SQLAlchemyError, maker.Broken) as error:
            raise click.ClickException(f"No backup was made: {_first_line(error)}") from None
    if file is None:
        raise click.ClickException("Another backup is being made just now.")
    click.echo(f"{file}: {_described(maker.verify(file))}")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def verify(file):
    """Read a backup from end to end and compare it with its hashes; exits with 1 if a byte is wrong."""
    from core import backup as maker

    try:
        click.echo(f"{file} is whole: {_described(maker.verify(file))}")
    except maker.Broken as error:
        raise click.ClickException(f"{file} is no whole backup: {error}") from None


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Replace the community that is in the database now.")
def restore(file, replace):
    """Put a backup into the database of the environment (SQLite or PostgreSQL). Stop the site first."""
    from core import backup as maker
    from core import restore as restorer
    from core import storage

    with _in_app(make=True) as (engine, config):
        try:
            manifest = restorer.restore(file, engine, storage.of(config), replace=replace)
        except restorer.NotEmpty:
            raise click.ClickException(
                "There is a community in this database. --replace puts the backup in its place."
            ) from None
        except (maker.Broken, restorer.Differs) as error:
            raise click.ClickException(f"Nothing was changed: {error}") from None
        except (OSError, SQLAlchemyError, ValueError) as error:
            raise click.ClickException(f"Nothing was changed: {_first_line(error)}") from None
    click.echo(f"Restored and compared: {_described(manifest)}")


@click.command("move-to")
@click.argument("url")
def move_to(url):
    """Carry the SQLite community of the environment over to PostgreSQL at URL, while it goes on being read."""
    from sqlalchemy import create_engine

    from core import config as environment
    from core import frozen, move, restore

    try:
        target_url = environment.read({**os.environ, "DATABASE_URL": url}, make=False).database_url
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    with _in_app() as (engine, config):
        if engine.dialect.name != "sqlite" or not target_url.startswith("postgresql"):
            raise click.ClickException("This carries a community from SQLite to PostgreSQL only.")
        click.echo("Writing stops while it is carried over; the site can be read.")
        target = create_engine(target_url, hide_parameters=True)
        try:
            manifest = move.move(config, engine, target)
        except restore.NotEmpty:
            raise click.ClickException(
                "There is a community at that address already. Writing goes on as before."
            ) from None
        except frozen.Stopped as stopped:
            raise click.ClickException(f"Nothing was done. {stopped}") from None
        except (OSError, SQLAlchemyError, ValueError) as error:
            raise click.ClickException(f"Nothing was moved, and writing goes on: {_first_line(error)}") from None
    click.echo(
        f"Everything has arrived and was compared: {_described(manifest)}.\n"
        "Start Livery with DATABASE_URL set to the new address. Until then the site can be read, and nothing can be\n"
        f"written into what was left behind; to go back to it, delete {config.data / frozen.NAME}."
    )


def _in_app(*, make=False):
    from contextlib import contextmanager

    from core import db

    @contextmanager
    def surroundings():
        made = site.application(make=make)
        with made.app_context():
            yield db.db.engine, made.config["LIVERY"]

    return surroundings()


def _described(manifest):
    rows = sum(each["rows"] for each in manifest["tables"].values())
    files = len(manifest["uploads"])
    strange = manifest.get("left_out", 0)
    left_out = f" ({strange:,} left out, for their names are not Livery's)" if strange else ""
    return (
        f"{rows:,} rows in {len(manifest['tables'])} tables, {files:,} uploaded file{'' if files == 1 else 's'}{left_out}, "
        f"revision {manifest['revision']}, made {manifest['made_at']} from {manifest['database']}"
    )


def _first_line(error):
    return str(error).splitlines()[0]


COMMANDS = (backup, verify, restore, move_to)
