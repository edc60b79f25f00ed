"""Health: whether this process can do its work now."""

import os
from collections.abc import Callable, Sequence

from sqlalchemy import select, text

from core import jobs, migrate
from core.db import db, session

_IS_CLOSED = text("show transaction_read_only")


def named(only: str) -> tuple[str, ...]:
    """The one check of that name; all of them where there is none."""
    return (only,) if only in _CHECKS else NAMES


def troubles(names: Sequence[str]) -> dict[str, str]:
    """What is not ready, by name, in plain words; empty when all that was named is well."""
    found = {}
    for name in names:
        try:
            trouble = _CHECKS[name]()
        except Exception as error:
            trouble = f"does not answer ({type(error).__name__})"
        if trouble:
            found[name] = trouble
    return found


def _database() -> str:
    session().execute(select(1))
    return ""


def _writing() -> str:
    engine = db.engine
    if engine.dialect.name == "sqlite":
        name = engine.url.database or ""
        closed = os.path.exists(name) and not os.access(name, os.W_OK)
    else:
        with engine.connect() as connection:
            closed = connection.scalar(_IS_CLOSED) == "on"
    return "the database can only be read" if closed else ""


def _migrations() -> str:
    here, head = migrate.current(db.engine), migrate.head()
    # an older process serves beside a newer one while the site is upgraded
    return "" if migrate.enough(here) else f"at {here or 'nothing'}, not at {head}"


def _jobs() -> str:
    return "" if jobs.alive() else "nobody works through the queue"


_CHECKS: dict[str, Callable[[], str]] = {
    "database": _database, "writing": _writing, "migrations": _migrations, "jobs": _jobs,
}  # fmt: skip
NAMES = tuple(_CHECKS)
