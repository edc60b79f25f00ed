"""What was done to topics: the marks that stand between their posts."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.changes import Shown
from core.db import Key, Model


class TopicEvent(Model):
    """Something that somebody did to a topic, shown after the post that was its last then."""

    __tablename__ = "topic_events"
    __shown__ = Shown(topic="topic_id")
    id: Mapped[Key]
    topic_id: Mapped[int] = mapped_column(ForeignKey("topics.id", ondelete="CASCADE"))
    after_number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    happened_at: Mapped[datetime]
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id", ondelete="SET NULL"))
    other_id: Mapped[int | None] = mapped_column(ForeignKey("topics.id", ondelete="SET NULL"))
    number: Mapped[int | None]  # of posts
    words: Mapped[str] = mapped_column(String(255), default="")  # the title that it had, or of what was merged

    __table_args__ = (
        Index("ix_topic_events_place", "topic_id", "after_number", "id"),
        Index("ix_topic_events_other", "other_id"),
    )
