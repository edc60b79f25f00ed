from flask import Blueprint, render_template

from forum import categories, moderation
from web import params
from web.auth import viewer

blueprint = Blueprint("moderation", __name__)


@blueprint.get("/moderation/log")
def log():
    page = moderation.log(viewer(), categories.visible_ids(viewer()), params.cursor())
    return render_template("moderation/log.html", page=page)
