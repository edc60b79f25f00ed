"""Registration: how people join (freely, looked at by a moderator, invited, not at all), and who waits to be let in."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from core import clock, mail
from core.db import session, writing
from core.events import emit, subscribe
from core.i18n import gettext as _
from core.i18n import mark
from core.settings import Choice, Int, declare
from forum import accounts, audit, deciding, layout, notices, privileges, terms, viewers
from forum.permissions import HIDDEN, YES, Verdict, require
from forum.privileges import rights
from forum.refusals import Conflict, Forbidden, Invalid, Missing
from forum.slugs import name_key
from forum.viewers import Viewer, builtin_groups
from models import Account, Membership, Registration, User

MODES = {
    "open": mark("Everybody may register"),
    "approval": mark("Everybody may ask, and a moderator lets people in"),
    "invite": mark("Only who is invited may register"),
    "closed": mark("Nobody may register"),
}
settings = declare(
    "registration",
    mode=Choice("open", "Who may register: everybody, who is let in by a moderator (approval), "
                "who is invited, or nobody (closed)", options=tuple(MODES)),
    accept_after=Int(0, "Hours after which who waits is let in without a moderator (0: never)", high=8760),
)  # fmt: skip
STATES = {"waiting": mark("waits to be let in"), "accepted": mark("accepted"), "refused": mark("refused")}
_LISTED, _KIN = 50, 3
_FORGET = timedelta(days=30)
"""So long a refused registration is kept, for who asks why."""


@dataclass(frozen=True)
class RegistrationWaits:
    """Somebody asks to be let in."""

    registration_id: int


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What somebody says who registers, and the network that he comes from."""

    name: str
    email: str
    password: str
    network: str = ""
    terms: str = ""  # the version that was ticked


@dataclass(slots=True)
class Item:
    """Who waits, or waited, as those see it who let people in."""

    id: int
    state: str
    version: int
    name: str
    email: str
    network: str
    at: datetime
    decided_at: datetime | None
    reason: str
    user_id: int | None
    slug: str | None
    decided_by: str | None
    kin: list[tuple[str, str]] = field(default_factory=list)  # who came from the same network: name, slug

    @property
    def done(self) -> bool:
        """Whether nobody need look at it any more."""
        return self.state != "waiting"


# --- registering ---


def offered() -> bool:
    """Whether a stranger may register, or ask to."""
    return settings.mode in ("open", "approval")


def register(who: Newcomer) -> User | None:
    """Makes an account or, where a moderator looks first, keeps who asks (then: None). Raises Forbidden, Invalid."""
    if settings.mode == "closed":
        raise Forbidden(_("Registration is closed."))
    if settings.mode == "invite":
        raise Forbidden(_("Only who is invited can register here."))
    if settings.mode == "approval":
        _wait(who)
        return None
    version = terms.agreed(who.terms)
    user = accounts.create(who.name, who.email, who.password)
    record(user, who.network, version)
    return user


def record(user: User, network: str, terms_version: int) -> None:
    """Writes down from which network a new member came, and which terms he accepted."""
    row = _row(user.name, "", "", network, "accepted")
    row.user_id, row.decided_at, row.terms_id = user.id, row.at, terms_version
    session().add(row)
    session().flush()
    terms.note(user.id, terms_version, row.at)


def drop_waiting(email: str) -> None:
    """Forgets that somebody waits, who has come in by another way with the same address."""
    mine = (Registration.email_key == email.casefold()) & (Registration.state == "waiting")
    session().execute(delete(Registration).where(mine))


def waits(name: str, password: str) -> str | None:
    """What somebody is told who logs in and has not been let in yet: nothing when this is not his password.

    None when nobody of this name or address waits.
    """
    key, address = name_key(" ".join(name.split())), name.strip().casefold()
    held = select(Account.user_id).where(Account.email_key == address).exists()
    mine = (Registration.name_key == key) | (Registration.email_key == address) & ~held
    kept = session().scalar(select(Registration.password_hash).where(mine, Registration.state == "waiting").limit(1))
    if kept is None:
        return None
    if not accounts.verify(kept, password):
        return ""
    return _("You cannot log in yet: your registration waits for a moderator. You get a mail when it is decided.")


