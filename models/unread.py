"""How far people have read: a mark for each category, and what differs from it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from core.changes import Shown
from core.db import Model

EVERYWHERE = 0
"""The category of the mark that holds where a category has none of its own."""


class ReadMark(Model):
    """In this category everything up to a moment is read. Without any mark: all that was there when he joined."""

    __shown__ = Shown(guests=False, member="user_id")

    __tablename__ = "read_marks"
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    category_id: Mapped[int] = mapped_column(primary_key=True)  # 0: everywhere
    at: Mapped[datetime]


class ReadTopic(Model):
    """Where a person is in a topic: posts up to `number` are read, whatever the mark says."""

    __shown__ = Shown(guests=False, reader="user_id")

    __tablename__ = "read_topics"
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topics.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int]
    forced: Mapped[bool] = mapped_column(default=False)  # he marked it as unread himself

    __table_args__ = (Index("ix_read_topics_topic", "topic_id"),)
