"""What people keep to find again."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.changes import Shown
from core.db import Key, Model


class Bookmark(Model):
    """A post that somebody wants to find again."""

    __tablename__ = "bookmarks"
    __shown__ = Shown(guests=False, member="user_id")
    id: Mapped[Key]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("post_id", "user_id"), Index("ix_bookmarks_user", "user_id", "id"))
