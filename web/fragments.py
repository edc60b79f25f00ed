"""Fragments: parts of pages that are kept rendered, each under everything that its template was given.

A fragment's template sees what `part()` is given and nothing else: no request, no session, no viewer. So two readers
share one only when all it could say to them is the same, and a field added to a row is in the key by itself. What must
differ all the same (the proof of a member's writes) stands in the kept text as a mark; the finished page is filled in.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache, lru_cache
from operator import attrgetter
from types import UnionType
from typing import Any, NamedTuple, Union, get_args, get_origin, get_type_hints
from urllib.parse import quote

from flask import Flask, Response
from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from core import clock, lasting
from core.cache import versions
from core.shared import Shared
from core.store import Store
from web import htmx, security
from web.exchange import header
from web.pieces import Piece, Pieces, size_of

_ATOMS = frozenset({type(None), bool, int, float, str, Markup, Piece, datetime})


_WHOLE = frozenset({Shared, frozenset})
"""What stands in a key as it is, though it holds more than one value."""

HERE = Markup("\x00here\x00")
"""Given to a fragment in the place of the page's address, which would make another fragment of each page's side bar."""
NEXT = Markup("\x00next\x00")
"""The same, as a value in another address."""
NOW = Markup("\x00now\x00")


class Reader(NamedTuple):
    """All that a fragment may know of whoever looks, unless it is given more."""

    guest: bool


class Kept(NamedTuple):
    """A rendered fragment, the versions it was made from, and until when its words are true."""

    text: Piece
    versions: tuple[tuple[str, int], ...]
    until: datetime | None


class Row(NamedTuple):
    """The fragments of shared things, and what they all stand on."""

    texts: Pieces
    versions: tuple[tuple[str, int], ...]
    until: datetime | None


_kept: Store[Kept] = Store(32 * 1024 * 1024, "parts")
_rows: Store[Row] = Store(16 * 1024 * 1024, "rows of parts")


@pass_context
def part(context: Context, name: str, /, **given: Any) -> Markup:
    """A part of a page: kept from the last time when it was given the same, else rendered from what it is given."""
    return part_for(context["viewer"].guest, context.environment, name, given)


def part_for(guest: bool, env: Environment, name: str, given: dict[str, Any]) -> Markup:
    """The same for who renders no page: as guests see it, or as members do."""
    key = (id(env), name, guest, tuple(given), key_of(tuple(given.values())))
    return _made(env, name, guest, given, key, versions()).text


@pass_context
def parts(context: Context, name: str, each: str, things: Sequence[Any], /, **given: Any) -> Pieces:
    """The same part for each of some things (called `each` in it), in their order: what they share is looked at once.

    Of things that are `Shared` the whole row is kept besides.
    """
    env, guest = context.environment, context["viewer"].guest
    known = (id(env), name, guest, each, tuple(given), key_of(tuple(given.values())))
    current = versions()
    row = _rows.get((known, things)) if type(things) is Shared else None
    if row is not None and _stands(row, current):
        if lasting.asked():
            _tell(row)
        return row.texts
    made = [_made(env, name, guest, {**given, each: thing}, (known, key_of(thing)), current) for thing in things]
    texts = Pieces([kept.text for kept in made])
    if type(things) is Shared:
        ends = [kept.until for kept in made if kept.until is not None]
        stands_on = {each for kept in made for each in kept.versions}
        size = sum(map(size_of, texts))
        _rows.put((known, things), Row(texts, tuple(stands_on), min(ends, default=None)), size)
    return texts


def _made(
    env: Environment, name: str, guest: bool, given: dict[str, Any], key: Hashable, current: dict[str, int]
) -> Kept:
    kept = _kept.get(key)
    if kept is None or not _stands(kept, current):
        kept = _render(env, name, {**given, "viewer": Reader(guest)}, current)
        if kept.until is None or kept.until > clock.present():
            _kept.put(key, kept, size_of(kept.text))
    elif lasting.asked():
        _tell(kept)
    return kept


def present() -> str:
    """The moment at which a page is made. In what is kept: its mark."""
    return NOW if lasting.inside() else clock.present().isoformat()


_FILLED: dict[bytes, Callable[[], str]] = {
    mark.strip("\x00").encode(): value
    for mark, value in (
        (security.TOKEN_MARK, security.csrf_field),
        (HERE, lambda: escape(htmx.here())),
        (NEXT, lambda: quote(htmx.here())),
        (NOW, present),
    )
}


def filled(pieces: Iterable[bytes]) -> list[bytes]:
    """A finished page with what is different for each reader and page in the place of its marks."""
    page, values = list[bytes](), dict[bytes, bytes]()
    for piece in pieces:
        if b"\x00" not in piece:
            page.append(piece)
            continue
        cut = list(_cut(piece) if len(piece) < _LONG else _cut.__wrapped__(piece))
        for at in range(1, len(cut), 2):
            mark = cut[at]
            if mark not in values:
                values[mark] = _FILLED[mark]().encode()
            cut[at] = values[mark]
        page += cut
    return page


_LONG = 30_000
"""Bytes of what is more than a piece: a whole page."""


@lru_cache(maxsize=1024)
def _cut(piece: bytes) -> tuple[bytes, ...]:
    """A piece cut at its marks: text, mark, text and so on. What is kept is cut once."""
    cut, text = list[bytes](), b""
    between = piece.split(b"\x00")
    while between:
        text += between.pop(0)
        if between and between[0] in _FILLED:
            cut += text, between.pop(0)
            text = b""
        elif between:  # no mark, but a NUL
            text += b"\x00"
    return (*cut, text)


def key_of(value: Any) -> Any:
    """What a value comes to in a key: all its fields, however deep. Raises TypeError for what cannot be compared."""
    kind = type(value)
    if kind in _ATOMS or kind in _WHOLE:
        return value
    if kind in (list, tuple):
        return tuple([each if type(each) in _ATOMS else key_of(each) for each in value])
    if kind is dict:
        return tuple([(name, key_of(each)) for name, each in value.items()])
    read, deep = _reader(kind)
    values = read(value)
    if deep:
        values = list(values)
        for at in deep:
            values[at] = key_of(values[at])
        values = tuple(values)
    return kind, values


@cache
def _reader(kind: type) -> tuple[Callable[[Any], Any], tuple[int, ...]]:
    """How to read the fields of a dataclass, and which of them may hold more than atoms: as they are declared."""
    if not is_dataclass(kind):
        raise TypeError(f"A fragment cannot be kept under a {kind.__name__}: give it a dataclass or plain values.")
    names, hints = [each.name for each in fields(kind)], get_type_hints(kind)
    deep = tuple(at for at, name in enumerate(names) if not _ATOMS.issuperset(_alternatives(hints[name])))
    read = attrgetter(*names)
    return (read if len(names) > 1 else lambda value: (read(value),)), deep


def _alternatives(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _stands(kept: Kept | Row, current: dict[str, int]) -> bool:
    if kept.until is not None and kept.until <= clock.present():
        return False
    return all(current.get(name, 0) == number for name, number in kept.versions)


def _tell(kept: Kept | Row) -> None:
    """Says to whatever is being made of it what a kept part stands on, as it did when it was rendered."""
    lasting.depends(*[name for name, _ in kept.versions])
    if kept.until is not None:
        lasting.until(kept.until)


def _render(env: Environment, name: str, given: dict[str, Any], current: dict[str, int]) -> Kept:
    template = env.get_template(name)
    with lasting.noting() as note:
        text = template.render(given)
    until = clock.present() if note.fleeting else note.until
    return Kept(Piece(text), tuple((each, current.get(each, 0)) for each in sorted(note.versions)), until)


def init_app(app: Flask) -> None:
    """Gives every template `part()`, and fills in what parts left open in a page."""
    app.jinja_env.globals.update(part=part, parts=parts, present=present, HERE=HERE)

    @app.after_request
    def _fill(answer: Response) -> Response:
        html = header(answer, "Content-Type").startswith("text/html")
        if html and answer.is_sequence and not header(answer, "Content-Encoding"):
            # an answer of ours is a list of bytes already
            pieces = answer.response if type(answer.response) is list else answer.iter_encoded()
            answer.set_data(b"".join(filled(pieces)))
        return answer
