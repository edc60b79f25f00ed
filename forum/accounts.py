"""Accounts: registering, logging in, and changing the password."""

import threading
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from core import clock
from core.db import session
from core.events import emit
from core.i18n import gettext as _
from core.settings import Int, declare
from forum import handles
from forum.refusals import Invalid
from forum.slugs import name_key, slugify
from forum.viewers import Viewer
from models import Account, FormerName, Registration, User

settings = declare(
    "accounts",
    name_min=Int(2, "Shortest name", low=1, high=16),
    name_max=Int(16, "Longest name", low=2, high=60),
    password_min=Int(8, "Shortest password", low=8, high=64),
    password_strength=Int(2, "Weakest password taken, from 0 (any) to 4 (very strong)", high=4),
    tries_per_hour=Int(5, "Failed log-ins an hour with one name from one network", low=1, high=1000),
    tries_per_name=Int(50, "Failed log-ins an hour and name from all networks together", low=1, high=100_000),
    tries_per_network=Int(100, "Failed log-ins an hour and network (/24, or /64 in IPv6)", low=1, high=100_000),
)
PASSWORD_MAX = 512
COLOURS = 16
"""How many colours the palette of letter avatars has."""

_hasher = PasswordHasher()
_two_at_a_time = threading.BoundedSemaphore(2)  # each hash takes 64 MiB
# of a password that nobody knows, made by this hasher once: to make it at each start would take a tenth of a second
_decoy = "$argon2id$v=19$m=65536,t=3,p=4$1RV7uRNVR36lPhfn8xvKOg$tZ6kozZ9AGZBXBt+M0lK2QPhRt+5jjMrY4oN4VgHAis"
_JOINERS = frozenset(" -_.'’")


@dataclass(frozen=True)
class UserRegistered:
    """A person joined."""

    user_id: int


@dataclass(frozen=True)
class PasswordChanged:
    """An account has another password."""

    user_id: int


def create(name: str, email: str, password: str) -> User:
    """Makes an account, whether registration is open or not. Raises Invalid."""
    name, email = check(name, email, password)
    return admit(name, email, hashed(password))


def check(name: str, email: str, password: str) -> tuple[str, str]:
    """The name and the address of a new account as they are kept. Raises Invalid."""
    name, email = check_name(name), email.strip()
    check_password(password, name, email)
    key = email.casefold()
    waits = select(Registration.id).where(Registration.email_key == key, Registration.state == "waiting")
    known = email and session().scalar(select(Account.user_id).where(Account.email_key == key))
    if known or (email and session().scalar(waits)):
        raise Invalid("email", _("Somebody already uses this e-mail address."))
    return name, email


def admit(name: str, email: str, password_hash: str) -> User:
    """Makes the account of somebody whose name, address and password were checked. Raises Invalid when one is taken."""
    user = User(
        name=name,
        name_key=name_key(name),
        slug=handles.free(name),
        colour=_colour(name),
        joined_at=clock.now(),
        badges=[],
    )
    session().add(user)
    flush_or_refuse("name", _("This name is taken."))
    handles.claim(name, "user", user.id)
    session().add(
        Account(
            user_id=user.id, email=email or None, email_key=email.casefold() or None,
            password_hash=password_hash, preferences={}, created_at=clock.now(),
        )
    )  # fmt: skip
    flush_or_refuse("email", _("Somebody already uses this e-mail address."))
    emit(UserRegistered(user.id))
    return user


def check_name(name: str, own: int = 0) -> str:
    """A name as it will be shown; a person (`own`) may have again what was his. Raises Invalid."""
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not settings.name_min <= len(name) <= settings.name_max:
        raise Invalid(
            "name",
            _("A name has %(low)s to %(high)s letters.", low=settings.name_min, high=settings.name_max),
        )
    odd = next((sign for sign in name if not (_letter(sign) or sign in _JOINERS)), None)
    if odd is not None:
        shown = odd if odd.isprintable() else f"U+{ord(odd):04X}"
        raise Invalid(
            "name",
            _("“%(sign)s” cannot be part of a name: letters, digits, spaces, - _ . ' can.", sign=shown),
        )
    if sum(_letter(sign) for sign in name) < settings.name_min:
        raise Invalid("name", _("A name needs letters."))
    if slugify(name) in handles.RESERVED:
        raise Invalid("name", _("This name is kept for the site itself."))
    key, had = name_key(name), FormerName.user_id.is_(None) | (FormerName.user_id != own)
    for taken in (
        select(User.id).where(User.name_key == key, User.domain == "", User.id != own),
        select(FormerName.id).where(FormerName.name_key == key, had),
        select(Registration.id).where(Registration.name_key == key, Registration.state == "waiting"),
    ):
        if session().scalar(taken.limit(1)):
            raise Invalid("name", _("This name is taken."))
    return name


