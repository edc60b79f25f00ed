"""Preferences: what a member sets once for how he reads, follows and is seen."""

from collections.abc import Mapping

from sqlalchemy import update

from core.db import session
from core.i18n import gettext as _
from forum import accounts, page_sizes, posting, posts, reading, topics
from forum.refusals import Invalid
from forum.viewers import Viewer
from models import User

HOMES = ("categories", "unread", "recent", "popular")
CHOICES: dict[str, tuple[str, ...]] = {
    "home": HOMES,
    "category_sort": tuple(topics.SORTS),
    "topic_sort": posts.SORTS,
    "category_state": (page_sizes.SITE, *reading.CATEGORY_STATES),
}
SWITCHES = {"watch_started": "1", "watch_replied": "0", "links_apart": "0", "hide_online": "0"}
"""What is on or off, with how it is before somebody chooses."""


def choices() -> dict[str, tuple[str, ...]]:
    """What may be chosen, by name; of each the first is how it is before."""
    return CHOICES | {
        "posts_per_page": page_sizes.offered(posting.settings.per_page_most),
        "topics_per_page": page_sizes.offered(topics.settings.per_page_most),
    }


def usual() -> dict[str, str]:
    """What the site chose for who leaves it to the site."""
    return {
        "category_state": reading.settings.category_state,
        "posts_per_page": str(posting.settings.per_page),
        "topics_per_page": str(topics.settings.per_page),
    }


def of(viewer: Viewer) -> dict[str, str]:
    """What holds for a viewer: as he chose it, or the first of each."""
    held = viewer.preferences
    chosen = {name: held[name] if held.get(name) in options else options[0] for name, options in choices().items()}
    return chosen | {name: str(held.get(name, usual)) for name, usual in SWITCHES.items()}


def one(viewer: Viewer, name: str) -> str:
    """One of CHOICES as it holds for a viewer."""
    held, options = viewer.preferences.get(name), CHOICES[name]
    return held if held in options else options[0]


def choose(viewer: Viewer, form: Mapping[str, str]) -> None:
    """Keeps what a member chose in the whole form. Raises Invalid."""
    offered = choices()
    for name, options in offered.items():
        if form.get(name) not in options:
            raise Invalid(name, _("There is no such choice."))
    switched = {name: "1" if form.get(name) else "0" for name in SWITCHES}
    accounts.prefer(viewer, **{name: form[name] for name in offered}, **switched)
    if switched["hide_online"] == "1":
        session().execute(update(User).where(User.id == viewer.id).values(last_seen_at=None))
