"""Transfers: posts go to another topic (merge, fork, move) or to another author; old addresses go with them."""

import re
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, insert, literal, or_, select, update

from core import clock
from core.db import session
from core.events import emit
from core.i18n import gettext as _
from core.i18n import ngettext
from forum import audit, carrying, counting, locking, permissions, timeline, tombstones, topic_permissions, topics
from forum.refusals import Conflict, Invalid, Missing
from forum.slugs import name_key, slugify
from forum.viewers import Viewer
from models import Move, MovedPost, Post, Topic, User

_LARGEST = 2**63 - 1
"""The largest number that a database keeps; an address may hold larger ones."""


@dataclass(frozen=True)
class TopicsMerged:
    """All posts of one topic stand at the end of another now; the first leads there."""

    from_id: int
    into_id: int
    move_id: int
    by_id: int


@dataclass(frozen=True)
class TopicForked:
    """Some posts of a topic became a topic of their own."""

    from_id: int
    into_id: int
    move_id: int
    by_id: int


@dataclass(frozen=True)
class PostsMoved:
    """Some posts stand in another topic now; `undone` when a merge, fork or move was taken back."""

    from_id: int
    into_id: int
    move_id: int
    by_id: int
    undone: bool = False


@dataclass(frozen=True)
class OwnerChanged:
    """A post belongs to somebody else now."""

    post_id: int
    topic_id: int
    from_id: int
    to_id: int


def trace(topic_id: int, number: int) -> int | None:
    """The post that once stood at a place it has left, if it still exists. One query."""
    if number > _LARGEST:
        return None
    left = (MovedPost.topic_id == topic_id) & (MovedPost.number == number)
    return session().scalar(select(MovedPost.post_id).where(left).order_by(MovedPost.move_id.desc()).limit(1))


def topic_named(words: str) -> int:
    """The id in what somebody typed to name a topic: its number or its address. Raises Invalid."""
    found = re.search(r"(?:^|/topic/)#?(\d{1,18})(?:$|[/?#])", words.strip())
    if found is None:
        raise Invalid("topic", _("Name the topic by its address or its number."))
    return int(found[1])


def merge(mover: Viewer, topic_id: int, target_id: int) -> Move:
    """Puts all posts of a topic behind those of another, which it leads to from then on. Raises Forbidden, Missing."""
    source, target = _both(topic_id, target_id)
    permissions.require(topic_permissions.receive_posts(mover, source))
    permissions.require(topic_permissions.receive_posts(mover, target))
    timeline.note(target, "merged", mover, other_id=source.id, number=source.posts, words=source.title)
    source.deleted_at, source.deleted_by_id, source.merged_into_id = clock.now(), mover.id, target.id
    counting.topic_in(source, -1)
    move = _carry(mover, "merge", source, target, Post.topic_id == source.id)
    target.views += source.views
    session().flush()
    emit(TopicsMerged(source.id, target.id, move.id, mover.id))
    return move


def fork(mover: Viewer, topic_id: int, numbers: str, title: str) -> Move:
    """Makes a topic of its own out of some posts. Raises Forbidden, Invalid, Missing."""
    source = locking.topic(topic_id)
    permissions.require(topic_permissions.receive_posts(mover, source))
    chosen = _chosen(source, numbers)
    title = topics.check_title(title)
    first = session().execute(select(Post).where(chosen).order_by(Post.number).limit(1)).scalar_one()
    made = Topic(
        id=tombstones.fresh_id("topic"), category_id=source.category_id, author_id=first.author_id, title=title,
        slug=slugify(title, "topic"), created_at=first.created_at, published_at=first.created_at,
        last_post_at=first.created_at,
    )  # fmt: skip
    session().add(made)
    session().flush()
    counting.topic_in(made, 1)
    after = first.number - 1
    move = _carry(mover, "fork", source, made, chosen)
    timeline.note(source, "forked", mover, other_id=made.id, number=made.posts, after=after)
    timeline.note(made, "forked_from", mover, other_id=source.id, after=1)
    emit(TopicForked(source.id, made.id, move.id, mover.id))
    return move


