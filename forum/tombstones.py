"""Tombstones: of what is gone for good the address says so, and the id is never given out again."""

from typing import Any, NoReturn

from sqlalchemy import Select, func, insert, literal, select

from core import clock
from core.db import Moment, session
from core.i18n import gettext as _
from forum.refusals import Gone, Missing
from forum.viewers import Viewer
from models import Post, Tombstone, Topic

_TABLES: dict[str, type[Post] | type[Topic]] = {"post": Post, "topic": Topic}


def refuse(kind: str, target_id: int) -> NoReturn:
    """What to say of a post or topic that is not there. Raises Gone when it was purged, else Missing."""
    buried = select(Tombstone.id).where(Tombstone.kind == kind, Tombstone.target_id == target_id)
    if session().scalar(buried) is None:
        raise Missing
    raise Gone(_("This post was removed for good.") if kind == "post" else _("This topic was removed for good."))


def bury(purger: Viewer, kind: str, target_ids: Select[int]) -> None:
    """Notes of posts or topics that they are gone for good, just before they are."""
    rows = target_ids.add_columns(literal(kind), literal(purger.id), literal(clock.now(), Moment()))
    names = ["target_id", "kind", "purged_by_id", "purged_at"]
    session().execute(insert(Tombstone).from_select(names, rows))


def fresh_id(kind: str) -> Any:
    """The id of a new row, where the database would give that of a purged one again; None where it does not.

    SQLite numbers a new row after the highest that is there; a purged post must not come back as another one.
    """
    if session().get_bind().dialect.name != "sqlite":
        return None
    table = _TABLES[kind]
    highest = select(func.coalesce(func.max(table.id), 0)).scalar_subquery()
    buried = select(func.coalesce(func.max(Tombstone.target_id), 0)).where(Tombstone.kind == kind).scalar_subquery()
    return func.max(highest, buried) + 1
