"""Metrics: what this process counted since it started, in the OpenMetrics text form (openmetrics.io, version 1.0)."""

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable

from core import tally

Labels = tuple[tuple[str, str], ...]

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"

_lock = threading.Lock()
_help: dict[str, tuple[str, str]] = {}
_counters: Counter[tuple[str, Labels]] = Counter()
_durations: dict[str, list[float]] = {}
_gauges: dict[str, Callable[[], float]] = {}


def counter(name: str, meaning: str) -> None:
    """Declares a counter; its name has no `_total` at the end."""
    _help[name] = ("counter", meaning)


def histogram(name: str, meaning: str) -> None:
    """Declares a distribution of durations in seconds."""
    _help[name] = ("histogram", meaning)
    _durations[name] = [0.0] * (len(BUCKETS) + 2)


def gauge(name: str, meaning: str, read: Callable[[], float]) -> None:
    """Declares a value that is read whenever somebody asks; a read that raises leaves it out of that answer."""
    _help[name] = ("gauge", meaning)
    _gauges[name] = read


def count(name: str, by: float = 1, **labels: str) -> None:
    """Adds to a counter."""
    with _lock:
        _counters[name, tuple(sorted(labels.items())) if labels else ()] += by  # type: ignore[assignment]


def observe(name: str, seconds: float) -> None:
    """Notes one duration."""
    with _lock:
        kept = _durations[name]
        kept[bisect_left(BUCKETS, seconds)] += 1
        kept[-1] += seconds


def text() -> str:
    """Everything, as OpenMetrics."""
    tally.gather()
    lines: list[str] = []
    with _lock:
        counters, durations = dict(_counters), {name: list(kept) for name, kept in _durations.items()}
    for name, (kind, meaning) in sorted(_help.items()):
        lines += [f"# TYPE {name} {kind}", f"# HELP {name} {meaning}"]
        if kind == "counter":
            found = sorted((labels, value) for (known, labels), value in counters.items() if known == name)
            lines += [f"{name}_total{_braces(labels)} {value:.10g}" for labels, value in found]
        elif kind == "histogram":
            lines += _buckets(name, durations[name])
        else:
            lines += _read(name)
    return "\n".join([*lines, "# EOF", ""])


def forget() -> None:
    """Begins at zero again; tests call it."""
    with _lock:
        _counters.clear()
        for kept in _durations.values():
            kept[:] = [0.0] * len(kept)


def _buckets(name: str, kept: list[float]) -> Iterable[str]:
    so_far = 0.0
    for bound, number in zip((*map(str, BUCKETS), "+Inf"), kept[:-1], strict=True):
        so_far += number
        yield f'{name}_bucket{{le="{bound}"}} {so_far:.0f}'
    yield f"{name}_count {so_far:.0f}"
    yield f"{name}_sum {kept[-1]:.6f}"


def _read(name: str) -> list[str]:
    try:
        return [f"{name} {_gauges[name]():.10g}"]
    except Exception:  # what cannot be read now is absent, and the rest still comes
        return []


def _braces(labels: Labels) -> str:
    inside = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels)
    return f"{{{inside}}}" if inside else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
