"""Check-ups: what the checks of the site itself found, kept for the control panel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select

from core import clock
from core.db import session
from core.settings import Int, declare
from forum import audit, panel
from forum.viewers import Viewer
from models import Finding

settings = declare(
    "checkups", every_hours=Int(24, "Hours between two looks of the site at itself (quick checks); 0: none", high=720)
)
RIGHT = "admin:operations"


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found: its name, whether all is well, in words, and what to do where it is not."""

    name: str
    well: bool
    words: str
    remedy: str = ""

    @property
    def sentence(self) -> str:
        """What was found, and what to do, on one line."""
        return f"{self.words}; {self.remedy}" if self.remedy else self.words


def listed(viewer: Viewer) -> Sequence[Finding]:
    """What each check found when it was made last; what is wrong comes first. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    return session().scalars(select(Finding).order_by(Finding.well, Finding.position)).all()


def wrong(viewer: Viewer) -> Sequence[Finding]:
    """What was not as it should be when it was looked at last. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    return session().scalars(select(Finding).where(~Finding.well).order_by(Finding.position)).all()


def ask(viewer: Viewer) -> None:
    """Writes down that somebody asks for a look at everything. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    audit.note(viewer, "checkup.asked")


def due() -> bool:
    """Whether the last look is so long ago that it is time for the next."""
    if not settings.every_hours:
        return False
    last = session().scalar(select(func.max(Finding.at)))
    return last is None or clock.now() - last >= timedelta(hours=settings.every_hours)


def keep(made: Sequence[Found], *, whole: bool) -> None:
    """Writes down what the checks found just now; of the `whole` check-up, what was not looked at is forgotten."""
    current, present = session(), clock.now()
    if whole:
        current.execute(delete(Finding).where(Finding.name.not_in([each.name for each in made])))
    for position, each in enumerate(made):
        row = current.get(Finding, each.name) or Finding(name=each.name)
        row.position, row.well, row.words, row.remedy, row.at = position, each.well, each.words, each.remedy, present
        current.add(row)
    current.flush()
