"""Who is asking: Flask-Login's session, turned into the viewer that the domain knows."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from flask import Flask, g, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from core import clock, lasting
from core.db import scratch, writing
from forum import networks, sessions, users, viewers
from forum.refusals import Forbidden
from forum.viewers import Viewer
from web.exchange import this_request
from web.networks import network_of

PREFERENCES = ("skin", "dark", "mode", "size", "font", "density", "keys", "sidebar")
"""What a guest's cookies may say; a member's account says it for him."""

_LONGEST = 80

PROVEN = "proven_at"
"""When somebody last gave his password, or came by while that was fresh; the control panel asks again after a while."""

GIVEN = "given_at"
"""When somebody last gave his password."""

OF = "proven_by"
"""The log-in that both belong to: in another one, of whomever, they prove nothing."""

F = TypeVar("F", bound=Callable[..., Any])


class _LoginManager(LoginManager):
    """Flask-Login's, without its protection of sessions: a phone changes its address; the mark in the id ends log-ins."""

    session_protection = None

    def _session_protection_failed(self) -> bool:
        # it would make a mark of address and browser for each page before it finds that nobody wants it
        return False


login_manager = _LoginManager()


class LoginNeeded(Exception):
    """A guest asked for what only a member may have."""


class SessionUser(UserMixin):
    """What Flask-Login keeps: the viewer, and an id that holds as long as this log-in does."""

    def __init__(self, viewer: Viewer, mark: str) -> None:
        self.viewer = viewer
        self.mark = mark

    def get_id(self) -> str:
        return f"{self.viewer.id}.{self.mark}"


@login_manager.user_loader
def _load(session_id: str) -> SessionUser | None:
    user_id, _, mark = session_id.partition(".")
    if not (user_id.isdecimal() and user_id.isascii() and len(user_id) < 18):
        return None
    found = viewers.member(int(user_id))
    if found and found.banned:
        g.turned_away = found.banned.words
        return None
    return SessionUser(found, mark) if found and mark in found.sessions else None


def viewer() -> Viewer:
    """The viewer of this request. Raises RuntimeError in a part that is kept for many."""
    if lasting.inside():
        raise RuntimeError("A kept part is the same for many readers: give it what it needs to know of this one.")
    about = scratch()  # as long-lived as the request, and nearer than `g`
    found: Viewer | None = about.get("viewer")
    if found is None:
        chosen = preferred(this_request().cookies)
        user = current_user._get_current_object()
        if user.is_authenticated:
            member: Viewer = user.viewer
            about["mark"] = user.mark
            found = replace(member, preferences={**chosen, **member.preferences}) if chosen else member
        else:
            found = viewers.guest(chosen)
        about["viewer"] = found
    return found


def preferred(cookies: Mapping[str, str]) -> dict[str, str]:
    """What cookies say about how pages look. What is longer than anything that this site says is not taken."""
    return {name: cookies[name] for name in PREFERENCES if name in cookies and len(cookies[name]) <= _LONGEST}


def known_viewer() -> Viewer | None:
    """The viewer of this request if anybody has asked for him: nobody is looked up."""
    found: Viewer | None = scratch().get("viewer")
    return found


def log_in(user_id: int, *, remember: bool | None) -> None:
    """Begins a session: what the old one held is dropped, so nobody can prepare it for somebody else.

    Whether it outlives the browser: None leaves that as it was.
    """
    before, remember = own_mark(), session.permanent if remember is None else remember
    session.clear()
    with writing():
        if before:
            sessions.leave(viewer(), before)
        mark = sessions.begin(user_id, request.headers.get("User-Agent", ""), network_of(request.remote_addr or ""))
    found = viewers.member(user_id)
    assert found is not None
    session.permanent = remember
    proved(mark)
    login_user(SessionUser(found, mark), remember=remember)
    scratch().pop("viewer", None)


def log_out() -> None:
    """Ends the session, here and in the list of them; nothing that it held is left for whoever comes next."""
    if own_mark():
        with writing():
            sessions.leave(viewer(), own_mark())
    session.clear()
    logout_user()  # and has the cookie removed that remembers
    scratch().pop("viewer", None)


def proved(mark: str) -> None:
    """Notes that whoever has the log-in of this mark has just given his password."""
    session[PROVEN] = session[GIVEN] = int(clock.now().timestamp())
    session[OF] = mark


def since(what: str) -> int:
    """How many seconds ago this was (PROVEN, GIVEN); very many where it was not in this log-in."""
    mark = own_mark()
    at = session.get(what, 0) if mark and session.get(OF) == mark else 0
    return int(clock.now().timestamp()) - int(at)


def own_mark() -> str:
    """The mark of the log-in that asks; nothing for a guest."""
    return "" if viewer().guest else str(scratch()["mark"])


def own_signals() -> frozenset[str]:
    """By which a page is told that its own log-in has ended."""
    return frozenset({f"session-{own_mark().partition('-')[0]}"} if own_mark() else ())


def public(view: F) -> F:
    """Marks a write that a guest may make, or whose view itself asks him to log in; all others need a login."""
    view.public = True  # type: ignore[attr-defined]
    return view


def proven_by_address(view: F) -> F:
    """Marks a public write whose address holds a signed code: whoever knows it may send it, a mail program included."""
    view.proven_by_address = True  # type: ignore[attr-defined]
    return public(view)


def login_required(view: F) -> F:
    """Marks a page that only a member may read."""
    view.login_required = True  # type: ignore[attr-defined]
    return view


def for_machines(view: F) -> F:
    """Marks an address that machines ask often and that must answer even without a database: nobody is looked up."""
    view.for_machines = True  # type: ignore[attr-defined]
    return view


def init_app(app: Flask) -> None:
    """Connects Flask-Login and the rule that writes need a login."""
    login_manager.init_app(app, add_context_processor=False)

    @app.before_request
    def _gate() -> None:
        current = this_request()
        view = current.view
        if view is None or current.endpoint == "static" or current.for_machines:
            return
        who = viewer()
        if who.guest and "turned_away" in g:
            log_out()
            raise Forbidden(g.turned_away)
        safe = current.safe
        needed = getattr(view, "login_required", False) if safe else not getattr(view, "public", False)
        if needed and who.guest:
            raise LoginNeeded
        barred = None if safe or who.administrator else networks.barred(request.remote_addr or "")
        if barred is not None:
            raise Forbidden(barred.words)
        if not who.guest:
            users.seen(who)
            sessions.seen(own_mark())
