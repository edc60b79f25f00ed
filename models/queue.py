"""The queue: what people wrote and a moderator has not looked at yet."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.changes import Shown
from core.db import Key, Model


class Queued(Model):
    """A topic or (with a topic's id) a reply that waits, was accepted, was refused, or was taken back by its author."""

    __tablename__ = "queued"
    __shown__ = Shown(guests=False, counted="inbox")
    id: Mapped[Key]
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    category_id: Mapped[int] = mapped_column(ForeignKey("categories.id", ondelete="CASCADE"))
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("topics.id", ondelete="SET NULL"))
    reply_to_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id", ondelete="SET NULL"))
    reply: Mapped[bool]
    title: Mapped[str] = mapped_column(String(255), default="")
    tags: Mapped[str] = mapped_column(String(500), default="")
    body: Mapped[str] = mapped_column(Text)
    send_key: Mapped[str | None] = mapped_column(String(40))
    why: Mapped[str] = mapped_column(String(10))  # newcomer, links, category
    state: Mapped[str] = mapped_column(String(10), default="waiting")  # waiting, accepted, refused, withdrawn
    version: Mapped[int] = mapped_column(default=1)
    at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    reason: Mapped[str] = mapped_column(Text, default="")
    post_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id", ondelete="SET NULL"))

    __table_args__ = (
        UniqueConstraint("author_id", "send_key"),
        Index("ix_queued_state", "state", "id"),
        Index("ix_queued_author", "author_id", "id"),
    )
