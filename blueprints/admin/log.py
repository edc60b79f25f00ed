from flask import Blueprint, render_template

from forum import audit
from web import params
from web.auth import viewer

blueprint = Blueprint("log", __name__, url_prefix="/log")


@blueprint.get("")
def index():
    asked = {
        "about": params.choice("about", ("", *audit.ABOUT), ""),
        "by": params.text("by", 60),
        "whom": params.text("whom", 60),
    }
    page = audit.index(viewer(), **asked, cursor=params.cursor())
    return render_template("admin/log/index.html", page=page, kinds=audit.ABOUT, asked=asked)
