from flask import Blueprint, request

from core.db import writing
from core.i18n import gettext as _
from forum import posts, topics, votes
from forum.refusals import Invalid
from web import htmx, params
from web.auth import viewer
from web.limits import limited

blueprint = Blueprint("votes", __name__)


@blueprint.post("/post/<int:post_id>/vote")
@limited("60 per minute")
def update(post_id):
    topic_id, number = posts.place(params.identity(post_id))
    topic = topics.get(viewer(), topic_id)
    value = request.form.get("value", "")
    if value not in ("1", "0", "-1"):
        raise Invalid("value", _("A vote is 1, 0 or -1."))
    with writing():
        votes.cast(viewer(), topic, post_id, int(value))
    post = posts.one(viewer(), topic, post_id)
    answer = htmx.done(
        "votes/update.parts.html", otherwise=f"{topic.path}/{number}#post-{post_id}", topic=topic, post=post
    )
    return htmx.announce(answer, "livery:voted", words=_("The score is %(score)s.", score=post.score))
