"""The conversations of a synthetic community: planned in memory, then written in the order in which they were held."""

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import accumulate
from random import Random
from typing import Any

import click
from sqlalchemy import bindparam, func, insert, select, text, update
from sqlalchemy.orm import Session

from cli.generate_prose import TAGS, Body, title
from core import clock, db
from core.db import session, writing
from forum import categories, tags
from forum.slugs import slugify
from forum.text import RENDER_VERSION
from models import Post, Tag, Topic, TopicTag, User, Vote

SPAN = 3 * 365 * 86_400_000
"""How far back a community goes. All times are in milliseconds since its beginning until they are written."""

_BATCH = 20_000
_TOPIC_BITS = 24
_REGULARS, _ANSWERS, _VOTED, _TAGGED = 0.45, 0.35, 0.22, 0.6
"""Shares: posts by those who already take part, posts that answer another, posts with votes, topics with tags."""


@dataclass(slots=True)
class People:
    """Those who write, in the order in which they joined, and how active each is."""

    ids: list[int]
    joined: list[int]
    _until: list[float] = field(default_factory=list)

    def draw_activity(self, dice: Random) -> None:
        """Makes a few people write most of the posts."""
        self._until = list(accumulate(dice.lognormvariate(0, 2.2) for _ in self.ids))

    def somebody(self, dice: Random, known: int) -> int:
        """The index of one of the first `known` people, the active ones more often."""
        return bisect_right(self._until, dice.random() * self._until[known - 1], 0, known - 1)


@dataclass(slots=True)
class Threads:
    """Topics, oldest first: the category of each, when it begins, and how many posts it gets."""

    places: list[int]
    begins: list[int]
    sizes: list[int]
    pinned: frozenset[int] = frozenset()


class Writer:
    """Writes threads by some people. Nobody else should write into the database meanwhile."""

    def __init__(self, dice: Random, people: People, pool: list[Body]) -> None:
        self.dice, self.people, self.pool = dice, people, pool
        people.draw_activity(dice)

    def write(self, threads: Threads, label: str) -> int:
        """Writes everything, a transaction for every 20,000 posts, and returns how many posts there were."""
        plan = _Plan(self.dice, threads, self.people)
        first_topic, first_post = reserve(Topic, len(threads.sizes)), reserve(Post, len(plan.at))
        rows = _Rows(self, threads, plan, first_topic, first_post, _tag_ids())
        with click.progressbar(length=len(plan.at), label=label) as bar:
            for begin in range(0, len(plan.at), _BATCH):
                indexes = range(begin, min(begin + _BATCH, len(plan.at)))
                with writing() as current:
                    rows.insert(current, indexes)
                bar.update(len(indexes))
        with writing() as current:
            rows.count(current)
        return len(plan.at)


@cache
def beginning() -> datetime:
    """Three years before the last midnight: the same all day long, so that a seed gives the same community."""
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(milliseconds=SPAN)


def moment(at: int) -> datetime:
    """A time of the plan as the database keeps it."""
    return beginning() + timedelta(milliseconds=at)


def reserve(model: type[db.Model], number: int) -> int:
    """The first of `number` ids in a row that are free."""
    highest = select(func.coalesce(func.max(model.id), 0))
    if session().get_bind().dialect.name == "sqlite":
        return session().scalars(highest).one() + 1
    table = model.__tablename__
    moved = text(f"select setval(pg_get_serial_sequence('{table}', 'id'), :last)")
    with writing() as current:
        last = current.scalars(highest).one() + number
        current.execute(moved, {"last": last})
    return last - number + 1


