"""The map of the site for search engines: what a guest may read, in stretches of ids."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from core.db import session
from forum import categories, permissions
from forum.refusals import Missing
from forum.viewers import guest
from models import Topic

STRETCH = 5000
"""How many ids one file covers: the protocol (sitemaps.org) takes up to 50,000 addresses."""


@dataclass(frozen=True, slots=True)
class Spot:
    """An address, and when what it shows last changed."""

    path: str
    at: datetime | None = None


def stretches() -> int:
    """How many files the topics fill. One seek into an index."""
    last = session().scalar(select(func.max(Topic.id))) or 0
    return -(-last // STRETCH)


def places() -> list[Spot]:
    """The lists, and every category that guests may read."""
    readable = (categories.find(key) for key in categories.visible_ids(guest()))
    lists = [Spot(path) for path in ("/", "/recent", "/popular", "/top", "/tags")]
    return lists + [Spot(f"/category/{place.id}/{place.slug}") for place in readable if place]


def topics(stretch: int) -> list[Spot]:
    """The topics of one stretch of ids (from 1) that guests may read. Raises Missing past the last."""
    if not 0 < stretch <= stretches():
        raise Missing
    who = guest()
    rows = session().execute(
        select(Topic.id, Topic.slug, Topic.last_post_at)
        .where(
            Topic.id > (stretch - 1) * STRETCH,
            Topic.id <= stretch * STRETCH,
            permissions.visible_topics(who, categories.visible_ids(who)),
        )
        .order_by(Topic.id)
    )
    return [Spot(f"/topic/{row.id}/{row.slug}", row.last_post_at) for row in rows]
