from flask import Blueprint, render_template

from forum import categories, flags, moderation
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
    return render_template("moderation/index.html", cases=flags.cases(viewer(), show), show=show, **words)


@blueprint.get("/moderation/log")
def log():
    page = moderation.log(viewer(), categories.visible_ids(viewer()), params.cursor())
    return render_template("moderation/log.html", page=page)
