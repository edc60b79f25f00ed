from flask import Blueprint, redirect, render_template

from core.db import writing
from core.i18n import gettext as _
from forum import invitations
from web import params
from web.auth import viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("invitations", __name__, url_prefix="/invitations")


@blueprint.get("")
def index():
    page = invitations.index(viewer(), params.cursor())
    return render_template("admin/invitations/index.html", page=page, states=invitations.STATES)


@blueprint.post("/<int:invitation_id>/withdraw")
@limited("120 per minute")
def withdraw(invitation_id):
    with writing():
        invitations.withdraw(viewer(), params.identity(invitation_id))
    say(_("Taken back. The link in the mail leads nowhere now."))
    return redirect("/admin/invitations", 303)
