from flask import Blueprint, redirect, render_template, request

from core.db import writing
from core.i18n import gettext as _
from core.incidents import settings
from forum import incidents
from web import params
from web.auth import viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("incidents", __name__)


@blueprint.get("/errors", defaults={"place": "errors"})
@blueprint.get("/slow", defaults={"place": "slow"})
def index(place):
    kinds = incidents.PLACES[place]
    kind, fresh = params.choice("kind", kinds, kinds[0]), params.choice("show", ("all", "new"), "all")
    page = incidents.index(viewer(), kind, fresh=fresh == "new", cursor=params.cursor())
    context = {"kind": kind, "show": fresh, "unseen": incidents.unseen(viewer()), "bounds": settings}
    return framed("admin/incidents/index.html", place, page=page, **context)


@blueprint.get("/errors/<int:incident_id>", defaults={"place": "errors"})
@blueprint.get("/slow/<int:incident_id>", defaults={"place": "slow"})
def show(place, incident_id):
    incident = incidents.get(viewer(), params.identity(incident_id), place)
    return framed("admin/incidents/show.html", place, incident=incident, kind=incident.kind)


@blueprint.post("/errors/<int:incident_id>/seen", defaults={"place": "errors"})
@blueprint.post("/slow/<int:incident_id>/seen", defaults={"place": "slow"})
@limited("120 per minute")
def see(place, incident_id):
    incident = incidents.get(viewer(), params.identity(incident_id), place)
    with writing():
        incidents.see(viewer(), incident.kind, incident.id)
    return redirect(f"/admin/{place}?kind={incident.kind}", 303)


@blueprint.post("/errors/seen", defaults={"place": "errors"})
@blueprint.post("/slow/seen", defaults={"place": "slow"})
@limited("60 per minute")
def see_all(place):
    kind = params.among("kind", incidents.PLACES[place])
    with writing():
        incidents.see(viewer(), kind)
    say(_("All of them are marked as seen. One that comes again is new again."))
    return redirect(f"/admin/{place}?kind={kind}", 303)


@blueprint.get("/errors/empty", defaults={"place": "errors"})
@blueprint.get("/slow/empty", defaults={"place": "slow"})
def ask(place):
    kind = params.choice("kind", incidents.PLACES[place], incidents.PLACES[place][0])
    return render_template(
        "admin/question.html",
        title=_("Empty the list “%(name)s”?", name=_(incidents.TITLES[kind])),
        lines=[_("What was counted so far is forgotten. What happens from now on is counted again.")],
        action=f"/admin/{place}/empty?kind={kind}",
        button=_("Empty it"),
        back=f"/admin/{place}?kind={kind}",
    )


@blueprint.post("/errors/empty", defaults={"place": "errors"})
@blueprint.post("/slow/empty", defaults={"place": "slow"})
@limited("60 per minute")
def empty(place):
    kind = params.choice("kind", incidents.PLACES[place], incidents.PLACES[place][0])
    with writing():
        incidents.empty(viewer(), kind)
    say(_("The list is empty."))
    return redirect(f"/admin/{place}?kind={kind}", 303)


def framed(template, place, **context):
    name = request.path.split("/")[2]
    context |= {"place": place, "kinds": incidents.PLACES[place], "titles": incidents.TITLES, "words": incidents.words}
    return render_template(template, title=_("Errors") if name == "errors" else _("Slow"), **context)
