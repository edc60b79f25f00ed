"""The registry: accounts that the staff makes, and what it does with one or many of them."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select, update

from core import clock
from core.db import session
from core.i18n import gettext as _
from core.i18n import mark
from forum import accounts, addresses, audit, live, memberships, panel, reasons, removals, sanctions, viewers
from forum.permissions import Verdict, require
from forum.refusals import Conflict, Invalid, Refusal
from forum.viewers import Viewer
from models import Account, Group, Membership, User

RIGHT = "admin:users"
MOST = 100
_MOST_REMOVED = 20


@dataclass(frozen=True, slots=True)
class Act:
    """Something that is done with people: its button, what it will do, and what it has to be told."""

    button: str
    words: str
    icon: str
    needs: tuple[str, ...] = ()  # group, reason, days; why: a reason that may be left out
    dangerous: bool = False


ACTS = {
    "confirm": Act(mark("Confirm address"), mark("Their addresses count as confirmed, without a code."), "check-lg"),
    "ask": Act(mark("Send confirmation again"), mark("Whoever has an address that is not confirmed gets a mail with a "
               "new code."), "envelope"),
    "join": Act(mark("Put into a group"), mark("They are members of the group at once, with its rights and its badge."),
                "person-plus", ("group",)),
    "leave": Act(mark("Take out of a group"), mark("They lose the rights and the badge that the group gives."), "people",
                 ("group",), True),
    "mute": Act(mark("Mute"), mark("They read on, and write nothing. They are told why."), "lock-fill",
                ("reason", "days"), True),
    "ban": Act(mark("Ban"), mark("They are logged out everywhere, and cannot log in. They are told why."), "shield-lock",
               ("reason", "days"), True),
    "unmute": Act(mark("Lift the mute"), mark("They may write again from now on, and are told so."), "chat-square",
                  ("why",)),
    "unban": Act(mark("Lift the ban"), mark("They may log in again from now on. What was deleted with them stays "
                 "deleted."), "clock-history", ("why",)),
    "logout": Act(mark("Log out everywhere"), mark("All their sessions end. They can log in again."),
                  "box-arrow-right", (), True),
    "remove": Act(mark("Remove with everything"), mark("They are banned for good, for spam, and everything that they "
                  "wrote is deleted. For 30 days each of them can be brought back on the page of his record."), "trash3",
                  (), True),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many people an act changed, and the first reason why others were left as they are."""

    changed: int
    refused: int
    reason: str


@dataclass(frozen=True, slots=True)
class _Details:
    """What an act was told besides whom it is for."""

    group: Group | None = None
    reason: str = ""
    until: datetime | None = None
    people: int = 1


def change_account(viewer: Viewer, person: Viewer) -> Verdict:
    """May the viewer do something with an account? Only administrators with that of somebody of the staff."""
    held = panel.may(viewer, RIGHT)
    if held and sanctions.of_staff(person) and not viewer.administrator and person.id != viewer.id:
        return Verdict(False, _("Only administrators may do this to somebody of the staff."))
    return held


def create(viewer: Viewer, name: str, email: str, password: str = "") -> User:
    """Makes an account; with an address and no password, its owner is sent the way to one. Raises Forbidden, Invalid."""
    panel.guard(viewer, RIGHT)
    if not password and not email.strip():
        raise Invalid("password", _("Write a password, or an address to which the way to one is sent."))
    made = accounts.create(name, email, password or secrets.token_urlsafe(24))
    audit.note(viewer, "person.created", user_id=made.id)
    if not password:
        addresses.ask_reset(email)
    return made


def apply(doer: Viewer, person_ids: Sequence[int], act: str, details: Mapping[str, str]) -> Outcome:
    """Does one thing with some people; what is refused for one does not stop the others. Raises Forbidden, Invalid."""
    panel.guard(doer, RIGHT)
    if act not in ACTS:
        raise Invalid("act", _("Choose what to do."))
    most = _MOST_REMOVED if act == "remove" else MOST
    chosen = sorted(set(person_ids))
    if not 0 < len(chosen) <= most:
        raise Invalid("person", _("Select up to %(most)s people.", most=most))
    told, changed, refusals = replace(_told(doer, act, details), people=len(chosen)), 0, []
    for person_id in chosen:
        person = viewers.member(person_id)
        if person is None:
            refusals.append(_("This person has no account here."))
            continue
        try:
            with session().begin_nested():
                changed += _VERBS[act](doer, person, told)
        except Refusal as refusal:
            refusals.append(refusal.reason)
    return Outcome(changed, len(refusals), refusals[0] if refusals else "")


