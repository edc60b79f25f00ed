"""Tags: words that topics are found by."""

import re
from collections.abc import Iterable, Sequence

from sqlalchemy import Select, delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from core import cache
from core.db import session
from core.i18n import gettext as _
from core.settings import Int, declare
from core.shared import Shared
from forum.refusals import Invalid
from models import CategoryTag, Tag, Topic, TopicTag

settings = declare(
    "tags",
    length_min=Int(3, "Shortest tag", low=1, high=40),
    length_max=Int(15, "Longest tag", low=1, high=40),
    per_topic=Int(5, "Most tags on a topic, where its category does not say", high=20),
)

_SHOWN = 100


def clean(text: str) -> list[str]:
    """The tags in a line that somebody typed: lower case, hyphens for spaces, each once. Raises Invalid."""
    words = []
    for part in text.split(","):
        word = re.sub(r"[^\w]+", "-", part.strip().lower().lstrip("#")).strip("-_")
        if not word or word in words:
            continue
        if not settings.length_min <= len(word) <= settings.length_max:
            raise Invalid(
                "tags",
                _(
                    "A tag has %(low)s to %(high)s letters; “%(word)s” has %(length)s.",
                    low=settings.length_min, high=settings.length_max, word=word, length=len(word),
                ),
            )  # fmt: skip
        words.append(word)
    return words


def of_topics(topic_ids: Iterable[int]) -> dict[int, list[str]]:
    """The tags of some topics. One query, none for no topics."""
    wanted = list(topic_ids)
    found: dict[int, list[str]] = {}
    if wanted:
        rows = session().execute(
            select(TopicTag.topic_id, Tag.name)
            .join(Tag, Tag.id == TopicTag.tag_id)
            .where(TopicTag.topic_id.in_(wanted))
            .order_by(Tag.name)
        )
        for topic_id, name in rows:
            found.setdefault(topic_id, []).append(name)
    return found


def most_used(category_ids: Sequence[int], search: str = "") -> Shared[tuple[str, int]]:
    """Up to 100 tags of some categories, with the number of topics that carry each, the most used first."""
    key = (tuple(category_ids), search)
    return cache.keep_one_of("most_used", key, lambda: _most_used(category_ids, search), "all")


def _most_used(category_ids: Sequence[int], search: str) -> Shared[tuple[str, int]]:
    query = select(Tag.name, CategoryTag.topics).join(CategoryTag, CategoryTag.tag_id == Tag.id)
    query = query.where(CategoryTag.category_id.in_(category_ids), CategoryTag.topics > 0).limit(_SHOWN)
    if search:
        query = query.where(Tag.name.contains(search.lower(), autoescape=True))
    if len(category_ids) == 1:  # as the index has them: no more than those that are shown are read
        query = query.order_by(CategoryTag.topics.desc(), CategoryTag.tag_id)
    else:
        number = func.sum(CategoryTag.topics).label("number")
        query = query.with_only_columns(Tag.name, number).group_by(Tag.name).order_by(number.desc(), Tag.name)
    return Shared((name, int(times)) for name, times in session().execute(query))


def painted() -> dict[str, tuple[int, str]]:
    """The tags that have a colour of their own: name, id and colour; kept in the process until a tag changes."""

    def load() -> dict[str, tuple[int, str]]:
        rows = session().execute(select(Tag.name, Tag.id, Tag.colour).where(Tag.colour != ""))
        return {name: (key, colour) for name, key, colour in rows}

    return cache.keep("painted_tags", load, "tags")


def count(topic: Topic, by: int) -> None:
    """Counts the tags of a topic in its category, or out of it (1, -1): it was published, deleted, moved, tagged."""
    session().execute(_COUNT, {"by": by, "category_id": topic.category_id, "topic_id": topic.id})


def count_again() -> None:
    """Counts the tags of every category from the topics."""
    current = session()
    current.execute(delete(CategoryTag))
    current.execute(insert(CategoryTag).from_select(["category_id", "tag_id", "topics"], counted()))


def counted() -> Select[int, int, int]:
    """What `category_tags` should hold, by the topics."""
    return (
        select(Topic.category_id, TopicTag.tag_id, func.count())
        .join(TopicTag, TopicTag.topic_id == Topic.id)
        .where(Topic.deleted_at.is_(None), ~Topic.scheduled)
        .group_by(Topic.category_id, TopicTag.tag_id)
    )


def retag(topic: Topic, words: Sequence[str]) -> None:
    """Gives a topic exactly these tags (already cleaned), and keeps every count of them right."""
    counted = not (topic.scheduled or topic.deleted_at)
    if counted:
        count(topic, -1)
    put(topic.id, words)
    if counted:
        count(topic, 1)


def put(topic_id: int, words: Sequence[str]) -> None:
    """Gives a topic that its category does not count yet exactly these tags (already cleaned)."""
    current = session()
    old = set(of_topics([topic_id]).get(topic_id, ()))
    for word in sorted(set(words) - old):  # everybody in the same order, so that nobody waits in a circle
        tag_id = _made(word)
        current.add(TopicTag(topic_id=topic_id, tag_id=tag_id))
        current.flush()
        current.execute(update(Tag).where(Tag.id == tag_id).values(topics=Tag.topics + 1))
    for word in sorted(old - set(words)):
        gone = current.scalar(select(Tag.id).where(Tag.name == word))
        current.execute(delete(TopicTag).where(TopicTag.topic_id == topic_id, TopicTag.tag_id == gone))
        current.execute(update(Tag).where(Tag.id == gone).values(topics=Tag.topics - 1))


# in the order of the tags, so that nobody waits in a circle
_COUNT = text(
    "INSERT INTO category_tags (category_id, tag_id, topics)"
    " SELECT CAST(:category_id AS BIGINT), tag_id, CAST(:by AS INTEGER) FROM topic_tags"
    " WHERE topic_id = :topic_id ORDER BY tag_id"
    " ON CONFLICT (category_id, tag_id) DO UPDATE SET topics = category_tags.topics + excluded.topics"
)


def _made(word: str) -> int:
    current = session()
    known = select(Tag.id).where(Tag.name == word)
    found = current.scalar(known)
    if found is not None:
        return found
    try:
        with current.begin_nested():
            current.add(Tag(name=word))
            current.flush()
    except IntegrityError:  # somebody else made it meanwhile
        pass
    return current.scalars(known).one()
