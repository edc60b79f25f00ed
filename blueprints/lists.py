from flask import Blueprint

from forum import categories, lists
from web import params
from web.auth import viewer
from web.htmx import render

blueprint = Blueprint("lists", __name__)


@blueprint.get("/recent")
def recent():
    return show("recent", lists.recent, "alltime")


@blueprint.get("/popular")
def popular():
    return show("popular", lists.popular, "week")


@blueprint.get("/top")
def top():
    return show("top", lists.top, "week")


def show(name, read, usual_term):
    term, category_id = params.choice("term", lists.TERMS, usual_term), params.number("cid")
    page = read(viewer(), term=term, category_id=category_id, number=params.page(), cursor=params.cursor())
    return render(
        "lists/show.html",
        "topics/_rows.html",
        name=name,
        term=term,
        usual_term=usual_term,
        terms=lists.TERMS,
        category_id=category_id,
        names=categories.names(viewer()),
        page=page,
        pinned=[],
        show_category=True,
        address=f"/{name}",
        query={"term": term if term != usual_term else "", "cid": category_id or ""},
    )
