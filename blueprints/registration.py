from flask import Blueprint, redirect, render_template, request

from core.db import writing
from core.i18n import gettext as _
from forms.registration import RegisterForm
from forum import reasons, registration
from forum.refusals import Conflict, Forbidden, Invalid
from forum.registration import Newcomer
from web import htmx, params
from web.auth import log_in, login_required, public, viewer
from web.deciding import refusal_words
from web.flash import say
from web.limits import limited
from web.networks import network_of

blueprint = Blueprint("registration", __name__)


@blueprint.get("/register")
def new():
    if not viewer().guest:
        return redirect(params.way_back(request.args.get("next")))
    return page(RegisterForm(data={"next": request.args.get("next", "")}))


@blueprint.get("/registration-queue")
def inbox():
    return redirect("/moderation", 308)


@blueprint.get("/register/sent")
def sent():
    return render_template("registration/sent.html", hours=registration.settings.accept_after)


@blueprint.post("/register")
@public
@limited("10 per minute")
def create():
    form = RegisterForm()
    if not form.validate_on_submit():
        return page(form), 422
    try:
        with writing():
            user = registration.register(newcomer(form))
    except Invalid as invalid:
        form[invalid.field].errors = [invalid.reason]
        return page(form), 422
    except Forbidden:
        return page(form), 403
    return enter(user, form)


def page(form):
    mode = registration.settings.mode
    if mode == "approval":
        form.email.description = _("Nobody but the moderators sees it. The answer goes there.")
    return render_template("registration/new.html", form=form, mode=mode)


def newcomer(form):
    network = network_of(request.remote_addr or "")
    return Newcomer(form.name.data, form.email.data or "", form.password.data, network, form.terms.data or "")


def enter(user, form):
    if user is None:
        return redirect("/register/sent", 303)
    log_in(user.id, remember=False)
    return redirect(params.way_back(form.next.data), 303)


@blueprint.get("/moderation/registrations/<int:registration_id>")
@login_required
def show(registration_id):
    return case(registration.get(viewer(), params.identity(registration_id)))


def case(item, **more):
    context = {"item": item, "states": registration.STATES, "texts": reasons.ready("newcomer"), **more}
    return htmx.render("registration/show.html", "registration/_case.html", **context)


@blueprint.post("/moderation/registrations/<int:registration_id>")
@limited("240 per minute")
def update(registration_id):
    act, version = params.among("act", ("accept", "refuse")), params.chosen("version")
    try:
        with writing():
            if act == "accept":
                registration.accept(viewer(), params.identity(registration_id), version)
            else:
                registration.refuse(viewer(), params.identity(registration_id), version, refusal_words())
    except (Conflict, Invalid) as refused:
        status = 409 if isinstance(refused, Conflict) else 422
        found = registration.get(viewer(), registration_id)
        return case(found, problem=refused.reason, reason=request.form.get("reason", "")), status
    return decided(registration_id)


def decided(registration_id):
    item = registration.get(viewer(), registration_id)
    words = _("%(what)s: %(state)s.", what=item.name, state=_(registration.STATES[item.state]))
    if not htmx.partial():
        say(words)
    context = {"item": item, "states": registration.STATES, "texts": []}
    answer = htmx.done("registration/update.parts.html", otherwise="/moderation", **context)
    return htmx.announce(answer, "livery:changed", words=words)
