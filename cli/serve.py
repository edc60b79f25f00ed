"""`bin/livery serve`: prepares everything and hands over to the production server."""

import secrets
import sys

import click
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from sqlalchemy import func, select

from app import create_app
from cli import demo
from cli.prepare import prepare
from core import config as environment
from core import db
from core.db import session, writing
from forum import accounts, groups
from models import Membership

ADMINISTRATOR = "Keeper"


def serve() -> None:
    """Prepares the database, prints the address and (once) the administrator's password, and starts the server."""
    config = environment.read()
    with create_app(config).app_context():
        prepare()
        password = _first_administrator()
        if config.demo and demo.database_is_empty():
            click.echo("Loading the demo community …")
            demo.load()
        # what follows forks: a worker opens connections of its own
        db.db.engine.dispose()
    if password:
        click.echo(f"\n  Administrator's name: {ADMINISTRATOR}\n  Password (shown only this once): {password}\n")
    shown = "127.0.0.1" if config.host in ("0.0.0.0", "::") else config.host  # noqa: S104
    click.echo(f"  Livery is at http://{shown}:{config.port}  (Ctrl+C stops it)\n")
    sys.stdout.flush()
    _serve(config)


def _serve(config: environment.Config) -> None:
    """Serves until a signal ends it. Where the system forks, the worker finds everything imported, and starts at once."""
    Granian(
        "asgi:make",
        factory=True,
        interface=Interfaces.ASGI,
        address=config.host,
        port=config.port,
        workers=1,
        respawn_failed_workers=True,
        respawn_interval=0.5,
        websockets=False,
        log_level=LogLevels.error,
        workers_kill_timeout=5,
    ).serve()


def _first_administrator() -> str:
    """Makes the administrator of a new community and returns the password; empty when there is one already."""
    administrators = groups.builtin_groups()["administrators"]
    if session().scalar(select(func.count()).select_from(Membership).where(Membership.group_id == administrators)):
        return ""
    password = secrets.token_urlsafe(12)
    with writing():
        user = accounts.create(ADMINISTRATOR, "", password)
        groups.make_administrator(user.id)
    return password
