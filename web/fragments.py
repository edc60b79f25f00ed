"""Fragments: parts of pages that are kept rendered, each under everything that its template was given.

A fragment's template sees what `part()` is given and nothing else: no request, no session, no viewer. So two readers
share one only when all it could say to them is the same, and a field added to a row is in the key by itself. What must
differ all the same (the proof of a member's writes) stands in the kept text as a mark; the finished page is filled in.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple

from flask import Flask, Response
from jinja2 import Environment, pass_environment
from markupsafe import Markup, escape

from core import clock, lasting
from core.cache import versions
from core.store import Store
from web import htmx, security
from web.auth import viewer

_ATOMS = frozenset({type(None), bool, int, float, str, Markup, datetime})


HERE = Markup("\x00here\x00")
"""Given to a fragment in the place of the page's address, which would make another fragment of each page's side bar."""
NOW = Markup("\x00now\x00")


class Reader(NamedTuple):
    """All that a fragment may know of whoever looks, unless it is given more."""

    guest: bool


class Kept(NamedTuple):
    """A rendered fragment, the versions it was made from, and until when its words are true."""

    text: Markup
    versions: tuple[tuple[str, int], ...]
    until: datetime | None


_kept: Store[Kept] = Store(32 * 1024 * 1024, "parts")
_templates: dict[tuple[int, str], Any] = {}


@pass_environment
def part(env: Environment, name: str, /, **given: Any) -> Markup:
    """A part of a page: kept from the last time when it was given the same, else rendered from what it is given."""
    key = (id(env), name, viewer().guest, tuple(given), key_of(tuple(given.values())))
    return _text(env, name, given, key, versions())


@pass_environment
def parts(env: Environment, name: str, each: str, things: Sequence[Any], /, **given: Any) -> list[Markup]:
    """The same part for each of some things (called `each` in it), in their order: what they share is looked at once."""
    known = (id(env), name, viewer().guest, each, tuple(given), key_of(tuple(given.values())))
    current = versions()
    return [_text(env, name, {**given, each: thing}, (known, key_of(thing)), current) for thing in things]


def _text(env: Environment, name: str, given: dict[str, Any], key: Hashable, current: dict[str, int]) -> Markup:
    kept = _kept.get(key)
    if kept is None or not _stands(kept, current):
        kept = _render(env, name, {**given, "viewer": Reader(viewer().guest)}, current)
        if kept.until is None or kept.until > clock.present():
            _kept.put(key, kept, 2 * len(kept.text) + 2000)
    return kept.text


def present() -> str:
    """The moment at which a page is made. In what is kept: its mark."""
    return NOW if lasting.inside() else clock.now().isoformat()


_FILLED: tuple[tuple[bytes, Callable[[], str]], ...] = (
    (security.TOKEN_MARK.encode(), security.csrf_field),
    (HERE.encode(), lambda: escape(htmx.here())),
    (NOW.encode(), present),
)


def filled(page: bytes) -> bytes:
    """A finished page with what is different for each reader and page in the place of its marks.

    (As bytes: to look for a NUL in a long text that is not ASCII takes Python ten times as long.)
    """
    if b"\x00" in page:
        for mark, value in _FILLED:
            if mark in page:
                page = page.replace(mark, value().encode())
    return page


def key_of(value: Any) -> Any:
    """What a value comes to in a key: all its fields, however deep. Raises TypeError for what cannot be compared."""
    kind = type(value)
    if kind in _ATOMS:
        return value
    if kind in (list, tuple):
        return tuple([each if type(each) in _ATOMS else key_of(each) for each in value])
    if kind is dict:
        return tuple([(name, key_of(each)) for name, each in value.items()])
    return kind, tuple([each if type(each) in _ATOMS else key_of(each) for each in _reader(kind)(value)])


@cache
def _reader(kind: type) -> Callable[[Any], tuple[Any, ...]]:
    if not is_dataclass(kind):
        raise TypeError(f"A fragment cannot be kept under a {kind.__name__}: give it a dataclass or plain values.")
    names = [each.name for each in fields(kind)]
    read = attrgetter(*names)
    return read if len(names) > 1 else lambda value: (read(value),)


def _stands(kept: Kept, current: dict[str, int]) -> bool:
    if kept.until is not None and kept.until <= clock.present():
        return False
    return all(current.get(name, 0) == number for name, number in kept.versions)


def _render(env: Environment, name: str, given: dict[str, Any], current: dict[str, int]) -> Kept:
    template = _templates.get((id(env), name)) or _templates.setdefault((id(env), name), env.get_template(name))
    with lasting.noting() as note:
        text = template.render(given)
    until = clock.present() if note.fleeting else note.until
    return Kept(Markup(text), tuple((each, current.get(each, 0)) for each in sorted(note.versions)), until)  # noqa: S704


def init_app(app: Flask) -> None:
    """Gives every template `part()`, and fills in what parts left open in a page."""
    app.jinja_env.globals.update(part=part, parts=parts, present=present, HERE=HERE)

    @app.after_request
    def _fill(answer: Response) -> Response:
        if answer.mimetype == "text/html" and answer.is_sequence and not answer.content_encoding:
            made = answer.get_data()
            page = filled(made)
            if page is not made:
                answer.set_data(page)
        return answer
