"""What a piece of output stands on: until when it stays true, and which versions it was made from.

Whoever keeps a rendered piece makes it inside `noting()`. What it used says so here by itself: `core.cache.keep` the
versions, `core.i18n.ago` the moment at which its words turn wrong, and `core.clock.now()` that the piece is true only now.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Note:
    """What was noted: versions by name, the first moment at which a word turns wrong, and whether it already has."""

    versions: set[str] = field(default_factory=set)
    until: datetime | None = None
    fleeting: bool = False
    page: bool = False  # a whole page of one reader, of which parts are made for many


notes: ContextVar[tuple[Note, ...]] = ContextVar("notes", default=())
"""Who notes just now what is used: for those who are asked dozens of times for a page, and else `asked`."""


@contextmanager
def noting(*, page: bool = False) -> Iterator[Note]:
    """Notes what is used inside it; pieces within pieces note for both."""
    note = Note(page=page)
    token = notes.set((*notes.get(), note))
    try:
        yield note
    finally:
        notes.reset(token)


def asked() -> bool:
    """Whether anybody notes just now what is used."""
    return bool(notes.get())


def inside() -> bool:
    """Whether a part is being made that will be kept for many readers."""
    noting = notes.get()
    return bool(noting) and not noting[-1].page


def depends(*names: str) -> None:
    """Says that what is being made shows what these versions stand for."""
    for note in notes.get():
        note.versions.update(names)


def until(moment: datetime) -> None:
    """Says that what is being made turns wrong at a moment."""
    for note in notes.get():
        if note.until is None or moment < note.until:
            note.until = moment


def fleeting() -> None:
    """Says that what is being made is true only now, and must not be kept."""
    for note in notes.get():
        note.fleeting = True
