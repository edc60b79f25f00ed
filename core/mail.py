"""Mail: one letter as text and as HTML, sent by a job over SMTP; without a server it is laid in a folder to be read.

LIVERY_MAIL names the server: smtp://name:password@host:587 (encrypted as soon as the server offers it) or smtps://.
"""

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from html import escape
from pathlib import Path
from urllib.parse import unquote, urlsplit

from core import clock, jobs
from core.config import Config

_config: Config | None = None
_TIMEOUT = 20
"""Seconds after which a mail server that does not answer is given up; the job tries again."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says. Both of its bodies are made of this."""

    subject: str
    paragraphs: tuple[str, ...]
    action: str = ""  # the words of the one link
    address: str = ""  # where that leads, from the root of the site
    reason: str = ""  # why somebody gets this
    headers: dict[str, str] = field(default_factory=dict)


def connect(config: Config) -> None:
    """Takes the address of the server, and that of the site."""
    global _config
    _config = config


def site() -> str:
    """The address of the site, for links in mails."""
    assert _config is not None
    return _config.url or f"http://{_config.host}:{_config.port}"


def post(to: str, letter: Letter) -> None:
    """Puts a letter on its way. It is tried again when the server does not take it."""
    send.later(to, _written(to, letter).as_string())


@jobs.job
def send(to: str, text: str) -> None:
    """Hands a written mail to the server, or lays it in the folder `mail` of the data folder."""
    assert _config is not None
    data = text.encode("ascii", "surrogateescape")
    if not _config.mail:
        _lay_down(_config.data / "mail", data)
        return
    parts = urlsplit(_config.mail)
    secure = ssl.create_default_context()
    host = parts.hostname or "localhost"
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=_TIMEOUT, context=secure)
    else:
        server = smtplib.SMTP(host, parts.port or 25, timeout=_TIMEOUT)
    with server:
        server.ehlo()
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=secure)
            server.ehlo()
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        server.sendmail(_sender(), [to], data)


def _written(to: str, letter: Letter) -> EmailMessage:
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    message["From"] = _sender()
    message["To"] = to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = make_msgid(domain=urlsplit(site()).hostname or "localhost")
    message["Auto-Submitted"] = "auto-generated"
    for name, value in letter.headers.items():
        message[name] = value
    link = site() + letter.address if letter.address else ""
    plain = [*letter.paragraphs, *([f"{letter.action}:\n{link}"] if link else []), letter.reason]
    message.set_content("\n\n".join(part for part in plain if part) + "\n")
    rich = [f"<p>{escape(part)}</p>" for part in letter.paragraphs]
    if link:
        rich.append(f'<p><a href="{escape(link)}">{escape(letter.action)}</a></p>')
    if letter.reason:
        rich.append(f"<p><small>{escape(letter.reason)}</small></p>")
    message.add_alternative("<!doctype html><html><body>" + "".join(rich) + "</body></html>\n", subtype="html")
    return message


def _sender() -> str:
    assert _config is not None
    return _config.mail_from or f"noreply@{urlsplit(site()).hostname or 'localhost'}"


def _lay_down(folder: Path, data: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{clock.now():%Y%m%d-%H%M%S-%f}.eml"
    (folder / f".{name}").write_bytes(data)
    (folder / f".{name}").rename(folder / name)
