"""Categories: the tree of places, its counts, and its newest posts."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from core import cache, tally
from core.db import session
from core.shared import Shared
from forum import permissions
from forum.privileges import STANDS_ON, standing
from forum.slugs import slugify
from forum.viewers import Viewer
from models import Category, Post, Topic, User

_CLICKS = "category.clicks"


@dataclass(frozen=True, slots=True)
class Place:
    """A category as the tree knows it: what changes rarely."""

    id: int
    parent_id: int | None
    name: str
    slug: str
    description: str
    icon: str
    colour: str
    section: bool
    link: str
    template: str
    tags_allowed: tuple[str, ...]
    tags_least: int
    tags_most: int | None
    children: tuple["Place", ...] = ()
    queued: bool = False  # everything that is written there waits for a moderator
    image: str = ""  # the key of the picture that stands in place of its icon

    @property
    def path(self) -> str:
        """Its address on this site."""
        return f"/category/{self.id}/{self.slug}"

    def below(self) -> Iterator["Place"]:
        """This place and all under it."""
        yield self
        for child in self.children:
            yield from child.below()


@dataclass(slots=True)
class Teaser:
    """The newest post of a category."""

    topic_id: int
    topic_title: str
    post_id: int
    excerpt: str
    at: datetime
    author: str
    author_slug: str
    author_colour: int
    author_picture: str


@dataclass(slots=True)
class Node:
    """A category as one viewer sees it: counts with children included, newest post, visible children."""

    place: Place
    topics: int = 0
    posts: int = 0
    clicks: int = 0  # of a link to another site
    teaser: Teaser | None = None
    unread: bool = False  # something in it or below it, for the viewer
    children: list["Node"] = field(default_factory=list)


@dataclass(slots=True)
class Name:
    """A category in a menu, with the visible ones below it."""

    id: int
    name: str
    icon: str
    children: Shared["Name"]


@dataclass(slots=True)
class Forest:
    """All categories that are not disabled."""

    roots: tuple[Place, ...]
    by_id: dict[int, Place]


def forest() -> Forest:
    """The whole tree, whoever looks; kept in the process until a category changes."""

    def load() -> Forest:
        rows = (
            session().scalars(select(Category).where(~Category.disabled).order_by(Category.position, Category.id)).all()
        )
        children: dict[int | None, list[Category]] = {}
        for row in rows:
            children.setdefault(row.parent_id, []).append(row)
        by_id: dict[int, Place] = {}

        def grow(row: Category) -> Place:
            place = Place(
                row.id, row.parent_id, row.name, row.slug, row.description, row.icon, row.colour, row.section, row.link,
                row.template, tuple(row.tags_allowed or ()), row.tags_least, row.tags_most,
                tuple(grow(child) for child in children.get(row.id, ())), row.queued, row.image,
            )  # fmt: skip
            by_id[row.id] = place
            return place

        return Forest(tuple(grow(row) for row in children.get(None, ())), by_id)

    return cache.keep("forest", load, "categories")


def get(viewer: Viewer, category_id: int) -> Place:
    """A category the viewer may know of. Raises Missing."""
    place = forest().by_id.get(category_id)
    permissions.require(permissions.see_category(viewer, category_id) if place else permissions.HIDDEN)
    assert place is not None
    return place


def find(category_id: int) -> Place | None:
    """A category by its id, whoever looks."""
    return forest().by_id.get(category_id)


def visible_ids(viewer: Viewer) -> list[int]:
    """The categories whose topics this viewer's lists may show."""

    def load() -> list[int]:
        known = forest().by_id.items()
        return [key for key, place in known if not place.link and permissions.read_category(viewer, key)]

    return list(cache.keep_one_of("visible", standing(viewer), load, *STANDS_ON))


def ancestors(place: Place) -> list[Place]:
    """The way down to a category, without itself."""
    way: list[Place] = []
    while place.parent_id is not None:
        place = forest().by_id[place.parent_id]
        way.insert(0, place)
    return way


def tree(viewer: Viewer, under: Place | None = None) -> list[Node]:
    """The visible categories (below one of them), with counts and newest posts that leak nothing hidden.

    One query, none while nobody writes.
    """
    live = _figures()
    places = under.children if under else forest().roots
    return [node for place in places if (node := _node(viewer, place, live))]


