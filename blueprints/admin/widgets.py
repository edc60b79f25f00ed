from flask import Blueprint, redirect, render_template, request

from core.db import writing
from core.i18n import gettext as _
from core.i18n import mark
from forum import arranging, category_tree, widgets
from forum.refusals import Invalid
from web import params
from web.auth import viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("widgets", __name__, url_prefix="/widgets")


PLACES = {
    "brand": mark("Beside the name of the site"), "header": mark("Above the page"),
    "column": mark("Beside the page, on wide screens"), "sidebar": mark("In the side bar"),
    "footer": mark("Below the page"),
}  # fmt: skip
PAGES = {
    "": mark("every page"), "home": mark("the home page"), "category": mark("pages of categories"),
    "topic": mark("pages of topics"), "lists": mark("lists: recent, popular, unread, tags"),
    "people": mark("pages of people"), "groups": mark("pages of groups"),
}  # fmt: skip


@blueprint.get("")
def index():
    return render_template("admin/widgets/index.html", places=arranging.widgets(viewer()), **words())


@blueprint.get("/new")
def new():
    kind = params.choice("kind", widgets.WORDS, "text")
    return form_of(
        None, {"place": params.text("place", 40), "kind": kind, "audience": "everyone", "enabled": True, "phones": True}
    )


@blueprint.get("/<int:item_id>")
def edit(item_id):
    found = arranging.widget(viewer(), params.identity(item_id))
    return form_of(found, values_of(found))


@blueprint.post("/<int:item_id>/copy")
@limited("60 per minute")
def copy(item_id):
    with writing():
        made = arranging.copy_widget(viewer(), params.identity(item_id))
    say(_("This is the copy. It is switched off as yet."))
    return redirect(f"/admin/widgets/{made.id}", 303)


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
    by = -1 if request.form.get("by") == "-1" else 1
    with writing():
        said = arranging.move(viewer(), "widgets", params.identity(item_id), by)
    say(said)
    return redirect("/admin/widgets", 303)


@blueprint.post("/order")
@limited("240 per minute")
def order():
    with writing():
        said = arranging.place(
            viewer(), "widgets", params.chosen("item"), params.chosen_or_none("before"), request.form.get("into", "")
        )
    say(said)
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
        if "preview" in request.form:
            return previewed(found)
        with writing():
            arranging.keep_widget(viewer(), found.id if found else None, request.form)
    except Invalid as invalid:
        return form_of(found, request.form, {invalid.field: invalid.reason}), 422
    say(_("Saved. Every reader sees it from the next page on."))
    return redirect("/admin/widgets", 303)


def previewed(found):
    box = arranging.preview(viewer(), found.id if found else None, request.form)
    lines = widgets.lines(viewer(), box) if box.listed else []
    return form_of(found, request.form, preview=box, lines=lines)


def form_of(found, values, errors=None, **more):
    shown = {"widget": found, "values": values, "errors": errors or {}, "groups": arranging.audiences(viewer())}
    branches = [(0, _("all categories")), *((key, name) for key, name, _own in category_tree.names())]
    return render_template("admin/widgets/edit.html", **shown, branches=branches, **words(), **more)


def words():
    names = {"place_names": PLACES, "page_names": PAGES}
    return {name: {key: _(each) for key, each in known.items()} for name, known in names.items()} | {
        "kinds": widgets.WORDS, "hints": widgets.HINTS,
    }  # fmt: skip


def values_of(found):
    names = ("place", "title", "body", "kind", "pages", "frame", "phones", "audience", "enabled")
    values = {name: getattr(found, name) for name in names} | (found.options or {})
    times = {name: getattr(found, name) for name in ("starts_at", "ends_at")}
    values |= {name: time.strftime("%Y-%m-%dT%H:%M") for name, time in times.items() if time}
    return values | {f"group-{key}": True for key in found.groups or ()}
