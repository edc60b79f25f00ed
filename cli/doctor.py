"""`bin/livery doctor`: whether everything is in order, and what to do where it is not."""

import secrets
import shutil
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import click
import redis
from sqlalchemy import Index, func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from cli import doctor_counters as counters
from cli import search_index
from core import clock, migrate, storage
from core import config as environment
from core.db import Base, db, session, writing
from forum import skins
from forum.viewers import builtin_groups
from models import Account, Membership
from web import assets, looks

_MEGABYTE = 1024**2
_ENOUGH, _TOO_LITTLE = 1024 * _MEGABYTE, 200 * _MEGABYTE
_SKEW = timedelta(minutes=1)
_FILES = ("css/livery.css", "js/livery.js", "vendor/htmx.min.js", "img/icons.svg", "img/livery.svg")
_HOW = "`bin/livery doctor --fix` puts it right"


class Trouble(Exception):
    """Something is wrong; the message says what, and what to do."""


def run(*, fix: bool = False) -> bool:
    """Prints a line for each check, and returns whether all is well. With `fix`, mends counters and indexes.

    What needs the tables is looked at only when the database answers and is at the newest revision.
    """
    well = _look([configuration, reachable, data_folder, uploads, disk_space, static_files, redis_server])
    if not (_look([database]) and _look([migrations])):
        click.echo("      …  the rest waits until the database is ready")
        return False
    counted = [_counters_of(table, fix) for table in counters.TABLES]
    tables = [lambda: indexes(fix=fix), integrity, foreign_keys, administrator]
    return _look([clock_sane, *tables, *counted, lambda: search(fix=fix)]) and well


def _look(checks: Sequence[Callable[[], str]]) -> bool:
    well = True
    for check in checks:
        try:
            click.echo(f"     ok  {check()}")
        except Trouble as trouble:
            well = False
            click.echo(f"  WRONG  {trouble}")
        except Exception as error:
            session().rollback()
            well = False
            click.echo(f"  WRONG  {type(error).__name__}: {_first_line(error)}")
    return well


def configuration() -> str:
    """The environment can be read, and the secret is one."""
    config = environment.read()
    if len(config.secret_key) < 16:
        raise Trouble("configuration: SECRET_KEY is too short to be secret; give it 32 random characters or more")
    where = make_url(config.database_url).render_as_string(hide_password=True)
    return f"configuration: {where}, {'embedded' if config.embedded else 'with Redis'}"


def reachable() -> str:
    """People reach the site under the names that it answers to."""
    config = environment.read()
    if config.url:
        return f"address: {config.url}, answering to {', '.join(config.hosts)}"
    if config.host in ("127.0.0.1", "::1", "localhost"):
        return f"address: {config.host}:{config.port}, on this machine only"
    return "address: any name is answered; set LIVERY_URL before the site is public (cookies, host names, links)"


def redis_server() -> str:
    """Redis answers, where it is used."""
    url = environment.read().redis_url
    if not url:
        return "redis: not used; limits, cache and jobs live in the one process"
    try:
        about = redis.Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3).info("server")
    except redis.RedisError as error:
        raise Trouble(f"redis: {_first_line(error)}; check REDIS_URL and that the server runs") from None
    return f"redis: {about['redis_version']}"


def data_folder() -> str:
    """The data folder can be written to."""
    folder = environment.read().data
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"livery")
    except OSError as error:
        raise Trouble(
            f"data folder: {folder} cannot be written to ({error.strerror}); give it to Livery's user"
        ) from None
    return f"data folder: {folder} can be written to"


def uploads() -> str:
    """Uploaded files can be kept, read and removed where the configuration says."""
    config = environment.read()
    if not config.s3_url:
        return "uploads: in the data folder"
    store, name = storage.of(config), f"doctor/{secrets.token_urlsafe(16)}"
    try:
        store.put(name, b"livery")
        same = store.get(name) == b"livery"
        store.delete(name)
    except OSError as error:
        raise Trouble(
            f"uploads: {_first_line(error)}; check LIVERY_S3_URL, its key, its region and the clock"
        ) from None
    if not same:
        raise Trouble(f"uploads: {config.s3_url} gave back something else than it was given")
    return f"uploads: {config.s3_url} keeps, gives and removes files"


def disk_space() -> str:
    """There is room for the data to grow."""
    free = shutil.disk_usage(environment.read().data).free
    shown = f"disk space: {free // _MEGABYTE:,} MB free"
    if free < _TOO_LITTLE:
        raise Trouble(f"{shown}; below 200 MB the database may stop taking posts, so make room now")
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
        raise Trouble(f"static files: {_some(missing)} missing in static/, which is part of the source; bring it back")
    return f"static files: {len(wanted) - 1} skins, scripts and icons"


