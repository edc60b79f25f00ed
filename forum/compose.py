"""Composing: what the composer offers while somebody types: people, topics, emoji, tags, and topics like his own."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from core.db import session
from core.i18n import ngettext
from forum import categories, emoji, group_mentions, permissions, search, search_terms, tag_rules, text
from forum.categories import Place
from forum.refusals import Refusal
from forum.slugs import name_key
from forum.viewers import Viewer
from models import User

_OFFERED = 8
_GROUPS = 3


@dataclass(frozen=True, slots=True)
class Option:
    """Something to choose: what it puts into the text, its words, and what tells it from others."""

    insert: str
    words: str
    hint: str = ""


def people(viewer: Viewer, typed: str) -> list[Option]:
    """People whose names begin like this, those who write most first; then groups that the viewer may mention."""
    key = name_key(typed)
    if not key or not permissions.see_users(viewer):
        return []
    like_this = (User.name_key >= key) & (User.name_key < key + "\U0010ffff") & (User.domain == "")
    query = select(User.slug, User.name).where(like_this).order_by(User.posts.desc(), User.id).limit(_OFFERED)
    found = [Option(f"@{slug} ", name, f"@{slug}") for slug, name in session().execute(query)]
    return found + [
        Option(
            f"@{group.slug} ", group.name,
            ngettext("group of %(num)s person", "group of %(num)s people", group.members),
        )
        for group in group_mentions.offered(viewer, typed, _GROUPS)
    ]  # fmt: skip


def emojis(typed: str) -> list[Option]:
    """Emoji whose short names hold this, those that begin with it first."""
    typed = typed.lower()
    found = sorted((name for name in emoji.NAMES if typed in name), key=lambda name: (not name.startswith(typed), name))
    return [Option(f":{name}: ", f"{emoji.NAMES[name]} {name}") for name in found[:_OFFERED]]


def topics(viewer: Viewer, typed: str) -> list[Option]:
    """Topics by the words of their titles, as links."""
    return [
        Option(f"{text.link(title, f'/topic/{row.topic_id}')} ", title, _name_of(row.category_id))
        for row in _titled(viewer, typed)
        for title in ["".join(piece.words for piece in row.title)]
    ]


def tag_words(viewer: Viewer, typed: str, category_id: int) -> list[Option]:
    """Tags that the viewer may use in a category."""
    if not permissions.see_tags(viewer):
        return []
    return [Option(f"{name}, ", name) for name in tag_rules.offered(viewer, category_id, typed)[:_OFFERED]]


def similar(viewer: Viewer, title: str) -> Sequence[search.Result]:
    """Topics that may be about the same: all the title's words, or else its two longest."""
    words = [word for word in title.split() if len(word) > 2][:12]
    if not words:
        return []
    longest = sorted(words, key=len, reverse=True)[:2]
    return _titled(viewer, " ".join(words)) or (_titled(viewer, " ".join(longest)) if len(words) > 2 else [])


def places(viewer: Viewer) -> list[tuple[Place, int]]:
    """The categories in which the viewer may start topics, in the order of the tree, and how deep each lies."""
    found: list[tuple[Place, int]] = []

    def walk(place: Place, depth: int) -> None:
        open_here = not (place.section or place.link) and permissions.create_topic(viewer, place.id)
        if open_here:
            found.append((place, depth))
        for child in place.children:
            walk(child, depth + 1)

    for root in categories.forest().roots:
        walk(root, 0)
    return found


def _titled(viewer: Viewer, typed: str) -> Sequence[search.Result]:
    plain = " ".join(word for word in typed.replace('"', " ").replace(":", " ").split() if not word.startswith("-"))
    if not plain:
        return []
    try:
        terms = search_terms.read(viewer, plain, fields={"in": "titles"}, unfinished=True)
        return search.quick(viewer, terms).topics
    except Refusal:  # he may not search: then nothing is offered
        return []


def _name_of(category_id: int) -> str:
    place = categories.find(category_id)
    return place.name if place else ""
