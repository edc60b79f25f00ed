"""Sanctions: warning, muting and banning people, lifting it, and what the staff knows and notes about somebody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import aliased

from core import clock
from core.db import session
from core.events import emit
from core.i18n import gettext as _
from core.i18n import mark
from forum import audit, groups, live, notices, privileges, reasons, viewers
from forum.permissions import HIDDEN, YES, Verdict, require
from forum.privileges import ADMIN_RIGHTS, MODERATE, rights
from forum.refusals import Invalid, Missing
from forum.viewers import Viewer
from models import Account, Sanction, StaffNote, User

KINDS = ("warn", "mute", "ban")
LENGTHS = {"1": mark("a day"), "3": mark("3 days"), "7": mark("a week"), "30": mark("a month"), "365": mark("a year"),
           "0": mark("for good")}  # fmt: skip
"""Days that a mute or a ban may last, at a click."""
_NEEDS = {"warn": "mute", "mute": "mute", "ban": "ban"}
_LISTED = 100
_NOTE = 1000


@dataclass(frozen=True)
class PersonSanctioned:
    """Somebody was warned, muted or banned."""

    user_id: int
    kind: str
    by_id: int
    sanction_id: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """A sanction as the record of a person shows it."""

    id: int
    kind: str
    reason: str
    by: str | None
    at: datetime
    until: datetime | None
    lifted_at: datetime | None
    lifted_by: str | None
    lifted_reason: str

    @property
    def holds(self) -> bool:
        """Whether it keeps the person from something just now."""
        over = self.until is not None and clock.passed(self.until)
        return self.kind != "warn" and self.lifted_at is None and not over


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody of the staff wrote down about a person."""

    id: int
    body: str
    by: str | None
    at: datetime


def see_record(viewer: Viewer, person_id: int) -> Verdict:
    """May the viewer see what a person was warned, muted and banned for? The staff, and the person himself."""
    if viewer.guest:
        return HIDDEN
    return YES if viewer.id == person_id or works_with_people(viewer) else HIDDEN


def works_with_people(viewer: Viewer) -> bool:
    """Whether the viewer may see the record of anybody."""
    return not rights(viewer).isdisjoint({"mute", "ban"})


def impose(viewer: Viewer, person_id: int, kind: str) -> Verdict:
    """May the viewer warn, mute or ban this person? Only administrators do so to somebody of the staff."""
    if _NEEDS[kind] not in rights(viewer):
        return Verdict(False, _("You may not do this to people."))
    if person_id == viewer.id:
        return Verdict(False, _("Nobody does this to himself."))
    return over(viewer, person_id)


def over(viewer: Viewer, person_id: int) -> Verdict:
    """Whether a member stands where the viewer's rights over people reach: to somebody of the staff only administrators'."""
    person = viewers.member(person_id)
    if person is None:
        return Verdict(False, _("This person has no account here."))
    if of_staff(person) and not viewer.administrator:
        return Verdict(False, _("Only administrators may do this to somebody of the staff."))
    return YES


def of_staff(person: Viewer) -> bool:
    """Whether somebody holds rights over others, banned or not."""
    held = privileges.held(person.groups, person.id)
    return person.holds("administrators") or not held.isdisjoint({"mute", "ban", MODERATE, *ADMIN_RIGHTS})


def record(viewer: Viewer, person_id: int) -> list[Entry]:
    """What a person was warned, muted and banned for, the newest first. Raises Missing."""
    require(see_record(viewer, person_id))
    mine = _entries().where(Sanction.user_id == person_id).order_by(Sanction.id.desc()).limit(_LISTED)
    return [Entry(*row) for row in session().execute(mine)]


def notes(viewer: Viewer, person_id: int) -> list[Note]:
    """What the staff noted about a person, the newest first; nothing for anybody else."""
    if not works_with_people(viewer):
        return []
    columns = (StaffNote.id, StaffNote.body, User.name, StaffNote.at)
    query = select(*columns).outerjoin(User, User.id == StaffNote.by_id).where(StaffNote.user_id == person_id)
    return [Note(*row) for row in session().execute(query.order_by(StaffNote.id.desc()).limit(_LISTED))]


