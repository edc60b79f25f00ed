"""What every answer and every write is held to: the content policy, and the proof that a write is meant."""

import re
import secrets
from functools import lru_cache

from flask import Flask, Response, abort, current_app, request, session
from flask_wtf.csrf import generate_csrf, validate_csrf
from markupsafe import Markup
from wtforms.validators import ValidationError

from core import clock, db, lasting
from core.db import scratch
from web import varying
from web.auth import viewer
from web.exchange import ALWAYS, header, taken_apart, this_request
from web.networks import is_host

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


_A_YEAR = "max-age=31536000"

TOKEN_MARK = Markup("\x00csrf\x00")
"""Stands in kept fragments where a member's token goes. No text that people write has a NUL in it."""


class NoProof(Exception):
    """A write without proof that its own page sent it."""


def guard_reads(app: Flask) -> None:
    """Lets no GET write. Connected before whatever reads, as the guard also tells where a page may be read."""

    @app.before_request
    def _reads_do_not_write() -> None:
        current = this_request()
        if current.safe:
            guard = db.reading_only()
            guard.__enter__()
            current.environ["livery.reading_only"] = guard

    @app.teardown_request
    def _reading_is_over(error: BaseException | None) -> None:
        guard = this_request().environ.pop("livery.reading_only", None)
        if guard is not None:
            guard.__exit__(None, None, None)


def init_app(app: Flask) -> None:
    """Connects the checks of requests and the headers of answers."""
    config = app.config["LIVERY"]
    hosts = {_bare(host) for host in config.hosts}

    @app.before_request
    def _may_be_asked() -> Response | None:
        current = this_request()
        if hosts and _bare(current.host) not in hosts and not current.for_machines:
            return Response("This site has another name.\n", 421, mimetype="text/plain")
        if not is_host(current.host) and not current.for_machines:
            return Response("No site has such a name.\n", 400, mimetype="text/plain")
        if "\x00" in current.path:
            abort(404)  # no name has a NUL in it, and PostgreSQL refuses to be asked
        if not current.safe and not getattr(current.view, "proven_by_address", current.view is None):
            _prove()
        return None

    @app.after_request
    def _headers(answer: Response) -> Response:
        headers = answer.headers
        if not header(answer, "Content-Security-Policy"):  # some answers have a stricter one
            headers.add("Content-Security-Policy", POLICY)
        if config.behind_tls:
            headers["Strict-Transport-Security"] = _A_YEAR
            _secure_cookies(answer)
        if not header(answer, "Cache-Control") and this_request().endpoint not in ("static", "assets.static"):
            headers.add("Cache-Control", "private, no-cache")
            varying.by(answer, "Cookie")
        return answer


def of_every_answer(app: Flask) -> list[tuple[str, str]]:
    """What every answer says: for those that the event loop gives by itself."""
    tls = [("Strict-Transport-Security", _A_YEAR)] if app.config["LIVERY"].behind_tls else []
    return [("Content-Security-Policy", POLICY), *tls, *ALWAYS]


def _prove() -> None:
    """Raises NoProof for a write from another site, or from a member (or with a session) without the session's token.

    A guest has nothing that another site could misuse, and his pages carry no token: for him the browser's own
    word is enough (Sec-Fetch-Site, or Origin; both cannot be set by a page). Without that word a token is needed.
    """
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None and site != "same-origin":
        raise NoProof
    if origin is not None and not _ours(origin):
        raise NoProof
    vouched = site == "same-origin" or origin is not None
    if vouched and viewer().guest:
        return
    try:
        validate_csrf(request.form.get("csrf_token") or request.headers.get("X-CSRFToken"))
    except ValidationError:
        raise NoProof from None


def _ours(origin: str) -> bool:
    parts, config = taken_apart(origin), current_app.config["LIVERY"]
    return parts.netloc == request.host and (parts.scheme == "https" or not config.behind_tls)


def _bare(host: str) -> str:
    """A host name in lower case, without the port that browsers leave out."""
    return re.sub(r":(80|443)$", "", host.lower())


def _secure_cookies(answer: Response) -> None:
    """Cookies that a view set itself (a guest's skin) travel by TLS only, as the session's own do."""
    lines = answer.headers.getlist("Set-Cookie")
    if lines:
        marked = [line if "; secure" in line.lower() else f"{line}; Secure" for line in lines]
        answer.headers.setlist("Set-Cookie", marked)


def csrf_field() -> Markup:
    """The hidden field that proves a member's writes; a guest's pages need none. In what is kept: its mark."""
    if lasting.inside():
        return TOKEN_MARK
    return token_field() if not viewer().guest else Markup("")


def token_field() -> Markup:
    """The hidden field whoever looks: for the pages whose forms begin a session."""
    about = scratch()
    if "token_field" not in about:
        secret = session.get("csrf_token")
        minute = int(clock.present().timestamp()) // 60
        about["token_field"] = _signed(current_app.secret_key, secret, minute) if secret else _signed_now()
    found: Markup = about["token_field"]
    return found


def _signed_now() -> Markup:
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())


@lru_cache(4096)
def _signed(_key: str, _secret: str, _minute: int) -> Markup:
    """The field of a session: signed once a minute, for that takes longer than many a part of a page."""
    return _signed_now()


def send_key() -> str:
    """A mark for one filled-in form, so that sending it twice posts once."""
    lasting.fleeting()
    return secrets.token_urlsafe(12)


def forget_token() -> None:
    """Lets the next form get a fresh token."""
    session.pop("csrf_token", None)
    scratch().pop("token_field", None)
