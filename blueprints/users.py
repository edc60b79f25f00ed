from flask import Blueprint, redirect

from forum import authored, categories, lists, reading, users
from web import params
from web.auth import viewer
from web.htmx import render

blueprint = Blueprint("users", __name__)


@blueprint.get("/users")
def index():
    order, search = params.choice("sort", users.ORDERS, "newest"), params.text("q", 60)
    page = users.index(viewer(), order=order, search=search, number=params.page(), cursor=params.cursor())
    return render(
        "users/index.html",
        "users/_rows.html",
        page=page,
        order=order,
        orders=users.ORDERS,
        search=search,
        address="/users",
        query={"sort": order, "q": search},
    )


@blueprint.get("/uid/<int:user_id>")
def by_id(user_id):
    return redirect(f"/user/{users.slug_of(viewer(), params.identity(user_id))}")


@blueprint.get("/user/<slug>")
@blueprint.get("/user/<slug>/posts", defaults={"tab": "posts"})
def show(slug, tab="posts"):
    person = users.get(viewer(), slug)
    if person.slug != slug:
        return redirect(f"/user/{person.slug}", 308)
    rows, following = authored.by_author(viewer(), person.id, categories.visible_ids(viewer()), params.number("before"))
    shown = {"tab": tab, "rows": rows, "following": following}
    return render("users/show.html", "users/_posts.html", **head_of(person), **shown)


def head_of(person):
    return {"person": person, "blocked": person.id in reading.of(viewer()).blocked}


@blueprint.get("/user/<slug>/topics")
def topics(slug):
    person = users.get(viewer(), slug)
    if person.slug != slug:
        return redirect(f"/user/{person.slug}/topics", 308)
    page = lists.by_author(viewer(), person.id, number=params.page(), cursor=params.cursor())
    return render(
        "users/show.html",
        "topics/_rows.html",
        **head_of(person),
        tab="topics",
        page=page,
        pinned=[],
        show_category=True,
        address=f"/user/{person.slug}/topics",
        query={},
    )
