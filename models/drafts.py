"""Drafts: what somebody is writing and has not sent."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.changes import Shown
from core.db import Key, Model, partial_index


class Draft(Model):
    """A text on its way. `key` is the mark of the form it is written in, the one that its post will keep."""

    __tablename__ = "drafts"
    __shown__ = Shown(guests=False, member="user_id")
    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(10))  # topic: a reply there, category: a new topic there, post: an edit
    target_id: Mapped[int]  # of that topic, category or post; it may be gone, the text stays
    title: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(Text, default="")
    tags: Mapped[str] = mapped_column(Text, default="")
    reply_to_id: Mapped[int | None]
    seen: Mapped[int | None]  # of an edit: the version of the post that it began from
    version: Mapped[int] = mapped_column(default=0)  # moves on with every save
    writer: Mapped[str] = mapped_column(String(40), default="")  # the tab that saved last
    turn: Mapped[int] = mapped_column(default=0)  # that tab's own count: its saves may arrive in another order
    saved_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]  # what was sent is kept without its text, so that no late save brings it back

    __table_args__ = (
        UniqueConstraint("user_id", "key"),
        partial_index("ix_drafts_open", "user_id", "saved_at", where="sent_at IS NULL"),
    )
