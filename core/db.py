"""The database: engine, session, column types, and `writing()`, the one way to change anything."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import (
    BigInteger,
    Connection,
    DateTime,
    Engine,
    Index,
    Integer,
    MetaData,
    TypeDecorator,
    event,
    false,
    update,
)
from sqlalchemy.exc import DBAPIError, OperationalError, PendingRollbackError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, registry
from sqlalchemy.orm import relationship as _relationship
from sqlalchemy.schema import CreateIndex
from sqlalchemy.sql.compiler import DDLCompiler
from sqlalchemy.util import ScopedRegistry

from core import queries, replica

log = logging.getLogger("livery.db")

_NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(TypeDecorator[datetime]):
    """A moment in UTC. SQLite forgets time zones, so it is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("A moment needs a time zone.")
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Id = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """The base of every table."""

    registry = registry(metadata=MetaData(naming_convention=_NAMES), type_annotation_map={datetime: Moment, int: Id})


Key = Annotated[int, mapped_column(Id, primary_key=True)]

_reading_only: ContextVar[bool] = ContextVar("reading_only", default=False)


class _Session(FlaskSession):
    """A session that reads a page from the replica, where there is one and it is up to date."""

    def get_bind(self, *about: Any, **named: Any) -> Engine | Connection:
        chosen = super().get_bind(*about, **named)
        if replica.BIND not in self._db.engines or not _reading_only.get() or not isinstance(chosen, Engine):
            return chosen
        if "read_from" not in self.info:  # once for the whole page
            self.info["read_from"] = replica.choose(chosen, self._db.engines[replica.BIND])
        engine: Engine = self.info["read_from"]
        return engine


class _Scope:
    """What one session belongs to: a request, a job or a command. It knows how to go back to the one around it."""

    __slots__ = ("before", "scratch")
    before: Token["_Scope"]

    def __init__(self) -> None:
        self.scratch: dict[Any, Any] = {}


_scope: ContextVar[_Scope] = ContextVar("session_scope")


def begin_scope(sender: object = None, **_more: object) -> None:
    """Begins a scope of its own, in which the first `session()` opens a session. An application's context does so."""
    scope = _Scope()
    scope.before = _scope.set(scope)


def end_scope(sender: object = None, **_more: object) -> None:
    """Goes back to the scope around this one, whose session was ended before."""
    _scope.reset(_scope.get().before)


