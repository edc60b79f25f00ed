"""The frame around every page: what it shows to a viewer, and its text, kept for him between one change and the next."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from flask import Flask
from jinja2 import Environment, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from core import cache
from core.db import scratch
from forum import (
    invitations,
    layout,
    moderation,
    notifications,
    panel,
    registration,
    search,
    skins,
    terms,
    unread,
)
from forum.viewers import Viewer
from web import assets, fragments, htmx
from web.auth import viewer
from web.pieces import Piece

COUNTED = {"/unread": "unread", "/notifications": "notices", "/moderation": "inbox"}
"""Where an entry of the navigation leads that shows how much is there, and how its counts are called."""
_COUNT = {
    "/unread": unread.badge,
    "/notifications": notifications.waiting,
    "/moderation": lambda who: moderation.waiting(who).all,
}


class Frame(NamedTuple):
    """The text of the frame, in the pieces between what each page says itself: each leads to one slot of frame.html."""

    to_title: Piece
    to_description: Piece
    to_head: Piece
    to_scripts: Piece
    to_crumbs: Piece
    to_content: Piece
    to_undo: Piece
    to_live: Piece
    to_end: Piece


_SLOT = "\x00slot\x00"


def counts_of(entries: Iterable[layout.Entry]) -> dict[str, int]:
    """How much waits for this viewer where some entries of the navigation lead, by their targets."""
    return {entry.target: _COUNT[entry.target](viewer()) for entry in entries if entry.target in COUNTED}


def shell() -> dict[str, Any]:
    """What the frame around every page shows to this viewer."""
    who = viewer()
    found = _kept_values(who, _chosen(who))
    here = htmx.here()
    path = here.partition("?")[0]
    return found | {
        "viewer": who,
        "site": layout.settings,
        "widgets": layout.widgets(who, path),
        "here": here,
        "at": path if path == "/search" or path in found["targets"] else "",
    }


def _chosen(who: Viewer) -> tuple[tuple[str, str], ...]:
    return tuple([(name, value) for name, value in who.preferences.items() if isinstance(value, str)])


def _kept_values(who: Viewer, chosen: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    return cache.keep_together("frame", (who, chosen), lambda: _values(who))


def _values(who: Viewer) -> dict[str, Any]:
    """What the frame shows on each page alike, for as long as neither the viewer nor the shape of the site changes."""
    navigation = layout.navigation(who)
    return {
        "direction": layout.direction(),
        "look": skins.look(who.preferences),
        "navigation": navigation,
        "targets": frozenset(entry.target for entry in navigation),
        "sidebar_open": who.preferences.get("sidebar") == "open",
        "may_administrate": bool(panel.enter(who)),
        "may_moderate_some": bool(moderation.enter(who)),
        "public_log": moderation.settings.public_log,
        "may_search": search.may_search(who),
        "may_register": registration.offered(),
        "may_invite": bool(invitations.see_own(who)),
        "terms_version": terms.current().version,
        "terms_owed": terms.owed(who),
        "colours_url": assets.colours_url(),
    }


@pass_context
def framed(context: Context, follows: bool) -> Frame:
    """The frame of this page: whether it `follows` what happens decides which scripts it loads.

    Kept under all that the template is given, and under whatever it turns out to stand on; so it is made again when
    something comes to wait for the viewer, and not for each page that he opens.
    """
    who, boxes = context["viewer"], context["widgets"]
    given = {
        "follows": follows,
        "at": context["at"],
        "at_bell": context["here"].partition("?")[0] == "/notifications",
        "within": _category(context) if any(boxes.values()) else 0,
        "notices": notifications.waiting(who),
        "inbox": moderation.waiting(who).all if context["may_moderate_some"] else 0,
    }
    counts, chosen, env = counts_of(context["navigation"]), _chosen(who), context.environment
    shown = fragments.key_of(boxes) if any(boxes.values()) else ()

    def made() -> Frame:
        seen = {"viewer": who, "site": layout.settings, "widgets": boxes, "counts": counts}
        marks = {"here": fragments.HERE, "next": fragments.NEXT}
        return _rendered(env, _kept_values(who, chosen) | seen | marks | given)

    key = (id(env), "undressed" in scratch(), who, chosen, shown, *counts.values(), *given.values())
    return cache.keep_together("frame's text", key, made, size=50_000)


def _category(context: Context) -> int:
    """The category that a page is about, or its topic stands in; 0: none."""
    place, topic = context.get("place"), context.get("topic")
    return getattr(place, "id", 0) or getattr(topic, "category_id", 0)


def _rendered(env: Environment, values: dict[str, Any]) -> Frame:
    text = env.get_template("layout/frame.html").render(values | {"SLOT": Markup(_SLOT)})  # noqa: S704
    return Frame(*map(Piece, text.split(_SLOT)))


def init_app(app: Flask) -> None:
    """Gives every template its frame."""
    app.jinja_env.globals.update(
        framed=framed,
        counts_of=counts_of,
        counted=COUNTED,
        waiting_notices=lambda: notifications.waiting(viewer()),
        waiting_cases=lambda: moderation.waiting(viewer()).all,
    )
    app.context_processor(shell)
