"""Leaving: an account is deleted, with all that is personal; what its owner wrote stays without his name, or goes too."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update

from core import clock, durable, jobs
from core.db import session, writing
from core.i18n import gettext as _
from core.settings import Bool, declare
from forum import audit, deletions, groups, handles, live, pictures, sanctions, text
from forum.permissions import YES, Verdict, require
from forum.privileges import rights
from forum.refusals import Invalid
from forum.viewers import Viewer
from models import (
    Account,
    Block,
    Bookmark,
    Candidacy,
    CategoryFollow,
    Draft,
    FormerName,
    Grant,
    LoginSession,
    Membership,
    Notice,
    PersonFollow,
    Post,
    ProfileEntry,
    Queued,
    ReadMark,
    ReadTopic,
    Registration,
    Revision,
    TagFollow,
    Topic,
    TopicFollow,
    UploadLink,
    User,
)

settings = declare("leaving", allowed=Bool(True, "Members may delete their accounts"))
KEEP, ERASE = "keep", "erase"
WAYS = (KEEP, ERASE)
_BATCH = 50
_PERSONAL: tuple[Any, ...] = (
    Block.user_id, Block.person_id, Bookmark.user_id, Candidacy.user_id, CategoryFollow.user_id, Draft.user_id,
    Grant.user_id, LoginSession.user_id, Notice.user_id, PersonFollow.user_id, PersonFollow.person_id,
    ProfileEntry.user_id, Queued.author_id, ReadMark.user_id, ReadTopic.user_id, Registration.user_id,
    TagFollow.user_id, TopicFollow.user_id, Account.user_id,
)  # fmt: skip
"""By which columns the rows are found that go with their owner."""


@dataclass(frozen=True, slots=True)
class Stock:
    """What somebody wrote, as far as it is there."""

    posts: int  # replies
    topics: int  # in which nobody else wrote
    shared: int  # topics with posts of others


def delete_account(viewer: Viewer, person_id: int) -> Verdict:
    """May the viewer delete this account? Everybody his own where the site allows it, and whoever looks after people."""
    if viewer.guest:
        return Verdict(False, _("Log in to do this."))
    if person_id == viewer.id:
        return YES if settings.allowed else Verdict(False, _("On this site only administrators delete accounts."))
    if "admin:users" not in rights(viewer):
        return Verdict(False, _("You may not delete this account."))
    return sanctions.over(viewer, person_id)


def stock(viewer: Viewer, person_id: int) -> Stock:
    """What somebody wrote, counted. Raises Forbidden."""
    require(delete_account(viewer, person_id))
    mine = Topic.author_id == person_id

    def count(table: type[Any], *conditions: ColumnElement[bool]) -> int:
        return session().scalar(select(func.count()).select_from(table).where(*conditions)) or 0

    shared = count(Topic, mine, _answered(person_id))
    return Stock(count(Post, Post.author_id == person_id, Post.number > 1), count(Topic, mine) - shared, shared)


def leave(viewer: Viewer, person_id: int, way: str) -> None:
    """Deletes an account and all that is personal; with `erase` a job removes what was written.

    Raises Forbidden, Invalid, and Conflict for the last administrator.
    """
    require(delete_account(viewer, person_id))
    if way not in WAYS:
        raise Invalid("posts", _("Say what becomes of the posts."))
    groups.spare_administrator(person_id)
    current = session()
    user = current.get_one(User, person_id, with_for_update=True, populate_existing=True)
    if viewer.id != person_id:
        audit.note(viewer, "person.left", user_id=person_id, detail=way)
    for group_id in list(current.scalars(select(Membership.group_id).where(Membership.user_id == person_id))):
        groups.leave(person_id, group_id)
    for kind in pictures.OF_PEOPLE:
        pictures.remove(Viewer(id=person_id), kind)
    _forget(person_id)
    _rename(user)
    live.nudge(person_id, "out")
    if way == ERASE:
        durable.promise(erase, person_id)


@jobs.job
def erase(user_id: int) -> bool:
    """Removes a little of what somebody who left has written; whether there is more."""
    doer = Viewer(id=user_id)
    with writing() as current:
        left = current.scalar(select(User.left_at).where(User.id == user_id))
        return left is not None and (_erase_topics(doer) or _erase_posts(doer) or _blank(doer))


def _erase_topics(doer: Viewer) -> bool:
    alone = select(Topic.id).where(Topic.author_id == doer.id, ~_answered(doer.id)).order_by(Topic.id).limit(_BATCH)
    found = list(session().scalars(alone))
    for topic_id in found:
        deletions.erase_topic(doer, topic_id)
    return bool(found)


def _erase_posts(doer: Viewer) -> bool:
    mine = select(Post.id, Post.topic_id).where(Post.author_id == doer.id, Post.number > 1).order_by(Post.id)
    found = session().execute(mine.limit(_BATCH)).all()
    for post_id, topic_id in found:
        deletions.erase_post(doer, topic_id, post_id)
    return bool(found)


def _blank(doer: Viewer) -> bool:
    """Takes the text out of first posts that others answered."""
    words = _("This text went with the account of who wrote it.")
    mine = select(Post).where(Post.author_id == doer.id, Post.source != words).order_by(Post.id).limit(_BATCH)
    found = session().scalars(mine).all()
    for post in found:
        post.source, post.html, post.excerpt = words, text.render(words), words
        post.revisions, post.version = 0, post.version + 1
        for table in (Revision, UploadLink):
            session().execute(delete(table).where(table.post_id == post.id))
    session().flush()
    return bool(found)


def _answered(person_id: int) -> ColumnElement[bool]:
    others = select(Post.id).where(Post.topic_id == Topic.id, Post.author_id != person_id)
    return others.correlate(Topic).exists()


def _forget(person_id: int) -> None:
    current = session()
    watched = select(TopicFollow.topic_id).where(TopicFollow.user_id == person_id, TopicFollow.state == "watch")
    current.execute(
        update(Topic).where(Topic.id.in_(watched)).values(watchers=Topic.watchers - 1)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    for column in _PERSONAL:
        table = column.class_
        current.execute(delete(table).where(column == person_id).execution_options(synchronize_session=False))


def _rename(user: User) -> None:
    """Takes the name away, and keeps it from everybody else."""
    current = session()
    kept = FormerName(user_id=None, name=user.name, name_key=user.name_key, at=clock.now(), by_id=None)
    current.add(kept)
    for column in (FormerName.user_id, FormerName.by_id):
        current.execute(update(FormerName).where(column == user.id).values({column.key: None}))
    handles.lay_aside(user.id)
    user.name, user.name_key = _("Former member"), f"former member:{user.id}"
    user.slug = handles.claim(f"former member {user.id}", "user", user.id)
    user.about = user.signature = user.signature_html = user.picture = user.cover = ""
    user.colour, user.badges = 0, []
    user.last_seen_at, user.left_at = None, clock.now()
    current.flush()
