"""The check-up: whether everything is in order, and what to do where it is not.

`bin/livery doctor` prints what it finds; a job keeps it for the control panel, where the quick checks are made each day
and the thorough ones when somebody asks for them.
"""

import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import redis
from flask import current_app
from sqlalchemy import Index, func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from core import clock, jobs, migrate, plugins, replica, storage
from core import config as environment
from core.db import Base, db, session, writing
from forum import checkups, recounting, search_index, skins
from forum.checkups import Found
from forum.viewers import builtin_groups
from models import Account, Membership
from web import assets, looks

_MEGABYTE = 1024**2
_ENOUGH, _TOO_LITTLE = 1024 * _MEGABYTE, 200 * _MEGABYTE
_SKEW = timedelta(minutes=1)
_FILES = ("css/livery.css", "js/livery.js", "vendor/htmx.min.js", "img/icons.svg", "img/livery.svg")
_HOW = "`bin/livery doctor --fix` puts it right"


class Trouble(Exception):
    """Something is wrong: what, and what to do."""

    def __init__(self, words: str, remedy: str = "") -> None:
        super().__init__(words)
        self.words, self.remedy = words, remedy


def found(*, fix: bool = False, thorough: bool = True) -> Iterator[Found]:
    """What each check finds, one after the other. With `fix`, counters, indexes and the search are mended.

    What needs the tables is looked at only when the database answers and is at the newest revision; what reads whole
    tables only where it is to be `thorough`.
    """
    yield from _made(_FIRST)
    for name in ("database", "migrations"):
        ready = _look(name, _TABLES[name])
        yield ready
        if not ready.well:
            return
    yield from _made({"clock": clock_sane, "indexes": lambda: indexes(fix=fix), "administrators": administrator})
    if thorough:
        yield from _made({"integrity": integrity, "foreign keys": foreign_keys})
        yield from _made({f"counters of {each.__tablename__}": _counters_of(each, fix) for each in recounting.TABLES})
        yield from _made({"search": lambda: search(fix=fix)})


@jobs.job
def look(thorough: bool = True) -> None:
    """Makes the check-up, and keeps what it finds."""
    made = list(found(thorough=thorough))
    with writing():
        checkups.keep(made, whole=thorough)


def look_when_due() -> None:
    """Makes the quick checks when the last look is long enough ago; a recurring job."""
    if checkups.due():
        look(thorough=False)


def _made(checks: Mapping[str, Callable[[], str]]) -> Iterator[Found]:
    return (_look(name, check) for name, check in checks.items())


def _look(name: str, check: Callable[[], str]) -> Found:
    try:
        return Found(name, True, check())
    except Trouble as trouble:
        return Found(name, False, trouble.words, trouble.remedy)
    except Exception as error:
        session().rollback()
        return Found(name, False, f"{type(error).__name__}: {_first_line(error)}")


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
            f"it does not answer ({_first_line(error)})", "meanwhile pages are read from the database"
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
        raise Trouble(_first_line(error), "check REDIS_URL and that the server runs") from None
    return f"{about['redis_version']}"


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
        raise Trouble(_first_line(error), "check LIVERY_S3_URL, its key, its region and the clock") from None
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
        raise Trouble(f"{_some(missing)} missing in static/", "it is part of the source; bring it back")
    return f"{len(wanted) - 1} skins, scripts and icons"


def database() -> str:
    """The database answers, and is new enough."""
    engine = session().get_bind()
    try:
        session().execute(select(1))
    except OperationalError as error:
        session().rollback()
        raise Trouble(_first_line(error), "check DATABASE_URL and that the server runs") from None
    if engine.dialect.name == "sqlite":
        version = session().scalar(text("select sqlite_version()"))
        if tuple(map(int, version.split("."))) < (3, 35):
            raise Trouble(f"SQLite {version} is too old", "Livery needs 3.35")
        return f"SQLite {version}"
    version = session().scalar(text("show server_version"))
    if int(session().scalar(text("show server_version_num"))) < 140_000:
        raise Trouble(f"PostgreSQL {version} is too old", "Livery needs 14")
    return f"PostgreSQL {version}"


def migrations() -> str:
    """The tables have their newest form."""
    here, head = migrate.current(db.engine), migrate.head()
    if here != head:
        raise Trouble(f"at {here or 'nothing'}, not at {head}", "run `bin/livery migrate`")
    return f"at the newest revision, {head}"


