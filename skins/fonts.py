"""Fonts served from the site: by script, with stand-ins of the same measure, so that nothing moves when they arrive."""

import hashlib
import json
import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

from skins import packages
from skins.css import Block, Node, Rule, changed

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "static" / "fonts"
FONTS: dict[str, dict[str, Any]] = tomllib.loads((ROOT / "skins" / "fonts.toml").read_text())
SUBSETS = ("latin", "latin-ext", "cyrillic")
SAMPLE = (
    "The quick brown foxes of the harbour read the news aloud, and everybody who was there wrote a reply; some of them"
    " were short, others ran on. In 2026 it is still the words that count: a forum is made of them, and so it should be"
    " easy to read them on any screen, small or large."
)
"""Its mean letter width stands for running text."""
LOCAL = {
    "Arial": {
        "regular": (("Arial", "Liberation Sans", "Arimo"), 0.44307),
        "bold": (("Arial Bold", "Liberation Sans Bold", "Arimo Bold"), 0.47615),
    },
    "Roboto": {"regular": (("Roboto", "Roboto Regular"), 0.44137), "bold": (("Roboto Bold",), 0.44766)},
    "DejaVu": {"regular": (("DejaVu Sans",), 0.50709), "bold": (("DejaVu Sans Bold",), 0.57183)},
}
"""Fonts that readers have, and the mean width of a letter of SAMPLE in them, in em."""


def _wearers() -> set[str]:
    return {skin for font in FONTS.values() for skin in font["skins"]}


def of(skin: str) -> list[str]:
    """The fonts that a skin uses."""
    return [name for name, font in FONTS.items() if skin in font["skins"]]


@lru_cache(maxsize=64)
def _files(name: str) -> dict[tuple[str, str, str], Path]:
    font = FONTS[name]
    folder = packages.folder(font["package"]) / "files"
    stem = font["package"].partition("/")[2]
    found = {}
    for subset in SUBSETS:
        for weight in font["weights"]:
            for style in ("normal", "italic"):
                path = folder / f"{stem}-{subset}-{weight}-{style}.woff2"
                if path.exists() and path.stat().st_size > 1500:  # smaller ones hold no letters
                    found[subset, weight, style] = path
    return found


def hashed(name: str, key: tuple[str, str, str]) -> str:
    """The name under which a font file is served."""
    mark = hashlib.sha256(_files(name)[key].read_bytes()).hexdigest()[:10]
    return f"{name}-{'-'.join(key)}-{mark}.woff2"


@lru_cache(maxsize=64)
def measured(name: str, weight: int) -> dict[str, float]:
    """A font's mean letter width, ascent, descent and line gap, in em."""
    files = _files(name)
    known = sorted({key[1] for key in files})
    wanted = "wght" if "wght" in known else min(known, key=lambda each: abs(int(each) - weight))
    font = TTFont(files["latin", wanted, "normal"])
    if "fvar" in font:
        font = instantiateVariableFont(
            font, {axis.axisTag: axis.defaultValue for axis in font["fvar"].axes} | {"wght": weight}
        )
    unit, letters, advance, line = font["head"].unitsPerEm, font.getBestCmap(), font["hmtx"], font["hhea"]
    width = sum(advance[letters[ord(each)]][0] for each in SAMPLE) / len(SAMPLE) / unit
    return {"width": width, "ascent": line.ascent / unit, "descent": -line.descent / unit, "gap": line.lineGap / unit}


def fallback(name: str, like: str, weight: str) -> dict[str, float]:
    """By how much a local font is stretched to take a web font's place, in percent."""
    web = measured(name, 700 if weight == "bold" else 400)
    size = web["width"] / LOCAL[like][weight][1]
    made = {"size-adjust": size * 100}
    made |= {f"{side}-override": web[side] / size * 100 for side in ("ascent", "descent")}
    return {**made, "line-gap-override": web["gap"] / size * 100}


