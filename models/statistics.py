"""Statistics: how much happened in each hour, day and month, and how far the counting has come."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from core.changes import Shown
from core.db import Model


class Count(Model):
    """How often something happened in an hour, a day or a month (UTC) that began then."""

    __tablename__ = "counts"
    __shown__ = Shown(guests=False)
    span: Mapped[str] = mapped_column(String(5), primary_key=True)  # hour, day, month
    at: Mapped[datetime] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(15), primary_key=True)
    number: Mapped[int] = mapped_column(default=0)


class CountMark(Model):
    """Up to which row of its table a kind is counted, and up to which one there were rows at the last look."""

    __tablename__ = "count_marks"
    __shown__ = Shown(guests=False)
    kind: Mapped[str] = mapped_column(String(15), primary_key=True)
    counted: Mapped[int] = mapped_column(default=0)
    seen: Mapped[int] = mapped_column(default=0)
