"""Relevance: how well a document answers, counted over the documents that were found (BM25's shape)."""

import math
from collections.abc import Sequence

from core.search.questions import Question

_SATURATION, _LENGTH = 1.2, 0.6
_TITLE = 4.0
"""How many words of the body one word of the title is worth."""


def scores(question: Question, texts: Sequence[tuple[str, str]]) -> list[float]:
    """A score for each pair of folded title and body: higher is better, rare words count for more."""
    if not texts or not question.wanted:
        return [0.0] * len(texts)
    padded = [(f" {title} ", f" {body} ") for title, body in texts]
    lengths = [len(title) + len(body) for title, body in padded]
    mean = sum(lengths) / len(lengths)
    totals = [0.0] * len(texts)
    last = len(question.wanted) - 1
    for place, phrase in enumerate(question.wanted):
        sought = f" {' '.join(phrase)}" + ("" if question.unfinished and place == last else " ")
        counts = [_TITLE * title.count(sought) + body.count(sought) for title, body in padded]
        having = sum(1 for count in counts if count)
        weight = len(phrase) * math.log(1 + (len(texts) - having + 0.5) / (having + 0.5)) + 0.1
        for at, count in enumerate(counts):
            norm = _SATURATION * (1 - _LENGTH + _LENGTH * lengths[at] / mean)
            totals[at] += weight * count * (_SATURATION + 1) / (count + norm)
    return totals
