"""Leaves out what no page of the forum can use."""

import re
import tomllib
from functools import lru_cache
from pathlib import Path

from skins.css import Node, Rule, changed, rules

ROOT = Path(__file__).resolve().parent.parent
KEPT = tomllib.loads((ROOT / "skins" / "keep.toml").read_text())
_READ = ("templates/**/*.html", "static/js/*.js", "forum/text.py", "web/*.py", "forms/**/*.py", "blueprints/**/*.py")
_CLASS = re.compile(r"\.((?:[\w-]|\\.)+)")
_ELEMENT = re.compile(r"(?:^|[\s>+~(,])([a-z][a-z0-9]*)")
_NOT = re.compile(r":(?:not|where|is)\((?:[^()]|\([^()]*\))*\)")


@lru_cache(maxsize=1)
def used() -> tuple[frozenset[str], frozenset[str]]:
    """Classes that may be used (every word in quotes of a template or script), and elements."""
    words: set[str] = set()
    elements: set[str] = set()
    for pattern in _READ:
        for path in ROOT.glob(pattern):
            text = path.read_text()
            for quoted in re.findall(r'"([^"\n]*)"|\'([^\'\n]*)\'', text):
                words |= set(re.findall(r"[A-Za-z][\w-]*", " ".join(quoted)))
            elements |= set(re.findall(r"<([a-z][a-z0-9]*)", text))
    for entry in KEPT["keep"]:
        words |= set(entry.get("classes", "").split())
        elements |= set(entry.get("elements", "").split())
    return frozenset(words), frozenset(elements)


def usable(selector: str) -> bool:
    """Whether a selector can meet an element of a page."""
    classes, elements = used()
    # what stands in :not() need not exist for the rest to apply
    bare = _NOT.sub("", selector)
    if any(name.replace("\\", "") not in classes for name in _CLASS.findall(bare)):
        return False
    bare = re.sub(r"\[[^\]]*\]|\.(?:[\w-]|\\.)+|::?[\w-]+(?:\([^()]*\))?", "", bare)
    return all(name in elements for name in _ELEMENT.findall(bare))


def purged(nodes: list[Node]) -> list[Node]:
    """The rules that can apply, and in them the custom properties that something reads."""

    def change(rule: Rule) -> Rule | None:
        return Rule([each for each in rule.selectors if usable(each)], rule.declarations, rule.mark)

    kept = changed(nodes, change)
    names = {f"--bs-{name}" for entry in KEPT["variables"] for name in entry["names"].split()}
    for path in ROOT.glob("static/css/*.css"):
        names |= set(re.findall(r"var\(\s*(--[\w-]+)", path.read_text()))
    while True:
        read = set(names)
        for rule in rules(kept):
            for name, value in rule.declarations:
                if not name.startswith("--") or name in names or not name.startswith("--bs-"):
                    read |= set(re.findall(r"var\(\s*(--[\w-]+)", value))
        if read == names:
            break
        names = read

    def tidy(rule: Rule) -> Rule:
        pairs = [(name, value) for name, value in rule.declarations if not name.startswith("--bs-") or name in names]
        return Rule(rule.selectors, pairs, rule.mark)

    return changed(kept, tidy)
