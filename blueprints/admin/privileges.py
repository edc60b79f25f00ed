from flask import Blueprint, redirect, render_template, request

from core.db import writing
from core.i18n import gettext as _
from core.i18n import ngettext
from forum import granting
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
    shown["moderators"] = granting.moderators(place) if place else []
    return render_template("admin/privileges/index.html", **shown, **frame_of())


def frame_of():
    return {"filters": granting.FILTERS, "everywhere_only": granting.EVERYWHERE_ONLY, "words": granting.WORDS,
            "places": granting.places(viewer())}  # fmt: skip


def checked(show, place=0):
    known = [name for name in granting.FILTERS if not (place and name in granting.EVERYWHERE_ONLY)]
    return show if show in known else known[0]


def number_of(name):
    text = request.form.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else 0


def back_to(place, show):
    return redirect(f"/admin/privileges?place={place}&show={checked(show, place)}", 303)
