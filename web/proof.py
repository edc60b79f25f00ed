"""Proof: the password asked again before what is dangerous, unless it was given a moment ago."""

from flask_wtf import FlaskForm

from core import i18n
from core.i18n import gettext as _
from forum import accounts, sessions
from web import limits
from web.auth import GIVEN, own_mark, proved, since, viewer


def due() -> bool:
    """Whether it is a while since the viewer gave his password."""
    return since(GIVEN) > sessions.settings.proof_minutes * 60


def given(form: FlaskForm, *, always: bool = False) -> bool:
    """Whether a form's password proves who sends it; where none is due, an empty one will do, unless it is asked
    `always`. Says in the form what is wrong."""
    password = form.current.data or ""
    if not password and not due() and not always:
        return True
    problem = check(password) if password else _("Enter your password.")
    if problem:
        form.current.errors = [problem]
    return not problem


def check(password: str) -> str:
    """Takes the viewer's password, or returns the sentence that says why not. Tries are counted for him alone: who fails
    to log in with his name from elsewhere does not keep him from this."""
    tried = limits.try_proof(viewer().id)
    if tried.wait:
        return _("Those were too many tries. Try again in %(wait)s.", wait=i18n.span(tried.wait))
    if not accounts.confirm(viewer(), password):
        return _("This is not your password.")
    tried.take_back()
    proved(own_mark())
    return ""
