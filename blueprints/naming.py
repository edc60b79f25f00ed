from flask import Blueprint, redirect, render_template

from core.db import writing
from core.i18n import gettext as _
from forms.naming import NameForm
from forum import naming, users
from forum.permissions import require
from forum.refusals import Invalid
from web import proof
from web.auth import login_required, viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("naming", __name__)


@blueprint.get("/me/name")
@login_required
def edit():
    return page(NameForm())


def page(form, person=None):
    known = {"may": naming.rename_person(viewer(), person.id if person else viewer().id), "days": naming.settings.days}
    template = "naming/person.html" if person else "naming/edit.html"
    return render_template(template, form=form, person=person, due=proof.due(), **known)


@blueprint.post("/me/name")
@limited("10 per minute")
def update():
    return renamed(NameForm(), None, viewer().id, "/me/name")


@blueprint.get("/user/<slug>/name")
@login_required
def edit_of(slug):
    person = users.get(viewer(), slug)
    require(naming.rename_person(viewer(), person.id))
    return page(NameForm(data={"name": person.name}), person)


@blueprint.post("/user/<slug>/name")
@limited("30 per minute")
def update_of(slug):
    person = users.get(viewer(), slug)
    require(naming.rename_person(viewer(), person.id))
    return renamed(NameForm(), person, person.id, f"/uid/{person.id}")


def renamed(form, person, person_id, onward):
    if not (form.validate_on_submit() and proof.given(form)):
        return page(form, person), 422
    try:
        with writing():
            naming.rename(viewer(), person_id, form.name.data)
    except Invalid as invalid:
        form[invalid.field].errors = [invalid.reason]
        return page(form, person), 422
    say(_("The name is changed. Links and mentions with the old one still lead here."))
    return redirect(onward, 303)
