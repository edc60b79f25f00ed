from flask import Blueprint, redirect, render_template, request

from core.db import writing
from core.i18n import gettext as _
from forum import preferences, users
from web.auth import login_required, viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("preferences", __name__)


@blueprint.get("/me/settings")
@login_required
def edit():
    known = {"choices": preferences.choices(), "usual": preferences.usual()}
    return render_template("preferences/edit.html", chosen=preferences.of(viewer()), **known)


@blueprint.post("/me/settings")
@limited("60 per minute")
def update():
    with writing():
        preferences.choose(viewer(), request.form)
    say(_("Saved."))
    return redirect("/me/settings", 303)


@blueprint.get("/user/<slug>/settings")
@login_required
def show(slug):
    person = users.get(viewer(), slug)
    return redirect("/me/settings" if person.id == viewer().id else f"/user/{person.slug}")
