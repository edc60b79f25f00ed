from flask import Blueprint, redirect, render_template

from forum import categories, preferences, reading, tags, topic_tools, topics, unread
from forum.permissions import create_topic, moderate
from forum.permissions import read_category as may_read
from web import params, visits
from web.auth import viewer
from web.htmx import leave, render

blueprint = Blueprint("categories", __name__)


@blueprint.get("/")
def home():
    place = preferences.one(viewer(), "home")
    return index() if place == "categories" else redirect(f"/{place}")


@blueprint.get("/categories")
def index():
    params.no_pages()
    return render_template("categories/index.html", tree=unread.mark_nodes(viewer(), categories.tree(viewer())))


@blueprint.get("/category/<int:category_id>")
@blueprint.get("/category/<int:category_id>/<slug>")
def show(category_id, slug=""):
    place = categories.get(viewer(), params.identity(category_id))
    if place.link:
        if visits.followed():
            categories.followed(place)
        return leave(place.link)
    sort = params.choice("sort", topics.SORTS, preferences.one(viewer(), "category_sort"))
    tag, number, cursor = params.text("tag"), params.page(), params.cursor()
    if slug != place.slug:
        return redirect(params.same_query(place.path), 308)
    return render("categories/show.html", "topics/_rows.html", **page_of(place, sort, tag, number, cursor))


def page_of(place, sort, tag, number, cursor):
    who, pinned, page = viewer(), [], None
    if may_read(who, place.id) and not place.section:
        pinned, page = topics.in_category(who, place.id, sort=sort, tag=tag, number=number, cursor=cursor)
    return {
        "place": place,
        "ancestors": categories.ancestors(place),
        "children": unread.mark_nodes(who, categories.tree(who, place)),
        "counts": categories.own_counts(place.id),
        "tags": tags.most_used([place.id]) if page else [],
        "may_create": create_topic(who, place.id),
        "follow_state": reading.category_state(who, place.id),
        **tools_of(place, page),
        "pinned": pinned,
        "page": page,
        "sort": sort,
        "tag": tag,
        "show_category": False,
        "address": place.path,
        "query": {"sort": sort, "tag": tag},
    }


def tools_of(place, page):
    if page is None or not moderate(viewer(), place.id):
        return {}
    return {"selectable": "bulk", "bulk_places": topic_tools.open_places(viewer())}
