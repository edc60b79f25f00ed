"""Invitations: who asked whom to join, by mail."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.changes import Shown
from core.db import Key, Model


class Invitation(Model):
    """An invitation that is open until its end, or was taken (then it is somebody's), or taken back."""

    __tablename__ = "invitations"
    __shown__ = Shown(guests=False)
    id: Mapped[Key]
    inviter_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)  # who came
    email: Mapped[str] = mapped_column(String(320))  # empty once it is taken: the account has it
    email_key: Mapped[str] = mapped_column(String(320), index=True)
    group_ids: Mapped[list[int]] = mapped_column(JSON, default=list)  # which groups one joins by it
    at: Mapped[datetime]
    until: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_invitations_inviter", "inviter_id", "id"),)
