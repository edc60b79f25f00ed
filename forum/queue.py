"""The queue: what must wait is kept, shown to moderators, and posted, or refused with a reason."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, false, func, select
from sqlalchemy.orm import aliased

from core import clock
from core.db import session, writing
from core.events import emit, subscribe
from core.i18n import gettext as _
from core.i18n import mark
from forum import (
    audit,
    categories,
    deciding,
    drafts,
    flags,
    notices,
    permissions,
    posting,
    posts,
    tag_rules,
    topics,
    viewers,
)
from forum.permissions import HIDDEN, YES, Verdict, require
from forum.privileges import MODERATE, rights
from forum.refusals import Conflict, Forbidden, Gone, Missing
from forum.viewers import Viewer
from models import Post, Queued, Topic, User

WHY = {
    "newcomer": mark("somebody new"), "links": mark("links, by somebody new"), "category": mark("everything waits there"),
}  # fmt: skip
STATES = {
    "waiting": mark("waits for a moderator"), "accepted": mark("accepted"), "refused": mark("refused"),
    "withdrawn": mark("taken back"),
}  # fmt: skip
_LISTED = 50
_HOME: Any = func.coalesce(Topic.category_id, Queued.category_id)
"""Where it would stand: a topic may have moved since its reply was written."""


@dataclass(frozen=True)
class PostQueued:
    """Something waits for a moderator."""

    queued_id: int
    author_id: int


@dataclass(slots=True)
class Item:
    """What waits, or waited, as its author and the moderators see it."""

    id: int
    state: str
    version: int
    why: str
    reply: bool
    title: str
    tags: str
    body: str
    at: datetime
    reason: str
    post_id: int | None
    author_id: int
    author: str
    slug: str
    category_id: int
    topic_id: int | None
    topic: str | None
    decided_by: str | None

    @property
    def place(self) -> categories.Place | None:
        """The category that it is meant for."""
        return categories.find(self.category_id)

    @property
    def done(self) -> bool:
        """Whether nobody need look at it any more."""
        return self.state != "waiting"


# --- who sees it ---


def see_queued(viewer: Viewer, category_id: int) -> Verdict:
    """May the viewer decide what waits in a category? Its twin is `visible_queued`."""
    return YES if MODERATE in rights(viewer, category_id) else HIDDEN


def visible_queued(viewer: Viewer) -> ColumnElement[bool]:
    """The condition under which a moderator sees what waits: the twin of `see_queued`."""
    moderated = [key for key in categories.forest().by_id if MODERATE in rights(viewer, key)]
    return _HOME.in_(moderated) if moderated else false()


def waiting(viewer: Viewer, *, done: bool = False) -> list[Item]:
    """Up to 50 posts that wait and that the viewer may decide on, the oldest first; or those that are decided."""
    query = _rows().where(visible_queued(viewer)).limit(_LISTED)
    if done:
        return _items(query.where(Queued.state.in_(("accepted", "refused"))).order_by(Queued.decided_at.desc()))
    return _items(query.where(Queued.state == "waiting").order_by(Queued.id))


def get(viewer: Viewer, queued_id: int) -> Item:
    """One of them. Raises Missing."""
    found = _items(_rows().where(Queued.id == queued_id))
    if not found:
        raise Missing
    require(see_queued(viewer, found[0].category_id))
    return found[0]


def own(viewer: Viewer) -> list[Item]:
    """What somebody wrote that waits or waited, the newest first."""
    return _items(_rows().where(Queued.author_id == viewer.id).order_by(Queued.id.desc()).limit(_LISTED))


# --- writing ---


def hold_topic(author: Viewer, place: categories.Place, texts: Sequence[str], why: str, send_key: str | None) -> None:
    """Keeps a new topic until a moderator has looked at it; the same `send_key` again keeps it once.

    Raises Forbidden, Invalid.
    """
    require(permissions.create_topic(author, place.id))
    title, body, tag_line = topics.check_title(texts[0]), posting.check_body(texts[1]), texts[2]
    words = ", ".join(tag_rules.chosen(author, place.id, tag_line))
    _hold(author, send_key, category_id=place.id, reply=False, title=title, tags=words, body=body, why=why)


def hold_reply(
    author: Viewer, topic: topics.TopicPage, body: str, why: str, *, reply_to_id: int | None, send_key: str | None
) -> None:
    """Keeps a reply until a moderator has looked at it. Raises Forbidden, Invalid."""
    require(permissions.reply_to(author, topic))
    answered = session().get(Post, reply_to_id) if reply_to_id else None
    parent = reply_to_id if answered is not None and answered.topic_id == topic.id else None
    source = posting.check_body(body)
    _hold(
        author, send_key, category_id=topic.category_id, topic_id=topic.id, reply_to_id=parent, reply=True,
        body=source, why=why,
    )  # fmt: skip


def withdraw(viewer: Viewer, queued_id: int) -> None:
    """Takes one's own post out of the queue. Raises Missing, Conflict."""
    row = _locked(queued_id)
    if row.author_id != viewer.id:
        raise Missing
    if row.state not in ("waiting", "withdrawn"):
        raise Conflict(_("A moderator has decided meanwhile."))
    row.state, row.version, row.decided_at = "withdrawn", row.version + 1, clock.now()
    session().flush()


