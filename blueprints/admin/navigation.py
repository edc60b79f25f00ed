from flask import Blueprint, redirect, render_template, request

from core.db import writing
from core.i18n import gettext as _
from forum import arranging
from forum.refusals import Invalid
from web import params
from web.auth import viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("navigation", __name__, url_prefix="/navigation")


@blueprint.get("")
def index():
    return render_template("admin/navigation/index.html", entries=arranging.entries(viewer()))


@blueprint.get("/new")
def new():
    return form_of(None, {"icon": "star", "audience": "everyone", "enabled": True})


@blueprint.get("/<int:item_id>")
def edit(item_id):
    found = arranging.entry(viewer(), params.identity(item_id))
    return form_of(found, values_of(found))


@blueprint.post("/new")
@limited("60 per minute")
def create():
    return keep(None)


@blueprint.post("/<int:item_id>")
@limited("60 per minute")
def update(item_id):
    return keep(arranging.entry(viewer(), params.identity(item_id)))


@blueprint.post("/<int:item_id>/move")
@limited("240 per minute")
def move(item_id):
    by = -1 if request.form.get("by") == "-1" else 1
    with writing():
        said = arranging.move(viewer(), "navigation", params.identity(item_id), by)
    say(said)
    return redirect("/admin/navigation", 303)


@blueprint.post("/order")
@limited("240 per minute")
def order():
    with writing():
        said = arranging.place(viewer(), "navigation", params.chosen("item"), params.chosen_or_none("before"))
    say(said)
    return redirect("/admin/navigation", 303)


@blueprint.get("/<int:item_id>/destroy")
def ask(item_id):
    found = arranging.entry(viewer(), params.identity(item_id))
    return render_template(
        "admin/question.html",
        title=_("Remove this entry?"),
        lines=[_("“%(words)s” leaves the navigation of everybody. The page it leads to stays.", words=found.text)],
        action=f"/admin/navigation/{found.id}/destroy",
        button=_("Remove"),
        back="/admin/navigation",
    )


@blueprint.post("/<int:item_id>/destroy")
@limited("60 per minute")
def destroy(item_id):
    with writing():
        arranging.remove(viewer(), "navigation", params.identity(item_id))
    say(_("Removed."))
    return redirect("/admin/navigation", 303)


def keep(found):
    try:
        with writing():
            arranging.keep_entry(viewer(), found.id if found else None, request.form)
    except Invalid as invalid:
        return form_of(found, request.form, {invalid.field: invalid.reason}), 422
    say(_("Saved. Every reader sees it from the next page on."))
    return redirect("/admin/navigation", 303)


def form_of(found, values, errors=None):
    shown = {"entry": found, "values": values, "errors": errors or {}, "groups": arranging.audiences(viewer())}
    return render_template("admin/navigation/edit.html", **shown)


def values_of(found):
    names = ("icon", "text", "target", "tooltip", "new_window", "audience", "enabled")
    return {name: getattr(found, name) for name in names} | {f"group-{key}": True for key in found.groups or ()}
