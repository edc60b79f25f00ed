"""Revisions: editing a post, what it said before, and the way back to that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import aliased

from core import clock
from core.db import session
from core.events import emit
from core.i18n import gettext as _
from core.settings import Int, declare
from forum import (
    audit,
    differences,
    drafts,
    locking,
    permissions,
    posting,
    screening,
    tag_rules,
    tags,
    text,
    timeline,
    topics,
    uploads,
)  # fmt: skip
from forum.refusals import Conflict, Invalid, Missing
from forum.slugs import slugify
from forum.topics import TopicPage
from forum.viewers import Viewer
from models import Post, Revision, Topic, User

settings = declare(
    "revisions",
    grace_seconds=Int(120, "Seconds after writing in which the author's edit leaves no mark"),
    reason_max=Int(200, "Longest reason for an edit", low=10, high=200),
)

_SHOWN = 100


@dataclass(frozen=True)
class PostEdited:
    """A post says something else now (with a topic's first post, perhaps its title and tags, too)."""

    post_id: int
    topic_id: int
    editor_id: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A post as its editor is given it."""

    id: int
    number: int
    author_id: int
    author: str
    editor: str | None
    created_at: datetime
    deleted_at: datetime | None
    deleted_by_id: int | None
    revisions: int
    version: int
    source: str


@dataclass(frozen=True, slots=True)
class RevisionRow:
    """An edit: who made it, when and why."""

    id: int
    editor: str
    editor_slug: str
    edited_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one edit changed."""

    revision_id: int
    lines: list[differences.Line]
    title: list[differences.Piece]
    tags: list[differences.Piece]
    source: str


def draft(topic: TopicPage, post_id: int) -> Draft:
    """A post as it is now, to be edited. Raises Missing."""
    author, editor = aliased(User), aliased(User)
    query = (
        select(
            Post.id, Post.number, Post.author_id, author.name.label("author"), editor.name.label("editor"),
            Post.created_at, Post.deleted_at, Post.deleted_by_id, Post.revisions, Post.version, Post.source,
        )
        .join(author, author.id == Post.author_id)
        .outerjoin(editor, editor.id == Post.edited_by_id)
        .where(Post.id == post_id, Post.topic_id == topic.id)
    )  # fmt: skip
    found = session().execute(query).one_or_none()
    if found is None:
        raise Missing
    return Draft(**found._mapping)


def of_post(viewer: Viewer, topic: TopicPage, post_id: int) -> list[RevisionRow]:
    """The edits of a post, the newest first; at most 100. Raises Missing, Forbidden."""
    permissions.require(permissions.see_history(viewer, topic, draft(topic, post_id)))
    rows = session().execute(
        select(Revision.id, User.name, User.slug, Revision.edited_at, Revision.reason)
        .join(User, User.id == Revision.editor_id)
        .where(Revision.post_id == post_id)
        .order_by(Revision.id.desc())
        .limit(_SHOWN)
    )
    return [RevisionRow(*row) for row in rows]


def compare(viewer: Viewer, topic: TopicPage, post_id: int, revision_id: int) -> Comparison:
    """What an edit changed: the text before it against the text after it. Raises Missing, Forbidden."""
    now = draft(topic, post_id)
    permissions.require(permissions.see_history(viewer, topic, now))
    rows = session().scalars(
        select(Revision)
        .where(Revision.post_id == post_id, Revision.id >= revision_id)
        .order_by(Revision.id)
        .limit(2)
    )  # fmt: skip
    found = rows.all()
    if not found or found[0].id != revision_id:
        raise Missing
    before = found[0]
    after = (found[1].source, found[1].title, found[1].tags) if len(found) > 1 else (now.source, *_naming(topic, now))
    return Comparison(
        before.id,
        differences.between(before.source, after[0]),
        differences.words(before.title or "", after[1] or "") if before.title != after[1] else [],
        differences.words(before.tags or "", after[2] or "") if before.tags != after[2] else [],
        before.source,
    )


def edit(
    editor: Viewer,
    topic: TopicPage,
    post_id: int,
    body: str,
    *,
    version: int,
    reason: str = "",
    title: str | None = None,
    tag_line: str | None = None,
    send_key: str | None = None,
) -> None:
    """Gives a post another text, and with a topic's first post another title and tags (None: as they are).

    `version` is the one that the editor saw. Raises Conflict when somebody else was faster, Forbidden, Invalid, Missing.
    """
    live, post = locking.post(topic.id, post_id)
    permissions.require(permissions.edit_post(editor, live, post))
    drafts.finish_edit(editor, send_key, post_id)
    if post.number != 1:
        title = tag_line = None
    old_tags = tags.of_topics([topic.id]).get(topic.id, [])
    words = old_tags if tag_line is None else tag_rules.chosen(editor, live.category_id, tag_line, old_tags)
    source, name = posting.check_body(body), live.title if title is None else topics.check_title(title)
    if (source, name, set(words)) == (post.source, live.title, set(old_tags)):
        return  # nothing new, or the same form once more
    if post.version != version:
        raise Conflict(
            _("Somebody else changed this post while you were writing. Look at both texts, then save again.")
        )
    _keep(editor, live, post, old_tags, reason.strip())
    _rewrite(editor, live, post, source)
    if name != live.title:
        _rename(editor, live, name, marked=post.revisions > 0)
    session().flush()
    if set(words) != set(old_tags):
        tags.retag(live, words)
    _told(editor, live, post, reason)


def restore(editor: Viewer, topic: TopicPage, post_id: int, revision_id: int) -> None:
    """Brings back what a post said before an edit; this is an edit itself. Raises Forbidden, Missing."""
    current = session()
    earlier = current.get(Revision, revision_id)
    if earlier is None or earlier.post_id != post_id:
        raise Missing
    version = current.scalars(select(Post.version).where(Post.id == post_id)).one()
    words = _("Restored the version from before %(when)s", when=f"{earlier.edited_at:%Y-%m-%d %H:%M} UTC")
    edit(
        editor, topic, post_id, earlier.source,
        version=version, reason=words, title=earlier.title, tag_line=earlier.tags,
    )  # fmt: skip


def _told(editor: Viewer, topic: Topic, post: Post, reason: str) -> None:
    """Tells of an edit, and writes it down where it is another's post."""
    emit(PostEdited(post.id, topic.id, editor.id))
    if editor.id != post.author_id:
        audit.note(
            editor, "post.edited", user_id=post.author_id, category_id=topic.category_id, topic_id=topic.id,
            post_id=post.id, name=topic.title, detail=reason,
        )  # fmt: skip


def _keep(editor: Viewer, topic: Topic, post: Post, words: Sequence[str], reason: str) -> None:
    """Keeps what the post says until now, unless its author mends what he has only just written. Raises Invalid."""
    if len(reason) > settings.reason_max:
        raise Invalid("reason", _("A reason has at most %(most)s letters.", most=settings.reason_max))
    present = clock.now()
    grace = timedelta(seconds=settings.grace_seconds)
    own = editor.id == post.author_id and not reason
    if own and not post.revisions and present - post.created_at < grace:
        return
    mending = own and post.edited_by_id == editor.id and post.edited_at and present - post.edited_at < grace
    if mending:
        return
    first = post.number == 1
    session().add(
        Revision(
            post_id=post.id, source=post.source, title=topic.title if first else None,
            tags=", ".join(words) if first else None, editor_id=editor.id, reason=reason, edited_at=present,
        )
    )  # fmt: skip
    post.revisions, post.edit_reason = post.revisions + 1, reason or None
    post.edited_at, post.edited_by_id = present, editor.id


def _rewrite(editor: Viewer, topic: Topic, post: Post, source: str) -> None:
    screening.check_edit(editor, topic.category_id, post.source, source)
    html = posting.render(source)
    post.source, post.html, post.excerpt = source, html, text.excerpt(html)
    post.render_version, post.version = text.RENDER_VERSION, post.version + 1
    uploads.link(post.id, source)


def _rename(editor: Viewer, topic: Topic, title: str, *, marked: bool) -> None:
    before, topic.title, topic.slug = topic.title, title, slugify(title, "topic")
    if marked:  # the author's second thoughts right after writing leave no mark
        timeline.note(topic, "renamed", editor, words=before)


def _naming(topic: TopicPage, post: Draft) -> tuple[str | None, str | None]:
    return (topic.title, ", ".join(topic.tags)) if post.number == 1 else (None, None)