class _Plan:
    """Who writes when, and what answers what: for each post by its place in time."""

    def __init__(self, dice: Random, threads: Threads, people: People) -> None:
        self.held = [[] for _ in threads.sizes]  # the posts of each topic
        self.at, self.topic, self.number, self.author, self.parent, self.known = [], [], [], [], [], []
        known = 1
        for event in sorted(_events(dice, threads)):
            at, topic = event >> _TOPIC_BITS, event & ((1 << _TOPIC_BITS) - 1)
            while known < len(people.ids) and people.joined[known] <= at:
                known += 1
            earlier = self.held[topic]
            author, parent = people.somebody(dice, known), -1
            if earlier:
                if dice.random() < _REGULARS:
                    author = self.author[dice.choice(earlier)]
                if dice.random() < _ANSWERS:
                    parent = earlier[-1 - min(int(dice.expovariate(0.4)), len(earlier) - 1)]
            earlier.append(len(self.at))
            self.at.append(at)
            self.topic.append(topic)
            self.number.append(len(earlier))
            self.author.append(author)
            self.parent.append(parent)
            self.known.append(known)
        self.replies, self.last_reply = [0] * len(self.at), [-1] * len(self.at)
        for post, parent in enumerate(self.parent):
            if parent >= 0:
                self.replies[parent] += 1
                self.last_reply[parent] = self.at[post]


def _events(dice: Random, threads: Threads) -> list[int]:
    # One number for a post, its time above and its topic below, so that sorting a million of them is cheap.
    events = []
    for topic, (begin, size) in enumerate(zip(threads.begins, threads.sizes, strict=True)):
        events.append(begin << _TOPIC_BITS | topic)
        # Large topics live longer, and most of what is said is said early.
        lives = min(SPAN - begin, int(43_200_000 * size**0.8 * dice.lognormvariate(0, 1))) - 1000
        events += [(begin + 1000 + int(lives * dice.random() ** 3)) << _TOPIC_BITS | topic for _ in range(size - 1)]
    return events


_TOPIC = {"scheduled": False, "watchers": 0, "deleted_reason": ""}
_POST = {"source_type": "text/markdown", "render_version": RENDER_VERSION, "deleted_reason": ""}


