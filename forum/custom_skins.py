"""Skins made in the browser: colours and fonts over a built skin, readable whatever somebody chose."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from core import cache, clock, colour
from core.db import session
from core.i18n import gettext as _
from core.i18n import mark
from forum import audit
from forum.permissions import YES, Verdict, require
from forum.privileges import rights
from forum.refusals import Invalid, Missing
from forum.skins import BUILT, DARK
from forum.slugs import slugify
from forum.viewers import Viewer
from models import CustomSkin

PARTS = ("background", "panel", "text", "link", "primary")
FONTS: dict[str, str] = {
    "": "",
    "system": 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
    "humanist": 'Seravek, "Gill Sans Nova", Ubuntu, Calibri, "DejaVu Sans", sans-serif',
    "rounded": 'ui-rounded, "Hiragino Maru Gothic ProN", Quicksand, Comfortaa, Manjari, sans-serif',
    "serif": 'Charter, "Bitstream Charter", "Sitka Text", Cambria, serif',
    "old-style": '"Iowan Old Style", "Palatino Linotype", "URW Palladio L", P052, serif',
    "monospace": 'ui-monospace, "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace',
}
"""Stacks of fonts that systems bring along: nothing to load, nothing that shifts."""

_GROUNDS: dict[str, dict[str, str]] = {
    "light": {"background": "#ffffff", "panel": "#f8f9fa", "text": "#212529", "link": "#0a58ca", "primary": "#0d6efd"},
    "dark": {"background": "#212529", "panel": "#2b3035", "text": "#dee2e6", "link": "#6ea8fe", "primary": "#0d6efd"},
}
"""What a colour is measured against where neither the form nor the base says."""


_PAIRS = {
    ("text", "background"): mark("text on the background"),
    ("text", "panel"): mark("text on panels"),
    ("link", "background"): mark("links on the background"),
    ("link", "panel"): mark("links on panels"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One pair of colours and how well it can be read."""

    mode: str
    what: str
    ratio: float
    least: float

    @property
    def good(self) -> bool:
        """Whether the contrast is enough."""
        return self.ratio >= self.least


def manage(viewer: Viewer) -> Verdict:
    """May the viewer make skins and choose the site's?"""
    return YES if "admin:settings" in rights(viewer) else Verdict(False, _("Only administrators may do this."))


def index(viewer: Viewer) -> Sequence[CustomSkin]:
    """The community's own skins. Raises Forbidden."""
    require(manage(viewer))
    return session().scalars(select(CustomSkin).order_by(CustomSkin.name)).all()


def get(viewer: Viewer, skin_id: int) -> CustomSkin:
    """One of them. Raises Forbidden, Missing."""
    require(manage(viewer))
    skin = session().get(CustomSkin, skin_id)
    if skin is None:
        raise Missing
    return skin


def modes_of(base: str) -> tuple[str, ...]:
    """The colour modes that a built skin has."""
    return ("dark",) if base in DARK else ("light", "dark")


def read_colours(form: Mapping[str, str], base: str) -> dict[str, dict[str, str]]:
    """The colours in a form, fields named like `light-text`; empty ones are the base's. Raises Invalid."""
    found: dict[str, dict[str, str]] = {}
    for mode in modes_of(base):
        for part in PARTS:
            name = f"{mode}-{part}"
            text = form.get(name, "").strip()
            if not text:
                continue
            try:
                found.setdefault(mode, {})[part] = colour.parse(text)
            except colour.BadColourError:
                raise Invalid(name, _("“%(text)s” is not a colour. Write it like #1a2b3c.", text=text[:20])) from None
    return found


