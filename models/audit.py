"""The audit log: what the staff did."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.changes import Shown
from core.db import Key, Model


class Act(Model):
    """Something that somebody of the staff did, and to what. It outlives what it was done to, so most ids stand alone."""

    __tablename__ = "acts"
    __shown__ = Shown(only_lists=True)  # in the public log, where that is switched on
    id: Mapped[Key]
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    kind: Mapped[str] = mapped_column(String(40))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))  # whom it concerns
    category_id: Mapped[int | None]
    topic_id: Mapped[int | None]
    post_id: Mapped[int | None]
    name: Mapped[str] = mapped_column(String(255), default="")  # what it was called then
    detail: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        Index("ix_acts_by", "by_id", "id"),
        Index("ix_acts_user", "user_id", "id"),
        Index("ix_acts_kind", "kind", "id"),
    )
