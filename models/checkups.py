"""Check-ups: what each check of the site itself found when it was made last."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.changes import Shown
from core.db import Model


class Finding(Model):
    """What a check found: whether all is well, in words, and what to do where it is not."""

    __tablename__ = "findings"
    __shown__ = Shown(guests=False)
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    position: Mapped[int]
    well: Mapped[bool]
    words: Mapped[str] = mapped_column(Text)
    remedy: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
