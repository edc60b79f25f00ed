"""Extreme shapes for benchmarks: one topic of very many posts, one category of very many topics."""

from random import Random

from sqlalchemy import select

from cli.generate import add_categories, add_category, add_people, timed
from cli.generate_posts import SPAN, People, Threads, Writer, beginning
from cli.generate_prose import bodies
from core.db import session, writing
from models import Category, User


def huge_topic(posts: int, seed: int = 1) -> int:
    """Adds one topic of so many posts, and returns the id of its category."""
    place = session().scalar(
        select(Category.id)
        .where(~Category.section, ~Category.disabled, Category.link == "")
        .order_by(Category.id)
        .limit(1)
    )
    place = place or add_categories()[0]
    with timed() as written:
        written(_writer(seed).write(Threads([place], [SPAN // 10], [posts]), "One topic"))
    return place


def huge_category(topics: int, seed: int = 1) -> int:
    """Adds one category of so many topics with one to three posts each, and returns its id."""
    with writing():
        place = add_category("Everything", "Very many short topics.", "list", "#334155")
    writer = _writer(seed)
    dice = writer.dice
    begins = sorted(int(SPAN * 0.99 * dice.random()) for _ in range(topics))
    sizes = dice.choices((1, 2, 3), k=topics)
    pinned = frozenset(dice.sample(range(topics), min(3, topics // 10)))
    with timed() as written:
        written(writer.write(Threads([place] * topics, begins, sizes, pinned), "One category"))
    return place


def _writer(seed: int) -> Writer:
    dice = Random(seed)  # noqa: S311  (nothing secret is drawn)
    rows = (
        session()
        .execute(select(User.id, User.joined_at).where(User.domain == "").order_by(User.joined_at, User.id))
        .all()
    )
    if len(rows) < 50:
        return Writer(dice, add_people(dice, 500), bodies(dice))
    joined = [max(0, int((row.joined_at - beginning()).total_seconds() * 1000)) for row in rows]
    return Writer(dice, People([row.id for row in rows], joined), bodies(dice))
