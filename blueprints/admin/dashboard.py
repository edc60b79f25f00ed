from flask import Blueprint, redirect, render_template

from forum import panel
from web.auth import viewer
from web.limits import limited
from web.panel import way_on

blueprint = Blueprint("dashboard", __name__)


@blueprint.get("/")
def show():
    return render_template("admin/dashboard/show.html", sections=panel.sections(viewer()))


@blueprint.post("/prove")
@limited("30 per minute")
def prove():
    return redirect(way_on(), 303)
