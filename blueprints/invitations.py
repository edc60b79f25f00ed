from flask import Blueprint, redirect, render_template, request

from core.db import writing
from core.i18n import gettext as _
from core.i18n import ngettext
from forms.invitations import InvitedForm
from forum import invitations, memberships
from forum.refusals import Invalid
from forum.registration import Newcomer
from web import params
from web.auth import log_in, login_required, public, viewer
from web.flash import say
from web.limits import limited
from web.networks import network_of
from web.panel import prove_for

blueprint = Blueprint("invitations", __name__)


@blueprint.get("/me/invitations")
@login_required
def index():
    return page({}, ())


@blueprint.post("/me/invitations")
@limited("60 per hour")
def create():
    chosen = params.numbers("group", 100)
    prove_for(chosen)
    try:
        with writing():
            number = invitations.send(viewer(), request.form.get("addresses", "")[:20_000], chosen)
    except Invalid as invalid:
        return page(request.form, chosen, {invalid.field: invalid.reason}), 422
    say(ngettext("%(num)s invitation is on its way.", "%(num)s invitations are on their way.", number))
    return redirect("/me/invitations", 303)


def page(values, chosen, errors=None):
    return render_template(
        "invitations/index.html", lines=invitations.own(viewer()), states=invitations.STATES,
        may_send=invitations.invite(viewer()), groups=memberships.to_invite_into(viewer()), values=values,
        chosen=chosen, errors=errors or {}, days=invitations.settings.invitation_days,
    )  # fmt: skip


@blueprint.post("/me/invitations/<int:invitation_id>/withdraw")
@limited("120 per minute")
def withdraw(invitation_id):
    with writing():
        invitations.withdraw(viewer(), params.identity(invitation_id))
    say(_("Taken back. The link in the mail leads nowhere now."))
    return redirect("/me/invitations", 303)


@blueprint.get("/register/<code>")
def show(code):
    if not viewer().guest:
        return redirect("/")
    return invited(code, InvitedForm())


@blueprint.post("/register/<code>")
@public
@limited("10 per minute")
def take(code):
    form = InvitedForm()
    if not form.validate_on_submit():
        return invited(code, form), 422
    network = network_of(request.remote_addr or "")
    who = Newcomer(form.name.data, "", form.password.data, network, form.terms.data or "")
    try:
        with writing():
            user = invitations.take(code, who)
    except Invalid as invalid:
        form[invalid.field if invalid.field in form else "name"].errors = [invalid.reason]
        return invited(code, form), 422
    log_in(user.id, remember=False)
    return redirect("/", 303)


def invited(code, form):
    return render_template("invitations/show.html", form=form, code=code, offer=invitations.offer(code))
