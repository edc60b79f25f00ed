"""What a recompile cannot do: colours that follow the mode, and inks that are held to contrast.

Computed from a skin's own values alone; no page is looked at. It sets custom properties, and plain properties only
where Bootstrap has none to set.
"""

import re
from typing import Any

from skins.colour import BLACK, WHITE, Colour, colour, contrast, from_oklch, mix, over, parse, readable, to_oklch
from skins.css import Block, Node, Rule, changed, rules, split
from skins.palette import CONTROL, KINDS, TEXT, Palette, ink_on, navigation

_COLOURED = {"color", "background-color", "background", "border-color", "border-top-color", "border-bottom-color"}
_LITERAL = re.compile(r"#[0-9a-fA-F]{3,8}\b|(?:rgb|hsl)a?\([^()]*\)")
_OWN = re.compile(r"\.btn-(?:outline-)?(?:primary|secondary|success|info|warning|danger|light|dark)\b")
DARK, AUTO = "[data-bs-theme=dark]", "[data-bs-theme=auto]"


def neutral(rule: Rule) -> Rule:
    """A rule of Bootswatch's without colours that know only one mode; shapes, shadows and gradients stay."""
    mine = any(_OWN.search(selector) for selector in rule.selectors)
    kept = []
    for name, value in rule.declarations:
        if name.startswith(("transition", "animation")):
            continue  # motion is livery.css's business, which asks the reader
        if name.startswith("border") and not mine:
            value = _lines(value)
        if name in _COLOURED and "gradient" not in value and "url(" not in value and _LITERAL.search(value):
            continue
        if name in _COLOURED and parse(value) is not None:
            continue
        kept.append((name, value))
    return Rule(rule.selectors, kept, rule.mark)


def _lines(value: str) -> str:
    def swap(found: re.Match[str]) -> str:
        of = parse(found[0])
        solid = of is not None and of.alpha == 1 and to_oklch(of)[1] < 0.03
        return "var(--bs-border-color)" if solid else found[0]

    return _LITERAL.sub(swap, value)


def quiet_ghosts(rule: Rule) -> Rule:
    """What Bootswatch does to every pressed or hovered button is not done to those without a face of their own."""
    ghostless = ".btn:not(:where(.btn-tool,.btn-quiet))"
    selectors = [
        re.sub(r"\.btn(?![\w-])", ghostless, selector) if re.search(r"\.btn(?![\w-]).*:", selector) else selector
        for selector in rule.selectors
    ]
    return Rule(selectors, rule.declarations, rule.mark)


def gradients(nodes: list[Node]) -> list[Node]:
    """Button gradients whose every stop lets the button's ink be read."""
    inks: dict[tuple[str, str], Colour] = {}
    for rule in rules(nodes):
        for selector in rule.selectors:
            if re.fullmatch(r"\.btn-\w+", selector) and (ink := parse(rule.get("--bs-btn-color") or "")):
                inks[selector, ""] = ink
                inks[selector, ":hover"] = parse(rule.get("--bs-btn-hover-color") or "") or ink

    def change(rule: Rule) -> Rule:
        name = re.match(r"\.btn-\w+", rule.selectors[0])
        ink = name and inks.get((name[0], ":hover" if ":hover" in rule.selectors[0] else ""))
        if not ink or "gradient" not in (rule.get("background-image") or ""):
            return rule
        held = [
            (known, _LITERAL.sub(lambda found: str(_under(colour(found[0]), ink)), value))
            if known == "background-image"
            else (known, value)
            for known, value in rule.declarations
        ]
        return Rule(rule.selectors, held, rule.mark)

    return changed(nodes, change)


def _under(paper: Colour, ink: Colour) -> Colour:
    return paper if contrast(ink, paper) >= TEXT else readable(paper, [ink], TEXT)


