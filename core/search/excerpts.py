"""Excerpts: the place of a text where most of what was sought stands together, cut into marked and plain pieces."""

from bisect import bisect_right
from dataclasses import dataclass

from core.search import words
from core.search.questions import Question

_READ = 50_000
"""Characters of a text that are looked through."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text as it was written, and whether it was sought."""

    words: str
    hit: bool = False


def excerpt(question: Question, text: str, longest: int = 240) -> list[Piece]:
    """About `longest` characters around the best place; from the beginning where nothing of it stands in the text."""
    text = " ".join(text[:_READ].split())
    found = _found(question, text)
    begin = _best(found, longest)
    begin = text.rfind(" ", 0, begin) + 1 if begin else 0
    end = min(len(text), begin + longest)
    if end < len(text):
        space = text.rfind(" ", begin, end)
        end = space if space > begin + longest // 2 else end
    pieces = marked(
        text[begin:end], [(low - begin, high - begin) for low, high in found if low >= begin and high <= end]
    )
    return [
        *([Piece("… ")] if begin else []),
        *pieces,
        *([Piece(" …")] if end < len(text) else []),
    ]


def highlight(question: Question, text: str) -> list[Piece]:
    """A whole text, with what was sought marked."""
    return marked(text, _found(question, text))


def marked(text: str, hits: list[tuple[int, int]]) -> list[Piece]:
    """A text in pieces, those between each pair of places marked."""
    pieces, at = [], 0
    for low, high in hits:
        if low > at:
            pieces.append(Piece(text[at:low]))
        pieces.append(Piece(text[low:high], True))
        at = high
    return [*pieces, Piece(text[at:])] if at < len(text) else pieces


def _found(question: Question, text: str) -> list[tuple[int, int]]:
    spans = words.spans(text)
    names = [name for _, _, name in spans]
    hits: set[tuple[int, int]] = set()
    last = len(question.wanted) - 1
    for place, phrase in enumerate(question.wanted):
        open_end = question.unfinished and place == last
        for at, name in enumerate(names):
            if name != phrase[0] and not (open_end and len(phrase) == 1 and name.startswith(phrase[0])):
                continue
            there = names[at : at + len(phrase)]
            same = tuple(there) == phrase or (
                open_end and tuple(there[:-1]) == phrase[:-1] and len(there) == len(phrase)
                and there[-1].startswith(phrase[-1])
            )  # fmt: skip
            if same:
                hits.add((spans[at][0], spans[at + len(phrase) - 1][1]))
    return _apart(sorted(hits))


def _apart(hits: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Places that overlap or touch become one."""
    joined: list[tuple[int, int]] = []
    for low, high in hits:
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return joined


def _best(hits: list[tuple[int, int]], longest: int) -> int:
    """Where to begin so that as many places as can be stand in the excerpt, with some words before the first."""
    if not hits or (hits[0][1] < longest // 2 and len(hits) == 1):
        return 0
    lows = [low for low, _ in hits]
    best = max(range(len(hits)), key=lambda at: (bisect_right(lows, lows[at] + longest - 60) - at, -at))
    return max(0, lows[best] - 40) if lows[best] > 60 else 0
