from flask import Blueprint

from forum import widgets
from web import params
from web.auth import viewer
from web.htmx import render

blueprint = Blueprint("widgets", __name__)


@blueprint.get("/widgets/<int:item_id>")
def show(item_id):
    box = widgets.get(viewer(), params.identity(item_id))
    lines = widgets.lines(viewer(), box, params.number("in") or 0)
    return render("widgets/show.html", "widgets/_list.html", box=box, lines=lines)
