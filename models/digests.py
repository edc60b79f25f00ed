"""Digests: how often somebody wants one, and when the last was looked for."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from core.changes import Shown
from core.db import Model


class Digest(Model):
    """A member's digests. Without a row, or with an empty `every`, he gets them as the site's setting says."""

    __tablename__ = "digests"
    __shown__ = Shown(guests=False, member="user_id", lagging=frozenset({"sent_at"}))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    every: Mapped[str] = mapped_column(String(10), default="")  # off, day, week, biweek, month
    sent_at: Mapped[datetime | None]  # up to here he was told, or there was nothing to tell
