"""What an administrator arranges around the pages: navigation and widgets."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Key, Model


class NavigationItem(Model):
    """An entry of the left side bar."""

    __tablename__ = "navigation_items"
    id: Mapped[Key]
    position: Mapped[int] = mapped_column(default=0)
    icon: Mapped[str] = mapped_column(String(40))
    text: Mapped[str] = mapped_column(String(60))
    target: Mapped[str] = mapped_column(String(500))
    audience: Mapped[str] = mapped_column(String(20), default="everyone")  # everyone, guests, members, staff
    enabled: Mapped[bool] = mapped_column(default=True)


class Widget(Model):
    """A text or a piece of HTML at a place of the page."""

    __tablename__ = "widgets"
    id: Mapped[Key]
    place: Mapped[str] = mapped_column(String(40), index=True)
    position: Mapped[int] = mapped_column(default=0)
    title: Mapped[str] = mapped_column(String(100), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    trusted: Mapped[bool] = mapped_column(default=False)  # an administrator marked the body as HTML
    audience: Mapped[str] = mapped_column(String(20), default="everyone")
    enabled: Mapped[bool] = mapped_column(default=True)
    starts_at: Mapped[datetime | None]  # shown from then on
    ends_at: Mapped[datetime | None]  # and until then
