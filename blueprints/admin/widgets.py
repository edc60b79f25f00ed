from flask import Blueprint, redirect, render_template, request

from core.db import writing
from core.i18n import gettext as _
from forum import arranging
from forum.refusals import Invalid
from web import params
from web.auth import viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("widgets", __name__, url_prefix="/widgets")


@blueprint.get("")
def index():
    return render_template("admin/widgets/index.html", places=arranging.widgets(viewer()))


@blueprint.get("/new")
def new():
    return form_of(None, {"place": params.text("place", 40), "kind": "text", "audience": "everyone", "enabled": True})


@blueprint.get("/<int:item_id>")
def edit(item_id):
    found = arranging.widget(viewer(), params.identity(item_id))
    return form_of(found, values_of(found))


@blueprint.post("/new")
@limited("60 per minute")
def create():
    return keep(None)


@blueprint.post("/<int:item_id>")
@limited("60 per minute")
def update(item_id):
    return keep(arranging.widget(viewer(), params.identity(item_id)))


@blueprint.post("/<int:item_id>/move")
@limited("240 per minute")
def move(item_id):
    with writing():
        arranging.move(viewer(), "widgets", params.identity(item_id), -1 if request.form.get("by") == "-1" else 1)
    return redirect("/admin/widgets", 303)


@blueprint.get("/<int:item_id>/destroy")
def ask(item_id):
    found = arranging.widget(viewer(), params.identity(item_id))
    return render_template(
        "admin/question.html",
        title=_("Remove this widget?"),
        lines=[_("Its text goes with it. To hide it for a while, switch it off instead.")],
        action=f"/admin/widgets/{found.id}/destroy",
        button=_("Remove"),
        back="/admin/widgets",
    )


@blueprint.post("/<int:item_id>/destroy")
@limited("60 per minute")
def destroy(item_id):
    with writing():
        arranging.remove(viewer(), "widgets", params.identity(item_id))
    say(_("Removed."))
    return redirect("/admin/widgets", 303)


def keep(found):
    try:
        with writing():
            arranging.keep_widget(viewer(), found.id if found else None, request.form)
    except Invalid as invalid:
        return form_of(found, request.form, {invalid.field: invalid.reason}), 422
    say(_("Saved. Every reader sees it from the next page on."))
    return redirect("/admin/widgets", 303)


def form_of(found, values, errors=None):
    return render_template("admin/widgets/edit.html", widget=found, values=values, errors=errors or {})


def values_of(found):
    values = {name: getattr(found, name) for name in ("place", "title", "body", "audience", "enabled")}
    times = {name: getattr(found, name) for name in ("starts_at", "ends_at")}
    values |= {name: time.strftime("%Y-%m-%dT%H:%M") for name, time in times.items() if time}
    return {**values, "kind": "html" if found.trusted else "text"}
