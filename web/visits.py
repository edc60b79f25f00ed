"""Visits: each page that was opened is counted, for a member, a guest or a known robot, without a write."""

from flask import Flask, Response

from forum import statistics
from web import htmx
from web.auth import known_viewer
from web.exchange import this_request
from web.reading import crawler_of


def init_app(app: Flask) -> None:
    """Counts what the application answers. What the event loop answers by itself is counted there (at_once.py)."""

    @app.after_request
    def _count(answer: Response) -> Response:
        if answer.status_code in (200, 304) and answer.mimetype == "text/html" and _opens_a_page():
            found = known_viewer()
            if found is not None and not found.guest:
                statistics.visit("members")
            else:
                statistics.visit(kind_of(this_request().browser))
        return answer


def kind_of(browser: str) -> str:
    """As what somebody is counted who is not logged in: a guest, or a robot by the name of his browser."""
    return "robots" if crawler_of(browser) else "guests"


def followed() -> bool:
    """Whether somebody followed a link to get here: no known robot, and nothing that is fetched ahead or only asked about."""
    current = this_request()
    return current.method == "GET" and not current.fetched_ahead and not crawler_of(current.browser)


def _opens_a_page() -> bool:
    """Whether a page is opened to be read: no part of one, nothing fetched ahead, and not the control panel."""
    current = this_request()
    opened = current.method == "GET" and not current.fetched_ahead and not current.path.startswith("/admin")
    return opened and not htmx.partial()
