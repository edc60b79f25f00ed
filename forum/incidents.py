"""Incidents: errors, addresses where nothing is, slow pages and slow queries, as the control panel shows them."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, tuple_, update

from core import clock, noticed
from core.db import session
from core.i18n import gettext as _
from core.i18n import mark
from core.incidents import Incident
from core.pages import Page, decode, encode
from forum import audit, panel
from forum.refusals import Missing
from forum.viewers import Viewer

RIGHT = "admin:operations"
PLACES = {"errors": ("error", "missing"), "slow": ("page", "query")}
"""The kinds that stand on each page of the control panel; the first one is shown when nobody asks for another."""
TITLES = {
    "error": mark("Broken"), "missing": mark("Not found"), "page": mark("Slow pages"), "query": mark("Slow queries"),
}  # fmt: skip
_PER_PAGE = 50


def index(viewer: Viewer, kind: str, *, fresh: bool = False, cursor: str = "") -> Page[Incident]:
    """A page of incidents of a kind, the latest first; `fresh`: those that nobody has seen. Raises Forbidden, BadCursor."""
    panel.guard(viewer, RIGHT)
    query: Any = select(Incident).where(Incident.kind == kind)
    query = query.order_by(Incident.last_at.desc(), Incident.id.desc()).limit(_PER_PAGE + 1)
    if fresh:
        query = query.where(_fresh())
    if cursor:
        at, last = decode(cursor, datetime, int)
        query = query.where(tuple_(Incident.last_at, Incident.id) < tuple_(at, last))
    rows = list(session().scalars(query))
    more = encode(rows[_PER_PAGE - 1].last_at, rows[_PER_PAGE - 1].id) if len(rows) > _PER_PAGE else None
    return Page(rows[:_PER_PAGE], None if cursor else 1, more)


def get(viewer: Viewer, incident_id: int, place: str) -> Incident:
    """One of them, with all that is known of it. Raises Forbidden, Missing."""
    panel.guard(viewer, RIGHT)
    found = session().get(Incident, incident_id, populate_existing=True)
    if found is None or found.kind not in PLACES[place]:
        raise Missing
    return found


def unseen(viewer: Viewer) -> dict[str, int]:
    """How many incidents of each kind nobody has seen. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    rows = session().execute(select(Incident.kind, func.count()).where(_fresh()).group_by(Incident.kind))
    return {row[0]: row[1] for row in rows}


def see(viewer: Viewer, kind: str, incident_id: int | None = None) -> None:
    """Marks an incident of a kind, or all of them, as seen; one that comes again is new again. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    what = update(Incident).where(Incident.kind == kind)
    session().execute((what.where(Incident.id == incident_id) if incident_id else what).values(seen_at=clock.now()))


def empty(viewer: Viewer, kind: str) -> None:
    """Forgets all incidents of a kind. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    session().execute(delete(Incident).where(Incident.kind == kind))
    audit.note(viewer, "operation.emptied", name=_(TITLES[kind]))


def words(incident: Incident) -> str:
    """What incidents of this shape are called."""
    return _("All others, for which there was no room") if incident.shape == noticed.MANY else incident.shape


def _fresh() -> Any:
    return Incident.seen_at.is_(None) | (Incident.last_at > Incident.seen_at)
