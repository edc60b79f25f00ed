"""Where posts stood before they came to another topic: what leads old addresses on, and what a move can be undone by."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Key, Model


class Move(Model):
    """Posts went from one topic to another: a merge, a fork, or some posts."""

    __tablename__ = "moves"
    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(String(10))  # merge, fork, posts
    from_id: Mapped[int] = mapped_column(ForeignKey("topics.id", ondelete="CASCADE"), index=True)
    into_id: Mapped[int] = mapped_column(ForeignKey("topics.id", ondelete="CASCADE"), index=True)
    mover_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    moved_at: Mapped[datetime]


class MovedPost(Model):
    """A post of a move: the place that it left, and the number that it got."""

    __tablename__ = "moved_posts"
    move_id: Mapped[int] = mapped_column(ForeignKey("moves.id", ondelete="CASCADE"), primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    topic_id: Mapped[int]
    number: Mapped[int]
    new_number: Mapped[int]

    __table_args__ = (Index("ix_moved_posts_place", "topic_id", "number"), Index("ix_moved_posts_post", "post_id"))
