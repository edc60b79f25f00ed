"""Maintenance: everybody who is kept out gets the same page, whatever he asks for; logging in stays possible."""

from flask import Flask, Response

from core.i18n import gettext as _
from forum import maintenance
from forum.maintenance import Closed
from web import errors, kept
from web.auth import viewer
from web.exchange import this_request

_OPEN = ("/login", "/logout")


def init_app(app: Flask) -> None:
    """Connects the gate, behind the one that knows who asks, and tells pages whether the site is closed."""
    app.jinja_env.globals.update(maintenance=maintenance.settings)

    @app.before_request
    def _gate() -> None:
        current = this_request()
        if current.endpoint in kept.FILES or current.for_machines or current.path.startswith(_OPEN):
            return
        maintenance.enter(viewer())

    @app.errorhandler(Closed)
    def _closed(error: Closed) -> Response:
        title = _("Back in a moment")
        return errors.answer(503, error.reason, wait=error.seconds, title=title, page="errors/maintenance.html")