def put(viewer: Viewer, person_id: int, kind: str, reason: str, until: datetime | None) -> Sanction:
    """Warns, mutes or bans; a new mute or ban takes the place of the old one. A ban ends all sessions at once.

    Raises Forbidden, Invalid, and Conflict for the last administrator.
    """
    require(impose(viewer, person_id, kind))
    if until is not None and until <= clock.now():
        raise Invalid("until", _("Choose an end that is still to come."))
    if kind == "ban":
        groups.spare_administrator(person_id)
        current = session()
        current.execute(
            update(Account).where(Account.user_id == person_id).values(session_epoch=Account.session_epoch + 1)
        )
        live.nudge(person_id, "out")
    if kind != "warn":
        _lift(viewer, person_id, kind, _("Another one took its place."))
    made = Sanction(user_id=person_id, kind=kind, reason=reason, by_id=viewer.id, at=clock.now())
    made.until = None if kind == "warn" else until
    session().add(made)
    session().flush()
    audit.note(viewer, f"person.{kind}", user_id=person_id, detail=reason)
    notices.tell(person_id, "warning", f"sanction-{made.id}", viewer.id)
    emit(PersonSanctioned(person_id, kind, viewer.id, made.id))
    return made


def lift(viewer: Viewer, person_id: int, sanction_id: int, reason: str = "") -> None:
    """Ends a mute or a ban before its time; once more changes nothing. Raises Forbidden, Missing, Invalid."""
    row = session().get(Sanction, sanction_id, with_for_update=True, populate_existing=True)
    if row is None or row.user_id != person_id or row.kind == "warn":
        raise Missing
    require(impose(viewer, person_id, row.kind))
    reason = check_why(reason)
    if row.lifted_at is None:
        row.lifted_at, row.lifted_by_id, row.lifted_reason = clock.now(), viewer.id, reason
        session().flush()
        audit.note(viewer, f"person.{row.kind}_lifted", user_id=person_id, detail=reason)
        notices.tell(person_id, "warning", f"sanction-{row.id}", viewer.id)


def check_why(reason: str) -> str:
    """Why something is lifted, which may be left out. Raises Invalid."""
    reason = " ".join(reason.split())
    if len(reason) > 500 or "\x00" in reason:
        raise Invalid("reason", _("A reason has at most %(most)s letters.", most=500))
    return reason


def standing(person_ids: Sequence[int], kind: str) -> dict[int, Entry]:
    """The mutes or bans that hold for some people just now, by whom they are for. One query."""
    held = _entries().add_columns(Sanction.user_id).where(Sanction.user_id.in_(person_ids), viewers.holding(kind))
    rows = session().execute(held.order_by(Sanction.id))
    return {row[-1]: Entry(*row[:-1]) for row in rows}


def write_down(viewer: Viewer, person_id: int, body: str) -> None:
    """Notes something about a person, for the staff. Raises Missing, Invalid."""
    if not works_with_people(viewer):
        raise Missing
    body = body.replace("\r", "").strip()
    if not body or len(body) > _NOTE or "\x00" in body:
        raise Invalid("note", _("Write something, at most %(most)s letters.", most=_NOTE))
    session().add(StaffNote(user_id=person_id, by_id=viewer.id, body=body, at=clock.now()))
    session().flush()
    audit.note(viewer, "person.note", user_id=person_id, detail=body)


def strike_out(viewer: Viewer, person_id: int, note_id: int) -> None:
    """Removes a note. Raises Missing."""
    row = session().get(StaffNote, note_id)
    if not works_with_people(viewer) or row is None or row.user_id != person_id:
        raise Missing
    audit.note(viewer, "person.note_removed", user_id=person_id, detail=row.body)
    session().delete(row)
    session().flush()


def texts(viewer: Viewer) -> list[tuple[int, str, str]]:
    """The administrator's texts for sanctions: id, title, kind."""
    found = reasons.among() if works_with_people(viewer) else []
    return [(each.id, each.title, each.kind) for each in found]


def _entries() -> Any:
    by, lifter = aliased(User), aliased(User)
    columns = (
        Sanction.id, Sanction.kind, Sanction.reason, by.name, Sanction.at, Sanction.until, Sanction.lifted_at,
        lifter.name.label("lifter"), Sanction.lifted_reason,
    )  # fmt: skip
    query: Any = select(*columns).outerjoin(by, by.id == Sanction.by_id)
    return query.outerjoin(lifter, lifter.id == Sanction.lifted_by_id)


def _lift(viewer: Viewer, person_id: int, kind: str, reason: str) -> None:
    mine = (Sanction.user_id == person_id) & (Sanction.kind == kind) & Sanction.lifted_at.is_(None)
    ended = {"lifted_at": clock.now(), "lifted_by_id": viewer.id, "lifted_reason": reason}
    session().execute(update(Sanction).where(mine).values(**ended))