def names(viewer: Viewer) -> Shared[Name]:
    """The visible categories for a menu, without those that lead elsewhere. No query."""

    def seen(places: Iterable[Place]) -> Shared[Name]:
        return Shared(
            Name(place.id, place.name, place.icon, seen(place.children))
            for place in places
            if not place.link and permissions.see_category(viewer, place.id)
        )

    return cache.keep_one_of("names", standing(viewer), lambda: seen(forest().roots), *STANDS_ON)


def own_counts(category_id: int) -> tuple[int, int]:
    """Topics and posts of one category, children not included."""
    row = _figures()[category_id]
    return row.topics, row.posts


def _figures() -> dict[int, Any]:
    """What is counted in each category, and its newest post."""

    def load() -> dict[int, Any]:
        rows = session().execute(
            select(
                Category.id, Category.topics, Category.posts, Category.clicks, Post.id.label("post_id"), Post.excerpt, Post.created_at,
                Topic.id.label("topic_id"), Topic.title, User.name, User.slug, User.colour, User.picture,
            )
            .outerjoin(Post, Post.id == Category.last_post_id)
            .outerjoin(Topic, Topic.id == Post.topic_id)
            .outerjoin(User, User.id == Post.author_id)
            .where(~Category.disabled)
        )  # fmt: skip
        return {row.id: row for row in rows}

    return cache.keep("figures", load, "all")


def create(
    name: str,
    *,
    description: str = "",
    icon: str = "chat-dots",
    colour: str = "#475569",
    parent_id: int | None = None,
    section: bool = False,
    link: str = "",
) -> Category:
    """Makes a category at the end of its siblings."""
    current = session()
    siblings = Category.parent_id.is_(None) if parent_id is None else Category.parent_id == parent_id
    position = current.scalar(select(func.coalesce(func.max(Category.position), -1)).where(siblings))
    row = Category(
        name=name, slug=slugify(name, "category"), description=description, icon=icon, colour=colour,
        parent_id=parent_id, section=section, link=link, position=(position or 0) + 1,
    )  # fmt: skip
    current.add(row)
    current.flush()
    cache.bump("categories")
    return row


def count(category_id: int, *, topics: int = 0, posts: int = 0) -> None:
    """Adds to a category's counters and finds its newest post again."""
    newest = (
        select(Topic.last_post_id)
        .where(Topic.category_id == category_id, Topic.deleted_at.is_(None), ~Topic.scheduled)
        .order_by(Topic.last_post_at.desc(), Topic.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    session().execute(
        update(Category)
        .where(Category.id == category_id)
        .values(topics=Category.topics + topics, posts=Category.posts + posts, last_post_id=newest)
    )


def followed(place: Place) -> None:
    """Counts that somebody followed a link to another site; written later, by a job."""
    tally.count(_CLICKS, place.id)


def flush_clicks(counts: Mapping[tuple[str, int], int]) -> None:
    """Adds the clicks that were gathered since the last time."""
    for (name, key), clicks in sorted(counts.items()):
        if name == _CLICKS:
            session().execute(update(Category).where(Category.id == key).values(clicks=Category.clicks + clicks))


def _node(viewer: Viewer, place: Place, live: Mapping[int, Any]) -> Node | None:
    if not permissions.see_category(viewer, place.id):
        return None
    node = Node(place)
    row = live.get(place.id)
    if row is not None and permissions.read_category(viewer, place.id):
        node.topics, node.posts, node.clicks = row.topics, row.posts, row.clicks
        if row.topic_id is not None:
            node.teaser = Teaser(
                row.topic_id,
                row.title,
                row.post_id,
                row.excerpt,
                row.created_at,
                row.name,
                row.slug,
                row.colour,
                row.picture,
            )
    for child in place.children:
        seen = _node(viewer, child, live)
        if seen is None:
            continue
        node.children.append(seen)
        node.topics += seen.topics
        node.posts += seen.posts
        if seen.teaser and (node.teaser is None or seen.teaser.at > node.teaser.at):
            node.teaser = seen.teaser
    return node
