"""The search index: taking in what was written, in the transaction of the write, and making all of it again.

Triggers note every post and topic that is written, changed, moved or tagged, whoever does it (its migration). The
end of the same transaction takes the newest of them in; what a large move leaves over, a job does in batches.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import delete, func, insert, literal, select, text

from core import db
from core.db import session, writing
from core.search import index
from core.search.index import Document
from forum.text import plain
from models import Post, SearchQueue, Topic, TopicTag

log = logging.getLogger("livery.search")

AT_ONCE = 500
"""Posts that a write takes in itself; the rest of a move of thousands follows within seconds."""
_BATCH = 2000


def keep_up() -> None:
    """Takes in the newest of what was written; a failure is noted and leaves it to the job."""
    try:
        with session().begin_nested():
            _take_in(AT_ONCE)
    except Exception:
        log.exception("The search index could not take in what was written")


def catch_up(tell: Callable[[int], None] = lambda _number: None) -> None:
    """Takes in everything that still waits, a transaction for each batch. A recurring job."""
    while session().scalar(select(SearchQueue.id).limit(1)) is not None:
        with writing():
            tell(_take_in(_BATCH))


def rebuild() -> int:
    """Empties the index and notes every topic for it, in one transaction; `catch_up` does the rest. Returns how many."""
    current = session()
    for kind in ("posts", "titles"):
        current.execute(text(f"delete from search_{kind}"))  # noqa: S608
    current.execute(delete(SearchQueue))
    topics = select(literal("topic"), Topic.id).order_by(Topic.id)
    current.execute(insert(SearchQueue).from_select(["kind", "target_id"], topics))
    return current.scalar(select(func.count()).select_from(SearchQueue)) or 0


def waiting() -> int:
    """How many notes wait to be taken in."""
    return session().scalar(select(func.count()).select_from(SearchQueue)) or 0


def astray() -> dict[str, int]:
    """How many posts and topics the index lacks or has too many of."""
    found = {}
    for kind, model in (("posts", Post), ("titles", Topic)):
        key = "rowid" if session().get_bind().dialect.name == "sqlite" else "id"
        kept = text(f"select {key} from search_{kind}")  # noqa: S608
        here, there = set(session().scalars(kept)), set(session().scalars(select(model.id)))
        found[kind] = len(here ^ there)
    return found


def _take_in(most: int) -> int:
    current = session()
    newest = (
        select(SearchQueue.id).order_by(SearchQueue.id.desc()).limit(most).with_for_update(skip_locked=True)
    ).scalar_subquery()
    taken = current.execute(
        delete(SearchQueue)
        .where(SearchQueue.id.in_(newest))
        .returning(SearchQueue.kind, SearchQueue.target_id)
        .execution_options(synchronize_session=False)
    ).all()
    if not taken:
        return 0
    named: dict[str, set[int]] = {"post": set(), "title": set(), "topic": set()}
    for kind, key in taken:
        named[kind].add(key)
    titles = named["title"] | named["topic"]
    posts = named["post"] | _posts_of(named["topic"], most)
    if titles:
        posts |= {key for key in current.scalars(select(Topic.first_post_id).where(Topic.id.in_(titles))) if key}
    tags = _tags(titles, posts)
    if titles:
        index.put("titles", _titles(titles, tags))
    if posts:
        index.put("posts", _posts(posts, tags))
    return len(taken)


def _posts_of(topics: Iterable[int], most: int) -> set[int]:
    """The newest posts of some topics, `most` of them in all; the others are noted, for later."""
    current = session()
    found: set[int] = set()
    for topic in topics:
        posts = select(Post.id).where(Post.topic_id == topic).order_by(Post.id.desc())
        newest = current.scalars(posts.limit(most - len(found))).all() if len(found) < most else []
        found.update(newest)
        if len(found) >= most:
            rest = select(literal("post"), Post.id).where(Post.topic_id == topic, Post.id.not_in(newest))
            current.execute(insert(SearchQueue).from_select(["kind", "target_id"], rest.order_by(Post.id)))
    return found


def _tags(titles: Iterable[int], posts: Iterable[int]) -> dict[int, list[str]]:
    of_posts = select(Post.topic_id).where(Post.id.in_(posts))
    rows = session().execute(
        select(TopicTag.topic_id, TopicTag.tag_id).where(
            TopicTag.topic_id.in_(titles) | TopicTag.topic_id.in_(of_posts)
        )
    )
    found: dict[int, list[str]] = {}
    for topic, tag in rows:
        found.setdefault(topic, []).append(f"g{tag}")
    return found


def _titles(keys: Iterable[int], tags: dict[int, list[str]]) -> Iterable[Document]:
    columns = (Topic.id, Topic.title, Topic.author_id, Topic.category_id, Topic.created_at)
    for row in session().execute(select(*columns).where(Topic.id.in_(keys))):
        marks = [f"a{row.author_id}", f"c{row.category_id}", *_times(row.created_at), *tags.get(row.id, ())]
        yield Document(row.id, row.title, "", frozenset(marks))


def _posts(keys: Iterable[int], tags: dict[int, list[str]]) -> Iterable[Document]:
    rows = session().execute(
        select(
            Post.id, Post.html, Post.author_id, Post.topic_id, Post.created_at,
            Topic.title, Topic.category_id, Topic.first_post_id,
        )
        .join(Topic, Topic.id == Post.topic_id)
        .where(Post.id.in_(keys))
    )  # fmt: skip
    for row in rows:
        marks = [f"a{row.author_id}", f"t{row.topic_id}", f"c{row.category_id}", *_times(row.created_at)]
        title = row.title if row.first_post_id == row.id else ""
        yield Document(row.id, title, plain(row.html), frozenset([*marks, *tags.get(row.topic_id, ())]))


def _times(at: datetime) -> tuple[str, str]:
    return f"y{at.year}", f"m{at.year}{at.month:02}"


db.before_commit(keep_up)
