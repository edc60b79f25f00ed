"""Mail: one letter as text and as HTML, sent by a job over SMTP; without a server it is laid in a folder to be read.

LIVERY_MAIL names the server: smtp://name:password@host:587 (encrypted as soon as the server offers it) or smtps://.
"""

import email
import logging
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP, default
from email.utils import format_datetime, make_msgid
from html import escape
from pathlib import Path
from urllib.parse import unquote, urlsplit

from core import clock, durable, failures, jobs, mail_log
from core.config import Config
from core.db import writing

log = logging.getLogger("livery.mail")

_config: Config | None = None
_rests_until = 0.0
_REST = 60.0  # seconds that a server which did not answer is left alone
_NO_ANSWER = (TimeoutError, ConnectionError, socket.gaierror, smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError)
_TIMEOUT = 20
"""Seconds after which a mail server that does not answer is given up; the job tries again."""


@dataclass(frozen=True, slots=True)
class Item:
    """Something that a mail tells of: a title that leads there, and some words."""

    title: str
    address: str  # from the root of the site
    words: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail says. Both of its bodies are made of this."""

    subject: str
    paragraphs: tuple[str | Item, ...]
    action: str = ""  # the words of the one link
    address: str = ""  # where that leads, from the root of the site
    reason: str = ""  # why somebody gets this
    name: str = ""  # what the mail is called in its Message-ID; each has its own
    thread: tuple[str, ...] = ()  # the names of the mails before it, the first and the one that it answers
    stream: str = ""  # of which kind of mails it is one, for List-Id (RFC 2919)
    stop: str = ""  # where one gets no more of that kind, by one POST (RFC 8058)
    stop_words: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Server:
    """The mail server as the configuration names it; never its password."""

    host: str
    port: int
    encrypted: bool  # from the first byte; else as soon as the server offers it
    named: bool  # whether a name and a password are given to it


samples: dict[str, tuple[str, Callable[[], Letter]]] = {}
"""Every kind of mail that this site writes: its title, and what makes an example of it."""
_ADDRESS = re.compile(r"[^\s@<>]+@[^\s@<>]+|[^<>\n]*<[^\s@<>]+@[^\s@<>]+>")
_LAID = re.compile(r"\d{8}-\d{6}-\d{6}\.eml")


def sample(kind: str, title: str, make: Callable[[], Letter]) -> None:
    """Says of a feature's mail how an example of it is made, for the control panel."""
    samples[kind] = (title, make)


def connect(config: Config) -> None:
    """Takes the address of the server, and that of the site."""
    global _config, _rests_until
    _rests_until = 0.0
    _config = config


def site() -> str:
    """The address of the site, for links in mails."""
    assert _config is not None
    return _config.url or f"http://{_config.host}:{_config.port}"


def server() -> Server | None:
    """The mail server, or None: mails are laid in a folder."""
    assert _config is not None
    if not _config.mail:
        return None
    parts = urlsplit(_config.mail)
    secure = parts.scheme == "smtps"
    return Server(parts.hostname or "localhost", parts.port or (465 if secure else 25), secure, bool(parts.username))


def post(to: str, letter: Letter) -> None:
    """Puts a letter on its way. It is tried again when the server does not take it, and goes out whatever dies meanwhile."""
    text = written(to, letter).as_string()
    with writing():
        durable.promise(send, to, text, mail_log.begin(to, letter.subject))


def try_now(to: str, letter: Letter) -> str:
    """Sends a letter at once and returns what went wrong, in the server's words; empty: nothing."""
    mail_id = mail_log.begin(to, letter.subject)
    try:
        state = _deliver(to, written(to, letter).as_bytes())
    except Exception as error:
        mail_log.fail(mail_id, error, most=1)
        return failures.short(error)
    mail_log.end(mail_id, state)
    return ""


@jobs.job
def send(to: str, text: str, mail_id: int = 0) -> None:
    """Hands a written mail to the server, or lays it in the folder `mail` of the data folder.

    While the server does not answer at all, mails wait and one a minute finds out: none of them is given up for that, and
    what else there is to do waits for no more than that one.
    """
    global _rests_until
    if (rest := _rests_until - time.monotonic()) > 0:
        raise jobs.NotNow("The mail server did not answer.", rest)
    try:
        state = _deliver(to, text.encode("ascii", "surrogateescape"))
    except _NO_ANSWER as error:
        _rests_until = time.monotonic() + _REST
        if mail_id:
            mail_log.wait(mail_id, error)
        raise jobs.NotNow("The mail server did not answer.", _REST) from error
    except Exception as error:
        if mail_id:
            mail_log.fail(mail_id, error, most=jobs.RETRIES + 1)
        raise
    if mail_id:
        mail_log.end(mail_id, state)


