from flask import Blueprint, redirect, request

from core.db import writing
from core.i18n import gettext as _
from forum import flags, posts, topics, users
from forum.permissions import require
from forum.refusals import Conflict
from web import htmx, params
from web.auth import login_required, viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("flags", __name__)


def of_post(post_id):
    topic_id, _number = posts.place(params.identity(post_id))
    topic = topics.get(viewer(), topic_id)
    return topic, posts.one(viewer(), topic, post_id)


def question(address, who):
    context = {"address": address, "who": who, "reasons": flags.REASONS}
    return htmx.render("flags/new.html", "flags/_report.html", **context)


@blueprint.get("/post/<int:post_id>/report")
@login_required
def ask_post(post_id):
    _topic, post = of_post(post_id)
    require(flags.report(viewer(), post.author_id))
    return question(f"/post/{post_id}/report", post.author)


@blueprint.post("/post/<int:post_id>/report")
@limited("20 per minute")
def create_post(post_id):
    topic, post = of_post(post_id)
    with writing():
        flags.report_post(viewer(), topic, post_id, *said())
    return thanks(f"/post/{post_id}/report", f"{topic.path}/{post.number}")


@blueprint.get("/user/<slug>/report")
@login_required
def ask_person(slug):
    person = users.get(viewer(), slug)
    require(flags.report(viewer(), person.id))
    return question(f"/user/{person.slug}/report", person.name)


@blueprint.post("/user/<slug>/report")
@limited("20 per minute")
def create_person(slug):
    person = users.get(viewer(), slug)
    with writing():
        flags.report_person(viewer(), person.id, *said())
    return thanks(f"/user/{person.slug}/report", f"/user/{person.slug}")


def said():
    return request.form.get("reason", ""), request.form.get("words", "")


def thanks(address, way_on):
    words = _("Thank you. The moderators look at it.")
    if not htmx.partial():
        say(words)
    return htmx.done("flags/create.parts.html", otherwise=way_on, address=address, words=words)


@blueprint.get("/moderation/flags/<int:flag_id>")
@login_required
def show(flag_id):
    found = flags.case(viewer(), params.identity(flag_id))
    return page(found)


@blueprint.get("/flags")
def inbox():
    return redirect("/moderation", 308)


@blueprint.get("/flags/<int:flag_id>")
def moved(flag_id):
    return redirect(f"/moderation/flags/{flag_id}", 308)


def page(found, **more):
    context = {"case": found, "reasons": flags.REASONS, "states": flags.STATES, "done": flags.DONE, **more}
    helpers = [(who.id, who.name) for who in flags.moderators(found.category_id)]
    return htmx.render("flags/show.html", "flags/_case.html", helpers=helpers, **context)


@blueprint.post("/moderation/flags/<int:flag_id>")
@limited("240 per minute")
def update(flag_id):
    act, version = request.form.get("act", ""), params.chosen("version")
    try:
        with writing():
            flags.deal(viewer(), params.identity(flag_id), act, version, request.form.get("words", ""))
    except Conflict as conflict:
        return page(flags.case(viewer(), flag_id), problem=conflict.reason), 409
    return dealt(flag_id)


@blueprint.post("/moderation/flags/<int:flag_id>/assignee")
@limited("120 per minute")
def assign(flag_id):
    try:
        with writing():
            flags.assign(viewer(), params.identity(flag_id), params.chosen("who"), params.chosen("version"))
    except Conflict as conflict:
        return page(flags.case(viewer(), flag_id), problem=conflict.reason), 409
    return redirect(f"/moderation/flags/{flag_id}", 303)


@blueprint.post("/moderation/flags/<int:flag_id>/notes")
@limited("120 per minute")
def note(flag_id):
    with writing():
        flags.note(viewer(), params.identity(flag_id), request.form.get("words", ""))
    return redirect(f"/moderation/flags/{flag_id}", 303)


def dealt(flag_id):
    found = flags.case(viewer(), flag_id)
    words = _("%(what)s: %(state)s.", what=found.title or found.person, state=_(flags.STATES[found.state]))
    if not htmx.partial():
        say(words)
    context = {"case": found, "reasons": flags.REASONS, "states": flags.STATES, "done": flags.DONE}
    return htmx.announce(
        htmx.done("flags/update.parts.html", otherwise="/moderation", **context), "livery:changed", words=words
    )