def check_password(password: str, *personal: str) -> None:
    """Raises Invalid when a password is too short, too long, or easy to guess (zxcvbn's score)."""
    if len(password) < settings.password_min:
        raise Invalid("password", _("A password has at least %(low)s characters.", low=settings.password_min))
    if len(password) > PASSWORD_MAX:
        raise Invalid("password", _("A password has at most %(high)s characters.", high=PASSWORD_MAX))
    # zxcvbn's time grows with the length; what follows the first 72 characters only makes a password stronger
    guess = _meter()(password[:72], user_inputs=[word for word in personal if word])
    if guess["score"] < settings.password_strength:
        raise Invalid(
            "password",
            _("This password is easy to guess. Longer is better: four words in a row, for example."),
        )


@cache
def _meter() -> Callable[..., dict[str, Any]]:
    """zxcvbn, whose dictionaries would take a twentieth of every start."""
    meter: Callable[..., dict[str, Any]] = import_module("zxcvbn").zxcvbn
    return meter


def find(name: str) -> Account | None:
    """The account that a name (or e-mail address) means, or None."""
    key = name_key(" ".join(unicodedata.normalize("NFC", name).split()))
    return session().scalar(
        select(Account)
        .join(User, User.id == Account.user_id)
        .where((User.name_key == key) & (User.domain == "") | (Account.email_key == name.strip().casefold()))
        .order_by(User.name_key == key)
        .limit(1)
    )


def opened(account: Account | None, password: str) -> bool:
    """Whether a password opens an account. A hash is verified also where there is none: it costs the same time."""
    return verify(account.password_hash if account else _decoy, password) and account is not None


def confirm(viewer: Viewer, password: str) -> bool:
    """Whether this is the viewer's own password: asked again before what is dangerous."""
    stored = session().scalar(select(Account.password_hash).where(Account.user_id == viewer.id))
    return verify(stored or _decoy, password)


def change_password(viewer: Viewer, new: str) -> Account:
    """Sets a new password and ends every session. Raises Invalid."""
    account = session().get_one(Account, viewer.id, populate_existing=True)
    set_password(account, new)
    return account


def set_password(account: Account, new: str) -> None:
    """Gives an account another password and ends all its sessions. Raises Invalid."""
    name = session().scalar(select(User.name).where(User.id == account.user_id)) or ""
    check_password(new, name, account.email or "")
    account.password_hash = hashed(new)
    account.session_epoch += 1
    session().flush()
    emit(PasswordChanged(account.user_id))


def prefer(viewer: Viewer, **preferences: str) -> None:
    """Keeps what a member chose for himself (skin, mode, topic_sort, sidebar)."""
    account = session().get_one(Account, viewer.id, populate_existing=True)
    account.preferences = {**account.preferences, **preferences}
    session().flush()


def flush_or_refuse(field: str, reason: str) -> None:
    """Writes what is new. Raises Invalid where somebody else took the same in this very moment."""
    try:
        session().flush()
    except IntegrityError:
        raise Invalid(field, reason) from None


def _letter(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "LN" or unicodedata.category(sign) in ("Mn", "Mc")


def _colour(name: str) -> int:
    return sum(map(ord, name_key(name))) % COLOURS


def hashed(password: str) -> str:
    """The hash of a password, as it is kept."""
    with _two_at_a_time:
        return _hasher.hash(password)


def verify(stored: str, password: str) -> bool:
    """Whether this is the password that a hash was made of."""
    if len(password) > PASSWORD_MAX:
        password = ""  # no stored password is that long, and hashing megabytes would be an attack
    try:
        with _two_at_a_time:
            return _hasher.verify(stored, password)
    except InvalidHashError:  # an account that nobody can log in to yet: it takes as long as any other
        verify(_decoy, password)
        return False
    except VerificationError:
        return False
