"""Adding a post: what starting a topic and replying have in common."""

from datetime import datetime

from sqlalchemy import select, update

from core import clock
from core.db import session
from core.i18n import gettext as _
from core.i18n import ngettext
from core.settings import Int, declare
from forum import drafts, handles, page_sizes, screening, text, tombstones, uploads
from forum.refusals import Invalid
from forum.viewers import Viewer
from models import Post, Topic, User

settings = declare(
    "posts",
    length_min=Int(1, "Shortest post", low=1),
    length_max=Int(32767, "Longest post", low=100, high=1_000_000),
    per_page=Int(20, "Posts on a page", low=5, high=100),
    per_page_most=Int(50, "Most posts on a page that a member may choose", low=5, high=100),
)


def page_size(viewer: Viewer) -> int:
    """How many posts a page of a topic holds for a viewer."""
    return page_sizes.of(viewer, "posts_per_page", settings.per_page, settings.per_page_most)


def check_body(body: str) -> str:
    """The text of a post with plain line ends. Raises Invalid."""
    source = body.replace("\r\n", "\n").replace("\r", "\n").strip("\n").rstrip()
    if "\x00" in source:
        raise Invalid("body", _("The text has a character in it that cannot be kept (NUL)."))
    if len(source.strip()) < settings.length_min:
        raise Invalid("body", _("Write something first."))
    if len(source) > settings.length_max:
        raise Invalid(
            "body",
            ngettext(
                "A post has at most %(most)s letters; this one has %(num)s.",
                "A post has at most %(most)s letters; this one has %(num)s.",
                len(source),
                most=f"{settings.length_max:,}",
            ),
        )
    return source


def render(source: str) -> str:
    """The HTML of a text, its mentions linked: what the preview shows and what a post keeps."""
    return text.render(source, handles.addresses(text.mentioned(source)))


def sent_before(author: Viewer, send_key: str | None) -> Post | None:
    """The post that this form has already sent, if it has."""
    if not send_key:
        return None
    # One sending at a time for one author: the second of a double click waits here and then finds the first.
    session().execute(select(User.id).where(User.id == author.id).with_for_update())
    return session().scalar(select(Post).where(Post.author_id == author.id, Post.send_key == send_key))


def add(
    author: Viewer, topic: Topic, source: str, *, reply_to_id: int | None = None, send_key: str | None = None
) -> Post:
    """Writes a post with the next number of its topic, and the topic's own figures. Raises Waits."""
    screening.require_free(author, topic.category_id, source)
    current, present = session(), clock.now()
    own = (Post.topic_id == topic.id) & (Post.author_id == author.id) & Post.deleted_at.is_(None)
    first_here = current.scalar(select(Post.id).where(own).limit(1)) is None
    number, newest = current.execute(
        update(Topic)
        .where(Topic.id == topic.id)
        .values(last_number=Topic.last_number + 1)
        .returning(Topic.last_number, Topic.last_post_at)
    ).one()
    html = render(source)
    # what is written before a topic is published comes with it: nothing in it is older than its first post
    # and nothing than the post before it: clocks are put back, and those of two servers are not the same
    at: datetime = topic.published_at if number == 1 else max(present, topic.published_at, newest)
    post = Post(
        id=tombstones.fresh_id("post"),
        topic_id=topic.id, number=number, author_id=author.id, reply_to_id=reply_to_id, source=source, html=html,
        excerpt=text.excerpt(html), render_version=text.RENDER_VERSION, published_at=at, created_at=at,
        send_key=send_key or None,
    )  # fmt: skip
    current.add(post)
    current.flush()
    values: dict[str, object] = {
        "posts": Topic.posts + 1,
        "posters": Topic.posters + int(first_here),
        "last_post_id": post.id,
        "last_post_at": at,
    }
    if number == 1:
        values["first_post_id"] = post.id
    current.execute(update(Topic).where(Topic.id == topic.id).values(**values))
    current.refresh(topic)
    drafts.finish(author, send_key)
    uploads.link(post.id, source)
    return post
