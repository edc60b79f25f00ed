"""Removals: a spammer goes with everything that he wrote, and for 30 days all of it can come back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import func, select

from core import clock
from core.db import session
from core.i18n import gettext as _
from forum import audit, deletions, sanctions
from forum.permissions import Verdict, require
from forum.privileges import MODERATE, rights
from forum.refusals import Conflict, Refusal
from forum.viewers import Viewer
from models import Post, Removal, Sanction, Topic, User

KEPT = timedelta(days=30)
"""For so long a removal can be taken back."""
_MOST = 5000


@dataclass(frozen=True, slots=True)
class Loss:
    """What goes with a person."""

    topics: int
    replies: int  # of others, in these topics
    posts: int  # in the topics of others


def remove_person(viewer: Viewer, person_id: int) -> Verdict:
    """May the viewer remove this person with everything? Whoever may ban him and moderates everywhere."""
    if MODERATE not in rights(viewer):
        return Verdict(False, _("Only moderators of the whole site may do this."))
    return sanctions.impose(viewer, person_id, "ban")


def losses(viewer: Viewer, person_id: int) -> Loss:
    """What would go with a person, counted. Raises Forbidden."""
    require(remove_person(viewer, person_id))
    mine = (Topic.author_id == person_id) & Topic.deleted_at.is_(None)
    topics, posts = session().execute(select(func.count(), func.coalesce(func.sum(Topic.posts), 0)).where(mine)).one()
    written = select(func.count()).select_from(Post).join(Topic, Topic.id == Post.topic_id)
    own = session().scalar(written.where(mine, Post.author_id == person_id, Post.deleted_at.is_(None))) or 0
    return Loss(topics, posts - own, len(_posts(person_id)))


def standing(person_id: int) -> datetime | None:
    """Until when the last removal of a person can be taken back; None when there is none, or no more time."""
    row = _last(person_id)
    return row.at + KEPT if row is not None and row.at + KEPT > clock.now() else None


def remove(viewer: Viewer, person_id: int) -> None:
    """Bans a person for good and deletes everything that he wrote. Raises Forbidden, Conflict."""
    require(remove_person(viewer, person_id))
    current = session()
    user = current.get_one(User, person_id, with_for_update=True, populate_existing=True)
    mine = select(Topic.id).where(Topic.author_id == person_id, Topic.deleted_at.is_(None)).order_by(Topic.id)
    topics, posts = list(current.scalars(mine)), _posts(person_id)
    if len(topics) + len(posts) > _MOST:
        raise Conflict(_("That is too much to remove at once. Ban the person, and delete the topics by category."))
    ban = sanctions.put(viewer, person_id, "ban", _("Spam"), None)
    for topic_id in topics:
        deletions.delete_topic(viewer, topic_id, _("Spam"))
    for post_id, topic_id in posts:
        deletions.delete_post(viewer, topic_id, post_id, _("Spam"))
    gone = Removal(user_id=person_id, by_id=viewer.id, sanction_id=ban.id, at=clock.now(), about=user.about)
    gone.topics, gone.posts, user.about = topics, [post_id for post_id, _topic in posts], ""
    current.add(gone)
    current.flush()
    audit.note(viewer, "person.removed", user_id=person_id)


def take_back(viewer: Viewer, person_id: int) -> None:
    """Brings a removed person back, and what went with him as far as it is still there. Raises Forbidden, Conflict."""
    require(remove_person(viewer, person_id))
    row = _last(person_id)
    if row is None or row.at + KEPT <= clock.now():
        raise Conflict(_("There is nothing to bring back."))
    current = session()
    for topic_id in row.topics:
        topic = current.get(Topic, topic_id, populate_existing=True)
        if topic is not None and topic.deleted_by_id == row.by_id:
            _restored(partial(deletions.restore_topic, viewer, topic_id))
    for post in current.scalars(select(Post).where(Post.id.in_(row.posts)).order_by(Post.id)).all():
        if post.deleted_by_id == row.by_id:
            _restored(partial(deletions.restore_post, viewer, post.topic_id, post.id))
    ban = current.get(Sanction, row.sanction_id, populate_existing=True)
    if ban is not None and ban.lifted_at is None:
        sanctions.lift(viewer, person_id, ban.id)
    user = current.get_one(User, person_id, populate_existing=True)
    user.about, row.undone_at = user.about or row.about, clock.now()
    current.flush()
    audit.note(viewer, "person.returned", user_id=person_id)


def _restored(restore: Callable[[], None]) -> None:
    """Brings one thing back; what somebody has dealt with otherwise meanwhile stays as it is."""
    try:
        restore()
    except Refusal:
        return


def _posts(person_id: int) -> list[tuple[int, int]]:
    """A person's posts in the topics of others: post and topic."""
    written = select(Post.id, Post.topic_id).join(Topic, Topic.id == Post.topic_id)
    others = (Post.author_id == person_id) & (Topic.author_id != person_id) & Post.deleted_at.is_(None)
    rows = session().execute(written.where(others, Post.number > 1).order_by(Post.id).limit(_MOST + 1))
    return [(row.id, row.topic_id) for row in rows]


def _last(person_id: int) -> Removal | None:
    mine = select(Removal).where(Removal.user_id == person_id, Removal.undone_at.is_(None))
    return session().scalar(mine.order_by(Removal.id.desc()).limit(1).execution_options(populate_existing=True))
