"""Fields: what people may say about themselves, as the administrator arranged it, and what they filled in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import urlsplit

from sqlalchemy import delete, func, select, update

from core import cache, i18n
from core.db import session
from core.i18n import gettext as _
from core.i18n import mark
from forum import audit, panel, sanctions
from forum.refusals import Conflict, Invalid, Missing
from forum.users import UserRow
from forum.viewers import Viewer
from models import ProfileEntry, ProfileField

RIGHT = "admin:users"
KINDS = {
    "text": mark("text"), "link": mark("link"), "number": mark("number"), "date": mark("date"),
    "choice": mark("one choice"), "choices": mark("several choices"),
}  # fmt: skip
VISIBILITIES = {"all": mark("everybody"), "members": mark("members"), "staff": mark("moderators and administrators")}
MOST = 30
_NAME, _HINT, _LONGEST, _OPTIONS, _REPUTATION = 60, 200, 1000, 50, 1_000_000
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,6})?")


@dataclass(frozen=True, slots=True)
class Field:
    """A field, as everybody has it."""

    id: int
    name: str
    icon: str
    hint: str
    kind: str
    longest: int
    options: tuple[str, ...]
    required: bool
    visibility: str
    reputation: int

    @property
    def key(self) -> str:
        """Its name in forms."""
        return f"field-{self.id}"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a person filled in."""

    field: Field
    value: str

    @property
    def several(self) -> list[str]:
        """The choices, one by one."""
        return self.value.split("\n")

    @property
    def day(self) -> str:
        """The day that was filled in, for people."""
        return i18n.date(datetime.fromisoformat(self.value).replace(tzinfo=UTC))

    @property
    def place(self) -> str:
        """A link without what every link begins with."""
        return re.sub(r"^https?://(?:www\.)?|/$", "", self.value)


# --- what people fill in ---


def every() -> list[Field]:
    """All fields in their order. No query when nothing changed."""

    def load() -> list[Field]:
        rows = session().scalars(select(ProfileField).order_by(ProfileField.position, ProfileField.id))
        return [
            Field(
                row.id, row.name, row.icon, row.hint, row.kind, row.longest, tuple(row.options), row.required,
                row.visibility, row.reputation,
            )
            for row in rows
        ]  # fmt: skip

    return cache.keep("profile_fields", load)


def filled_in(viewer: Viewer, person_id: int) -> list[Entry]:
    """What a person filled in, as far as the viewer may see it. One query, and none where there are no fields."""
    seen = [field for field in every() if _may_see(viewer, person_id, field)]
    known = _values(person_id) if seen else {}
    return [Entry(field, known[field.id]) for field in seen if _still_stands(field, known.get(field.id, ""))]


def _may_see(viewer: Viewer, person_id: int, field: Field) -> bool:
    if field.visibility == "all" or viewer.id == person_id:
        return True
    return not viewer.guest if field.visibility == "members" else sanctions.works_with_people(viewer)


def open_to(person: UserRow) -> list[Field]:
    """The fields that a person may fill in."""
    return [field for field in every() if person.reputation >= field.reputation]


def values(person_id: int) -> dict[str, str]:
    """What a person filled in, by the names of a form's fields."""
    return {f"field-{key}": value for key, value in _values(person_id).items()}


def check(field: Field, given: list[str]) -> str:
    """What somebody filled in, as it is kept; empty where he took it out. Raises Invalid."""
    value = "\n".join(word for each in given if (word := " ".join(each.split())))
    if not value:
        if field.required:
            raise Invalid(field.key, _("“%(name)s” must be filled in.", name=field.name))
        return ""
    if "\x00" in value or len(value) > (field.longest if field.kind in ("text", "link") else _LONGEST * 5):
        raise Invalid(field.key, _("At most %(most)s letters, please.", most=field.longest))
    problem = _problem(field, value)
    if problem:
        raise Invalid(field.key, problem)
    return value


def _problem(field: Field, value: str) -> str:
    if field.kind == "link" and not _is_link(value):
        return _("A link begins with https:// or http://.")
    if field.kind == "number" and not _NUMBER.fullmatch(value):
        return _("Write a number, like 7 or 2.5.")
    if field.kind == "date" and not _is_date(value):
        return _("Write the day like 2027-01-31.")
    if field.kind in ("choice", "choices") and not _still_stands(field, value):
        return _("Choose from the list.")
    return ""


def put(person_id: int, chosen: Mapping[int, str]) -> None:
    """Writes down what a person filled in, by field; what is empty is taken out."""
    session().execute(
        delete(ProfileEntry).where(ProfileEntry.user_id == person_id, ProfileEntry.field_id.in_(list(chosen)))
    )
    session().add_all(
        ProfileEntry(user_id=person_id, field_id=key, value=value) for key, value in chosen.items() if value
    )
    session().flush()


# --- what the administrator arranges ---


def index(viewer: Viewer) -> list[Field]:
    """All fields. Raises Forbidden."""
    panel.guard(viewer, RIGHT)
    return every()