def findings(colours: Mapping[str, Mapping[str, str]], grounds: Mapping[str, Mapping[str, str]]) -> list[Finding]:
    """How well the pairs of colours can be read that a page shows. `grounds` are the base's own colours."""
    found = []
    for mode, chosen in colours.items():
        full = {**_GROUNDS[mode], **grounds.get(mode, {}), **chosen}
        for part in ("text", "link"):
            for ground in ("background", "panel"):
                ratio = colour.contrast(full[part], full[ground])
                found.append(Finding(mode, _(_PAIRS[part, ground]), ratio, colour.AA_TEXT))
        ink = colour.ink_on(full["primary"])
        found.append(Finding(mode, _("words on a button"), colour.contrast(ink, full["primary"]), colour.AA_TEXT))
        found.append(
            Finding(
                mode,
                _("buttons against the background"),
                colour.contrast(full["primary"], full["background"]),
                colour.AA_EDGE,
            )
        )
    return found


def mended(
    colours: Mapping[str, Mapping[str, str]], grounds: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, str]]:
    """The same colours, each moved as little as possible until everything can be read (WCAG 2.2 AA)."""
    result: dict[str, dict[str, str]] = {}
    for mode, chosen in colours.items():
        if not chosen:
            continue
        full = {**_GROUNDS[mode], **grounds.get(mode, {}), **chosen}
        if "background" in chosen and "panel" not in chosen:
            full["panel"] = colour.mix(full["text"], full["background"], 0.05)
        # text must be able to stand on both grounds: a panel far from the background would leave no colour for it
        if colour.contrast(full["background"], full["panel"]) > 1.6:
            full["panel"] = colour.mix(full["panel"], full["background"], 0.25)
        for part in ("text", "link"):
            full[part] = colour.mend(full[part], full["background"], full["panel"])
        full["primary"] = colour.mend(full["primary"], full["background"], least=colour.AA_EDGE)
        result[mode] = {part: full[part] for part in PARTS}
    return result


def save(
    viewer: Viewer,
    skin: CustomSkin | None,
    *,
    name: str,
    base: str,
    colours: Mapping[str, Mapping[str, str]],
    grounds: Mapping[str, Mapping[str, str]],
    body_font: str = "",
    heading_font: str = "",
) -> CustomSkin:
    """Makes or changes a skin; colours that could not be read are mended. Raises Forbidden, Invalid."""
    require(manage(viewer))
    name = " ".join(name.split())
    if not 2 <= len(name) <= 40:
        raise Invalid("name", _("A skin's name has 2 to 40 letters."))
    if base not in BUILT:
        raise Invalid("base", _("There is no such skin."))
    if body_font not in FONTS or heading_font not in FONTS:
        raise Invalid("body_font", _("There is no such font."))
    same = session().scalar(select(CustomSkin).where(CustomSkin.name == name))
    if (same is not None and same is not skin) or name.casefold() in (*BUILT, "default", "no skin"):
        raise Invalid("name", _("There is a skin of this name already."))
    if skin is None:
        skin = CustomSkin()
        session().add(skin)
    skin.name, skin.slug, skin.base = name, slugify(name, "skin"), base
    skin.colours, skin.body_font, skin.heading_font = mended(colours, grounds), body_font, heading_font
    skin.changed_at = clock.now()
    session().flush()
    cache.bump("skins")
    audit.note(viewer, "skin.kept", name=name)
    return skin


def destroy(viewer: Viewer, skin: CustomSkin) -> None:
    """Removes a skin; who wore it wears the default. Raises Forbidden."""
    require(manage(viewer))
    audit.note(viewer, "skin.removed", name=skin.name)
    session().delete(skin)
    session().flush()
    cache.bump("skins")


def colours() -> dict[int, dict[str, dict[str, str]]]:
    """The colours of each own skin by mode; kept in the process until a skin changes."""

    def load() -> dict[int, dict[str, dict[str, str]]]:
        return {row.id: row.colours for row in session().execute(select(CustomSkin.id, CustomSkin.colours))}

    return cache.keep("own_colours", load, "skins")


