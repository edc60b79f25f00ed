"""The check-up: whether everything is in order, and what to do where it is not.

`bin/livery doctor` prints what it finds; a job keeps it for the control panel, where the quick checks are made each day
and the thorough ones when somebody asks for them.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from flask import current_app
from sqlalchemy import Index, func, select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from core import backups, clock, jobs, migrate
from core import config as environment
from core.db import Base, db, session, trouble_of, try_writing, writing
from core.failures import FailedJob
from forum import checkups, recounting, search_index
from forum.checkups import Found
from forum.viewers import builtin_groups
from models import Account, Membership
from web import surroundings
from web.surroundings import Trouble, first_line, some

_SKEW = timedelta(minutes=1)
_MANY = 100
"""So many jobs that failed for good are trouble; one or two are for whoever looks at the list."""
_HOW = "`bin/livery doctor --fix` puts it right"


def found(*, fix: bool = False, thorough: bool = True) -> Iterator[Found]:
    """What each check finds, one after the other. With `fix`, counters, indexes and the search are mended.

    What needs the tables is looked at only when the database answers and is at the newest revision; what reads whole
    tables only where it is to be `thorough`.
    """
    yield from _made(surroundings.CHECKS)
    for name in ("database", "migrations"):
        ready = _look(name, _TABLES[name])
        yield ready
        if not ready.well:
            return
    yield from _made({"writing": takes_writes, "clock": clock_sane, "jobs": queue, "backups": scheduled_backups})
    yield from _made({"indexes": lambda: indexes(fix=fix), "administrators": administrator})
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
        return Found(name, False, f"{type(error).__name__}: {first_line(error)}")


def database() -> str:
    """The database answers, and is new enough."""
    engine = session().get_bind()
    try:
        session().execute(select(1))
    except OperationalError as error:
        session().rollback()
        raise Trouble(first_line(error), "check DATABASE_URL and that the server runs") from None
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
    if migrate.newer(here):
        return f"at {here}, of a newer Livery than this one ({head}): bring this process to that version, too"
    if here != head:
        raise Trouble(f"at {here or 'nothing'}, not at {head}", "run `bin/livery migrate`")
    return f"at the newest revision, {head}"


def takes_writes() -> str:
    """The database can be written to."""
    if words := surroundings.stopped():
        return words
    try:
        try_writing()
    except DBAPIError as error:
        closed = trouble_of(error) == "closed"
        words = "the database can only be read" if closed else f"nothing can be written ({first_line(error)})"
        raise Trouble(words, "look at its log, its disk and its rights") from None
    return "the database takes it"


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


def queue() -> str:
    """Somebody works through the jobs, and hardly any of them failed for good."""
    try:
        worked_through = jobs.alive()
    except jobs.Away as error:
        raise Trouble(str(error), "what waits is done when it does") from None
    embedded = current_app.config["LIVERY"].embedded
    if not worked_through and not embedded:
        raise Trouble("nobody works through the queue", "start `bin/livery worker`")
    failed = session().scalar(select(func.count()).select_from(FailedJob)) or 0
    shown = "the queue is worked through" if worked_through else "the server is not running; it works through the queue"
    if failed:
        shown += f"; {failed:,} failed for good, see /admin/jobs"
    if failed >= _MANY:
        raise Trouble(shown, "mend what they have in common, and try them again there")
    return shown


def scheduled_backups() -> str:
    """The schedule has missed no backup."""
    hours = backups.settings.every_hours
    if not hours:
        return "none are made by a schedule"
    since = backups.late()
    if since is not None:
        remedy = "keep the site running, or `bin/livery backup --scheduled` makes one and says why it fails"
        raise Trouble(f"none since {since:%Y-%m-%d %H:%M} UTC, though one is wanted every {hours} hours", remedy)
    return f"one every {hours} hours, and none is late"


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
    shown = f"{some([each.name for each in missing])} missing"
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


_TABLES: dict[str, Callable[[], str]] = {"database": database, "migrations": migrations}

jobs.recurring(look_when_due, every=600)
