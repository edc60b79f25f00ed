from flask import Blueprint, redirect, render_template

from core.db import writing
from core.i18n import gettext as _
from forum import removals, users
from web.auth import login_required, viewer
from web.flash import say
from web.limits import limited
from web.panel import prove_over

blueprint = Blueprint("removals", __name__)


@blueprint.get("/user/<slug>/remove")
@login_required
def ask(slug):
    person = users.get(viewer(), slug)
    return render_template("removals/ask.html", person=person, loss=removals.losses(viewer(), person.id))


@blueprint.post("/user/<slug>/remove")
@limited("30 per minute")
def destroy(slug):
    person = users.get(viewer(), slug)
    prove_over(person.id)
    with writing():
        gone = removals.remove(viewer(), person.id)
    say(
        _("%(name)s is banned, and everything is deleted. For 30 days it can be brought back.", name=person.name)
        if gone
        else _(
            "%(name)s is banned, and everything goes bit by bit. For 30 days it can be brought back.", name=person.name
        )
    )
    return redirect(f"/user/{person.slug}/record", 303)


@blueprint.post("/user/<slug>/return")
@limited("30 per minute")
def restore(slug):
    person = users.get(viewer(), slug)
    prove_over(person.id)
    with writing():
        removals.take_back(viewer(), person.id)
    say(_("%(name)s is back, with everything.", name=person.name))
    return redirect(f"/user/{person.slug}/record", 303)
