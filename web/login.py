"""Logging in: the check that the login page and the composer's own login share."""

from flask import request

from core.i18n import gettext as _
from forum import accounts, viewers
from web import limits
from web.auth import log_in, viewer


def try_login(name: str, password: str, *, remember: bool) -> str:
    """Logs in, or returns the sentence that says why not. The same words and time for unknown names."""
    if "\x00" in name:
        name = ""
    wait = limits.login_wait(name)
    if wait:
        return _("Those were too many tries for this name. Try again in %(wait)s.", wait=limits.wait_words(wait))
    wait = limits.network_wait()
    if wait:
        return _("Too many log-ins failed from your network. Try again in %(wait)s.", wait=limits.wait_words(wait))
    account = accounts.authenticate(name, password)
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
    return try_login(name, password, remember=True) or None
