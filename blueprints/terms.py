from flask import Blueprint, redirect, render_template, request

from core.db import writing
from core.i18n import gettext as _
from forum import terms
from web import htmx, params
from web.auth import viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("terms", __name__)


@blueprint.get("/terms")
def show():
    return render_template("terms/show.html", text=terms.show())


@blueprint.get("/tos")
def moved():
    return redirect("/terms", 308)


@blueprint.post("/terms")
@limited("60 per minute")
def accept():
    with writing():
        terms.accept(viewer(), params.chosen("version"))
    if not htmx.partial():
        say(_("Thank you. The terms are accepted."))
    return htmx.done("terms/accept.parts.html", otherwise=params.way_back(request.form.get("next")))
