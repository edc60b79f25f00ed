from flask import Blueprint, redirect, request

from core.db import writing
from core.i18n import gettext as _
from forms.accounts import LoginForm
from forms.posts import ReplyForm
from forum import pacing, posting, posts, queue, removals, screening, text, topics
from forum.permissions import over_post, reply_to, require, see_post
from forum.refusals import Invalid, TooMany
from web import drafting, htmx, params
from web.auth import login_required, public, viewer
from web.flash import say
from web.limits import limited
from web.login import log_in_place

blueprint = Blueprint("posts", __name__)


def topic_of(post_id):
    topic_id, number = posts.place(params.identity(post_id))
    return topics.get(viewer(), topic_id), number


@blueprint.get("/post/<int:post_id>")
def show(post_id):
    topic, number = topic_of(post_id)
    return redirect(f"{topic.path}/{number}#post-{post_id}")


@blueprint.get("/post/<int:post_id>/replies")
def replies(post_id):
    topic, _number = topic_of(post_id)
    context = {
        "topic": topic,
        "post": posts.one(viewer(), topic, post_id),
        "answers": posts.answers(viewer(), topic, post_id),
    }
    return htmx.render("posts/replies.html", "posts/_replies.html", **context)


@blueprint.get("/post/<int:post_id>/menu")
@login_required
def menu(post_id):
    topic, _number = topic_of(post_id)
    post = posts.one(viewer(), topic, post_id)
    may = over_post(viewer(), topic, post)
    context = {"topic": topic, "post": post, "may": may, "may_remove": removals.remove_person(viewer(), post.author_id)}
    return htmx.render("posts/menu.html", "posts/_menu.html", **context)


@blueprint.get("/post/<int:post_id>/voters")
def voters(post_id):
    topic, number = topic_of(post_id)
    require(see_post(viewer(), topic, posts.one(viewer(), topic, post_id)))
    ups, downs = posts.voters(post_id)
    return htmx.render(
        "posts/voters.html",
        "posts/_voters.html",
        topic=topic,
        post_id=post_id,
        number=number,
        ups=ups,
        downs=downs,
    )


@blueprint.get("/topic/<int:topic_id>/reply")
@login_required
def new(topic_id):
    topic = topics.get(viewer(), params.identity(topic_id))
    require(reply_to(viewer(), topic))
    form, quoted = ReplyForm(), params.several("quote")
    draft, others = drafting.resume(form, "topic", topic.id)
    for post_id in quoted:
        author, source, _number = posts.source(topic, post_id)
        begun = f"{form.body.data.rstrip()}\n\n" if form.body.data.strip() else ""
        form.body.data = begun + text.quote(author, post_id, source)
    answered = params.number("to") if not quoted else quoted[-1]
    form.reply_to.data = answered or form.reply_to.data
    return composer(topic, form, draft=draft, others=others)


def composer(topic, form, **more):
    if "problem" in more and viewer().guest:
        more["login"] = LoginForm()
    parent = parent_of(topic, form.reply_to.data)
    context = {"topic": topic, "form": form, "parent": parent, "errors": {}, **more}
    return htmx.render("posts/new.html", "posts/_composer.html", **context)


def parent_of(topic, post_id):
    try:
        return posts.source(topic, params.identity(post_id)) if post_id else None
    except posts.Missing:
        return None


@blueprint.post("/topic/<int:topic_id>/posts")
@public
@limited("30 per minute")
def create(topic_id):
    topic = topics.get(viewer(), params.identity(topic_id))
    form = params.well_formed(ReplyForm())
    if "preview" in request.form:
        return composer(topic, form, preview=posting.render(form.body.data))
    problem = log_in_place() or reply_to(viewer(), topic).reason
    if problem:
        return composer(topic, form, problem=problem), 403
    try:
        post = sent(topic, form)
    except (Invalid, TooMany) as refused:
        said, *status = drafting.untaken(refused)
        return composer(topic, form, **said), *status
    except screening.Waits as waits:
        return held(topic, form, waits)
    return created(topic.id, post.id)


def sent(topic, form):
    with writing():
        pacing.require_pause(viewer(), topic.category_id, form.send_key.data)
        return posts.reply(viewer(), topic, form.body.data, **keys_of(form))


def keys_of(form):
    return {"reply_to_id": form.reply_to.data, "send_key": form.send_key.data}


def held(topic, form, waits):
    with writing():
        queue.hold_reply(viewer(), topic, form.body.data, waits.why, **keys_of(form))
    say(_("Thank you. A moderator looks at it first; you are told what becomes of it."))
    return htmx.go("/post-queue")


def created(topic_id, post_id):
    topic = topics.get(viewer(), topic_id)
    post = posts.one(viewer(), topic, post_id)
    parent = posts.one(viewer(), topic, post.reply_to_id) if post.reply_to_id else None
    address = f"{topic.path}/{post.number}#post-{post.id}"
    answer = htmx.done(
        "posts/create.parts.html",
        otherwise=address,
        topic=topic,
        post=post,
        parent=parent,
        may_reply=reply_to(viewer(), topic),
    )
    words = _("Your reply was posted as number %(number)s.", number=post.number)
    return htmx.announce(answer, "livery:posted", id=post.id, path=f"{topic.path}/{post.number}", words=words)


@blueprint.post("/preview")
@limited("120 per minute")
def preview():
    body = request.form.get("body", "")
    return htmx.render("posts/preview.html", "posts/_preview.html", preview=posting.render(posting.check_body(body)))
