"""What somebody asks a search for: the words he typed and the fields he filled in, as one question."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, select

from core import clock
from core.db import session
from core.i18n import gettext as _
from core.search import questions
from core.search.questions import Question, Typed
from forum import categories
from forum.permissions import read_category
from forum.privileges import rights
from forum.slugs import name_key, slugify
from forum.viewers import Viewer
from models import Post, Tag, Topic, User

KEYS = ("in", "author", "category", "tag", "before", "after", "topic")

_DATE = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?")
_FIRST_YEAR = 1990
_MOST_PLACES = 100
"""So many categories are told to the index; beyond that the rights alone narrow what it finds."""
_SHORTEST_BEGINNING = 2


@dataclass(slots=True)
class Terms:
    """A search, ready to be made. `troubles` are sentences about what could not be understood: then it finds nothing."""

    question: Question = field(default_factory=Question)
    category_ids: Sequence[int] = ()
    narrowed: bool = False  # to some categories by the reader himself
    titles: bool = False
    authors: tuple[int, ...] = ()
    topic_id: int | None = None
    after: datetime | None = None
    before: datetime | None = None
    troubles: list[str] = field(default_factory=list)
    cut: bool = False

    @property
    def by_day(self) -> bool:
        """Whether a date within a month is asked for, which marks cannot say."""
        return any(each is not None and each.day > 1 for each in (self.after, self.before))

    def conditions(self) -> list[ColumnElement[bool]]:
        """What must hold of the posts besides being visible: the marks of the index may be a moment behind."""
        found: list[ColumnElement[bool]] = []
        if self.authors:
            found.append(Post.author_id.in_(self.authors))
        if self.topic_id is not None:
            found.append(Topic.id == self.topic_id)
        if self.after is not None:
            found.append(Post.created_at >= self.after)
        if self.before is not None:
            found.append(Post.created_at < self.before)
        return found

    def of_titles(self) -> "Terms":
        """The same, but only titles."""
        return replace(self, titles=True)


def read(viewer: Viewer, text: str, *, fields: dict[str, str], unfinished: bool = False) -> Terms:
    """The terms in a text and in fields of a form (author, category, tag, before, after, in, topic; empty: none).

    With `unfinished`, the last word may be the beginning of a longer one.
    """
    typed = questions.parse(text, KEYS)
    for key in KEYS:
        if fields.get(key):
            typed.keys.setdefault(key, []).append(fields[key].replace("\x00", "")[:100])
    terms = Terms(cut=typed.cut)
    marked: list[tuple[str, ...]] = []
    unmarked: list[str] = []
    _take_place(terms, typed, marked)
    _take_authors(viewer, terms, typed, marked, unmarked)
    _take_tags(terms, typed, marked, unmarked)
    _take_categories(viewer, terms, typed, marked, unmarked)
    _take_times(terms, typed, marked)
    last = typed.wanted[-1][-1] if typed.wanted else ""
    goes_on = unfinished and typed.unfinished and len(last) >= _SHORTEST_BEGINNING
    terms.question = Question(tuple(typed.wanted), tuple(typed.unwanted), tuple(marked), tuple(unmarked), goes_on)
    if not terms.question.wanted and typed.unwanted and not _asked(typed):
        terms.troubles.append(_("Give at least one word to look for, besides those to leave out."))
        terms.question = Question()
    elif not terms.question.wanted and not _asked(typed):
        terms.question = Question()
    return terms


def _asked(typed: Typed) -> bool:
    """Whether a filter stands there that finds something even without words."""
    return any(typed.keys.get(key) for key in ("author", "category", "tag", "before", "after"))


def _take_place(terms: Terms, typed: Typed, marked: list[tuple[str, ...]]) -> None:
    for place in typed.keys.get("in", ()):
        within = re.fullmatch(r"topic-(\d{1,18})", place)
        if place in ("title", "titles"):
            terms.titles = True
        elif within:
            typed.keys.setdefault("topic", []).append(within[1])
        elif place not in ("posts", "titlesposts"):
            terms.troubles.append(_("After “in:” comes “title”, not “%(what)s”.", what=place))
    for topic in typed.keys.get("topic", ()):
        if topic.isdecimal() and topic.isascii() and len(topic) < 19:
            terms.topic_id, terms.titles = int(topic), False
            marked.append((f"t{int(topic)}",))
        else:
            terms.troubles.append(_("There is no topic “%(what)s”.", what=topic))


def _take_authors(
    viewer: Viewer, terms: Terms, typed: Typed, marked: list[tuple[str, ...]], unmarked: list[str]
) -> None:
    wanted = [_person(viewer, terms, name) for name in typed.keys.get("author", ())]
    terms.authors = tuple(key for key in wanted if key)
    if terms.authors:
        marked.append(tuple(f"a{key}" for key in terms.authors))
    for name in typed.not_keys.get("author", ()):
        unmarked.append(f"a{_person(viewer, terms, name)}")


def _person(viewer: Viewer, terms: Terms, name: str) -> int:
    name = name.removeprefix("@")
    if name == "me" and not viewer.guest:
        return viewer.id
    key = session().scalar(
        select(User.id)
        .where((User.slug == slugify(name)) | (User.name_key == name_key(name)))
        .order_by(User.id)
        .limit(1)
    )
    if key is None:
        terms.troubles.append(_("Nobody here is called “%(name)s”.", name=name))
    return key or 0


def _take_tags(terms: Terms, typed: Typed, marked: list[tuple[str, ...]], unmarked: list[str]) -> None:
    named = [*typed.keys.get("tag", ()), *typed.not_keys.get("tag", ())]
    if not named:
        return
    words = [name.lower().lstrip("#") for name in named]
    rows = session().execute(select(Tag.name, Tag.id).where(Tag.name.in_(words)))
    known = {row.name: row.id for row in rows}
    wanted = len(typed.keys.get("tag", ()))
    for place, word in enumerate(words):
        if word not in known:
            terms.troubles.append(_("No topic carries the tag “%(tag)s”.", tag=word))
        elif place < wanted:
            marked.append((f"g{known[word]}",))
        else:
            unmarked.append(f"g{known[word]}")


def _take_categories(
    viewer: Viewer, terms: Terms, typed: Typed, marked: list[tuple[str, ...]], unmarked: list[str]
) -> None:
    """Narrows to the categories that the viewer may read and asked for; the index is told the shorter way to say so."""
    everything = [key for key, place in categories.forest().by_id.items() if not place.link]
    readable = [key for key in categories.visible_ids(viewer) if "topics:read" in rights(viewer, key)]
    chosen: set[int] = set()
    for name in typed.keys.get("category", ()):
        chosen |= _places(viewer, terms, name)
    without: set[int] = set()
    for name in typed.not_keys.get("category", ()):
        without |= _places(viewer, terms, name)
    terms.narrowed = bool(chosen)
    terms.category_ids = [key for key in readable if (not chosen or key in chosen) and key not in without]
    held = set(terms.category_ids)
    others = [key for key in everything if key not in held]
    if others and len(terms.category_ids) <= min(len(others), _MOST_PLACES):
        marked.append(tuple(f"c{key}" for key in terms.category_ids) or ("c0",))
    elif others and len(others) <= _MOST_PLACES:
        unmarked += [f"c{key}" for key in others]


def _places(viewer: Viewer, terms: Terms, name: str) -> set[int]:
    key = name_key(name)
    found = [
        place
        for place in categories.forest().by_id.values()
        if (name == str(place.id) or key in (name_key(place.name), place.slug)) and read_category(viewer, place.id)
    ]
    if not found:
        terms.troubles.append(_("There is no category “%(name)s”.", name=name))
    return {below.id for place in found for below in place.below()}


def _take_times(terms: Terms, typed: Typed, marked: list[tuple[str, ...]]) -> None:
    for text in typed.keys.get("after", ()):
        terms.after = _date(terms, "after", text)
    for text in typed.keys.get("before", ()):
        terms.before = _date(terms, "before", text)
    if terms.after is None and terms.before is None:
        return
    # before the first of a month means: not in that month
    earliest = datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC)
    last = min(terms.before or clock.now(), clock.now() + timedelta(days=366))
    last = max(last, earliest) - timedelta(microseconds=1)
    first = terms.after or earliest
    marked.append(tuple(_months(first, last)) or ("m0",))


def _months(first: datetime, last: datetime) -> Iterable[str]:
    """Marks of whole years, and of the months at either end."""
    for year in range(max(first.year, _FIRST_YEAR), last.year + 1):
        low = first.month if year == first.year else 1
        high = last.month if year == last.year else 12
        if (low, high) == (1, 12):
            yield f"y{year}"
        else:
            yield from (f"m{year}{month:02}" for month in range(low, high + 1))


def _date(terms: Terms, key: str, text: str) -> datetime | None:
    found = _DATE.fullmatch(text)
    try:
        if found:
            return datetime(int(found[1]), int(found[2] or 1), int(found[3] or 1), tzinfo=UTC)
    except ValueError:
        pass
    terms.troubles.append(_("After “%(key)s:” comes a date like 2026-03-31, not “%(text)s”.", key=key, text=text))
    return None
