"""Skins: what there is to choose from, what a reader has chosen, and what a page wears because of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from core import cache
from core.db import session
from core.i18n import gettext as _
from core.settings import Bool, Choice, Matching, Str, declare
from forum.accounts import prefer
from forum.refusals import Forbidden, Invalid
from forum.viewers import Viewer
from models import CustomSkin

LIGHT = (
    "brite", "cerulean", "cosmo", "flatly", "journal", "litera", "lumen", "lux", "materia", "minty", "morph",
    "pulse", "sandstone", "simplex", "sketchy", "spacelab", "united", "yeti", "zephyr",
)  # fmt: skip
DARK = ("cyborg", "darkly", "quartz", "slate", "solar", "superhero", "vapor")
NONE = "noskin"
BUILT = (NONE, *LIGHT, *DARK)
DEFAULT = "default"
SAME = "same"
"""For dark pages: the dark mode of the skin for light ones."""
MODES = ("light", "dark", "auto")
COMFORT = {
    "size": ("normal", "small", "large", "largest"),
    "font": ("skin", "legible"),
    "density": ("comfortable", "compact"),
    "keys": ("on", "off"),
}
"""What a reader sets for his own eyes and hands, whatever the skin; the first of each is how things are without a choice."""

_NAMES = rf"(?:{'|'.join(BUILT)}|own-\d{{1,9}})"

settings = declare(
    "skins",
    default=Matching(NONE, "The skin of readers who have not chosen one", pattern=_NAMES, form="the name of a skin"),
    default_dark=Matching(
        SAME,
        "Their skin for dark pages (same: the dark mode of that skin)",
        pattern=rf"(?:{SAME}|{_NAMES})",
        form="the name of a skin, or same",
    ),
    mode=Choice("auto", "Their colours: light, dark, or as the reader's system has it", options=MODES),
    withdrawn=Str("", "Skins that are not offered, separated by commas", longest=500),
    choosable=Bool(True, "Readers may choose a skin"),
)


@dataclass(frozen=True, slots=True)
class Skin:
    """A skin of the menu. `base` is the built skin that it is, or lies over."""

    name: str
    title: str
    base: str
    own: int = 0  # the id of a skin made in the browser

    @property
    def dark(self) -> bool:
        """Whether it is dark whatever the mode."""
        return self.base in DARK


@dataclass(frozen=True, slots=True)
class Look:
    """What a reader chose (`light` may be "default", `dark` may be "same"), and what his pages wear."""

    light: str
    dark: str
    mode: str
    worn: tuple[tuple[Skin, str], ...]  # each skin with the media in which it holds
    comfort: tuple[tuple[str, str], ...] = ()

    @property
    def theme(self) -> str:
        """The value of data-bs-theme: light, dark, or auto."""
        return "dark" if all(skin.dark for skin, _media in self.worn) else self.mode


def every() -> dict[str, Skin]:
    """Every skin that there is, by name; kept in the process until one changes."""

    def load() -> dict[str, Skin]:
        found = {name: Skin(name, title(name), name) for name in BUILT}
        rows = session().execute(select(CustomSkin.id, CustomSkin.name, CustomSkin.base).order_by(CustomSkin.name))
        for row in rows:
            found[f"own-{row.id}"] = Skin(f"own-{row.id}", row.name, row.base, row.id)
        return found

    return cache.keep("skins", load)


def catalogue() -> dict[str, Skin]:
    """The skins that are offered, by name. Plain Bootstrap always is."""

    def load() -> dict[str, Skin]:
        gone = {name.strip() for name in settings.withdrawn.split(",")}
        return {name: skin for name, skin in every().items() if name not in gone or name == NONE}

    return cache.keep("offered_skins", load, "skins", "settings")


def title(name: str) -> str:
    """The name of a built skin as the menu shows it."""
    return _("No Skin") if name == NONE else name.capitalize()


def default_skin() -> Skin:
    """The skin of readers who have not chosen one."""
    offered = catalogue()
    return offered.get(settings.default) or offered[NONE]


def look(preferences: Mapping[str, Any]) -> Look:
    """What a reader's preferences come to. What is unknown, withdrawn or not text counts as not chosen."""
    said = {name: preferences.get(name) for name in ("skin", "dark", "mode", *COMFORT)}
    known = {name: value for name, value in said.items() if isinstance(value, str)}
    return cache.keep_one_of("looks", tuple(known.items()), lambda: _look(known), "skins", "settings")


def _look(preferences: Mapping[str, str]) -> Look:
    offered = catalogue()
    mode = preferences.get("mode")
    mode = mode if mode in MODES else settings.mode
    light, dark = DEFAULT, settings.default_dark
    if settings.choosable:
        light = _known(preferences.get("skin"), DEFAULT)
        dark = _known(preferences.get("dark"), settings.default_dark if light == DEFAULT else SAME)
    day = default_skin() if light == DEFAULT else offered[light]
    night = day if dark == SAME else offered.get(dark, day)
    return Look(light, dark, mode, _worn(day, night, mode), comfort(preferences))


def comfort(preferences: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The settings for the eyes that differ from how things are anyway."""
    chosen = ((name, preferences.get(name)) for name in COMFORT)
    return tuple((name, value) for name, value in chosen if value in COMFORT[name][1:])


def clicked(now: Look, name: str) -> dict[str, str]:
    """What choosing a skin in the menu changes, so that it shows at once.

    A dark skin becomes the one for dark pages and turns them on; a light one (or none, or the default) becomes the one
    for light pages, and takes the place of a dark skin that is worn. Raises Invalid, Forbidden.
    """
    _allowed(name)
    skin = default_skin() if name == DEFAULT else catalogue()[name]
    if skin.dark and name != DEFAULT:
        return {"dark": name, "mode": "dark"}
    change = {"skin": name}
    night = catalogue().get(now.dark)
    if now.mode == "dark" and night is not None and night.dark:
        return {**change, "mode": "light"}
    if now.mode == "auto" and night is not None:
        return {**change, "dark": SAME}
    return change


def preview(preferences: Mapping[str, Any], name: str) -> Look:
    """The look that choosing a skin in the menu would give."""
    return look({**preferences, **clicked(look(preferences), name)})


def chosen(form: Mapping[str, str]) -> dict[str, str]:
    """The preferences in a form of the page about looks. Raises Invalid, Forbidden."""
    found = {}
    for name in ("skin", "dark"):
        if value := form.get(name, ""):
            _allowed(value, SAME if name == "dark" else DEFAULT)
            found[name] = value
    for name, options in {"mode": MODES, **COMFORT}.items():
        if value := form.get(name, ""):
            if value not in options:
                raise Invalid(name, _("There is no such choice."))
            found[name] = value
    return found


def choose(viewer: Viewer, preferences: Mapping[str, str]) -> None:
    """Keeps a member's choices in the account."""
    prefer(viewer, **preferences)


def _known(name: object, otherwise: str) -> str:
    return name if isinstance(name, str) and (name in catalogue() or name in (DEFAULT, SAME)) else otherwise


def _allowed(name: str, *also: str) -> None:
    if not settings.choosable:
        raise Forbidden(_("On this site everybody wears the same skin."))
    if name not in catalogue() and name not in (DEFAULT, *also):
        raise Invalid("skin", _("There is no such skin."))


def _worn(day: Skin, night: Skin, mode: str) -> tuple[tuple[Skin, str], ...]:
    if mode == "light" or day == night:
        return ((day, ""),)
    if mode == "dark":
        return ((night, ""),)
    return ((day, "(prefers-color-scheme: light)"), (night, "(prefers-color-scheme: dark)"))
