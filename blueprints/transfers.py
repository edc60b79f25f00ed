from flask import Blueprint, request

from core.db import writing
from core.i18n import gettext as _
from forum import posts, topics, transfers
from forum.permissions import require
from forum.topic_permissions import moderate_topic, receive_posts
from web import htmx, params
from web.auth import login_required, viewer
from web.flash import Offer
from web.limits import limited

blueprint = Blueprint("transfers", __name__)


def of(topic_id):
    topic = topics.get(viewer(), params.identity(topic_id))
    require(receive_posts(viewer(), topic))
    return topic


def question(part, title, topic, **context):
    numbers = params.text("numbers")
    context = {"topic": topic, "numbers": numbers, "question": part, "title": title, **context}
    return htmx.render("components/question.html", part, **context)


def moved(move, address):
    offer = Offer(transfers.moved_words(move), f"/topic/{move.into_id}/moves/{move.id}/undo")
    return htmx.go(address, offer=offer, event="livery:managed")


@blueprint.get("/topic/<int:topic_id>/merge")
@login_required
def ask_merge(topic_id):
    return question("transfers/_merge.html", _("Merge this topic into another"), of(topic_id))


@blueprint.post("/topic/<int:topic_id>/merge")
@limited("30 per minute")
def merge(topic_id):
    topic = of(topic_id)
    target = topics.get(viewer(), params.identity(transfers.topic_named(request.form.get("topic", ""))))
    with writing():
        move = transfers.merge(viewer(), topic.id, target.id)
    return moved(move, target.path)


@blueprint.get("/topic/<int:topic_id>/fork")
@login_required
def ask_fork(topic_id):
    return question("transfers/_fork.html", _("Make a topic of some posts"), of(topic_id))


@blueprint.post("/topic/<int:topic_id>/fork")
@limited("30 per minute")
def fork(topic_id):
    topic, form = of(topic_id), request.form
    with writing():
        move = transfers.fork(viewer(), topic.id, form.get("numbers", ""), form.get("title", ""))
    return moved(move, topics.get(viewer(), move.into_id).path)


@blueprint.get("/topic/<int:topic_id>/posts/move")
@login_required
def ask_posts(topic_id):
    return question("transfers/_posts.html", _("Move posts to another topic"), of(topic_id))


@blueprint.post("/topic/<int:topic_id>/posts/move")
@limited("30 per minute")
def move_posts(topic_id):
    topic, form = of(topic_id), request.form
    target = topics.get(viewer(), params.identity(transfers.topic_named(form.get("topic", ""))))
    with writing():
        move = transfers.move_posts(viewer(), topic.id, form.get("numbers", ""), target.id)
    return moved(move, topic.path)


@blueprint.post("/topic/<int:topic_id>/moves/<int:move_id>/undo")
@limited("30 per minute")
def undo(topic_id, move_id):
    topics.get(viewer(), params.identity(topic_id))
    with writing():
        home = transfers.take_back(viewer(), params.identity(move_id))
    return htmx.go(f"/topic/{home.id}/{home.slug}", event="livery:managed")


def of_post(post_id):
    topic_id, _number = posts.place(params.identity(post_id))
    topic = topics.get(viewer(), topic_id)
    require(moderate_topic(viewer(), topic))
    return topic, posts.one(viewer(), topic, post_id)


@blueprint.get("/post/<int:post_id>/owner")
@login_required
def ask_owner(post_id):
    topic, post = of_post(post_id)
    return question("transfers/_owner.html", _("Change owner"), topic, post=post)


@blueprint.post("/post/<int:post_id>/owner")
@limited("30 per minute")
def owner(post_id):
    topic, post = of_post(post_id)
    with writing():
        transfers.change_owner(viewer(), topic.id, post_id, request.form.get("name", ""))
    offer = Offer(_("The post has another owner."), f"/post/{post_id}/owner", {"name": post.author})
    return htmx.go(f"{topic.path}/{post.number}", offer=offer, event="livery:managed")
