"""Deciding: what two moderators may find in the same moment, and the words of a refusal."""

from collections.abc import Mapping
from typing import Protocol

from sqlalchemy import select

from core.db import session
from core.i18n import gettext as _
from forum.refusals import Conflict, Invalid
from forum.viewers import Viewer
from models import User

_REASON = 2000


class Waits(Protocol):
    """What is decided once: a row with a state, and a version that moves on with it."""

    version: int
    state: str
    decided_by_id: int | None


def decided_before(viewer: Viewer, row: Waits, version: int, state: str, states: Mapping[str, str], who: str) -> bool:
    """Whether the viewer himself decided so before: a second click. `who` did it where nobody is written down.

    Raises Conflict when it is no longer as the viewer saw it.
    """
    if row.state == state and row.decided_by_id == viewer.id:
        return True
    if row.version != version or row.state != "waiting":
        name = session().scalar(select(User.name).where(User.id == row.decided_by_id)) or who
        raise Conflict(
            _("%(who)s was faster: it is %(state)s. What you chose was not done.", who=name, state=_(states[row.state]))
        )
    return False


def check_reason(reason: str) -> str:
    """The words of a refusal as they are kept. Raises Invalid."""
    reason = reason.replace("\r", "").strip()
    if len(reason) > _REASON or "\x00" in reason:
        raise Invalid("reason", _("A reason has at most %(most)s letters.", most=_REASON))
    return reason
