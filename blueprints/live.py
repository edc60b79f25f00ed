from dataclasses import asdict

from flask import Blueprint, Response, jsonify, redirect

from forum import live, posts, topics, unread
from forum.permissions import create_topic, moderate, reply_to
from web import htmx, params
from web import live as streams
from web.auth import login_required, viewer
from web.limits import limited

blueprint = Blueprint("live", __name__)

MOST = 50


@blueprint.get("/events")
def index():
    # asgi.py sends the stream that is laid down; another server cannot, and the page looks for itself
    streams.lay_down()
    return Response(status=204, headers={"Cache-Control": "no-store"})


@blueprint.get("/live/state")
def show():
    topic_id = params.number("topic")
    found = live.state(viewer(), params.identity(topic_id) if topic_id is not None else None)
    return jsonify(asdict(found))


@blueprint.get("/live/own")
@login_required
def own():
    if not htmx.partial():
        return redirect("/notifications")
    return htmx.render("live/own.parts.html", "live/own.parts.html")


@blueprint.get("/topic/<int:topic_id>/news")
def news(topic_id):
    topic = topics.get(viewer(), params.identity(topic_id))
    after = params.number("after") or 0
    rows = posts.between(viewer(), topic, after + 1, min(after + MOST, topic.last_number))
    last = rows[-1].number if rows else after
    unread.went_on(viewer(), topic, after, last)
    return parts(topic, "live/news.parts.html", rows, last)


@blueprint.get("/topic/<int:topic_id>/fresh")
def fresh(topic_id):
    topic = topics.get(viewer(), params.identity(topic_id))
    low = params.number("from") or 0
    rows = posts.between(viewer(), topic, low, min(params.number("to") or 0, low + MOST - 1)) if low else []
    return parts(topic, "live/fresh.parts.html", rows, params.number("at") or 1)


@blueprint.get("/post/<int:post_id>/fresh")
def post(post_id):
    topic_id, number = posts.place(params.identity(post_id))
    topic = topics.get(viewer(), topic_id)
    return parts(topic, "live/post.parts.html", posts.between(viewer(), topic, number, number), number)


@blueprint.get("/topic/<int:topic_id>/readers")
def readers(topic_id):
    topic = topics.get(viewer(), params.identity(topic_id))
    here = live.readers(viewer(), topic_id)
    if not htmx.partial():
        return redirect(topic.path)
    return htmx.render("live/readers.parts.html", "live/readers.parts.html", topic=topic, here=here)


@blueprint.post("/topic/<int:topic_id>/typing")
@limited("60 per minute")
def typing(topic_id):
    live.type_in(viewer(), params.identity(topic_id))
    return Response(status=204)


def parts(topic, template, rows, at):
    if not htmx.partial():
        return redirect(f"{topic.path}/{at}")
    sort = params.choice("sort", posts.SORTS, posts.DEFAULT_SORT)
    return htmx.render(
        template,
        template,
        topic=topic,
        rows=rows,
        stream={"rows": [], "target": at, "sort": sort},
        sorts=posts.SORTS,
        may_reply=reply_to(viewer(), topic),
        may_create=create_topic(viewer(), topic.category_id),
        may_moderate=moderate(viewer(), topic.category_id),
    )