LIFTS = {"unmute": "mute", "unban": "ban"}
"""What is lifted, by the act that does it."""


def ended(viewer: Viewer, act: str, person_ids: Sequence[int]) -> dict[int, sanctions.Entry]:
    """The mutes or bans that an act would lift, by whom they are for; none for other acts. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    return sanctions.standing(person_ids, LIFTS[act]) if act in LIFTS else {}


def _told(doer: Viewer, act: str, details: Mapping[str, str]) -> _Details:
    needs = ACTS[act].needs
    group, reason, days = None, "", details.get("days", "")
    if "group" in needs:
        known = {str(each.id): each for each in memberships.managed(doer)}
        group = known.get(details.get("group", ""))
        if group is None:
            raise Invalid("group", _("Choose a group that you may change."))
    if "reason" in needs:
        text = details.get("text", "")
        reason = reasons.words(int(text) if text.isdecimal() and len(text) < 19 else None, details.get("reason", ""))
    if "why" in needs:
        reason = sanctions.check_why(details.get("reason", ""))
    if "days" in needs and days not in sanctions.LENGTHS:
        raise Invalid("days", _("Choose how long it lasts."))
    until = clock.now() + timedelta(days=int(days)) if days.isdecimal() and days != "0" else None
    return _Details(group, reason, until)


def _confirm(doer: Viewer, person: Viewer, told: _Details) -> bool:
    account = _account(doer, person)
    if not account.email:
        raise Conflict(_("Somebody has given no address."))
    if account.email_confirmed_at is not None:
        return False
    account.email_confirmed_at = clock.now()
    audit.note(doer, "person.confirmed", user_id=person.id)
    return True


def _ask(doer: Viewer, person: Viewer, told: _Details) -> bool:
    account = _account(doer, person)
    if not account.email or account.email_confirmed_at is not None:
        return False
    addresses.ask(account)
    audit.note(doer, "person.asked", user_id=person.id)
    return True


def _join(doer: Viewer, person: Viewer, told: _Details) -> bool:
    assert told.group is not None
    return memberships.enlist(doer, told.group, person.id)


def _leave(doer: Viewer, person: Viewer, told: _Details) -> bool:
    assert told.group is not None
    if session().get(Membership, (told.group.id, person.id)) is None:
        return False
    memberships.set_rank(doer, told.group, person.id, "out")
    return True


def _sanction(kind: str) -> "_Verb":
    def put(doer: Viewer, person: Viewer, told: _Details) -> bool:
        sanctions.put(doer, person.id, kind, told.reason, told.until)
        return True

    return put


def _lifted(act: str) -> "_Verb":
    def lift(doer: Viewer, person: Viewer, told: _Details) -> bool:
        found = sanctions.standing([person.id], LIFTS[act]).get(person.id)
        if found is None:
            return False
        sanctions.lift(doer, person.id, found.id, told.reason)
        return True

    return lift


def _log_out(doer: Viewer, person: Viewer, told: _Details) -> bool:
    require(change_account(doer, person))
    epoch = update(Account).where(Account.user_id == person.id).values(session_epoch=Account.session_epoch + 1)
    session().execute(epoch)
    live.nudge(person.id, "out")
    audit.note(doer, "person.logged_out", user_id=person.id)
    return True


def _remove(doer: Viewer, person: Viewer, told: _Details) -> bool:
    removals.remove(doer, person.id, among=told.people)
    return True


def _account(doer: Viewer, person: Viewer) -> Account:
    require(change_account(doer, person))
    own = select(Account).where(Account.user_id == person.id).with_for_update()
    return session().scalars(own.execution_options(populate_existing=True)).one()


_Verb = Callable[[Viewer, Viewer, _Details], bool]
_VERBS: dict[str, _Verb] = {
    "confirm": _confirm, "ask": _ask, "join": _join, "leave": _leave, "mute": _sanction("mute"),
    "ban": _sanction("ban"), "unmute": _lifted("unmute"), "unban": _lifted("unban"), "logout": _log_out, "remove": _remove,
}  # fmt: skip
