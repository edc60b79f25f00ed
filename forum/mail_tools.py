"""Mail tools: the server, an example of every kind of mail, and the log of mails, as the control panel shows them."""

from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from sqlalchemy import select

from core import mail, mail_log
from core.db import session, writing
from core.i18n import gettext as _
from core.i18n import mark
from core.mail_log import Mail
from core.pages import Page, decode, encode
from forum import audit, layout, panel
from forum.permissions import Verdict, require
from forum.refusals import Invalid, Missing
from forum.viewers import Viewer
from models import Account

RIGHT = "admin:operations"
STATES = {
    mail_log.WAITING: mark("On its way"), mail_log.SENT: mark("Sent"), mail_log.LAID: mark("In the folder"),
    mail_log.FAILED: mark("Failed"),
}  # fmt: skip
_PER_PAGE, _LAID_SHOWN = 50, 100


@dataclass(frozen=True, slots=True)
class Shown:
    """A mail as somebody reads it: its headers, and both of its bodies."""

    subject: str
    sender: str
    to: str
    date: str
    plain: str
    rich: str


def server(viewer: Viewer) -> mail.Server | None:
    """The mail server, never its password; None: mails are laid in a folder. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    return mail.server()


def index(viewer: Viewer, *, state: str = "", search: str = "", cursor: str = "") -> Page[Mail]:
    """A page of the log, the newest first: of one state, to an address with some letters in it. Raises Forbidden, BadCursor."""
    panel.guard(viewer, RIGHT)
    query: Any = select(Mail).order_by(Mail.id.desc()).limit(_PER_PAGE + 1)
    if state:
        query = query.where(Mail.state == state)
    if search:
        found = Mail.address.icontains(search, autoescape=True) | Mail.subject.icontains(search, autoescape=True)
        query = query.where(found)
    if cursor:
        query = query.where(Mail.id < decode(cursor, int)[0])
    rows = list(session().scalars(query))
    more = encode(rows[_PER_PAGE - 1].id) if len(rows) > _PER_PAGE else None
    return Page(rows[:_PER_PAGE], None if cursor else 1, more)


def kinds(viewer: Viewer) -> list[tuple[str, str]]:
    """The kinds of mails that the site writes, and what they are about. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    return [(kind, _(title)) for kind, (title, _make) in mail.samples.items()]


def example(viewer: Viewer, kind: str) -> Shown:
    """An example of a kind of mail. Raises Forbidden, Missing."""
    panel.guard(viewer, RIGHT)
    if kind not in mail.samples:
        raise Missing
    return _shown(mail.written("ann@example.org", mail.samples[kind][1]()))


def own_address(viewer: Viewer) -> str:
    """Where a mail to oneself goes; empty for whoever has given no address. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    return session().scalar(select(Account.email).where(Account.user_id == viewer.id)) or ""


def try_out(viewer: Viewer) -> str:
    """Sends the viewer a mail at once; returns what went wrong in the server's words. Raises Forbidden, Invalid."""
    to = own_address(viewer)
    if not to:
        raise Invalid("email", _("You have no e-mail address yet: give one in your settings."))
    letter = mail.Letter(
        subject=_("A mail to try %(site)s", site=layout.settings.title),
        paragraphs=(_("If you can read this, the site can send mails."),),
        action=_("To the control panel"),
        address="/admin/mail",
        reason=_("You asked for it in the control panel."),
    )
    with writing():
        audit.note(viewer, "operation.mail_tested", detail=to)
    return mail.try_now(to, letter)


def read_laid(viewer: Viewer) -> Verdict:
    """May the viewer read the mails in the folder? Some hold a link that opens somebody's account."""
    panel.guard(viewer, RIGHT)
    return Verdict(
        viewer.administrator, "" if viewer.administrator else _("Only administrators read the mails in the folder.")
    )


def laid(viewer: Viewer) -> list[tuple[str, Shown]]:
    """The newest mails in the folder, by their files' names. Raises Forbidden."""
    require(read_laid(viewer))
    found = ((name, mail.laid_mail(name)) for name in mail.laid()[:_LAID_SHOWN])
    return [(name, _shown(message)) for name, message in found if message is not None]


def laid_mail(viewer: Viewer, name: str) -> Shown:
    """A mail in the folder. Raises Forbidden, Missing."""
    require(read_laid(viewer))
    found = mail.laid_mail(name)
    if found is None:
        raise Missing
    return _shown(found)


def _shown(message: EmailMessage) -> Shown:
    def body(kind: str) -> str:
        part = message.get_body((kind,))
        return part.get_content().replace("\r\n", "\n") if part is not None else ""

    head = {name: str(message.get(name, "")) for name in ("Subject", "From", "To", "Date")}
    return Shown(head["Subject"], head["From"], head["To"], head["Date"], body("plain"), body("html"))
