"""Differences: what changed between two texts, line by line and within a line word by word, ready to be shown."""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

_WORDS = re.compile(r"\s+|\w+|[^\w\s]")
_CONTEXT = 2
"""How many unchanged lines stand around a change."""
_MOST = 800
"""Beyond so many changed lines or words both sides are shown whole: comparing them would take seconds."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a line: `same`, `removed` or `added`."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line: `same`, `removed`, `added`, or `gap` where unchanged ones are left out (then without pieces)."""

    kind: str
    pieces: tuple[Piece, ...] = ()


def between(old: str, new: str) -> list[Line]:
    """The lines of two texts with what was removed and what was added; unchanged ones only around a change."""
    shown: list[Line] = []
    steps = _steps(old.split("\n"), new.split("\n"))
    for at, (kind, before, after) in enumerate(steps):
        if kind == "same":
            shown += _around(before, first=at == 0, last=at == len(steps) - 1)
        else:
            shown += _changed(before, after)
    return shown


def words(old: str, new: str) -> list[Piece]:
    """One line with what was removed and what was added, word by word."""
    pieces = []
    for kind, before, after in _steps(_WORDS.findall(old), _WORDS.findall(new)):
        if kind == "same":
            pieces.append(Piece("same", "".join(before)))
        else:
            pieces += [Piece(name, "".join(side)) for name, side in (("removed", before), ("added", after)) if side]
    return pieces


def _steps(old: list[str], new: list[str]) -> list[tuple[str, list[str], list[str]]]:
    """Runs of `same` and `changed` items, in order."""
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    left, right = old[head : len(old) - tail], new[head : len(new) - tail]
    steps = [("same", old[:head], old[:head])] if head else []
    if len(left) > _MOST or len(right) > _MOST:
        steps.append(("changed", left, right))
    else:
        for tag, i, j, k, m in SequenceMatcher(None, left, right).get_opcodes():
            steps.append(("same" if tag == "equal" else "changed", left[i:j], right[k:m]))
    if tail:
        steps.append(("same", old[len(old) - tail :], new[len(new) - tail :]))
    return steps


def _around(lines: list[str], *, first: bool, last: bool) -> list[Line]:
    """Unchanged lines: those next to a change, and a gap for the others."""
    begin = 0 if first else _CONTEXT
    end = 0 if last else _CONTEXT
    if first and last:
        return []
    if len(lines) <= begin + end + 1:
        return [_whole("same", line) for line in lines]
    after, before = lines[:begin], lines[len(lines) - end :] if end else []
    return [*(_whole("same", line) for line in after), Line("gap"), *(_whole("same", line) for line in before)]


def _changed(before: list[str], after: list[str]) -> list[Line]:
    """Changed lines: as many as stand on both sides are compared word by word, the rest came or went whole."""
    pairs = min(len(before), len(after))
    removed, added = [], []
    for old, new in zip(before[:pairs], after[:pairs], strict=True):
        pieces = words(old, new)
        removed.append(Line("removed", tuple(piece for piece in pieces if piece.kind != "added")))
        added.append(Line("added", tuple(piece for piece in pieces if piece.kind != "removed")))
    removed += [_whole("removed", line) for line in before[pairs:]]
    added += [_whole("added", line) for line in after[pairs:]]
    return [*removed, *added]


def _whole(kind: str, line: str) -> Line:
    return Line(kind, (Piece(kind, line),) if line else ())
