from flask import Blueprint, request

from core.db import writing
from core.i18n import gettext as _
from forum import categories, timeline, topic_tools, topics
from forum.permissions import moderate, require
from forum.topic_permissions import move_topic, pin_topic, rename_topic
from web import htmx, params
from web.auth import login_required, viewer
from web.flash import Offer
from web.limits import limited

blueprint = Blueprint("topic_tools", __name__)


def of(topic_id):
    return topics.get(viewer(), params.identity(topic_id))


def question(part, title, **context):
    return htmx.render("components/question.html", part, question=part, title=title, **context)


def updated(topic_id, before, offer):
    topic, after = of(topic_id), timeline.latest(viewer(), topic_id)
    old, new = (mark.id if mark else 0 for mark in (before, after))
    return htmx.done(
        "topic_tools/update.parts.html",
        otherwise=topic.path,
        offer=offer,
        topic=topic,
        added=after if new > old else None,
        removed=before if new < old else None,
        may_moderate=moderate(viewer(), topic.category_id),
    )


@blueprint.post("/topic/<int:topic_id>/lock")
@limited("60 per minute")
def lock(topic_id):
    locked, topic = params.switch("locked"), of(topic_id)
    before = timeline.latest(viewer(), topic.id)
    with writing():
        topic_tools.lock(viewer(), topic_id, locked=locked)
    words = _("The topic is locked.") if locked else _("The topic is open again.")
    return updated(topic_id, before, Offer(words, f"/topic/{topic_id}/lock", {"locked": str(int(not locked))}))


@blueprint.get("/topic/<int:topic_id>/pin")
@login_required
def ask_pin(topic_id):
    topic = of(topic_id)
    require(pin_topic(viewer(), topic))
    return question("topic_tools/_pin.html", _("Pin until a day"), topic=topic)


@blueprint.post("/topic/<int:topic_id>/pin")
@limited("60 per minute")
def pin(topic_id):
    pinned, topic = params.switch("pinned"), of(topic_id)
    until = topic_tools.end_of(request.form.get("until", ""))
    before = timeline.latest(viewer(), topic.id)
    with writing():
        topic_tools.pin(viewer(), topic_id, pinned=pinned, until=until)
    words = _("The topic is pinned.") if pinned else _("The topic is no longer pinned.")
    fields = {"pinned": str(int(topic.pinned))}
    if topic.pinned and topic.pinned_until:
        fields["until"] = topic.pinned_until.date().isoformat()
    return updated(topic_id, before, Offer(words, f"/topic/{topic_id}/pin", fields))


@blueprint.get("/topic/<int:topic_id>/move")
@login_required
def ask_move(topic_id):
    topic = of(topic_id)
    require(move_topic(viewer(), topic))
    places = topic_tools.places_for(viewer(), topic)
    return question("topic_tools/_move.html", _("Move this topic"), topic=topic, places=places)


@blueprint.post("/topic/<int:topic_id>/move")
@limited("60 per minute")
def move(topic_id):
    topic, category_id = of(topic_id), params.identity(params.chosen("category"))
    with writing():
        topic_tools.move(viewer(), topic_id, category_id)
    words = _("The topic was moved to %(name)s.", name=categories.find(category_id).name)
    offer = Offer(words, f"/topic/{topic_id}/move", {"category": str(topic.category_id)})
    return htmx.go(topic.path, offer=offer, event="livery:managed")


@blueprint.get("/topic/<int:topic_id>/title")
@login_required
def ask_rename(topic_id):
    topic = of(topic_id)
    require(rename_topic(viewer(), topic))
    return question("topic_tools/_rename.html", _("Title and tags"), topic=topic)


@blueprint.post("/topic/<int:topic_id>/title")
@limited("60 per minute")
def rename(topic_id):
    topic = of(topic_id)
    with writing():
        topic_tools.rename(viewer(), topic, request.form.get("title", ""), request.form.get("tags", ""))
    before = {"title": topic.title, "tags": ", ".join(topic.tags)}
    offer = Offer(_("Title and tags were changed."), f"/topic/{topic_id}/title", before)
    return htmx.go(of(topic_id).path, offer=offer, event="livery:managed")
