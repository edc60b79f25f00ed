"""The session in its cookie: none for files, and read once for all requests that bring the same one."""

from typing import Any, NamedTuple

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSessionInterface

from core import clock
from core.store import Store
from web import varying
from web.exchange import this_request


class _Cookie(NamedTuple):
    """What a cookie says whose signature holds, and when it was signed."""

    said: dict[str, Any]
    signed_at: float


_cookies: Store[_Cookie] = Store(2 * 1024 * 1024, "sessions")
_PLAIN = (str, int, bool, type(None))
"""What a session holds that nobody can change while two requests share it."""


class _Sessions(SecureCookieSessionInterface):
    """Files are the same for everybody: without a session they need no `Vary: Cookie`, and browsers keep them.

    What they get is empty and thrown away; it must take what the cookie that remembers a member would write into it.
    """

    def open_session(self, app: Flask, request: Request) -> Any:
        return self.session_class() if _asks_for_file(request.path) else self._opened(app, request)

    def _opened(self, app: Flask, request: Request) -> Any:
        """What the cookie says. A cookie that was read once is known: to check a signature takes as long as a list."""
        cookie = request.cookies.get(self.get_cookie_name(app), "")
        key = (app.secret_key, cookie)
        known = _cookies.get(key)
        if (
            known is not None
            and 0 <= clock.present().timestamp() - known.signed_at <= app.permanent_session_lifetime.total_seconds()
        ):
            return self.session_class(known.said)
        opened = super().open_session(app, request)
        if opened and all(type(each) in _PLAIN for each in opened.values()):
            serializer = self.get_signing_serializer(app)
            assert serializer is not None
            _said, signed_at = serializer.loads(cookie, return_timestamp=True)
            _cookies.put(key, _Cookie(dict(opened), signed_at.timestamp()), 1000 + len(cookie))
        return opened

    def save_session(self, app: Flask, session: Any, response: Response) -> None:
        if _asks_for_file(this_request().path):
            return
        if session and session.accessed and not session.modified:  # it stays as it was
            varying.by(response, "Cookie")
        else:
            super().save_session(app, session, response)


def _asks_for_file(path: str) -> bool:
    return path.startswith("/static/") or path == "/colours.css"


def init_app(app: Flask) -> None:
    """Makes it the application's."""
    app.session_interface = _Sessions()
