from flask import Blueprint, request

from core.db import writing
from core.i18n import gettext as _
from forum import categories, deletions, posts, topics
from forum.permissions import delete_post, purge_post, reply_to, require
from forum.refusals import Missing
from forum.topic_permissions import delete_topic, purge_topic
from web import htmx, params
from web.auth import login_required, viewer
from web.flash import Offer
from web.limits import limited

blueprint = Blueprint("deletions", __name__)


def of_post(post_id):
    topic_id, _number = posts.place(params.identity(post_id))
    topic = topics.get(viewer(), topic_id)
    return topic, posts.one(viewer(), topic, post_id)


def question(part, title, **context):
    return htmx.render("components/question.html", part, question=part, title=title, **context)


@blueprint.get("/post/<int:post_id>/delete")
@login_required
def ask_post(post_id):
    topic, post = of_post(post_id)
    require(delete_post(viewer(), topic, post))
    return question("deletions/_post.html", _("Delete post"), topic=topic, post=post)


@blueprint.post("/post/<int:post_id>/delete")
@limited("60 per minute")
def update_post(post_id):
    topic, post = of_post(post_id)
    gone = params.switch("deleted")
    with writing():
        if gone:
            deletions.delete_post(viewer(), topic.id, post_id, request.form.get("reason", ""))
        else:
            deletions.restore_post(viewer(), topic.id, post_id)
    words = _("Post number %(number)s was deleted.") if gone else _("Post number %(number)s is back.")
    offer = Offer(words % {"number": post.number}, f"/post/{post_id}/delete", {"deleted": str(int(not gone))})
    return updated_post(topic.id, post_id, offer)


def updated_post(topic_id, post_id, offer):
    topic = topics.get(viewer(), topic_id)
    post = posts.one(viewer(), topic, post_id)
    return htmx.done(
        "deletions/post.parts.html",
        otherwise=f"{topic.path}/{post.number}#post-{post_id}",
        offer=offer,
        topic=topic,
        post=post,
        parent=posts.one(viewer(), topic, post.reply_to_id) if post.parent_number else None,
        may_reply=reply_to(viewer(), topic),
    )


@blueprint.get("/post/<int:post_id>/purge")
@login_required
def ask_purge_post(post_id):
    topic, post = of_post(post_id)
    require(purge_post(viewer(), topic, post))
    return question("deletions/_purge_post.html", _("Remove post for good"), topic=topic, post=post)


@blueprint.post("/post/<int:post_id>/purge")
@limited("60 per minute")
def destroy_post(post_id):
    topic, post = of_post(post_id)
    with writing():
        deletions.purge_post(viewer(), topic.id, post_id)
    address = f"{topic.path}/{post.number}"
    answer = htmx.done("deletions/purge_post.parts.html", otherwise=address, post_id=post_id)
    return htmx.announce(answer, "livery:changed", words=_("The post was removed for good."), focus="content")


@blueprint.get("/topic/<int:topic_id>/delete")
@login_required
def ask_topic(topic_id):
    topic = topics.get(viewer(), params.identity(topic_id))
    require(delete_topic(viewer(), topic))
    return question("deletions/_topic.html", _("Delete topic"), topic=topic)


@blueprint.post("/topic/<int:topic_id>/delete")
@limited("60 per minute")
def update_topic(topic_id):
    topic = topics.get(viewer(), params.identity(topic_id))
    gone = params.switch("deleted")
    with writing():
        if gone:
            deletions.delete_topic(viewer(), topic_id, request.form.get("reason", ""))
        else:
            deletions.restore_topic(viewer(), topic_id)
    words = _("The topic was deleted.") if gone else _("The topic is back.")
    offer = Offer(words, f"/topic/{topic_id}/delete", {"deleted": str(int(not gone))})
    return htmx.go(topic.path, offer=offer, event="livery:managed")


@blueprint.get("/topic/<int:topic_id>/purge")
@login_required
def ask_purge_topic(topic_id):
    topic = topics.get(viewer(), params.identity(topic_id))
    require(purge_topic(viewer(), topic))
    return question("deletions/_purge_topic.html", _("Remove topic for good"), topic=topic)


@blueprint.post("/topic/<int:topic_id>/purge")
@limited("60 per minute")
def destroy_topic(topic_id):
    topic = topics.get(viewer(), params.identity(topic_id))
    place = categories.find(topic.category_id)
    if place is None:
        raise Missing
    with writing():
        deletions.purge_topic(viewer(), topic_id)
    return htmx.go(place.path, event="livery:managed")
