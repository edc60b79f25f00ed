from flask import Blueprint, redirect

from forum import authored, categories, fields, lists, memberships, profiles, reading, users
from forum.refusals import Missing
from web import params
from web.auth import login_required, viewer
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
def show(slug):
    params.no_pages()
    person, seen = users.get(viewer(), slug), categories.visible_ids(viewer())
    if person.slug != slug:
        return redirect(f"/user/{person.slug}", 308)
    liked, rows = authored.overview(viewer(), person.id, seen)
    about, said = profiles.about_html(person), fields.filled_in(viewer(), person.id)
    shown = {"best": liked, "rows": rows[:5], "more": rows[5:], "about": about, "said": said}
    return render("users/show.html", "users/_posts.html", **frame_of(person, ""), **shown)


@blueprint.get("/user/<slug>/posts")
def posts(slug):
    params.no_pages()
    person = users.get(viewer(), slug)
    if person.slug != slug:
        return redirect(f"/user/{person.slug}/posts", 308)
    rows, before = authored.by_author(viewer(), person.id, categories.visible_ids(viewer()), params.number("before"))
    onward = f"/user/{person.slug}/posts?before={before}" if before else ""
    return render("users/posts.html", "users/_posts.html", **frame_of(person, "posts"), rows=rows, onward=onward)


@blueprint.get("/user/<slug>/topics")
def topics(slug):
    person, sort = users.get(viewer(), slug), params.choice("sort", lists.AUTHORED, lists.AUTHORED[0])
    if person.slug != slug:
        return redirect(f"/user/{person.slug}/topics", 308)
    page = lists.by_author(viewer(), person.id, sort, number=params.page(), cursor=params.cursor())
    return topics_of(person, "topics", page, {"sort": sort if sort != lists.AUTHORED[0] else ""}, sort=sort)


@blueprint.get("/user/<slug>/best")
def best(slug):
    person = users.get(viewer(), slug)
    page = authored.best(viewer(), person.id, categories.visible_ids(viewer()), params.cursor())
    return posts_of(person, "best", page)


@blueprint.get("/user/<slug>/controversial")
def controversial(slug):
    person = users.get(viewer(), slug)
    page = authored.controversial(viewer(), person.id, categories.visible_ids(viewer()), params.cursor())
    return posts_of(person, "controversial", page)


@blueprint.get("/user/<slug>/groups")
def groups(slug):
    params.no_pages()
    person = users.get(viewer(), slug)
    found = memberships.of_person(viewer(), person.id)
    return render("users/groups.html", "users/groups.html", **frame_of(person, "groups"), groups=found)


@blueprint.get("/user/<slug>/following")
def following(slug):
    person = users.get(viewer(), slug)
    return people_of(person, "following", users.followed_by(viewer(), person.id, params.cursor()))


@blueprint.get("/user/<slug>/followers")
def followers(slug):
    person = users.get(viewer(), slug)
    return people_of(person, "followers", users.followers(viewer(), person.id, params.cursor()))


@blueprint.get("/user/<slug>/<any(watched, ignored, read):tab>")
@login_required
def found(slug, tab):
    person = own(slug)
    page = lists.found_again(viewer(), tab, number=params.page(), cursor=params.cursor())
    return topics_of(person, tab, page, {})


@blueprint.get("/user/<slug>/<any(upvoted, downvoted):tab>")
@login_required
def voted(slug, tab):
    person, value = own(slug), 1 if tab == "upvoted" else -1
    return posts_of(person, tab, authored.voted(viewer(), value, categories.visible_ids(viewer()), params.cursor()))


@blueprint.get("/user/<slug>/<any(categories, tags, blocks):tab>")
@login_required
def chosen(slug, tab):
    own(slug)
    return redirect(f"/me/following#{tab}")


def own(slug):
    if slug != viewer().slug:
        raise Missing
    return users.own(viewer())


def frame_of(person, tab):
    return {"person": person, "blocked": person.id in reading.of(viewer()).blocked, "tab": tab}


def topics_of(person, tab, page, query, **more):
    shown = {"page": page, "pinned": [], "show_category": True, "query": query, **more}
    address = f"/user/{person.slug}/{tab}"
    return render("users/topics.html", "topics/_rows.html", **frame_of(person, tab), address=address, **shown)


def posts_of(person, tab, page):
    params.no_pages()
    onward = f"/user/{person.slug}/{tab}?cursor={page.next_cursor}" if page.has_next else ""
    return render("users/posts.html", "users/_posts.html", **frame_of(person, tab), rows=page.rows, onward=onward)


def people_of(person, tab, page):
    params.no_pages()
    shown = {"page": page, "address": f"/user/{person.slug}/{tab}", "query": {}}
    return render("users/people.html", "users/_rows.html", **frame_of(person, tab), **shown)