def laid() -> list[str]:
    """The names of the mails in the folder, the newest first."""
    assert _config is not None
    folder = _config.data / "mail"
    names = (path.name for path in folder.glob("*.eml")) if folder.is_dir() else ()
    return sorted((name for name in names if _LAID.fullmatch(name)), reverse=True)


def laid_mail(name: str) -> EmailMessage | None:
    """A mail of the folder, or None."""
    assert _config is not None
    path = _config.data / "mail" / name
    if not _LAID.fullmatch(name) or not path.is_file():
        return None
    return email.message_from_bytes(path.read_bytes(), policy=default)


def _deliver(to: str, data: bytes) -> str:
    assert _config is not None
    if not _config.mail:
        _lay_down(_config.data / "mail", data)
        return mail_log.LAID
    with _called(_TIMEOUT) as line:
        line.sendmail(sender(), [to], data)
    return mail_log.SENT


def call(*, timeout: float) -> bool:
    """Calls the mail server as if there were a mail, and tells whether the line is encrypted. Raises OSError."""
    with _called(timeout) as line:
        return isinstance(line.sock, ssl.SSLSocket)


def is_address(text: str) -> bool:
    """Whether mails can come from what is written here."""
    return _ADDRESS.fullmatch(text) is not None


@contextmanager
def _called(timeout: float) -> Iterator[smtplib.SMTP]:
    """The server that is named, with a line to it that is encrypted if it can be, and logged in."""
    assert _config is not None
    parts = urlsplit(_config.mail)
    secure = ssl.create_default_context()
    host = parts.hostname or "localhost"
    if parts.scheme == "smtps":
        line: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=timeout, context=secure)
    else:
        line = smtplib.SMTP(host, parts.port or 25, timeout=timeout)
    with line:
        line.ehlo()
        if parts.scheme == "smtp" and line.has_extn("starttls"):
            line.starttls(context=secure)
            line.ehlo()
        if parts.username:
            line.login(unquote(parts.username), unquote(parts.password or ""))
        yield line


def written(to: str, letter: Letter) -> EmailMessage:
    """A letter as it travels, with both of its bodies."""
    # lines as long as SMTP takes them: a long address that is folded is no address any more
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit", max_line_length=990))
    message["From"] = sender()
    message["To"] = to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = _id(letter.name) if letter.name else make_msgid(domain=_host())
    message["Auto-Submitted"] = "auto-generated"
    for name, value in {**_of_list(letter), **letter.headers}.items():
        message[name] = value
    link = site() + letter.address if letter.address else ""
    last = f"{letter.stop_words}:\n{site()}{letter.stop}" if letter.stop else ""
    body = [_plain(part) for part in letter.paragraphs]
    plain = [*body, f"{letter.action}:\n{link}" if link else "", letter.reason, last]
    message.set_content("\n\n".join(part for part in plain if part) + "\n")
    rich = [_rich(part) for part in letter.paragraphs]
    if link:
        rich.append(f"<p>{_anchor(link, letter.action)}</p>")
    if letter.reason:
        rich.append(f"<p><small>{escape(letter.reason)}</small></p>")
    if letter.stop:
        rich.append(f"<p><small>{_anchor(site() + letter.stop, letter.stop_words)}</small></p>")
    message.add_alternative("<!doctype html><html><body>" + "".join(rich) + "</body></html>\n", subtype="html")
    return message


def _of_list(letter: Letter) -> dict[str, str]:
    """The headers by which programs sort a mail, and end its kind."""
    headers = {}
    if letter.thread:
        headers["References"] = " ".join(map(_id, letter.thread))
        headers["In-Reply-To"] = _id(letter.thread[-1])
    if letter.stream:
        headers["List-Id"] = f"<{letter.stream}.{_host()}>"
    if letter.stop:
        headers["List-Unsubscribe"] = f"<{site()}{letter.stop}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def _plain(part: str | Item) -> str:
    if isinstance(part, str):
        return part
    return "\n".join(line for line in (part.title, site() + part.address, part.words) if line)


def _rich(part: str | Item) -> str:
    if isinstance(part, str):
        return f"<p>{escape(part)}</p>"
    words = f"<br>{escape(part.words)}" if part.words else ""
    return f"<p><strong>{_anchor(site() + part.address, part.title)}</strong>{words}</p>"


def _anchor(address: str, words: str) -> str:
    return f'<a href="{escape(address)}">{escape(words)}</a>'


def _id(name: str) -> str:
    return f"<{name}@{_host()}>"


def _host() -> str:
    return urlsplit(site()).hostname or "localhost"


def sender() -> str:
    """Who the mails come from."""
    assert _config is not None
    return _config.mail_from or f"noreply@{_host()}"


def _lay_down(folder: Path, data: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{clock.now():%Y%m%d-%H%M%S-%f}.eml"
    (folder / f".{name}").write_bytes(data)
    (folder / f".{name}").rename(folder / name)
