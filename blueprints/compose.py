from flask import Blueprint, render_template

from forum import categories, compose
from web import params
from web.auth import login_required, viewer

blueprint = Blueprint("compose", __name__)


def options(found):
    return render_template("compose/_options.html", options=found)


@blueprint.get("/compose/people")
@login_required
def people():
    return options(compose.people(viewer(), params.text("q", 60)))


@blueprint.get("/compose/emoji")
@login_required
def emoji():
    return options(compose.emojis(params.text("q", 40)))


@blueprint.get("/compose/topics")
@login_required
def topics():
    return options(compose.topics(viewer(), params.text("q")))


@blueprint.get("/compose/tags")
@login_required
def tags():
    return options(compose.tag_words(viewer(), params.text("q", 40), params.number("category") or 0))


@blueprint.get("/compose/rules")
@login_required
def rules():
    place = categories.get(viewer(), params.identity(params.number("cid") or 0))
    return render_template("compose/_rules.html", place=place)


@blueprint.get("/compose/similar")
@login_required
def similar():
    return render_template("compose/_similar.html", similar=compose.similar(viewer(), params.text("title", 300)))
