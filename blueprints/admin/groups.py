from flask import Blueprint, render_template

from forum import memberships, panel
from web import params
from web.auth import viewer

blueprint = Blueprint("groups", __name__, url_prefix="/groups")


@blueprint.get("")
def index():
    panel.guard(viewer(), "admin:groups")
    search = params.text("q", 60)
    return render_template("admin/groups/index.html", groups=memberships.index(viewer(), search=search), search=search)
