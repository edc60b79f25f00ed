from flask import Blueprint, redirect, render_template, request

from core.db import writing
from core.i18n import gettext as _
from forum import terms
from forum.refusals import Invalid
from web.auth import viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("terms", __name__, url_prefix="/terms")


@blueprint.get("")
def edit():
    return page(terms.current().body)


@blueprint.post("")
@limited("60 per minute")
def update():
    body, again = request.form.get("body", ""), request.form.get("again") == "1"
    try:
        with writing():
            terms.write(viewer(), body, again=again)
    except Invalid as invalid:
        return page(body, again, {invalid.field: invalid.reason}), 422
    say(_("Saved."))
    return redirect("/admin/terms", 303)


def page(body, again=False, errors=None):
    accepted = terms.acceptances(viewer())
    context = {"text": terms.current(), "body": body, "again": again, "accepted": accepted, "errors": errors or {}}
    return render_template("admin/terms/edit.html", **context)
