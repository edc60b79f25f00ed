"""Operations: health, readiness and metrics for machines, and a line in the log for what was slow."""

import hmac
import logging
import re
import resource
import secrets
import sys
import time
from functools import lru_cache

from flask import Flask, Response, current_app, request
from werkzeug.routing import Map

from core import clock, health, logs, metrics, noticed, queries
from core.db import scratch
from web.auth import for_machines
from web.exchange import taken_apart, this_request
from web.networks import is_loopback

log = logging.getLogger("livery.requests")

_ID = re.compile(r"[\w.:-]{8,64}", re.ASCII)
_SECRET_ARGUMENTS = frozenset({"code", "token", "key"})

metrics.counter("livery_requests", "Requests answered by the application, by view and status.")
metrics.counter("livery_request_view_seconds", "Seconds spent in requests, by view.")
metrics.histogram("livery_request_seconds", "How long requests took.")
metrics.gauge("livery_memory_bytes", "The most memory that this process has held.", lambda: float(_most_memory()))
_started = clock.now().timestamp()
metrics.gauge("livery_started_seconds", "When this process started, in seconds since 1970.", lambda: _started)


def init_app(app: Flask) -> None:
    """Connects the addresses of machines, and times every request."""
    config = app.config["LIVERY"]

    @app.before_request
    def _begins() -> None:
        scratch()["began"] = time.perf_counter()
        named = this_request().environ.get("HTTP_X_REQUEST_ID", "")
        logs.request_id.set(request_id(named))
        queries.spent.set(queries.Spent(where=shape()))

    @app.after_request
    def _ends(answer: Response) -> Response:
        answer.headers.add("X-Request-ID", logs.request_id.get())
        began = scratch().get("began")
        if began is not None:
            _note(answer, time.perf_counter() - began, config.slow_page, config.log_requests)
        return answer

    @app.teardown_request
    def _over(error: BaseException | None) -> None:
        logs.request_id.set("")
        queries.spent.set(None)

    @app.get("/healthz")
    @for_machines
    def healthz() -> Response:
        return _plain("ok\n")

    @app.get("/readyz")
    @for_machines
    def readyz() -> Response:
        # a proxy asks only whether pages can be read: a queue that waits is no reason to send readers away
        names = health.named(request.args.get("only", ""))
        troubles = health.troubles(names)
        lines = [f"{name}: {troubles.get(name, 'ok')}\n" for name in names]
        return _plain("".join(lines), 503 if troubles else 200)

    @app.get("/metrics", endpoint="metrics")
    @for_machines
    def show_metrics() -> Response:
        if not _may_read_metrics(config.metrics_token):
            return _plain("Not for you.\n", 404)
        answer = _plain(metrics.text())
        answer.headers["Content-Type"] = metrics.CONTENT_TYPE
        return answer


def request_id(named: str) -> str:
    """What a request is called: as whoever sent it on named it, if that is a name, or by lot."""
    return named if named and _ID.fullmatch(named) else secrets.token_hex(8)


def _note(answer: Response, seconds: float, slow: int, every: bool) -> None:
    view, spent = this_request().endpoint or "none", queries.spent.get() or queries.Spent()
    metrics.count("livery_requests", view=view, status=str(answer.status_code))
    metrics.count("livery_request_view_seconds", seconds, view=view)
    metrics.count("livery_queries", spent.queries)
    metrics.count("livery_query_seconds", spent.seconds)
    metrics.observe("livery_request_seconds", seconds)
    if noticed.is_slow("page", seconds):
        noticed.slow("page", f"{request.method} {shape()}", seconds, **about(), queries=str(spent.queries))
    if answer.status_code == 404:
        noticed.note("missing", shape(), **about())
    was_slow = bool(slow) and seconds * 1000 >= slow
    if not (every or was_slow):
        return
    fields = {
        "method": request.method, "path": logged_path(), "status": answer.status_code, "ms": round(seconds * 1000, 1),
        "queries": spent.queries, "query_ms": round(spent.seconds * 1000, 1), "from": request.remote_addr,
    }  # fmt: skip
    if was_slow:
        log.warning("A request was slow", extra={"fields": fields})
    else:
        log.info("Answered", extra={"fields": fields})


def shape() -> str:
    """What this request's address has in common with others: the rule that it fits, or what it looks like."""
    current = this_request()
    return current.url_rule.rule if current.url_rule is not None else noticed.address_shape(logged_path())


def about() -> dict[str, str]:
    """What is kept of a request that went wrong or was slow: where it went, came from and what it is called."""
    referrer = taken_apart(request.headers.get("Referer", ""))
    came = "" if referrer.netloc in ("", request.host) else f"{referrer.scheme}://{referrer.netloc}"
    return {
        "address": logged_path(), "referrer": came + noticed.without_codes(referrer.path), "request": logs.request_id.get(),
    }  # fmt: skip


def logged_path() -> str:
    """The path as it may be written down: without its query, and without the secrets that some carry (a reset code), and
    the titles of topics. Where no rule fits, all that could be a code is left out."""
    path, given = request.path, request.view_args or {}
    if request.url_rule is None:
        before = next((each for each in _before_secrets(current_app.url_map) if path.startswith(each)), None)
        return noticed.without_codes(path if before is None else f"{before}…")
    secret = _SECRET_ARGUMENTS | ({"slug"} if given.keys() & {"topic_id", "category_id"} else set())
    for name, value in given.items():
        if name in secret:
            path = path.replace(str(value), "…")
    return path


@lru_cache(4)
def _before_secrets(rules: Map) -> tuple[str, ...]:
    """How the addresses begin that carry a secret, up to it; the longest first."""
    secret = (rule.rule for rule in rules.iter_rules() if rule.arguments & _SECRET_ARGUMENTS)
    return tuple(sorted({rule.partition("<")[0] for rule in secret} - {"/"}, key=len, reverse=True))


def _may_read_metrics(token: str) -> bool:
    """With a token only who sends it; without one this machine itself, and nobody through a proxy on it."""
    if token:
        scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(sent.strip().encode(), token.encode())
    return is_loopback(request.remote_addr or "") and not request.environ.get("livery.forwarded")


def _plain(text: str, status: int = 200) -> Response:
    answer = Response(text, status, mimetype="text/plain")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _most_memory() -> int:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
