"""People, places and texts for tests: plain functions that write through the forum's own verbs where that is cheap."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache, wraps
from itertools import count
from typing import Any, ParamSpec, TypeVar

from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import func, insert, select, update

from core import cache, clock, settings
from core.db import session, write_in_progress, writing
from forum import categories, counting, groups, handles, memberships, posts, recounting, text, topics, viewers, votes
from forum.slugs import name_key, slugify
from forum.tags import count as count_tags
from forum.viewers import Viewer
from models import Account, Category, CustomSkin, Grant, Group, Post, Topic, User

P = ParamSpec("P")
T = TypeVar("T")

PASSWORD = "quiet amber lighthouse keeper"
ADMINISTRATORS, GUESTS, REGISTERED, MODERATORS = "administrators", "guests", "registered", "moderators"
_numbers = count(1)
_app: Flask | None = None


def use(app: Flask) -> None:
    """Makes everything here write into this application's database."""
    global _app
    _app = app


@contextmanager
def inside() -> Iterator[None]:
    """The application's surroundings, with a fresh session, for calls of the forum's own functions."""
    assert _app is not None
    with _app.app_context():
        yield


def writes(function: Callable[P, T]) -> Callable[P, T]:
    """Runs a function in one transaction of its own (or in the one that is open)."""

    @wraps(function)
    def run(*args: P.args, **keywords: P.kwargs) -> T:
        if write_in_progress():
            return function(*args, **keywords)
        with inside(), writing():
            return function(*args, **keywords)

    return run


def reads(function: Callable[P, T]) -> Callable[P, T]:
    """Runs a function with a session of its own."""

    @wraps(function)
    def run(*args: P.args, **keywords: P.kwargs) -> T:
        if write_in_progress():
            return function(*args, **keywords)
        with inside():
            return function(*args, **keywords)

    return run


@lru_cache
def password_hash() -> str:
    """The hash of PASSWORD, made once and cheap to check: its cost is written in it."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@writes
def a_user(name: str = "", *, email: str = "", groups_of: Sequence[str] = (), **columns: Any) -> User:
    """A member who can log in with PASSWORD; `groups_of` are slugs of groups he is in."""
    name = name or f"Member {next(_numbers)}"
    known = {"name_key": name_key(name), "slug": handles.free(name), "joined_at": clock.now(), "badges": []}
    user = User(name=name, **{**known, **columns})
    session().add(user)
    session().flush()
    handles.claim(name, "user", user.id)
    session().add(
        Account(
            user_id=user.id, email=email or None, email_key=email.casefold() or None, password_hash=password_hash(),
            preferences={}, created_at=clock.now(),
        )
    )  # fmt: skip
    session().flush()
    for slug in groups_of:
        groups.join(user.id, group_id(slug))
    return user


@writes
def an_own_skin(name: str = "Marmalade") -> CustomSkin:
    """A skin made in the browser."""
    skin = CustomSkin(name=name, slug=slugify(name), base="zephyr", colours={}, changed_at=clock.now())
    skin.body_font, skin.heading_font = "serif", ""
    session().add(skin)
    session().flush()
    cache.bump("skins")
    return skin


def an_administrator(name: str = "Keeper") -> User:
    """Somebody who holds every right."""
    return a_user(name, groups_of=[ADMINISTRATORS])


def a_moderator(name: str = "Marshal") -> User:
    """Somebody who moderates everywhere."""
    return a_user(name, groups_of=[MODERATORS])


@reads
def group_id(slug: str) -> int:
    """The id of a group."""
    return session().scalars(select(Group.id).where(Group.slug == slug)).one()


@writes
def a_group(name: str = "Team", *, of: Sequence[User] = (), **details: Any) -> Group:
    """A group, with some people in it."""
    group = groups.create(name, **details)
    for user in of:
        groups.join(user.id, group.id)
    return group


@writes
def set_owner(user: User, group: Group) -> None:
    """Makes a member of a group one of its owners."""
    memberships.set_owner(group.id, user.id, owner=True)


@reads
def viewer_of(user: User | None) -> Viewer:
    """A person as the forum's functions know him; None is a guest."""
    found = viewers.member(user.id) if user else viewers.guest()
    assert found
    return found


