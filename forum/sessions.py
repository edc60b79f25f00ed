"""Sessions: where a member is logged in, and how he ends that from elsewhere."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, select, update

from core import clock, tally
from core.db import session, writing
from core.i18n import gettext as _
from core.settings import Int, declare
from forum import live
from forum.refusals import Missing
from forum.viewers import Viewer
from models import Account, LoginSession

settings = declare(
    "sessions",
    most=Int(10, "Log-ins that a member may have at a time; one more ends the oldest", low=1, high=100),
    proof_minutes=Int(
        5, "Minutes for which a password that was given is enough to change e-mail, password, name or account", high=60
    ),
)
LASTS = timedelta(days=14)
"""How long a log-in lasts that is not used."""
SEEN = "session.seen"
_KEY = 12
_BROWSERS = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("Vivaldi", "Vivaldi"), ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"),
    ("curl", "curl"), ("Wget", "Wget"), ("python", "Python"),
)  # fmt: skip
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("CrOS", "ChromeOS"), ("Windows", "Windows"),
    ("Mac OS X", "macOS"), ("Linux", "Linux"), ("BSD", "BSD"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A log-in as its owner sees it."""

    id: int
    browser: str
    system: str
    network: str
    begun_at: datetime
    seen_at: datetime
    mine: bool  # the one that asks

    @property
    def words(self) -> str:
        """The browser and the system."""
        browser = self.browser or _("A browser that does not say which")
        return _("%(browser)s on %(system)s", browser=browser, system=self.system) if self.system else browser


def listed(viewer: Viewer, mark: str) -> list[Row]:
    """The log-ins of a member that still hold, the one that asks (its mark) first, then the last used."""
    rows = session().scalars(_alive(viewer.id).order_by(LoginSession.seen_at.desc(), LoginSession.id.desc()))
    found = [
        Row(row.id, row.browser, row.system, row.network, row.begun_at, row.seen_at, _mark(row) == mark) for row in rows
    ]
    return sorted(found, key=lambda row: not row.mine)


def held_from(user_id: int, network: str) -> bool:
    """Whether somebody is logged in from a network already."""
    return session().scalar(_alive(user_id).where(LoginSession.network == network[:64]).limit(1)) is not None


def begin(user_id: int, browser: str, network: str) -> str:
    """Writes a log-in down and returns its mark, which the cookie carries. The oldest end where there are too many."""
    current = session()
    epoch = current.scalars(select(Account.session_epoch).where(Account.user_id == user_id)).one()
    held = list(current.scalars(_alive(user_id).order_by(LoginSession.id.desc())))
    for row in held[settings.most - 1 :]:
        _end(row)
    present = clock.now()
    made = LoginSession(user_id=user_id, key=secrets.token_urlsafe(_KEY), epoch=epoch, network=network[:64])
    made.browser, made.system = _named(browser, _BROWSERS), _named(browser, _SYSTEMS)
    made.begun_at = made.seen_at = present
    current.add(made)
    current.flush()
    return _mark(made)


def end(viewer: Viewer, session_id: int) -> None:
    """Ends one of a member's log-ins. Raises Missing for one that is not his."""
    row = session().get(LoginSession, session_id, populate_existing=True)
    if row is None or row.user_id != viewer.id:
        raise Missing(_("This log-in has ended already."))
    _end(row)
    session().flush()


def end_others(viewer: Viewer, mark: str) -> int:
    """Ends all of a member's log-ins but the one that asks; says how many those were."""
    others = [row for row in session().scalars(_alive(viewer.id)) if _mark(row) != mark]
    for row in others:
        _end(row)
    session().flush()
    return len(others)


def leave(viewer: Viewer, mark: str) -> None:
    """Ends the log-in that asks, when its owner logs out."""
    for row in session().scalars(_alive(viewer.id)):
        if _mark(row) == mark:
            session().delete(row)
    session().flush()


def seen(mark: str) -> None:
    """Notes that a log-in was used; written later, by a job."""
    tally.touch(SEEN, int(mark.partition("-")[0]))


def flush_seen(moments: dict[int, datetime]) -> None:
    """Writes when log-ins were last used, to the minute."""
    for session_id, moment in sorted(moments.items()):
        earlier = LoginSession.seen_at < moment - timedelta(minutes=1)
        session().execute(update(LoginSession).where(LoginSession.id == session_id, earlier).values(seen_at=moment))


def prune() -> None:
    """Forgets log-ins that nobody can use any more. A recurring job."""
    with writing() as current:
        current.execute(delete(LoginSession).where(LoginSession.seen_at < clock.now() - LASTS - timedelta(days=1)))


def _alive(user_id: int) -> Select[LoginSession]:
    same = (Account.user_id == LoginSession.user_id) & (Account.session_epoch == LoginSession.epoch)
    return select(LoginSession).join(Account, same).where(LoginSession.user_id == user_id)


def _mark(row: LoginSession) -> str:
    return f"{row.id}-{row.key}"


def _end(row: LoginSession) -> None:
    live.sign_off(row.id)
    session().delete(row)


def _named(browser: str, known: tuple[tuple[str, str], ...]) -> str:
    return next((words for sign, words in known if sign in browser), "")
