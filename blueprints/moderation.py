from flask import Blueprint, render_template

from forum import categories, flags, moderation, queue, reasons
from forum.permissions import require
from web import params
from web.auth import login_required, viewer

blueprint = Blueprint("moderation", __name__)


@blueprint.get("/moderation")
@login_required
def index():
    require(moderation.enter(viewer()))
    show = params.choice("show", flags.SHOWN, "waiting")
    items = queue.waiting(viewer(), done=show == "done") if show != "mine" else []
    waits = {"items": items, "why": queue.WHY, "queue_states": queue.STATES, "texts": reasons.for_queue()}
    words = {"reasons": flags.REASONS, "states": flags.STATES, "done": flags.DONE, "shown": flags.SHOWN}
    return render_template("moderation/index.html", cases=flags.cases(viewer(), show), show=show, **words, **waits)


@blueprint.get("/moderation/log")
def log():
    page = moderation.log(viewer(), categories.visible_ids(viewer()), params.cursor())
    return render_template("moderation/log.html", page=page)
