from flask import Blueprint, redirect, render_template

from core.i18n import gettext as _
from core.i18n import mark
from forum import attention, panel, statistics
from web import params, plots
from web.auth import viewer
from web.limits import limited
from web.panel import way_on

blueprint = Blueprint("dashboard", __name__)

WORDS = {
    "visits": mark("Visits"), "members": mark("Members"), "guests": mark("Guests"), "robots": mark("Robots"),
    "registrations": mark("Registrations"), "topics": mark("New topics"), "posts": mark("New posts"),
    "flags": mark("Flags"),
}  # fmt: skip
PLOTS = (("visits", statistics.VISITORS), *((kind, (kind,)) for kind in statistics.KINDS[len(statistics.VISITORS) :]))


@blueprint.get("/")
def show():
    if not panel.may(viewer(), statistics.RIGHT):
        return render_template("admin/dashboard/sections.html", sections=panel.sections(viewer()))
    chosen = params.choice("range", statistics.RANGES, "24h")
    course = statistics.course(viewer(), chosen)
    words = {kind: _(each) for kind, each in WORDS.items()}
    return render_template(
        "admin/dashboard/show.html",
        needs=attention.needs(viewer()),
        totals=statistics.totals(viewer()),
        writers=statistics.most_active(viewer()),
        chosen=chosen,
        words=words,
        plots=[plots.draw(name, {kind: words[kind] for kind in kinds}, course) for name, kinds in PLOTS],
    )


@blueprint.post("/prove")
@limited("30 per minute")
def prove():
    return redirect(way_on(), 303)
