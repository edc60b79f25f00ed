"""Live: what a transaction changed, told after its commit to the pages that show it. Signals name things, and no more.

A signal is a line: whom it is for, what happened, a number. Pages ask for what changed with their own rights.

- `topic-7 new 431`: the topic has a post of that number
- `topic-7 post 9`: something about that post changed
- `topic-7 gone 9`: that post was purged
- `topic-7 topic 7`: its title, place, lock or counts changed
- `topic-7 all 7`: many of its posts changed
- `topic-7 people 7`: somebody came, went, or is typing
- `user-5 out 5`: that person was banned; his streams end, and his pages load again
- `lists new 4`: a topic began in that category
- `place-4 unread 7`: what is unread in that category may be other than before, through that topic
- `inbox bell 0`: something came to the moderators' inbox, or left it
- `inbox case flag-7`: somebody dealt with that case (flag, queue, registration)
- `user-3 bell 3`: that person's notices or unread topics changed through what he did, or what he was told
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import event, inspect, select
from sqlalchemy.orm import ORMExecuteState, Session
from sqlalchemy.sql.dml import Delete, Update

from core import presence, pubsub
from core.cache import numbers
from core.changes import asked_for, of_member, of_topic
from core.db import after_commit, before_commit, session
from core.settings import Bool, Int, declare
from forum import categories, notices, privileges, reading, topics, viewers
from forum.permissions import reply_to, require
from forum.viewers import Viewer
from models import Post, Topic, User

settings = declare(
    "live",
    guests=Bool(True, "Guests' pages follow what happens, too"),
    guests_at_once=Int(
        100, "Pages that guests at one address (a /64 in IPv6) have open and that are told what happens; more look by "
        "themselves; 0: no limit", high=100_000,
    ),
    readers=Bool(True, "Members see who else is reading a topic, and who is typing"),
    poll_seconds=Int(15, "Seconds between two looks of a page that cannot be told", low=5, high=300),
)  # fmt: skip

_FIGURES = {"last_number", "posts", "posters", "first_post_id", "last_post_id", "last_post_at"}
"""Columns that a new post changes: who is told of the post need not be told of them."""
_QUIET = {"views", "watchers"}
_COUNTED = {"posts", "deleted_at", "category_id", "scheduled"}
"""Columns of a topic that come with what may change what is unread."""
_OWN = {"notices", "topic_follows", "category_follows", "blocks"}
"""Tables whose rows decide about one person's bell, or about what counts as unread for him."""
_INBOX = {"flags": "flag", "queued": "queue", "registrations": "registration"}
"""Tables whose rows wait for moderators, and what a case of theirs is called."""
_READING, _TYPING = 60, 6
"""Seconds for which somebody counts as reading, and as typing, unless it is said again."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who reads a topic just now."""

    id: int
    name: str
    slug: str
    colour: int
    picture: str
    typing: bool


@dataclass(frozen=True, slots=True)
class State:
    """What a page compares with what it shows: the last number of its topic, a stamp that every change moves, and one
    that everything moves which may change the reader's own counts."""

    number: int
    stamp: str
    own: str


def state(viewer: Viewer, topic_id: int | None) -> State:
    """How things stand, for a page with a topic or without. Raises Missing, Forbidden."""
    number = topics.get(viewer, topic_id).last_number if topic_id is not None else 0
    return State(number, stamp(topic_id), own(viewer))


def stamp(topic_id: int | None) -> str:
    """A mark that every change moves that a page about a topic (or about none) could show."""
    site, about = numbers("site", of_topic(topic_id) if topic_id is not None else "all")
    return f"{site}.{about}"


def own(viewer: Viewer) -> str:
    """A mark that everything moves which may change a member's bell, or what is unread for him. Nothing for guests."""
    if viewer.guest:
        return ""
    held = [*reading.held(viewer).items(), *notices.opened(viewer.id).items()]
    moved = numbers("site", "all", "viewers", of_member(viewer.id))
    moved += numbers("inbox") if privileges.works_inbox(viewer) else [0]
    return ".".join(map(str, (*moved, len(held), sum(key + number for key, number in held))))


