from flask import Blueprint, redirect, render_template, request

from core.db import writing
from core.i18n import gettext as _
from core.i18n import ngettext
from forum import tag_tools
from forum.refusals import Invalid
from web import params
from web.auth import viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("tags", __name__, url_prefix="/tags")


@blueprint.get("")
def index():
    return page(params.text("q", 40))


@blueprint.post("")
@limited("60 per minute")
def create():
    typed = request.form.get("new", "")
    try:
        with writing():
            made = tag_tools.create(viewer(), typed)
    except Invalid as invalid:
        return page("", {"new": invalid.reason}, typed), 422
    say(_("The tag “%(name)s” is there. Topics can carry it.", name=made))
    return redirect(f"/admin/tags/{made}", 303)


@blueprint.get("/<tag>")
def edit(tag):
    found = tag_tools.get(viewer(), tag)
    return render_template("admin/tags/edit.html", tag=found, value=found.colour, errors={})


@blueprint.post("/<tag>/colour")
@limited("60 per minute")
def paint(tag):
    wanted = request.form.get("colour", "")
    try:
        with writing():
            tag_tools.paint(viewer(), tag, wanted)
    except Invalid as invalid:
        found = tag_tools.get(viewer(), tag)
        return render_template("admin/tags/edit.html", tag=found, value=wanted, errors={"colour": invalid.reason}), 422
    say(_("Saved. Every reader sees it from the next page on."))
    return redirect(f"/admin/tags/{tag}", 303)


@blueprint.post("/<tag>")
@limited("60 per minute")
def update(tag):
    try:
        with writing():
            merged = tag_tools.rename(viewer(), tag, request.form.get("name", ""))
    except Invalid as invalid:
        return page("", errors={tag: invalid.reason}), 422
    say(_("Both tags are one now.") if merged else _("The tag has its new name on every topic."))
    return redirect("/admin/tags", 303)


@blueprint.post("/<tag>/staff")
@limited("60 per minute")
def reserve(tag):
    with writing():
        tag_tools.reserve(viewer(), tag, params.switch("staff"))
    return redirect("/admin/tags", 303)


@blueprint.get("/<tag>/destroy")
def ask(tag):
    found = tag_tools.get(viewer(), tag)
    lost = ngettext(
        "%(num)s topic carries it and stays, without it.", "%(num)s topics carry it and stay, without it.", found.topics
    )
    return render_template(
        "admin/question.html",
        title=_("Remove the tag “%(name)s”?", name=tag),
        lines=[lost],
        action=f"/admin/tags/{tag}/destroy",
        button=_("Remove"),
        back="/admin/tags",
    )


@blueprint.post("/<tag>/destroy")
@limited("60 per minute")
def destroy(tag):
    with writing():
        tag_tools.remove(viewer(), tag)
    say(_("Removed."))
    return redirect("/admin/tags", 303)


def page(search, errors=None, typed=""):
    found = tag_tools.index(viewer(), search, params.cursor())
    return render_template("admin/tags/index.html", page=found, search=search, errors=errors or {}, typed=typed)
