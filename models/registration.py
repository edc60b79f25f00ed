"""Registration: who asked to join, how that was decided, and from which network he came."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.changes import Shown
from core.db import Key, Model, partial_index

_WAITING = "state = 'waiting'"


class Registration(Model):
    """A registration that waits, was accepted (then it is somebody's), or was refused."""

    __tablename__ = "registrations"
    __shown__ = Shown(guests=False, counted="inbox")
    id: Mapped[Key]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    name_key: Mapped[str] = mapped_column(String(60))
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320))
    password_hash: Mapped[str] = mapped_column(String(255))  # empty once it is decided
    network: Mapped[str] = mapped_column(String(64), index=True)  # the /24, or /64 in IPv6, that it came from
    state: Mapped[str] = mapped_column(String(10))  # waiting, accepted, refused
    version: Mapped[int] = mapped_column(default=1)
    terms_id: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # the terms that were accepted with it
    at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    reason: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        Index("ix_registrations_state", "state", "id"),
        partial_index("uq_registrations_name", "name_key", unique=True, where=_WAITING),
        partial_index("uq_registrations_email", "email_key", unique=True, where=_WAITING),
    )