def audience(viewer: Viewer, topic_id: int | None, category_id: int | None) -> frozenset[str]:
    """The signals that a page is told, by their first word or as a whole. Raises Missing, Forbidden.

    With a category (0: any) it is told of new topics there, and in what stands below it, as far as its reader may see.
    """
    wanted = set()
    if topic_id is not None:
        topics.get(viewer, topic_id)
        wanted.add(f"topic-{topic_id}")
    if category_id is not None:
        below = {place.id for place in categories.get(viewer, category_id).below()} if category_id else None
        wanted |= {f"lists new {key}" for key in categories.visible_ids(viewer) if below is None or key in below}
    if not viewer.guest:
        wanted.add(f"user-{viewer.id}")
        if privileges.works_inbox(viewer):
            wanted.add("inbox")
        wanted |= {f"place-{key}" for key in reading.tracked(viewer, categories.visible_ids(viewer))}
    return frozenset(wanted)


def readers(viewer: Viewer, topic_id: int) -> list[Reader]:
    """The others who read a topic just now, those who are typing first. Raises Missing, Forbidden. One query at most."""
    topics.get(viewer, topic_id)
    if not settings.readers or viewer.guest:
        return []
    typing = set(presence.at(f"typing-{topic_id}"))
    here = (typing | set(presence.at(f"topic-{topic_id}"))) - {viewer.id}
    if not here:
        return []
    rows = session().execute(select(User.id, User.name, User.slug, User.colour, User.picture).where(User.id.in_(here)))
    found = [Reader(row.id, row.name, row.slug, row.colour, row.picture, row.id in typing) for row in rows]
    return sorted(found, key=lambda reader: (not reader.typing, reader.name))


def arrive(viewer_id: int, topic_id: int) -> None:
    """Notes that a member reads a topic, and tells its other readers when that is new."""
    reader = viewers.member(viewer_id)
    if reader is None or reader.unseen:
        return
    if settings.readers and presence.come(f"topic-{topic_id}", viewer_id, _READING):
        pubsub.publish([f"topic-{topic_id} people {topic_id}"])


def depart(viewer_id: int, topic_id: int) -> None:
    """Notes that a member does not read a topic any more."""
    if presence.go(f"topic-{topic_id}", viewer_id):
        pubsub.publish([f"topic-{topic_id} people {topic_id}"])


def type_in(viewer: Viewer, topic_id: int) -> None:
    """Notes that a member writes a reply. Raises Missing, Forbidden."""
    topic = topics.get(viewer, topic_id)
    require(reply_to(viewer, topic))
    if settings.readers and not viewer.unseen:
        presence.come(f"typing-{topic_id}", viewer.id, _TYPING)
        pubsub.publish([f"topic-{topic_id} people {topic_id}"])


def nudge(user_id: int, what: str) -> None:
    """Tells the pages of one person that something of his changed, once the running transaction stands."""
    _note(session(), f"user-{user_id} {what} {user_id}")


def sign_off(session_id: int) -> None:
    """Tells the pages of one log-in that it has ended, once the running transaction stands."""
    _note(session(), f"session-{session_id} out {session_id}")


def _note(current: Session, signal: str) -> None:
    current.info.setdefault("live", {})[signal] = None


