"""Flags: what people reported, who said so, and what the moderators made of it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.changes import Shown
from core.db import Key, Model, partial_index


class Flag(Model):
    """A post or (no post) a person that was reported: one flag, however many report it. `version` moves with each act."""

    __tablename__ = "flags"
    __shown__ = Shown(guests=False, counted="inbox")
    id: Mapped[Key]
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))  # the person, or the post's author
    state: Mapped[str] = mapped_column(String(10), default="open")  # open, work, resolved, rejected
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    reports: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    opened_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    __table_args__ = (
        Index("ix_flags_state", "state", "opened_at"),
        partial_index("ix_flags_person", "user_id", unique=True, where="post_id IS NULL"),
    )


class FlagReport(Model):
    """What one person said about it."""

    __tablename__ = "flag_reports"
    __shown__ = Shown(guests=False)
    id: Mapped[Key]
    flag_id: Mapped[int] = mapped_column(ForeignKey("flags.id", ondelete="CASCADE"))
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    reason: Mapped[str] = mapped_column(String(10))  # spam, rude, wrong, other
    words: Mapped[str] = mapped_column(String(500), default="")
    at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("flag_id", "by_id"), Index("ix_flag_reports_by", "by_id", "at"))


class FlagEvent(Model):
    """What a moderator did with a flag, or noted about it."""

    __tablename__ = "flag_events"
    __shown__ = Shown(guests=False)
    id: Mapped[Key]
    flag_id: Mapped[int] = mapped_column(ForeignKey("flags.id", ondelete="CASCADE"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    kind: Mapped[str] = mapped_column(String(10))  # work, assigned, resolved, rejected, deleted, reopened, note
    words: Mapped[str] = mapped_column(String(1000), default="")
    at: Mapped[datetime]

    __table_args__ = (Index("ix_flag_events_flag", "flag_id", "id"),)