def _hold(author: Viewer, send_key: str | None, **columns: Any) -> None:
    current = session()
    current.execute(select(User.id).where(User.id == author.id).with_for_update())
    known = (Queued.author_id == author.id) & (Queued.send_key == send_key)
    if send_key and current.scalar(select(Queued.id).where(known)):
        return
    made = Queued(author_id=author.id, send_key=send_key or None, at=clock.now(), **columns)
    current.add(made)
    current.flush()
    drafts.finish(author, send_key)
    emit(PostQueued(made.id, author.id))


@subscribe(PostQueued)
def tell_moderators(event: PostQueued) -> None:
    """Tells the moderators of the place that something waits."""
    row = session().get(Queued, event.queued_id)
    if row is None or row.state != "waiting":
        return
    with writing():
        for viewer in flags.moderators(row.category_id):
            notices.tell(viewer.id, "queue", "queue", event.author_id)


# --- deciding ---


def accept(viewer: Viewer, queued_id: int, version: int, form: Mapping[str, str]) -> None:
    """Posts what waits, as its author wrote it or as the moderator changed it (title, tags, body in the form).

    Raises Missing, Invalid, Forbidden, and Conflict when somebody was faster or it cannot be posted any more.
    """
    row = _decided(viewer, queued_id, version, "accepted")
    if row is None:
        return
    author = viewers.member(row.author_id)
    if author is None:
        raise Conflict(_("Its author is gone, so it cannot be posted."))
    texts = {name: form[name] if name in form else getattr(row, name) for name in ("title", "tags", "body")}
    row.post_id = _posted(replace(author, screened=True), row, texts)
    _close(viewer, row, "accepted", "")


def refuse(viewer: Viewer, queued_id: int, version: int, reason: str) -> None:
    """Refuses what waits, with words for its author. Raises Missing, Invalid, Conflict."""
    reason = deciding.check_reason(reason)
    row = _decided(viewer, queued_id, version, "refused")
    if row is not None:
        _close(viewer, row, "refused", reason)


def _posted(author: Viewer, row: Queued, texts: Mapping[str, str]) -> int | None:
    def post() -> int | None:
        if row.reply:
            topic = topics.get(author, row.topic_id or 0)
            made = posts.reply(author, topic, texts["body"], reply_to_id=row.reply_to_id, send_key=row.send_key)
            return made.id
        place = categories.get(author, row.category_id)
        began = topics.create(author, place, texts["title"], texts["body"], texts["tags"], send_key=row.send_key)
        return began.first_post_id

    return _explained(post)


def _explained(post: Callable[[], int | None]) -> int | None:
    """Posts, and says for the moderator's ears why that cannot be: the refusal speaks to the author."""
    try:
        return post()
    except (Forbidden, Missing, Gone) as refused:
        told = refused.reason or _("There is nothing here")
        raise Conflict(_("It cannot be posted any more. Its author would read: %(why)s", why=told)) from None


def _decided(viewer: Viewer, queued_id: int, version: int, state: str) -> Queued | None:
    """What waits, to be decided now; None when the same moderator decided so before."""
    row = _locked(queued_id)
    get(viewer, queued_id)
    if row.author_id == viewer.id:
        raise Forbidden(_("Nobody decides on his own post."))
    return None if deciding.decided_before(viewer, row, version, state, STATES, _("Its author")) else row


def _close(viewer: Viewer, row: Queued, state: str, reason: str) -> None:
    row.state, row.version, row.reason = state, row.version + 1, reason
    row.decided_at, row.decided_by_id = clock.now(), viewer.id
    session().flush()
    name = row.title or (session().scalar(select(Topic.title).where(Topic.id == row.topic_id)) or "")
    audit.note(
        viewer, f"queue.{state}", user_id=row.author_id, category_id=row.category_id, topic_id=row.topic_id,
        post_id=row.post_id, name=name, detail=reason,
    )  # fmt: skip
    notices.tell(row.author_id, "queue", f"queued-{row.id}", viewer.id)


def _locked(queued_id: int) -> Queued:
    row = session().get(Queued, queued_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise Missing
    return row


def _rows() -> Any:
    author, decider = aliased(User), aliased(User)
    columns = (
        Queued.id, Queued.state, Queued.version, Queued.why, Queued.reply, Queued.title, Queued.tags, Queued.body,
        Queued.at, Queued.reason, Queued.post_id, Queued.author_id, author.name, author.slug, _HOME,
        Queued.topic_id, Topic.title.label("topic"), decider.name.label("decider"),
    )  # fmt: skip
    query: Any = select(*columns).join(author, author.id == Queued.author_id)
    return query.outerjoin(Topic, Topic.id == Queued.topic_id).outerjoin(decider, decider.id == Queued.decided_by_id)


def _items(query: Any) -> list[Item]:
    return [Item(*row) for row in session().execute(query)]
