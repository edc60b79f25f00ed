from flask import Blueprint

from core.db import writing
from forum import sessions
from web import htmx, params
from web.auth import login_required, own_mark, viewer
from web.limits import limited

blueprint = Blueprint("sessions", __name__)


@blueprint.get("/me/sessions")
@login_required
def index():
    return htmx.render("sessions/index.html", "sessions/_rows.html", **shown())


@blueprint.post("/me/sessions/<int:session_id>/end")
@limited("60 per minute")
def end(session_id):
    with writing():
        sessions.end(viewer(), params.identity(session_id))
    return htmx.done("sessions/update.parts.html", otherwise="/me/sessions", **shown())


@blueprint.post("/me/sessions/end-others")
@limited("60 per minute")
def end_others():
    with writing():
        sessions.end_others(viewer(), own_mark())
    return htmx.done("sessions/update.parts.html", otherwise="/me/sessions", **shown())


def shown():
    return {"rows": sessions.listed(viewer(), own_mark()), "most": sessions.settings.most}
