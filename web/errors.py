"""Errors: a page for a browser, a fragment for HTMX, JSON under /api; always with what can be done next."""

import logging
import math
import traceback
from typing import Any
from urllib.parse import quote, urlunsplit

from flask import Flask, Response, current_app, jsonify, make_response, redirect, render_template, request
from flask_limiter import RateLimitExceeded
from werkzeug.exceptions import HTTPException

from core import clock, db, frozen, i18n, logs, noticed
from core.config import ROOT
from core.i18n import gettext as _
from core.i18n import mark
from core.pages import BadCursor
from core.s3 import StoreFailed
from forum import skins
from forum.refusals import Busy, Conflict, Forbidden, Gone, Invalid, Missing, Moved, Refusal, TooMany
from web import htmx, looks, operations, params
from web.auth import LoginNeeded
from web.exchange import taken_apart, this_request
from web.limits import limiter
from web.security import NoProof

log = logging.getLogger("livery.errors")

_OURS = f"{ROOT}/"

BARE = "errors/bare.html"
"""The page that needs no database."""
_USUAL = "errors/error.html"
_PASSING = {429, 500, 503, 507}
"""What may be over when somebody tries again."""
_TEXTS = ("title", "body", "about", "signature", "description", "message", "reason", "note", "options", "template")
"""The fields of all forms in which people write something of their own."""

_TITLES = {
    400: mark("This request could not be read"),
    403: mark("You may not do this"),
    404: mark("There is nothing here"),
    405: mark("This cannot be done here"),
    409: mark("Somebody was faster"),
    410: mark("This is gone"),
    413: mark("This is too large"),
    415: mark("This kind of content cannot be used"),
    422: mark("Something needs another look"),
    429: mark("Please wait a moment"),
    500: mark("Something broke on our side"),
    503: mark("Please try again in a moment"),
    507: mark("There is no room to write this down"),
}
_REASONS = {
    400: mark("The address or the form has a part that makes no sense to this site."),
    403: mark("This needs a right that you do not hold."),
    404: mark("The page was moved or removed, or never existed. The categories are a good place to look."),
    405: mark("This address shows something, or takes something, but not in this way."),
    409: mark("It changed while you were looking at it. Load the page again."),
    410: mark("It was removed for good."),
    413: mark("What you sent is larger than this site takes."),
    422: mark("One of the values cannot be used."),
    429: mark("That was a lot in a short time."),
    503: mark("Only reading for a few minutes: the site is being moved."),
    507: mark("The site's disk is full, so nothing was changed."),
    500: mark("It was noted for those who run this site."),
}
_STATUS: dict[type[Refusal], int] = {
    Missing: 404,
    Gone: 410,
    Moved: 409,
    Forbidden: 403,
    Invalid: 422,
    Conflict: 409,
    TooMany: 429,
    Busy: 503,
}


def init_app(app: Flask) -> None:
    """Connects an answer to every kind of failure."""

    @app.errorhandler(Refusal)
    def _refused(error: Refusal) -> Response:
        return answer(_STATUS[type(error)], error.reason, wait=getattr(error, "seconds", None))

    @app.errorhandler(db.Frozen)
    def _frozen(error: db.Frozen) -> Response:
        return answer(503, _why_frozen(), wait=120)

    @app.errorhandler(StoreFailed)
    def _store_failed(error: StoreFailed) -> Response:
        log.error("A file could not be fetched: %s", error)
        return answer(503, _("Files cannot be reached just now. Please try again in a moment."), wait=30)

    @app.errorhandler(Moved)
    def _moved(error: Moved) -> Response:
        return redirect(error.address) if request.method == "GET" else answer(409, error.reason)

    @app.errorhandler(BadCursor)
    def _bad_cursor(error: BadCursor) -> Response:
        return answer(400, str(error))

    @app.errorhandler(NoProof)
    def _no_proof(error: NoProof) -> Response:
        return answer(
            403,
            _(
                "This form was open for very long, or was sent from another site. "
                "Go back, load the page again and send it once more."
            ),
        )

    @app.errorhandler(LoginNeeded)
    def _login_needed(error: LoginNeeded) -> Response:
        if request.method == "GET" and not htmx.partial() and not _api():
            return redirect(f"/login?next={quote(request.full_path.rstrip('?'))}")
        return answer(403, _("Log in to do this."), login=True)

    @app.errorhandler(RateLimitExceeded)
    def _limited(error: RateLimitExceeded) -> Response:
        reached = limiter.current_limit
        # the window's own end: `reset_at` is rounded to a second, and would have one wait a second too long
        wait = reached.window[0] - clock.present().timestamp() if reached else error.limit.limit.get_expiry()
        seconds = max(1, math.ceil(wait))
        return answer(
            429,
            _("That was a lot in a short time. Please wait %(wait)s.", wait=i18n.span(seconds)),
            wait=seconds,
        )

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Response:
        if error.code is None or error.code < 400:
            return error.get_response()
        if getattr(error, "original_exception", None) is not None:  # raised while the answer was being sent off
            return _broken(error.original_exception)
        made = answer(error.code)
        if error.code == 405 and getattr(error, "valid_methods", None):
            made.headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return made

    @app.errorhandler(UnicodeError)
    def _unreadable(error: UnicodeError) -> Response:
        return answer(400)

    @app.errorhandler(Exception)
    def _broken(error: Exception) -> Response:
        status, reason, wait = _about(error)
        log.exception("%s %s failed with %s", request.method, operations.logged_path(), status)
        noticed.note("error", _where(error), trace=logs.without_secrets(_trace(error)), **operations.about())
        try:
            db.session().rollback()
            return answer(status, reason, wait=wait)
        except Exception:  # the database is away, so even the page's frame cannot be drawn
            log.exception("The page for the error failed as well")
            return answer(status, reason, wait=wait, page=BARE)


