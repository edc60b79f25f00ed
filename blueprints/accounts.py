from flask import Blueprint, redirect, render_template, request

from core.db import writing
from core.i18n import gettext as _
from forms.accounts import ForgottenForm, LoginForm, NewPasswordForm, PasswordForm
from forum import accounts, addresses, sessions
from forum.refusals import Invalid
from web import limits, params, proof
from web.auth import log_in, log_out, login_required, own_mark, public, viewer
from web.flash import say
from web.limits import limited
from web.login import try_login

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/login")
def login():
    if not viewer().guest:
        return redirect(params.way_back(request.args.get("next")))
    return render_template(
        "accounts/login.html", form=LoginForm(data={"next": request.args.get("next", ""), "remember": True})
    )


@blueprint.post("/login")
@public
@limited("30 per minute")
def log_in_now():
    form = LoginForm()
    if not form.validate_on_submit():
        return render_template("accounts/login.html", form=form), 422
    problem = try_login(form.name.data, form.password.data, remember=form.remember.data)
    if problem:
        form.password.errors = [problem]
        return render_template("accounts/login.html", form=form), 422
    return redirect(params.way_back(form.next.data), 303)


@blueprint.post("/logout")
@public
@limited("30 per minute")
def logout():
    log_out()
    return redirect(params.way_back(request.form.get("next")), 303)


@blueprint.get("/me")
@login_required
def me():
    return redirect(f"/user/{viewer().slug}")


@blueprint.get("/me/password")
@login_required
def edit():
    return render_template("accounts/password.html", form=PasswordForm(), due=proof.due())


@blueprint.post("/me/password")
@limited("10 per minute")
def update():
    form = PasswordForm()
    if not (form.validate_on_submit() and proof.given(form)):
        return render_template("accounts/password.html", form=form, due=proof.due()), 422
    try:
        with writing():
            sessions.end_others(viewer(), own_mark())
            account = accounts.change_password(viewer(), form.password.data)
    except Invalid as invalid:
        form[invalid.field].errors = [invalid.reason]
        return render_template("accounts/password.html", form=form, due=proof.due()), 422
    log_in(account.user_id, remember=None)
    say(_("Your password was changed. Other devices have to log in again."))
    return redirect("/me/password", 303)


@blueprint.get("/reset")
def forgotten():
    return render_template("accounts/forgotten.html", form=ForgottenForm())


@blueprint.post("/reset")
@public
@limited("5 per minute")
def send_reset():
    form = ForgottenForm()
    if not form.validate_on_submit():
        return render_template("accounts/forgotten.html", form=form), 422
    if limits.reset_wanted(form.email.data):  # whoever asks more often gets no more mails, and the same answer
        with writing():
            addresses.ask_reset(form.email.data)
    say(_("If this address belongs to somebody here, a mail with a link is on its way to it."))
    return redirect("/login", 303)


@blueprint.get("/reset/<code>")
def reset(code):
    addresses.known(code)
    return render_template("accounts/reset.html", form=NewPasswordForm(), code=code)


@blueprint.post("/reset/<code>")
@public
@limited("10 per minute")
def reset_now(code):
    form = NewPasswordForm()
    if not form.validate_on_submit():
        return render_template("accounts/reset.html", form=form, code=code), 422
    try:
        with writing():
            account = addresses.reset(code, form.password.data)
    except Invalid as invalid:
        form[invalid.field].errors = [invalid.reason]
        return render_template("accounts/reset.html", form=form, code=code), 422
    log_in(account.user_id, remember=False)
    say(_("Your password was changed. Other devices have to log in again."))
    return redirect("/", 303)
