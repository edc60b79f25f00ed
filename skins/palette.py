"""The colours of a look (a skin in one colour mode): read from Sass or designed, and held to contrast."""

from dataclasses import dataclass, field, replace
from typing import Any

from skins.colour import (
    BLACK,
    WHITE,
    Colour,
    colour,
    contrast,
    from_oklch,
    lightened,
    mix,
    over,
    parse,
    readable,
    to_oklch,
)

KINDS = ("primary", "secondary", "success", "info", "warning", "danger")
TEXT, CONTROL = 4.6, 3.1
"""The ratios that are aimed at: a little over WCAG's 4.5 and 3, so that rounding takes nothing away."""


@dataclass(slots=True)
class Palette:
    """What a page is painted with. `stops` are what lies behind text where that is no single colour (a gradient)."""

    dark: bool
    body_bg: Colour
    tertiary_bg: Colour
    secondary_bg: Colour
    body_color: Colour
    border: Colour
    link: Colour
    link_hover: Colour
    code: Colour
    heading: Colour | None
    control_bg: Colour
    accent: Colour
    emphasis: Colour = WHITE
    secondary_color: Colour = WHITE
    tertiary_color: Colour = WHITE
    control_border: Colour = WHITE
    mark: tuple[Colour, Colour] = (WHITE, BLACK)
    themes: dict[str, tuple[Colour, Colour, Colour]] = field(default_factory=dict)
    stops: list[Colour] = field(default_factory=list)
    more: dict[str, str] = field(default_factory=dict)

    @property
    def papers(self) -> list[Colour]:
        """Every plain surface that text may stand on."""
        grounds = [self.body_bg, *self.stops]
        return [
            self.body_bg,
            *self.stops,
            *(over(self.tertiary_bg, ground) for ground in grounds),
            *(over(self.secondary_bg, ground) for ground in grounds),
            self.control_bg,
        ]

    def variables(self) -> dict[str, str]:
        """The custom properties of the look."""
        made = {
            "color-scheme": "dark" if self.dark else "light",
            "--bs-code-color": str(self.code),
            "--bs-heading-color": str(self.heading) if self.heading else "initial",
            "--bs-border-color": str(self.border),
            "--bs-border-color-translucent": str(self.border),
            "--bs-highlight-bg": str(self.mark[0]),
            "--bs-highlight-color": str(self.mark[1]),
            "--bs-primary": str(self.accent),
            "--bs-primary-rgb": self.accent.triple,
            "--bs-control-bg": str(self.control_bg),
            "--bs-control-border": str(self.control_border),
            "--bs-focus-ring-color": str(Colour(self.link.red, self.link.green, self.link.blue, 0.35)),
        }
        for name, value in (
            ("body-bg", self.body_bg),
            ("body-color", self.body_color),
            ("emphasis-color", self.emphasis),
            ("secondary-color", self.secondary_color),
            ("tertiary-color", self.tertiary_color),
            ("secondary-bg", self.secondary_bg),
            ("tertiary-bg", self.tertiary_bg),
            ("link-color", self.link),
            ("link-hover-color", self.link_hover),
        ):
            made[f"--bs-{name}"] = str(value)
            made[f"--bs-{name}-rgb"] = value.triple
        for kind, (text, paper, line) in self.themes.items():
            made[f"--bs-{kind}-text-emphasis"] = str(text)
            made[f"--bs-{kind}-bg-subtle"] = str(paper)
            made[f"--bs-{kind}-border-subtle"] = str(line)
        for state, kind in (("valid", "success"), ("invalid", "danger")):
            made[f"--bs-form-{state}-color"] = made[f"--bs-form-{state}-border-color"] = str(self.themes[kind][0])
        return {**made, **self.more}

    def local(self) -> dict[str, str]:
        """The variables that an element and what is in it read, where it has colours of its own."""
        names = (
            "body-bg body-color secondary-color secondary-bg tertiary-bg border-color link-color link-color-rgb primary"
        )
        known = self.variables()
        made = {f"--bs-{name}": known[f"--bs-{name}"] for name in names.split()}
        return made | {
            "--panel": made["--bs-tertiary-bg"],
            "--line": made["--bs-border-color"],
            "--quiet": made["--bs-secondary-color"],
            "color": made["--bs-body-color"],
        }


def navigation(look: Palette, design: dict[str, Any]) -> Palette | None:
    """The colours of the rails, where a skin is known by its navigation."""
    if "nav" not in design:
        return None
    paper = colour(design["nav"])
    ink = readable(colour(design["nav-ink"]), [paper], TEXT) if "nav-ink" in design else ink_on(paper)
    hover, share = paper, 0.2
    while contrast(ink, hover := mix(ink, paper, share)) < TEXT and share > 0.02:
        share -= 0.02
    if share <= 0.02:
        away = BLACK if ink == WHITE else WHITE
        hover = mix(away, paper, 0.15)
    return replace(
        look,
        body_bg=paper, tertiary_bg=paper, secondary_bg=hover, body_color=ink, link=ink, accent=ink, stops=[], more={},
        secondary_color=readable(mix(ink, paper, 0.85), [paper, hover], TEXT),
        border=colour(design["nav-line"]) if "nav-line" in design else mix(BLACK, paper, 0.18),
    )  # fmt: skip


def ink_on(paper: Colour) -> Colour:
    """What is written on a coloured surface: white where it can be read, else a very dark tone of the same hue."""
    if contrast(WHITE, paper) >= TEXT - 0.1:
        return WHITE
    _, chroma, hue = to_oklch(paper)
    return readable(from_oklch(0.2, min(chroma, 0.04), hue), [paper], TEXT)


