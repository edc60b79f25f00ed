"""Right to left: logical properties instead of sides, and a small file of what CSS has no logical word for."""

import re
from collections.abc import Callable

from skins.css import Block, Node, Rule, changed, split

_SIDES = {"left": "start", "right": "end"}
_CORNERS = {
    "border-top-left-radius": "border-start-start-radius",
    "border-top-right-radius": "border-start-end-radius",
    "border-bottom-left-radius": "border-end-start-radius",
    "border-bottom-right-radius": "border-end-end-radius",
}
_SIDED = re.compile(r"(margin|padding|border)-(left|right)(-width|-style|-color)?")
_FILLED = {
    2: lambda one, two: [one, two, one, two],
    3: lambda one, two, three: [one, two, three, two],
    4: lambda one, two, three, four: [one, two, three, four],
}
"""The four corners that two or three values stand for."""
_OTHER = {"left": "right", "right": "left"}


def logical(rule: Rule) -> Rule:
    """A rule that says start and end where it said left and right; it means the same from left to right."""
    pairs: list[tuple[str, str]] = []
    for name, value in rule.declarations:
        if found := _SIDED.fullmatch(name):
            pairs.append((f"{found[1]}-inline-{_SIDES[found[2]]}{found[3] or ''}", value))
        elif name in _CORNERS:
            pairs.append((_CORNERS[name], value))
        elif name in _SIDES:
            pairs.append((f"inset-inline-{_SIDES[name]}", value))
        elif name == "text-align" and value in _SIDES:
            pairs.append((name, _SIDES[value]))
        elif name in ("float", "clear") and value in _SIDES:
            pairs.append((name, f"inline-{_SIDES[value]}"))
        elif name in ("margin", "padding"):
            pairs += _around(name, value)
        else:
            pairs.append((name, value))
    return Rule(rule.selectors, pairs, rule.mark)


def _around(name: str, value: str) -> list[tuple[str, str]]:
    sides = split(value, " ")
    if len(sides) != 4 or sides[1] == sides[3] or "!" in value:
        return [(name, value)]
    top, right, bottom, left = sides
    block = top if top == bottom else f"{top} {bottom}"
    return [(f"{name}-block", block), (f"{name}-inline", f"{left} {right}")]


def mirrored(nodes: list[Node]) -> list[Node]:
    """What is written over a skin where pages go from right to left.

    Backgrounds stand on the other side, corners drawn by hand change places, and letters are not spaced: in the
    scripts that are written so they join. Light goes on falling from where it fell.
    """

    def change(rule: Rule) -> Rule:
        pairs = []
        for name, value in rule.declarations:
            turn = _TURNS.get(name)
            if turn and turn(value) != value:
                pairs.append((name, turn(value)))
        return Rule(rule.selectors, pairs, rule.mark)

    found = changed(nodes, change)
    return [node for node in found if not (isinstance(node, Block) and node.rules is None)]


def _swapped(value: str) -> str:
    return re.sub(r"\b(left|right)\b", lambda found: _OTHER[found[0]], value)


def _cornered(value: str) -> str:
    radii, important, _ = value.partition("!")
    made = []
    for part in radii.strip().split("/"):
        corners = split(part, " ")
        first, second, third, fourth = (corners * 4 if len(corners) == 1 else _FILLED[len(corners)](*corners))[:4]
        made.append([[first, second, third, fourth], [second, first, fourth, third]])
    if all(shipped == turned for shipped, turned in made):
        return value
    return "/".join(" ".join(turned) for _, turned in made) + (" !important" if important else "")


_TURNS: dict[str, Callable[[str], str]] = {
    "background-position": _swapped,
    "border-radius": _cornered,
    "letter-spacing": lambda value: value if value == "0" else "normal",
}
