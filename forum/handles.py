"""Handles: the one name space of people, groups and categories. A handle is never given out twice."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select, update

from core.db import session
from forum.slugs import LONGEST, slugify
from models import Group, Handle

RESERVED = frozenset(
    {
        "admin",
        "administrator",
        "all",
        "everyone",
        "guest",
        "here",
        "livery",
        "me",
        "moderator",
        "root",
        "system",
    }
)

_ADDRESS = {"user": "/user/", "group": "/groups/"}


def claim(name: str, kind: str, target_id: int) -> str:
    """Gives a name its unique handle: its slug, with a number behind it when that is taken."""
    handle = free(name)
    session().add(Handle(handle=handle, kind=kind, target_id=target_id))
    session().flush()
    return handle


def take(name: str, user_id: int) -> str:
    """The handle of a person's new name: one that was his before, or a new one; what he had stays his."""
    row = session().get(Handle, slugify(name, "member")[: LONGEST - 6])
    if row is not None and (row.kind, row.target_id) == ("user", user_id):
        return row.handle
    return claim(name, "user", user_id)


def lay_aside(user_id: int) -> None:
    """Makes all handles of a person lead nowhere; they are still never given out again."""
    mine = (Handle.kind == "user") & (Handle.target_id == user_id)
    session().execute(update(Handle).where(mine).values(kind="gone", target_id=0))


def free(name: str) -> str:
    """The handle that a name would get now."""
    base = slugify(name, "member")[: LONGEST - 6]
    taken = set(
        session().scalars(
            select(Handle.handle).where((Handle.handle == base) | Handle.handle.startswith(base + "-", autoescape=True))
        )
    )
    if base not in taken and base not in RESERVED:
        return base
    number = 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"


def addresses(handles: Iterable[str]) -> Mapping[str, str]:
    """The addresses of those handles that exist and have a page."""
    wanted = list(handles)[:50]
    if not wanted:
        return {}
    shown = select(Group.id).where(~Group.system, Group.visibility != "hidden")
    known = (Handle.kind == "user") | ((Handle.kind == "group") & Handle.target_id.in_(shown))
    rows = session().execute(select(Handle.handle, Handle.kind).where(Handle.handle.in_(wanted), known))
    return {handle: _ADDRESS[kind] + handle for handle, kind in rows}
