"""Looks: the stylesheets and fonts that a page loads for what its reader chose."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from core.config import ROOT
from forum import custom_skins, layout, skins
from forum.skins import Look, Skin


@dataclass(frozen=True, slots=True)
class Sheet:
    """A stylesheet, and the media in which it holds (empty: always)."""

    href: str
    media: str = ""


@lru_cache
def manifest() -> dict[str, Any]:
    """What the build of the skins wrote about them."""
    found: dict[str, Any] = json.loads((ROOT / "static" / "skins" / "skins.json").read_text())
    return found


def sheets(look: Look) -> list[Sheet]:
    """The stylesheets of a look, in order: each built skin, the community's own colours over it, and what is
    turned round where pages go from right to left.
    """
    found, turned = [], {}
    for skin, media in look.worn:
        built = manifest()[skin.base]
        found.append(Sheet(f"/static/skins/{built['file']}", media))
        if skin.own:
            found.append(Sheet(own_href(skin.own), media))
        # skins may share this file, and a page links it once
        turned[built["rtl"]["file"]] = "" if built["rtl"]["file"] in turned else media
    if layout.direction() == "rtl":
        found += [Sheet(f"/static/skins/{file}", media) for file, media in turned.items()]
    return found


def sample_sheets(skin: Skin) -> list[str]:
    """The stylesheets that dress a sample of a skin, whatever the reader wears."""
    return [sheet.href for sheet in sheets(Look(skin.name, "", "light", ((skin, ""),)))]


def own_href(skin_id: int) -> str:
    """The address of an own skin's stylesheet, with a mark of its content."""
    _text, mark = custom_skins.stylesheets()[skin_id]
    return f"/skin/{skin_id}.css?v={mark}"


def fonts(look: Look) -> list[str]:
    """The font files that the first paint of a look needs."""
    files = (manifest()[skin.base]["fonts"].get("preload") for skin, _media in look.worn)
    return sorted({f"/static/fonts/{file}" for file in files if file})


def described(look: Look) -> dict[str, Any]:
    """A look as the page's script needs it."""
    return {
        "sheets": [[sheet.href, sheet.media] for sheet in sheets(look)],
        "fonts": fonts(look),
        "theme": look.theme,
    }


def previews(preferences: Mapping[str, Any]) -> dict[str, Any]:
    """What the page would wear after each choice in the menu."""
    if not skins.settings.choosable:
        return {}
    names = (skins.DEFAULT, *skins.catalogue())
    return {name: described(skins.preview(preferences, name)) for name in names}


def swatches(picture: str) -> str:
    """The style rules of the swatches: pieces of one picture, and the community's own skins drawn by themselves."""
    rules = [f".swatch{{background:url({picture})}}", *_in_the_dark(".swatch", "background-position-y:-18px")]
    columns = {name: place for place, name in enumerate(sorted(manifest()))}
    rules += [f".swatch-{name}{{background-position-x:-{28 * place}px}}" for name, place in columns.items() if place]
    for skin in skins.every().values():
        if skin.own:
            modes = {mode: _drawn(skin, mode) for mode in ("light", "dark")}
            rules.append(f".swatch-{skin.name}{{background:{modes['light']}}}")
            rules += _in_the_dark(f".swatch-{skin.name}", f"background:{modes['dark']}")
    return "".join(rules)


def _in_the_dark(selector: str, body: str) -> list[str]:
    auto = f"[data-bs-theme=auto] {selector}{{{body}}}"
    return [f"[data-bs-theme=dark] {selector}{{{body}}}", f"@media (prefers-color-scheme:dark){{{auto}}}"]


def _drawn(skin: Skin, mode: str) -> str:
    swatches = manifest()[skin.base]["swatches"]
    of = dict(swatches.get(mode) or swatches["dark"])
    own = custom_skins.colours().get(skin.own, {}).get("dark" if skin.dark else mode)
    if own:
        of |= {"bg": own["background"], **{part: own[part] for part in ("panel", "text", "link", "primary")}}
    return (
        f"radial-gradient(circle at 23px 9px,{of['link']} 2.5px,transparent 3px),"
        f"linear-gradient({of['text']} 0 0) 3px 4px/12px 3px no-repeat,"
        f"linear-gradient({of['primary']} 0 0) 3px 10px/9px 4px no-repeat,"
        f"linear-gradient(90deg,{of['bg']} 18px,{of['panel']} 18px)"
    )


def grounds(base: str) -> dict[str, dict[str, str]]:
    """A built skin's own colours under the names of the parts that may be changed, for each of its modes."""
    if base not in manifest():
        return {}
    swatches = manifest()[base]["swatches"]
    return {
        mode: {"background": found["bg"], **{part: found[part] for part in ("panel", "text", "link", "primary")}}
        for mode, found in swatches.items()
    }
