"""Logging in: the check that the login page and the composer's own login share."""

from flask import request

from core import i18n
from core.i18n import gettext as _
from forum import accounts, registration, terms, viewers
from web import limits
from web.auth import log_in, viewer


def try_login(name: str, password: str, *, remember: bool) -> str:
    """Logs in, or returns the sentence that says why not. The same words and time for unknown names."""
    if "\x00" in name:
        name = ""
    wait = limits.login_wait(name)
    if wait:
        return _("Those were too many tries for this name. Try again in %(wait)s.", wait=i18n.span(wait))
    wait = limits.network_wait()
    if wait:
        return _("Too many log-ins failed from your network. Try again in %(wait)s.", wait=i18n.span(wait))
    told = registration.waits(name, password)  # one hash is verified, whoever it is
    account = accounts.authenticate(name, password) if told is None else None
    if told:
        return told
    if account is None:
        limits.login_failed(name)
        return _("The name or the password is not right.")
    found = viewers.member(account.user_id)
    if found is not None and found.banned:
        return found.banned.words
    log_in(account.user_id, remember=remember)
    return ""


def log_in_place() -> str | None:
    """For a write whose sender is logged out: None when he is logged in (now), else what to tell him.

    The form that was sent comes back with everything typed and two fields more, name and password.
    """
    if not viewer().guest:
        return None
    name, password = request.form.get("name", ""), request.form.get("password", "")
    if not name or not password:
        return _("You are not logged in. Your text is still here: log in and send it in one go.")
    problem = try_login(name, password, remember=True)
    if not problem and terms.owed(viewer()):
        return _("Our terms have changed. Your text is still here: send it again, and accept them on the way.")
    return problem or None
