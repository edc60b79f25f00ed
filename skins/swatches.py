"""The picture of all swatches: a column for each skin in the order of their names, light above and dark below."""

from typing import Any

WIDTH, HEIGHT = 28, 18


def sprite(manifest: dict[str, Any]) -> str:
    """One SVG; who shows a swatch shows a piece of it."""
    drawn = []
    for column, name in enumerate(sorted(manifest)):
        of = manifest[name]["swatches"]
        for row, mode in enumerate(("light", "dark")):
            drawn.append(_swatch(of.get(mode) or of["dark"], column * WIDTH, row * HEIGHT))
    size = f'width="{WIDTH * len(manifest)}" height="{2 * HEIGHT}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(drawn)}</svg>\n'


def _swatch(colours: dict[str, str], left: int, top: int) -> str:
    def box(kind: str, x: int, y: int, width: int, height: int) -> str:
        return f'<path fill="{colours[kind]}" d="M{left + x} {top + y}h{width}v{height}h-{width}z"/>'

    boxes = (
        box("bg", 0, 0, 18, 18) + box("panel", 18, 0, 10, 18) + box("text", 3, 4, 12, 3) + box("primary", 3, 10, 9, 4)
    )
    return boxes + f'<circle fill="{colours["link"]}" cx="{left + 23}" cy="{top + 9}" r="2.5"/>'
