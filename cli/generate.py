"""A synthetic community of any size: skewed as real ones are, and the same again for the same seed."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

import click
from sqlalchemy import insert, select, text

from cli.generate_posts import SPAN, People, Threads, Writer, moment, reserve
from cli.generate_prose import FAMILY, GIVEN, PLACES, bodies
from core.db import session, writing
from forum import accounts, categories, handles
from forum.slugs import name_key, slugify
from models import Account, Category, Handle, User

_DAY = 86_400_000
_LOCKED_ACCOUNT = "!"
"""No password opens the accounts of these people."""


def generate(people: int, topics: int, posts: int, seed: int) -> None:
    """Adds a community to whatever the database holds, and prints how fast.

    Raises click.UsageError when there are fewer posts than topics. If it is interrupted, `bin/livery doctor --fix`
    puts the counters right.
    """
    if posts < topics:
        raise click.UsageError("Every topic has at least one post: --posts must not be below --topics.")
    with timed() as written:
        dice = Random(seed)
        writer = Writer(dice, add_people(dice, people), bodies(dice))
        # More topics begin in the later years, and the first categories get most of them.
        begins = sorted(int((SPAN - _DAY) * dice.random() ** 0.6) for _ in range(topics))
        places = add_categories()
        weights = [1 / rank for rank in range(1, len(places) + 1)]
        pinned = frozenset(dice.sample(range(topics), min(20, topics // 50)))
        drawn = dice.choices(places, weights, k=topics)
        written(writer.write(Threads(drawn, begins, sizes(dice, topics, posts), pinned), "Posts"))


@contextmanager
def timed() -> Iterator[list[int].append]:
    """Prints how long it took to write the posts whose number it is told."""
    begun, numbers = time.perf_counter(), []
    yield numbers.append
    if session().get_bind().dialect.name == "postgresql":
        with writing() as current:  # the planner hears of the new rows at once, and not when the vacuum comes by
            current.execute(text("analyze"))
    took = time.perf_counter() - begun
    click.echo(f"{sum(numbers):,} posts in {took:.1f} s: {sum(numbers) / took:,.0f} a second.")


def sizes(dice: Random, topics: int, posts: int) -> list[int]:
    """How many posts each topic has: a few are huge, most are small (Zipf's law with a blunted top)."""
    weights = [(rank + 10) ** -1.5 for rank in range(topics)]
    unit, spare = sum(weights), posts - topics
    made = [1 + int(spare * weight / unit) for weight in weights]
    for topic in dice.choices(range(topics), k=posts - sum(made)):
        made[topic] += 1
    dice.shuffle(made)
    return made


def add_people(dice: Random, number: int) -> People:
    """Makes people whose accounts no password opens."""
    founders = 1 + number // 50  # somebody was there from the first day
    joined = [0] * founders + sorted(int(SPAN * dice.random() ** 0.8) for _ in range(number - founders))
    names = _free_names(dice, number)
    first = reserve(User, number)
    users, accounts_, claimed = [], [], []
    for key, ((name, slug), since) in enumerate(zip(names, joined, strict=True), first):
        at, seen = moment(since), max(since, SPAN - int(dice.expovariate(1 / (60 * _DAY))))
        users.append(
            {
                "id": key, "name": name, "name_key": name_key(name), "slug": slug, "domain": "", "about": "",
                "badges": [], "colour": key % accounts.COLOURS, "posts": 0, "topics": 0, "reputation": 0,
                "joined_at": at, "last_seen_at": moment(seen),
            }
        )  # fmt: skip
        accounts_.append(
            {"user_id": key, "password_hash": _LOCKED_ACCOUNT, "session_epoch": 0, "preferences": {}, "created_at": at}
        )  # fmt: skip
        claimed.append({"handle": slug, "kind": "user", "target_id": key})
    with writing() as current:
        for model, rows in ((User, users), (Account, accounts_), (Handle, claimed)):
            current.execute(insert(model.__table__), rows)
    return People(list(range(first, first + number)), joined)


def _free_names(dice: Random, number: int) -> list[tuple[str, str]]:
    current = session()
    keys = set(current.scalars(select(User.name_key).where(User.domain == "")))
    taken = set(current.scalars(select(Handle.handle))) | handles.RESERVED
    made: list[tuple[str, str]] = []
    counts: dict[str, int] = {}
    while len(made) < number:
        name = dice.choice(GIVEN)
        if dice.random() < 0.8:
            name += dice.choice((" ", " ", "_", ".")) + dice.choice(FAMILY)
        counts[name] = counts.get(name, 0) + 1
        if counts[name] > 1:
            name += str(counts[name])
        slug = slugify(name)
        if name_key(name) not in keys and slug not in taken:
            keys.add(name_key(name))
            taken.add(slug)
            made.append((name, slug))
    return made


def add_categories() -> list[int]:
    """Makes the categories of a community; their ids."""
    made: dict[str, int] = {}
    with writing():
        for name, description, icon, colour, above in PLACES:
            made[name] = add_category(name, description, icon, colour, made.get(above))
    return list(made.values())


def add_category(name: str, description: str, icon: str, colour: str, parent_id: int | None = None) -> int:
    """Makes a category; when its name is taken already, it gets a number."""
    taken = set(session().scalars(select(Category.name).where(Category.name.startswith(name))))
    free, number = name, 2
    while free in taken:
        free, number = f"{name} {number}", number + 1
    return categories.create(free, description=description, icon=icon, colour=colour, parent_id=parent_id).id
