"""The first run: until a new site is set up, every address leads to the page that does it."""

from flask import Flask, redirect
from werkzeug.wrappers import Response

from forum import first_run
from web.exchange import this_request

_FREE = {"static", "colours", "skins.stylesheet"}


def init_app(app: Flask) -> None:
    """Connects the way to the set-up. Before anybody is asked to log in."""

    @app.before_request
    def _set_up_first() -> Response | None:
        current = this_request()
        endpoint = current.endpoint or ""
        if endpoint in _FREE or endpoint.startswith("first_run.") or current.for_machines:
            return None
        return redirect("/setup", 303) if first_run.pending() else None
