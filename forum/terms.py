"""Terms: what an administrator wrote down for everybody to accept, and who has accepted which text of it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from core import cache, clock
from core.db import session
from core.i18n import gettext as _
from forum import audit, panel
from forum.refusals import Conflict, Invalid, Missing
from forum.viewers import Viewer
from models import Acceptance, Terms

RIGHT = "admin:settings"
_LONGEST = 100_000


@dataclass(frozen=True, slots=True)
class Text:
    """The terms that hold. Without any: version 0."""

    version: int = 0
    again: int = 0  # the newest version that everybody must accept
    body: str = ""
    at: datetime | None = None


def current() -> Text:
    """The terms as they stand. No query when nothing changed."""

    def load() -> Text:
        newest = session().scalars(select(Terms).order_by(Terms.id.desc()).limit(1)).first()
        if newest is None or not newest.body:
            return Text()
        again = session().scalar(select(func.max(Terms.id)).where(Terms.again)) or 0
        return Text(newest.id, again, newest.body, newest.at)

    begun = cache.version("terms")  # where none were ever written there is nothing to look up
    return cache.keep("terms", load) if begun else Text()


def show() -> Text:
    """The terms, to be read. Raises Missing where there are none."""
    found = current()
    if not found.version:
        raise Missing
    return found


def owed(viewer: Viewer) -> int:
    """The version that a member must accept before he writes; 0: none. No query when nothing changed."""
    found = current()
    return found.version if not viewer.guest and found.version and viewer.terms < found.again else 0


def agreed(version: str) -> int:
    """The version that a newcomer ticked; 0 where there are no terms. Raises Invalid without a tick for what holds now."""
    found = current()
    if found.version and version != str(found.version):
        raise Invalid("terms", _("Please read the terms, and say that you accept them."))
    return found.version


def accept(viewer: Viewer, version: int) -> None:
    """Notes that a member accepts the terms; once more changes nothing. Raises Missing, and Conflict for an old text."""
    if show().version != version:
        raise Conflict(_("The terms were changed just now. Please read them once more."))
    note(viewer.id, version, clock.now())


def note(user_id: int, version: int, at: datetime) -> None:
    """Writes down that somebody accepted a version (0: there are none), and when."""
    if version and session().get(Acceptance, (user_id, version)) is None:
        session().add(Acceptance(user_id=user_id, terms_id=version, at=at))
        session().flush()


def acceptances(viewer: Viewer) -> int:
    """How many members accepted the terms that hold. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    mine = Acceptance.terms_id == current().version
    return session().scalar(select(func.count()).select_from(Acceptance).where(mine)) or 0


def write(viewer: Viewer, body: str, *, again: bool) -> None:
    """Writes the terms anew; `again`: whoever accepted an older text is asked. Empty: there are none any more.

    The older texts are kept, for what was accepted. Raises Forbidden, Invalid.
    """
    panel.guard(viewer, RIGHT)
    body = body.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(body) > _LONGEST or "\x00" in body:
        raise Invalid("body", _("The terms have at most %(most)s letters.", most=f"{_LONGEST:,}"))
    if body == current().body and not again:
        return
    made = Terms(body=body, again=again and bool(body), at=clock.now(), by_id=viewer.id)
    session().add(made)
    session().flush()
    cache.bump("terms")
    audit.note(viewer, "terms.kept", detail=_("Everybody is asked to accept them.") if made.again else "")
    if body:
        note(viewer.id, made.id, made.at)  # who writes them accepts them
