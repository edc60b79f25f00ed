"""E-mail addresses: confirmed by a code that was sent there, and the way back in for whoever forgot his password."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from core import clock, mail, tokens
from core.db import after_commit, session, writing
from core.events import subscribe
from core.i18n import gettext as _
from forum import accounts, layout
from forum.refusals import Invalid, Missing
from forum.viewers import Viewer
from models import Account, User

_CONFIRM = timedelta(days=1)
_RESET = timedelta(hours=2)


def of(viewer: Viewer) -> tuple[str, bool]:
    """The address of a member (or nothing), and whether it is confirmed."""
    account = session().get_one(Account, viewer.id)
    return account.email or "", account.email_confirmed_at is not None


def change(viewer: Viewer, password: str, email: str) -> None:
    """Sets a member's address; a code that is sent there confirms it. Raises Invalid."""
    account = session().get_one(Account, viewer.id, populate_existing=True)
    accounts.prove(account, password)
    email = email.strip()
    taken = select(Account.user_id).where(Account.email_key == email.casefold(), Account.user_id != viewer.id)
    if email and session().scalar(taken):
        raise Invalid("email", _("Somebody already uses this e-mail address."))
    if email != (account.email or ""):
        account.email, account.email_key = email or None, email.casefold() or None
        account.email_confirmed_at = None
    session().flush()
    ask(account)


def ask(account: Account) -> None:
    """Sends the code that confirms an address, where it is not confirmed yet, once the transaction stands."""
    if not account.email or account.email_confirmed_at is not None:
        return
    code = tokens.make("confirm", account.user_id, account.email, lasts=_CONFIRM)
    letter = mail.Letter(
        subject=_("Confirm your address at %(site)s", site=layout.settings.title),
        paragraphs=(_("Somebody, probably you, gave this address at %(site)s.", site=layout.settings.title),),
        action=_("Confirm this address"),
        address=f"/confirm/{code}",
        reason=_("If that was not you, do nothing: the address will not be used."),
    )
    _post(account.email, letter)


@subscribe(accounts.UserRegistered)
def ask_newcomer(event: accounts.UserRegistered) -> None:
    """Sends a new member the code that confirms the address he gave."""
    with writing() as current:
        account = current.get(Account, event.user_id)
        if account is not None:
            ask(account)


def confirm(code: str) -> None:
    """Confirms the address that a code was sent to. Raises Missing for a code that is too old or not ours."""
    user_id, email = _read("confirm", code)
    account = session().get(Account, user_id, with_for_update=True, populate_existing=True)
    if account is None or account.email != email:
        raise Missing(_("This link is for an address that is no longer in use here."))
    account.email_confirmed_at = account.email_confirmed_at or clock.now()
    session().flush()


def ask_reset(email: str) -> None:
    """Sends the way to a new password, if the address belongs to somebody. Who asks cannot tell."""
    account = session().scalar(select(Account).where(Account.email_key == email.strip().casefold()))
    if account is None or not account.email:
        return
    name = session().scalar(select(User.name).where(User.id == account.user_id))
    code = tokens.make("reset", account.user_id, account.session_epoch, lasts=_RESET)
    letter = mail.Letter(
        subject=_("A new password for %(site)s", site=layout.settings.title),
        paragraphs=(_("Hello %(name)s, this link lets you choose a new password. It works for two hours.", name=name),),
        action=_("Choose a new password"),
        address=f"/reset/{code}",
        reason=_("If you did not ask for this, do nothing: your password stays as it is."),
    )
    _post(account.email, letter)


def known(code: str) -> Account:
    """The account that a code for a new password opens. Raises Missing once it was used or is too old."""
    user_id, epoch = _read("reset", code)
    account = session().get(Account, user_id, populate_existing=True)
    if account is None or account.session_epoch != epoch:
        raise Missing(_("This link was used already. Ask for a new one."))
    return account


def reset(code: str, password: str) -> Account:
    """Sets a new password, ends every session, and takes the address as confirmed. Raises Missing, Invalid."""
    account = known(code)
    accounts.set_password(account, password)
    account.email_confirmed_at = account.email_confirmed_at or clock.now()
    session().flush()
    return account


def _read(purpose: str, code: str) -> list[Any]:
    try:
        return tokens.read(purpose, code)
    except ValueError:
        raise Missing(_("This link is too old, or not complete. Ask for a new one.")) from None


def _post(to: str, letter: mail.Letter) -> None:
    after_commit(lambda: mail.post(to, letter))
