"""Colours as CSS writes them, with alpha, and inks that are moved until they can be read (the mathematics: core/colour.py)."""

import colorsys
import re
from dataclasses import dataclass

from core import colour as maths

_NAMED = {"white": "#fff", "black": "#000", "transparent": "#00000000", "currentcolor": ""}
_FUNCTION = re.compile(r"(rgb|hsl)a?\(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class Colour:
    """sRGB channels from 0 to 255, and alpha from 0 to 1."""

    red: float
    green: float
    blue: float
    alpha: float = 1.0

    def __str__(self) -> str:
        channels = [max(0, min(255, round(value))) for value in (self.red, self.green, self.blue)]
        if self.alpha < 1:
            return f"rgba({channels[0]},{channels[1]},{channels[2]},{self.alpha:.3g})"
        return "#" + "".join(f"{value:02x}" for value in channels)

    @property
    def triple(self) -> str:
        """As Bootstrap's -rgb variables want it."""
        return ",".join(str(max(0, min(255, round(value)))) for value in (self.red, self.green, self.blue))


def parse(text: str) -> Colour | None:
    """The colour that a CSS value is, or None for anything else."""
    text = _NAMED.get(text.strip().lower(), text.strip().lower())
    if re.fullmatch(r"#[0-9a-f]{3,8}", text) and len(text) in (4, 5, 7, 9):
        digits = text[1:] if len(text) > 5 else "".join(each * 2 for each in text[1:])
        values = [int(digits[place : place + 2], 16) for place in range(0, len(digits), 2)]
        return Colour(*values[:3], alpha=values[3] / 255 if len(values) == 4 else 1.0)
    if found := _FUNCTION.fullmatch(text):
        parts = [part for part in re.split(r"[\s,/]+", found[2].strip()) if part]
        try:
            numbers = [float(part.removesuffix("%").removesuffix("deg")) for part in parts]
        except ValueError:
            return None
        if len(numbers) not in (3, 4):
            return None
        alpha = (numbers[3] / (100 if parts[3].endswith("%") else 1)) if len(numbers) == 4 else 1.0
        if found[1] == "hsl":
            channels = [
                value * 255 for value in colorsys.hls_to_rgb(numbers[0] / 360, numbers[2] / 100, numbers[1] / 100)
            ]
        else:
            channels = [
                value * 2.55 if part.endswith("%") else value
                for value, part in zip(numbers[:3], parts[:3], strict=True)
            ]
        return Colour(*channels, alpha=alpha)
    return None


def colour(text: str) -> Colour:
    """The colour that a CSS value is. Raises ValueError for anything else."""
    found = parse(text)
    if found is None:
        raise ValueError(f"{text!r} is not a colour")
    return found


def over(top: Colour, below: Colour) -> Colour:
    """What one sees of a translucent colour over another."""
    return mix(Colour(top.red, top.green, top.blue), Colour(below.red, below.green, below.blue, below.alpha), top.alpha)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """`share` of the first and the rest of the second, in sRGB as Sass and browsers mix."""
    pairs = zip(
        (first.red, first.green, first.blue, first.alpha),
        (second.red, second.green, second.blue, second.alpha),
        strict=True,
    )
    return Colour(*(one * share + two * (1 - share) for one, two in pairs))


def luminance(of: Colour) -> float:
    """Relative luminance (WCAG 2.2)."""
    return maths.luminance(of.red, of.green, of.blue)


def contrast(one: Colour, two: Colour) -> float:
    """The contrast ratio of two opaque colours, 1 to 21 (WCAG 2.2)."""
    # what the browser paints has whole channels, so whole channels are compared
    return maths.ratio(luminance(colour(str(one))), luminance(colour(str(two))))


def to_oklch(of: Colour) -> tuple[float, float, float]:
    """Lightness 0 to 1, chroma, and hue in degrees."""
    return maths.to_oklch(of.red, of.green, of.blue)


def from_oklch(light: float, chroma: float, hue: float) -> Colour:
    """The sRGB colour; where there is none, chroma gives way."""
    return colour(str(Colour(*maths.from_oklch(light, chroma, hue))))


def lightened(of: Colour, by: float) -> Colour:
    """The same hue and chroma, `by` lighter (or darker, below 0) on OKLCH's scale of 0 to 1."""
    light, chroma, hue = to_oklch(of)
    return from_oklch(max(0.0, min(1.0, light + by)), chroma, hue)


def readable(ink: Colour, papers: list[Colour], ratio: float = 4.6) -> Colour:
    """The ink, moved in OKLCH no further than it takes to stand out from every paper by `ratio`.

    It moves away from the papers: darker on light ones, lighter on dark ones. Raises ValueError if none will do.
    """
    if all(contrast(ink, paper) >= ratio for paper in papers):
        return ink
    light, chroma, hue = to_oklch(ink)
    worst = min(papers, key=lambda paper: contrast(ink, paper))
    darker = contrast(Colour(0, 0, 0), worst) > contrast(Colour(255, 255, 255), worst)
    for way in (darker, not darker):
        steps = (light - step / 400 for step in range(401)) if way else (light + step / 400 for step in range(401))
        for tried in steps:
            if 0 <= tried <= 1:
                made = from_oklch(tried, chroma, hue)
                if all(contrast(made, paper) >= ratio for paper in papers):
                    return made
    raise ValueError(f"nothing like {ink} can be read on {', '.join(map(str, papers))}")


WHITE, BLACK = Colour(255, 255, 255), Colour(0, 0, 0)
