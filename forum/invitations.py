"""Invitations: members who may do so ask people to join by mail, into groups as well where they let people in."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import delete, func, select
from sqlalchemy.orm import aliased

from core import clock, mail, tokens
from core.db import session, writing
from core.i18n import gettext as _
from core.i18n import mark, ngettext
from core.pages import Page, decode, encode
from core.settings import Int, declare
from forum import (
    accounts,
    addresses,
    audit,
    groups,
    layout,
    memberships,
    notices,
    panel,
    registration,
    sanctions,
    terms,
    viewers,
)
from forum.permissions import YES, Verdict, require
from forum.privileges import rights
from forum.refusals import Conflict, Forbidden, Invalid, Missing
from forum.registration import Newcomer
from forum.viewers import Viewer
from models import Account, Group, Invitation, User

RIGHT = "admin:users"
settings = declare(
    "registration",
    invitation_days=Int(7, "Days for which the link of an invitation works", low=1, high=90),
    invitations_open=Int(10, "Open invitations that a member may have (0: any number); who administers people may have any",
                         high=10_000),
)  # fmt: skip
STATES = {
    "open": mark("open"), "taken": mark("accepted"), "withdrawn": mark("taken back"), "over": mark("too old by now"),
}  # fmt: skip
_AT_ONCE, _PER_PAGE = 50, 50
_FORGET = timedelta(days=30)
"""So long an address is kept of which nothing came."""


@dataclass(frozen=True, slots=True)
class Line:
    """An invitation as its sender, and who administers people, see it."""

    id: int
    email: str
    at: datetime
    until: datetime
    taken_at: datetime | None
    withdrawn_at: datetime | None
    inviter: str | None
    inviter_slug: str | None
    name: str | None
    slug: str | None

    @property
    def state(self) -> str:
        """What has become of it."""
        if self.taken_at:
            return "taken"
        if self.withdrawn_at:
            return "withdrawn"
        return "over" if clock.passed(self.until) else "open"


@dataclass(frozen=True, slots=True)
class Offer:
    """What an invitation says to whoever opens its link."""

    email: str
    inviter: str
    groups: list[str]


# --- who invites ---


def invite(viewer: Viewer) -> Verdict:
    """May the viewer invite people?"""
    if viewer.guest or "invite" not in rights(viewer):
        return Verdict(False, _("You may not invite people."))
    return YES if registration.settings.mode != "closed" else Verdict(False, _("Registration is closed."))


def see_own(viewer: Viewer) -> Verdict:
    """May the viewer see the page of his invitations? It stays when registration is closed."""
    return YES if "invite" in rights(viewer) and not viewer.guest else invite(viewer)


def own(viewer: Viewer) -> list[Line]:
    """What somebody sent, the newest first. Raises Forbidden."""
    require(see_own(viewer))
    return _lines(_rows().where(Invitation.inviter_id == viewer.id).limit(200))


def index(viewer: Viewer, cursor: str = "") -> Page[Line]:
    """A page of everybody's invitations, the newest first. Raises Forbidden, BadCursor."""
    panel.guard(viewer, RIGHT)
    query = _rows().limit(_PER_PAGE + 1)
    if cursor:
        query = query.where(Invitation.id < decode(cursor, int)[0])
    found = _lines(query)
    more = len(found) > _PER_PAGE
    return Page(found[:_PER_PAGE], None if cursor else 1, encode(found[_PER_PAGE - 1].id) if more else None)


def inviter_of(viewer: Viewer, person_id: int) -> tuple[str, str] | None:
    """Who invited somebody (name, slug), for the staff; None for anybody else, and where nobody did."""
    if not sanctions.works_with_people(viewer):
        return None
    query = select(User.name, User.slug).join(Invitation, Invitation.inviter_id == User.id)
    found = session().execute(query.where(Invitation.user_id == person_id)).first()
    return (found.name, found.slug) if found else None


# --- sending ---


def send(viewer: Viewer, written: str, group_ids: Iterable[int]) -> int:
    """Invites everybody whose address is written, and says how many that were. Raises Forbidden, Invalid."""
    require(invite(viewer))
    found, chosen = _addresses(written), sorted(set(group_ids))
    if not set(chosen) <= {group.id for group in memberships.to_invite_into(viewer)}:
        raise Forbidden(_("Only the owners of the group and administrators who hold its rights may do this."))
    current, present = session(), clock.now()
    current.execute(select(User.id).where(User.id == viewer.id).with_for_update())  # one at a time, for the count
    _require_room(viewer, len(found))
    name = viewer.name
    for email in found:
        _require_stranger(email)
        made = Invitation(
            inviter_id=viewer.id, email=email, email_key=email.casefold(), group_ids=chosen, at=present,
            until=present + timedelta(days=settings.invitation_days),
        )  # fmt: skip
        current.add(made)
        current.flush()
        _post(made, name)
    return len(found)


def withdraw(viewer: Viewer, invitation_id: int) -> None:
    """Takes an invitation back: one's own or, for who administers people, anybody's. Raises Missing, Conflict."""
    row = session().get(Invitation, invitation_id, with_for_update=True, populate_existing=True)
    if row is None or (row.inviter_id != viewer.id and RIGHT not in rights(viewer)):
        raise Missing
    if row.taken_at is not None:
        raise Conflict(_("It was accepted meanwhile."))
    if row.withdrawn_at is None:
        row.withdrawn_at = clock.now()
        session().flush()
        if row.inviter_id != viewer.id:
            audit.note(viewer, "invitation.withdrawn", name=row.email)


