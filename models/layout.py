"""What an administrator arranges around the pages: navigation and widgets."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Key, Model

_EMPTY, _NO = text("''"), text("false")


class NavigationItem(Model):
    """An entry of the left side bar."""

    __tablename__ = "navigation_items"
    id: Mapped[Key]
    position: Mapped[int] = mapped_column(default=0)
    icon: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(String(60))
    target: Mapped[str] = mapped_column(String(500))
    audience: Mapped[str] = mapped_column(String(20), default="everyone")  # everyone, guests, members, staff
    groups: Mapped[list[int] | None] = mapped_column(JSON, default=list)  # whose members alone see it
    tooltip: Mapped[str] = mapped_column(String(100), default="", server_default=_EMPTY)
    new_window: Mapped[bool] = mapped_column(default=False, server_default=_NO)
    enabled: Mapped[bool] = mapped_column(default=True)


class Widget(Model):
    """Something at a place of the pages: a text, a piece of HTML, or a list of what is going on."""

    __tablename__ = "widgets"
    id: Mapped[Key]
    place: Mapped[str] = mapped_column(String(40), index=True)
    position: Mapped[int] = mapped_column(default=0)
    title: Mapped[str] = mapped_column(String(100), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    trusted: Mapped[bool] = mapped_column(default=False)  # of the time before `kind`: the body is HTML
    kind: Mapped[str] = mapped_column(String(20), default="text", server_default=text("'text'"))
    pages: Mapped[str] = mapped_column(String(20), default="", server_default=_EMPTY)  # a kind of page; empty: all
    options: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=dict)
    frame: Mapped[str] = mapped_column(String(10), default="", server_default=_EMPTY)  # what stands around it
    phones: Mapped[bool] = mapped_column(default=True, server_default=text("true"))  # shown on them, too
    audience: Mapped[str] = mapped_column(String(20), default="everyone")
    groups: Mapped[list[int] | None] = mapped_column(JSON, default=list)  # whose members alone see it
    enabled: Mapped[bool] = mapped_column(default=True)
    starts_at: Mapped[datetime | None]  # shown from then on
    ends_at: Mapped[datetime | None]  # and until then
