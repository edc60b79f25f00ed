"""A small reader and writer of compressed CSS: rules in order, media queries around them, nothing lost."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_TOKEN = re.compile(r"""/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|url\([^)"']*\)|[{};]|[^{};"'/u]+|.""", re.DOTALL)


@dataclass(slots=True)
class Rule:
    """Selectors with their declarations; `mark` says which source a rule came from."""

    selectors: list[str]
    declarations: list[tuple[str, str]]
    mark: str = ""

    def text(self) -> str:
        body = ";".join(f"{name}:{value}" for name, value in self.declarations)
        return f"{','.join(self.selectors)}{{{body}}}"

    def get(self, name: str) -> str | None:
        """The last value of a property."""
        return next((value for known, value in reversed(self.declarations) if known == name), None)


@dataclass(slots=True)
class Block:
    """An at-rule: with rules in it (media, supports), with declarations (font-face: kept as text), or bare."""

    head: str
    rules: list["Rule | Block"] | None = None
    raw: str = ""

    def text(self) -> str:
        if self.rules is not None:
            return f"{self.head}{{{write(self.rules)}}}"
        return f"{self.head}{{{self.raw}}}" if self.raw else f"{self.head};"


Node = Rule | Block


def write(nodes: list[Node]) -> str:
    """The CSS text of rules and blocks."""
    return "".join(node.text() for node in nodes)


def split(text: str, at: str) -> list[str]:
    """The parts of a text between separators that stand outside brackets and quotes."""
    parts, depth, start, quote = [], 0, 0, ""
    for place, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote and text[place - 1] != "\\" else quote
        elif letter in "\"'":
            quote = letter
        elif letter in "([":
            depth += 1
        elif letter in ")]":
            depth -= 1
        elif letter == at and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    return [part.strip() for part in [*parts, text[start:]] if part.strip()]


def read(text: str) -> list[Node]:
    """The rules of a style sheet."""
    pieces = [piece for piece in _TOKEN.findall(text) if not piece.startswith("/*")]
    nodes, _ = _read(pieces, 0)
    return nodes


def _read(pieces: list[str], at: int) -> tuple[list[Node], int]:
    nodes: list[Node] = []
    head = ""
    while at < len(pieces):
        piece = pieces[at]
        at += 1
        if piece == "}":
            return nodes, at
        if piece == ";":
            if head.strip():
                nodes.append(Block(head.strip()))
            head = ""
        elif piece == "{":
            name = head.strip()
            if re.match(r"@(media|supports|layer|container)\b", name):
                inner, at = _read(pieces, at)
                nodes.append(Block(name, inner))
            else:
                body, at = _body(pieces, at)
                nodes.append(Block(name, raw=body) if name.startswith("@") else Rule(split(name, ","), _pairs(body)))
            head = ""
        else:
            head += piece
    return nodes, at


def _body(pieces: list[str], at: int) -> tuple[str, int]:
    depth, body = 1, ""
    while True:
        piece = pieces[at]
        at += 1
        depth += (piece == "{") - (piece == "}")
        if depth == 0:
            return body, at
        body += piece


def _pairs(body: str) -> list[tuple[str, str]]:
    pairs = []
    for part in split(body, ";"):
        name, _, value = part.partition(":")
        pairs.append((name.strip(), value.strip()))
    return pairs


def rules(nodes: list[Node]) -> Iterator[Rule]:
    """Every rule, those inside media queries too."""
    for node in nodes:
        if isinstance(node, Rule):
            yield node
        elif node.rules is not None:
            yield from rules(node.rules)


def changed(nodes: list[Node], change: Callable[[Rule], Rule | None]) -> list[Node]:
    """The nodes with each rule changed or left out; empty ones are dropped."""
    made: list[Node] = []
    for node in nodes:
        if isinstance(node, Rule):
            new = change(node)
            if new and new.selectors and new.declarations:
                made.append(new)
        elif node.rules is None:
            made.append(node)
        elif inner := changed(node.rules, change):
            made.append(Block(node.head, inner))
    return made


def merged(nodes: list[Node]) -> list[Node]:
    """Neighbours with the same selectors or the same declarations become one; a property set twice is kept once."""
    made: list[Node] = []
    for node in nodes:
        last = made[-1] if made else None
        if isinstance(node, Block):
            node = node if node.rules is None else Block(node.head, merged(node.rules))
            if isinstance(last, Block) and last.rules is not None and last.head == node.head and node.rules:
                last.rules = merged([*last.rules, *node.rules])
                continue
        elif isinstance(last, Rule):
            if last.selectors == node.selectors:
                last.declarations = _once([*last.declarations, *node.declarations])
                continue
            if last.declarations == node.declarations and not _fragile(last) and not _fragile(node):
                last.selectors = list(dict.fromkeys([*last.selectors, *node.selectors]))
                continue
        made.append(node if isinstance(node, Block) else Rule(list(node.selectors), _once(node.declarations)))
    return made


def _fragile(rule: Rule) -> bool:
    # one selector that a browser does not know would take the others with it
    return any("::-" in selector or ":-" in selector for selector in rule.selectors)


def _once(declarations: list[tuple[str, str]]) -> list[tuple[str, str]]:
    kept: dict[str, tuple[str, str]] = {}
    for name, value in declarations:
        key = name
        if name in kept and ("!important" in kept[name][1]) > ("!important" in value):
            continue
        if value.startswith("-webkit-") or (name in kept and kept[name][1].startswith("-webkit-")):
            key = f"{name} {value}"
        kept.pop(key, None)
        kept[key] = (name, value)
    return list(kept.values())


_SHORT = (
    (re.compile(r"#([0-9a-f])\1([0-9a-f])\2([0-9a-f])\3(?![0-9a-f])"), r"#\1\2\3"),
    (re.compile(r"(?<![\w.])0\.(\d)"), r".\1"),
    (re.compile(r",\s+"), ","),
)


def shortened(value: str) -> str:
    """A value in fewer letters; texts in quotes stay as they are."""
    pieces = re.split(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|url\([^)]*\))""", value)
    for place in range(0, len(pieces), 2):
        for pattern, short in _SHORT:
            pieces[place] = pattern.sub(short, pieces[place])
    return "".join(pieces)
