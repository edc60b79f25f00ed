"""Drafts: what somebody is writing and has not sent, kept on the server and offered wherever he goes on."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update

from core import clock
from core.db import session, writing
from core.i18n import gettext as _
from core.i18n import ngettext
from core.settings import Int, declare
from forum import categories, permissions
from forum.refusals import Invalid, Missing
from forum.viewers import Viewer
from models import Draft, Post, Topic, User

settings = declare(
    "drafts",
    per_person=Int(100, "Most drafts of one person", low=1, high=10_000),
    length_max=Int(200_000, "Longest draft", low=1000, high=1_000_000),
)

KINDS = ("topic", "category", "post")
"""What a draft is for: a reply in a topic, a new topic in a category, an edit of a post."""
_SENT_FOR = timedelta(days=90)
"""How long it is known that a draft was sent, for saves that arrive late."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands in a form: where it is meant for, and the words."""

    key: str
    kind: str
    target_id: int
    body: str
    title: str = ""
    tags: str = ""
    reply_to_id: int | None = None
    seen: int | None = None

    @property
    def blank(self) -> bool:
        """Whether nothing was written."""
        return not (self.body.strip() or self.title.strip() or self.tags.strip())

    def adding(self, words: str) -> "Sheet":
        """The same with a paragraph more."""
        return replace(self, body=f"{self.body.rstrip()}\n\n{words}\n".lstrip())


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a save.

    `saved`; `late`: a later one of the same tab is here already; `forked`: it was written on elsewhere meanwhile, so
    both texts are kept and this one got a new key; `posted`: the post with this very text exists; `sent`: another text
    was sent under this key; `empty`: nothing to keep.
    """

    state: str
    key: str = ""
    version: int = 0
    id: int = 0


@dataclass(frozen=True, slots=True)
class Listed:
    """A draft as its writer's list shows it."""

    id: int
    kind: str
    title: str  # what he called it, or the title of what it answers; empty when that is gone
    words: str
    body: str
    saved_at: datetime
    href: str


def at(writer: Viewer, kind: str, target_id: int) -> list[Draft]:
    """What the writer has begun at a place, the newest first; at most five."""
    return list(
        session().scalars(
            _of(writer)
            .where(Draft.kind == kind, Draft.target_id == target_id)
            .order_by(Draft.saved_at.desc(), Draft.id.desc())
            .limit(5)
        )
    )


def get(writer: Viewer, draft_id: int) -> Draft:
    """One of the writer's own drafts. Raises Missing."""
    found: Draft | None = session().scalar(_of(writer).where(Draft.id == draft_id))
    if found is None:
        raise Missing(_("This draft is gone: it was sent or discarded."))
    return found


def listed(writer: Viewer) -> list[Listed]:
    """All drafts of the writer, the newest first. Three queries at most."""
    rows = session().scalars(_of(writer).order_by(Draft.saved_at.desc(), Draft.id.desc())).all()
    titles = _titles(writer, rows)
    return [
        Listed(
            row.id, row.kind, _title(row, titles), " ".join(row.body.split())[:200], row.body, row.saved_at, href(row)
        )
        for row in rows
    ]


def href(draft: Draft) -> str:
    """Where its writer goes on with it."""
    if draft.kind == "topic":
        return f"/topic/{draft.target_id}/reply?draft={draft.id}"
    if draft.kind == "post":
        return f"/post/{draft.target_id}/edit?draft={draft.id}"
    return f"/compose?category={draft.target_id}&draft={draft.id}"


def save(writer: Viewer, sheet: Sheet, *, tab: str = "", turn: int = 0, version: int = 0) -> Saved:
    """Keeps what stands in a form, so that no word is lost and nothing that was sent comes back.

    `tab` and `turn` name the tab and its own growing count; `version` is the last that the form has seen.
    Raises Invalid.
    """
    current = session()
    # One save or sending at a time for one person, so that neither overlooks the other.
    current.execute(select(User.id).where(User.id == writer.id).with_for_update())
    row = current.scalar(
        select(Draft)
        .where(Draft.user_id == writer.id, Draft.key == sheet.key)
        .execution_options(populate_existing=True)
    )
    posted, title = _posted(writer, sheet.key), " ".join(sheet.title.split())
    if posted and posted == (sheet.body.replace("\r\n", "\n").strip(), title or posted[1]):
        return Saved("posted")
    if (row and row.sent_at) or posted:
        return Saved("sent")
    if row and tab and row.writer == tab and turn <= row.turn:
        return Saved("late", row.key, row.version, row.id)
    foreign = row is not None and (not tab or row.writer != tab) and row.version != version
    if row is not None and foreign and not _same(row, sheet):
        if sheet.blank:
            return Saved("empty", row.key, row.version)
        return _kept(_new(writer, secrets.token_urlsafe(12)), sheet, tab, turn, "forked")
    if sheet.blank:
        if row is not None:
            current.delete(row)
            current.flush()
        return Saved("empty", sheet.key)
    return _kept(row or _new(writer, sheet.key), sheet, tab, turn, "saved")


