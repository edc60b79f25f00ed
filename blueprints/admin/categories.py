from flask import Blueprint, redirect, render_template, request

from core.db import writing
from core.i18n import gettext as _
from core.i18n import ngettext
from forms.pictures import CropForm
from forum import category_images, category_tree, pictures
from forum.refusals import Invalid
from web import params
from web.auth import viewer
from web.flash import say
from web.limits import limited
from web.uploads import received, takes_files

blueprint = Blueprint("categories", __name__, url_prefix="/categories")


@blueprint.get("")
def index():
    return render_template("admin/categories/index.html", branches=category_tree.branches(viewer()))


@blueprint.get("/new")
def new():
    return form_of(None, {"colour": "#475569", "icon": "chat-dots", "parent": params.number("parent") or ""})


@blueprint.get("/<int:category_id>")
def edit(category_id, errors=None):
    found = category_tree.get(viewer(), params.identity(category_id))
    own = {"name": found.name, "link": found.link, "parent": found.parent_id or ""}
    return form_of(found, {**own, **copied(found)}, errors)


@blueprint.post("/new")
@limited("60 per minute")
def create():
    return keep(None)


@blueprint.post("/<int:category_id>")
@limited("60 per minute")
def update(category_id):
    return keep(category_tree.get(viewer(), params.identity(category_id)))


@blueprint.post("/<int:category_id>/image")
@limited("60 per hour")
@takes_files
def picture(category_id):
    found = category_tree.get(viewer(), params.identity(category_id))
    form = params.well_formed(CropForm())
    try:
        ready = category_images.prepare(viewer(), found.id, *received("file"), form.crop())
        with writing():
            category_images.put(viewer(), found.id, ready)
    except Invalid as invalid:
        return edit(found.id, {category_images.KIND: invalid.reason}), 422
    say(_("“%(name)s” has its image.", name=found.name))
    return redirect(f"/admin/categories/{found.id}#image", 303)


@blueprint.post("/<int:category_id>/image/remove")
@limited("60 per hour")
def unpicture(category_id):
    with writing():
        category_images.remove(viewer(), params.identity(category_id))
    say(_("The icon is back."))
    return redirect(f"/admin/categories/{category_id}#image", 303)


@blueprint.post("/<int:category_id>/move")
@limited("240 per minute")
def move(category_id):
    by = -1 if request.form.get("by") == "-1" else 1
    with writing():
        said = category_tree.move(viewer(), params.identity(category_id), by)
    say(said)
    return redirect(f"/admin/categories#category-{category_id}", 303)


@blueprint.post("/order")
@limited("240 per minute")
def order():
    item, before = params.identity(params.chosen("item")), params.chosen_or_none("before")
    with writing():
        said = category_tree.place(viewer(), item, request.form.get("into", ""), before)
    say(said)
    return redirect(f"/admin/categories#category-{item}", 303)


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
        gone = category_tree.purge(viewer(), category_id)
    say(
        _("“%(name)s” is gone for good.", name=found.name)
        if gone
        else _("“%(name)s” is closed, and its topics go one after another. It goes with the last.", name=found.name)
    )
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
    if "fill" in request.form:
        return fill(found)
    try:
        with writing():
            kept = category_tree.keep(viewer(), found.id if found else None, request.form)
    except Invalid as invalid:
        return form_of(found, request.form, {invalid.field: invalid.reason}), 422
    say(_("Saved. Who may see it and write there stands under the key."))
    return redirect(f"/admin/categories#category-{kept.id}", 303)


def fill(found):
    like = params.chosen_or_none("like")
    if like is None:
        return form_of(found, request.form, {"like": _("Choose a category.")}), 422
    source = category_tree.get(viewer(), params.identity(like))
    return form_of(found, {**request.form.to_dict(), **copied(source)}, filled=source.name)


def copied(row):
    values = {name: getattr(row, name) for name in category_tree.COPIED}
    return {**values, "tags_allowed": ", ".join(row.tags_allowed or ())}


def form_of(found, values, errors=None, filled=""):
    shown = {"category": found, "values": values, "errors": errors or {}, "filled": filled}
    parents = category_tree.parents_for(viewer(), found.id if found else None)
    others = [branch for branch in category_tree.branches(viewer()) if found is None or branch.row.id != found.id]
    shown |= {"parents": parents, "others": others, "largest": pictures.largest}
    return render_template("admin/categories/edit.html", **shown)
