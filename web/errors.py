"""Errors: a page for a browser, a fragment for HTMX, JSON under /api; always with what can be done next."""

import logging
import math
import traceback
from urllib.parse import quote

from flask import Flask, Response, jsonify, make_response, redirect, render_template, request
from flask_limiter import RateLimitExceeded
from markupsafe import escape
from werkzeug.exceptions import HTTPException

from core import clock, db, frozen, i18n, logs, noticed
from core.config import ROOT
from core.i18n import gettext as _
from core.i18n import mark
from core.pages import BadCursor
from core.s3 import StoreFailed
from forum.refusals import Busy, Conflict, Forbidden, Gone, Invalid, Missing, Moved, Refusal, TooMany
from web import htmx, operations, params
from web.auth import LoginNeeded
from web.exchange import taken_apart
from web.limits import limiter
from web.security import NoProof

log = logging.getLogger("livery.errors")

_OURS = f"{ROOT}/"

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
    503: mark("Only reading for a few minutes: the site is being moved. What you typed is still in your browser."),
    507: mark("The site's disk is full, so nothing was changed. What you typed is still in your browser."),
    500: mark("It was noted. What you had typed is still in your browser: go back and try again."),
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
            status = 503 if status == 503 else 500
            made = Response(
                render_bare(_(_TITLES[status]), reason or _(_REASONS[status])), status, mimetype="text/html"
            )
            made.headers.extend({"Retry-After": str(wait)} if wait else {})
            return made


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
        return (
            503,
            _("The site can only be read just now. What you typed is still in your browser: try again later."),
            60,
        )
    if trouble == "away":
        return 503, _("The database does not answer just now. What you typed is still in your browser: try again."), 5
    return 500, "", None


def answer(
    status: int, reason: str = "", *, wait: int | None = None, login: bool = False, title: str = "",
    page: str = "errors/error.html",
) -> Response:  # fmt: skip
    """The answer for an error: its status, a title, and a reason for people."""
    title = title or _(_TITLES.get(status, "This did not work"))
    reason = reason or _(_REASONS.get(status, "Nothing was changed."))
    if _api():
        made = jsonify({"error": {"status": status, "title": title, "reason": reason}})
    else:
        template = "errors/_error.html" if htmx.partial() else page
        words = {"status": status, "title": title, "reason": reason, "login": login, "kept": _kept(), "again": _again()}
        made = make_response(render_template(template, **words))
        if htmx.partial():
            # the fragment goes to the page's own place for messages, whatever the request was aimed at
            made.headers["HX-Retarget"] = "#messages"
            made.headers["HX-Reswap"] = "innerHTML"
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
    return f"{words} {_('What you typed is still in your browser.')}"


def _again() -> str:
    """Where to try once more: the same address, or (after a form) the page that it stood on."""
    if request.method == "GET":
        return params.way_back(request.full_path.rstrip("?"))
    came = taken_apart(request.headers.get("Referer", ""))
    return params.way_back(came.path if came.netloc == request.host else "")


def _kept() -> str:
    """What somebody had written, when it could not be taken: the page gives it back."""
    if request.method != "POST" or htmx.partial():
        return ""
    try:
        return request.form.get("body", "")
    except HTTPException:  # it was too large even to be read
        return ""


def render_bare(title: str, reason: str) -> str:
    """A page that needs no database."""
    frame = "<!doctype html><html lang=en><meta charset=utf-8><title>{0}</title><h1>{0}</h1><p>{1}</p></html>"
    return frame.format(escape(title), escape(reason))


def _api() -> bool:
    return request.path.startswith("/api/")
