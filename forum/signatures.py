"""Signatures: the lines under everything that somebody writes, as far as the administrator and the reader want them."""

import re
from collections.abc import Iterable
from typing import Protocol

from core.i18n import gettext as _
from core.settings import Bool, Int, declare
from forum.permissions import YES, Verdict
from forum.privileges import rights
from forum.viewers import Viewer

settings = declare(
    "signatures",
    longest=Int(255, "Longest signature (0: there are none)", low=0, high=2000),
    images=Bool(True, "Signatures may have images in them"),
    links=Bool(True, "Signatures may have links in them"),
    once=Bool(False, "A page of a topic shows each signature once"),
)
_PICTURE = re.compile(r'<a class="picture"[^>]*>.*?</a>', re.DOTALL)
_ANCHOR = re.compile(r"</?a\b[^>]*>")


class Signed(Protocol):
    """A post with what stands under it."""

    author_id: int
    author_signature: str


def have(viewer: Viewer) -> Verdict:
    """May the viewer have a signature?"""
    if not settings.longest:
        return Verdict(False, _("There are no signatures here."))
    return YES if "signature" in rights(viewer) else Verdict(False, _("You may not have a signature."))


def shown(html: str) -> str:
    """The HTML of a signature without what the administrator does not want in it."""
    if not html or not settings.longest:
        return ""
    if not settings.images:
        html = _PICTURE.sub("", html)
    return html if settings.links else _ANCHOR.sub("", html)


def wanted(viewer: Viewer) -> bool:
    """Whether this reader wants to see signatures."""
    return bool(viewer.preferences.get("signatures", "1") == "1")


def sift(viewer: Viewer, rows: Iterable[Signed]) -> None:
    """Takes away the signatures that this reader does not want, and those that repeat where each is shown once."""
    shows, once, seen = wanted(viewer), settings.once, set()
    for row in rows:
        if row.author_signature and (not shows or (once and row.author_id in seen)):
            row.author_signature = ""
        seen.add(row.author_id)
