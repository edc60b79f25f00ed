"""What an address says: pages, cursors, choices; and the safe way back to where somebody came from."""

from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import NoReturn, TypeVar
from urllib.parse import quote

from flask import abort, request
from wtforms import Form

from core.db import scratch
from core.i18n import gettext as _
from forum.refusals import Invalid, Missing
from web.exchange import taken_apart, this_request

F = TypeVar("F", bound=Form)
LARGEST_ID = 2**63 - 1


def page() -> int:
    """`?page=`: 1 when absent; anything but a positive number is a bad request."""
    text = _asked("page", "1")
    if not (text.isdecimal() and text.isascii() and 0 < len(text) < 10 and int(text) > 0):
        _refuse()
    scratch()["page"] = number = int(text)
    return number


def no_pages() -> None:
    """Says that what this address shows has one page. Raises Missing when another is asked for."""
    if page() > 1:
        raise Missing


def canonical() -> str:
    """The one address of what is shown: with its page where there are several, and nothing else that is asked."""
    path, number = quote(this_request().path.rstrip("/")) or "/", scratch().get("page", 1)
    return f"{path}?page={number}" if number > 1 else path


def cursor() -> str:
    """`?cursor=`: where a stretch of a list begins."""
    return _asked("cursor")[:200]


def choice(name: str, options: Collection[str], default: str) -> str:
    """One of a few words of the address; another word is a bad request."""
    value = _asked(name) or default
    return value if value in options else _refuse()


def same_query(path: str) -> str:
    """Another path, asked the same as this one: for what has moved."""
    query = request.query_string.decode("ascii", "ignore")
    return f"{path}?{query}" if query else path


def identity(number: int) -> int:
    """An id from the address. Raises Missing for one that no row can have."""
    if not 0 < number <= LARGEST_ID:
        raise Missing
    return number


def number(name: str) -> int | None:
    """A whole number of the address, or None; anything else is a bad request."""
    text = _asked(name)
    if not text:
        return None
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 19 else _refuse()


def text(name: str, longest: int = 100) -> str:
    """A word or a line of the address, without NULs."""
    value = _asked(name)
    if "\x00" in value or len(value) > longest:
        _refuse()
    return value.strip()


def day(name: str) -> date | None:
    """A day of the address, or None; anything else is a bad request."""
    value = _asked(name)
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return _refuse()


def switch(name: str) -> bool:
    """A state that a form sets, `1` or `0`; anything else is a bad request."""
    value = request.form.get(name, "")
    return value == "1" if value in ("0", "1") else _refuse()


def chosen(name: str) -> int:
    """An id that a form sends; anything else is a bad request."""
    text = request.form.get(name, "")
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 19 else _refuse()


def chosen_or_none(name: str) -> int | None:
    """An id that a form sends, or None when it sends none; anything else is a bad request."""
    return chosen(name) if request.form.get(name) else None


def well_formed(form: F) -> F:
    """A form whose hidden fields are as our pages send them; anything else is a bad request."""
    return form if form.validate() else _refuse()


def among(name: str, options: Collection[str]) -> str:
    """One of a few words of a form; another word is a bad request."""
    value = request.form.get(name, "")
    return value if value in options else _refuse()


def moment(name: str) -> datetime | None:
    """A moment that a form carries, or None; anything else is a bad request."""
    value = request.form.get(name, "")
    if not value:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        return _refuse()
    return found if found.tzinfo else _refuse()


def numbers(name: str, most: int = 200) -> list[int]:
    """The ids that were ticked in a form; anything but a few positive numbers is a bad request."""
    return _numbers(request.form.getlist(name), most)


def several(name: str, most: int = 20) -> list[int]:
    """The ids that the address says, each once or more (`?quote=7&quote=9`); anything else is a bad request."""
    return _numbers(request.args.getlist(name), most)


def _numbers(values: list[str], most: int) -> list[int]:
    plain = all(value.isdecimal() and value.isascii() and len(value) < 19 for value in values)
    return [int(value) for value in values] if plain and len(values) <= most else _refuse()


def switched(name: str) -> bool:
    """Whether a form sets something on (1) or off (0); anything else is a bad request."""
    value = request.form.get(name, "")
    return value == "1" if value in ("0", "1") else _refuse()


def way_back(address: str | None, otherwise: str = "/") -> str:
    """A path of this site to return to; whatever could lead elsewhere becomes `otherwise`."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return otherwise
    parts = taken_apart(address)
    if parts.scheme or parts.netloc or any(ord(sign) < 32 or sign == "\\" for sign in address):
        return otherwise
    return otherwise if parts.path.startswith(("/login", "/register", "/logout")) else address


def written_moment(written: str | None, field: str) -> datetime | None:
    """A time that somebody chose in a form, in UTC; None when it is empty. Raises Invalid."""
    if not written:
        return None
    try:
        return datetime.fromisoformat(written).replace(tzinfo=UTC)
    except ValueError:
        raise Invalid(field, _("Write the time like 2027-01-31 18:30.")) from None


def _asked(name: str, otherwise: str = "") -> str:
    args = this_request().args
    if name not in args:  # its `get` raises and catches an error for that, which most often is the case
        return otherwise
    return args[name]


def _refuse() -> NoReturn:
    abort(400)