def database() -> str:
    """The database answers, and is new enough."""
    engine = session().get_bind()
    try:
        session().execute(select(1))
    except OperationalError as error:
        session().rollback()
        raise Trouble(f"database: {_first_line(error)}; check DATABASE_URL and that the server runs") from None
    if engine.dialect.name == "sqlite":
        version = session().scalar(text("select sqlite_version()"))
        if tuple(map(int, version.split("."))) < (3, 35):
            raise Trouble(f"database: SQLite {version} is too old; Livery needs 3.35")
        return f"database: SQLite {version}"
    version = session().scalar(text("show server_version"))
    if int(session().scalar(text("show server_version_num"))) < 140_000:
        raise Trouble(f"database: PostgreSQL {version} is too old; Livery needs 14")
    return f"database: PostgreSQL {version}"


def migrations() -> str:
    """The tables have their newest form."""
    here, head = migrate.current(db.engine), migrate.head()
    if here != head:
        raise Trouble(f"migrations: at {here or 'nothing'}, not at {head}; run `bin/livery migrate`")
    return f"migrations: at the newest revision, {head}"


def clock_sane() -> str:
    """This machine's clock agrees with the database server's, or is not behind what it wrote itself."""
    now = clock.now()
    if session().get_bind().dialect.name == "postgresql":
        apart = abs(session().execute(select(func.now())).scalar_one() - now)
        if apart > _SKEW:
            raise Trouble(f"clock: {apart} away from the database server's; set both by NTP")
        return f"clock: {now:%Y-%m-%d %H:%M} UTC, as on the database server"
    name = session().get_bind().url.database
    written = datetime.fromtimestamp(_newest_mtime(name), UTC)
    if written > now + _SKEW:
        raise Trouble(
            f"clock: the database was written at {written:%Y-%m-%d %H:%M} UTC, which is yet to come; set it by NTP"
        )
    return f"clock: {now:%Y-%m-%d %H:%M} UTC, and nothing was written after that"


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
    shown = f"indexes: {_some([each.name for each in missing])} missing"
    if missing and not fix:
        raise Trouble(f"{shown}; {_HOW}")
    if not missing:
        return f"indexes: all {len(declared)} are there"
    with writing() as current:
        for each in missing:
            each.create(current.connection())
    return f"{shown}, made now"


def integrity() -> str:
    """The file holds together (SQLite's own check; PostgreSQL looks after itself)."""
    if session().get_bind().dialect.name != "sqlite":
        return "integrity: PostgreSQL looks after it"
    found = session().scalars(text("pragma quick_check(3)")).all()
    if found != ["ok"]:
        raise Trouble(f"integrity: {'; '.join(found)}; stop Livery and restore a backup")
    return "integrity: SQLite's quick_check finds nothing"


def foreign_keys() -> str:
    """No row refers to one that is not there."""
    if session().get_bind().dialect.name != "sqlite":
        return "foreign keys: PostgreSQL looks after them"
    found = session().execute(text("pragma foreign_key_check")).all()
    if found:
        table, row, parent, _ = found[0]
        rows = "1 row refers" if len(found) == 1 else f"{len(found):,} rows refer"
        raise Trouble(
            f"foreign keys: {rows} to nothing (first: {table} {row} to {parent}); "
            "something else wrote into the database: restore a backup"
        )
    return "foreign keys: every row refers to one that exists"


def administrator() -> str:
    """Somebody may do everything, as soon as there is anybody who can log in."""
    group = builtin_groups().get("administrators")
    number = session().scalar(select(func.count()).where(Membership.group_id == group)) or 0
    if number:
        return f"administrators: {number}"
    people = session().scalar(select(func.count()).where(Account.password_hash.startswith("$")))
    if people:
        raise Trouble("administrators: there is none; `bin/livery users create NAME --admin` makes one")
    return "administrators: nobody can log in yet; the first `bin/run` makes one"


def search(*, fix: bool) -> str:
    """The search index holds every post and topic, and no other."""
    if fix:
        search_index.catch_up()
    wrong, waiting = search_index.astray(), search_index.waiting()
    if not wrong:
        return "search: every post and topic is in the index"
    if waiting:
        return f"search: {wrong} to be taken in; a job is at it"
    if not fix:
        raise Trouble(f"search: {wrong} missing or left over; {_HOW}")
    search_index.rebuild()
    return f"search: {wrong} missing or left over; made again"


def _counters_of(table: type[db.Model], fix: bool) -> Callable[[], str]:
    def check() -> str:
        found = counters.find(table)
        shown = "; ".join(map(str, found))
        if not found:
            return f"counters of {table.__tablename__}: right"
        if not fix:
            raise Trouble(f"{shown}; {_HOW}")
        with writing():
            counters.mend(table)
        return f"{shown}; mended"

    return check


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [""])[0]


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more
