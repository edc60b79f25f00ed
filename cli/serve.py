"""`bin/livery serve`: prepares everything and hands over to the production server."""

import errno
import gc
import logging
import os
import resource
import secrets
import socket
import sys
import time
from contextlib import suppress

import click
from granian import Granian
from granian.constants import Interfaces
from granian.http import HTTP1Settings, HTTP2Settings
from granian.log import LogLevels
from sqlalchemy import func, select

import asgi
from app import create_app
from cli import demo, site
from cli.prepare import prepare
from core import cache, db, frozen, migrate
from core import config as environment
from core.db import session, writing
from forum import accounts, first_run, groups, handles
from forum.slugs import slugify
from models import Membership

log = logging.getLogger("livery.serve")

ADMINISTRATOR = "Keeper"
_CONNECTIONS = 20_000
_AGAIN = "LIVERY_STARTS_AGAIN"
_PAUSE = 1.0
"""Seconds before a server whose workers die begins again."""
_LONGEST_HEAD = 32 * 1024
"""Bytes that a request line and its headers may take: parts of them are kept, and who asks decides how long they are."""
_FILES = 200
"""What a process has open besides: databases, logs, uploads."""


def serve() -> None:
    """Prepares the database, prints the address and (once) the administrator's password, and starts the server."""
    config = site.environ(make=True)
    _require_free(config)
    app = create_app(config)
    gc.freeze()
    gc.enable()
    with app.app_context():
        with migrate.alone(db.db.engine):  # of several processes that start over an empty database one makes the site
            code, name, password = _begin(config)
        # what follows forks: a worker opens connections of its own, and SQLite forbids to take one along
        db.db.session.remove()
        for engine in db.db.engines.values():
            engine.dispose()
        cache.forget()
    if password:
        click.echo(f"\n  Administrator's name: {name}\n  Password (shown only this once): {password}\n")
    base = config.url or f"http://{_shown(config.host)}:{config.port}"
    if code:
        click.echo(f"\n  This site is not set up yet. Open {base}/setup?code={code}")
        click.echo(f"  (the set-up code is {code}), or run: bin/livery users create NAME\n")
    click.echo(f"  Livery is at http://{_shown(config.host)}:{config.port}  (Ctrl+C stops it)\n")
    sys.stdout.flush()
    asgi.inherited = app
    _serve(config)


def _require_free(config: environment.Config) -> None:
    """Raises ClickException when somebody listens there: the system would share requests out between the two."""
    if os.environ.pop(_AGAIN, ""):
        return  # this very process listened there until a moment ago
    address = (config.host, config.port)
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    with socket.socket(family) as place:
        place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections of a server that has ended linger on
        try:
            place.bind(address)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise click.ClickException(f"Port {config.port} is taken (by another Livery?).") from None
            raise click.ClickException(f"{config.host}:{config.port}: {error.strerror}") from None


def _shown(host: str) -> str:
    """The address of this machine where the server listens at all of them."""
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104


def _room() -> int:
    """How many connections may be open at once, with as many files as the system lets this process have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _CONNECTIONS + _FILES
    with suppress(ValueError, OSError):  # some systems have a limit below the one that they tell
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(hard, wanted), hard)
        )
        soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(soft - _FILES, soft // 2)


def _serve(config: environment.Config) -> None:
    """Serves until a signal ends it. Where the system forks, the worker finds everything imported, and starts at once."""
    server = Granian(
        "asgi:make",
        factory=True,
        interface=Interfaces.ASGI,
        address=config.host,
        port=config.port,
        workers=1,
        # each open page keeps a connection; the server would take no more than 1,024, and let everybody else wait
        backpressure=_room(),
        http1_settings=HTTP1Settings(max_buffer_size=_LONGEST_HEAD),
        http2_settings=HTTP2Settings(max_headers_size=_LONGEST_HEAD),
        respawn_failed_workers=True,
        respawn_interval=0.5,
        websockets=False,
        log_level=LogLevels.error,
        workers_kill_timeout=5,
    )
    try:
        server.serve()
    except SystemExit:
        if server.interrupt_signal or not server.interrupt_children:
            raise
        # it makes a new worker for one that died, but gives up when the next dies within seconds
        log.error("Two workers died within a few seconds; the server starts again")
        time.sleep(_PAUSE)
        os.environ[_AGAIN] = "1"
        os.execv(sys.executable, sys.orig_argv)  # noqa: S606  (the same command in the same process)


def _begin(config: environment.Config) -> tuple[str, str, str]:
    """Makes what a site begins with; returns the code of its set-up, or its administrator's name and password, if new."""
    prepare()
    if frozen.read(db.frozen_by):
        return "", "", ""
    code = _set_up_code() if not config.demo else ""
    name, password = ("", "") if code else _first_administrator()
    if config.demo and demo.database_is_empty():
        click.echo("Loading the demo community …")
        demo.load()
    return code, name, password


def _set_up_code() -> str:
    """A code for the set-up of a site on which nobody is yet; empty when somebody is."""
    with writing():
        if first_run.untouched():
            return first_run.begin()
        first_run.finish()
    return ""


def _first_administrator() -> tuple[str, str]:
    """Makes the administrator of a new community and returns his name and password; empty when there is one already."""
    administrators = groups.builtin_groups()["administrators"]
    if session().scalar(select(func.count()).select_from(Membership).where(Membership.group_id == administrators)):
        return "", ""
    password = secrets.token_urlsafe(12)
    names = (ADMINISTRATOR, *(f"{ADMINISTRATOR} {number}" for number in range(2, 100)))
    with writing():
        name = next(each for each in names if handles.free(each) == slugify(each))  # a member may be called so
        user = accounts.create(name, "", password)
        groups.make_administrator(user.id)
    return name, password