def move_posts(mover: Viewer, topic_id: int, numbers: str, target_id: int) -> Move:
    """Puts some posts behind those of another topic. Raises Forbidden, Invalid, Missing."""
    source, target = _both(topic_id, target_id)
    permissions.require(topic_permissions.receive_posts(mover, source))
    permissions.require(topic_permissions.receive_posts(mover, target))
    chosen = _chosen(source, numbers)
    count = session().scalar(select(func.count()).where(chosen)) or 0
    lowest = session().scalar(select(func.min(Post.number)).where(chosen)) or 1
    timeline.note(target, "posts_came", mover, other_id=source.id, number=count)
    timeline.note(source, "posts_left", mover, other_id=target.id, number=count, after=lowest - 1)
    move = _carry(mover, "posts", source, target, chosen)
    emit(PostsMoved(source.id, target.id, move.id, mover.id))
    return move


def take_back(mover: Viewer, move_id: int) -> Topic:
    """Undoes a merge, a fork or a move: what is still where it went stands at its old places again.

    Raises Forbidden, Missing, and Conflict when nothing is left to bring back, or there is no place for it any more.
    """
    move = session().get(Move, move_id)
    if move is None:
        raise Missing
    home, away = _both(move.from_id, move.into_id)
    permissions.require(topic_permissions.receive_posts(mover, away))
    permissions.require(topic_permissions.moderate_topic(mover, home))
    went = select(MovedPost.post_id).where(MovedPost.move_id == move_id)
    here = (Post.topic_id == away.id) & Post.id.in_(went)
    if session().scalar(select(Post.id).where(here).limit(1)) is None:
        raise Conflict(_("These posts have moved on meanwhile, so there is nothing to bring back."))
    if home.merged_into_id not in (None, away.id):
        raise Conflict(_("The topic that these posts came from was merged into another one. Undo that first."))
    if home.merged_into_id == away.id:
        home.deleted_at = home.deleted_by_id = home.merged_into_id = None
        counting.topic_in(home, 1)
        away.views = max(0, away.views - home.views)
    numbers = select(MovedPost.number).where(MovedPost.move_id == move_id, MovedPost.post_id == Post.id)
    _place(away, home, here, numbers.correlate(Post).scalar_subquery())
    if not away.first_post_id:
        # what was forked off and filled from elsewhere is emptied by the last move that is undone, of whatever kind
        away.deleted_at, away.deleted_by_id, away.merged_into_id = clock.now(), mover.id, home.id
        counting.topic_in(away, -1)
    timeline.forget_move(home, away)
    audit.note(mover, "topic.taken_back", category_id=home.category_id, topic_id=home.id, name=home.title)
    session().execute(delete(MovedPost).where(MovedPost.move_id == move_id))
    emit(PostsMoved(away.id, home.id, move_id, mover.id, undone=True))
    return home


def change_owner(mover: Viewer, topic_id: int, post_id: int, name: str) -> None:
    """Gives a post (with a topic's first post, the topic) to another person. Raises Forbidden, Invalid, Missing."""
    topic, post = locking.post(topic_id, post_id)
    permissions.require(topic_permissions.moderate_topic(mover, topic))
    current, old = session(), post.author_id
    known = select(User.id).where(User.name_key == name_key(name.strip().removeprefix("@")), User.domain == "")
    new = current.scalar(known)
    if new is None:
        raise Invalid("name", _("There is nobody called “%(name)s”.", name=name[:60]))
    if new == old:
        return
    counted = counting.shown(topic)
    for person, by in sorted(((old, -1), (new, 1))):
        own = {"reputation": User.reputation + by * post.score}
        if counted and not post.deleted_at:
            own["posts"] = User.posts + by
        if counted and post.number == 1:
            own["topics"] = User.topics + by
        current.execute(update(User).where(User.id == person).values(**own))
    post.author_id, post.send_key = new, None
    if post.number == 1:
        topic.author_id = new
    counting.topic_again(topic)
    audit.note(
        mover, "post.owner", user_id=new, category_id=topic.category_id, topic_id=topic_id, post_id=post_id,
        name=topic.title,
    )  # fmt: skip
    emit(OwnerChanged(post_id, topic_id, old, new))