def forget() -> None:
    """Drops the addresses of which nothing came, after a while. A recurring job."""
    before = clock.now() - _FORGET
    ended = (Invitation.until < before) | (Invitation.withdrawn_at < before)
    with writing() as current:
        current.execute(delete(Invitation).where(Invitation.taken_at.is_(None), ended))


# --- being invited ---


def offer(code: str) -> Offer:
    """What the link of an invitation offers. Raises Missing once it holds no more."""
    row, inviter = _standing(code)
    return Offer(row.email, inviter.name, [group.name for group in _groups(row, inviter)])


def take(code: str, who: Newcomer) -> User:
    """Makes the account of whom an invitation was sent to; no moderator need look. Its address counts as confirmed.

    Raises Missing, Forbidden, Invalid.
    """
    row, inviter = _standing(code, lock=True)
    version = terms.agreed(who.terms)
    registration.drop_waiting(row.email)
    user = accounts.create(who.name, row.email, who.password)
    addresses.trust(user.id)
    registration.record(user, who.network, version)
    for group in _groups(row, inviter):
        groups.join(user.id, group.id)
        audit.note(inviter, "group.let_in", user_id=user.id, name=group.name)
    row.user_id, row.taken_at, row.email, row.email_key = user.id, clock.now(), "", ""
    session().flush()
    notices.tell(inviter.id, "joined", "joined", user.id)
    return user


def _standing(code: str, *, lock: bool = False) -> tuple[Invitation, Viewer]:
    """An invitation that holds, and who sent it: it holds as long as he may invite."""
    try:
        [invitation_id] = tokens.read("invitation", code)
    except ValueError:
        raise Missing(_("This invitation is too old, or its link is not complete. Ask for a new one.")) from None
    row = session().get(Invitation, invitation_id, with_for_update=lock, populate_existing=True)
    if row is None or row.withdrawn_at is not None:
        raise Missing(_("This invitation was taken back."))
    if row.taken_at is not None:
        raise Missing(_("This invitation was used already. Log in with the name that you chose."))
    if registration.settings.mode == "closed":
        raise Missing(_("Registration is closed."))
    inviter = viewers.member(row.inviter_id) if row.inviter_id else None
    if inviter is None or not invite(inviter):
        raise Missing(_("This invitation holds no more: who sent it may not invite people now."))
    return row, inviter


def _groups(row: Invitation, inviter: Viewer) -> list[Group]:
    """The groups that one joins by an invitation: those into which its sender may let people still."""
    return (
        [group for group in memberships.to_invite_into(inviter) if group.id in row.group_ids] if row.group_ids else []
    )


def _addresses(written: str) -> list[str]:
    found: dict[str, str] = {}
    for word in re.split(r"[\s,;]+", written.strip()):
        if not word:
            continue
        try:
            email = validate_email(word, check_deliverability=False).normalized
        except EmailNotValidError:
            raise Invalid("addresses", _("“%(word)s” is not an e-mail address.", word=word[:100])) from None
        found.setdefault(email.casefold(), email)
    if not found:
        raise Invalid("addresses", _("Write an e-mail address."))
    if len(found) > _AT_ONCE:
        raise Invalid("addresses", _("At most %(most)s at once, please.", most=_AT_ONCE))
    return list(found.values())


def _require_room(viewer: Viewer, more: int) -> None:
    most = settings.invitations_open
    if not most or RIGHT in rights(viewer):
        return
    mine = (Invitation.inviter_id == viewer.id) & _open()
    now_open = session().scalar(select(func.count()).select_from(Invitation).where(mine)) or 0
    if now_open + more > most:
        told = ngettext(
            "You may have %(num)s open invitation; open now: %(now)s.",
            "You may have %(num)s open invitations; open now: %(now)s.",
            most,
            now=now_open,
        )
        raise Invalid("addresses", told)


def _require_stranger(email: str) -> None:
    key = email.casefold()
    if session().scalar(select(Account.user_id).where(Account.email_key == key)):
        raise Invalid("addresses", _("%(email)s belongs to a member already.", email=email))
    if session().scalar(select(Invitation.id).where(Invitation.email_key == key, _open())):
        raise Invalid("addresses", _("%(email)s is invited already.", email=email))


def _open() -> Any:
    return Invitation.taken_at.is_(None) & Invitation.withdrawn_at.is_(None) & (Invitation.until > clock.now())


def _post(row: Invitation, name: str) -> None:
    site = layout.settings.title
    lasts = timedelta(days=settings.invitation_days)
    letter = mail.Letter(
        subject=_("%(name)s invites you to %(site)s", name=name, site=site),
        paragraphs=(
            _("Hello, %(name)s would like to have you at %(site)s.", name=name, site=site),
            ngettext("The link works for %(num)s day.", "The link works for %(num)s days.", lasts.days),
        ),
        action=_("Join"),
        address=f"/register/{tokens.make('invitation', row.id, lasts=lasts)}",
        reason=_("If you do not know who that is, do nothing: no account is made."),
    )
    mail.post(row.email, letter)


def _rows() -> Any:
    inviter, came = aliased(User), aliased(User)
    columns = (
        Invitation.id, Invitation.email, Invitation.at, Invitation.until, Invitation.taken_at, Invitation.withdrawn_at,
        inviter.name.label("inviter"), inviter.slug.label("inviter_slug"), came.name.label("name"), came.slug.label("slug"),
    )  # fmt: skip
    query: Any = select(*columns).outerjoin(inviter, inviter.id == Invitation.inviter_id)
    return query.outerjoin(came, came.id == Invitation.user_id).order_by(Invitation.id.desc())


def _lines(query: Any) -> list[Line]:
    return [Line(*row) for row in session().execute(query)]
