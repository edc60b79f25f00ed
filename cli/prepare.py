"""Getting a database ready: migrations, built-in groups, the first navigation."""

import click
from flask import current_app
from sqlalchemy import func, select

from core import db, frozen, migrate, restore, storage, upgrade
from core.db import session, writing
from forum import groups, layout
from models import Group, NavigationItem

FIRST_NAVIGATION = [
    ("list-ul", "Categories", "/categories", "everyone"),
    ("envelope", "Unread", "/unread", "members"),
    ("clock", "Recent", "/recent", "everyone"),
    ("tags", "Tags", "/tags", "everyone"),
    ("fire", "Popular", "/popular", "everyone"),
    ("people", "Users", "/users", "everyone"),
    ("shield-check", "Groups", "/groups", "everyone"),
]


def bring_up_to_date() -> bool:
    """Brings the database to the newest form, safely; returns whether there was anything to do.

    A failed migration leaves the old state, and ends the command with a sentence.
    """
    config = current_app.config["LIVERY"]
    try:
        return upgrade.upgrade(db.db.engine, config.data, storage.of(config), lambda line: click.echo(line, err=True))
    except upgrade.UpgradeFailed as failure:
        raise click.ClickException(str(failure)) from None
    except OSError as error:
        raise click.ClickException(f"The backup before the upgrade could not be made: {error}") from None


def prepare() -> None:
    """Brings the database to the newest form and lays what every community stands on. Cheap when nothing is to do."""
    _finish_what_was_killed()
    bring_up_to_date()
    if mark := frozen.read(db.frozen_by):
        click.echo(mark.sentence(current_app.config["LIVERY"].data / frozen.NAME), err=True)
    if _has_foundation():
        return
    session().close()  # so that what another process lays just now is seen
    with migrate.alone(db.db.engine):
        _lay_foundation()


def _finish_what_was_killed() -> None:
    """Removes what an upgrade or a restore left behind that was killed, and ends what was almost done."""
    config = current_app.config["LIVERY"]
    if restore.left_behind(config.data) or upgrade.left_behind(config.data):
        with migrate.alone(db.db.engine):  # so that none is at work
            restore.clear(config.data)
            upgrade.clear(config.data)


def _has_foundation() -> bool:
    return bool(session().scalar(select(func.count()).select_from(Group)))


def _lay_foundation() -> None:
    if _has_foundation():
        return
    with writing():
        groups.lay_foundation()
        if not session().scalar(select(func.count()).select_from(NavigationItem)):
            layout.arrange(FIRST_NAVIGATION)
