"""Logs: one line an event, as logfmt or JSON, with the id of the request that it belongs to, and never a secret."""

import json
import logging
import re
import sys
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from core.config import Config

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is being answered here; empty outside of one."""

_HIDDEN = "…"
_SHORTEST_SECRET = 6
_PASSWORD = re.compile("[^:]+://[^:/@]*:([^@]*)@")
_secrets: set[str] = set()


class Lines(logging.Formatter):
    """Makes a record one line: time, level, logger, request, message, the record's own fields, and a traceback."""

    def __init__(self, form: str) -> None:
        super().__init__()
        self._write = _json if form == "json" else _logfmt

    def format(self, record: logging.LogRecord) -> str:
        """The line, with every known secret taken out."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        parts: dict[str, Any] = {"at": at, "level": record.levelname.lower(), "logger": record.name}
        if request_id.get():
            parts["request"] = request_id.get()
        parts["message"] = record.getMessage()
        parts |= getattr(record, "fields", {})
        if record.exc_info:
            parts["trace"] = self.formatException(record.exc_info)
        return without_secrets(self._write(parts))


class _Stderr(logging.StreamHandler[Any]):
    """Writes to whatever standard error is now."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> Any:
        return sys.stderr


_handler = _Stderr()


def set_up(config: Config) -> None:
    """Sends the logs of this process to standard error in the form that the configuration names."""
    keep_secret(config.secret_key, config.metrics_token, config.s3_secret)
    for url in (config.database_url, config.replica_url, config.redis_url, config.mail):
        written = _PASSWORD.match(url)  # as SQLAlchemy reads it; others end it at the last @ or at the first / instead
        for password in (urlsplit(url).password or "", written[1] if written else ""):
            keep_secret(password, unquote(password))
    _handler.setFormatter(Lines(config.log_format))
    root = logging.getLogger()
    if _handler not in root.handlers:
        root.addHandler(_handler)
    logging.getLogger("livery").setLevel(logging.INFO)


def keep_secret(*values: str) -> None:
    """Values that no line of a log may show; very short ones would tear holes into words and are left alone."""
    _secrets.update(value for value in values if len(value) >= _SHORTEST_SECRET)


def without_secrets(text: str) -> str:
    """A text with every known secret taken out."""
    for secret in _secrets:
        text = text.replace(secret, _HIDDEN)
    return text


def _json(parts: dict[str, Any]) -> str:
    return json.dumps(parts, ensure_ascii=False, default=str)


def _logfmt(parts: dict[str, Any]) -> str:
    return " ".join(f"{name}={_quoted(value)}" for name, value in parts.items())


def _quoted(value: Any) -> str:
    text = str(value)
    plain = text and text.isprintable() and not any(sign in text for sign in ' "=')
    return text if plain else json.dumps(text, ensure_ascii=False)
