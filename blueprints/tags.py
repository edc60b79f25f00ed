from flask import Blueprint

from forum import categories, lists, reading, tags
from forum.permissions import require, see_tags
from web import params
from web.auth import viewer
from web.htmx import render

blueprint = Blueprint("tags", __name__)


@blueprint.get("/tags")
def index():
    require(see_tags(viewer()))
    search = params.text("q", 40)
    found = tags.most_used(categories.visible_ids(viewer()), search)
    return render("tags/index.html", "tags/_tags.html", tags=found, search=search)


@blueprint.get("/tags/<tag>")
def show(tag):
    require(see_tags(viewer()))
    page = lists.tagged(viewer(), tag.lower(), number=params.page(), cursor=params.cursor())
    return render(
        "tags/show.html",
        "topics/_rows.html",
        tag=tag.lower(),
        followed=tag.lower() in reading.of(viewer()).tags,
        page=page,
        pinned=[],
        show_category=True,
        address=f"/tags/{tag}",
        query={},
    )
