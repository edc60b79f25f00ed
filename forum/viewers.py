"""Who is looking: every read and every verb is given a viewer, and a guest is one too."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from core import cache
from core.changes import of_member
from core.db import session
from models import Account, Draft, Group, Membership, User


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person, or a guest, as far as rights and looks are concerned."""

    id: int = 0
    name: str = ""
    slug: str = ""
    colour: int = 0
    epoch: int = 0
    groups: frozenset[int] = frozenset()
    drafts: bool = False  # whether something is written and not sent
    preferences: dict[str, Any] = field(default_factory=dict, hash=False, compare=False)

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
        return self.holds("administrators")


def builtin_groups() -> dict[str, int]:
    """The ids of the built-in groups by their slugs."""

    def load() -> dict[str, int]:
        rows = session().execute(select(Group.slug, Group.id).where(Group.system))
        return {row.slug: row.id for row in rows}

    return cache.keep("builtin_groups", load, "groups")


def guest(preferences: dict[str, Any] | None = None) -> Viewer:
    """Somebody who is not logged in."""
    return Viewer(groups=frozenset({builtin_groups()["guests"]}), preferences=preferences or {})


def member(user_id: int) -> Viewer | None:
    """The viewer that an account makes, or None when there is no such account. No query when he has not changed."""
    return cache.keep_one_of("viewer", user_id, lambda: _member(user_id), "viewers", of_member(user_id))


def _member(user_id: int) -> Viewer | None:
    drafts = select(Draft.id).where(Draft.user_id == user_id, Draft.sent_at.is_(None)).exists()
    found = (
        session()
        .execute(
            select(
                User.id,
                User.name,
                User.slug,
                User.colour,
                Account.session_epoch,
                Account.preferences,
                Membership.group_id,
                drafts.label("drafts"),
            )
            .join(Account, Account.user_id == User.id)
            .outerjoin(Membership, Membership.user_id == User.id)
            .where(User.id == user_id)
        )
        .all()
    )
    if not found:
        return None
    first = found[0]
    groups = {row.group_id for row in found if row.group_id is not None}
    return Viewer(
        id=first.id,
        name=first.name,
        slug=first.slug,
        colour=first.colour,
        epoch=first.session_epoch,
        groups=frozenset(groups | {builtin_groups()["registered"]}),
        drafts=bool(first.drafts),
        preferences=dict(first.preferences),
    )
