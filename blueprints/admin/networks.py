from flask import Blueprint, redirect, render_template, request

from core.db import writing
from core.i18n import gettext as _
from forum import networks
from forum.refusals import Invalid
from web import params
from web.auth import viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("networks", __name__, url_prefix="/networks")


@blueprint.get("")
def index():
    return page({})


@blueprint.post("")
@limited("60 per minute")
def create():
    try:
        with writing():
            networks.bar(viewer(), request.form, request.remote_addr or "")
    except Invalid as invalid:
        return page(request.form, {invalid.field: invalid.reason}), 422
    say(_("Nobody logs in or writes from there any more."))
    return redirect("/admin/networks", 303)


@blueprint.post("/<int:ban_id>/destroy")
@limited("60 per minute")
def destroy(ban_id):
    with writing():
        networks.free(viewer(), params.identity(ban_id))
    say(_("The network is let in again."))
    return redirect("/admin/networks", 303)


def page(values, errors=None):
    found = networks.index(viewer())
    return render_template("admin/networks/index.html", networks=found, values=values, errors=errors or {})