def states(paper: Colour, ink: Colour | None = None) -> dict[str, str]:
    """The custom properties of a filled button; hovered and pressed it moves away from its ink."""
    ink = ink or ink_on(paper)
    away = BLACK if ink == WHITE or to_oklch(paper)[0] > 0.93 else WHITE
    hover, active = (_under(mix(away, paper, share), ink) for share in (0.14, 0.2))
    made = {"color": ink, "bg": paper, "border-color": paper, "hover-color": ink, "hover-bg": hover}
    made |= {"hover-border-color": hover, "active-color": ink, "active-bg": active, "active-border-color": active}
    made |= {"disabled-color": ink, "disabled-bg": paper, "disabled-border-color": paper}
    return {f"--bs-btn-{name}": str(value) for name, value in made.items()}


def filled(rule: Rule, look: Palette, design: dict[str, Any]) -> dict[str, str]:
    """What changes on a filled button in a look: inks that cannot be read, and a face that the page would swallow."""
    if rule.selectors == [".btn-primary"] and "button" in design:
        return states(colour(design["button"]))
    values = dict(rule.declarations)
    face = over(colour(values["--bs-btn-bg"]), look.body_bg)
    if look.dark and contrast(face, look.body_bg) < 1.55 and not look.stops and "keep-face" not in design:
        return states(readable(face, [look.body_bg], 1.9))
    made = {}
    for state in ("", "hover-", "active-", "disabled-"):
        ink, paper = parse(values.get(f"--bs-btn-{state}color", "")), parse(values.get(f"--bs-btn-{state}bg", ""))
        if ink is None or paper is None:
            continue
        paper = over(paper, look.body_bg)
        if contrast(ink, paper) < 4.5:
            made[f"--bs-btn-{state}color"] = str(ink_on(paper))
        if state == "disabled-" and (share := faded(ink, paper, look.body_bg)) > 0.65:
            made["--bs-btn-disabled-opacity"] = f"{share:.2g}"
    return made


def faded(ink: Colour, paper: Colour, ground: Colour) -> float:
    """The opacity of a button that is switched off: Bootstrap's, or as much more as its words need to be made out."""
    share = 0.65
    while contrast(mix(ink, ground, share), mix(paper, ground, share)) < 2.7 and share < 1:
        share += 0.05
    return share


def outlined(kind: str, look: Palette, shipped: Colour) -> dict[str, str]:
    """An outline button that stands on every surface, filled with the same colour when hovered."""
    edge = readable(over(shipped, look.body_bg), look.papers, TEXT)
    ink = ink_on(edge)
    made = {"color": edge, "border-color": edge, "hover-color": ink, "hover-bg": edge, "hover-border-color": edge}
    made |= {"active-color": ink, "active-bg": edge, "active-border-color": edge}
    made |= {"disabled-color": edge, "disabled-border-color": edge}
    return {f"--bs-btn-{name}": str(value) for name, value in made.items()}


def alerts(look: Palette, faces: dict[str, Colour], solid: bool) -> list[Rule]:
    """Alerts filled with the theme colour where the skin has them so; else Bootstrap's soft ones stay."""
    made = []
    for kind in KINDS if solid else ():
        paper = over(faces[kind], look.body_bg)
        ink = str(ink_on(paper))
        values = {"color": ink, "bg": str(paper), "border-color": str(paper), "link-color": ink}
        made.append(Rule([f".alert-{kind}"], [(f"--bs-alert-{name}", value) for name, value in values.items()]))
    return made


def badges(faces: dict[str, Colour]) -> list[Rule]:
    """The coloured labels and texts of Bootstrap's utilities, with inks that can be read."""
    made = []
    for kind in KINDS:
        paper = Colour(faces[kind].red, faces[kind].green, faces[kind].blue)
        made.append(
            Rule(
                [f".text-bg-{kind}"],
                [("color", f"{ink_on(paper)}!important"), ("background-color", f"{paper}!important")],
            )
        )
        made.append(Rule([f".text-{kind}"], [("color", f"var(--bs-{kind}-text-emphasis)!important")]))
    return made


