"""Profiles: what people say about themselves, under their posts and on their pages."""

from collections.abc import Mapping

from sqlalchemy import update

from core.db import session
from core.i18n import gettext as _
from core.settings import Int, declare
from forum import accounts, fields, signatures, text, users
from forum.permissions import require, write
from forum.refusals import Invalid
from forum.users import UserRow
from forum.viewers import Viewer
from models import User

settings = declare(
    "profiles",
    about_max=Int(1000, "Longest text that people write about themselves", low=0, high=20_000),
)


def about_html(person: UserRow) -> str:
    """What a person says about himself, as safe HTML."""
    return text.render(person.about) if person.about else ""


def own(viewer: Viewer) -> tuple[str, str]:
    """What the viewer wrote about himself, and his signature."""
    row = session().get_one(User, viewer.id, populate_existing=True)
    return row.about, row.signature


def edit(viewer: Viewer, form: Mapping[str, str], filled_in: Mapping[str, list[str]]) -> dict[str, str]:
    """Keeps what a member says about himself; returns what is wrong, by field: then nothing is kept.

    Raises Forbidden for whoever may not write.
    """
    require(write(viewer))
    errors, chosen = {}, {}
    for field in fields.open_to(users.own(viewer)):
        try:
            chosen[field.id] = fields.check(field, filled_in.get(field.key, []))
        except Invalid as invalid:
            errors[invalid.field] = invalid.reason
    most = {"about": settings.about_max}
    if signatures.have(viewer):
        most["signature"] = signatures.settings.longest
    written = {name: form.get(name, "").replace("\r\n", "\n").strip() for name in most}
    for name, words in written.items():
        if len(words) > most[name] or "\x00" in words:
            errors[name] = _("At most %(most)s letters; these are %(length)s.", most=most[name], length=len(words))
    if not errors:
        if signature := written.get("signature"):
            written["signature_html"] = text.render(signature)
        elif "signature" in written:
            written["signature_html"] = ""
        session().execute(update(User).where(User.id == viewer.id).values(**written))
        fields.put(viewer.id, chosen)
        accounts.prefer(viewer, signatures="1" if form.get("signatures") else "0")
    return errors


def preview(viewer: Viewer, form: Mapping[str, str]) -> dict[str, str]:
    """What the text and the signature of a form would look like, as safe HTML."""
    most = {"about": settings.about_max, "signature": signatures.settings.longest}
    written = {name: form.get(name, "").replace("\x00", "")[: most[name]] for name in most}
    made = {name: text.render(words) if words.strip() else "" for name, words in written.items()}
    return {**made, "signature": signatures.shown(made["signature"])}
