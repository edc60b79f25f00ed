"""Pages by keyset: a cursor names the last row seen, so the thousandth page costs what the first does."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select

T = TypeVar("T")

DEEPEST_PAGE = 50
"""The deepest page that may be reached by number; what lies behind it is reached by cursor."""


class BadCursor(ValueError):
    """A cursor that this site did not make."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a longer list, and how to reach the rest."""

    rows: Sequence[T]
    number: int | None = 1
    next_cursor: str | None = None
    pages: int | None = None

    @property
    def has_next(self) -> bool:
        """Whether there are rows after these."""
        return self.next_cursor is not None


def encode(*values: Any) -> str:
    """A cursor: opaque, safe in an address."""
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def decode(cursor: str, *kinds: type) -> list[Any]:
    """The values of a cursor. Raises BadCursor when it is not one of ours."""
    try:
        text = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        values = json.loads(text)
        if not isinstance(values, list) or len(values) != len(kinds):
            raise ValueError
        result: list[Any] = []
        for value, kind in zip(values, kinds, strict=True):
            if kind is datetime:
                moment = datetime.fromisoformat(value)
                if moment.tzinfo is None:
                    raise ValueError
                result.append(moment.astimezone(UTC))
            elif type(value) is not kind or (isinstance(value, int) and not -(2**62) < value < 2**62):
                raise ValueError
            else:
                result.append(value)
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise BadCursor("This address has a part that we cannot read.") from None
    return result


def beyond(
    read: Callable[[Select[Any]], list[T]],
    query: Select[Any],
    level: ColumnElement[bool],
    past: ColumnElement[bool],
    size: int,
) -> list[T]:
    """The first `size` rows of an ordered query behind a cursor: those level with its first value, then those past it.

    Two seeks into the index. One condition with OR would walk through every tie, and most topics have no votes.
    """
    rows = read(query.where(level).limit(size))
    return rows if len(rows) == size else rows + read(query.where(past).limit(size - len(rows)))