def stylesheets() -> dict[int, tuple[str, str]]:
    """The stylesheet of each own skin and a mark of its content; kept in the process until a skin changes."""

    def load() -> dict[int, tuple[str, str]]:
        made = {}
        for skin in session().scalars(select(CustomSkin)):
            text = stylesheet(skin)
            made[skin.id] = (text, hashlib.sha256(text.encode()).hexdigest()[:10])
        return made

    return cache.keep("own_stylesheets", load, "skins")


def stylesheet(skin: CustomSkin) -> str:
    """The variables that lie over the base. Only checked colours and our own font stacks come in."""
    rules = []
    if skin.body_font:
        family = FONTS[skin.body_font]
        rules.append(f"{_root('')}{{--bs-body-font-family:{family}}}{_body('')}{{font-family:{family}}}")
    if skin.heading_font:
        rules.append(f"{_root('')} :is(h1,h2,h3,h4,h5,h6){{font-family:{FONTS[skin.heading_font]}}}")
    for mode, colours in sorted(skin.colours.items(), reverse=True):
        if skin.base in DARK:
            rules.append(_rules("", colours))
        elif mode == "light":
            rules.append(_rules(":is([data-bs-theme=light],[data-bs-theme=auto])", colours))
        else:
            rules.append(_rules("[data-bs-theme=dark]", colours))
            rules.append(f"@media (prefers-color-scheme:dark){{{_rules('[data-bs-theme=auto]', colours)}}}")
    return "".join(rules)


def _root(mode: str) -> str:
    # a sample of the gallery stands in a shadow root, where no <html> is
    return f":is(html:root,.sample-page){mode}"


def _body(mode: str) -> str:
    return f"html:root{mode} body,.sample-page{mode}"


def _rules(mode: str, colours: Mapping[str, str]) -> str:
    ground, panel, text, link, primary = (colours[part] for part in PARTS)
    quiet = colour.mend(colour.mix(text, ground, 0.75), ground, panel)
    edge = colour.mend(colour.mix(text, ground, 0.35), ground, least=colour.AA_EDGE)
    hover = colour.mend(colour.mix(link, text, 0.7), ground, panel)
    pressed, ink = colour.mix(primary, "#000000", 0.85), colour.ink_on(primary)
    plain = {
        "body-bg": ground, "tertiary-bg": panel, "secondary-bg": colour.mix(text, panel, 0.1), "body-color": text,
        "secondary-color": quiet, "tertiary-color": quiet, "emphasis-color": text, "heading-color": text,
        "border-color": colour.mix(text, ground, 0.2), "link-color": link, "link-hover-color": hover,
        "primary": primary,
    }  # fmt: skip
    body = "".join(f"--bs-{name}:{value};" for name, value in plain.items())
    body += "".join(
        f"--bs-{name}-rgb:{','.join(map(str, colour.channels(plain[name])))};"
        for name in (
            "body-bg",
            "body-color",
            "link-color",
            "link-hover-color",
            "primary",
            "tertiary-bg",
            "secondary-bg",
        )
    )
    ink_pressed = colour.ink_on(pressed)
    button = (
        f"--bs-btn-bg:{primary};--bs-btn-border-color:{primary};--bs-btn-color:{ink};--bs-btn-hover-bg:{pressed};"
        f"--bs-btn-hover-border-color:{pressed};--bs-btn-hover-color:{ink_pressed};--bs-btn-active-bg:{pressed};"
        f"--bs-btn-active-border-color:{pressed};--bs-btn-active-color:{ink_pressed};--bs-btn-disabled-bg:{primary};"
        f"--bs-btn-disabled-color:{ink};--bs-btn-disabled-border-color:{primary}"
    )
    root = _root(mode)
    return (
        f"{root}{{{body}}}{_body(mode)}{{background:{ground};color:{text}}}{root} .btn-primary{{{button}}}"
        f"{root} .form-control{{border-color:{edge};background-color:{ground};color:{text}}}"
    )
