"""The first run: codes that open the set-up of a new site."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from core.changes import Shown
from core.db import Key, Model


class SetUpCode(Model):
    """A code that a start of the server printed; the set-up is open as long as there is one."""

    __tablename__ = "set_up_codes"
    __shown__ = Shown(guests=False)
    id: Mapped[Key]
    code_hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
