from flask import Blueprint, redirect, render_template, request

from core.db import writing
from core.i18n import gettext as _
from forms.leaving import LeavingForm
from forum import leaving, users
from forum.permissions import require
from web import params, proof
from web.auth import log_out, login_required, viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("leaving", __name__)


@blueprint.get("/me/leave")
@login_required
def ask():
    return page(LeavingForm(), users.own(viewer()))


def page(form, person):
    may = leaving.delete_account(viewer(), person.id)
    stock = leaving.stock(viewer(), person.id) if may else None
    template = "leaving/ask.html" if person.id == viewer().id else "leaving/person.html"
    return render_template(template, form=form, person=person, may=may, stock=stock, way=request.form.get("posts"))


@blueprint.post("/me/leave")
@limited("10 per hour")
def leave():
    form, person = LeavingForm(), users.own(viewer())
    if not (form.validate_on_submit() and proof.given(form, always=True)):
        return page(form, person), 422
    with writing():
        leaving.leave(viewer(), person.id, params.among("posts", leaving.WAYS))
    log_out()
    say(_("Your account is deleted. Thank you for the time that you were here."))
    return redirect("/", 303)


@blueprint.get("/user/<slug>/leave")
@login_required
def ask_of(slug):
    person = users.get(viewer(), slug)
    require(leaving.delete_account(viewer(), person.id))
    return page(LeavingForm(), person)


@blueprint.post("/user/<slug>/leave")
@limited("30 per hour")
def leave_of(slug):
    form, person = LeavingForm(), users.get(viewer(), slug)
    require(leaving.delete_account(viewer(), person.id))
    if not (form.validate_on_submit() and proof.given(form, always=True)):
        return page(form, person), 422
    with writing():
        leaving.leave(viewer(), person.id, params.among("posts", leaving.WAYS))
    say(_("The account of %(name)s is deleted.", name=person.name))
    return redirect(f"/uid/{person.id}", 303)
