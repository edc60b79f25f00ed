from flask import Blueprint, redirect, render_template, request

from core.db import writing
from core.i18n import gettext as _
from forum import queue, reasons
from forum.refusals import Conflict, Invalid
from web import htmx, params
from web.auth import login_required, viewer
from web.deciding import refusal_words
from web.flash import say
from web.limits import limited

blueprint = Blueprint("queue", __name__)


@blueprint.get("/post-queue")
@login_required
def index():
    return render_template("queue/index.html", items=queue.own(viewer()), states=queue.STATES)


@blueprint.post("/post-queue/<int:queued_id>/withdraw")
@limited("60 per minute")
def withdraw(queued_id):
    with writing():
        queue.withdraw(viewer(), params.identity(queued_id))
    say(_("Taken back. The text stays here."))
    return redirect("/post-queue", 303)


@blueprint.get("/moderation/queue/<int:queued_id>")
@login_required
def show(queued_id):
    return page(queue.get(viewer(), params.identity(queued_id)))


def page(item, **more):
    context = {"item": item, "why": queue.WHY, "states": queue.STATES, "texts": reasons.ready("queue"), **more}
    return htmx.render("queue/show.html", "queue/_case.html", **context)


@blueprint.post("/moderation/queue/<int:queued_id>")
@limited("240 per minute")
def update(queued_id):
    act, version = params.among("act", ("accept", "refuse")), params.chosen("version")
    try:
        with writing():
            if act == "accept":
                queue.accept(viewer(), params.identity(queued_id), version, request.form)
            else:
                queue.refuse(viewer(), params.identity(queued_id), version, refusal_words())
    except (Conflict, Invalid) as refused:
        status = 409 if isinstance(refused, Conflict) else 422
        return page(queue.get(viewer(), queued_id), problem=refused.reason), status
    return decided(queued_id)


def decided(queued_id):
    item = queue.get(viewer(), queued_id)
    words = _("%(what)s: %(state)s.", what=item.title or item.topic or item.author, state=_(queue.STATES[item.state]))
    if not htmx.partial():
        say(words)
    context = {"item": item, "why": queue.WHY, "states": queue.STATES, "texts": []}
    answer = htmx.done("queue/update.parts.html", otherwise="/moderation", **context)
    return htmx.announce(answer, "livery:changed", words=words)