@event.listens_for(Session, "after_flush")
def _flushed(current: Session, context: Any) -> None:
    if not pubsub.anybody():
        return
    for row in (*current.new, *current.dirty, *current.deleted):
        if row.__tablename__ in _OWN:
            _note(current, f"user-{row.user_id} bell {row.user_id}")
        elif row.__tablename__ in _INBOX:
            _note(current, "inbox bell 0")
            if row in current.dirty:
                _note(current, f"inbox case {_INBOX[row.__tablename__]}-{row.id}")
    for row in current.new:
        if isinstance(row, Post):
            _note(current, f"topic-{row.topic_id} new {row.number}")
            presence.go(f"typing-{row.topic_id}", row.author_id)
        elif isinstance(row, Topic) and not row.scheduled:
            _note(current, f"lists new {row.category_id}")
            _count(current, row.id)
    for row in current.dirty:
        columns = set(row._sa_instance_state.committed_state)
        if isinstance(row, Post) and columns:
            _note(current, f"topic-{row.topic_id} post {row.id}")
        elif isinstance(row, Topic) and columns - _QUIET:
            _note(current, f"topic-{row.id} {'figures' if columns <= _FIGURES else 'topic'} {row.id}")
            if "scheduled" in columns and not row.scheduled:
                _note(current, f"lists new {row.category_id}")
            if columns & _COUNTED:
                _count(current, row.id)
            if left := inspect(row).committed_state.get("category_id"):
                _note(current, f"place-{left} unread {row.id}")


@event.listens_for(Session, "do_orm_execute")
def _executed(state: ORMExecuteState) -> None:
    statement = state.statement
    if state.is_select or not isinstance(statement, (Update, Delete)) or not pubsub.anybody():
        return
    if isinstance(statement, Delete):
        _deleted(state.session, statement)
        return
    table: str = statement.table.name  # type: ignore[union-attr]
    columns = {getattr(key, "key", key) for key in statement._values or {}}
    if table == "posts" and (post_id := asked_for(statement, "id")) is not None:
        state.session.info.setdefault("live posts", set()).add(post_id)
    elif table == "posts" and (topic_id := asked_for(statement, "topic_id")) is not None:
        _note(state.session, f"topic-{topic_id} all {topic_id}")
    elif table == "topics" and columns - _QUIET and (topic_id := asked_for(statement, "id")) is not None:
        _note(state.session, f"topic-{topic_id} {'figures' if columns <= _FIGURES else 'topic'} {topic_id}")
        if columns & _COUNTED:
            _count(state.session, topic_id)
    elif table in _OWN and (user_id := asked_for(statement, "user_id")) is not None:
        _note(state.session, f"user-{user_id} bell {user_id}")


def _count(current: Session, topic_id: int) -> None:
    current.info.setdefault("live counts", set()).add(topic_id)


def _deleted(current: Session, statement: Delete) -> None:
    table: str = statement.table.name  # type: ignore[union-attr]
    if table in _OWN and (user_id := asked_for(statement, "user_id")) is not None:
        _note(current, f"user-{user_id} bell {user_id}")
    if table == "topics" and (topic_id := asked_for(statement, "id")) is not None:
        left = current.scalar(select(Topic.category_id).where(Topic.id == topic_id))
        _note(current, f"place-{left or 0} unread {topic_id}")
    post_id = asked_for(statement, "id") if table == "posts" else None
    topic_id = current.scalar(select(Post.topic_id).where(Post.id == post_id)) if post_id is not None else None
    if topic_id is not None:
        _note(current, f"topic-{topic_id} gone {post_id}")


def _tell() -> None:
    """Hands what the transaction noted to the pages, once it stands."""
    current = session()
    posts = current.info.pop("live posts", set())
    if posts:
        for key, topic_id in current.execute(select(Post.id, Post.topic_id).where(Post.id.in_(posts))):
            _note(current, f"topic-{topic_id} post {key}")
    for topic_id in sorted(current.info.pop("live counts", ())):
        topic = current.get(Topic, topic_id)
        if topic is not None and not topic.scheduled:
            _note(current, f"place-{topic.category_id} unread {topic_id}")
    noted = list(current.info.pop("live", ()))
    fresh = {signal.split(" ")[0] for signal in noted if " new " in signal}
    told = [
        signal.replace(" figures ", " topic ")
        for signal in noted
        if not (" figures " in signal and signal.split(" ")[0] in fresh)
    ]
    if told:
        after_commit(lambda: pubsub.publish(told))


before_commit(_tell)
