"""Widgets that list what goes on, each with what its reader may see, and nothing else shown or counted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from core import cache, clock
from core.db import session
from core.i18n import gettext as _
from core.i18n import mark
from forum import categories, layout, privileges, reading, tags, users
from forum.layout import Box
from forum.privileges import MODERATE, rights
from forum.refusals import Missing
from forum.viewers import Viewer
from models import Group, Membership, Post, Topic, User

MOST, USUAL = 20, 5
"""Rows of a list."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a list: words that lead somewhere, and what stands below them."""

    words: str
    address: str
    note: str = ""
    at: datetime | None = None
    number: int | None = None
    face: tuple[str, int, str] | None = None  # of a person: name, colour, picture
    place_id: int = 0  # of a category


WORDS: dict[str, str] = {
    "text": mark("Text"), "html": mark("HTML"), "recent_topics": mark("Recent topics"),
    "recent_posts": mark("Recent posts"), "popular_topics": mark("Popular topics"), "top_topics": mark("Top topics"),
    "popular_tags": mark("Popular tags"), "online_people": mark("Who is online"),
    "active_people": mark("People who were here lately"), "newest_people": mark("New people"),
    "top_posters": mark("Who writes most"), "moderators": mark("Moderators"), "statistics": mark("Statistics"),
    "categories": mark("Categories"), "search": mark("Search"), "my_groups": mark("My groups"),
    "new_groups": mark("New groups"),
}  # fmt: skip
HINTS: dict[str, str] = {
    "text": mark("Markdown, as in posts."),
    "html": mark(
        "Tags of text, tables and images of this site. Scripts, styles, forms and frames are taken out: "
        "the rules of this site let none of them run."
    ),
    "moderators": mark("Of the category that the page is about; elsewhere of the whole site."),
    "statistics": mark("Topics and posts are counted as far as the reader may see them."),
}  # fmt: skip
MORE: dict[str, str] = {
    "recent_topics": "/recent", "recent_posts": "/recent", "popular_topics": "/popular", "top_topics": "/top",
    "popular_tags": "/tags", "online_people": "/users?sort=online", "active_people": "/users",
    "newest_people": "/users", "top_posters": "/users?sort=most_posts", "moderators": "/users", "statistics": "/recent",
    "categories": "/categories", "my_groups": "/groups", "new_groups": "/groups?sort=newest",
}  # fmt: skip
"""Where more of it stands."""


def get(viewer: Viewer, widget_id: int) -> Box:
    """A list that the viewer is shown somewhere. Raises Missing."""
    for boxes in layout.widgets(viewer).values():
        for box in boxes:
            if box.id == widget_id and box.listed:
                return box
    raise Missing


def lines(viewer: Viewer, box: Box, within: int = 0) -> list[Line]:
    """The rows of a list; `within` is the category that the page is about. At most one query, none for what is kept."""
    if not layout.fits(box, viewer):
        return []
    return _MAKERS[box.kind](viewer, box, within)


def _ids(viewer: Viewer, box: Box) -> tuple[int, ...]:
    """The categories that a list may show: those whose topics the reader may open, of them the chosen one and those below."""
    ids = [key for key in categories.visible_ids(viewer) if "topics:read" in rights(viewer, key)]
    chosen = categories.find(box.category) if box.category else None
    if box.category:
        below = {place.id for place in chosen.below()} if chosen else set()
        return tuple(key for key in ids if key in below)
    return tuple(reading.without_ignored(viewer, ids))


def _everybodys(ids: tuple[int, ...]) -> ColumnElement[bool]:
    """What all who may read these categories see: neither what was deleted nor what is scheduled."""
    return (Topic.category_id + 0).in_(ids) & Topic.deleted_at.is_(None) & ~Topic.scheduled


def _topics(order: Any, days: int = 0) -> Callable[[Viewer, Box, int], list[Line]]:
    def make(viewer: Viewer, box: Box, within: int) -> list[Line]:
        ids = _ids(viewer, box)

        def load() -> list[Line]:
            query = select(Topic.id, Topic.slug, Topic.title, Topic.last_post_at, User.name)
            query = query.join(User, User.id == Topic.author_id).where(_everybodys(ids))
            if days:
                query = query.where(Topic.created_at > clock.now() - timedelta(days=days))
            rows = session().execute(query.order_by(order.desc(), Topic.id.desc()).limit(box.number))
            return [Line(row.title, f"/topic/{row.id}/{row.slug}", row.name, row.last_post_at) for row in rows]

        return _kept(box, ids, load)

    return make