# a page looks for its session some eighty times: the scope is found in one step, where Flask's context takes six
_options = {"class_": _Session, "expire_on_commit": False, "autoflush": False, "scopefunc": _scope.get}
db = SQLAlchemy(model_class=Base, session_options=_options)

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index over those rows alone that a condition holds for, on both databases."""
    # `postgresql_where` would load all of PostgreSQL's dialect at each start on SQLite
    return Index(name, *columns, unique=unique, info={"where": where})


@compiles(CreateIndex)
def _with_its_condition(create: CreateIndex, compiler: DDLCompiler, **keywords: Any) -> str:
    made: str = compiler.visit_create_index(create, **keywords)  # type: ignore[no-untyped-call]
    where = create.element.info.get("where")
    return f"{made} WHERE {where}" if where else made


def relationship(*args: Any, **keywords: Any) -> Any:
    """A relationship that raises when a query forgot to load it, instead of querying in a loop."""
    return _relationship(*args, lazy="raise_on_sql", **keywords)


def session() -> Session:
    """The session of the current request or job. Raises LookupError outside of both."""
    found: Session | None = _known_sessions.get(_scope.get())  # as `db.session()`, without its questions
    return _sessions() if found is None else found


def scratch() -> dict[Any, Any]:
    """What the current request or job has found out, and need not ask again. Raises LookupError outside of both."""
    return _scope.get().scratch


def has_begun() -> bool:
    """Whether the current request or job is in a transaction: what it reads now is as old as that."""
    found = _known_sessions.get(_scope.get())
    return found is not None and found.in_transaction()


_sessions = cast(ScopedRegistry[Session], db.session.registry)
_known_sessions = _sessions.registry
_depth: ContextVar[int] = ContextVar("writing_depth", default=0)


_closing: list[Callable[[], None]] = []


class WriteRefused(RuntimeError):
    """A GET tried to change the database."""


class Frozen(RuntimeError):
    """The database is being moved: it can be read, but nothing may change in it."""


frozen_by: Path | None = None
"""A file whose existence stops all writing, in every process of a site that shares its data folder."""


@contextmanager
def reading_only() -> Iterator[None]:
    """Inside it `writing()` refuses to run: the web layer wraps every GET in it."""
    token = _reading_only.set(True)
    try:
        yield
    finally:
        _reading_only.reset(token)


@contextmanager
def writing() -> Iterator[Session]:
    """One transaction: BEGIN IMMEDIATE on SQLite, one commit at its end, roll back on any exception.

    What `after_commit` was given runs once the commit stands; what fails of it is logged. Nested calls join the outer one.
    Raises WriteRefused inside a GET, and Frozen while the database is being moved.
    """
    if _reading_only.get():
        raise WriteRefused("A GET must not change the database.")
    current = session()
    if _depth.get():
        yield current
        return
    token = _depth.set(1)
    try:
        # What was read so far was read in another snapshot: verbs read again what they depend on.
        current.commit()
        current.connection(execution_options={"immediate": True})
        if frozen_by is not None and frozen_by.exists():  # looked at under the lock: who froze waits for it
            raise Frozen
        current.info["after_commit"] = []
        current.info.pop("changed", None)
        yield current
        current.flush()
        for finish in _closing:
            finish()
        current.commit()
    except BaseException:
        current.rollback()
        current.info.pop("after_commit", None)
        raise
    finally:
        _depth.reset(token)
    for action in current.info.pop("after_commit", []):
        try:
            action()
        except Exception:  # the commit stands: who wrote is told so, whatever fails of what follows from it
            log.exception("Something that follows from a commit failed")


def after_commit(action: Callable[[], None]) -> None:
    """Runs an action once the running `writing()` has committed, and not at all if it fails."""
    session().info["after_commit"].append(action)


def before_commit(action: Callable[[], None], *, last: bool = False) -> Callable[[], None]:
    """Makes an action one of the last things that every `writing()` does inside its transaction, or the very last."""
    _closing.insert(len(_closing) if last else 0, action)
    return action


def write_in_progress() -> bool:
    """Whether a `writing()` is open here: verbs may be called, and events emitted."""
    return bool(_depth.get())


def let_go(error: BaseException | None = None) -> None:
    """Ends the session of a request or a job, even when its connection is gone: the answer stands already."""
    if not db.session.registry.has():
        return
    try:
        session().close()
    except DBAPIError:
        session().invalidate()
    db.session.registry.clear()  # so that Flask-SQLAlchemy does not end it once more


def trouble_of(error: BaseException) -> str:
    """What an error says about the database itself: "full" (no room to write), "away" (no answer), "closed" (it can only
    be read), "busy" (two waited for each other, and one had to give way), or nothing.
    """
    if isinstance(error, PendingRollbackError):  # something went on with a transaction whose connection was gone
        return "away"
    if not isinstance(error, DBAPIError):
        return ""
    code = getattr(error.orig, "sqlite_errorname", "") or getattr(error.orig, "sqlstate", "") or ""
    if code in ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "53100"):
        return "full"
    if code.startswith("SQLITE_READONLY") or code == "25006":
        return "closed"
    if code in ("40001", "40P01", "55P03"):
        return "busy"
    away = error.connection_invalidated or code in ("SQLITE_BUSY", "SQLITE_CANTOPEN") or code.startswith(("08", "57P"))
    return "away" if away or (isinstance(error, OperationalError) and not code) else ""


def try_writing() -> None:
    """Changes nothing, in a transaction that is taken back. Raises what a writer would be told: DBAPIError."""
    with db.engine.connect().execution_options(immediate=True) as connection, connection.begin() as begun:
        connection.execute(update(Base.metadata.tables["versions"]).where(false()).values(number=0))
        begun.rollback()


def prepare_engine(engine: Engine, *, slow: int = 0) -> None:
    """Gives an engine Livery's habits: on SQLite write-ahead log, foreign keys, and explicit transactions.

    Queries that take `slow` milliseconds and more are logged (0: none).
    """
    queries.watch(engine, slow)
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # the driver's own BEGIN loses updates between readers and writers
        cursor = connection.cursor()
        for pragma in (
            "busy_timeout=20000",  # a writer on a crowded machine was seen to wait 5.5 seconds for its turn
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            "cache_size=-32000",
            "mmap_size=268435456",
            "temp_store=MEMORY",
            "journal_size_limit=67108864",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begun(connection: Any) -> None:
        immediate = connection.get_execution_options().get("immediate")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
