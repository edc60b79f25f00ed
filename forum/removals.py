"""Removals: a spammer goes with everything that he wrote, and for 30 days all of it can come back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import ColumnElement, func, select

from core import clock, durable, jobs
from core.db import session, writing
from core.i18n import gettext as _
from forum import audit, deletions, sanctions, viewers
from forum.permissions import Verdict, require
from forum.privileges import MODERATE, rights
from forum.refusals import Conflict, Refusal
from forum.viewers import Viewer
from models import Post, Removal, Sanction, Topic, User

KEPT = timedelta(days=30)
"""For so long a removal can be taken back."""
AT_ONCE = 200
"""Topics and posts that go, or come back, with the act itself; a job goes on with the others."""
_BATCH = 50


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
    others = select(func.count()).select_from(Post).join(Topic, Topic.id == Post.topic_id).where(_elsewhere(person_id))
    return Loss(topics, posts - own, session().scalar(others) or 0)


def standing(person_id: int) -> datetime | None:
    """Until when the last removal of a person can be taken back; None when there is none, or no more time."""
    row = _last(person_id)
    return row.at + KEPT if row is not None and row.at + KEPT > clock.now() else None


def remove(viewer: Viewer, person_id: int, *, among: int = 1) -> bool:
    """Bans a person for good and deletes everything that he wrote; whether that is done, or a job goes on with it.

    Of so many people who are removed together each has his share of what goes with the act. Raises Forbidden.
    """
    require(remove_person(viewer, person_id))
    current = session()
    user = current.get_one(User, person_id, with_for_update=True, populate_existing=True)
    ban = sanctions.put(viewer, person_id, "ban", _("Spam"), None)
    gone = Removal(user_id=person_id, by_id=viewer.id, sanction_id=ban.id, at=clock.now(), about=user.about)
    gone.topics, gone.posts, user.about = [], [], ""
    current.add(gone)
    current.flush()
    audit.note(viewer, "person.removed", user_id=person_id)
    more = _take(viewer, gone, max(1, AT_ONCE // among))
    if more:
        durable.promise(remove_on, gone.id)
    return not more


@jobs.job
def remove_on(removal_id: int) -> bool:
    """Deletes some of what is left of a person who is being removed, unless it was taken back; whether there is more."""
    with writing() as current:
        row = current.get(Removal, removal_id, with_for_update=True, populate_existing=True)
        doer = viewers.member(row.by_id or 0) if row is not None else None
        return row is not None and doer is not None and row.undone_at is None and _take(doer, row, _BATCH)


def take_back(viewer: Viewer, person_id: int) -> None:
    """Brings a removed person back, and what went with him as far as it is still there. Raises Forbidden, Conflict."""
    require(remove_person(viewer, person_id))
    row = _last(person_id)
    if row is None or row.at + KEPT <= clock.now():
        raise Conflict(_("There is nothing to bring back."))
    current = session()
    row = current.get_one(Removal, row.id, with_for_update=True, populate_existing=True)
    _bring(viewer, row, 0, AT_ONCE)
    if len(row.topics) + len(row.posts) > AT_ONCE:
        durable.promise(bring_on, row.id, viewer.id)
    ban = current.get(Sanction, row.sanction_id, populate_existing=True)
    if ban is not None and ban.lifted_at is None:
        sanctions.lift(viewer, person_id, ban.id)
    user = current.get_one(User, person_id, populate_existing=True)
    user.about, row.undone_at = user.about or row.about, clock.now()
    current.flush()
    audit.note(viewer, "person.returned", user_id=person_id)


@jobs.job
def bring_on(removal_id: int, doer_id: int, first: int = AT_ONCE) -> None:
    """Brings back some of what is left of a person who returned, and has the rest done in the same way."""
    with writing() as current:
        row, doer = current.get(Removal, removal_id, populate_existing=True), viewers.member(doer_id)
        if row is not None and doer is not None and first < len(row.topics) + len(row.posts):
            _bring(doer, row, first, first + _BATCH)
            durable.promise(bring_on, removal_id, doer_id, first + _BATCH)


def _take(doer: Viewer, row: Removal, most: int) -> bool:
    """Deletes some of what a person wrote, topics ahead, and notes what it was; whether there may be more."""
    current, person_id = session(), row.user_id
    mine = select(Topic.id).where(Topic.author_id == person_id, Topic.deleted_at.is_(None)).order_by(Topic.id)
    topics = list(current.scalars(mine.limit(most)))
    written = select(Post.id, Post.topic_id).join(Topic, Topic.id == Post.topic_id).where(_elsewhere(person_id))
    posts = current.execute(written.order_by(Post.id).limit(most - len(topics))).all() if len(topics) < most else []
    for topic_id in topics:
        deletions.delete_topic(doer, topic_id, _("Spam"))
    for post_id, topic_id in posts:
        deletions.delete_post(doer, topic_id, post_id, _("Spam"))
    row.topics, row.posts = [*row.topics, *topics], [*row.posts, *(post_id for post_id, _topic in posts)]
    current.flush()
    return len(topics) + len(posts) == most


def _bring(doer: Viewer, row: Removal, first: int, last: int) -> None:
    """Brings back some of what a person wrote, counted as `_take` noted it."""
    current = session()
    for topic_id in row.topics[first:last]:
        topic = current.get(Topic, topic_id, populate_existing=True)
        if topic is not None and topic.deleted_by_id == row.by_id:
            _restored(partial(deletions.restore_topic, doer, topic_id))
    ids = row.posts[max(0, first - len(row.topics)) : max(0, last - len(row.topics))]
    for post in current.scalars(select(Post).where(Post.id.in_(ids)).order_by(Post.id)).all():
        if post.deleted_by_id == row.by_id:
            _restored(partial(deletions.restore_post, doer, post.topic_id, post.id))


def _restored(restore: Callable[[], None]) -> None:
    """Brings one thing back; what somebody has dealt with otherwise meanwhile stays as it is."""
    try:
        restore()
    except Refusal:
        return


def _elsewhere(person_id: int) -> ColumnElement[bool]:
    """The condition for a person's posts in the topics of others (posts joined with their topics)."""
    others = (Post.author_id == person_id) & (Topic.author_id != person_id)
    return others & Post.deleted_at.is_(None) & (Post.number > 1)


def _last(person_id: int) -> Removal | None:
    mine = select(Removal).where(Removal.user_id == person_id, Removal.undone_at.is_(None))
    return session().scalar(mine.order_by(Removal.id.desc()).limit(1).execution_options(populate_existing=True))
