"""Logging in: the check that the login page and the composer's own login share."""

from flask import request

from core import i18n
from core.i18n import gettext as _
from forum import accounts, registration, sessions, terms, viewers
from web import limits
from web.auth import log_in, viewer
from web.networks import network_of


def try_login(name: str, password: str, *, remember: bool) -> str:
    """Logs in, or returns the sentence that says why not. The same words and work for names that nobody has."""
    if "\x00" in name:
        name = ""
    account = accounts.find(name)
    user_id = account.user_id if account else 0
    home = sessions.held_from(user_id, network_of(request.remote_addr or ""))
    tried = limits.try_login(name, user_id, at_home=home)
    if tried.full == "name":
        return _("Those were too many tries for this name. Try again in %(wait)s.", wait=i18n.span(tried.wait))
    if tried.full == "network":
        return _("Too many log-ins failed from your network. Try again in %(wait)s.", wait=i18n.span(tried.wait))
    told = registration.waits(name, password)  # one hash is verified, whoever it is
    if told is None and not (accounts.opened(account, password) and not tried.full):
        told = ""
    if told == "":
        return _("The name or the password is not right.")
    tried.take_back()
    return told or _let_in(user_id, remember=remember)


def _let_in(user_id: int, *, remember: bool) -> str:
    found = viewers.member(user_id)
    if found is not None and found.banned:
        return found.banned.words
    log_in(user_id, remember=remember)
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
