"""Sessions: each log-in of a person, by which he can end it from elsewhere."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.changes import Shown
from core.db import Key, Model


class LoginSession(Model):
    """A log-in that may still be used. It is over when its row is gone, or the account's epoch is another."""

    __tablename__ = "sessions"
    __shown__ = Shown(guests=False, member="user_id", lagging=frozenset({"seen_at"}))
    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(
        String(24)
    )  # part of the signed cookie, so that an id is never taken for an older one
    epoch: Mapped[int]  # the account's at the log-in
    browser: Mapped[str] = mapped_column(String(40), default="")
    system: Mapped[str] = mapped_column(String(40), default="")
    network: Mapped[str] = mapped_column(String(64), default="")
    begun_at: Mapped[datetime]
    seen_at: Mapped[datetime]

    __table_args__ = (Index("ix_sessions_user", "user_id", "id"), Index("ix_sessions_seen", "seen_at"))