def _posts(viewer: Viewer, box: Box, within: int) -> list[Line]:
    ids = _ids(viewer, box)

    def load() -> list[Line]:
        query = select(Post.id, Post.excerpt, Post.created_at, Topic.title, User.name, User.colour, User.picture)
        query = query.join(Topic, Topic.id == Post.topic_id).join(User, User.id == Post.author_id)
        query = query.where(_everybodys(ids), Post.deleted_at.is_(None)).order_by(Post.id.desc()).limit(box.number)
        return [
            Line(
                row.excerpt or row.title, f"/post/{row.id}", row.name, row.created_at,
                face=(row.name, row.colour, row.picture),
            )
            for row in session().execute(query)
        ]  # fmt: skip

    return _kept(box, ids, load)


def _tags(viewer: Viewer, box: Box, within: int) -> list[Line]:
    ids = _ids(viewer, box)

    def load() -> list[Line]:
        return [Line(name, "", number=number) for name, number in tags.most_used(ids)[: box.number]]

    return _kept(box, ids, load)


def _people(order: Any, *, online: bool = False, number: Any = None) -> Callable[[Viewer, Box, int], list[Line]]:
    def make(viewer: Viewer, box: Box, within: int) -> list[Line]:
        figure = number if number is not None else order
        query = select(User.name, User.slug, User.colour, User.picture, figure.label("figure")).where(
            order.is_not(None)
        )
        if online:
            query = query.where(User.last_seen_at > users.online_since())
        rows = session().execute(query.order_by(order.desc(), User.id.desc()).limit(box.number))
        return [
            Line(
                row.name, f"/user/{row.slug}", at=None if number is not None else row.figure,
                number=row.figure if number is not None else None, face=(row.name, row.colour, row.picture),
            )
            for row in rows
        ]  # fmt: skip

    return make


def _moderators(viewer: Viewer, box: Box, within: int) -> list[Line]:
    about = within if within in categories.visible_ids(viewer) else 0
    places = {about, privileges.source(about), 0} if about else {0}
    grants = [grant for place in places for grant in privileges.grants_at(place) if grant[0] == MODERATE]
    groups, people = {group for _r, group, _u in grants if group}, {user for _r, _g, user in grants if user}
    inside = select(Membership.user_id).join(Group, Group.id == Membership.group_id)
    inside = inside.where(Group.id.in_(groups), Group.visibility != "hidden")
    query = select(User.name, User.slug, User.colour, User.picture).where(or_(User.id.in_(people), User.id.in_(inside)))
    rows = session().execute(query.order_by(User.name).limit(box.number))
    return [Line(row.name, f"/user/{row.slug}", face=(row.name, row.colour, row.picture)) for row in rows]


def _statistics(viewer: Viewer, box: Box, within: int) -> list[Line]:
    counted = [categories.own_counts(key) for key in categories.visible_ids(viewer)]
    found = [
        Line(_("Topics"), "", number=sum(topics for topics, _posts_there in counted)),
        Line(_("Posts"), "", number=sum(posts for _topics_there, posts in counted)),
    ]
    if "view:users" in rights(viewer):
        hour = clock.now().strftime("%Y-%m-%dT%H")
        people = cache.keep_one_of("widget_people", hour, _count_people, "site")
        found.append(Line(_("People"), "", number=people))
    return found


def _count_people() -> int:
    return session().scalar(select(func.count()).select_from(User)) or 0


def _categories(viewer: Viewer, box: Box, within: int) -> list[Line]:
    return [
        Line(node.place.name, node.place.path, place_id=node.place.id, number=node.topics or None)
        for node in categories.tree(viewer)[: box.number]
    ]


def _groups(own: bool) -> Callable[[Viewer, Box, int], list[Line]]:
    def make(viewer: Viewer, box: Box, within: int) -> list[Line]:
        query = select(Group.name, Group.slug, Group.members).where(~Group.system).limit(box.number)
        if own:
            query = query.where(Group.id.in_(viewer.groups)).order_by(Group.name)
        else:
            query = query.where(Group.visibility != "hidden").order_by(Group.id.desc())
        return [Line(row.name, f"/groups/{row.slug}", number=row.members) for row in session().execute(query)]

    return make


def _kept(box: Box, ids: tuple[int, ...], load: Callable[[], list[Line]]) -> list[Line]:
    """Rows that are the same for all who may read the same categories, until somebody writes."""
    today = clock.now().date()
    return cache.keep_one_of("widget", (box.id, box.kind, box.number, ids, today), load, "all") if ids else []


_MAKERS: dict[str, Callable[[Viewer, Box, int], list[Line]]] = {
    "recent_topics": _topics(Topic.last_post_at), "popular_topics": _topics(Topic.posts, days=30),
    "top_topics": _topics(Topic.votes), "recent_posts": _posts, "popular_tags": _tags,
    "online_people": _people(User.last_seen_at, online=True), "active_people": _people(User.last_seen_at),
    "newest_people": _people(User.joined_at), "top_posters": _people(User.posts, number=User.posts),
    "moderators": _moderators, "statistics": _statistics, "categories": _categories,
    "my_groups": _groups(True), "new_groups": _groups(False),
}  # fmt: skip
