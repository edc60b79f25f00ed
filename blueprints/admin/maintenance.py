from flask import Blueprint, redirect, render_template, request

from core.db import writing
from core.i18n import gettext as _
from forum import maintenance
from forum.refusals import Invalid
from web import params
from web.auth import viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("maintenance", __name__, url_prefix="/maintenance")


@blueprint.get("")
def index():
    now = maintenance.settings
    return page({"message": now.message, "minutes": now.minutes}, maintenance.chosen())


@blueprint.post("")
@limited("60 per minute")
def update():
    if not params.switch("on"):
        with writing():
            maintenance.open_again(viewer())
        say(_("The site is open to everybody again."))
        return redirect("/admin/maintenance", 303)
    form, chosen = request.form, request.form.getlist("groups")
    try:
        with writing():
            maintenance.close(viewer(), form.get("message", ""), form.get("minutes", ""), chosen)
    except Invalid as invalid:
        return page(form, chosen, {invalid.field: invalid.reason}), 422
    say(_("The site is closed, but for whoever operates it and the groups that you chose."))
    return redirect("/admin/maintenance", 303)


def page(values, chosen, errors=None):
    context = {"values": values, "chosen": chosen, "errors": errors or {}, "now": maintenance.settings}
    return render_template("admin/maintenance/index.html", groups=maintenance.groups(viewer()), **context)
