"""Health: whether this process can do its work now."""

from collections.abc import Callable, Collection

from sqlalchemy import select

from core import jobs, migrate
from core.db import db, session


def troubles(but: Collection[str] = ()) -> dict[str, str]:
    """What is not ready, by name, in plain words; empty when all is well. What is named in `but` is not looked at."""
    found = {}
    for name, check in _CHECKS.items():
        if name in but:
            continue
        try:
            trouble = check()
        except Exception as error:
            trouble = f"does not answer ({type(error).__name__})"
        if trouble:
            found[name] = trouble
    return found


def _database() -> str:
    session().execute(select(1))
    return ""


def _migrations() -> str:
    here, head = migrate.current(db.engine), migrate.head()
    return "" if here == head else f"at {here or 'nothing'}, not at {head}"


def _jobs() -> str:
    return "" if jobs.alive() else "nobody works through the queue"


_CHECKS: dict[str, Callable[[], str]] = {"database": _database, "migrations": _migrations, "jobs": _jobs}
NAMES = tuple(_CHECKS)
