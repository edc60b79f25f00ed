"""People, and the accounts of those who can log in."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from core.changes import Shown
from core.db import Key, Model


class User(Model):
    """A person, local (`domain` is empty) or from another server."""

    __tablename__ = "users"
    __shown__ = Shown(
        member="id", figures=frozenset({"posts", "topics", "reputation"}), lagging=frozenset({"last_seen_at"})
    )
    id: Mapped[Key]
    uri: Mapped[str | None] = mapped_column(String(500), unique=True)
    domain: Mapped[str] = mapped_column(String(255), default="")
    name: Mapped[str] = mapped_column(String(60))
    name_key: Mapped[str] = mapped_column(String(60))  # the name case-folded, so that Anna and anna are one
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    about: Mapped[str] = mapped_column(Text, default="")
    colour: Mapped[int] = mapped_column(default=0)  # of the letter avatar, an index into the palette
    picture: Mapped[str] = mapped_column(
        String(40), default="", server_default=text("''")
    )  # the key of an upload; or the letter
    cover: Mapped[str] = mapped_column(String(40), default="", server_default=text("''"))
    signature: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))
    signature_html: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))  # as posts show it
    badges: Mapped[list[int]] = mapped_column(JSON, default=list)  # ids of the groups shown beside the name
    posts: Mapped[int] = mapped_column(default=0)
    topics: Mapped[int] = mapped_column(default=0)
    reputation: Mapped[int] = mapped_column(default=0)
    joined_at: Mapped[datetime]
    last_seen_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]  # when the account was deleted; what was written may still stand under this row

    __table_args__ = (
        UniqueConstraint("name_key", "domain"),
        Index("ix_users_newest", "joined_at", "id"),
        Index("ix_users_seen", "last_seen_at", "id"),
        Index("ix_users_most_posts", "posts", "id"),
        Index("ix_users_reputation", "reputation", "id"),
    )


class Account(Model):
    """What a local person needs to log in, and what he chose for himself. A person from elsewhere has none."""

    __tablename__ = "accounts"
    __shown__ = Shown(guests=False, member="user_id")
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    email: Mapped[str | None] = mapped_column(String(320))
    email_key: Mapped[str | None] = mapped_column(String(320), unique=True)
    email_confirmed_at: Mapped[datetime | None]
    email_wanted: Mapped[str | None] = mapped_column(String(320))  # takes the place of the other once it is confirmed
    password_hash: Mapped[str] = mapped_column(String(255))
    session_epoch: Mapped[int] = mapped_column(default=0)  # moves on with the password: older sessions end
    preferences: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # skin, mode, topic_sort, sidebar
    created_at: Mapped[datetime]


class Handle(Model):
    """One name space for people, groups and categories; a handle is never given out twice."""

    __tablename__ = "handles"
    handle: Mapped[str] = mapped_column(String(80), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))  # user, group, category
    target_id: Mapped[int]


class FormerName(Model):
    """A name that somebody had before; nobody else gets it. Of who has left only the name itself is kept."""

    __tablename__ = "former_names"
    __shown__ = Shown(guests=False)
    id: Mapped[Key]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    name: Mapped[str] = mapped_column(String(60))
    name_key: Mapped[str] = mapped_column(String(60), index=True)
    at: Mapped[datetime]  # when it was given up
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))

    __table_args__ = (Index("ix_former_names_user", "user_id", "id"),)