def get(viewer: Viewer, field_id: int) -> ProfileField:
    """A field. Raises Forbidden, Missing."""
    panel.guard(viewer, RIGHT)
    found = session().get(ProfileField, field_id, populate_existing=True)
    if found is None:
        raise Missing
    return found


def people(field_id: int) -> int:
    """How many people filled a field in."""
    return session().scalar(select(func.count()).where(ProfileEntry.field_id == field_id)) or 0


def keep(viewer: Viewer, field_id: int | None, form: Mapping[str, str]) -> None:
    """Makes a field, or changes one; its kind stays once somebody filled it in. Raises Forbidden, Missing, Invalid."""
    row = get(viewer, field_id) if field_id else ProfileField(position=_last() + 1)
    panel.guard(viewer, RIGHT)
    if field_id is None and len(every()) >= MOST:
        raise Invalid("name", _("There are %(most)s fields already, as many as there can be.", most=MOST))
    name, hint = _words(form, "name", _NAME), _words(form, "hint", _HINT, needed=False)
    kind, visibility = form.get("kind", row.kind or ""), form.get("visibility", "")
    if kind not in KINDS:
        raise Invalid("kind", _("Choose a kind."))
    if field_id and kind != row.kind and people(field_id):
        raise Invalid("kind", _("People have filled it in, so its kind stays. Make another field instead."))
    if visibility not in VISIBILITIES:
        raise Invalid("visibility", _("Choose who sees it."))
    row.name, row.hint, row.icon, row.kind, row.visibility = name, hint, form.get("icon", "")[:40], kind, visibility
    row.options = _options(form) if kind in ("choice", "choices") else []
    row.longest = _whole(form, "longest", 100, 1, _LONGEST)
    row.reputation = _whole(form, "reputation", 0, 0, _REPUTATION)
    row.required = form.get("required") == "1"
    session().add(row)
    _changed(viewer, "field.kept", name)


def move(viewer: Viewer, field_id: int, by: int) -> None:
    """Moves a field up (-1) or down (1) by one place. Raises Forbidden, Missing."""
    row = get(viewer, field_id)
    order = [field.id for field in every()]
    at = order.index(row.id)
    to = max(0, min(len(order) - 1, at + by))
    order.insert(to, order.pop(at))
    for position, key in enumerate(order):
        session().execute(update(ProfileField).where(ProfileField.id == key).values(position=position))
    _changed(viewer, "field.kept", row.name)


def remove(viewer: Viewer, field_id: int, counted: int | None = None) -> None:
    """Removes a field with what people filled in. Raises Forbidden, Missing, Conflict when more people did by now."""
    row = get(viewer, field_id)
    if counted is not None and people(field_id) > counted:
        raise Conflict(_("More people have filled it in meanwhile. Look again at what goes."))
    name = row.name
    session().execute(delete(ProfileEntry).where(ProfileEntry.field_id == field_id))
    session().delete(row)
    _changed(viewer, "field.removed", name)


def _changed(viewer: Viewer, kind: str, name: str) -> None:
    session().flush()
    cache.bump("profile_fields")
    audit.note(viewer, kind, name=name)


def _values(person_id: int) -> dict[int, str]:
    rows = session().execute(select(ProfileEntry.field_id, ProfileEntry.value).where(ProfileEntry.user_id == person_id))
    return {row.field_id: row.value for row in rows}


def _still_stands(field: Field, value: str) -> bool:
    """Whether a value is one that the field takes: choices may have gone since."""
    if field.kind == "choice":
        return value in field.options
    return bool(value) and (field.kind != "choices" or set(value.split("\n")) <= set(field.options))


def _is_link(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and "." in (parts.hostname or "") and " " not in value


def _is_date(value: str) -> bool:
    try:
        return len(value) == 10 and date.fromisoformat(value).year > 0
    except ValueError:
        return False


def _last() -> int:
    return session().scalar(select(func.coalesce(func.max(ProfileField.position), 0))) or 0


def _words(form: Mapping[str, str], name: str, most: int, *, needed: bool = True) -> str:
    words = " ".join(form.get(name, "").split())
    if (needed and not words) or len(words) > most or "\x00" in words:
        raise Invalid(name, _("It needs words, at most %(most)s letters.", most=most))
    return words


def _options(form: Mapping[str, str]) -> list[str]:
    lines = list(dict.fromkeys(" ".join(line.split()) for line in form.get("options", "").splitlines() if line.strip()))
    if not 2 <= len(lines) <= _OPTIONS or any(len(line) > 60 or "\x00" in line for line in lines):
        raise Invalid("options", _("Write 2 to %(most)s choices, one a line, each at most 60 letters.", most=_OPTIONS))
    return lines


def _whole(form: Mapping[str, str], name: str, usual: int, low: int, high: int) -> int:
    text = form.get(name, "").strip()
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else usual if not text else -1
    if not low <= number <= high:
        raise Invalid(name, _("A whole number from %(low)s to %(high)s, please.", low=low, high=high))
    return number
