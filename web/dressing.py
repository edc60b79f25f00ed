"""Dressing: the places of a page that depend on what its reader chose to wear.

A page for guests is kept undressed, with a mark in each of those places, and dressed for each look by replacement.
"""

from collections.abc import Callable
from typing import Any

from flask import Flask, current_app
from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from core.db import scratch
from web import fragments
from web.frame import counts_of, shell

_PIECES = {
    "attributes": ("layout/_attributes.html", ("look",)),
    "styles": ("layout/_styles.html", ("look",)),
    "rail": ("layout/_rail.html", ("navigation", "widgets", "counts", "may_search", "sidebar_open", "look", "at")),
}


def undressed() -> None:
    """Leaves marks in the page of this request: it is to be kept."""
    scratch()["undressed"] = True


@pass_context
def dress(context: Context, piece: str) -> Markup:
    """A piece of the frame, or its mark."""
    if "undressed" in scratch():
        return Markup("\x00{}\x00").format(piece)
    return _made(context.environment, piece, context.__getitem__)


def dressed(page: str) -> bytes:
    """An undressed page as this request's reader wears it, finished."""
    env, values = current_app.jinja_env, shell()
    values["counts"] = counts_of(values["navigation"])
    for piece in _PIECES:
        page = page.replace(f"\x00{piece}\x00", _made(env, piece, values.__getitem__))
    return b"".join(fragments.filled([page.encode()]))


def _made(env: Environment, piece: str, value: Callable[[str], Any]) -> Markup:
    template, names = _PIECES[piece]
    given = {name: value(name) for name in names if name != "widgets"}
    if "widgets" in names:
        given |= {"boxes": value("widgets")["sidebar"], "here": fragments.HERE}
    return fragments.part_for(value("viewer").guest, env, template, given)


def init_app(app: Flask) -> None:
    """Gives every template `dress()`."""
    app.jinja_env.globals.update(dress=dress)