@writes
def a_category(name: str = "", **columns: Any) -> Category:
    """A category. Columns that its verb does not take (own_rights, disabled …) are set behind it."""
    taken = ("description", "icon", "colour", "parent_id", "section", "link")
    given = {key: columns.pop(key) for key in tuple(columns) if key not in taken}
    made = categories.create(name or f"Category {next(_numbers)}", **columns)
    for key, value in given.items():
        setattr(made, key, value)
    session().flush()
    cache.bump("categories")
    return made


@writes
def grant(*rights: str, to: User | str, in_: Category | None = None) -> None:
    """Gives rights to a group (its slug) or a person, in a category or everywhere."""
    whom = {"group_id": group_id(to)} if isinstance(to, str) else {"user_id": to.id}
    session().add_all(Grant(right=right, category_id=in_.id if in_ else None, **whom) for right in rights)
    session().flush()
    cache.bump("grants")


def a_private_category(name: str = "Backstage", *, for_: str = REGISTERED) -> Category:
    """A category that only one group may read and write in."""
    made = a_category(name, own_rights=True)
    held = ("find", "read", "topics:read", "topics:create", "topics:reply", "posts:upvote", "posts:downvote")
    grant(*held, to=for_, in_=made)
    return made


@writes
def a_topic(
    *, by: User | None = None, in_: Category | None = None, title: str = "", body: str = "A first post.",
    tags: str = "", replies: int = 0, at: datetime | None = None, **columns: Any,
) -> Topic:  # fmt: skip
    """A topic, whoever may start one there, that nobody watches yet. Columns (locked_at, pinned_at, views …) are set behind the verb."""
    by, in_ = by or a_user(), in_ or a_category()
    viewer = viewer_of(by)
    able = replace(
        viewer,
        groups=viewer.groups | {group_id(ADMINISTRATORS)},
        preferences={"watch_started": "0", **viewer.preferences},
    )
    place = categories.find(in_.id)
    assert place
    made = topics.create(able, place, title or f"Topic {next(_numbers)}", body, tags)
    if at:
        columns = {"created_at": at, "published_at": at, "last_post_at": at} | columns
    for key, value in columns.items():
        setattr(made, key, value)
    session().flush()
    if made.deleted_at:
        counting.topic_in(made, -1)
        count_tags(made, -1)
    if replies:
        many_posts(made, replies)
    return made


def a_locked_topic(**details: Any) -> Topic:
    """A topic that takes no replies."""
    return a_topic(locked_at=clock.now(), **details)


def a_deleted_topic(*, deleter: User | None = None, reason: str = "", **details: Any) -> Topic:
    """A topic that was deleted."""
    deleter = deleter or a_moderator()
    return a_topic(deleted_at=clock.now(), deleted_by_id=deleter.id, deleted_reason=reason, **details)


@writes
def a_scheduled_topic(*, by: User, in_: Category, title: str = "", after: timedelta = timedelta(days=1)) -> Topic:
    """A topic that will be published later."""
    viewer = viewer_of(by)
    able = replace(viewer, groups=viewer.groups | {group_id(ADMINISTRATORS)})
    place = categories.find(in_.id)
    assert place
    title = title or f"Topic {next(_numbers)}"
    return topics.create(able, place, title, "Not yet.", publish_at=clock.now() + after)


@writes
def a_post(
    *, in_: Topic, by: User | None = None, body: str = "A reply.", to: Post | None = None, **columns: Any
) -> Post:
    """A reply, whoever may write there."""
    by = by or a_user()
    viewer = viewer_of(by)
    able = replace(viewer, groups=viewer.groups | {group_id(ADMINISTRATORS)})
    made = posts.reply(able, topics.get(able, in_.id), body, reply_to_id=to.id if to else None)
    for key, value in columns.items():
        setattr(made, key, value)
    session().flush()
    return made


@writes
def a_vote(on: Post, *, by: User | None = None, value: int = 1) -> None:
    """A vote on a post."""
    viewer = viewer_of(by or a_user())
    votes.cast(viewer, topics.get(viewer, on.topic_id), on.id, value)


@reads
def first_post(topic: Topic) -> Post:
    """The post that a topic began with."""
    return session().scalars(select(Post).where(Post.topic_id == topic.id, Post.number == 1)).one()


