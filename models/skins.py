"""Skins that an administrator made in the browser: colours and fonts laid over a built one."""

from datetime import datetime

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db import Key, Model


class CustomSkin(Model):
    """A skin of this community's own. `colours` maps a mode to its colours; what is absent is the base's."""

    __tablename__ = "custom_skins"
    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(40), unique=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    base: Mapped[str] = mapped_column(String(20))
    colours: Mapped[dict[str, dict[str, str]]] = mapped_column(JSON, default=dict)
    body_font: Mapped[str] = mapped_column(String(60), default="")
    heading_font: Mapped[str] = mapped_column(String(60), default="")
    changed_at: Mapped[datetime]
