from flask import Blueprint, request

from core.db import writing
from forum import categories, following, reading, topics, users
from web import htmx, params
from web.auth import login_required, viewer
from web.limits import limited

blueprint = Blueprint("following", __name__)


@blueprint.get("/me/following")
@login_required
def index():
    followed = following.everything(viewer())
    return htmx.render("following/index.html", "following/_chosen.html", followed=followed)


@blueprint.post("/topic/<int:topic_id>/follow")
@limited("60 per minute")
def topic(topic_id):
    found = topics.get(viewer(), params.identity(topic_id))
    with writing():
        following.follow_topic(viewer(), found.id, request.form.get("state", ""))
    found = topics.get(viewer(), topic_id)
    return htmx.done("following/topic.parts.html", otherwise=found.path, topic=found)


@blueprint.post("/category/<int:category_id>/follow")
@limited("60 per minute")
def category(category_id):
    place = categories.get(viewer(), params.identity(category_id))
    with writing():
        following.follow_category(viewer(), place.id, request.form.get("state", ""))
    state = reading.category_state(viewer(), place.id)
    return htmx.done("following/category.parts.html", otherwise=place.path, place=place, follow_state=state)


@blueprint.post("/tags/<tag>/follow")
@limited("60 per minute")
def tag(tag):
    with writing():
        following.follow_tag(viewer(), tag.lower(), follow=params.switched("follow"))
    followed = tag.lower() in reading.of(viewer()).tags
    return htmx.done("following/tag.parts.html", otherwise=f"/tags/{tag}", tag=tag.lower(), followed=followed)


@blueprint.post("/user/<slug>/follow")
@limited("60 per minute")
def person(slug):
    found = users.get(viewer(), slug)
    with writing():
        following.follow_person(viewer(), found.id, follow=params.switched("follow"))
    return person_changed(slug)


@blueprint.post("/user/<slug>/block")
@limited("60 per minute")
def block(slug):
    found = users.get(viewer(), slug)
    with writing():
        following.block(viewer(), found.id, block=params.switched("block"))
    return person_changed(slug)


def person_changed(slug):
    found = users.get(viewer(), slug)
    blocked = found.id in reading.of(viewer()).blocked
    return htmx.done("following/person.parts.html", otherwise=f"/user/{found.slug}", person=found, blocked=blocked)
