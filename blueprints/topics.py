from urllib.parse import urlencode

from flask import Blueprint, redirect, request

from core.db import writing
from core.i18n import gettext as _
from forms.accounts import LoginForm
from forms.posts import TopicForm
from forum import (
    accounts,
    categories,
    compose,
    pacing,
    posting,
    posts,
    publishing,
    queue,
    screening,
    text,
    topics,
    transfers,
    unread,
)
from forum.permissions import create_topic, moderate, reply_to
from forum.refusals import Invalid, Moved, TooMany
from forum.topic_permissions import over_topic
from web import drafting, htmx, params
from web.auth import login_required, public, viewer
from web.flash import say
from web.limits import limited, peer
from web.login import log_in_place

blueprint = Blueprint("topics", __name__)


@blueprint.get("/topic/<int:topic_id>")
@blueprint.get("/topic/<int:topic_id>/<slug>")
@blueprint.get("/topic/<int:topic_id>/<slug>/<int:number>")
def show(topic_id, slug="", number=None):
    topic = at_present(params.identity(topic_id), number)
    asked = params.number("post")
    if asked is not None:
        return redirect(at_post(topic, asked))
    if slug != topic.slug:
        return redirect(params.same_query(f"{topic.path}/{number}" if number else topic.path), 308)
    who = viewer()
    sort = params.choice("sort", posts.SORTS, who.preferences.get("topic_sort", posts.DEFAULT_SORT))
    stream = posts.stream(who, topic, sort=sort, page=params.page(), number=number, cursor=params.cursor())
    if number is not None and stream.target != number and (instead := in_its_place(topic, number)):
        return redirect(instead)
    topics.seen(topic.id, peer())
    unread.seen(who, topic, stream)
    return htmx.render("topics/show.html", "posts/_stretch.html", **page_of(topic, stream))


def at_present(topic_id, number):
    try:
        return topics.get(viewer(), topic_id)
    except Moved as moved:
        post_id = transfers.trace(topic_id, number) if number else None
        raise Moved(moved.reason, f"/post/{post_id}" if post_id else moved.address) from None


def at_post(topic, number):
    kept = f"?sort={request.args['sort']}" if request.args.get("sort") in posts.SORTS else ""
    return f"{topic.path}/{number}{kept}" if number else topic.path + kept


def in_its_place(topic, number):
    if left := transfers.trace(topic.id, number):
        return f"/post/{left}"
    return params.same_query(f"{topic.path}/{topic.last_number}") if number > topic.last_number else ""


def page_of(topic, stream):
    who, place = viewer(), categories.find(topic.category_id)
    asked = params.number("since")
    since = topic.read_number if asked is None else asked
    return {
        "since": since,
        "news_from": unread.line(who, stream, since),
        "topic": topic,
        "stream": stream,
        "place": place,
        "ancestors": categories.ancestors(place),
        "may_reply": reply_to(who, topic),
        "may_create": create_topic(who, topic.category_id),
        "may_moderate": moderate(who, topic.category_id),
        "sorts": posts.SORTS,
        "way": params.choice("way", ("", "earlier", "later"), ""),
    }


@blueprint.get("/topic/<int:topic_id>/tools")
@login_required
def tools(topic_id):
    topic = topics.get(viewer(), params.identity(topic_id))
    return htmx.render("topics/menu.html", "topics/_menu.html", topic=topic, may=over_topic(viewer(), topic))


@blueprint.post("/topic/<int:topic_id>/sort")
@limited("60 per minute")
def sort(topic_id):
    topic = topics.get(viewer(), params.identity(topic_id))
    chosen = request.form.get("sort", "")
    if chosen not in posts.SORTS:
        raise Invalid("sort", _("There is no such order."))
    with writing():
        accounts.prefer(viewer(), topic_sort=chosen)
    viewer().preferences["topic_sort"] = chosen
    stream = posts.stream(viewer(), topic, sort=chosen)
    address = f"{topic.path}?sort={chosen}"
    answer = htmx.done("topics/sort.parts.html", otherwise=address, **page_of(topic, stream))
    return htmx.push(answer, address)


@blueprint.get("/compose")
@login_required
def new():
    if "topic" in request.args:
        return redirect(reply_page())
    place = categories.get(
        viewer(), params.identity(params.number("category") or params.number("cid") or first_place())
    )
    form, about = TopicForm(), params.number("about")
    draft, others = drafting.resume(form, "category", place.id) if about is None else (None, [])
    if about is not None:
        origin = topics.get(viewer(), about)
        form.body.data = f"Re: {text.link(origin.title, origin.path)}\n\n{place.template}"
    elif draft is None:
        form.body.data = place.template
    return composer(place, form, draft=draft, others=others)


def reply_page():
    asked = [("to", params.number("reply_to")), *(("quote", each) for each in params.several("quote"))]
    query = urlencode([(name, value) for name, value in asked if value is not None])
    return f"/topic/{params.identity(params.number('topic') or 0)}/reply" + (f"?{query}" if query else "")


def first_place():
    found = compose.places(viewer())
    return found[0][0].id if found else 0


def composer(place, form, **more):
    if "problem" in more and viewer().guest:
        more["login"] = LoginForm()
    may_create = create_topic(viewer(), place.id)
    context = {"place": place, "form": form, "may_create": may_create, "errors": {}, **more}
    return htmx.render("topics/new.html", "topics/_composer.html", **context)


def previewed(place, form):
    like = compose.similar(viewer(), form.title.data)
    return composer(place, form, preview=posting.render(form.body.data), similar=like)


@blueprint.post("/category/<int:category_id>/topics")
@public
@limited("20 per minute")
def create(category_id):
    form = params.well_formed(TopicForm())
    place = categories.get(viewer(), params.identity(form.cid.data or category_id))
    if "preview" in request.form:
        return previewed(place, form)
    if problem := log_in_place():
        return composer(place, form, problem=problem), 403
    try:
        topic = sent(place, form)
    except (Invalid, TooMany) as refused:
        said, *status = drafting.untaken(refused)
        return composer(place, form, **said), *status
    except screening.Waits as waits:
        return held(place, form, waits)
    return htmx.go(f"/topic/{topic.id}/{topic.slug}")


def sent(place, form):
    later = params.written_moment(form.publish_at.data, "publish_at")
    with writing():
        pacing.require_pause(viewer(), place.id, form.send_key.data)
        return topics.create(viewer(), place, *form.texts(), send_key=form.send_key.data, publish_at=later)


def held(place, form, waits):
    with writing():
        queue.hold_topic(viewer(), place, form.texts(), waits.why, form.send_key.data)
    say(_("Thank you. A moderator looks at it first; you are told what becomes of it."))
    return htmx.go("/post-queue")


@blueprint.post("/topic/<int:topic_id>/schedule")
@limited("30 per minute")
def schedule(topic_id):
    topic = topics.get(viewer(), params.identity(topic_id))
    if "cancel" in request.form:
        with writing():
            draft = publishing.cancel(viewer(), topic.id)
        say(_("“%(title)s” will not be published. It is a draft again.", title=topic.title))
        return redirect(f"/compose?category={topic.category_id}&draft={draft}", 303)
    at = None if "now" in request.form else params.written_moment(request.form.get("publish_at"), "publish_at")
    with writing():
        publishing.reschedule(viewer(), topic.id, at)
    return redirect(topic.path, 303)
