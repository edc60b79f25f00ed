from flask import Blueprint, redirect, render_template, request

from core.db import writing
from core.i18n import gettext as _
from core.i18n import ngettext
from forum import granting, privileges, rights_below
from forum.refusals import Invalid
from web import params
from web.auth import viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("privileges", __name__, url_prefix="/privileges")


@blueprint.get("")
def index():
    return page(params.number("place") or 0, asked=params.text("with", 18))


@blueprint.get("/why")
def why():
    place, act, who = params.number("place") or 0, params.text("act", 40), params.text("who", 60)
    found, errors = None, {}
    if act:
        try:
            found = granting.why(viewer(), who, place, act)
        except Invalid as invalid:
            errors = {invalid.field: invalid.reason}
    shown = {"place": place, "act": act, "who": who, "found": found, "errors": errors, "asked": "act" in request.args}
    return render_template("admin/privileges/why.html", **shown, **frame_of())


@blueprint.post("")
@limited("60 per minute")
def update():
    place, show = number_of("place"), request.form.get("show", "")
    try:
        with writing():
            form = request.form
            changed = granting.change(viewer(), place, checked(show), form.getlist("line"), form.getlist("cell"))
    except Invalid as invalid:
        return page(place, show=show, errors={invalid.field: invalid.reason}), 422
    say(ngettext("%(num)s right was changed.", "%(num)s rights were changed.", changed))
    return back_to(place, show)


@blueprint.post("/own")
@limited("60 per minute")
def own():
    place, like = number_of("place"), request.form.get("like", "")
    with writing():
        granting.set_own(viewer(), place, own=params.switched("own"), like=number_of("like") if like.strip() else None)
    say(_("Saved. It counts from the next page on."))
    return back_to(place, request.form.get("show", ""))


@blueprint.post("/group")
@limited("60 per minute")
def keep_for():
    place = number_of("place")
    with writing():
        name = granting.keep_for(viewer(), place, params.chosen("group"))
    say(_("Only “%(name)s” and the staff see it now. Members of the group may read and write.", name=name))
    return back_to(place, request.form.get("show", ""))


@blueprint.get("/<int:category_id>/below")
def ask_below(category_id):
    found = rights_below.get(viewer(), params.identity(category_id))
    if found.own:
        return render_template("admin/question.html", **question(found))
    name = found.category.name
    say(_("Nothing to copy: all that stands below “%(name)s” has its rights already.", name=name))
    return back_to(category_id, "")


@blueprint.post("/<int:category_id>/below")
@limited("30 per minute")
def copy_below(category_id):
    with writing():
        copied = rights_below.copy(viewer(), params.identity(category_id))
    words = ngettext(
        "The rights of %(num)s category were replaced.",
        "The rights of %(num)s categories were replaced.",
        copied,
    )
    say(words + " " + _("It counts from the next page on."))
    return back_to(category_id, "")


@blueprint.post("/moderators")
@limited("60 per minute")
def moderators():
    place = number_of("place")
    try:
        key = request.form.get("key") or granting.principal(request.form.get("who", ""))
        with writing():
            granting.set_moderator(viewer(), place, key, moderates=params.switched("moderates"))
    except Invalid as invalid:
        return page(place, errors={"moderator": invalid.reason}), 422
    say(_("Saved. It counts from the next page on."))
    return back_to(place, "")


@blueprint.get("/find")
def find():
    place, show = params.number("place") or 0, checked(params.text("show", 20))
    try:
        key = granting.principal(params.text("who", 60))
    except Invalid as invalid:
        return page(place, show=show, errors={"who": invalid.reason}), 422
    return redirect(f"/admin/privileges?place={place}&show={show}&with={key}#line-{key}")


def page(place, show="", errors=None, asked=""):
    show = checked(show or params.text("show", 20), place)
    matrix = granting.matrix(viewer(), place, show, asked)
    shown = {"matrix": matrix, "place": place, "show": show, "errors": errors or {}, "asked": asked}
    shown["groups"] = [(line.key[1:], line.name) for line in matrix.lines if not line.person]
    shown["below"] = len(rights_below.get(viewer(), place).own) if place else 0
    shown["moderators"] = granting.moderators(place) if place else []
    return render_template("admin/privileges/index.html", **shown, **frame_of())


def question(found):
    name, place, own = found.category.name, found.category.id, len(found.own)
    lines = [
        ngettext("%(num)s category stands below it.", "%(num)s categories stand below it.", found.number),
        ngettext(
            "%(num)s has rights of its own. A copy takes their place; who moderates there stays.",
            "%(num)s have rights of their own. A copy takes their place; who moderates there stays.",
            own,
        ),
    ]
    return {
        "title": _("Copy the rights of “%(name)s” to those below it?", name=name),
        "lines": lines,
        "links": [(f"/admin/privileges?place={row.id}", row.name) for row in found.own],
        "after": _("All others below it have these rights anyway, and keep up with them."),
        "action": f"/admin/privileges/{place}/below",
        "button": ngettext("Replace the rights of %(num)s category", "Replace the rights of %(num)s categories", own),
        "symbol": "files",
        "back": f"/admin/privileges?place={place}",
    }


def frame_of():
    return {"filters": granting.FILTERS, "everywhere_only": granting.EVERYWHERE_ONLY, "words": privileges.shown(),
            "places": granting.places(viewer())}  # fmt: skip


def checked(show, place=0):
    known = [name for name in granting.FILTERS if not (place and name in granting.EVERYWHERE_ONLY)]
    return show if show in known else known[0]


def number_of(name):
    text = request.form.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else 0


def back_to(place, show):
    return redirect(f"/admin/privileges?place={place}&show={checked(show, place)}", 303)
