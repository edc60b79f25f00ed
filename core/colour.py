"""Colours: contrast as WCAG 2.2 defines it, and mending it in OKLCH, where a step is a step to the eye."""

import math
import re

AA_TEXT = 4.5
"""The least contrast of text (WCAG 2.2, 1.4.3)."""
AA_EDGE = 3.0
"""The least contrast of a control's edge (WCAG 2.2, 1.4.11)."""

_HEX = re.compile(r"#[0-9a-f]{6}")


class BadColourError(ValueError):
    """Not a colour of the form #rrggbb."""


def parse(text: str) -> str:
    """A colour as #rrggbb, from that or #rgb. Raises BadColourError."""
    colour = text.strip().lower()
    if re.fullmatch(r"#[0-9a-f]{3}", colour):
        colour = "#" + "".join(digit * 2 for digit in colour[1:])
    if not _HEX.fullmatch(colour):
        raise BadColourError(text)
    return colour


def channels(colour: str) -> tuple[int, int, int]:
    """Red, green and blue, 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(red: float, green: float, blue: float) -> float:
    """Relative luminance of channels from 0 to 255: 0 (black) to 1 (white)."""
    return 0.2126 * _linear(red) + 0.7152 * _linear(green) + 0.0722 * _linear(blue)


def ratio(one: float, other: float) -> float:
    """The contrast ratio of two luminances, 1 to 21."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    return ratio(luminance(*channels(one)), luminance(*channels(other)))


def ink_on(colour: str) -> str:
    """Black or white, whichever reads better on a colour."""
    return "#ffffff" if contrast(colour, "#ffffff") >= contrast(colour, "#000000") else "#000000"


def mend(colour: str, *grounds: str, least: float = AA_TEXT) -> str:
    """The nearest colour of the same hue with at least this contrast to every ground.

    Lightness moves in OKLCH, away from the grounds, in steps of 0.005; black or white end the search.
    """
    if all(contrast(colour, ground) >= least for ground in grounds):
        return colour
    lightness, chroma, hue = to_oklch(*channels(colour))
    candidates = []
    for direction in (-1, 1):
        step, moved = lightness, colour
        while 0 <= step <= 1:
            moved = "#" + "".join(f"{round(value):02x}" for value in from_oklch(step, chroma, hue))
            if all(contrast(moved, ground) >= least for ground in grounds):
                candidates.append((abs(step - lightness), moved))
                break
            step += direction * 0.005
    if candidates:
        return min(candidates)[1]
    return max(("#000000", "#ffffff"), key=lambda end: min(contrast(end, ground) for ground in grounds))


def mix(one: str, other: str, share: float) -> str:
    """A colour between two: `share` (0 to 1) of the first."""
    pairs = zip(channels(one), channels(other), strict=True)
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


def to_oklch(red: float, green: float, blue: float) -> tuple[float, float, float]:
    """Lightness 0 to 1, chroma, and hue in degrees, of channels from 0 to 255 (Ottosson's Oklab, as in CSS Color 4)."""
    red, green, blue = _linear(red), _linear(green), _linear(blue)
    long = math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    middle = math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    short = math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    light = 0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short
    one = 1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short
    two = 0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short
    return light, math.hypot(one, two), math.degrees(math.atan2(two, one)) % 360


def from_oklch(light: float, chroma: float, hue: float) -> tuple[float, float, float]:
    """The channels, 0 to 255; where sRGB has no such colour, chroma gives way, so that lightness and hue stay."""
    angle, low, high = math.radians(hue), 0.0, chroma
    for step in range(24):
        tried = high if step == 0 else (low + high) / 2
        found = _from_oklab(light, tried * math.cos(angle), tried * math.sin(angle))
        fits = all(-0.0005 <= value <= 1.0005 for value in found)
        if fits and step == 0:
            break
        low, high = (tried, high) if fits else (low, tried)
    else:
        found = _from_oklab(light, low * math.cos(angle), low * math.sin(angle))
    red, green, blue = (_encoded(value) for value in found)
    return red, green, blue


def _linear(value: float) -> float:
    value /= 255
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4


def _encoded(value: float) -> float:
    value = max(0.0, min(1.0, value))
    return 255 * (value * 12.92 if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055)


def _from_oklab(light: float, one: float, two: float) -> tuple[float, float, float]:
    long = (light + 0.3963377774 * one + 0.2158037573 * two) ** 3
    middle = (light - 0.1055613458 * one - 0.0638541728 * two) ** 3
    short = (light - 0.0894841775 * one - 1.2914855480 * two) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
