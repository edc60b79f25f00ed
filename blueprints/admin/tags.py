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


def page(search, errors=None):
    found = tag_tools.index(viewer(), search)
    return render_template("admin/tags/index.html", tags=found, search=search, errors=errors or {})
