"""What is gone for good: its address says so, and its id is never given out again."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Key, Model


class Tombstone(Model):
    """A post or a topic that was purged."""

    __tablename__ = "tombstones"
    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(10))  # post, topic
    target_id: Mapped[int]
    purged_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    purged_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("kind", "target_id"),)
