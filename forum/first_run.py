"""The first run: a new site is set up in the browser, once, by whoever holds the code that its start printed."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from sqlalchemy import delete, select

from core import cache, clock
from core import settings as store
from core.db import session
from core.i18n import gettext as _
from forum import accounts, first_categories, groups, viewers
from forum.refusals import Invalid, Missing
from models import Account, SetUpCode, User

WELCOME = "welcome"
"""The preference of the first administrator that shows him what to do next."""
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that is taken for another
_KEPT = 10
"""So many codes hold at once: each process of a site prints one when it starts."""


@dataclass(frozen=True, slots=True)
class Site:
    """What a new site is to be."""

    code: str
    title: str
    name: str
    email: str
    password: str
    skin: str
    mode: str
    categories: str


def pending() -> bool:
    """Whether the site waits to be set up: a code was printed, and nobody has an account. No query once it is done."""

    def load() -> bool:
        return session().scalar(select(SetUpCode.id).limit(1)) is not None

    begun = cache.version("first_run")  # where no code was ever printed there is nothing to look up
    return bool(begun) and cache.keep("first_run", load) and untouched()


def untouched() -> bool:
    """Whether nobody has an account yet."""
    return session().scalar(select(Account.user_id).limit(1)) is None


def begin() -> str:
    """Opens the set-up, and returns a code for it: of 80 bits, in four groups of letters."""
    code = "-".join("".join(secrets.choice(_LETTERS) for _letter in range(4)) for _group in range(4))
    current = session()
    current.add(SetUpCode(code_hash=_hash(code), at=clock.now()))
    current.flush()
    newest = select(SetUpCode.id).order_by(SetUpCode.id.desc()).limit(_KEPT)
    current.execute(delete(SetUpCode).where(SetUpCode.id.not_in(current.scalars(newest).all())))
    cache.bump("first_run")
    return code


def finish() -> None:
    """Closes the set-up for good; no code opens it any more."""
    if session().execute(delete(SetUpCode)).rowcount:  # type: ignore[attr-defined]
        cache.bump("first_run")


def right(code: str) -> bool:
    """Whether this is a code that was printed."""
    return _known(code, list(session().scalars(select(SetUpCode.code_hash))))


def set_up(site: Site) -> User:
    """Makes the site and its administrator, once: of two in the same moment the second finds it done.

    Raises Missing when it is set up, and Invalid.
    """
    codes = list(session().scalars(select(SetUpCode).with_for_update().execution_options(populate_existing=True)))
    if not codes or not untouched():
        raise Missing
    if not _known(site.code, [each.code_hash for each in codes]):
        raise Invalid("code", _("This is not the code that the start of the server printed last."))
    if not site.title.strip():
        raise Invalid("title", _("The site needs a name."))
    user = accounts.create(site.name, site.email, site.password)
    groups.make_administrator(user.id)
    _put("site.title", "title", " ".join(site.title.split()), user.id)
    _put("skins.default", "skin", site.skin, user.id)
    _put("registration.mode", "mode", site.mode, user.id)
    if site.categories not in first_categories.SEEDS:
        raise Invalid("categories", _("Choose one of them."))
    first_categories.plant(site.categories)
    finish()
    administrator = viewers.member(user.id)
    assert administrator is not None
    accounts.prefer(administrator, **{WELCOME: "1"})
    return user


def _put(name: str, field: str, value: str, by: int) -> None:
    try:
        store.put(name, value, by)
    except store.SettingError:
        raise Invalid(field, _("This cannot be used here.")) from None


def _known(code: str, hashes: list[str]) -> bool:
    given = _hash(code)
    return any(hmac.compare_digest(given, each) for each in hashes)


def _hash(code: str) -> str:
    plain = "".join(sign for sign in code.upper() if sign.isalnum())
    return hashlib.sha256(b"set-up:" + plain.encode()).hexdigest()