def _wait(who: Newcomer) -> None:
    name, email = accounts.check(who.name, who.email, who.password)
    if not email:
        raise Invalid("email", _("We need your address: the answer to your registration goes there."))
    version = terms.agreed(who.terms)
    made = _row(name, email, accounts.hashed(who.password), who.network, "waiting")
    made.terms_id = version
    session().add(made)
    try:
        session().flush()
    except IntegrityError:  # somebody else asked for it in this very moment
        raise Invalid("name", _("This name is taken.")) from None
    emit(RegistrationWaits(made.id))


def _row(name: str, email: str, password_hash: str, network: str, state: str) -> Registration:
    return Registration(
        name=name, name_key=name_key(name), email=email, email_key=email.casefold(), password_hash=password_hash,
        network=network[:64], state=state, at=clock.now(),
    )  # fmt: skip


@subscribe(RegistrationWaits)
def tell_staff(event: RegistrationWaits) -> None:
    """Tells those who let people in that somebody waits."""
    row = session().get(Registration, event.registration_id)
    if row is None or row.state != "waiting":
        return
    with writing():
        for viewer in _deciders():
            notices.tell(viewer.id, "newcomer", "newcomer", 0)


# --- who lets people in ---


def decide(viewer: Viewer) -> Verdict:
    """May the viewer let people in? Who administers people, and moderators who may ban and see what accounts say."""
    held = rights(viewer)
    return YES if "admin:users" in held or {"ban", "view:users:info"} <= held else HIDDEN


def waiting(viewer: Viewer, *, done: bool = False) -> list[Item]:
    """Up to 50 who wait, the first ahead; or about whom a moderator decided. Nothing for who may not decide."""
    if not decide(viewer):
        return []
    query = _rows().limit(_LISTED)
    if done:
        decided = (Registration.state == "refused") | Registration.decided_by_id.is_not(None)
        return _items(query.where(decided).order_by(Registration.decided_at.desc(), Registration.id.desc()))
    return _items(query.where(Registration.state == "waiting").order_by(Registration.id))


def get(viewer: Viewer, registration_id: int) -> Item:
    """One of them. Raises Missing."""
    require(decide(viewer))
    found = _items(_rows().where(Registration.id == registration_id))
    if not found:
        raise Missing
    return found[0]


def network_of(viewer: Viewer, person_id: int) -> str:
    """The network that a member registered from; empty where it is not known, or for who may not see it."""
    if not decide(viewer):
        return ""
    return session().scalar(select(Registration.network).where(Registration.user_id == person_id).limit(1)) or ""


def accept(viewer: Viewer, registration_id: int, version: int) -> None:
    """Lets somebody in: he has an account now, and a mail says so.

    Raises Missing, and Conflict when somebody was faster or the name was taken meanwhile.
    """
    row = _decided(viewer, registration_id, version, "accepted")
    if row is not None:
        _let_in(row, viewer.id)
        audit.note(viewer, "registration.accepted", user_id=row.user_id, name=row.name)


def refuse(viewer: Viewer, registration_id: int, version: int, reason: str) -> None:
    """Refuses somebody, with words that a mail brings him. Raises Missing, Invalid, Conflict."""
    reason = deciding.check_reason(reason)
    row = _decided(viewer, registration_id, version, "refused")
    if row is None:
        return
    _close(row, "refused", viewer.id)
    row.reason = reason
    session().flush()
    audit.note(viewer, "registration.refused", name=row.name, detail=reason)
    mail.post(row.email, _refusing(row.name, reason))


def _refusing(name: str, reason: str) -> mail.Letter:
    site = layout.settings.title
    said = (_("Hello %(name)s, your registration at %(site)s was refused.", name=name, site=site),)
    why = (_("The reason: %(why)s", why=reason),) if reason else ()
    return mail.Letter(_("Your registration at %(site)s", site=site), said + why)


def accept_due() -> None:
    """Lets those in who have waited long enough, where that is switched on. A recurring job; twice lets in once."""
    if not settings.accept_after:
        return
    before = clock.now() - timedelta(hours=settings.accept_after)
    due = select(Registration.id).where(Registration.state == "waiting", Registration.at <= before).limit(_LISTED)
    for registration_id in session().scalars(due).all():
        try:
            with writing():
                row = _locked(registration_id)
                if row.state == "waiting":
                    _let_in(row, None)
        except Conflict:  # its name is somebody's by now: a moderator sees it in the inbox
            continue


