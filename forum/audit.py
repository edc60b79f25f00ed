"""The audit log: verbs of the staff note here what was done; the panel shows it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import aliased

from core import clock
from core.db import session
from core.i18n import gettext as _
from core.i18n import mark
from core.pages import Page, decode, encode
from core.shared import Shared
from forum import panel
from forum.slugs import name_key
from forum.viewers import Viewer
from models import Act, User

RIGHT = "admin:users"
WORDS = {
    "person.warn": mark("warned"), "person.mute": mark("muted"), "person.mute_lifted": mark("lifted the mute of"),
    "person.ban": mark("banned"), "person.ban_lifted": mark("lifted the ban of"),
    "person.note": mark("noted something about"), "person.note_removed": mark("removed a note about"),
    "person.created": mark("made an account for"), "person.confirmed": mark("confirmed the address of"),
    "person.asked": mark("sent the confirmation again to"), "person.logged_out": mark("logged out everywhere"),
    "person.renamed": mark("gave another name to"),
    "person.left": mark("deleted the account of"),
    "person.removed": mark("removed, with everything written, the spammer"),
    "person.returned": mark("brought back, with everything written,"),
    "topic.locked": mark("locked the topic"), "topic.unlocked": mark("opened the topic"),
    "topic.pinned": mark("pinned the topic"), "topic.unpinned": mark("took down the pinned topic"),
    "topic.moved": mark("moved the topic"), "topic.renamed": mark("renamed the topic"),
    "topic.deleted": mark("deleted the topic"), "topic.restored": mark("restored the topic"),
    "topic.purged": mark("removed for good the topic"), "topic.merged": mark("merged another topic into"),
    "topic.forked": mark("made a topic out of posts of"), "topic.forked_from": mark("made the topic"),
    "topic.posts_came": mark("moved posts into the topic"), "topic.posts_left": mark("moved posts out of the topic"),
    "topic.taken_back": mark("brought moved posts back into the topic"),
    "post.deleted": mark("deleted a post in"), "post.restored": mark("restored a post in"),
    "post.purged": mark("removed for good a post in"), "post.edited": mark("edited a post in"),
    "post.owner": mark("gave another owner to a post in"),
    "flag.work": mark("took the flag on"), "flag.assigned": mark("gave away the flag on"),
    "flag.resolved": mark("resolved the flag on"), "flag.rejected": mark("rejected the flag on"),
    "flag.deleted": mark("deleted a post, and resolved the flag on"), "flag.reopened": mark("opened again the flag on"),
    "flag.note": mark("noted something about the flag on"),
    "network.barred": mark("kept out the network"), "network.freed": mark("let in again the network"),
    "registration.accepted": mark("let in the newcomer"), "registration.refused": mark("refused the newcomer"),
    "invitation.withdrawn": mark("took back the invitation of"), "terms.kept": mark("wrote the terms"),
    "queue.accepted": mark("accepted a post in"), "queue.refused": mark("refused a post in"),
    "setting.changed": mark("changed the setting"), "right.changed": mark("changed the rights of"),
    "right.own": mark("gave rights of its own to"), "right.inherited": mark("gave the rights above it to"),
    "right.copied": mark("copied to those below it the rights of"),
    "category.kept": mark("saved the category"), "category.moved": mark("moved the category"),
    "category.merged": mark("merged the category"), "category.purged": mark("removed the category"),
    "category.pictured": mark("gave an image to the category"), "category.bared": mark("took the image off the category"),
    "group.kept": mark("saved the group"), "group.destroyed": mark("removed the group"),
    "group.covered": mark("changed the cover of the group"),
    "group.let_in": mark("let somebody into the group"), "group.owner": mark("made an owner of the group"),
    "group.member": mark("made a plain member of the group"), "group.out": mark("put somebody out of the group"),
    "tag.made": mark("made the tag"), "tag.painted": mark("painted the tag"),
    "tag.renamed": mark("renamed the tag"), "tag.removed": mark("removed the tag"),
    "tag.reserved": mark("kept for moderators the tag"), "tag.opened": mark("opened to everybody the tag"),
    "checkup.asked": mark("made the site look whether all is in order"),
    "navigation.kept": mark("saved the entry of the navigation"),
    "navigation.removed": mark("removed the entry of the navigation"),
    "widgets.kept": mark("saved the widget"), "widgets.removed": mark("removed the widget"),
    "skin.kept": mark("saved the skin"), "skin.removed": mark("removed the skin"),
    "operation.upload_removed": mark("removed for good the upload"),
    "operation.emptied": mark("emptied the list"), "operation.cleared": mark("cleared what is kept in memory"),
    "operation.closed": mark("closed the site for maintenance"), "operation.opened": mark("opened the site again"),
    "operation.mail_tested": mark("sent a mail to himself to try the server"),
    "operation.jobs_retried": mark("tried again the jobs"), "operation.jobs_discarded": mark("removed the failed jobs"),
    "reason.kept": mark("saved the ready text"), "reason.removed": mark("removed the ready text"),
    "field.kept": mark("saved the field of profiles"), "field.removed": mark("removed the field of profiles"),
}  # fmt: skip
"""What was done, between who did it and what it was done to."""
ABOUT = {
    "person": mark("People"), "topic": mark("Topics"), "post": mark("Posts"), "flag": mark("Flags"),
    "network": mark("Networks"), "queue": mark("The queue"), "registration": mark("Newcomers"), "invitation": mark("Invitations"),
    "terms": mark("Terms"), "category": mark("Categories"),
    "right": mark("Rights"), "group": mark("Groups"), "setting": mark("Settings"), "tag": mark("Tags"),
    "navigation": mark("Navigation"), "widgets": mark("Widgets"), "skin": mark("Skins"), "reason": mark("Reasons"),
    "field": mark("Profile fields"),
    "operation": mark("Operation"), "checkup": mark("Health"),
}  # fmt: skip
GROUPS: Shared[tuple[str, str, tuple[tuple[str, str], ...]]] = Shared(
    (key, title, tuple((kind, told) for kind, told in WORDS.items() if kind.startswith(f"{key}.")))
    for key, title in ABOUT.items()
)
"""What an act can be about, how that is called, and the kinds of it with their words."""
_NAME, _DETAIL, _PER_PAGE, _BATCH = 255, 2000, 50, 1000


@dataclass(frozen=True, slots=True)
class Line:
    """An act as a log shows it."""

    id: int
    at: datetime
    kind: str
    by: str
    by_slug: str
    whom: str
    whom_slug: str
    name: str
    address: str
    detail: str

    @property
    def words(self) -> str:
        """What was done."""
        return _(WORDS[self.kind]) if self.kind in WORDS else self.kind


def note(
    by: Viewer, kind: str, *, user_id: int | None = None, category_id: int | None = None, topic_id: int | None = None,
    post_id: int | None = None, name: str = "", detail: str = "",
) -> None:  # fmt: skip
    """Writes down, in the running transaction, what somebody of the staff did, to what, and with which words."""
    if kind not in WORDS:
        raise ValueError(f"The log has no words for {kind!r}.")
    session().add(
        Act(
            at=clock.now(), by_id=by.id or None, kind=kind, user_id=user_id, category_id=category_id,
            topic_id=topic_id, post_id=post_id, name=name[:_NAME], detail=detail[:_DETAIL],
        )
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody looks for: a kind ("topic.locked") or what it is about ("topic"), by and to whom, and when."""

    about: str = ""
    by: str = ""
    whom: str = ""
    since: date | None = None  # the whole day, in UTC, as all times here
    until: date | None = None

    def of(self, query: Any) -> Any:
        """A query for those acts alone."""
        if self.about:
            exactly = Act.kind == self.about
            query = query.where(
                exactly if "." in self.about else Act.kind.startswith(f"{self.about}.", autoescape=True)
            )
        for name, column in ((self.by, Act.by_id), (self.whom, Act.user_id)):
            if name:
                query = query.where(column == select(User.id).where(User.name_key == name_key(name)).scalar_subquery())
        if self.since:
            query = query.where(Act.at >= _midnight(self.since))
        if self.until:
            query = query.where(Act.at < _midnight(self.until) + timedelta(days=1))
        return query


