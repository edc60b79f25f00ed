"""Uploads: the few addresses that take more than a form, and the file that arrived there."""

from typing import TypeVar

from flask import Flask, request

from core.i18n import gettext as _
from forum import uploads
from forum.refusals import Invalid
from web.auth import viewer
from web.exchange import this_request

V = TypeVar("V")
_FORM = 2 * 1024 * 1024


def takes_files(view: V) -> V:
    """Marks a view whose form may hold a file."""
    view.takes_files = True  # type: ignore[attr-defined]
    return view


def received(field: str) -> tuple[str, bytes]:
    """The name and the content of the file in a form. Raises Invalid when there is none."""
    file = request.files.get(field)
    if file is None or not file.filename:
        raise Invalid(field, _("Choose a file first."))
    with file.stream:
        return file.filename, file.read()


def init_app(app: Flask) -> None:
    """Lets these views read as much as their sender may upload; all others keep the small limit. Comes before all
    that reads a form."""

    @app.before_request
    def _room_for_files() -> None:
        current = this_request()
        if current.method == "POST" and getattr(current.view, "takes_files", False):
            current.max_content_length = _FORM + uploads.largest(viewer())
