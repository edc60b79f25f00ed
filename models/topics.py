"""Topics, and the tags they carry."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.changes import Shown
from core.db import Key, Model, partial_index


class Topic(Model):
    """A conversation: a title and numbered posts. Until `published_at` only its author and staff see it."""

    __tablename__ = "topics"
    __shown__ = Shown(
        topic="id",
        member="author_id",
        own=frozenset({"author_id", "scheduled", "deleted_at"}),
        lagging=frozenset({"views"}),
    )
    id: Mapped[Key]
    uri: Mapped[str | None] = mapped_column(String(500), unique=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("categories.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    title: Mapped[str] = mapped_column(String(255))
    slug: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime]
    published_at: Mapped[datetime]
    scheduled: Mapped[bool] = mapped_column(default=False)  # not yet counted; the publishing job clears it
    last_number: Mapped[int] = mapped_column(default=0)  # the last number given out; never falls
    posts: Mapped[int] = mapped_column(default=0)
    posters: Mapped[int] = mapped_column(default=0)
    votes: Mapped[int] = mapped_column(default=0)  # the score of the first post
    views: Mapped[int] = mapped_column(default=0)
    watchers: Mapped[int] = mapped_column(default=0)
    events: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # marks of its timeline
    first_post_id: Mapped[int | None]
    last_post_id: Mapped[int | None]
    last_post_at: Mapped[datetime]
    locked_at: Mapped[datetime | None]
    locked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    pinned_at: Mapped[datetime | None]
    pinned_until: Mapped[datetime | None]
    moved_from_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))
    moved_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None]  # its posts stand there now; it is deleted, and its address leads on
    deleted_at: Mapped[datetime | None]
    deleted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    deleted_reason: Mapped[str] = mapped_column(String(500), default="")

    __table_args__ = (
        Index("ix_topics_recently_replied", "category_id", "last_post_at", "id"),
        Index("ix_topics_recently_created", "category_id", "created_at", "id"),
        Index("ix_topics_most_posts", "category_id", "posts", "id"),
        Index("ix_topics_most_votes", "category_id", "votes", "id"),
        Index("ix_topics_most_views", "category_id", "views", "id"),
        Index("ix_topics_everywhere", "last_post_at", "id"),
        Index("ix_topics_popular", "posts", "id"),
        Index("ix_topics_top", "votes", "id"),
        Index("ix_topics_created", "created_at"),
        Index("ix_topics_pinned", "category_id", "pinned_at"),
        Index("ix_topics_author", "author_id", "created_at"),
        partial_index("ix_topics_scheduled", "published_at", where="scheduled"),
    )


class Tag(Model):
    """A word that topics are found by."""

    __tablename__ = "tags"
    __shown__ = Shown(figures=frozenset({"topics"}))
    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(40), unique=True)
    topics: Mapped[int] = mapped_column(default=0, index=True)
    staff: Mapped[bool] = mapped_column(default=False, server_default=text("false"))  # only moderators give or take it
    colour: Mapped[str] = mapped_column(String(7), default="", server_default=text("''"))  # empty: the skin's


class TopicTag(Model):
    """A tag on a topic."""

    __tablename__ = "topic_tags"
    __shown__ = Shown(topic="topic_id")
    topic_id: Mapped[int] = mapped_column(ForeignKey("topics.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True)

    __table_args__ = (Index("ix_topic_tags_tag", "tag_id", "topic_id"),)


class CategoryTag(Model):
    """How many topics of a category that are there for everybody (not deleted, not scheduled) carry a tag."""

    __tablename__ = "category_tags"
    __shown__ = Shown(only_lists=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("categories.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True)
    topics: Mapped[int] = mapped_column(default=0)

    __table_args__ = (Index("ix_category_tags_most_used", "category_id", text("topics DESC"), "tag_id"),)
