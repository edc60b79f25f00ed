"""Surroundings: whether what the site stands on (its configuration, folder, files, servers) is in order."""

import secrets
import shutil
import tempfile
from collections.abc import Callable, Sequence

import redis
from flask import current_app
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from core import config as environment
from core import frozen, mail, plugins, replica, storage
from core.db import db
from forum import skins
from web import assets, looks

_MEGABYTE = 1024**2
_ENOUGH, _TOO_LITTLE = 1024 * _MEGABYTE, 200 * _MEGABYTE
_CALL = 4.0
"""Seconds that the mail server may take for each answer: the other checks wait meanwhile."""
_FILES = ("css/livery.css", "js/livery.js", "vendor/htmx.min.js", "img/icons.svg", "img/livery.svg")


class Trouble(Exception):
    """Something is wrong: what, and what to do."""

    def __init__(self, words: str, remedy: str = "") -> None:
        super().__init__(words)
        self.words, self.remedy = words, remedy


def _config() -> environment.Config:
    config: environment.Config = current_app.config["LIVERY"]
    return config


def configuration() -> str:
    """The environment can be read, and the secret is one."""
    config = _config()
    if len(config.secret_key) < 16:
        raise Trouble("SECRET_KEY is too short to be secret", "give it 32 random characters or more")
    where = make_url(config.database_url).render_as_string(hide_password=True)
    return f"{where}, {'embedded' if config.embedded else 'with Redis'}"


def reachable() -> str:
    """People reach the site under the names that it answers to."""
    config = _config()
    if config.url:
        return f"{config.url}, answering to {', '.join(config.hosts)}"
    if config.host in ("127.0.0.1", "::1", "localhost"):
        return f"{config.host}:{config.port}, on this machine only"
    return "any name is answered; set LIVERY_URL before the site is public (cookies, host names, links)"


def database_replica() -> str:
    """The replica answers, and is one, where pages are read from one."""
    if not _config().replica_url:
        return "not used; pages are read from the database itself"
    try:
        behind = replica.seconds_behind(db.engines[replica.BIND])
    except ValueError as error:
        raise Trouble(str(error), "check DATABASE_REPLICA_URL") from None
    except OperationalError as error:
        raise Trouble(
            f"it does not answer ({first_line(error)})", "meanwhile pages are read from the database"
        ) from None
    return f"answers; its newest change came {behind:.0f} seconds ago"


def loaded_plugins() -> str:
    """Every plugin that the configuration names could be loaded."""
    names, left_out = _config().plugins, plugins.left_out()
    wrong = "; ".join(f"{name}: {left_out[name]}" for name in names if name in left_out)
    if wrong:
        raise Trouble(f"left out {wrong}", "mend it, or take it out of LIVERY_PLUGINS")
    return ", ".join(names) or "none"


def redis_server() -> str:
    """Redis answers, where it is used."""
    url = _config().redis_url
    if not url:
        return "not used; limits, cache and jobs live in the one process"
    try:
        about = redis.Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3).info("server")
    except redis.RedisError as error:
        raise Trouble(first_line(error), "check REDIS_URL and that the server runs") from None
    return f"{about['redis_version']}"


def mail_server() -> str:
    """The mail server takes calls, and who the mails come from is an address; where none is named, mails lie in a folder."""
    sender, server = mail.sender(), mail.server()
    if not mail.is_address(sender):
        raise Trouble(f"mails would come from {sender!r}, which is no address", "check LIVERY_MAIL_FROM")
    if server is None:
        return f"none is named; mails lie in {_config().data / 'mail'}"
    where = f"{server.host}:{server.port}"
    try:
        encrypted = mail.call(timeout=_CALL)
    except OSError as error:  # all that smtplib raises is one
        raise Trouble(
            f"{where}: {first_line(error) or type(error).__name__}", "check LIVERY_MAIL; mails wait"
        ) from None
    known = ", and knows the name that it is given" if server.named else ""
    return f"{where} answers, {'encrypted' if encrypted else 'not encrypted'}{known}; mails come from {sender}"


def data_folder() -> str:
    """The data folder can be written to."""
    folder = _config().data
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"livery")
    except OSError as error:
        raise Trouble(f"{folder} cannot be written to ({error.strerror})", "give it to Livery's user") from None
    return f"{folder} can be written to"


def uploads() -> str:
    """Uploaded files can be kept, read and removed where the configuration says."""
    config = _config()
    if not config.s3_url:
        return "in the data folder"
    store, name = storage.of(config), f"doctor/{secrets.token_urlsafe(16)}"
    try:
        store.put(name, b"livery")
        same = store.get(name) == b"livery"
        store.delete(name)
    except OSError as error:
        raise Trouble(first_line(error), "check LIVERY_S3_URL, its key, its region and the clock") from None
    if not same:
        raise Trouble(f"{config.s3_url} gave back something else than it was given", "check LIVERY_S3_URL")
    return f"{config.s3_url} keeps, gives and removes files"


def disk_space() -> str:
    """There is room for the data to grow."""
    free = shutil.disk_usage(_config().data).free
    shown = f"{free // _MEGABYTE:,} MB free"
    if free < _TOO_LITTLE:
        raise Trouble(shown, "below 200 MB the database may stop taking posts, so make room now")
    return shown + (", which will not last; make room soon" if free < _ENOUGH else "")


def static_files() -> str:
    """What a page asks for is there: every skin with its font, the scripts, the icons."""
    wanted, built = (skins.NONE, *skins.LIGHT, *skins.DARK), looks.manifest()
    files = list(_FILES)
    for skin in wanted:
        about = built.get(skin, {"file": f"{skin}.css"})
        files.append(f"skins/{about['file']}")
        if font := about.get("fonts", {}).get("preload"):
            files.append(f"fonts/{font}")
    missing = [name for name in files if not (assets.STATIC / name).is_file()]
    if missing:
        raise Trouble(f"{some(missing)} missing in static/", "it is part of the source; bring it back")
    return f"{len(wanted) - 1} skins, scripts and icons"


def stopped() -> str:
    """What has stopped all writing and is at it just now; empty: nothing. Raises Trouble when nobody is at it any more."""
    config = _config()
    path = config.data / frozen.NAME
    mark = frozen.read(path) if config.database_url.startswith("sqlite") else None
    if mark is not None and not mark.at_work:
        raise Trouble(mark.sentence(path))
    return mark.sentence(path) if mark else ""


def first_line(error: Exception) -> str:
    """What an error says first."""
    return (str(error).strip().splitlines() or [""])[0]


def some(names: Sequence[str]) -> str:
    """The first of many names, and how many there are besides."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


CHECKS: dict[str, Callable[[], str]] = {
    "configuration": configuration, "address": reachable, "data folder": data_folder, "uploads": uploads,
    "disk space": disk_space, "static files": static_files, "redis": redis_server, "mail": mail_server, "replica": database_replica,
    "plugins": loaded_plugins,
}  # fmt: skip
