from flask import Blueprint, request

from core.db import writing
from core.i18n import gettext as _
from forms.accounts import LoginForm
from forms.posts import EditForm
from forum import differences, posting, posts, revisions, topics
from forum.permissions import edit_post, moderate, reply_to, require
from forum.refusals import Conflict, Invalid
from web import drafting, htmx, params
from web.auth import login_required, public, viewer
from web.limits import limited
from web.login import log_in_place

blueprint = Blueprint("revisions", __name__)


def drafted(post_id):
    topic_id, _number = posts.place(params.identity(post_id))
    topic = topics.get(viewer(), topic_id)
    return topic, revisions.draft(topic, post_id)


@blueprint.get("/post/<int:post_id>/edit")
@login_required
def edit(post_id):
    topic, post = drafted(post_id)
    require(edit_post(viewer(), topic, post))
    form = EditForm()
    form.title.data, form.tags.data = topic.title, ", ".join(topic.tags)
    form.body.data, form.seen.data = post.source, post.version
    draft, others = drafting.resume(form, "post", post.id)
    return composer(topic, post, form, draft=draft, others=others)


def composer(topic, post, form, **more):
    if "problem" in more and viewer().guest:
        more["login"] = LoginForm()
    context = {"topic": topic, "post": post, "form": form, "errors": {}, **more}
    return htmx.render("revisions/edit.html", "revisions/_composer.html", **context)


@blueprint.post("/post/<int:post_id>/edit")
@public
@limited("30 per minute")
def update(post_id):
    form = params.well_formed(EditForm())
    topic, post = drafted(post_id)
    if "preview" in request.form:
        return composer(topic, post, form, preview=posting.render(form.body.data))
    problem = log_in_place() or edit_post(viewer(), topic, post).reason
    if problem:
        return composer(topic, post, form, problem=problem), 403
    try:
        with writing():
            revisions.edit(viewer(), topic, post_id, form.body.data, **form.details())
    except Invalid as invalid:
        return composer(topic, post, form, errors={invalid.field: invalid.reason}), 422
    except Conflict:
        return overtaken(topic, post_id, form)
    return updated(topic.id, post_id)


def overtaken(topic, post_id, form):
    now = revisions.draft(topic, post_id)
    theirs = differences.between(now.source, form.body.data.replace("\r\n", "\n"))
    return composer(topic, now, form, theirs=theirs), 409


def updated(topic_id, post_id):
    topic = topics.get(viewer(), topic_id)
    post = posts.one(viewer(), topic, post_id)
    answer = htmx.done(
        "revisions/update.parts.html",
        otherwise=f"{topic.path}/{post.number}#post-{post_id}",
        topic=topic,
        post=post,
        may_reply=reply_to(viewer(), topic),
        may_moderate=moderate(viewer(), topic.category_id),
    )
    words = _("Post number %(number)s was changed.", number=post.number)
    return htmx.announce(answer, "livery:changed", words=words, focus=f"post-{post_id}")


@blueprint.get("/post/<int:post_id>/history")
def index(post_id):
    topic, post = drafted(post_id)
    rows = revisions.of_post(viewer(), topic, post_id)
    shown = params.number("revision") or (rows[0].id if rows else None)
    return htmx.render(
        "revisions/index.html",
        "revisions/_history.html",
        topic=topic,
        post=post,
        rows=rows,
        shown=revisions.compare(viewer(), topic, post_id, shown) if shown else None,
        may_edit=edit_post(viewer(), topic, post),
    )


@blueprint.post("/post/<int:post_id>/revisions/<int:revision_id>/restore")
@limited("30 per minute")
def restore(post_id, revision_id):
    topic, _post = drafted(post_id)
    with writing():
        revisions.restore(viewer(), topic, post_id, params.identity(revision_id))
    return updated(topic.id, post_id)
