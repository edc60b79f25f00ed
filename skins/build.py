"""Builds every skin into static/skins/: one hashed, purged, compressed file for both colour modes, and the manifest."""

import gzip
import hashlib
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import brotli

from skins import direction, fonts, overlay, palette, sources
from skins.colour import Colour, colour, over, parse
from skins.css import Node, Rule, changed, merged, read, rules, shortened, write
from skins.purge import purged
from skins.swatches import sprite

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "static" / "skins"
LOOKS: dict[str, dict[str, Any]] = tomllib.loads((ROOT / "skins" / "looks.toml").read_text())
MENDS = ROOT / "skins" / "mends"
_WRITTEN = re.compile(r"(?:rgb|hsl)a?\([^()]*\)|#[0-9a-fA-F]{6}\b")


def main() -> None:
    """Builds all skins, replaces what lies in static/skins/, and says what each weighs."""
    names = ["noskin", *sources.names()]
    if set(names) != set(LOOKS):
        raise SystemExit(f"looks.toml and Bootswatch differ: {sorted(set(names) ^ set(LOOKS))}")
    told = {
        name: _root(css, 0) for name, css in sources.compiled({name: sources.probe(name) for name in names}).items()
    }
    changes = {name: sources.theme(told[name], LOOKS[name].get("white", [])) for name in names}
    jobs = {name: sources.source(name, changes[name], LOOKS[name].get("settings", {}), _mend(name)) for name in names}
    built = {name: skin(name, css) for name, css in sources.compiled(jobs).items()}
    OUT.mkdir(parents=True, exist_ok=True)
    fonts.write()
    manifest = {
        name: {**entry, **put(name, write(nodes)), "rtl": put("rtl", write(direction.mirrored(nodes)))}
        for name, (nodes, entry) in built.items()
    }
    (ROOT / "static" / "img" / "swatches.svg").write_text(sprite(manifest))
    (OUT / "skins.json").write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    (ROOT / "skins" / "bootstrap-classes.txt").write_text("\n".join(sources.classes()) + "\n")
    files = {file for entry in manifest.values() for file in (entry["file"], entry["rtl"]["file"])}
    for path in OUT.glob("*.css*"):
        if not any(path.name.startswith(file) for file in files):
            path.unlink()
    for name, entry in manifest.items():
        print(f"{name:12} {entry['bytes']:7,} {entry['br']:6,} br {entry['gz']:6,} gz {entry['rtl']['br']:5,} rtl")


def _mend(name: str) -> str:
    path = MENDS / f"{name}.scss"
    return path.read_text() if path.exists() else ""


def _root(css: str, place: int) -> dict[str, str]:
    found = [rule for rule in rules(read(css)) if any(each.startswith((":root", ".told")) for each in rule.selectors)]
    return dict(found[place].declarations)


def skin(name: str, css: str) -> tuple[list[Node], dict[str, Any]]:
    """The finished rules of a skin, and what the manifest says of it."""
    design = LOOKS[name]
    nodes = read(css)
    root = dict(nodes[0].declarations)
    faces = {kind: colour(root[f"--bs-{kind}"]) for kind in palette.KINDS}
    looks = _looks(nodes, root, design)
    nodes = _dropped(_marked(nodes), design.get("drop", []))
    solid = _solid(nodes)
    nodes = overlay.gradients(_neutral(nodes))
    if "own" in design:
        nodes = overlay.only_dark(nodes)
    else:
        # Bootswatch's own dark rules make way for the designed ones
        nodes = changed(nodes, lambda rule: None if rule.mark == "theirs" and _dark_only(rule) else rule)
    nodes = changed(nodes, lambda rule: _without_colours(rule, looks[0]))
    mend = [node for node in nodes if any(rule.mark == "ours" for rule in rules([node]))]
    nodes = [node for node in nodes if node not in mend]
    nodes = [*nodes, *_overlay(nodes, looks, faces, design, solid), *mend]
    nodes = overlay.following(nodes) if "own" not in design else nodes
    faces_css, used_fonts = fonts.faces(name)
    nodes = changed(purged(fonts.named(nodes, name)), lambda rule: _sampled(direction.logical(rule)))
    nodes = merged(changed([*faces_css, *nodes], _short))
    kind = "dark" if "own" in design else "light"
    swatches = {("dark" if look.dark else "light"): _swatches(look, nodes, design, faces) for look in looks}
    return nodes, {
        "title": "No Skin" if name == "noskin" else name.capitalize(),
        "kind": kind,
        "swatches": swatches,
        "fonts": used_fonts,
    }


def _looks(nodes: list[Node], root: dict[str, str], design: dict[str, Any]) -> list[palette.Palette]:
    if "own" in design:
        return [palette.dark(root, design["own"])]
    if "night" in design:
        return [palette.light(root, design.get("day", {})), palette.dark(root, design["night"])]
    night = next(rule for rule in rules(nodes) if rule.selectors == [overlay.DARK])
    return [palette.light(root, {}), palette.shipped_dark(root, dict(night.declarations))]


def _marked(nodes: list[Node]) -> list[Node]:
    """Marks what comes from Bootswatch ("theirs") and from our mends ("ours")."""
    mark, made = "", []
    for node in nodes:
        if isinstance(node, Rule) and node.selectors[0] in (sources.BORDER, sources.MEND):
            mark = "theirs" if node.selectors[0] == sources.BORDER else "ours"
            continue
        for rule in rules([node]):
            rule.mark = mark
        made.append(node)
    return made


