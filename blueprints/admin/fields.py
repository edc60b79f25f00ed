from flask import Blueprint, redirect, render_template, request

from core.db import writing
from core.i18n import gettext as _
from core.i18n import ngettext
from forum import fields
from forum.refusals import Invalid
from web import params
from web.auth import viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("fields", __name__, url_prefix="/fields")


@blueprint.get("")
def index():
    found = fields.index(viewer())
    return render_template(
        "admin/fields/index.html", fields=found, kinds=fields.KINDS, visibilities=fields.VISIBILITIES
    )


@blueprint.get("/new")
def new():
    fields.index(viewer())
    return form_of(None, {"kind": "text", "visibility": "all", "longest": 100, "reputation": 0})


@blueprint.get("/<int:field_id>")
def edit(field_id):
    found = fields.get(viewer(), params.identity(field_id))
    names = ("name", "hint", "icon", "kind", "longest", "required", "visibility", "reputation")
    return form_of(found, {**{name: getattr(found, name) for name in names}, "options": "\n".join(found.options)})


@blueprint.post("/new")
@limited("60 per minute")
def create():
    return keep(None)


@blueprint.post("/<int:field_id>")
@limited("60 per minute")
def update(field_id):
    return keep(fields.get(viewer(), params.identity(field_id)))


@blueprint.post("/<int:field_id>/move")
@limited("240 per minute")
def move(field_id):
    with writing():
        fields.move(viewer(), params.identity(field_id), -1 if request.form.get("by") == "-1" else 1)
    return redirect("/admin/fields", 303)


@blueprint.get("/<int:field_id>/destroy")
def ask(field_id):
    found = fields.get(viewer(), params.identity(field_id))
    filled = fields.people(found.id)
    lost = ngettext(
        "%(num)s person has filled it in, and loses that.", "%(num)s people have filled it in, and lose that.", filled
    )
    return render_template(
        "admin/question.html",
        title=_("Remove the field “%(name)s”?", name=found.name),
        lines=[lost if filled else _("Nobody has filled it in."), _("It cannot be brought back.")],
        action=f"/admin/fields/{found.id}/destroy?people={filled}",
        button=_("Remove"),
        back="/admin/fields",
    )


@blueprint.post("/<int:field_id>/destroy")
@limited("60 per minute")
def destroy(field_id):
    with writing():
        fields.remove(viewer(), params.identity(field_id), params.number("people"))
    say(_("Removed."))
    return redirect("/admin/fields", 303)


def keep(found):
    try:
        with writing():
            fields.keep(viewer(), found.id if found else None, request.form)
    except Invalid as invalid:
        return form_of(found, request.form, {invalid.field: invalid.reason}), 422
    say(_("Saved."))
    return redirect("/admin/fields", 303)


def form_of(found, values, errors=None):
    context = {"field": found, "values": values, "errors": errors or {}}
    return render_template("admin/fields/edit.html", kinds=fields.KINDS, visibilities=fields.VISIBILITIES, **context)
