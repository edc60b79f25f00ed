from flask import Blueprint, jsonify, redirect, render_template

from forum import categories, flags, moderation, queue, reasons, registration
from forum.permissions import require
from web import params
from web.auth import login_required, viewer

blueprint = Blueprint("moderation", __name__)


@blueprint.get("/moderation")
@login_required
def index():
    require(moderation.enter(viewer()))
    show = params.choice("show", flags.SHOWN, "waiting")
    words = {"reasons": flags.REASONS, "states": flags.STATES, "done": flags.DONE, "shown": flags.SHOWN}
    return render_template(
        "moderation/index.html",
        cases=flags.cases(viewer(), show),
        show=show,
        waits=moderation.waiting(viewer()),
        **words,
        **waiting(show),
    )


@blueprint.get("/moderation/state")
@login_required
def state():
    require(moderation.enter(viewer()))
    return jsonify(moderation.names(viewer(), params.choice("show", flags.SHOWN, "waiting")))


@blueprint.get("/ip-blacklist")
def networks():
    return redirect("/admin/networks", 308)


def waiting(show):
    done, any_at_all = show == "done", show != "mine"
    return {
        "newcomers": registration.waiting(viewer(), done=done) if any_at_all else [],
        "newcomer_states": registration.STATES,
        "newcomer_texts": reasons.ready("newcomer"),
        "items": queue.waiting(viewer(), done=done) if any_at_all else [],
        "why": queue.WHY,
        "queue_states": queue.STATES,
        "texts": reasons.ready("queue"),
    }


@blueprint.get("/moderation/log")
def log():
    page = moderation.log(viewer(), categories.visible_ids(viewer()), params.cursor())
    return render_template("moderation/log.html", page=page)
