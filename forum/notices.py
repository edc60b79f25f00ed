"""The rows behind notifications: telling somebody something, merging it, and noting that he has read it."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import delete, select, update

from core import clock, pending
from core.db import scratch, session
from models import Notice, Post, Topic

RANKS = ("reply", "topic", "mention")
"""What a topic's one notice may say, the weightier last."""
OPENED = "notice"
"""Under this name notices wait that were opened and are not yet marked as read."""
_ACTORS = 100
"""So many people are kept for one notice."""


def opened(user_id: int) -> dict[int, int]:
    """The notices that somebody opened a moment ago and that are not yet marked as read. Asked for once per request."""
    about, key = scratch(), (OPENED, user_id)
    if key not in about:
        about[key] = pending.of(OPENED, user_id)
    found: dict[int, int] = about[key]
    return found


def tell(
    user_id: int, kind: str, key: str, actor_id: int, *, topic_id: int | None = None, post_id: int | None = None,
    number: int = 0, seen: int = 0, mail_at: datetime | None = None,
) -> bool:  # fmt: skip
    """Adds something to what a person is told; says whether there was anything new. Twice the same is told once.

    What was not read yet is merged: another actor, another number. A mention outranks what the topic's notice said.
    What tells of posts up to `seen` counts as read, although that may not be written yet. `mail_at`: when to tell it
    by mail, too, unless an earlier moment stands.
    """
    current = session()
    row = current.scalar(select(Notice).where(Notice.user_id == user_id, Notice.key == key).with_for_update())
    if row is None:
        row = Notice(user_id=user_id, key=key, kind=kind, actors=[], number=0, newest_id=0, post_id=post_id)
        current.add(row)
    elif (
        (post_id or 0) <= row.newest_id if key.startswith("topic-") else row.read_at is None and actor_id in row.actors
    ):
        return False
    if row.read_at is not None or 0 < row.number <= seen or _outranks(kind, row.kind):
        row.kind, row.actors, row.post_id, row.read_at = kind, [], post_id, None
    if row.kind == kind:
        row.actors = [actor_id, *(each for each in row.actors if each != actor_id)][:_ACTORS]
    row.topic_id, row.number, row.at = topic_id, max(number, row.number), clock.now()
    row.newest_id = max(post_id or 0, row.newest_id)
    row.mail_at = row.mail_at or mail_at
    current.flush()
    return True


def take_back(key: str, actor_id: int, user_id: int | None = None) -> None:
    """Forgets that somebody did something, where it is not read yet."""
    mine = [Notice.user_id == user_id] if user_id is not None else []
    for row in session().scalars(select(Notice).where(Notice.key == key, Notice.read_at.is_(None), *mine)):
        row.actors = [each for each in row.actors if each != actor_id]
        if not row.actors:
            session().delete(row)
    session().flush()


def forget_post(post_id: int) -> list[int]:
    """Drops the unread notices that tell of nothing but this post; returns who is told less by that."""
    only = (Notice.post_id == post_id) & (Notice.newest_id == post_id) & Notice.read_at.is_(None)
    people = list(session().scalars(select(Notice.user_id).where(only)))
    session().execute(delete(Notice).where(only))
    return people


def follow_posts(topic_ids: Iterable[int]) -> None:
    """Makes the unread notices of topics tell of where their newest posts stand now."""
    post = Post.id == Notice.newest_id
    places = {
        "topic_id": select(Post.topic_id).where(post).correlate(Notice).scalar_subquery(),
        "number": select(Post.number).where(post).correlate(Notice).scalar_subquery(),
    }
    left = select(Notice.id).join(Post, Post.id == Notice.newest_id).where(Post.topic_id != Notice.topic_id)
    left = left.where(Notice.topic_id.in_(list(topic_ids)), Notice.read_at.is_(None), Notice.kind.in_(RANKS))
    session().execute(
        update(Notice).where(Notice.id.in_(left)).values(places).execution_options(synchronize_session=False)
    )


def read_up_to(user_id: int, numbers: Mapping[int, int]) -> None:
    """Marks the notices of topics as read whose posts were read: topic -> number."""
    current = session()
    mine = select(Notice.id, Notice.topic_id, Notice.number, Notice.kind).where(
        Notice.user_id == user_id, Notice.read_at.is_(None), Notice.topic_id.in_(sorted(numbers))
    )
    done = [row.id for row in current.execute(mine) if row.kind != "vote" and row.number <= numbers[row.topic_id]]
    read(user_id, done)


def read_in(user_id: int, category_ids: Iterable[int] | None, until: datetime) -> None:
    """Marks the notices of topics in categories (None: all) as read, as far as they came before a moment."""
    conditions = [Notice.user_id == user_id, Notice.read_at.is_(None), Notice.topic_id.is_not(None), Notice.at <= until]
    if category_ids is not None:
        inside = select(Topic.id).where(Topic.category_id.in_(list(category_ids)))
        conditions.append(Notice.topic_id.in_(inside))
    session().execute(update(Notice).where(*conditions, Notice.kind != "vote").values(read_at=clock.now()))


def read(user_id: int, notice_ids: Iterable[int]) -> None:
    """Marks notices of a person as read."""
    chosen = sorted(set(notice_ids))
    if chosen:
        mine = update(Notice).where(Notice.user_id == user_id, Notice.id.in_(chosen), Notice.read_at.is_(None))
        session().execute(mine.values(read_at=clock.now()))


def _outranks(kind: str, other: str) -> bool:
    return kind in RANKS and other in RANKS and RANKS.index(kind) > RANKS.index(other)
