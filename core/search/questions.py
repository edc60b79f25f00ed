"""Questions: what somebody typed, taken apart into words, phrases, what must not occur, and `key:value`."""

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from core.search import words

LONGEST = 500
"""Characters of a question that are read; the rest is left out."""
MOST_WORDS = 24
"""Words of a question that are looked for."""

Phrase = tuple[str, ...]

_PIECE = re.compile(r'(?P<no>-?)(?:(?P<key>[a-z]+):)?(?:"(?P<quoted>[^"]*)"?|(?P<plain>[^\s"]+))')


@dataclass(frozen=True, slots=True)
class Question:
    """What an index is asked: phrases that all occur, phrases that do not, and marks of the documents.

    Of each group of marks one must be there, and none of `unmarked`. With `unfinished`, the last word may go on.
    """

    wanted: tuple[Phrase, ...] = ()
    unwanted: tuple[Phrase, ...] = ()
    marked: tuple[tuple[str, ...], ...] = ()
    unmarked: tuple[str, ...] = ()
    unfinished: bool = False

    @property
    def empty(self) -> bool:
        """Whether it asks for nothing: then it finds nothing."""
        return not self.wanted and not self.marked


@dataclass(slots=True)
class Typed:
    """A text that somebody typed, taken apart."""

    wanted: list[Phrase] = field(default_factory=list)
    unwanted: list[Phrase] = field(default_factory=list)
    keys: dict[str, list[str]] = field(default_factory=dict)
    not_keys: dict[str, list[str]] = field(default_factory=dict)
    cut: bool = False
    unfinished: bool = False  # it ends within a word

    @property
    def number(self) -> int:
        """How many words it has."""
        return sum(map(len, [*self.wanted, *self.unwanted]))


def parse(text: str, keys: Collection[str]) -> Typed:
    """Takes a text apart; never fails. `keys` are the words that may stand before a colon."""
    found = Typed(cut=len(text) > LONGEST)
    text = text[:LONGEST].replace("\x00", " ").replace("“", '"').replace("”", '"').replace("„", '"')
    for piece in _PIECE.finditer(text):
        value = (piece["quoted"] if piece["quoted"] is not None else piece["plain"]).strip()
        key = piece["key"]
        if key in keys and value:
            (found.not_keys if piece["no"] else found.keys).setdefault(key, []).append(value)
            continue
        phrase = tuple(words.split(f"{key}:{value}" if key else value))
        if phrase and found.number + len(phrase) > MOST_WORDS:
            found.cut = True
        elif phrase:
            (found.unwanted if piece["no"] else found.wanted).append(phrase)
            found.unfinished = not piece["no"] and piece["quoted"] is None and piece.end() == len(text)
    return found
