from flask import Blueprint, render_template

from forum import audit
from web import params, spreadsheets
from web.auth import viewer

blueprint = Blueprint("log", __name__, url_prefix="/log")


@blueprint.get("")
def index():
    asked = wanted()
    page = audit.index(viewer(), audit.Asked(**asked), cursor=params.cursor())
    return render_template(
        "admin/log/index.html", page=page, groups=audit.GROUPS, words=audit.WORDS, asked=shown(asked)
    )


@blueprint.get("/export.csv")
def export():
    return spreadsheets.answer(audit.table(viewer(), audit.Asked(**wanted())), "log")


def wanted():
    return {
        "about": params.choice("about", ("", *audit.ABOUT, *audit.WORDS), ""),
        "by": params.text("by", 60),
        "whom": params.text("whom", 60),
        "since": params.day("since"),
        "until": params.day("until"),
    }


def shown(asked):
    return {**asked, **{name: asked[name].isoformat() if asked[name] else "" for name in ("since", "until")}}