class _Rows:
    """The rows of a plan, and what they add to the counters of people, categories and tags."""

    def __init__(
        self, writer: Writer, threads: Threads, plan: _Plan, first_topic: int, first_post: int, tags: list[int]
    ) -> None:
        self.writer, self.threads, self.plan, self.tags = writer, threads, plan, tags
        self.first_topic, self.first_post = first_topic, first_post
        self.reputation = [0] * len(writer.people.ids)
        self.tagged = [0] * len(tags)

    def insert(self, current: Session, posts: range) -> None:
        """Inserts a stretch of the posts, with the topics that begin in it."""
        rows: dict[type, list[dict[str, Any]]] = {Topic: [], Post: [], Vote: [], TopicTag: []}
        for post in posts:
            votes = self._votes(post)
            rows[Vote] += votes
            row = self._post(post, votes)
            rows[Post].append(row)
            if self.plan.number[post] == 1:
                rows[Topic].append(self._topic(post, row))
                rows[TopicTag] += self._tags(self.plan.topic[post])
        for model, batch in rows.items():
            if batch:
                current.execute(insert(model.__table__), batch)

    def count(self, current: Session) -> None:
        """Adds what was written to the counters of people, categories and tags."""
        plan, people = self.plan, self.writer.people
        posts, topics = [0] * len(people.ids), [0] * len(people.ids)
        for author, number in zip(plan.author, plan.number, strict=True):
            posts[author] += 1
            topics[author] += number == 1
        _add(current, User, people.ids, posts=posts, topics=topics, reputation=self.reputation)
        _add(current, Tag, self.tags, topics=self.tagged)
        sizes: dict[int, list[int]] = {}
        for place, size in zip(self.threads.places, self.threads.sizes, strict=True):
            sizes.setdefault(place, []).append(size)
        for place, each in sizes.items():
            categories.count(place, topics=len(each), posts=sum(each))
        tags.count_again()

    def _post(self, post: int, votes: list[dict[str, Any]]) -> dict[str, Any]:
        plan, dice = self.plan, self.writer.dice
        body, at, parent = dice.choice(self.writer.pool), moment(plan.at[post]), plan.parent[post]
        ups = sum(vote["value"] == 1 for vote in votes)
        score = 2 * ups - len(votes)
        self.reputation[plan.author[post]] += score
        return {
            **_POST, "id": self.first_post + post, "topic_id": self.first_topic + plan.topic[post],
            "number": plan.number[post], "author_id": self.writer.people.ids[plan.author[post]],
            "reply_to_id": self.first_post + parent if parent >= 0 else None,
            "source": body.source, "html": body.html, "excerpt": body.excerpt, "published_at": at, "created_at": at,
            "score": score, "ups": ups, "downs": len(votes) - ups, "replies": plan.replies[post],
            "last_reply_at": moment(plan.last_reply[post]) if plan.replies[post] else None,
        }  # fmt: skip

    def _topic(self, first: int, row: dict[str, Any]) -> dict[str, Any]:
        plan, dice, topic = self.plan, self.writer.dice, self.plan.topic[first]
        held, words = plan.held[topic], title(dice)
        last_at = moment(plan.at[held[-1]])
        locked = dice.random() < 0.01
        return {
            **_TOPIC, "id": row["topic_id"], "category_id": self.threads.places[topic], "author_id": row["author_id"],
            "title": words, "slug": slugify(words, "topic"), "created_at": row["created_at"],
            "published_at": row["created_at"], "last_number": len(held),
            "posts": len(held), "posters": len({plan.author[post] for post in held}),
            "votes": row["score"], "views": int(len(held) * dice.uniform(5, 40)),
            "first_post_id": row["id"], "last_post_id": self.first_post + held[-1], "last_post_at": last_at,
            "locked_at": last_at if locked else None, "locked_by_id": row["author_id"] if locked else None,
            "pinned_at": row["created_at"] if topic in self.threads.pinned else None,
        }  # fmt: skip

    def _votes(self, post: int) -> list[dict[str, Any]]:
        plan, people, dice = self.plan, self.writer.people, self.writer.dice
        share = _VOTED if plan.number[post] > 1 else 2 * _VOTED
        if dice.random() >= share:
            return []
        known, author, at = plan.known[post], plan.author[post], plan.at[post]
        voters = {people.somebody(dice, known) for _ in range(1 + int(dice.expovariate(0.7)))} - {author}
        return [
            {
                "post_id": self.first_post + post,
                "user_id": people.ids[voter],
                "value": 1 if dice.random() < 0.9 else -1,
                "created_at": moment(min(SPAN, at + int(dice.expovariate(1 / 86_400_000)))),
            }
            for voter in sorted(voters)
        ]

    def _tags(self, topic: int) -> list[dict[str, Any]]:
        dice = self.writer.dice
        if dice.random() >= _TAGGED:
            return []
        # The square makes the first tags of the list the favourites.
        chosen = {int(dice.random() ** 2 * len(self.tags)) for _ in range(dice.randint(1, 3))}
        for tag in chosen:
            self.tagged[tag] += 1
        return [{"topic_id": self.first_topic + topic, "tag_id": self.tags[tag]} for tag in sorted(chosen)]


def _tag_ids() -> list[int]:
    with writing() as current:
        here = dict(current.execute(select(Tag.name, Tag.id)).tuples().all())
        for name in TAGS:
            if name not in here:
                tag = Tag(name=name)
                current.add(tag)
                current.flush()
                here[name] = tag.id
    return [here[name] for name in TAGS]


def _add(current: Session, model: type[db.Model], ids: list[int], **added: list[int]) -> None:
    table = model.__table__
    raised = {name: table.c[name] + bindparam(f"more_{name}") for name in added}
    rows = [
        {"key": key, **{f"more_{name}": number for name, number in zip(added, numbers, strict=True)}}
        for key, *numbers in zip(ids, *added.values(), strict=True)
        if any(numbers)
    ]
    if rows:
        current.execute(update(table).where(table.c.id == bindparam("key")).values(**raised), rows)
