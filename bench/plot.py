"""The plot of bench/RESULTS.md: how much more each page costs in larger communities."""

from html import escape

from bench import growth
from bench.asking import Place

_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = 760, 380, 56, 190, 40, 44
_COLOURS = (
    "#2563eb",
    "#dc2626",
    "#059669",
    "#d97706",
    "#7c3aed",
    "#0891b2",
    "#be185d",
    "#4d7c0f",
    "#475569",
    "#a16207",
)


def growth_lines(grown: dict[str, dict[int, Place]], sizes: list[int], most: float) -> list[str]:
    """A line and a name for each page."""
    made = []
    ends = sorted(((growth.ratio(grown, name, sizes[-1]), name) for name in grown), reverse=True)
    places = {name: _TOP + 12 + number * 18 for number, (_, name) in enumerate(ends)}
    for number, name in enumerate(grown):
        colour = _COLOURS[number % len(_COLOURS)]
        points = [
            (_across(index, sizes), _down(growth.ratio(grown, name, size), most)) for index, size in enumerate(sizes)
        ]
        dash = ' stroke-dasharray="5 3"' if name.startswith("guest") else ""
        made.append(
            f'<polyline fill="none" stroke="{colour}" stroke-width="2"{dash} points="'
            + " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            + '"/>'
        )
        x, y = points[-1]
        made.append(
            f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{x + 18:.1f}" y2="{places[name] - 4}" stroke="{colour}" stroke-width="0.7"/>'
        )
        label = f"{name} {growth.ratio(grown, name, sizes[-1]):.2f}"
        made.append(f'<text x="{x + 22:.1f}" y="{places[name]}" fill="{colour}">{escape(label)}</text>')
    return made


def growth_svg(grown: dict[str, dict[int, Place]]) -> str:
    """The whole picture: sizes on a logarithmic axis, ratios to the smallest community, and the bound."""
    sizes = sorted(next(iter(grown.values())))
    most = max(1.5, *(growth.ratio(grown, name, size) for name in grown for size in sizes)) * 1.05
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="20" font-size="14">Cost of each page, nothing kept, beside the smallest community</text>',
    ]
    for mark in [0.5 * step for step in range(int(most / 0.5) + 1)]:
        y = _down(mark, most)
        parts.append(f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}" stroke="#e2e8f0"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#475569">{mark:.1f}</text>')
    bound = _down(growth.ALLOWED, most)
    parts.append(
        f'<line x1="{_LEFT}" y1="{bound:.1f}" x2="{_WIDTH - _RIGHT}" y2="{bound:.1f}" stroke="#dc2626" stroke-dasharray="2 4"/>'
        f'<text x="{_LEFT + 4}" y="{bound - 5:.1f}" fill="#dc2626">at most {growth.ALLOWED}</text>'
    )
    for index, size in enumerate(sizes):
        parts.append(
            f'<text x="{_across(index, sizes):.1f}" y="{_HEIGHT - 18}" text-anchor="middle" fill="#475569">{size:,} posts</text>'
        )
    return "\n".join([*parts, *growth_lines(grown, sizes, most), "</svg>", ""])


def _across(index: int, sizes: list[int]) -> float:
    return _LEFT + 30 + index * (_WIDTH - _RIGHT - _LEFT - 60) / max(1, len(sizes) - 1)


def _down(ratio: float, most: float) -> float:
    return _HEIGHT - _BOTTOM - ratio / most * (_HEIGHT - _TOP - _BOTTOM)
