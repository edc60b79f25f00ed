from flask import Blueprint, redirect

from core.db import writing
from core.i18n import gettext as _
from forum import bookmarks, categories, posts, topics
from forum.permissions import reply_to
from forum.refusals import Missing
from web import htmx, params
from web.auth import login_required, viewer
from web.flash import Offer
from web.limits import limited

blueprint = Blueprint("bookmarks", __name__)


@blueprint.get("/user/<slug>/bookmarks")
@login_required
def index(slug):
    if slug != viewer().slug:
        raise Missing(_("Bookmarks are shown only to the one who made them."))
    rows, following = bookmarks.of(viewer(), categories.visible_ids(viewer()), params.number("before"))
    return htmx.render("bookmarks/index.html", "bookmarks/_rows.html", rows=rows, following=following)


@blueprint.get("/me/bookmarks")
@login_required
def mine():
    return redirect(f"/user/{viewer().slug}/bookmarks")


@blueprint.post("/post/<int:post_id>/bookmark")
@limited("60 per minute")
def update(post_id):
    topic_id, number = posts.place(params.identity(post_id))
    topic, kept = topics.get(viewer(), topic_id), params.switch("kept")
    with writing():
        bookmarks.keep(viewer(), topic, post_id, kept=kept)
    words = _("The post is among your bookmarks.") if kept else _("The post is no longer among your bookmarks.")
    return htmx.done(
        "bookmarks/update.parts.html",
        otherwise=f"{topic.path}/{number}#post-{post_id}",
        offer=Offer(words, f"/post/{post_id}/bookmark", {"kept": str(int(not kept))}),
        post=posts.one(viewer(), topic, post_id),
        may_reply=reply_to(viewer(), topic),
    )
