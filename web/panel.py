"""The way into the control panel: the right for its section, and the password again after a while.

Acts elsewhere that change who holds rights over others pass the same question, so that a session alone gives none.
"""

from collections.abc import Iterable

from flask import Response, abort, make_response, render_template, request, session

from core import clock
from core.i18n import gettext as _
from forum import memberships, panel, sanctions, viewers
from forum.permissions import require
from forum.refusals import Forbidden
from web import htmx, params, proof
from web.auth import PROVEN, LoginNeeded, since, viewer

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
    problem = proof.check(request.form[PASSWORD])
    return _ask(problem) if problem else None


def prove_for(group_ids: Iterable[int]) -> None:
    """Asks for the password before somebody comes into, or leaves, a group that gives rights over others."""
    if any(memberships.gives_power(each) for each in group_ids):
        _prove()


def prove_over(person_id: int) -> None:
    """Asks for the password before an administrator does something to somebody of the staff; others may not anyway."""
    person = viewers.member(person_id)
    if viewer().administrator and person is not None and sanctions.of_staff(person):
        _prove()


def _prove() -> None:
    if _recently_proven():
        return
    problem = proof.check(request.form[PASSWORD]) if PASSWORD in request.form else ""
    if problem or PASSWORD not in request.form:
        abort(_ask(problem, outside=True))


def _recently_proven() -> bool:
    seconds = since(PROVEN)
    if seconds > panel.settings.minutes * 60:
        return False
    if seconds > _NOTED_EVERY:
        session[PROVEN] = int(clock.now().timestamp())
    return True


def _ask(problem: str = "", *, outside: bool = False) -> Response:
    if htmx.partial():
        raise Forbidden(_("It is a while since you gave your password. Load the page again to go on."))
    if request.method == "GET":
        action, kept = "/admin/prove", [("next", request.full_path.rstrip("?"))]
    else:
        action = request.full_path.rstrip("?")
        kept = [(name, value) for name, value in request.form.items(multi=True) if name not in _LEFT_OUT]
    shown = {"action": action, "kept": kept, "problem": problem, "outside": outside}
    return make_response(render_template("admin/prove.html", **shown), 403)


def way_on() -> str:
    """Where somebody wanted to go when he was asked for his password."""
    address = params.way_back(request.form.get("next"), "/admin")
    return address if address.startswith("/admin") else "/admin"
