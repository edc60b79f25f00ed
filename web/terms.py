"""Terms: whoever has not accepted those that hold reads on, and is asked before he writes; what he sent waits with the question."""

from flask import Flask, Response, make_response, render_template, request

from core.db import writing
from forum import terms
from web import htmx
from web.auth import viewer
from web.exchange import this_request

TICK = "accept_terms"
"""The field by which a form that was held back says: accepted."""
_LEFT_OUT = (TICK, "csrf_token")
_FREE = {"terms", "skins", "layout", "drafts", "live", "notifications", "unread", "sessions", "leaving"}
_FREE_VIEWS = {"accounts.logout", "posts.preview"}
"""What may be sent without: looks, reading, what keeps a text from being lost, and the way out."""


def init_app(app: Flask) -> None:
    """Connects the question. After the checks of who may send at all."""

    @app.before_request
    def _terms_first() -> Response | None:
        if this_request().safe or viewer().guest or _free(request.endpoint or ""):
            return None
        version = terms.owed(viewer())
        if not version:
            return None
        if request.form.get(TICK) == str(version):
            with writing():
                terms.accept(viewer(), version)
            return None
        return _ask(version)


def _free(endpoint: str) -> bool:
    return endpoint.partition(".")[0] in _FREE or endpoint in _FREE_VIEWS


def _ask(version: int) -> Response:
    kept = [(name, value) for name, value in request.form.items(multi=True) if name not in _LEFT_OUT]
    action = request.full_path.rstrip("?")
    if htmx.partial():
        answer = make_response(render_template("terms/_first.html", version=version), 403)
        # the page keeps what was typed; the question goes to its place for messages
        answer.headers["HX-Retarget"] = "#messages"
        answer.headers["HX-Reswap"] = "innerHTML"
        return answer
    files = [field for field, file in request.files.items() if file.filename]
    page = {"version": version, "kept": kept, "action": action, "tick": TICK, "files": files}
    return make_response(render_template("terms/first.html", **page), 403)
