"""E-mail addresses: confirmed by a code that was sent there, and the way back in for whoever forgot his password."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from core import clock, durable, jobs, mail, tokens
from core.db import session, writing
from core.events import subscribe
from core.i18n import gettext as _
from core.i18n import mark
from forum import accounts, layout, live
from forum.refusals import Conflict, Invalid, Missing
from forum.viewers import Viewer
from models import Account, User

_CONFIRM = timedelta(days=1)
_RESET = timedelta(hours=2)
_BACK = timedelta(days=7)


def of(viewer: Viewer) -> tuple[str, bool]:
    """The address of a member (or nothing), and whether it is confirmed."""
    account = session().get_one(Account, viewer.id)
    return account.email or "", account.email_confirmed_at is not None


def wanted(viewer: Viewer) -> str:
    """The address that a member wants to have and has not confirmed yet; nothing otherwise."""
    return session().get_one(Account, viewer.id).email_wanted or ""


def change(viewer: Viewer, email: str) -> None:
    """Sets a member's address, once a code that is sent there confirms it. One that was never confirmed, or is to be
    none, gives way at once. Raises Invalid."""
    account, email = session().get_one(Account, viewer.id, populate_existing=True), email.strip()
    if email and _taken(email, viewer.id):
        raise Invalid("email", _("Somebody already uses this e-mail address."))
    account.email_wanted = None
    if email == (account.email or ""):
        ask(account)
    elif email and account.email_confirmed_at is not None:
        account.email_wanted = email
        _ask(account.user_id, email)
    else:
        _replace(account, email)
        ask(account)
    session().flush()


def ask(account: Account) -> None:
    """Sends the code that confirms an address, where it is not confirmed yet, once the transaction stands."""
    if not account.email or account.email_confirmed_at is not None:
        return
    _ask(account.user_id, account.email)


def _ask(user_id: int, email: str) -> None:
    code = tokens.make("confirm", user_id, email, lasts=_CONFIRM)
    mail.post(email, _confirming(code))


@subscribe(accounts.UserRegistered)
def ask_newcomer(event: accounts.UserRegistered) -> None:
    """Sends a new member the code that confirms the address he gave."""
    with writing() as current:
        account = current.get(Account, event.user_id)
        if account is not None:
            ask(account)


def confirm(code: str) -> None:
    """Confirms the address that a code was sent to; a new one takes the place of the old one, which is told.

    Raises Missing for a code that is too old or not ours, and Conflict where somebody else has the address by now.
    """
    user_id, email = _read("confirm", code)
    account = session().get(Account, user_id, with_for_update=True, populate_existing=True)
    if account is None or email not in (account.email, account.email_wanted):
        raise Missing(_("This link is for an address that is no longer in use here."))
    if email != account.email:
        _replace(account, email)
    account.email_confirmed_at = account.email_confirmed_at or clock.now()
    session().flush()


def lost(code: str, *, lock: bool = False) -> Account:
    """The account that a code of the way back belongs to; `lock` keeps others from it meanwhile. Raises Missing when it
    has the address already."""
    user_id, email = _read("back", code)
    account = session().get(Account, user_id, with_for_update=lock or None, populate_existing=True)
    if account is None or account.email == email:
        raise Missing(_("This address is in use already, or the account is gone."))
    return account


def take_back(code: str) -> str:
    """Gives an account its earlier address again and ends every session; returns a code for a new password.

    Raises Missing, Conflict.
    """
    account, email = lost(code, lock=True), _read("back", code)[1]
    _replace(account, email, told=False)
    account.email_confirmed_at = clock.now()
    account.session_epoch += 1
    session().flush()
    live.nudge(account.user_id, "out")
    return tokens.make("reset", account.user_id, account.session_epoch, lasts=_RESET)


def trust(user_id: int) -> None:
    """Takes somebody's address as confirmed: he came by a link that was sent there."""
    session().get_one(Account, user_id, populate_existing=True).email_confirmed_at = clock.now()
    session().flush()


def ask_reset(email: str) -> None:
    """Sends the way to a new password, if the address belongs to somebody. Who asks cannot tell, not even by the time
    that it takes: whether it does is looked up by a job."""
    durable.promise(send_reset, email.strip().casefold())


@jobs.job
def send_reset(email_key: str) -> None:
    """Writes to an address how to get a new password, if it is somebody's."""
    account = session().scalar(select(Account).where(Account.email_key == email_key))
    if account is None or not account.email:
        return
    code = tokens.make("reset", account.user_id, account.session_epoch, lasts=_RESET)
    mail.post(account.email, _resetting(_name(account), code))