def _where(error: Exception) -> str:
    """What an error has in common with others: its kind, and the last place of ours that it passed."""
    places = [each for each in traceback.extract_tb(error.__traceback__) if each.filename.startswith(_OURS)]
    place = next((each for each in reversed(places) if "/.venv/" not in each.filename), None)
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    return f"{kind} in {place.filename.removeprefix(_OURS)}:{place.lineno}, {place.name}" if place else kind


def _trace(error: Exception) -> str:
    return "".join(traceback.format_exception(error)).replace(_OURS, "")


def _about(error: Exception) -> tuple[int, str, int | None]:
    """The status, the reason (empty: the status's own) and the wait for an error that nobody foresaw."""
    trouble = db.trouble_of(error)
    if trouble == "full":
        return 507, "", None
    if trouble == "closed":
        return 503, _("The site can only be read just now."), 60
    if trouble == "busy":
        return 503, _("Others wrote at the same moment."), 1
    if trouble == "away":
        return 503, _("The database does not answer just now."), 5
    return 500, "", None


def answer(
    status: int, reason: str = "", *, wait: int | None = None, login: bool = False, title: str = "", page: str = _USUAL,
) -> Response:  # fmt: skip
    """The answer for an error: its status, a title, and a reason for people. With the page BARE it asks no database."""
    title = title or _(_TITLES.get(status, "This did not work"))
    reason = reason or _(_REASONS.get(status, "Nothing was changed."))
    words: dict[str, Any] = {"status": status, "title": title, "reason": reason, "login": login}
    if _api():
        made = jsonify({"error": {"status": status, "title": title, "reason": reason}})
    elif _stays(status, page):
        made = _message(words)
    else:
        words |= {"hint": _hint(status), "kept": _kept(), "again": _again(status)}
        made = _bare(words) if page == BARE else make_response(render_template(page, **words))
    made.status_code = status
    if wait is not None:
        made.headers["Retry-After"] = str(wait)
    return made


def _why_frozen() -> str:
    """What people are told of a move that broke off, or is done; of one that goes on the usual words hold."""
    stopped = frozen.read(db.frozen_by)
    if stopped is None or stopped.at_work:
        return ""
    if stopped.done:
        words = _("Only reading: the site has moved, and writing goes on as soon as it is opened in its new place.")
    else:
        since = i18n.exact(stopped.since)
        words = _("Only reading since %(day)s: something broke off, and has to be looked at first.", day=since)
    return words


def _stays(status: int, page: str) -> bool:
    """Whether the reader's page stays as it is, and is only told what happened.

    Always after a form that HTMX sent, as what was typed stands in it. After a link, when there is no page to show.
    """
    if htmx.partial() or not htmx.asked() or htmx.restoring():
        return htmx.partial()
    return not this_request().safe or page == BARE or (page == _USUAL and status >= 500)


def _message(words: dict[str, Any]) -> Response:
    """What goes to the page's own place for messages, whatever the request was aimed at. No database is asked."""
    at = htmx.here() if htmx.partial() or this_request().safe else _came_from()
    again = _again(words["status"]) if this_request().safe and not htmx.partial() else ""
    words |= {"hint": _hint(words["status"]), "here": at, "again": again}
    made = Response(current_app.jinja_env.get_template("errors/_error.html").render(words), mimetype="text/html")
    # a link or a form without a target of its own is boosted: it selects `#page`, and would put its address into the bar
    made.headers.extend(
        {"HX-Retarget": "#messages", "HX-Reswap": "innerHTML show:none", "HX-Reselect": "#message-error"}
    )
    made.headers["HX-Push-Url"] = "false"
    return made


def _bare(words: dict[str, Any]) -> Response:
    sheet = looks.manifest()[skins.NONE]["file"]
    page = current_app.jinja_env.get_template(BARE).render(words, sheet=sheet, host=request.host, language=i18n.DEFAULT)
    return Response(page, mimetype="text/html")


def _hint(status: int) -> str:
    """Where what was typed is, when a form failed and it is nobody's fault who sent it."""
    if status < 500 or this_request().safe:
        return ""
    return _("What you typed is still in your browser: try again in a moment.")


def _again(status: int) -> str:
    """Where to try once more what may work then: the same address, or (after a form) the page that it stood on."""
    if status not in _PASSING:
        return ""
    return params.way_back(request.full_path.rstrip("?")) if this_request().safe else _came_from()


def _came_from() -> str:
    """The page that sent a form."""
    came = taken_apart(request.headers.get("Referer", ""))
    return params.way_back(urlunsplit(("", "", came.path, came.query, "")) if came.netloc == request.host else "")


def _kept() -> str:
    """What somebody had written, when it could not be taken: the page gives it back."""
    if request.method != "POST":
        return ""
    try:
        return "\n\n".join(text for name in _TEXTS if (text := request.form.get(name, "")))
    except HTTPException:  # it was too large even to be read
        return ""


def _api() -> bool:
    return request.path.startswith("/api/")
