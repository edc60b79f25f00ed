"""HTMX: the only place that looks at its headers. A page for a browser, parts for HTMX, from the same views."""

import json
from typing import Any

from flask import Response, make_response, redirect, render_template, request

from web import flash, folding
from web.exchange import Answer, taken_apart, this_request


def partial() -> bool:
    """Whether HTMX asks for parts of a page. A page restored from history, or a whole one, is not that."""
    sent = this_request().environ  # asked five times a page: `headers` takes ten times as long to say that it has none
    return sent.get("HTTP_HX_REQUEST_TYPE") == "partial" and "HTTP_HX_HISTORY_RESTORE_REQUEST" not in sent


def asked() -> bool:
    """Whether HTMX sent this request at all."""
    return "HX-Request" in request.headers


def restoring() -> bool:
    """Whether HTMX asks for a page that the reader goes back to: the browser shows its address already."""
    return "HX-History-Restore-Request" in request.headers


def here() -> str:
    """The address of the page that the reader is at: where parts of it are asked for, HTMX says it."""
    if not partial():
        return this_request().full_path.rstrip("?")
    at = taken_apart(request.headers.get("HX-Current-URL", ""))
    return (at.path or "/") + (f"?{at.query}" if at.query else "")


def render(page: str, part: str, /, **context: Any) -> Response:
    """A read: the page, or the part of it that HTMX asked for."""
    answer = Answer(folding.rendered(part if partial() else page, context))
    answer.headers.add("Vary", "HX-Request-Type")
    return answer


def done(parts: str, /, *, otherwise: str, offer: flash.Offer | None = None, **context: Any) -> Response:
    """A write that succeeded: parts for HTMX, for everybody else the way on to a page. `offer` is how to undo it."""
    if not asked():
        if offer:
            flash.offer(offer)
        return redirect(otherwise, 303)
    return make_response(render_template(parts, offer=offer, **context))


def go(address: str, *, offer: flash.Offer | None = None, event: str = "livery:sent") -> Response:
    """A write that ends on another page: HTMX fetches that page without leaving the document."""
    if offer:
        flash.offer(offer)
    if not asked():
        return redirect(address, 303)
    answer = make_response("", 200)
    page = {"path": address, "target": "#page", "select": "#page", "swap": "outerHTML show:none"}
    answer.headers["HX-Location"] = json.dumps(page)
    return announce(answer, event)


def leave(address: str) -> Response:
    """A read that ends on another site: HTMX, which cannot fetch what is there, opens it in place of the document."""
    if not asked():
        return redirect(address)
    answer = make_response("", {"Content-Type": "text/plain"})
    answer.headers["HX-Redirect"] = address
    return answer


def push(answer: Response, address: str) -> Response:
    """Puts an address into the browser's bar."""
    if asked():
        answer.headers["HX-Push-Url"] = address
    return answer


def announce(answer: Response, event: str, **detail: Any) -> Response:
    """Makes HTMX fire an event in the page."""
    if asked():
        answer.headers["HX-Trigger"] = json.dumps({event: detail})
    return answer
