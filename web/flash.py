"""What the next page tells: one message, or what was just done with the way to undo it."""

from dataclasses import asdict, dataclass, field

from flask import flash, get_flashed_messages, session

from core.db import scratch


@dataclass(frozen=True)
class Offer:
    """What was just done, and the form that undoes it."""

    words: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)


def say(message: str) -> None:
    """Keeps a message until the next page shows it."""
    flash(message)


def offer(made: Offer) -> None:
    """Keeps a way to undo something until the next page shows it."""
    flash(asdict(made), "offer")


def waiting() -> list[str]:
    """The messages for this page; a reader without a session is not given one for asking."""
    return _read("message")


def offers() -> list[Offer]:
    """What this page offers to undo."""
    return [Offer(**made) for made in _read("offer")]


def _read(kind: str) -> list:
    about = scratch()
    if "flashes" not in about:
        about["flashes"] = "_flashes" in session  # the first who asks takes them out of it
    return get_flashed_messages(category_filter=[kind]) if about["flashes"] else []