def forget() -> None:
    """Drops what refused people left, after a while. A recurring job."""
    old = (Registration.state == "refused") & (Registration.decided_at < clock.now() - _FORGET)
    with writing() as current:
        current.execute(delete(Registration).where(old))


def _let_in(row: Registration, by_id: int | None) -> None:
    email, kept = row.email, row.password_hash
    _close(row, "accepted", by_id)
    row.email = row.email_key = ""  # the account has it
    session().flush()
    try:
        user = accounts.admit(row.name, email, kept)
    except Invalid as invalid:
        raise Conflict(_("This cannot be accepted any more: %(why)s", why=invalid.reason)) from None
    row.user_id = user.id
    session().flush()
    terms.note(user.id, row.terms_id, row.at)
    mail.post(email, _welcoming(row.name))


def _welcoming(name: str) -> mail.Letter:
    site = layout.settings.title
    said = (_("Hello %(name)s, you are a member of %(site)s now.", name=name, site=site),)
    return mail.Letter(_("Welcome to %(site)s", site=site), said, action=_("Log in"), address="/login")


def _close(row: Registration, state: str, by_id: int | None) -> None:
    row.state, row.version, row.password_hash = state, row.version + 1, ""
    row.decided_at, row.decided_by_id = clock.now(), by_id
    session().flush()


def _decided(viewer: Viewer, registration_id: int, version: int, state: str) -> Registration | None:
    """Who waits, to be decided on now; None when the same moderator decided so before."""
    require(decide(viewer))
    row = _locked(registration_id)
    again = deciding.decided_before(viewer, row, version, state, STATES, _("Time"))
    return None if again else row


def _locked(registration_id: int) -> Registration:
    row = session().get(Registration, registration_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise Missing
    return row


def _deciders() -> list[Viewer]:
    """Who may let people in; at most 100 are looked at."""
    given = [grant for grant in privileges.grants_at(0) if grant[0] in ("admin:users", "ban")]
    groups = {builtin_groups()["administrators"], *(group for _right, group, _user in given if group)}
    inside = select(Membership.user_id).where(Membership.group_id.in_(groups)).limit(100)
    ids = {*session().scalars(inside), *(user for _right, _group, user in given if user)}
    found = [viewer for key in sorted(ids) if (viewer := viewers.member(key)) is not None]
    return [viewer for viewer in found if decide(viewer)]


def _rows() -> Any:
    decider = aliased(User)
    columns = (
        Registration.id, Registration.state, Registration.version, Registration.name, Registration.email,
        Registration.network, Registration.at, Registration.decided_at, Registration.reason, Registration.user_id,
        User.slug, decider.name.label("decider"),
    )  # fmt: skip
    query: Any = select(*columns).outerjoin(User, User.id == Registration.user_id)
    return query.outerjoin(decider, decider.id == Registration.decided_by_id)


def _items(query: Any) -> list[Item]:
    found = [Item(*row) for row in session().execute(query)]
    kin = _of_networks({item.network for item in found if item.network and not item.done})
    for item in found:
        item.kin = kin.get(item.network, [])
    return found


def _of_networks(networks: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """The newest members who came from these networks, a few of each."""
    place = func.row_number().over(partition_by=Registration.network, order_by=Registration.id.desc()).label("place")
    came = select(Registration.network, User.name, User.slug, place).join(User, User.id == Registration.user_id)
    ranked = came.where(Registration.network.in_(list(networks))).subquery()
    kin: dict[str, list[tuple[str, str]]] = {}
    for row in session().execute(select(ranked).where(ranked.c.place <= _KIN)) if networks else ():
        kin.setdefault(row.network, []).append((row.name, row.slug))
    return kin


mail.sample("welcome", mark("A registration that was accepted"), lambda: _welcoming("Ann"))
mail.sample("refused", mark("A registration that was refused"), lambda: _refusing("Ann", _("We know no Ann.")))
