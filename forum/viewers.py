"""Who is looking: every read and every verb is given a viewer, and a guest is one too."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Label, String, cast, exists, func, or_, select

from core import cache, clock, i18n
from core.changes import of_member
from core.db import session
from core.i18n import gettext as _
from models import Acceptance, Account, Draft, Group, LoginSession, Membership, Sanction, Topic, User


@dataclass(frozen=True, slots=True)
class Penalty:
    """Why somebody may not write (mute) or not log in (ban), and until when; no end: for good."""

    kind: str
    reason: str
    until: datetime | None

    @property
    def holds(self) -> bool:
        """Whether it is not over yet."""
        return self.until is None or not clock.passed(self.until)

    @property
    def words(self) -> str:
        """What the person is told."""
        end = i18n.exact(self.until) if self.until else ""
        if self.kind == "ban":
            said = _("You are banned until %(end)s.", end=end) if end else _("You are banned for good.")
        else:
            said = (
                _("You are muted until %(end)s, so you cannot write.", end=end)
                if end
                else _("You are muted for good, so you cannot write.")
            )
        return _("%(said)s Reason: %(why)s", said=said, why=self.reason)


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person, or a guest, as far as rights and looks are concerned."""

    id: int = 0
    name: str = ""
    slug: str = ""
    colour: int = 0
    picture: str = ""
    groups: frozenset[int] = frozenset()
    drafts: bool = False  # whether something is written and not sent
    hides: bool = False  # whether he began a topic that most others do not see: deleted, or not yet published
    penalties: tuple[Penalty, ...] = ()
    terms: int = 0  # the newest version of the terms that was accepted
    screened: bool = False  # a moderator has looked at what he writes just now
    preferences: dict[str, Any] = field(default_factory=dict, hash=False, compare=False)
    sessions: frozenset[str] = field(
        default=frozenset(), hash=False, compare=False, repr=False
    )  # marks of log-ins that hold

    @property
    def links_apart(self) -> bool:
        """Whether links in posts that lead to other sites open in a new tab."""
        return bool(self.preferences.get("links_apart") == "1")

    @property
    def guest(self) -> bool:
        """Whether nobody is logged in."""
        return self.id == 0

    def holds(self, *slugs: str) -> bool:
        """Whether the viewer is in one of the built-in groups of these names."""
        known = builtin_groups()
        return any(known.get(slug) in self.groups for slug in slugs)

    @property
    def administrator(self) -> bool:
        """Whether every right is held."""
        return self.holds("administrators") and self.banned is None

    @property
    def unseen(self) -> bool:
        """Whether nobody is to know when he is here."""
        return self.preferences.get("hide_online") == "1"

    @property
    def banned(self) -> Penalty | None:
        """The ban that holds just now."""
        return self._penalty("ban")

    @property
    def muted(self) -> Penalty | None:
        """The mute that holds just now."""
        return self._penalty("mute")

    def _penalty(self, kind: str) -> Penalty | None:
        if not self.penalties:
            return None
        return next((each for each in self.penalties if each.kind == kind and each.holds), None)


def builtin_groups() -> dict[str, int]:
    """The ids of the built-in groups by their slugs."""

    def load() -> dict[str, int]:
        rows = session().execute(select(Group.slug, Group.id).where(Group.system))
        return {row.slug: row.id for row in rows}

    return cache.keep("builtin_groups", load, "groups")


def guest(preferences: dict[str, Any] | None = None) -> Viewer:
    """Somebody who is not logged in."""
    return Viewer(groups=frozenset({builtin_groups()["guests"]}), preferences=preferences or {})


def holding(kind: str) -> ColumnElement[bool]:
    """The condition that a sanction is a mute or a ban that holds just now."""
    ends = Sanction.until.is_(None) | (Sanction.until > clock.now())
    return (Sanction.kind == kind) & Sanction.lifted_at.is_(None) & ends


def under(kind: str) -> ColumnElement[bool]:
    """The condition that a person is muted or banned just now."""
    return exists().where(Sanction.user_id == User.id, holding(kind))


def member(user_id: int) -> Viewer | None:
    """The viewer that an account makes, or None when there is no such account. No query when he has not changed."""
    return cache.keep_one_of("viewer", user_id, lambda: _member(user_id), "viewers", of_member(user_id))


def _sessions(user_id: int) -> Label[str]:
    """The marks of a member's log-ins in one word each, so that they take no query of their own."""
    mark = cast(LoginSession.id, String) + "-" + LoginSession.key
    held = (LoginSession.user_id == user_id) & (LoginSession.epoch == Account.session_epoch)
    marks = select(func.aggregate_strings(mark, " ")).where(held)
    return marks.correlate(Account).scalar_subquery().label("sessions")


def _facts(user_id: int) -> tuple[Any, ...]:
    """Whether he has drafts, whether he wrote topics that others do not see, and which terms he accepted."""
    drafts = select(Draft.id).where(Draft.user_id == user_id, Draft.sent_at.is_(None)).exists()
    hidden = or_(Topic.deleted_at.is_not(None), Topic.scheduled)
    hides = select(Topic.id).where(Topic.author_id == user_id, hidden).exists()
    accepted = select(func.max(Acceptance.terms_id)).where(Acceptance.user_id == user_id).scalar_subquery()
    return drafts.label("drafts"), hides.label("hides"), accepted.label("terms")


def _member(user_id: int) -> Viewer | None:
    account = (
        User.id, User.name, User.slug, User.colour, User.picture, Account.preferences, _sessions(user_id),
    )  # fmt: skip
    penalty = (Sanction.kind, Sanction.reason, Sanction.until)
    found = (
        session()
        .execute(
            select(*account, Membership.group_id, *_facts(user_id), *penalty)
            .join(Account, Account.user_id == User.id)
            .outerjoin(Membership, Membership.user_id == User.id)
            .outerjoin(
                Sanction, (Sanction.user_id == User.id) & Sanction.lifted_at.is_(None) & (Sanction.kind != "warn")
            )
            .where(User.id == user_id)
        )
        .all()
    )
    if not found:
        return None
    first = found[0]
    groups = {row.group_id for row in found if row.group_id is not None}
    penalties = {Penalty(row.kind, row.reason, row.until) for row in found if row.kind is not None}
    return Viewer(
        id=first.id,
        name=first.name,
        slug=first.slug,
        colour=first.colour,
        picture=first.picture,
        groups=frozenset(groups | {builtin_groups()["registered"]}),
        drafts=bool(first.drafts),
        hides=bool(first.hides),
        terms=first.terms or 0,
        penalties=tuple(sorted((each for each in penalties if each.holds), key=lambda each: each.kind)),
        preferences=dict(first.preferences),
        sessions=frozenset((first.sessions or "").split()),
    )
