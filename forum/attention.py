"""Attention: what waits for somebody of the staff, as the dashboard lists it."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import func, select

from core import backups, i18n, jobs
from core.db import session
from core.i18n import gettext as _
from core.i18n import ngettext
from forum import checkups, job_tools, memberships, moderation, panel
from forum.viewers import Viewer
from models import Candidacy, Group

_GROUPS = 20


@dataclass(frozen=True, slots=True)
class Need:
    """Something that waits: what it is, and where it is dealt with."""

    icon: str
    words: str
    address: str


def needs(viewer: Viewer) -> list[Need]:
    """What waits for a viewer and is his to deal with, the most urgent first. Raises Forbidden."""
    panel.guard(viewer, "admin:dashboard")
    return [need for find in _FINDERS for need in find(viewer)]


def _jobs(viewer: Viewer) -> list[Need]:
    if not panel.may(viewer, "admin:settings"):
        return []
    try:
        words = "" if jobs.alive() else _("Nobody works through the jobs: mails, notifications and backups wait.")
    except jobs.Away:
        words = _("The queue does not answer: mails, notifications and backups wait.")
    return [Need("hdd-stack", words, "/readyz")] if words else []


def _health(viewer: Viewer) -> list[Need]:
    if not panel.may(viewer, checkups.RIGHT):
        return []
    return [
        Need(
            "exclamation-triangle",
            _("%(what)s: %(words)s", what=each.name.capitalize(), words=each.words),
            "/admin/health",
        )
        for each in checkups.wrong(viewer)
    ]


def _failed_jobs(viewer: Viewer) -> list[Need]:
    if not panel.may(viewer, job_tools.RIGHT):
        return []
    number = job_tools.number_failed(viewer)
    words = ngettext("%(num)s job failed for good", "%(num)s jobs failed for good", number)
    return [Need("cpu", words, "/admin/jobs?show=failed")] if number else []


def _backups(viewer: Viewer) -> list[Need]:
    late = backups.late()
    if late is None or not panel.may(viewer, "admin:settings"):
        return []
    words = _("There was no backup since %(day)s, though the schedule asks for one.", day=i18n.exact(late))
    return [Need("box", words, "/admin/settings?q=backup")]


def _inbox(viewer: Viewer) -> list[Need]:
    waits = moderation.waiting(viewer)
    open_flags = ngettext("%(num)s flag is open", "%(num)s flags are open", waits.flags)
    posts = ngettext("%(num)s post waits for a moderator", "%(num)s posts wait for a moderator", waits.posts)
    people = ngettext("%(num)s person waits to be let in", "%(num)s people wait to be let in", waits.newcomers)
    found = (
        (waits.flags, "exclamation-triangle", open_flags),
        (waits.posts, "clock-history", posts),
        (waits.newcomers, "person-plus", people),
    )
    return [Need(icon, words, "/moderation") for number, icon, words in found if number]


def _groups(viewer: Viewer) -> list[Need]:
    """Requests to join the groups that the viewer lets people into."""
    asked = select(Group.name, Group.slug, func.count().label("number"))
    asked = asked.join(Candidacy, Candidacy.group_id == Group.id).where(~Candidacy.invited)
    mine = memberships.asked_of(viewer)
    rows = session().execute(asked.where(Group.id.in_(mine)).group_by(Group.id).order_by(Group.id).limit(_GROUPS))
    return [
        Need(
            "people",
            ngettext(
                "%(num)s person asks to join %(group)s",
                "%(num)s people ask to join %(group)s",
                row.number,
                group=row.name,
            ),
            f"/groups/{row.slug}",
        )
        for row in rows
    ]


_FINDERS: tuple[Callable[[Viewer], list[Need]], ...] = (_jobs, _health, _failed_jobs, _backups, _inbox, _groups)
