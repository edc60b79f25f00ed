"""Terms: every text of them that there was, and who accepted which, when."""

from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.changes import Shown
from core.db import Key, Model


class Terms(Model):
    """A text of the terms, the newest of which holds; an empty one says that there are none."""

    __tablename__ = "terms"
    id: Mapped[Key]
    body: Mapped[str] = mapped_column(Text)
    again: Mapped[bool]  # who accepted an older text must accept this one
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))


class Acceptance(Model):
    """That a member accepted a text of the terms."""

    __tablename__ = "acceptances"
    __shown__ = Shown(guests=False, member="user_id")
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    terms_id: Mapped[int] = mapped_column(ForeignKey("terms.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[datetime]
