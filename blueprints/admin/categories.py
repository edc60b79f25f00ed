from flask import Blueprint, redirect, render_template, request

from core.db import writing
from core.i18n import gettext as _
from core.i18n import ngettext
from forum import category_tree
from forum.refusals import Invalid
from web import params
from web.auth import viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("categories", __name__, url_prefix="/categories")


@blueprint.get("")
def index():
    return render_template("admin/categories/index.html", branches=category_tree.branches(viewer()))


@blueprint.get("/new")
def new():
    return form_of(None, {"colour": "#475569", "icon": "chat-dots", "parent": params.number("parent") or ""})


@blueprint.get("/<int:category_id>")
def edit(category_id):
    found = category_tree.get(viewer(), params.identity(category_id))
    names = (
        "name",
        "description",
        "icon",
        "colour",
        "section",
        "link",
        "disabled",
        "template",
        "tags_least",
        "tags_most",
    )
    special = {"parent": found.parent_id or "", "tags_allowed": ", ".join(found.tags_allowed or ())}
    return form_of(found, {**{name: getattr(found, name) for name in names}, **special})


@blueprint.post("/new")
@limited("60 per minute")
def create():
    return keep(None)


@blueprint.post("/<int:category_id>")
@limited("60 per minute")
def update(category_id):
    return keep(category_tree.get(viewer(), params.identity(category_id)))


@blueprint.post("/<int:category_id>/move")
@limited("240 per minute")
def move(category_id):
    with writing():
        category_tree.move(viewer(), params.identity(category_id), -1 if request.form.get("by") == "-1" else 1)
    return redirect(f"/admin/categories#category-{category_id}", 303)


@blueprint.get("/<int:category_id>/destroy")
def ask(category_id):
    return question(category_tree.get(viewer(), params.identity(category_id)), {})


@blueprint.post("/<int:category_id>/merge")
@limited("20 per minute")
def merge(category_id):
    found = category_tree.get(viewer(), params.identity(category_id))
    into = request.form.get("into", "")
    try:
        if not (into.isascii() and into.isdecimal()):
            raise Invalid("into", _("Choose a category."))
        with writing():
            category_tree.merge(viewer(), category_id, params.identity(int(into[:18])))
    except Invalid as invalid:
        return question(found, {invalid.field: invalid.reason}), 422
    say(_("“%(name)s” is a part of the other category now.", name=found.name))
    return redirect("/admin/categories", 303)


@blueprint.post("/<int:category_id>/destroy")
@limited("20 per minute")
def destroy(category_id):
    found = category_tree.get(viewer(), params.identity(category_id))
    with writing():
        category_tree.purge(viewer(), category_id)
    say(_("“%(name)s” is gone for good.", name=found.name))
    return redirect("/admin/categories", 303)


def question(found, errors):
    lost = category_tree.losses(viewer(), found.id)
    return render_template(
        "admin/categories/destroy.html",
        category=found,
        lost=lost,
        others=category_tree.parents_for(viewer(), found.id),
        most=category_tree.PURGED_AT_ONCE,
        topics=ngettext("%(num)s topic", "%(num)s topics", lost.topics),
        posts=ngettext("%(num)s post", "%(num)s posts", lost.posts),
        errors=errors,
    )


def keep(found):
    try:
        with writing():
            kept = category_tree.keep(viewer(), found.id if found else None, request.form)
    except Invalid as invalid:
        return form_of(found, request.form, {invalid.field: invalid.reason}), 422
    say(_("Saved. Every reader sees it from the next page on."))
    return redirect(f"/admin/categories#category-{kept.id}", 303)


def form_of(found, values, errors=None):
    parents = category_tree.parents_for(viewer(), found.id if found else None)
    shown = {"category": found, "values": values, "errors": errors or {}, "parents": parents}
    return render_template("admin/categories/edit.html", **shown)