def known(code: str, *, lock: bool = False) -> Account:
    """The account that a code for a new password opens; `lock` keeps others from it meanwhile. Raises Missing once it
    was used or is too old."""
    user_id, epoch = _read("reset", code)
    account = session().get(Account, user_id, with_for_update=lock or None, populate_existing=True)
    if account is None or account.session_epoch != epoch:
        raise Missing(_("This link was used already. Ask for a new one."))
    return account


def reset(code: str, password: str) -> Account:
    """Sets a new password, ends every session, and takes the address as confirmed. Raises Missing, Invalid."""
    account = known(code, lock=True)
    accounts.set_password(account, password)
    account.email_confirmed_at = account.email_confirmed_at or clock.now()
    session().flush()
    return account


@subscribe(accounts.PasswordChanged)
def tell_of_password(event: accounts.PasswordChanged) -> None:
    """Tells somebody by mail that his password is another one."""
    with writing() as current:
        account = current.get(Account, event.user_id)
        if account is None or not account.email or account.email_confirmed_at is None:
            return
        mail.post(account.email, _password_changed(_name(account)))


def _replace(account: Account, email: str, *, told: bool = True) -> None:
    """Puts an address, not confirmed yet, in the place of another, and tells the old one how to come back."""
    if email and _taken(email, account.user_id):
        raise Conflict(_("Somebody already uses this e-mail address."))
    old = account.email if account.email_confirmed_at is not None else None
    account.email, account.email_key = email or None, email.casefold() or None
    account.email_confirmed_at = account.email_wanted = None
    session().flush()
    if not old or not told:
        return
    code = tokens.make("back", account.user_id, old, lasts=_BACK)
    mail.post(old, _address_changed(_name(account), code))


def _taken(email: str, user_id: int) -> bool:
    others = select(Account.user_id).where(Account.email_key == email.casefold(), Account.user_id != user_id)
    return session().scalar(others) is not None


def _name(account: Account) -> str:
    return session().scalar(select(User.name).where(User.id == account.user_id)) or ""


def _read(purpose: str, code: str) -> list[Any]:
    try:
        return tokens.read(purpose, code)
    except ValueError:
        raise Missing(_("This link is too old, or not complete. Ask for a new one.")) from None


def _confirming(code: str) -> mail.Letter:
    return mail.Letter(
        subject=_("Confirm your address at %(site)s", site=layout.settings.title),
        paragraphs=(_("Somebody, probably you, gave this address at %(site)s.", site=layout.settings.title),),
        action=_("Confirm this address"),
        address=f"/confirm/{code}",
        reason=_("If that was not you, do nothing: the address will not be used."),
    )


def _resetting(name: str, code: str) -> mail.Letter:
    return mail.Letter(
        subject=_("A new password for %(site)s", site=layout.settings.title),
        paragraphs=(_("Hello %(name)s, this link lets you choose a new password. It works for two hours.", name=name),),
        action=_("Choose a new password"),
        address=f"/reset/{code}",
        reason=_("If you did not ask for this, do nothing: your password stays as it is."),
    )


def _password_changed(name: str) -> mail.Letter:
    return mail.Letter(
        subject=_("Your password at %(site)s was changed", site=layout.settings.title),
        paragraphs=(
            _(
                "Hello %(name)s, your password was changed just now, and all other log-ins have ended.",
                name=name,
            ),
        ),
        action=_("That was not me: choose a new password"),
        address="/reset",
        reason=_("If that was you, do nothing."),
    )


def _address_changed(name: str, code: str) -> mail.Letter:
    return mail.Letter(
        subject=_("Your address at %(site)s was changed", site=layout.settings.title),
        paragraphs=(_("Hello %(name)s, from now on this address is no longer the one of your account.", name=name),),
        action=_("That was not me: take it back"),
        address=f"/confirm/back/{code}",
        reason=_("If that was you, do nothing. The way back is open for a week."),
    )


mail.sample("confirm", mark("Confirming an address"), lambda: _confirming("example"))
mail.sample("reset", mark("A new password"), lambda: _resetting("Ann", "example"))
mail.sample("password", mark("A password was changed"), lambda: _password_changed("Ann"))
mail.sample("address", mark("An address was changed"), lambda: _address_changed("Ann", "example"))