def clock_sane() -> str:
    """This machine's clock agrees with the database server's, or is not behind what it wrote itself."""
    now = clock.now()
    if session().get_bind().dialect.name == "postgresql":
        apart = abs(session().execute(select(func.now())).scalar_one() - now)
        if apart > _SKEW:
            raise Trouble(f"{apart} away from the database server's", "set both by NTP")
        return f"{now:%Y-%m-%d %H:%M} UTC, as on the database server"
    name = session().get_bind().url.database
    written = datetime.fromtimestamp(_newest_mtime(name), UTC)
    if written > now + _SKEW:
        raise Trouble(
            f"the database was written at {written:%Y-%m-%d %H:%M} UTC, which is yet to come", "set it by NTP"
        )
    return f"{now:%Y-%m-%d %H:%M} UTC, and nothing was written after that"


def _newest_mtime(database_name: str) -> float:
    path = environment.ROOT / database_name
    return max((file.stat().st_mtime for file in path.parent.glob(path.name + "*")), default=0)


def indexes(*, fix: bool) -> str:
    """Every index that the models declare exists; without one of them a page becomes slow."""
    sqlite = session().get_bind().dialect.name == "sqlite"
    names = (
        "select name from sqlite_master where type = 'index'"
        if sqlite
        else "select indexname from pg_indexes where schemaname = current_schema()"
    )
    here = set(session().scalars(text(names)))
    declared = [index for table in Base.metadata.sorted_tables for index in table.indexes]
    missing: list[Index] = sorted((each for each in declared if each.name not in here), key=lambda each: each.name)
    shown = f"{_some([each.name for each in missing])} missing"
    if missing and not fix:
        raise Trouble(shown, _HOW)
    if not missing:
        return f"all {len(declared)} are there"
    with writing() as current:
        for each in missing:
            each.create(current.connection())
    return f"{shown}, made now"


def integrity() -> str:
    """The file holds together (SQLite's own check; PostgreSQL looks after itself)."""
    if session().get_bind().dialect.name != "sqlite":
        return "PostgreSQL looks after it"
    found = session().scalars(text("pragma quick_check(3)")).all()
    if found != ["ok"]:
        raise Trouble("; ".join(found), "stop Livery and restore a backup")
    return "SQLite's quick_check finds nothing"


def foreign_keys() -> str:
    """No row refers to one that is not there."""
    if session().get_bind().dialect.name != "sqlite":
        return "PostgreSQL looks after them"
    found = session().execute(text("pragma foreign_key_check")).all()
    if found:
        table, row, parent, _ = found[0]
        rows = "1 row refers" if len(found) == 1 else f"{len(found):,} rows refer"
        raise Trouble(
            f"{rows} to nothing (first: {table} {row} to {parent})",
            "something else wrote into the database: restore a backup",
        )
    return "every row refers to one that exists"


def administrator() -> str:
    """Somebody may do everything, as soon as there is anybody who can log in."""
    group = builtin_groups().get("administrators")
    number = session().scalar(select(func.count()).where(Membership.group_id == group)) or 0
    if number:
        return str(number)
    people = session().scalar(select(func.count()).where(Account.password_hash.startswith("$")))
    if people:
        raise Trouble("there is none", "`bin/livery users create NAME --admin` makes one")
    return "nobody can log in yet; the first `bin/run` makes one"


def search(*, fix: bool) -> str:
    """The search index holds every post and topic, and no other."""
    if fix:
        search_index.catch_up()
    counted = {name: number for name, number in search_index.astray().items() if number}
    wrong, waiting = ", ".join(f"{number:,} {name}" for name, number in counted.items()), search_index.waiting()
    if not wrong:
        return "every post and topic is in the index"
    if waiting:
        return f"{wrong} to be taken in; a job is at it"
    if not fix:
        raise Trouble(f"{wrong} missing or left over", _HOW)
    with writing():
        search_index.rebuild()
    search_index.catch_up()
    return f"{wrong} missing or left over; made again"


def _counters_of(table: type[db.Model], fix: bool) -> Callable[[], str]:
    def check() -> str:
        found = recounting.find(table)
        shown = "; ".join(map(str, found))
        if not found:
            return "right"
        if not fix:
            raise Trouble(shown, _HOW)
        with writing():
            recounting.mend(table)
        return f"{shown}; mended"

    return check


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [""])[0]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


_FIRST: dict[str, Callable[[], str]] = {
    "configuration": configuration, "address": reachable, "data folder": data_folder, "uploads": uploads,
    "disk space": disk_space, "static files": static_files, "redis": redis_server, "replica": database_replica,
    "plugins": loaded_plugins,
}  # fmt: skip
_TABLES: dict[str, Callable[[], str]] = {"database": database, "migrations": migrations}

jobs.recurring(look_when_due, every=600)
