"""What people say about themselves beyond name and text: the administrator's fields, and what was filled in."""

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.changes import Shown
from core.db import Key, Model


class ProfileField(Model):
    """Something that people may say about themselves: where they live, what they do."""

    __tablename__ = "profile_fields"
    __shown__ = Shown(only_lists=True)
    id: Mapped[Key]
    position: Mapped[int] = mapped_column(default=0)
    name: Mapped[str] = mapped_column(String(60))
    icon: Mapped[str] = mapped_column(String(40), default="")
    hint: Mapped[str] = mapped_column(String(200), default="")
    kind: Mapped[str] = mapped_column(String(10))  # text, link, number, date, choice, choices
    longest: Mapped[int] = mapped_column(default=100)  # letters, of texts and links
    options: Mapped[list[str]] = mapped_column(JSON, default=list)  # of choices
    required: Mapped[bool] = mapped_column(default=False)
    visibility: Mapped[str] = mapped_column(String(10), default="all")  # all, members, staff
    reputation: Mapped[int] = mapped_column(default=0)  # from which on people may fill it in


class ProfileEntry(Model):
    """What somebody filled in."""

    __tablename__ = "profile_entries"
    __shown__ = Shown(only_lists=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    field_id: Mapped[int] = mapped_column(
        ForeignKey("profile_fields.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    value: Mapped[str] = mapped_column(Text)  # several choices one a line
