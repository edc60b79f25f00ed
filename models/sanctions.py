"""Sanctions: warnings, mutes and bans, the texts for them, and what staff notes about people."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.changes import Shown
from core.db import Key, Model


class Sanction(Model):
    """That somebody was warned, muted or banned: why, until when (no end: for good), and whether it was lifted."""

    __tablename__ = "sanctions"
    __shown__ = Shown(guests=False, member="user_id")
    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10))  # warn, mute, ban
    reason: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    until: Mapped[datetime | None]
    lifted_at: Mapped[datetime | None]
    lifted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    lifted_reason: Mapped[str] = mapped_column(String(500), default="")
    mailed_at: Mapped[datetime | None]  # when he was told of it by mail

    __table_args__ = (Index("ix_sanctions_user", "user_id", "id"),)


class ReasonText(Model):
    """A text that the administrator wrote for those who warn, mute, ban or refuse."""

    __tablename__ = "reason_texts"
    __shown__ = Shown(guests=False)
    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(10))  # any, warn, mute, ban, queue
    title: Mapped[str] = mapped_column(String(80))
    body: Mapped[str] = mapped_column(Text)


class StaffNote(Model):
    """What somebody of the staff wrote down about a person, for the staff."""

    __tablename__ = "staff_notes"
    __shown__ = Shown(guests=False)
    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]

    __table_args__ = (Index("ix_staff_notes_user", "user_id", "id"),)


class Removal(Model):
    """That somebody was removed with everything that he wrote: what went with him, so that it can come back."""

    __tablename__ = "removals"
    __shown__ = Shown(guests=False)
    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    sanction_id: Mapped[int] = mapped_column(ForeignKey("sanctions.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    about: Mapped[str] = mapped_column(Text, default="")
    topics: Mapped[list[int]] = mapped_column(JSON, default=list)  # ids
    posts: Mapped[list[int]] = mapped_column(JSON, default=list)

    __table_args__ = (Index("ix_removals_user", "user_id", "id"),)


class NetworkBan(Model):
    """A network from which nobody logs in, registers or writes; until a time, or for good."""

    __tablename__ = "network_bans"
    __shown__ = Shown(guests=False)
    id: Mapped[Key]
    network: Mapped[str] = mapped_column(String(50), unique=True)  # as CIDR
    reason: Mapped[str] = mapped_column(String(500), default="")
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    until: Mapped[datetime | None]