def _both(topic_id: int, target_id: int) -> tuple[Topic, Topic]:
    if topic_id == target_id:
        raise Invalid("topic", _("That is this topic itself. Name another one."))
    found = {topic.id: topic for topic in locking.topics((topic_id, target_id))}
    for key in (topic_id, target_id):
        if key not in found:
            tombstones.refuse("topic", key)
    return found[topic_id], found[target_id]


def _chosen(topic: Topic, numbers: str) -> ColumnElement[bool]:
    """The posts that somebody named: `5, 8-12, 20-`. Raises Invalid."""
    spans = []
    for word in re.split(r"[,;\s]+", numbers.strip()):
        found = re.fullmatch(r"#?(\d{1,9})(?:\s*[-–]\s*#?(\d{1,9})?)?", word)
        if found is None:
            raise Invalid("numbers", _("Write the numbers of the posts like this: 5, 8-12, 20-"))
        low = int(found[1])
        high = low if word.lstrip("#").isdecimal() else int(found[2] or 999_999_999)
        spans.append(Post.number.between(low, high))
    chosen = (Post.topic_id == topic.id) & or_(*spans) & Post.deleted_at.is_(None)
    lowest = session().scalar(select(func.min(Post.number)).where(chosen))
    if lowest is None:
        raise Invalid("numbers", _("This topic has no posts with these numbers."))
    if lowest == 1:
        raise Invalid("numbers", _("The first post stays with its topic. Merge the topic if it shall go, too."))
    return chosen


def _carry(mover: Viewer, kind: str, source: Topic, target: Topic, chosen: ColumnElement[bool]) -> Move:
    """Puts posts behind those of another topic, and notes the places that they leave."""
    current = session()
    move = Move(kind=kind, from_id=source.id, into_id=target.id, mover_id=mover.id, moved_at=clock.now())
    current.add(move)
    current.flush()
    place = func.row_number().over(order_by=Post.number) + target.last_number
    rows = select(literal(move.id), Post.id, Post.topic_id, Post.number, place).where(chosen)
    names = ["move_id", "post_id", "topic_id", "number", "new_number"]
    current.execute(insert(MovedPost).from_select(names, rows))
    mine = select(MovedPost.new_number).where(MovedPost.move_id == move.id, MovedPost.post_id == Post.id)
    went = Post.id.in_(select(MovedPost.post_id).where(MovedPost.move_id == move.id))
    highest = select(func.max(MovedPost.new_number)).where(MovedPost.move_id == move.id)
    target.last_number = max(target.last_number, current.scalar(highest) or 0)
    _place(source, target, went, mine.correlate(Post).scalar_subquery())
    return move


def _place(source: Topic, target: Topic, which: ColumnElement[bool], number: ColumnElement[int]) -> None:
    """Moves posts, everything that counts them, and what people have read of them."""
    with carrying.positions_kept([source.id, target.id]):
        _put(source, target, which, number)


def _put(source: Topic, target: Topic, which: ColumnElement[bool], number: ColumnElement[int]) -> None:
    current = session()
    ids = current.scalars(select(Post.id).where(which)).all()
    change = counting.shown(target) - counting.shown(source)
    live = select(Post.author_id, func.count()).where(which, Post.deleted_at.is_(None)).group_by(Post.author_id)
    written = sorted((author, times) for author, times in current.execute(live))
    moved = sum(times for _author, times in written)
    current.execute(
        update(Post).where(which).values(topic_id=target.id, number=number)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    for author_id, times in written if change else ():
        current.execute(update(User).where(User.id == author_id).values(posts=User.posts + change * times))
    parents = select(Post.reply_to_id).where(Post.id.in_(ids), Post.reply_to_id.is_not(None))
    counting.answers_of([*ids, *current.scalars(parents)])
    for topic, by in ((source, -moved), (target, moved)):
        counting.topic_again(topic)
        current.flush()
        if counting.shown(topic):
            counting.posts_in(topic, by)


def moved_words(move: Move) -> str:
    """What a move did, for its mover."""
    number = session().scalar(select(func.count()).where(MovedPost.move_id == move.id)) or 0
    return ngettext("%(num)s post was moved.", "%(num)s posts were moved.", number)
