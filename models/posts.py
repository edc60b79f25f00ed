"""Posts, their earlier texts, and the votes on them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, SmallInteger, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.changes import Shown
from core.db import Key, Model, partial_index


class Post(Model):
    """A post. `number` is its place in the topic: given once, never changed."""

    __tablename__ = "posts"
    __shown__ = Shown(topic="topic_id")
    id: Mapped[Key]
    uri: Mapped[str | None] = mapped_column(String(500), unique=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topics.id"))
    number: Mapped[int]
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    reply_to_id: Mapped[int | None] = mapped_column(ForeignKey("posts.id"))
    source: Mapped[str] = mapped_column(Text)
    source_type: Mapped[str] = mapped_column(String(40), default="text/markdown")
    html: Mapped[str] = mapped_column(Text)
    excerpt: Mapped[str] = mapped_column(String(240), default="")  # the beginning as plain text, for lists
    render_version: Mapped[int] = mapped_column(default=1)
    published_at: Mapped[datetime]  # claimed
    created_at: Mapped[datetime]  # received
    edited_at: Mapped[datetime | None]
    edited_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    edit_reason: Mapped[str | None] = mapped_column(String(200))
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))  # moves on with every edit
    revisions: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    score: Mapped[int] = mapped_column(default=0)
    ups: Mapped[int] = mapped_column(default=0)
    downs: Mapped[int] = mapped_column(default=0)
    replies: Mapped[int] = mapped_column(default=0)
    last_reply_at: Mapped[datetime | None]
    send_key: Mapped[str | None] = mapped_column(String(40))  # the form's own mark: a double click posts once
    deleted_at: Mapped[datetime | None]
    deleted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    deleted_reason: Mapped[str] = mapped_column(String(500), default="")

    __table_args__ = (
        UniqueConstraint("topic_id", "number"),
        UniqueConstraint("author_id", "send_key"),
        Index("ix_posts_most_votes", "topic_id", text("score DESC"), "number"),
        Index("ix_posts_replies", "reply_to_id", "number"),
        Index("ix_posts_author", "author_id", "id"),
        Index("ix_posts_topic_author", "topic_id", "author_id"),
        partial_index("ix_posts_deleted", "created_at", where="deleted_at IS NOT NULL"),
    )


class Revision(Model):
    """What a post said before an edit, with who edited it then, and why."""

    __tablename__ = "revisions"
    __shown__ = Shown(guests=False)
    id: Mapped[Key]
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"))
    source: Mapped[str] = mapped_column(Text)
    title: Mapped[str | None] = mapped_column(String(255))  # title and tags only with a topic's first post
    tags: Mapped[str | None] = mapped_column(Text)
    editor_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(String(200), default="")
    edited_at: Mapped[datetime]

    __table_args__ = (Index("ix_revisions_post", "post_id", "id"),)


class Vote(Model):
    """What one person thinks of one post: 1 or -1. No vote, no row."""

    __tablename__ = "votes"
    __shown__ = Shown(guests=False, member="user_id")
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    value: Mapped[int] = mapped_column(SmallInteger)
    created_at: Mapped[datetime]

    __table_args__ = (Index("ix_votes_user", "user_id", "created_at"),)
