from flask import Blueprint, render_template

from forum import group_directory
from web import params
from web.auth import viewer

blueprint = Blueprint("groups", __name__, url_prefix="/groups")


@blueprint.get("")
def index():
    asked = {"q": params.text("q", 60), "sort": params.choice("sort", group_directory.SORTS, "name")}
    page = group_directory.index(viewer(), search=asked["q"], sort=asked["sort"], cursor=params.cursor())
    return render_template("admin/groups/index.html", page=page, asked=asked, sorts=group_directory.SORTS)
