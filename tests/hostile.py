"""A community whose names, titles, tags, texts and files are all payloads, also those that its verbs would refuse."""

from dataclasses import replace
from secrets import token_urlsafe

from sqlalchemy import select

from core import clock
from core.db import session
from forum import accounts, categories, posts, topics, viewers
from forum.viewers import Viewer
from models import CategoryTag, Group, Tag, Topic, TopicTag, Upload, User
from tests.payloads import PAYLOADS

_A_PAGE = 20
_PASSWORD = "nine quiet herons on the sandbank"  # of nobody outside of tests


def furnish() -> tuple[int, list[str]]:
    """Puts every payload wherever people write something, and returns the id of a member who has files, and the
    addresses that show it all. Belongs inside `writing()`.
    """
    keeper = _keeper()
    place = categories.create("Odd things", description="</p><img src=x onerror=alert(1)>")
    found = categories.get(keeper, place.id)
    shown: list[str] = []
    for number, payload in enumerate(PAYLOADS):
        writer = replace(keeper, id=_person(number, payload).id)
        topic = topics.create(writer, found, _title(payload), _plain(payload) + "\n\ntext")
        _tag(topic, payload)
        if number % _A_PAGE == 0:
            page = topics.get(keeper, topic.id)
            shown.append(page.path)
        posts.reply(writer, page, _plain(payload))
        session().add(_file(keeper.id, payload))
    pages = range(1, len(PAYLOADS) // _A_PAGE + 2)
    shown += [f"/category/{place.id}/odd-things?page={number}" for number in pages]
    shown += [f"/user/payload-{number}" for number in range(0, len(PAYLOADS), 10)]
    shown += [f"/users?page={number}" for number in range(1, len(PAYLOADS) // 50 + 2)]
    return keeper.id, [*shown, "/categories", "/tags", f"/user/{keeper.slug}/uploads", "/user/payload-1/topics"]


def _keeper() -> Viewer:
    """A member who may do everything."""
    person = accounts.create("Herons", "", _PASSWORD)
    keeper = viewers.member(person.id)
    assert keeper
    ours = session().scalars(select(Group.id).where(Group.slug == "administrators")).one()
    return replace(keeper, groups=keeper.groups | {ours})


def _person(number: int, payload: str) -> User:
    """Somebody with a name that he could not choose."""
    person = User(name=_plain(payload)[:60], name_key=f"payload {number}", slug=f"payload-{number}", badges=[])
    person.about, person.joined_at, person.last_seen_at = _plain(payload), clock.now(), clock.now()
    session().add(person)
    session().flush()
    return person


def _tag(topic: Topic, payload: str) -> None:
    """A tag that nobody could have written."""
    name = _plain(payload)[:40]
    tag = session().scalar(select(Tag).where(Tag.name == name)) or Tag(name=name)
    session().add(tag)
    session().flush()
    session().add(TopicTag(topic_id=topic.id, tag_id=tag.id))
    session().merge(CategoryTag(category_id=topic.category_id, tag_id=tag.id, topics=len(PAYLOADS)))


def _file(owner_id: int, payload: str) -> Upload:
    """A file whose name is no file's name."""
    return Upload(
        key=token_urlsafe(16), user_id=owner_id, name=_plain(payload)[:120], media_type="application/octet-stream",
        size=1, alt=_plain(payload), variants=[], created_at=clock.now(),
    )  # fmt: skip


def _title(payload: str) -> str:
    return " ".join(_plain(payload).split()).ljust(3, ".")


def _plain(payload: str) -> str:
    return payload.replace("\x00", "")
