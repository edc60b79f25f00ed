from flask import Blueprint, redirect, render_template, request

from core.db import writing
from core.i18n import gettext as _
from forum import addresses, digests, mailing, notifications
from web import htmx, params
from web.auth import login_required, proven_by_address, viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("notifications", __name__)


@blueprint.get("/notifications")
@login_required
def index():
    only = params.choice("filter", ("", "unread", *notifications.KINDS), "")
    page = notifications.listed(viewer(), only, cursor=params.cursor())
    context = {"page": page, "only": only, "kinds": list(notifications.KINDS)}
    return htmx.render("notifications/index.html", "notifications/_rows.html", **context)


@blueprint.get("/notifications/<int:notice_id>")
@login_required
def show(notice_id):
    return redirect(notifications.target(viewer(), params.identity(notice_id)))


@blueprint.post("/notifications")
@limited("60 per minute")
def read_all():
    with writing():
        notifications.read_all(viewer(), params.moment("until"))
    return redirect("/notifications", 303)


@blueprint.post("/notifications/<int:notice_id>/read")
@limited("120 per minute")
def read(notice_id):
    with writing():
        notifications.read_one(viewer(), params.identity(notice_id))
    return redirect("/notifications", 303)


@blueprint.get("/me/notifications")
@login_required
def edit():
    chosen = {kind: notifications.channel(viewer().preferences, kind) for kind in notifications.KINDS}
    context = {"kinds": notifications.KINDS, "chosen": chosen, "channels": notifications.CHANNELS}
    context["digest"], context["site_digest"] = digests.chosen(viewer()), digests.settings.every
    context["digests"] = digests.NAMES
    context["address"], context["confirmed"] = addresses.of(viewer())
    return htmx.render("notifications/edit.html", "notifications/_settings.html", **context)


@blueprint.post("/me/notifications")
@limited("60 per minute")
def update():
    with writing():
        notifications.choose(viewer(), {kind: request.form.get(kind, "") for kind in notifications.KINDS})
        digests.choose(viewer(), request.form.get("digest", ""))
    say(_("Saved."))
    return redirect("/me/notifications", 303)


@blueprint.get("/unsubscribe/<code>")
def stop(code):
    _user, kind = mailing.stopping(code)
    return render_template("notifications/stop.html", code=code, kind=mailing.words_of(kind), done=False)


@blueprint.post("/unsubscribe/<code>")
@proven_by_address
@limited("300 per minute")
def stop_now(code):
    _user, kind = mailing.stopping(code)
    with writing():
        mailing.stop(code)
    return render_template("notifications/stop.html", code=code, kind=mailing.words_of(kind), done=True)
