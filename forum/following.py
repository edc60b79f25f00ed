"""Following: topics, categories, tags and people that one wants to hear of, and people one does not."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update

from core.db import Model, session
from core.events import emit
from core.i18n import gettext as _
from forum import categories, reading
from forum.categories import Place
from forum.refusals import Forbidden, Invalid, Missing
from forum.viewers import Viewer, builtin_groups
from models import (
    Block,
    CategoryFollow,
    Membership,
    PersonFollow,
    Tag,
    TagFollow,
    Topic,
    TopicFollow,
    User,
)

TOPIC_STATES = ("watch", "normal", "ignore")


@dataclass(frozen=True)
class PersonFollowed:
    """Somebody began to follow a person."""

    user_id: int
    person_id: int


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a list of people."""

    id: int
    name: str
    slug: str
    colour: int
    picture: str


@dataclass(slots=True)
class Followed:
    """Everything that a person follows or blocks, for his own page."""

    categories: list[tuple[Place, str]]
    topics: list[tuple[int, str, str, str]]  # id, slug, title, state
    tags: list[str]
    people: list[Person]
    blocked: list[Person]


def everything(viewer: Viewer) -> Followed:
    """What a person chose: categories, the latest 100 topics, tags and people."""
    states = reading.of(viewer).states
    places = categories.forest().by_id
    topics = session().execute(
        select(Topic.id, Topic.slug, Topic.title, TopicFollow.state)
        .join(TopicFollow, TopicFollow.topic_id == Topic.id)
        .where(
            TopicFollow.user_id == viewer.id,
            TopicFollow.state != "normal",
            Topic.category_id.in_(categories.visible_ids(viewer)),
            Topic.deleted_at.is_(None),
        )
        .order_by(Topic.last_post_at.desc(), Topic.id.desc())
        .limit(100)
    )
    return Followed(
        categories=[(places[key], state) for key, state in states.items() if key in places],
        topics=[(row.id, row.slug, row.title, row.state) for row in topics],
        tags=sorted(reading.of(viewer).tags),
        people=_people(PersonFollow, viewer),
        blocked=_people(Block, viewer),
    )


def follow_topic(viewer: Viewer, topic_id: int, state: str) -> None:
    """Sets what a member wants to hear of a topic that he may read: watch, normal or ignore. Raises Invalid, Missing."""
    if state not in TOPIC_STATES:
        raise Invalid("state", _("A topic is watched, normal or ignored."))
    current = session()
    if current.get(Topic, topic_id, with_for_update=True, populate_existing=True) is None:
        raise Missing
    key = {"user_id": viewer.id, "topic_id": topic_id}
    row = current.get(TopicFollow, key, populate_existing=True)
    before = row.state if row else "normal"
    if row is None:
        current.add(TopicFollow(**key, state=state))
    else:
        row.state = state
    current.flush()
    change = (state == "watch") - (before == "watch")
    if change:
        current.execute(update(Topic).where(Topic.id == topic_id).values(watchers=Topic.watchers + change))


def follow_started(author: Viewer, topic_id: int) -> None:
    """Watches a topic that one starts, unless one prefers not to."""
    if author.preferences.get("watch_started", "1") == "1":
        _watch_unless_chosen(author, topic_id)


def follow_answered(author: Viewer, topic_id: int) -> None:
    """Watches a topic that one replies to, for those who prefer that; what was chosen for the topic stands."""
    if author.preferences.get("watch_replied", "0") == "1":
        _watch_unless_chosen(author, topic_id)


def follow_category(viewer: Viewer, category_id: int, state: str) -> None:
    """Sets how a member follows a category and those below it: watch, track, normal or ignore. Raises Invalid."""
    if state not in reading.CATEGORY_STATES:
        raise Invalid("state", _("A category is watched, tracked, normal or ignored."))
    current, key = session(), {"user_id": viewer.id, "category_id": category_id}
    row = current.get(CategoryFollow, key, with_for_update=True, populate_existing=True)
    if row is None:
        current.add(CategoryFollow(**key, state=state))
    else:
        row.state = state
    current.flush()


def follow_tag(viewer: Viewer, name: str, *, follow: bool) -> None:
    """Follows a tag, or no longer. Raises Missing when no topic ever had it."""
    tag_id = session().scalar(select(Tag.id).where(Tag.name == name))
    if tag_id is None:
        raise Missing
    _set(TagFollow, follow, user_id=viewer.id, tag_id=tag_id)


def follow_person(viewer: Viewer, person_id: int, *, follow: bool) -> None:
    """Follows a person, or no longer. Raises Invalid for oneself and for somebody one blocks."""
    if person_id == viewer.id:
        raise Invalid("person", _("You cannot follow yourself."))
    if follow and person_id in reading.of(viewer).blocked:
        raise Invalid("person", _("You block this person. Unblock first, then follow."))
    if _set(PersonFollow, follow, user_id=viewer.id, person_id=person_id) and follow:
        emit(PersonFollowed(viewer.id, person_id))


def block(viewer: Viewer, person_id: int, *, block: bool) -> None:
    """Blocks a person, or no longer; one who is blocked is not followed. Raises Invalid, Forbidden for moderators."""
    if person_id == viewer.id:
        raise Invalid("person", _("You cannot block yourself."))
    if block and _staff(person_id):
        raise Forbidden(_("Moderators and administrators cannot be blocked."))
    _set(Block, block, user_id=viewer.id, person_id=person_id)
    if block:
        _set(PersonFollow, False, user_id=viewer.id, person_id=person_id)


def _people(table: type[PersonFollow] | type[Block], viewer: Viewer) -> list[Person]:
    rows = session().execute(
        select(User.id, User.name, User.slug, User.colour, User.picture)
        .join(table, table.person_id == User.id)
        .where(table.user_id == viewer.id)
        .order_by(User.name_key)
        .limit(500)
    )
    return [Person(*row) for row in rows]


def _watch_unless_chosen(author: Viewer, topic_id: int) -> None:
    if session().get(TopicFollow, {"user_id": author.id, "topic_id": topic_id}) is None:
        follow_topic(author, topic_id, "watch")


def _staff(person_id: int) -> bool:
    known = [builtin_groups()[slug] for slug in ("administrators", "moderators")]
    held = select(Membership.user_id).where(Membership.user_id == person_id, Membership.group_id.in_(known))
    return session().scalar(held.limit(1)) is not None


def _set(table: type[Model], there: bool, **key: Any) -> bool:
    """Makes a row be there or not; says whether that changed anything."""
    current = session()
    row = current.get(table, key, with_for_update=True, populate_existing=True)
    if there == (row is not None):
        return False
    if there:
        current.add(table(**key))
        current.flush()
    else:
        current.execute(delete(table).where(*(getattr(table, name) == value for name, value in key.items())))
        current.expire_all()
    return True
