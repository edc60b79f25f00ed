from flask import Blueprint, redirect, render_template, request

from core.db import writing
from core.i18n import gettext as _
from core.i18n import ngettext
from forum import configuration
from web import params
from web.auth import viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("settings", __name__, url_prefix="/settings")


@blueprint.get("")
def index():
    return page(params.text("q", 60))


@blueprint.get("/changes")
def changes():
    return render_template("admin/settings/changes.html", history=configuration.history(viewer(), 200))


@blueprint.post("/<feature>")
@limited("60 per minute")
def update(feature):
    with writing():
        number, errors = configuration.change(viewer(), feature, request.form)
    if errors:
        return page("", feature=feature, typed=request.form, errors=errors), 422
    say(
        ngettext("%(num)s setting was changed.", "%(num)s settings were changed.", number)
        if number
        else _("Nothing to change: all was so already.")
    )
    return redirect(f"/admin/settings#cluster-{feature}", 303)


@blueprint.post("/<feature>/<name>/reset")
@limited("60 per minute")
def reset(feature, name):
    with writing():
        configuration.reset(viewer(), f"{feature}.{name}")
    say(_("The setting has its default again."))
    return redirect(f"/admin/settings#cluster-{feature}", 303)


def page(search, **more):
    shown = {"feature": "", "typed": {}, "errors": {}, **more}
    return render_template(
        "admin/settings/index.html", clusters=configuration.clusters(viewer(), search), search=search, **shown
    )
