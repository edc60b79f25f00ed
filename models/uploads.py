"""Uploads: images and files, and which posts show them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.changes import Shown
from core.db import Key, Model


class Upload(Model):
    """A file that somebody gave to the site, for posts, for his profile, or to stand for a place.

    `key` is its name in addresses: long enough that nobody guesses it.
    """

    __tablename__ = "uploads"
    __shown__ = Shown(guests=False)  # posts show its address; the address never changes
    id: Mapped[Key]
    key: Mapped[str] = mapped_column(String(40), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(120))
    media_type: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]  # bytes, of all variants
    width: Mapped[int | None]  # None: no image
    height: Mapped[int | None]
    alt: Mapped[str] = mapped_column(String(500), default="")
    variants: Mapped[list[Any]] = mapped_column(JSON, default=list)  # the names of its files in the storage
    purpose: Mapped[str] = mapped_column(
        String(10), default="", server_default=text("''")
    )  # picture, cover, category, group; empty: for posts
    created_at: Mapped[datetime]

    __table_args__ = (Index("ix_uploads_user", "user_id", "id"), Index("ix_uploads_created", "created_at"))


class UploadLink(Model):
    """A post shows, or has shown, an upload: its history may want it again."""

    __tablename__ = "upload_links"
    __shown__ = Shown(guests=False)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id", ondelete="CASCADE"), primary_key=True)
    upload_id: Mapped[int] = mapped_column(ForeignKey("uploads.id", ondelete="CASCADE"), primary_key=True)

    __table_args__ = (Index("ix_upload_links_upload", "upload_id"),)
