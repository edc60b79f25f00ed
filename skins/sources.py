"""The Sass of a skin: Bootswatch's over Bootstrap's, held to WCAG's contrast, and only the parts that a forum uses."""

import json
import re
import subprocess
from pathlib import Path

from skins import packages
from skins.colour import WHITE, Colour, contrast, from_oklch, parse, to_oklch

HERE = Path(__file__).resolve().parent
THEME = ("primary", "secondary", "success", "info", "warning", "danger", "light", "dark")
BORDER = ".BOOTSWATCH"
MEND = ".MEND"
"""The selectors that stand between Bootstrap's rules, Bootswatch's, and ours."""
PARTS = (
    "root reboot type tables forms buttons transitions button-group nav card pagination badge alert progress list-group"
    " close spinners helpers utilities/api"
).split()
_BASIS = '@import "bootstrap/scss/functions";'
_VARIABLES = '@import "bootstrap/scss/variables";@import "bootstrap/scss/variables-dark";'


def compiled(jobs: dict[str, str]) -> dict[str, str]:
    """What Sass makes of each source."""
    for name in ("bootstrap", "bootswatch", "sass", "immutable", "source-map-js"):
        packages.folder(name)
    done = subprocess.run(
        ["node", str(HERE / "compile.mjs")],
        input=json.dumps(jobs), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def names() -> list[str]:
    """The skins that Bootswatch has."""
    return sorted(path.name for path in (packages.folder("bootswatch") / "dist").iterdir() if path.is_dir())


def classes() -> list[str]:
    """Every class that Bootstrap has a rule for; a test holds templates and purge together by them."""
    css = (packages.folder("bootstrap") / "dist" / "css" / "bootstrap.css").read_text()
    return sorted(set(re.findall(r"(?<![\w\d])\.([a-z][\w-]*)(?=[^{}]*\{)", css)))


def _theirs(skin: str, part: str) -> str:
    return "" if skin == "noskin" else f'@import "bootswatch/dist/{skin}/{part}";'


def probe(skin: str) -> str:
    """Sass that tells the theme colours as shipped, and what stands on their buttons."""
    told = "".join(f"--{name}:#{{${name}}};--on-{name}:#{{color-contrast(${name})}};" for name in THEME)
    return f"{_BASIS}{_theirs(skin, 'variables')}{_VARIABLES}.told{{{told}}}"


def theme(told: dict[str, str], white: list[str]) -> dict[str, Colour]:
    """The theme colours that change: where white stood on one at 3.0 to 4.5, it darkens until white reaches 4.6.

    `white` names those that do so whatever they had, because white on them is what one knows the skin by.
    """
    changes = {}
    for name in THEME:
        shipped = parse(told[f"--{name}"])
        if shipped is None or shipped.alpha < 1 or parse(told[f"--on-{name}"]) != WHITE:
            continue
        if 3.0 <= contrast(WHITE, shipped) < 4.5 or name in white:
            changes[name] = under_white(shipped)
    return changes


def under_white(of: Colour, ratio: float = 4.6) -> Colour:
    """The colour, darkened in OKLCH only so far that white can be read on it."""
    light, chroma, hue = to_oklch(of)
    for step in range(400):
        made = from_oklch(light - step / 400, chroma, hue)
        if contrast(WHITE, made) >= ratio:
            return made
    raise ValueError(f"{of} cannot be darkened")


def source(skin: str, changes: dict[str, Colour], settings: dict[str, str], mend: str) -> str:
    """The whole Sass of a skin; `mend` stands after Bootswatch's own rules and may use all of its variables."""
    values = {"min-contrast-ratio": "4.5", "web-font-path": "false", "enable-smooth-scroll": "false", **settings}
    values.update({name: str(value) for name, value in changes.items()})
    lines = [_BASIS]
    lines += [f"${name}: {value};" for name, value in values.items()]
    lines += [_theirs(skin, "variables"), _VARIABLES]
    lines += [f'@import "bootstrap/scss/{part}";' for part in ("maps", "mixins", "utilities", *PARTS)]
    lines += [f"{BORDER}{{--here:1}}", _theirs(skin, "bootswatch"), f"{MEND}{{--here:1}}", mend]
    return "\n".join(lines)
