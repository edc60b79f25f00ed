"""The log of mails: to whom, about what, when, and whether the server took it. Never what a mail says."""

from datetime import datetime, timedelta

from sqlalchemy import Index, String, Text, delete, update
from sqlalchemy.orm import Mapped, mapped_column

from core import clock, failures
from core.changes import Shown
from core.db import Key, Model, session, writing
from core.settings import Int, declare

settings = declare("mail", keep_days=Int(30, "Days for which it is known to whom mails were sent", 1, 3650))

WAITING, SENT, LAID, FAILED = "waiting", "sent", "laid", "failed"
STATES = (WAITING, SENT, LAID, FAILED)
"""On its way; taken by the server; laid in the folder, because there is no server; given up."""


class Mail(Model):
    """A mail that this site wrote."""

    __tablename__ = "mails"
    __shown__ = Shown(guests=False)
    id: Mapped[Key]
    address: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(10))
    tries: Mapped[int]
    error: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    done_at: Mapped[datetime | None]

    __table_args__ = (Index("ix_mails_state", "state", "id"), Index("ix_mails_at", "at"))


def begin(address: str, subject: str) -> int:
    """Notes that a mail is on its way, and returns its number."""
    with writing():
        row = Mail(address=address[:255], subject=subject[:255], state=WAITING, tries=0, error="", at=clock.now())
        session().add(row)
        session().flush()
    return row.id


def end(mail_id: int, state: str) -> None:
    """Notes that a mail was sent, or laid in the folder."""
    _note(mail_id, state=state, done_at=clock.now(), error="")


def wait(mail_id: int, error: BaseException) -> None:
    """Notes why a mail is not sent yet; the server was not there, so this was no try."""
    with writing() as current:
        current.execute(update(Mail).where(Mail.id == mail_id).values(error=failures.short(error)))


def fail(mail_id: int, error: BaseException, *, most: int) -> None:
    """Notes that a mail could not be sent; after so many tries in all it is given up."""
    _note(mail_id, error=failures.short(error))
    given_up = Mail.id == mail_id, Mail.tries >= most
    with writing() as current:
        current.execute(update(Mail).where(*given_up).values(state=FAILED, done_at=clock.now()))


def prune() -> None:
    """Forgets mails of long ago. A recurring job."""
    with writing() as current:
        current.execute(delete(Mail).where(Mail.at < clock.now() - timedelta(days=settings.keep_days)))


def _note(mail_id: int, **values: object) -> None:
    with writing() as current:
        current.execute(update(Mail).where(Mail.id == mail_id).values(tries=Mail.tries + 1, **values))