def index(viewer: Viewer, asked: Asked, *, cursor: str = "") -> Page[Line]:
    """A page of everything that was done, or of what somebody looks for, the newest first. Raises Forbidden, BadCursor."""
    panel.guard(viewer, RIGHT)
    return page(asked.of(lines()), cursor)


def table(viewer: Viewer, asked: Asked) -> Iterator[list[str]]:
    """The same as lines of a table, a heading first. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    yield ["id", "at", "by", "kind", "what", "name", "whom", "address", "words"]
    last = 0
    while True:
        query = asked.of(lines()).limit(_BATCH)
        rows = [_line(row, shown=True) for row in session().execute(query.where(Act.id < last) if last else query)]
        for row in rows:
            at = row.at.isoformat(timespec="seconds")
            yield [str(row.id), at, row.by, row.kind, row.words, row.name, row.whom, row.address, row.detail]
        if len(rows) < _BATCH:
            return
        last = rows[-1].id


def lines() -> Any:
    """All acts with the names of who did them and whom they concern, the newest first."""
    by, whom = aliased(User), aliased(User)
    columns = (Act, by.name.label("by"), by.slug.label("by_slug"), whom.name.label("whom"), whom.slug.label("slug"))
    query: Any = select(*columns).outerjoin(by, by.id == Act.by_id).outerjoin(whom, whom.id == Act.user_id)
    return query.order_by(Act.id.desc()).limit(_PER_PAGE + 1)


def page(query: Select[Any], cursor: str, *, shown: bool = True) -> Page[Line]:
    """A page of acts; not `shown`: without who did it, and without his words. Raises BadCursor."""
    if cursor:
        query = query.where(Act.id < decode(cursor, int)[0])
    rows = session().execute(query).all()
    found = [_line(row, shown=shown) for row in rows[:_PER_PAGE]]
    return Page(found, None if cursor else 1, encode(found[-1].id) if len(rows) > _PER_PAGE else None)


def _line(row: Any, *, shown: bool) -> Line:
    act = row.Act
    place = f"/post/{act.post_id}" if act.post_id else f"/topic/{act.topic_id}" if act.topic_id else ""
    if not place and act.category_id:
        place = f"/category/{act.category_id}"
    return Line(
        act.id, act.at, act.kind, (row.by or "") if shown else "", (row.by_slug or "") if shown else "",
        row.whom or "", row.slug or "", act.name, place, act.detail if shown else "",
    )  # fmt: skip


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