def rails(look: Palette, design: dict[str, Any], coloured: bool) -> list[Rule]:
    """The navigation in its own colours; the menus that open from it are the page's again.

    `coloured` says that another look of the skin has such colours, so that this one has to say its own.
    """
    own = navigation(look, design) or (look if coloured else None)
    if own is None:
        return []
    return [Rule([".rail"], list(own.local().items())), Rule([".rail .menu-sheet"], list(look.local().items()))]


def check_face(look: Palette) -> Colour:
    """The face of a ticked box: near the accent, and its white tick stands out from it."""
    light, chroma, hue = to_oklch(look.accent)
    for step in range(400):
        for tone in (light - step / 400, light + step / 400):
            if 0 < tone < 1:
                made = from_oklch(tone, chroma, hue)
                if contrast(WHITE, made) >= CONTROL:
                    return made
    raise ValueError("no tone holds a white tick")


CONTROLS = (
    ".form-control,.form-select{color:var(--bs-body-color);background-color:var(--bs-control-bg);"
    "border-color:var(--bs-control-border)}"
    ".form-control:focus,.form-select:focus,.form-check-input:focus{color:var(--bs-body-color);"
    "border-color:var(--bs-link-color);box-shadow:0 0 0 .2rem var(--bs-focus-ring-color)}"
    ".form-control:focus{background-color:var(--bs-control-bg)}"
    ".form-control::placeholder{color:var(--bs-secondary-color);opacity:1}"
    ".form-control:disabled,.form-select:disabled{color:var(--bs-secondary-color);background-color:var(--bs-secondary-bg)}"
    ".form-control.is-invalid,.form-select.is-invalid{border-color:var(--bs-form-invalid-border-color)}"
    ".form-check-input{--bs-form-check-bg:var(--bs-control-bg);border-color:var(--bs-control-border)}"
    ".form-check-input:checked,.form-check-input[type=checkbox]:indeterminate{background-color:var(--bs-check-bg);"
    "border-color:var(--bs-control-border)}"
    ".form-range::-webkit-slider-thumb{background-color:var(--bs-primary)}"
    ".form-range::-moz-range-thumb{background-color:var(--bs-primary)}"
    ".form-range::-webkit-slider-runnable-track{background-color:var(--bs-control-border)}"
    ".form-range::-moz-range-track{background-color:var(--bs-control-border)}"
    ".form-text{color:var(--bs-secondary-color)}"
    ".alert a:not(.btn){color:var(--bs-alert-link-color)}"
    ".btn-link{--bs-btn-disabled-color:var(--bs-secondary-color)}"
    ".progress{--bs-progress-bg:var(--bs-secondary-bg);--bs-progress-bar-bg:var(--bs-primary)}"
)
"""How form controls take the look's colours; the same in every skin."""


def only_dark(nodes: list[Node]) -> list[Node]:
    """The rules of a skin that is always dark: what was for dark pages holds, what was for light ones goes."""

    def change(rule: Rule) -> Rule | None:
        selectors = []
        for selector in rule.selectors:
            if "[data-bs-theme=light]" not in selector:
                bare = re.sub(r"\[data-bs-theme=dark\]\s*", "", selector)
                selectors.append(bare or ":root")
        return Rule(selectors, rule.declarations, rule.mark)

    return changed(nodes, change)


def following(nodes: list[Node]) -> list[Node]:
    """The dark rules once more for whoever follows the system."""

    def part(rule: Rule) -> Rule:
        dark = [selector.replace(DARK, AUTO) for selector in rule.selectors if DARK in selector]
        return Rule(dark, rule.declarations, rule.mark)

    bare = [node for node in nodes if isinstance(node, Rule) or node.rules is not None]
    return [*nodes, Block("@media (prefers-color-scheme:dark)", changed(bare, part))]


def under(nodes: list[Node], scope: str) -> list[Node]:
    """The same rules inside an element that carries the mode."""
    made: list[Node] = []
    for rule in rules(nodes):
        selectors = [scope if selector == ":root" else f"{scope} {selector}" for selector in rule.selectors]
        made.append(Rule(selectors, rule.declarations, rule.mark))
    return made


def parts(selector: str) -> list[str]:
    """The pieces of a selector list."""
    return split(selector, ",")
