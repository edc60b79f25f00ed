from flask import Blueprint, redirect

from core.db import writing
from core.i18n import gettext as _
from core.i18n import ngettext
from forum import categories, marking, news, topics, unread
from web import htmx, params
from web.auth import login_required, viewer
from web.flash import say
from web.limits import limited

blueprint = Blueprint("unread", __name__)
MARKS = ("selected-read", "selected-unread", "all-read", "all-unread")


@blueprint.get("/unread")
@login_required
def index():
    only = params.choice("filter", news.FILTERS, "all")
    return htmx.render(
        "unread/index.html",
        "topics/_rows.html",
        only=only,
        filters=news.FILTERS,
        counts=unread.counts(viewer()),
        page=unread.listed(viewer(), only, number=params.page(), cursor=params.cursor()),
        pinned=[],
        show_category=True,
        selectable="mark-selected",
        address="/unread",
        query={"filter": only if only != "all" else ""},
    )


@blueprint.post("/unread")
@limited("60 per minute")
def mark():
    what, _dash, state = params.among("mark", MARKS).partition("-")
    chosen, until = params.numbers("topic"), params.moment("until")
    with writing():
        if what == "all" and state == "read":
            marking.places_read(viewer(), until=until)
        elif what == "all":
            marking.places_unread(viewer())
        elif state == "read":
            marking.topics_read(viewer(), chosen, until)
        else:
            marking.topics_unread(viewer(), chosen)
    return marked(what, state, len(chosen))


def marked(what, state, number):
    if what == "all":
        say(_("Everything is marked as read.") if state == "read" else _("Everything is marked as unread."))
    elif not number:
        say(_("Tick topics first, then mark them."))
    elif state == "read":
        say(ngettext("%(num)s topic is marked as read.", "%(num)s topics are marked as read.", number))
    else:
        say(ngettext("%(num)s topic is marked as unread.", "%(num)s topics are marked as unread.", number))
    return redirect("/unread", 303)


@blueprint.post("/category/<int:category_id>/unread")
@limited("60 per minute")
def mark_category(category_id):
    place = categories.get(viewer(), params.identity(category_id))
    read, below = params.switched("read"), marking.below(viewer(), place.id)
    with writing():
        if read:
            marking.places_read(viewer(), below, params.moment("until"))
        else:
            marking.places_unread(viewer(), below)
    state = _("“%(name)s” is marked as read.") if read else _("“%(name)s” is marked as unread.")
    say(state % {"name": place.name})
    return redirect(place.path, 303)


@blueprint.post("/topic/<int:topic_id>/unread")
@limited("60 per minute")
def mark_topic(topic_id):
    topic = topics.get(viewer(), params.identity(topic_id))
    read = params.switched("read")
    with writing():
        if read:
            marking.topics_read(viewer(), [topic.id], params.moment("until"))
        else:
            marking.topics_unread(viewer(), [topic.id])
    state = _("“%(name)s” is marked as read.") if read else _("“%(name)s” is marked as unread.")
    say(state % {"name": topic.title})
    return redirect(categories.find(topic.category_id).path, 303)


@blueprint.get("/topic/<int:topic_id>/<slug>/unread")
@login_required
def jump(topic_id, slug):
    topic = topics.get(viewer(), params.identity(topic_id))
    return redirect(f"{topic.path}/{unread.first(viewer(), topic)}")