def light(root: dict[str, str], design: dict[str, Any]) -> Palette:
    """A light skin's own colours, made readable."""

    def own(name: str) -> Colour:
        return colour(design.get(name) or root[f"--bs-{name}"])

    body = own("body-bg")
    made = Palette(
        dark=False,
        body_bg=body,
        tertiary_bg=own("tertiary-bg"),
        secondary_bg=own("secondary-bg"),
        body_color=own("body-color"),
        border=over(own("border-color"), body),
        link=own("link-color"),
        link_hover=own("link-hover-color"),
        code=own("code-color"),
        heading=parse(design.get("heading-color") or root["--bs-heading-color"]),
        control_bg=colour(design.get("control-bg", str(body))),
        accent=own("primary"),
        emphasis=BLACK,
    )
    for kind in KINDS:
        texts = (root[f"--bs-{kind}-{part}"] for part in ("text-emphasis", "bg-subtle", "border-subtle"))
        made.themes[kind] = tuple(over(colour(text), body) for text in texts)
    made.mark = (colour(root["--bs-highlight-bg"]), made.body_color)
    return _held(made, design)


def dark(root: dict[str, str], design: dict[str, Any]) -> Palette:
    """A designed dark look: surfaces of one tint ([lightness, chroma, hue] of the body), everything else from there."""
    tone, chroma, hue = design["tint"]

    def surface(name: str, by: float, more: float) -> Colour:
        return colour(design[name]) if name in design else from_oklch(tone + by, chroma * more, hue)

    link_light, link_chroma, link_hue = to_oklch(colour(design.get("link-color") or root["--bs-link-color"]))
    text = surface("body-color", 0.89 - tone, 0.5)
    link = from_oklch(max(0.74, link_light), min(link_chroma, 0.15), link_hue)
    made = Palette(
        dark=True,
        body_bg=surface("body-bg", 0, 1),
        tertiary_bg=surface("tertiary-bg", 0.035, 1.15),
        secondary_bg=surface("secondary-bg", 0.08, 1.3),
        body_color=text,
        border=surface("border-color", 0.145, 1.4),
        link=colour(design["link-color"]) if "link-color" in design else link,
        link_hover=lightened(link, 0.07),
        code=colour(design.get("code-color", "#f0a3c8")),
        heading=colour(design["heading-color"]) if "heading-color" in design else None,
        control_bg=surface("control-bg", -0.015, 1),
        accent=colour(design.get("accent") or root["--bs-primary"]),
        stops=[colour(stop) for stop in design.get("stops", ())],
    )
    for kind in KINDS:
        made.themes[kind] = _tinted(over(colour(root[f"--bs-{kind}"]), made.body_bg), tone)
    made.mark = (from_oklch(tone + 0.2, 0.08, 90), WHITE)
    return _held(made, design)


def shipped_dark(root: dict[str, str], night: dict[str, str]) -> Palette:
    """Bootstrap's own dark mode, made readable."""
    made = light({**root, **night}, {"control-bg": night["--bs-body-bg"]})
    made.dark, made.emphasis = True, WHITE
    return _held(made, {})


def _tinted(of: Colour, tone: float) -> tuple[Colour, Colour, Colour]:
    _, chroma, hue = to_oklch(of)
    soft = min(chroma, 0.11)
    return (
        from_oklch(0.84, soft, hue),
        from_oklch(tone + 0.06, soft * 0.5, hue),
        from_oklch(tone + 0.2, soft * 0.8, hue),
    )


def _held(made: Palette, design: dict[str, Any]) -> Palette:
    """Moves inks until they can be read wherever they may stand."""
    papers = made.papers
    grounds = [made.body_bg, *made.stops, *(over(made.tertiary_bg, each) for each in [made.body_bg, *made.stops])]
    made.body_color = readable(made.body_color, grounds, design.get("text-ratio", 7.0))
    made.body_color = readable(made.body_color, papers, min(5.2, design.get("text-ratio", 7.0)))
    quiet = (
        colour(design["secondary-color"]) if "secondary-color" in design else mix(made.body_color, made.body_bg, 0.75)
    )
    made.secondary_color = made.tertiary_color = readable(quiet, papers, TEXT)
    made.link, made.code = readable(made.link, papers, TEXT), readable(made.code, papers, TEXT)
    made.link_hover = readable(made.link_hover, papers, TEXT)
    made.heading = made.heading and readable(made.heading, papers, TEXT)
    # more than 3:1, for below that Chromium paints its own controls as for pages of the other mode
    made.accent = readable(made.accent, papers, TEXT if made.dark else 3.6)
    edge = colour(design["control-border"]) if "control-border" in design else made.border
    made.control_border = readable(edge, [made.control_bg, *grounds], CONTROL)
    for kind, (text, paper, line) in made.themes.items():
        paper = _softened(paper, made) if "stops" not in design else paper
        made.themes[kind] = (readable(text, [*papers, paper], TEXT), paper, line)
    if contrast(*made.mark) < TEXT:
        made.mark = (made.mark[0], readable(made.mark[1], [made.mark[0]], TEXT))
    return made


def _softened(paper: Colour, made: Palette) -> Colour:
    """A tinted panel on which the look's own text can be read too: quotes and links stand in alerts."""
    step = -0.005 if made.dark else 0.005
    for _ in range(60):
        if contrast(made.body_color, paper) >= TEXT:
            break
        paper = lightened(paper, step)
    return paper
