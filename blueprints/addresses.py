from flask import Blueprint, redirect, render_template

from core.db import writing
from core.i18n import gettext as _
from forms.addresses import AddressForm
from forum import addresses
from forum.refusals import Invalid
from web import proof
from web.auth import log_out, login_required, public, viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("addresses", __name__)


@blueprint.get("/me/email")
@login_required
def edit():
    return page(AddressForm(data={"email": addresses.wanted(viewer()) or addresses.of(viewer())[0]}))


def page(form):
    address, confirmed = addresses.of(viewer())
    known = {"address": address, "confirmed": confirmed, "wanted": addresses.wanted(viewer())}
    return render_template("addresses/edit.html", form=form, due=proof.due(), **known)


@blueprint.post("/me/email")
@limited("10 per minute")
def update():
    form = AddressForm()
    if not (form.validate_on_submit() and proof.given(form)):
        return page(form), 422
    try:
        with writing():
            addresses.change(viewer(), form.email.data or "")
    except Invalid as invalid:
        form[invalid.field].errors = [invalid.reason]
        return page(form), 422
    say(_("Saved. A new address is used once you have opened the link that was sent to it."))
    return redirect("/me/email", 303)


@blueprint.get("/confirm/<code>")
def show(code):
    return render_template("addresses/show.html", code=code)


@blueprint.post("/confirm/<code>")
@public
@limited("10 per minute")
def confirm(code):
    with writing():
        addresses.confirm(code)
    say(_("Thank you. Your address is confirmed."))
    return redirect("/", 303)


@blueprint.get("/confirm/back/<code>")
def lost(code):
    addresses.lost(code)
    return render_template("addresses/lost.html", code=code)


@blueprint.post("/confirm/back/<code>")
@public
@limited("10 per minute")
def take_back(code):
    with writing():
        reset = addresses.take_back(code)
    log_out()
    say(_("The address is yours again, and everybody is logged out. Now choose a new password."))
    return redirect(f"/reset/{reset}", 303)