@reads
def posts_of(topic: Topic) -> list[Post]:
    """All posts of a topic, by number."""
    return list(session().scalars(select(Post).where(Post.topic_id == topic.id).order_by(Post.number)))


@reads
def fresh(row: Any) -> Any:
    """A row as the database has it now."""
    return session().get(type(row), row.id, populate_existing=True)


@reads
def number_of(kind: type, *conditions: Any) -> int:
    """How many rows of a table there are."""
    return session().scalar(select(func.count()).select_from(kind).where(*conditions)) or 0


@reads
def astray() -> list[str]:
    """The counters that are off, as `bin/livery doctor` finds them."""
    return [str(wrong) for table in recounting.TABLES for wrong in recounting.find(table)]


@writes
def change(row: Any, **columns: Any) -> None:
    """Changes columns of a row, as if something else had happened to it meanwhile."""
    live = session().get_one(type(row), row.id)
    for name, value in columns.items():
        setattr(live, name, value)
    session().flush()


@writes
def set_setting(name: str, value: str) -> None:
    """Sets a setting as an administrator would."""
    settings.put(name, value)


@writes
def many_posts(topic: Topic, number: int, *, by: Sequence[User] = (), scores: Sequence[int] = (0,)) -> None:
    """Many replies at once, a minute apart, by people in turn, with scores in turn; all counters follow."""
    by = by or [a_user(), a_user()]
    begin = session().scalar(select(Topic.last_number).where(Topic.id == topic.id)) or 0
    start = clock.now()
    session().execute(
        insert(Post),
        [
            post_row(topic.id, at, by[at % len(by)].id, start + timedelta(minutes=at), scores[at % len(scores)])
            for at in range(begin + 1, begin + number + 1)
        ],
    )
    newest = (
        session().scalars(select(Post).where(Post.topic_id == topic.id).order_by(Post.number.desc()).limit(1)).one()
    )
    posters = select(func.count(Post.author_id.distinct())).where(Post.topic_id == topic.id).scalar_subquery()
    session().execute(
        update(Topic)
        .where(Topic.id == topic.id)
        .values(
            posts=Topic.posts + number, last_number=Topic.last_number + number, posters=posters,
            last_post_id=newest.id, last_post_at=newest.created_at,
        )
    )  # fmt: skip
    for user in by:
        own = select(func.count()).where(Post.author_id == user.id).scalar_subquery()
        session().execute(update(User).where(User.id == user.id).values(posts=own))
    categories.count(topic.category_id, posts=number)


@writes
def many_topics(category: Category, number: int, *, by: User | None = None, **columns: Sequence[Any]) -> list[Topic]:
    """Many topics at once, each with one post; `columns` are given values in turn."""
    by = by or a_user()
    start = clock.now()
    made = []
    for at in range(number):
        title = f"Topic number {at}"
        moment = start - timedelta(minutes=at)
        usual = {
            "created_at": moment, "published_at": moment, "last_post_at": moment,
            "posts": 1, "posters": 1, "last_number": 1,
        }  # fmt: skip
        given = {name: values[at % len(values)] for name, values in columns.items()}
        made.append(
            Topic(category_id=category.id, author_id=by.id, title=title, slug=slugify(title), **{**usual, **given})
        )
    session().add_all(made)
    session().flush()
    session().execute(insert(Post), [post_row(topic.id, 1, by.id, topic.created_at) for topic in made])
    begun = {row.topic_id: row.id for row in session().execute(select(Post.topic_id, Post.id).where(Post.number == 1))}
    for topic in made:
        topic.first_post_id = topic.last_post_id = begun[topic.id]
    session().flush()
    categories.count(category.id, topics=number, posts=number)
    return made


def post_row(topic_id: int, number: int, author_id: int, at: datetime, score: int = 0) -> dict[str, Any]:
    """A post as a row, for many at once."""
    return {
        "topic_id": topic_id, "number": number, "author_id": author_id, "source": f"Reply {number}.",
        "source_type": "text/markdown", "html": f"<p>Reply {number}.</p>\n", "excerpt": f"Reply {number}.",
        "render_version": text.RENDER_VERSION, "published_at": at, "created_at": at,
        "score": score, "ups": 0, "downs": 0, "replies": 0, "deleted_reason": "",
    }  # fmt: skip