def faces(skin: str) -> tuple[list[Node], dict[str, Any]]:
    """The @font-face rules of a skin, and what the manifest says of its fonts."""
    nodes: list[Node] = []
    told: dict[str, Any] = {"families": [], "files": [], "preload": "", "fallbacks": {}}
    for name in of(skin):
        font = FONTS[name]
        ranges = json.loads((packages.folder(font["package"]) / "unicode.json").read_text())
        told["families"].append(font["family"])
        for key in _files(name):
            file = hashed(name, key)
            told["files"].append(file)
            nodes.append(Block("@font-face", raw=_face(font, key, file, ranges)))
        first = font.get("preload", font["weights"][0])
        if first:
            told["preload"] = hashed(name, ("latin", first, "normal"))
        for like, weights in LOCAL.items():
            for weight, (locals_, _) in weights.items():
                measures = {side: round(value, 2) for side, value in fallback(name, like, weight).items()}
                told["fallbacks"].setdefault(f"{font['family']} {like}", {})[weight] = measures
                nodes.append(Block("@font-face", raw=_stand_in(font["family"], like, weight, locals_, measures)))
    return nodes, told


def _face(font: dict[str, Any], key: tuple[str, str, str], file: str, ranges: dict[str, str]) -> str:
    subset, weight, style = key
    weights = weight
    if weight == "wght":
        axes = json.loads((packages.folder(font["package"]) / "metadata.json").read_text())["variable"]["wght"]
        weights = f"{axes['min']} {axes['max']}"
    style = f"font-style:{style};" if style != "normal" else ""
    reach = ranges.get(subset, ranges.get(f"[{subset}]", ""))
    return (
        f'font-family:"{font["family"]}";{style}font-weight:{weights};font-display:swap;'
        f'src:url(../fonts/{file})format("woff2");unicode-range:{reach}'
    )


def _stand_in(family: str, like: str, weight: str, locals_: tuple[str, ...], measures: dict[str, float]) -> str:
    source = ",".join(f'local("{each}")' for each in locals_)
    sides = ";".join(f"{side}:{value:g}%" for side, value in measures.items())
    reach = "1 599" if weight == "regular" else "600 1000"
    return f'font-family:"{family} {like}";font-weight:{reach};src:{source};{sides}'


def named(nodes: list[Node], skin: str) -> list[Node]:
    """The rules with our font families, each followed by its stand-ins."""
    swaps = {}
    for name in of(skin):
        font = FONTS[name]
        swaps[font["shipped"]] = ",".join([f'"{font["family"]}"', *(f'"{font["family"]} {like}"' for like in LOCAL)])

    def change(rule: Rule) -> Rule:
        pairs = []
        for name, value in rule.declarations:
            if name in ("font-family", "--bs-font-sans-serif", "--bs-btn-font-family"):
                for shipped, ours in swaps.items():
                    value = re.sub(rf'^(?:"{shipped}"|{shipped})(?=,)', ours, value)
            pairs.append((name, value))
        return Rule(rule.selectors, pairs, rule.mark)

    return changed(nodes, change)


def write() -> set[str]:
    """Puts the font files, their licences and the rules of all (for samples) into static/fonts/; returns the files' names."""
    OUT.mkdir(parents=True, exist_ok=True)
    written, licences = set(), []
    for name, font in sorted(FONTS.items()):
        for key, path in _files(name).items():
            (OUT / hashed(name, key)).write_bytes(path.read_bytes())
            written.add(hashed(name, key))
        pinned = packages.PINNED[font["package"]]
        licences.append(f"{font['family']} ({font['package']} {pinned['version']}): {pinned['licence']}")
        text = (packages.folder(font["package"]) / "LICENSE").read_text()
        (OUT / f"LICENSE.{name}").write_text(text)
    every = dict.fromkeys(node.text() for skin in sorted(_wearers()) for node in faces(skin)[0])
    (OUT / "faces.css").write_text("".join(every))
    lines = [
        "Each family is under the licence named here; its text and copyright are in LICENSE.<name>.",
        "",
        *licences,
    ]
    (OUT / "LICENSES").write_text("\n".join(lines) + "\n")
    for path in OUT.glob("*.woff2"):
        if path.name not in written:
            path.unlink()
    return written
