"""Getting a database ready: migrations, built-in groups, the first navigation."""

import click
from flask import current_app
from sqlalchemy import func, select

from core import db, storage
from core.db import session, writing
from core.upgrade import UpgradeFailed, upgrade
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
        return upgrade(db.db.engine, config.data, storage.of(config), lambda line: click.echo(line, err=True))
    except UpgradeFailed as failure:
        raise click.ClickException(str(failure)) from None
    except OSError as error:
        raise click.ClickException(f"The backup before the upgrade could not be made: {error}") from None


def prepare() -> None:
    """Brings the database to the newest form and lays what every community stands on. Cheap when nothing is to do."""
    bring_up_to_date()
    if session().scalar(select(func.count()).select_from(Group)):
        return
    with writing():
        groups.lay_foundation()
        if not session().scalar(select(func.count()).select_from(NavigationItem)):
            layout.arrange(FIRST_NAVIGATION)
