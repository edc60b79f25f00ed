from urllib.parse import quote

from flask import Blueprint, redirect

from forum import categories, lists, reading, tags
from forum.permissions import require, see_tags
from web import params
from web.auth import viewer
from web.htmx import render

blueprint = Blueprint("tags", __name__)


@blueprint.get("/tags")
def index():
    require(see_tags(viewer()))
    params.no_pages()
    search = params.text("q", 40)
    found = tags.most_used(categories.visible_ids(viewer()), search)
    return render("tags/index.html", "tags/_tags.html", tags=found, search=search)


@blueprint.get("/tags/<tag>")
def show(tag):
    require(see_tags(viewer()))
    if tag != tag.lower():
        return redirect(params.same_query(f"/tags/{quote(tag.lower(), safe='')}"), 308)
    page = lists.tagged(viewer(), tag, number=params.page(), cursor=params.cursor())
    return render(
        "tags/show.html",
        "topics/_rows.html",
        tag=tag,
        followed=tag in reading.of(viewer()).tags,
        page=page,
        pinned=[],
        show_category=True,
        address=f"/tags/{tag}",
        query={},
    )
