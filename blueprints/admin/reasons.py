from flask import Blueprint, redirect, render_template, request

from core.db import writing
from core.i18n import gettext as _
from forum import reasons
from forum.refusals import Invalid
from web import params
from web.auth import viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("reasons", __name__, url_prefix="/reasons")


@blueprint.get("")
def index():
    return render_template("admin/reasons/index.html", texts=reasons.index(viewer()), kinds=reasons.KINDS)


@blueprint.get("/new")
def new():
    return form_of(None, {"kind": "any"})


@blueprint.get("/<int:text_id>")
def edit(text_id):
    found = reasons.get(viewer(), params.identity(text_id))
    return form_of(found.id, {"kind": found.kind, "title": found.title, "body": found.body})


@blueprint.post("/new")
@limited("60 per minute")
def create():
    return keep(None)


@blueprint.post("/<int:text_id>")
@limited("60 per minute")
def update(text_id):
    return keep(params.identity(text_id))


@blueprint.get("/<int:text_id>/destroy")
def ask(text_id):
    found = reasons.get(viewer(), params.identity(text_id))
    return render_template(
        "admin/question.html",
        title=_("Remove the text “%(name)s”?", name=found.title),
        lines=[_("What was said with it stays said.")],
        action=f"/admin/reasons/{found.id}/destroy",
        button=_("Remove"),
        back="/admin/reasons",
    )


@blueprint.post("/<int:text_id>/destroy")
@limited("60 per minute")
def destroy(text_id):
    with writing():
        reasons.remove(viewer(), params.identity(text_id))
    say(_("Removed."))
    return redirect("/admin/reasons", 303)


def keep(text_id):
    try:
        with writing():
            reasons.keep(viewer(), text_id, request.form)
    except Invalid as invalid:
        return form_of(text_id, request.form, {invalid.field: invalid.reason}), 422
    say(_("Saved."))
    return redirect("/admin/reasons", 303)


def form_of(text_id, values, errors=None):
    context = {"text_id": text_id, "values": values, "kinds": reasons.KINDS, "errors": errors or {}}
    return render_template("admin/reasons/edit.html", **context)
