from flask import Blueprint, redirect, render_template, request

from core import i18n
from core.db import writing
from core.i18n import gettext as _
from forms.first_run import SetUpForm
from forum import accounts, first_run, skins
from forum.first_run import Site
from forum.refusals import Invalid, Missing
from web import limits
from web.auth import log_in, public, viewer
from web.limits import limited

blueprint = Blueprint("first_run", __name__)


@blueprint.get("/setup")
def new():
    require_pending()
    return page(SetUpForm(data={"code": request.args.get("code", "")[:40], "skin": skins.NONE}))


@blueprint.post("/setup")
@public
@limited("60 per minute")
def create():
    require_pending()
    form = SetUpForm()
    wrong = check_code(form)
    if not form.validate_on_submit() or wrong:
        form.code.errors = [wrong] if wrong else form.code.errors
        return page(form), 422
    try:
        with writing():
            user = first_run.set_up(site_of(form))
    except Invalid as invalid:
        form[invalid.field].errors = [invalid.reason]
        return page(form), 422
    log_in(user.id, remember=False)
    return redirect("/", 303)


def require_pending():
    if not first_run.pending():
        raise Missing


def check_code(form):
    wait = limits.code_wait()
    if wait:
        return _("Those were too many tries. Try again in %(wait)s.", wait=i18n.span(wait))
    if form.code.data and not first_run.right(form.code.data):
        limits.code_failed()
        return _("This is not the code that the start of the server printed.")
    return ""


def site_of(form):
    return Site(
        form.code.data, form.title.data, form.name.data, form.email.data or "", form.password.data,
        form.skin.data or skins.NONE, form.mode.data, form.categories.data,
    )  # fmt: skip


def page(form):
    return render_template("first_run/new.html", form=form, offered=skins.catalogue())


@blueprint.post("/welcome")
@limited("60 per minute")
def dismiss():
    with writing():
        accounts.prefer(viewer(), **{first_run.WELCOME: ""})
    return redirect("/", 303)
