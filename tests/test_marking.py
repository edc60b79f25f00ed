"""What is read stays read and what is not stays unread, whatever happens: random sequences against a plain model.

The suite plays 100 of them; LIVERY_SEQUENCES=10000 plays as many as the issue asks for (half an hour of one core).
Every 20 begin a new community with dice of their own, so `LIVERY_SEQUENCES=880:900` plays again what failed at 887.
"""

import os
import random
from datetime import timedelta

from sqlalchemy import delete, insert, select, update

from core import clock, pending
from core.db import session, writing
from forum import following, marking, news, posts, reading, topic_rows, topic_tools, topics, transfers, unread
from forum.refusals import Refusal
from models import Block, Move, MovedPost, Post, ReadMark, ReadTopic, Topic, TopicEvent, TopicFollow, User
from tests.factories import a_category, a_moderator, a_user, inside, post_row, viewer_of

FIRST, _, LAST = os.environ.get("LIVERY_SEQUENCES", "100").rpartition(":")
SEED = int(os.environ.get("LIVERY_SEED", "20261122"))
TOGETHER = 20
"""So many sequences one community lives through."""
OPERATIONS = 6
PAGE = 4


class World:
    """A small community, and a model of what one reader has read: plain sets of posts."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.places = [a_category("One"), a_category("Two")]
        self.people = [a_user("Writer"), a_user("Rival")]
        self.user, self.witness = a_user("Reader"), a_user("Witness")
        self.viewer = viewer_of(self.user)
        self.keeper = viewer_of(a_moderator())
        self.elapsed = timedelta()
        with inside(), writing():
            following.block(self.viewer, self.people[1].id, block=True)
        self.begin()

    def begin(self, dice: random.Random | None = None) -> None:
        """An empty community, a reader who has just joined."""
        self.dice = dice or self.dice
        with inside(), writing() as current:
            for table in (ReadTopic, ReadMark, TopicFollow, MovedPost, Move, TopicEvent):
                current.execute(delete(table))
            current.execute(update(Topic).values(first_post_id=None, last_post_id=None))
            current.execute(delete(Post))
            current.execute(delete(Topic))
            current.execute(update(User).values(joined_at=clock.now()))
        pending.forget()
        self.read: set[int] = set()
        self.forced: set[int] = set()
        self.ignored: set[int] = set()
        self.moves: list[int] = []
        for _ in range(4):
            self.start()

    def wait(self) -> None:
        """Some seconds pass: now and then more than it takes a transaction to be seen."""
        self.elapsed += timedelta(seconds=self.dice.choice((0.5, 3, 20)))
        clock.travel(self.elapsed)

    # --- what the database holds ---

    def topics(self, *conditions) -> list[int]:
        return list(
            session().scalars(select(Topic.id).where(Topic.merged_into_id.is_(None), *conditions).order_by(Topic.id))
        )

    def one(self, *conditions) -> int | None:
        found = self.topics(*conditions)
        return self.dice.choice(found) if found else None

    def posts(self, topic_id: int) -> list:
        query = select(Post.id, Post.number, Post.author_id, Post.deleted_at, Post.created_at)
        return session().execute(query.where(Post.topic_id == topic_id).order_by(Post.number)).all()

    # --- what happens ---

    def write(self, topic_id: int, author: User) -> tuple[int, int]:
        current = session()
        number = (current.scalar(select(Topic.last_number).where(Topic.id == topic_id)) or 0) + 1
        row = post_row(topic_id, number, author.id, clock.now())
        post_id = current.execute(insert(Post).values(row).returning(Post.id)).scalar_one()
        news = {"last_number": number, "last_post_id": post_id, "last_post_at": clock.now(), "posts": Topic.posts + 1}
        current.execute(update(Topic).where(Topic.id == topic_id).values(**news))
        return post_id, number

    def start(self) -> None:
        author, place = self.dice.choice([*self.people, self.user]), self.dice.choice(self.places)
        self.wait()
        with inside(), writing() as current:
            moments = dict.fromkeys(("created_at", "published_at", "last_post_at"), clock.now())
            row = {"category_id": place.id, "author_id": author.id, "title": "T", "slug": "t", **moments}
            topic_id = current.execute(insert(Topic).values(row).returning(Topic.id)).scalar_one()
            post_id, number = self.write(topic_id, author)
            if author is self.user:
                self.read.add(post_id)
                reading.wrote(self.viewer, topic_id, number)

    def reply(self) -> None:
        with inside():
            topic_id = self.one(Topic.deleted_at.is_(None))
            author = self.dice.choice([self.people[0], self.people[0], self.people[1], self.user])
            before = topics.get(self.viewer, topic_id)
            with writing():
                post_id, number = self.write(topic_id, author)
                if author is self.user and before.read_number >= number - 1:
                    self.read.add(post_id)
                    self.forced.discard(topic_id)
                    reading.wrote(self.viewer, topic_id, number)

    def visit(self) -> None:
        with inside():
            topic_id = self.one(Topic.deleted_at.is_(None))
            rows = self.posts(topic_id)
            page = self.dice.randint(1, -(-len(rows) // PAGE))
            topic = topics.get(self.viewer, topic_id)
            part, last = rows[(page - 1) * PAGE : page * PAGE], page * PAGE >= len(rows)
            stretch = posts.Stream(part, "oldest_to_newest", page, -(-len(rows) // PAGE), None, None if last else {})
            highest = max((row.number for row in rows if row.id in self.read), default=0)
            shown = topic.last_number if last else part[-1].number
            unread.seen(self.viewer, topic, stretch)
            if last or shown > highest or (shown == highest and topic_id in self.news()):
                self.read |= {row.id for row in rows if row.number <= shown}
                self.forced.discard(topic_id)

    def mark_topics(self) -> None:
        with inside():
            found = self.topics(Topic.deleted_at.is_(None))
            chosen = self.dice.sample(found, min(2, len(found)))
            with writing():
                marking.topics_read(self.viewer, chosen)
            for topic_id in chosen:
                self.read |= {row.id for row in self.posts(topic_id)}
                self.forced.discard(topic_id)

    def mark_topic_unread(self) -> None:
        with inside():
            topic_id = self.one(Topic.deleted_at.is_(None))
            with writing():
                marking.topics_unread(self.viewer, [topic_id])
            rows = self.posts(topic_id)
            highest = max((row.number for row in rows if row.id in self.read), default=0)
            last = max((row.number for row in rows if row.deleted_at is None), default=1)
            self.read -= {row.id for row in rows if row.number > min(highest, last - 1)}
            self.forced.add(topic_id)

    def mark_places(self) -> None:
        chosen = self.dice.choice([None, [self.places[0].id], [self.places[1].id]])
        read = self.dice.random() < 0.7
        with inside():
            with writing():
                (marking.places_read if read else marking.places_unread)(self.viewer, chosen)
            inside_these = Topic.category_id.in_(chosen) if chosen else Topic.id.is_not(None)
            for topic_id in self.topics(inside_these):
                ids = {row.id for row in self.posts(topic_id)}
                self.read = self.read | ids if read else self.read - ids
                self.forced.discard(topic_id)

    def delete_post(self) -> None:
        with inside(), writing() as current:
            topic_id = self.one()
            chosen = self.dice.choice(self.posts(topic_id))
            gone = None if chosen.deleted_at else clock.now()
            current.execute(update(Post).where(Post.id == chosen.id).values(deleted_at=gone))
            self.recount(topic_id)

    def recount(self, topic_id: int) -> None:
        """The newest post of a topic, as the verbs keep it."""
        rows = self.posts(topic_id)
        alive = [row for row in rows if row.deleted_at is None] or rows
        news = {"last_post_id": alive[-1].id, "last_post_at": max(row.created_at for row in alive)}
        session().execute(update(Topic).where(Topic.id == topic_id).values(**news))

    def delete_topic(self) -> None:
        with inside(), writing() as current:
            topic_id = self.one()
            if len(self.topics(Topic.deleted_at.is_(None))) > 1 or current.get(Topic, topic_id).deleted_at:
                gone = None if current.get(Topic, topic_id).deleted_at else clock.now()
                current.execute(update(Topic).where(Topic.id == topic_id).values(deleted_at=gone))

    def move(self) -> None:
        with inside(), writing() as current:
            topic_id = self.one(Topic.deleted_at.is_(None))
            where = {self.places[0].id: self.places[1].id, self.places[1].id: self.places[0].id}
            old = current.scalar(select(Topic.category_id).where(Topic.id == topic_id))
            topic_tools.move(self.keeper, topic_id, where[old])

    def transfer(self) -> None:
        """Posts go to another topic: all of them, some, as a topic of their own, or back to where they were."""
        verb = self.dice.choice((self.merge, self.move_posts, self.fork, self.bring_back))
        with inside():
            found = self.topics(Topic.deleted_at.is_(None))
            before = self.unread_posts()
            if len(found) < 3:
                return
            with writing():
                changed = verb(*self.dice.sample(found, 2))
            if changed is None:
                return
            here = ReadTopic.topic_id.in_(changed)
            self.forced -= changed
            self.forced |= set(session().scalars(select(ReadTopic.topic_id).where(ReadTopic.forced, here)))
        with inside():
            assert not self.buried(), "posts stand in a topic that leads elsewhere"
            # a place in a topic is one number: what was unread stays unread, and nothing becomes so without need
            after = self.unread_posts()
            assert before <= after
            kept = {row.id for key in changed for row in self.posts(key)}
            if not before & kept:
                assert not after & kept
            self.read = {row.id for key in self.topics() for row in self.posts(key)} - after

    def merge(self, source: int, target: int) -> set[int]:
        self.moves.append(transfers.merge(self.keeper, source, target).id)
        return {source, target}

    def some(self, topic_id: int) -> str:
        """The numbers of some posts of a topic, as a moderator would write them; none when there is but one."""
        later = [str(row.number) for row in self.posts(topic_id)[1:] if row.deleted_at is None]
        return ", ".join(self.dice.sample(later, self.dice.randint(1, len(later)))) if later else ""

    def move_posts(self, source: int, target: int) -> set[int] | None:
        if not (numbers := self.some(source)):
            return None
        self.moves.append(transfers.move_posts(self.keeper, source, numbers, target).id)
        return {source, target}

    def fork(self, source: int, _other: int) -> set[int] | None:
        if not (numbers := self.some(source)):
            return None
        move = transfers.fork(self.keeper, source, numbers, "Forked off")
        self.moves.append(move.id)
        return {source, move.into_id}

    def bring_back(self, *_topics: int) -> set[int] | None:
        move = session().get(Move, self.moves.pop(self.dice.randrange(len(self.moves)))) if self.moves else None
        if move is None:
            return None
        try:
            transfers.take_back(self.keeper, move.id)
        except Refusal:  # the posts have moved on: nothing is other than before
            return None
        return {move.from_id, move.into_id}

    def buried(self) -> list[int]:
        """Posts of topics that were merged into others: nobody could find them there."""
        query = select(Post.id).join(Topic, Topic.id == Post.topic_id).where(Topic.merged_into_id.is_not(None))
        return list(session().scalars(query))

    def ignore(self) -> None:
        with inside(), writing():
            topic_id = self.one()
            state = self.dice.choice(("ignore", "normal", "watch"))
            following.follow_topic(self.viewer, topic_id, state)
            (self.ignored.add if state == "ignore" else self.ignored.discard)(topic_id)

    def flush(self) -> None:
        with inside():
            marking.flush(compact=self.dice.choice((0, 0, 100)))

    # --- what must be so ---

    def news(self) -> set[int]:
        """The topics in which others wrote what the model has not read, and those marked by hand."""
        rows = session().execute(select(Post.id, Post.topic_id, Post.author_id).where(Post.deleted_at.is_(None)))
        silent = {self.user.id, self.people[1].id}
        return self.forced | {row.topic_id for row in rows if row.id not in self.read and row.author_id not in silent}

    def unread_posts(self) -> set[int]:
        """All posts that the forum takes for unread, whoever wrote them."""
        beyond = Post.number > reading.position(self.viewer)
        later = reading.position(self.viewer).is_(None) & (Post.created_at > reading.mark(self.viewer))
        query = select(Post.id).join(Topic, Topic.id == Post.topic_id)
        return set(session().scalars(reading.joined(query, self.viewer.id).where(beyond | later)))

    def check(self) -> set[int]:
        """The forum must say of every post and every topic what the model says; returns the unread topics."""
        with inside():
            expected = self.news() - set(self.topics(Topic.deleted_at.is_not(None))) - self.ignored
            assert self.unread_posts() == set(session().scalars(select(Post.id))) - self.read
            assert sorted(each.id for each in news.fresh(self.viewer)) == sorted(expected)
            return expected

    def check_pages(self) -> None:
        """And so must every page."""
        expected = self.check()
        with inside():
            found = news.fresh(self.viewer)
            page = topics.paged(topic_rows.everybodys().where(Topic.deleted_at.is_(None)), Topic.last_post_at, 20)
            topic_rows.complete(self.viewer, page.rows)
            by_condition = reading.joined(select(Topic.id), self.viewer.id).where(reading.unread(self.viewer))
            assert set(session().scalars(by_condition)) == expected
            assert {row.id for row in page.rows if row.unread} == expected & {row.id for row in page.rows}
            assert [row.id for row in unread.listed(self.viewer, "all").rows] == [
                row.id for row in sorted(found, key=lambda each: (each.last_post_at, each.id), reverse=True)
            ][:20]

    VERBS = (
        (start, 1), (reply, 6), (visit, 6), (mark_topics, 1), (mark_topic_unread, 1), (mark_places, 1), (delete_post, 2),
        (delete_topic, 1), (move, 1), (transfer, 2), (ignore, 1), (flush, 2),
    )  # fmt: skip


def test_what_is_unread_agrees_with_a_plain_model(app):
    world = World(random.Random(SEED))
    verbs, weights = zip(*World.VERBS, strict=True)
    for sequence in range(int(FIRST or 0) // TOGETHER * TOGETHER, int(LAST)):
        if sequence % TOGETHER == 0:
            world.begin(random.Random(f"{SEED} {sequence}"))
        chosen = world.dice.choices(verbs, weights, k=OPERATIONS)
        print(sequence, *(verb.__name__ for verb in chosen))  # shown when it fails
        for verb in chosen:
            world.wait()
            verb(world)
            world.check()
        world.check_pages()


def test_nobody_else_is_touched(app):
    world = World(random.Random(5))
    witness = viewer_of(world.witness)
    with inside():
        before = {each.id for each in news.fresh(witness)}
    assert before
    world.mark_places()
    world.mark_topics()
    world.flush()
    with inside():
        assert {each.id for each in news.fresh(witness)} == before
        assert session().scalar(select(Block.user_id).where(Block.user_id == witness.id)) is None
