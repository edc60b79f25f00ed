"""What people follow, what they do not want to hear of, and whom they block."""

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.changes import Shown
from core.db import Model


class TopicFollow(Model):
    """What a person chose for a topic: watch, normal or ignore. No row: he chose nothing."""

    __tablename__ = "topic_follows"
    __shown__ = Shown(guests=False, member="user_id")
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("topics.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(String(10))

    __table_args__ = (Index("ix_topic_follows_topic", "topic_id", "state"),)


class CategoryFollow(Model):
    """What a person chose for a category and all below it: watch, track, normal or ignore. No row: what is above."""

    __tablename__ = "category_follows"
    __shown__ = Shown(guests=False, member="user_id")
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("categories.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(String(10))

    __table_args__ = (Index("ix_category_follows_category", "category_id", "state"),)


class PersonFollow(Model):
    """A person who wants to hear when another starts a topic."""

    __tablename__ = "person_follows"
    __shown__ = Shown(guests=False, member="user_id")
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)

    __table_args__ = (Index("ix_person_follows_person", "person_id"),)


class TagFollow(Model):
    """A person who wants to hear of topics with a tag."""

    __tablename__ = "tag_follows"
    __shown__ = Shown(guests=False, member="user_id")
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True)

    __table_args__ = (Index("ix_tag_follows_tag", "tag_id"),)


class Block(Model):
    """A person whose posts another does not want to read."""

    __tablename__ = "blocks"
    __shown__ = Shown(guests=False, member="user_id")
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)

    __table_args__ = (Index("ix_blocks_person", "person_id"),)
