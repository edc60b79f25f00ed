"""The first run: until a new site is set up, every address leads to the page that does it."""

from flask import Flask, redirect, request
from werkzeug.wrappers import Response

from forum import first_run

_FREE = {"static", "colours", "skins.stylesheet"}


def init_app(app: Flask) -> None:
    """Connects the way to the set-up. Before anybody is asked to log in."""

    @app.before_request
    def _set_up_first() -> Response | None:
        endpoint = request.endpoint or ""
        view = app.view_functions.get(endpoint)
        if endpoint in _FREE or endpoint.startswith("first_run.") or getattr(view, "for_machines", False):
            return None
        return redirect("/setup", 303) if first_run.pending() else None
