"""Notices: what somebody is told, one row for what belongs together."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.changes import Shown
from core.db import Key, Model, partial_index


class Notice(Model):
    """Something a person is told. `key` says what belongs together: until it is read, more of it is added here."""

    __tablename__ = "notices"
    __shown__ = Shown(guests=False, member="user_id", lagging=frozenset({"mail_at", "mailed_id"}))
    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(10))
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topics.id", ondelete="CASCADE"), index=True)
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), index=True)
    number: Mapped[int] = mapped_column(default=0)  # of the newest post that it tells of
    newest_id: Mapped[int] = mapped_column(default=0)  # of that post: what was told once is not told again
    actors: Mapped[list[int]] = mapped_column(JSON, default=list)  # who did it, the latest first
    at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    mail_at: Mapped[datetime | None]  # when it is to be told by mail, unless it is read before
    mailed_id: Mapped[int] = mapped_column(
        default=0, server_default=text("0")
    )  # of the newest post that was told by mail

    __table_args__ = (
        UniqueConstraint("user_id", "key"),
        Index("ix_notices_newest", "user_id", "at", "id"),
        partial_index("ix_notices_unread", "user_id", where="read_at IS NULL"),
        partial_index("ix_notices_mail", "mail_at", where="mail_at IS NOT NULL"),
    )
