"""Groups of people, and what groups and people are granted."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.changes import Shown
from core.db import Key, Model


class Group(Model):
    """A group. The built-in ones (`system`) are the principals of rights: guests, registered, administrators …"""

    __tablename__ = "groups"
    __shown__ = Shown(figures=frozenset({"members"}))
    id: Mapped[Key]
    uri: Mapped[str | None] = mapped_column(String(500), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    description: Mapped[str] = mapped_column(Text, default="")
    title: Mapped[str] = mapped_column(String(40), default="")  # the badge's words; empty: no badge
    colour: Mapped[str] = mapped_column(String(7), default="#475569")
    icon: Mapped[str] = mapped_column(String(40), default="")
    cover: Mapped[str] = mapped_column(String(40), default="", server_default=text("''"))  # the key of its picture
    system: Mapped[bool] = mapped_column(default=False)
    members: Mapped[int] = mapped_column(default=0)
    # public: anybody joins; private: by request or invitation; hidden: by invitation, and nobody else sees it
    visibility: Mapped[str] = mapped_column(String(10), default="private", server_default=text("'private'"))
    leavable: Mapped[bool] = mapped_column(default=True, server_default=text("true"))
    requests: Mapped[bool] = mapped_column(default=True, server_default=text("true"))  # may people ask to join?
    # the categories whose posts its page shows; none: any
    shown_in: Mapped[list[int] | None] = mapped_column(JSON, default=list)


class Membership(Model):
    """A person in a group."""

    __tablename__ = "memberships"
    __shown__ = Shown(member="user_id")
    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)

    owner: Mapped[bool] = mapped_column(default=False, server_default=text("false"))

    __table_args__ = (Index("ix_memberships_user", "user_id"),)


class Candidacy(Model):
    """A person who asked to join a group, or was invited to."""

    __tablename__ = "candidacies"
    __shown__ = Shown(guests=False, member="user_id")
    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    invited: Mapped[bool]  # else he asked
    since: Mapped[datetime]

    __table_args__ = (Index("ix_candidacies_user", "user_id"),)


class Grant(Model):
    """A right that a group or a person holds, in a category or (no category) everywhere."""

    __tablename__ = "grants"
    id: Mapped[Key]
    right: Mapped[str] = mapped_column(String(40))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id", ondelete="CASCADE"))
    group_id: Mapped[int | None] = mapped_column(ForeignKey("groups.id", ondelete="CASCADE"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))

    __table_args__ = (Index("ix_grants_category", "category_id"),)
