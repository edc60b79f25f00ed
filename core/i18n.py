"""Languages: gettext catalogues, and the words for numbers and times."""

import gettext as _gettext
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.support import LazyProxy

from core import clock, lasting
from core.config import ROOT

DOMAIN = "livery"
DEFAULT = "en"


@lru_cache
def catalogue(language: str = DEFAULT) -> _gettext.NullTranslations:
    """The translations of a language; English texts are their own keys."""
    return _gettext.translation(DOMAIN, ROOT / "translations", [language], fallback=True)


@lru_cache
def direction(language: str) -> str:
    """Which way a language (en, pt-BR, ar) is written, as CLDR has it: ltr or rtl; ltr where nobody knows."""
    try:
        return Locale.parse(language, sep="-").text_direction
    except (UnknownLocaleError, ValueError):
        return "ltr"


def gettext(message: str, **values: object) -> str:
    """A text in the reader's language, with `%(name)s` filled in."""
    text = catalogue().gettext(message)
    return text % values if values else text


def lazy(message: str) -> LazyProxy:
    """A text that is translated when it is shown, for what is declared once and shown to many."""
    return LazyProxy(gettext, message, enable_cache=False)


def mark(message: str) -> str:
    """Marks a text for translation where it stands; `gettext` translates it where it is shown."""
    return message


def ngettext(singular: str, plural: str, number: int, **values: object) -> str:
    """A text that counts something, in the right number; `%(num)s` is the count, grouped."""
    text = catalogue().ngettext(singular, plural, number)
    return text % {"num": f"{number:,}", **values}


def short_number(number: int) -> str:
    """A count for people: 999, 1.2k, 35k, 4.1M."""
    if abs(number) < 1000:
        return str(number)
    for size, sign in ((1_000_000, "M"), (1000, "k")):
        # 999,950 and more would round to 1000k
        if abs(number) >= size or (size == 1_000_000 and abs(number) >= 999_500):
            value = number / size
            return (f"{value:.1f}".removesuffix(".0") if abs(value) < 99.95 else f"{value:.0f}") + sign
    return str(number)


_STEPS: tuple[tuple[int, int, Callable[[int], str]], ...] = (
    (60, 60, lambda n: gettext("just now")),
    (3600, 60, lambda n: ngettext("%(num)s minute ago", "%(num)s minutes ago", n)),
    (86400, 3600, lambda n: ngettext("%(num)s hour ago", "%(num)s hours ago", n)),
    (30 * 86400, 86400, lambda n: ngettext("%(num)s day ago", "%(num)s days ago", n)),
)


def span(seconds: int) -> str:
    """A stretch of time for people, rounded up: "40 seconds", "12 minutes", "3 hours"."""
    if seconds < 90:
        return ngettext("%(num)s second", "%(num)s seconds", seconds)
    if seconds < 5400:
        return ngettext("%(num)s minute", "%(num)s minutes", -(-seconds // 60))
    return ngettext("%(num)s hour", "%(num)s hours", -(-seconds // 3600))


def ago(moment: datetime) -> str:
    """A time for people: "3 minutes ago" until 30 days have passed, then a date."""
    seconds = int((clock.present() - moment) / timedelta(seconds=1))
    if seconds < 0:
        lasting.until(moment)
        return exact(moment)
    for below, unit, say in _STEPS:
        if seconds < below:
            lasting.until(moment + timedelta(seconds=min((seconds // unit + 1) * unit, below)))
            return say(seconds // unit)
    return date(moment)


def date(moment: datetime) -> str:
    """A day: 4 Mar 2026."""
    return f"{moment.day} {moment:%b %Y}"


def exact(moment: datetime) -> str:
    """A moment in full: 4 Mar 2026, 14:05 UTC."""
    return f"{date(moment)}, {moment:%H:%M} UTC"
