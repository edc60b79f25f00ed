"""What every template may use."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from flask import Flask
from markupsafe import Markup, escape

from core import i18n
from forum import (
    categories,
    compose,
    groups,
    layout,
    live,
    panel,
    publishing,
    sanctions,
    skins,
    text,
    uploads,
    widgets,
)
from forum.privileges import rights
from forum.users import settings as users_settings
from web import flash, folding, looks, params, security
from web.auth import viewer

_WRITING = {
    "may_upload": uploads.upload_image,
    "may_upload_files": uploads.upload_file,
    "may_schedule": lambda who, category_id: "topics:schedule" in rights(who, category_id),
    "may_reschedule": publishing.reschedule_topic,
    "may_cancel": publishing.cancel_topic,
    "places_for": compose.places,
}
"""What the composer and what it made ask."""


def init_app(app: Flask) -> None:
    """Fills the template environment."""
    env = app.jinja_env
    env.trim_blocks = env.lstrip_blocks = True
    env.add_extension("jinja2.ext.i18n")
    env.install_gettext_translations(i18n.catalogue(), newstyle=True)
    env.globals["ngettext"] = folding.counting(i18n.catalogue())
    env.filters.update(short=i18n.short_number, ago=i18n.ago, exact=i18n.exact, grouped="{:,}".format, apart=text.apart)
    env.globals.update(
        _WRITING,
        moment=moment,
        figure=figure,
        csrf_field=security.csrf_field,
        token_field=security.token_field,
        send_key=security.send_key,
        badges=lambda ids: [found for key in ids if (found := groups.badges().get(key))],
        works_with_people=sanctions.works_with_people,
        skins=skins,
        sheets_of=looks.sheets,
        fonts_of=looks.fonts,
        sample_sheets=looks.sample_sheets,
        live=live.settings,
        live_stamp=live.stamp,
        live_own=lambda: live.own(viewer()),
        quote_lead=text.quote_lead,
        formatted=formatted,
        place_of=categories.find,
        page_numbers=page_numbers,
        widget_body=widget_body,
        widget_words=widgets.WORDS,
        widget_more=widgets.MORE,
        flashes=flash.waiting,
        offers=flash.offers,
        panel_sections=lambda: panel.sections(viewer()),
        at_most=at_most,
        address_of=address_of,
        canonical=params.canonical,
        online_minutes=lambda: users_settings.online_minutes,
    )


def moment(at: datetime, css: str = "") -> Markup:
    """A time for people, with the exact one on hover and for machines."""
    shown = f' class="{escape(css)}"' if css else ""
    exact, words = escape(i18n.exact(at)), escape(i18n.ago(at))
    # put together as text: Markup.format() looks at each piece for five times as long
    return Markup(f'<time datetime="{at.isoformat(timespec="seconds")}" title="{exact}"{shown}>{words}</time>')  # noqa: S704


def figure(number: int) -> Markup:
    """A count for people: 1.2k, with the full number on hover."""
    short = escape(i18n.short_number(number))
    return short if short == str(number) else Markup('<span title="{}">{}</span>').format(f"{number:,}", short)


def at_most(number: int, most: int = 99) -> str:
    """A count that is not counted further than needed: 7, 99+."""
    return str(number) if number <= most else f"{most}+"


def address_of(address: str, query: Mapping[str, Any], more: Mapping[str, Any]) -> str:
    """An address with those parts of a query that say something, and some more."""
    return _address_of(address, (*query.items(), *more.items()))


@lru_cache(maxsize=1024)
def _address_of(address: str, parts: tuple[tuple[str, Any], ...]) -> str:
    kept = "&".join(f"{name}={quote(str(value))}" for name, value in parts if value)
    return f"{address}?{kept}" if kept else address


def page_numbers(at: int, last: int) -> list[int | None]:
    """The page links of a list: the ends, the neighbours, and None where some are left out."""
    wanted = sorted({1, 2, at - 1, at, at + 1, last - 1, last} & set(range(1, last + 1)))
    numbers: list[int | None] = []
    for before, number in zip([0, *wanted], wanted, strict=False):
        if number - before > 1:
            numbers.append(None)
        numbers.append(number)
    return numbers


def formatted(source: str) -> Markup:
    """A text in Markdown as safe HTML."""
    return Markup(text.render(source))  # noqa: S704


def widget_body(box: layout.Box) -> Markup:
    """A widget's text, made from Markdown or cleaned of what may not run."""
    return Markup(box.html)  # noqa: S704