def finish(writer: Viewer, key: str | None) -> None:
    """Empties the draft of a form that is being sent; its key stays taken. Belongs into the sending's transaction."""
    if key:
        _empty(writer, key)


def finish_edit(writer: Viewer, key: str | None, post_id: int) -> None:
    """Like `finish`, for an edit: no post keeps its key, so a draft that was never saved leaves a mark, too."""
    if key and not _empty(writer, key):
        mark = Draft(user_id=writer.id, key=key, kind="post", target_id=post_id, saved_at=clock.now())
        mark.sent_at = mark.saved_at
        session().add(mark)
        session().flush()


def discard(writer: Viewer, draft_id: int) -> None:
    """Throws one of the writer's drafts away. Raises Missing."""
    session().delete(get(writer, draft_id))
    session().flush()


def discard_written(writer: Viewer, key: str) -> None:
    """Throws away what is being written in a form, if it was saved at all."""
    session().execute(delete(Draft).where(Draft.user_id == writer.id, Draft.key == key, Draft.sent_at.is_(None)))


def discard_all(writer: Viewer) -> None:
    """Throws all drafts of the writer away."""
    session().execute(delete(Draft).where(Draft.user_id == writer.id, Draft.sent_at.is_(None)))


def forget_sent() -> None:
    """Removes what only remembers a sending of long ago. A recurring job."""
    with writing() as current:
        current.execute(delete(Draft).where(Draft.sent_at < clock.now() - _SENT_FOR))


def _of(writer: Viewer) -> Any:
    return select(Draft).where(Draft.user_id == writer.id, Draft.sent_at.is_(None))


def _empty(writer: Viewer, key: str) -> bool:
    emptied = (
        update(Draft)
        .where(Draft.user_id == writer.id, Draft.key == key)
        .values(title="", body="", tags="", sent_at=clock.now())
    )
    return bool(session().execute(emptied).rowcount)  # type: ignore[attr-defined]


def _titles(writer: Viewer, rows: Sequence[Draft]) -> dict[tuple[str, int], str]:
    """The titles of the topics that replies and edits belong to, as far as the writer may see them."""
    visible = permissions.visible_topics(writer, categories.visible_ids(writer))
    found: dict[tuple[str, int], str] = {}
    for kind, column in (("topic", Topic.id), ("post", Post.id)):
        wanted = [row.target_id for row in rows if row.kind == kind]
        query = select(column, Topic.title).where(column.in_(wanted), visible)
        if kind == "post":
            query = query.join(Topic, Topic.id == Post.topic_id)
        if wanted:
            found |= {(kind, key): title for key, title in session().execute(query)}
    return found


def _title(row: Draft, titles: dict[tuple[str, int], str]) -> str:
    return row.title if row.kind == "category" else titles.get((row.kind, row.target_id), "")


def _posted(writer: Viewer, key: str) -> tuple[str, str] | None:
    """The text of the post that was sent under a key, and its topic's title."""
    sent = select(Post.source, Topic.title).join(Topic, Topic.id == Post.topic_id)
    row = session().execute(sent.where(Post.author_id == writer.id, Post.send_key == key)).one_or_none()
    return (row.source.strip(), row.title) if row else None


def _same(row: Draft, sheet: Sheet) -> bool:
    return (row.title, row.body, row.tags) == (sheet.title, sheet.body, sheet.tags)


def _new(writer: Viewer, key: str) -> Draft:
    most = settings.per_person
    if len(session().scalars(_of(writer).with_only_columns(Draft.id).limit(most)).all()) >= most:
        raise Invalid(
            "body",
            ngettext(
                "You have %(num)s draft, the most there can be: discard it first.",
                "You have %(num)s drafts, the most there can be: discard one first.",
                most,
            ),
        )
    return Draft(user_id=writer.id, key=key, version=0)


def _kept(row: Draft, sheet: Sheet, tab: str, turn: int, state: str) -> Saved:
    longest = settings.length_max
    if max(len(sheet.body), len(sheet.title), len(sheet.tags)) > longest:
        raise Invalid("body", _("A draft has at most %(most)s letters.", most=f"{longest:,}"))
    row.kind, row.target_id, row.reply_to_id = sheet.kind, sheet.target_id, sheet.reply_to_id
    row.seen = sheet.seen
    row.title, row.body, row.tags = (text.replace("\x00", "") for text in (sheet.title, sheet.body, sheet.tags))
    row.writer, row.turn, row.version, row.saved_at = tab, turn, row.version + 1, clock.now()
    session().add(row)
    session().flush()
    return Saved(state, row.key, row.version, row.id)
