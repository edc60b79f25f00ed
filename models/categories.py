"""Categories: a tree of places for topics."""

from sqlalchemy import JSON, ForeignKey, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.changes import Shown
from core.db import Key, Model


class Category(Model):
    """A category, a section (a heading that holds others) or a link to somewhere else."""

    __tablename__ = "categories"
    __shown__ = Shown(figures=frozenset({"topics", "posts", "last_post_id", "clicks"}))
    id: Mapped[Key]
    uri: Mapped[str | None] = mapped_column(String(500), unique=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(String(100))
    slug: Mapped[str] = mapped_column(String(100))
    description: Mapped[str] = mapped_column(Text, default="")
    icon: Mapped[str] = mapped_column(String(40), default="chat-dots")
    colour: Mapped[str] = mapped_column(String(7), default="#475569")
    image: Mapped[str] = mapped_column(String(40), default="", server_default=text("''"))  # in place of its icon
    section: Mapped[bool] = mapped_column(default=False)
    link: Mapped[str] = mapped_column(String(500), default="")
    disabled: Mapped[bool] = mapped_column(default=False)
    template: Mapped[str] = mapped_column(Text, default="", server_default=text("''"))  # what a new topic begins with
    tags_allowed: Mapped[list[str] | None] = mapped_column(JSON, default=list)  # none: any
    tags_least: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    tags_most: Mapped[int | None]  # None: as the site's setting says
    own_rights: Mapped[bool] = mapped_column(default=False)  # False: it has its parent's
    queued: Mapped[bool] = mapped_column(
        default=False, server_default=text("false")
    )  # everything waits for a moderator
    topics: Mapped[int] = mapped_column(default=0)  # its own; sums with children are made for each reader
    posts: Mapped[int] = mapped_column(default=0)
    last_post_id: Mapped[int | None]
    clicks: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # how often a link was followed