def _dropped(nodes: list[Node], patterns: list[str]) -> list[Node]:
    def change(rule: Rule) -> Rule:
        if rule.mark != "theirs":
            return rule
        kept = [each for each in rule.selectors if not any(re.search(pattern, each) for pattern in patterns)]
        return Rule(kept, rule.declarations, rule.mark)

    return changed(nodes, change)


def _neutral(nodes: list[Node]) -> list[Node]:
    return changed(nodes, lambda rule: overlay.quiet_ghosts(overlay.neutral(rule)) if rule.mark == "theirs" else rule)


def _solid(nodes: list[Node]) -> bool:
    """Whether Bootswatch fills the alerts of this skin with the theme colours."""
    return any(
        rule.mark == "theirs"
        and ".alert-success" in rule.selectors
        and (rule.get("background-color") or rule.get("background"))
        for rule in rules(nodes)
    )


def _dark_only(rule: Rule) -> bool:
    return all(overlay.DARK in selector for selector in rule.selectors)


def _without_colours(rule: Rule, look: palette.Palette) -> Rule:
    """Bootstrap's root without what the palettes set."""
    if rule.mark == "" and all(each in (":root", "[data-bs-theme=light]", overlay.DARK) for each in rule.selectors):
        known = look.variables()
        pairs = [(name, value) for name, value in rule.declarations if name not in known and name != "color-scheme"]
        return Rule([each for each in rule.selectors if each != "[data-bs-theme=light]"], pairs, rule.mark)
    return rule


def _overlay(
    nodes: list[Node], looks: list[palette.Palette], faces: dict[str, Colour], design: dict[str, Any], solid: bool
) -> list[Node]:
    made: list[Node] = [*read(overlay.CONTROLS), *overlay.badges(faces)]
    if solid:
        made += overlay.alerts(looks[0], faces, solid)
    for look in looks:
        own = design.get("own") or (design.get("night", {}) if look.dark else design.get("day", {}))
        variables = {**look.variables(), "--bs-check-bg": str(overlay.check_face(look))}
        part: list[Node] = [Rule([":root"], list(variables.items()))]
        for rule in rules(nodes):
            kind = re.fullmatch(r"\.btn-(outline-)?(\w+)", rule.selectors[0]) if rule.mark == "" else None
            if not kind or kind[2] not in palette.KINDS or not rule.get("--bs-btn-color"):
                continue
            values = overlay.outlined(kind[2], look, faces[kind[2]]) if kind[1] else overlay.filled(rule, look, own)
            if values:
                part.append(Rule([rule.selectors[0]], list(values.items())))
        part += overlay.rails(look, own, "nav" in design.get("day", {}))
        made += part if look is looks[0] else overlay.under(part, overlay.DARK)
    return made


def _sampled(rule: Rule) -> Rule:
    """The rule, holding for a sample in a shadow root too: its host is the root there, and its page the body."""
    more = {":root": ":host", "body": ".sample-page"}
    selectors = [each for selector in rule.selectors for each in (selector, more.get(selector, selector))]
    return Rule(list(dict.fromkeys(selectors)), rule.declarations, rule.mark)


def _short(rule: Rule) -> Rule:
    def swap(found: re.Match[str]) -> str:
        of = parse(found[0])
        return found[0] if of is None else str(of)

    pairs = []
    for name, value in rule.declarations:
        if "url(" not in value and not name.endswith("-rgb"):
            value = _WRITTEN.sub(swap, value)
        pairs.append((name, shortened(value)))
    return Rule(rule.selectors, pairs, rule.mark)


def _swatches(
    look: palette.Palette, nodes: list[Node], design: dict[str, Any], faces: dict[str, Colour]
) -> dict[str, str]:
    face, ink = look.accent, None
    wanted = [[".btn-primary"], [f"{overlay.DARK} .btn-primary"]][: 1 + (look.dark and "own" not in design)]
    for rule in rules(nodes):
        if rule.selectors in wanted and rule.get("--bs-btn-bg"):
            face = colour(rule.get("--bs-btn-bg"))
        if rule.selectors in wanted and rule.get("--bs-btn-color"):
            ink = colour(rule.get("--bs-btn-color"))
    return {
        "bg": str(look.body_bg),
        "text": str(look.body_color),
        "primary": str(over(face, look.body_bg)),
        "on_primary": str(ink or palette.ink_on(face)),
        "secondary": str(over(faces["secondary"], look.body_bg)),
        "link": str(look.link),
        "panel": str(over(look.tertiary_bg, look.body_bg)),
        "quiet": str(look.secondary_color),
        "line": str(over(look.border, look.body_bg)),
        "control": str(look.control_border),
    }


def put(name: str, text: str) -> dict[str, Any]:
    """Writes a style sheet under a name that carries its hash, and its compressed forms beside it."""
    data = text.encode()
    file = f"{name}-{hashlib.sha256(data).hexdigest()[:10]}.css"
    forms = {"br": brotli.compress(data, quality=11, lgwin=22), "gz": gzip.compress(data, 9, mtime=0)}
    (OUT / file).write_bytes(data)
    for form, packed in forms.items():
        (OUT / f"{file}.{form}").write_bytes(packed)
    return {"file": file, "bytes": len(data), **{form: len(packed) for form, packed in forms.items()}}


if __name__ == "__main__":
    main()
