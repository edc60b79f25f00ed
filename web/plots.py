"""Plots: figures over time as bars, drawn by the server as SVG that stretches; the words around it stay HTML."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core import i18n
from core.i18n import gettext as _
from forum.statistics import Course

HEIGHT = 100


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of time: its name, its figures, those of the stretch before, and the rectangles that stand for them."""

    label: str
    short: str
    numbers: tuple[int, ...]
    before: int
    parts: tuple[tuple[str, str, str, str], ...]  # kind, x, y, height
    title: str

    @property
    def number(self) -> int:
        """All of its figures together."""
        return sum(self.numbers)


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot: its kinds are stacked, and a line shows what there was in the range before."""

    name: str
    kinds: tuple[str, ...]
    top: int
    bars: tuple[Bar, ...]
    line: str

    @property
    def number(self) -> int:
        """Everything in the range."""
        return sum(bar.number for bar in self.bars)

    @property
    def before(self) -> int:
        """Everything in the range before."""
        return sum(bar.before for bar in self.bars)

    @property
    def ticks(self) -> list[str]:
        """The names of some stretches, the first and the last among them, for the axis."""
        last = len(self.bars) - 1
        return [self.bars[round(last * each / 3)].short for each in range(4)]


def draw(name: str, kinds: Mapping[str, str], course: Course) -> Plot:
    """Lays out a plot of some kinds (their names in words), one bar for each stretch (hour, day, month)."""
    stacks = list(zip(*(course.numbers[kind] for kind in kinds), strict=True))
    past = [sum(figures) for figures in zip(*(course.before[kind] for kind in kinds), strict=True)]
    top = _round_up(max([*past, *map(sum, stacks)]))
    bars = []
    for at, (begin, figures, before) in enumerate(zip(course.begins, stacks, past, strict=True)):
        label, short = _names(course.span, begin)
        said = [f"{words} {figure:,}" for words, figure in zip(kinds.values(), figures, strict=True)]
        title = f"{label}: {', '.join(said)}, {_('%(num)s before', num=f'{before:,}')}"
        bars.append(Bar(label, short, figures, before, _parts(kinds, at, figures, top), title))
    points = [f"{at + 0.5:g},{HEIGHT - value * HEIGHT / top:.4g}" for at, value in enumerate(past)]
    return Plot(name, tuple(kinds), top, tuple(bars), " ".join(points) if any(past) else "")


def _parts(kinds: Iterable[str], at: int, figures: Sequence[int], top: int) -> tuple[tuple[str, str, str, str], ...]:
    parts, below = [], 0.0
    for kind, figure in zip(kinds, figures, strict=True):
        height = figure * HEIGHT / top
        if figure:
            parts.append((kind, f"{at + 0.12:.2f}", f"{HEIGHT - below - height:.2f}", f"{height:.2f}"))
        below += height
    return tuple(parts)


def _round_up(number: int) -> int:
    """The first of 1, 2, 4, 5, 8, 10, 20, 40, 50, … that is not smaller, 4 at least: where an axis may end."""
    size = 1
    while True:
        for step in (1, 2, 4, 5, 8):
            if step * size >= max(number, 4):
                return step * size
        size *= 10


def _names(span: str, begin: datetime) -> tuple[str, str]:
    if span == "hour":
        return f"{i18n.date(begin)}, {begin:%H}:00–{begin:%H}:59", f"{begin:%H}:00"
    if span == "day":
        return i18n.date(begin), f"{begin.day} {begin:%b}"
    return f"{begin:%B %Y}", f"{begin:%b %Y}"
