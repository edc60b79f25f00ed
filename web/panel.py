"""The way into the control panel: the right for its section, and the password again after a while."""

from flask import Response, make_response, render_template, request, session

from core import clock
from core.i18n import gettext as _
from forum import accounts, panel
from forum.permissions import require
from forum.refusals import Forbidden
from web import htmx, limits, params
from web.auth import PROVEN, LoginNeeded, viewer

PASSWORD = "panel_password"  # noqa: S105  (the name of a field)
_LEFT_OUT = (PASSWORD, "csrf_token")
_NOTED_EVERY = 60


def gate() -> Response | None:
    """What every request to the control panel passes. Raises LoginNeeded, Forbidden.

    Whoever has not been here for a while is asked for his password. A form that he sent is kept, and sent on with it.
    """
    if viewer().guest:
        raise LoginNeeded
    name = request.path.removeprefix("/admin").strip("/").partition("/")[0]
    require(panel.enter(viewer(), name))
    if _recently_proven():
        return None
    if request.method == "GET" or PASSWORD not in request.form:
        return _ask()
    problem = _check(request.form[PASSWORD])
    return _ask(problem) if problem else None


def _recently_proven() -> bool:
    present = int(clock.now().timestamp())
    since = present - session.get(PROVEN, 0)
    if since > panel.settings.minutes * 60:
        return False
    if since > _NOTED_EVERY:
        session[PROVEN] = present
    return True


def _check(password: str) -> str:
    wait = limits.login_wait(viewer().name)
    if wait:
        return _("Those were too many tries. Try again in %(wait)s.", wait=limits.wait_words(wait))
    if not accounts.confirm(viewer(), password):
        limits.login_failed(viewer().name)
        return _("This is not your password.")
    session[PROVEN] = int(clock.now().timestamp())
    return ""


def _ask(problem: str = "") -> Response:
    if htmx.partial():
        raise Forbidden(_("It is a while since you gave your password. Load the page again to go on."))
    if request.method == "GET":
        action, kept = "/admin/prove", [("next", request.full_path.rstrip("?"))]
    else:
        action = request.full_path.rstrip("?")
        kept = [(name, value) for name, value in request.form.items(multi=True) if name not in _LEFT_OUT]
    return make_response(render_template("admin/prove.html", action=action, kept=kept, problem=problem), 403)


def way_on() -> str:
    """Where somebody wanted to go when he was asked for his password."""
    address = params.way_back(request.form.get("next"), "/admin")
    return address if address.startswith("/admin") else "/admin"
