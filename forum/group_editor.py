"""Group editor: what a group is called and is like, who may join it, what its page shows; made, changed, removed."""

from collections.abc import Mapping

from sqlalchemy import func, select

from core import cache, colour
from core.db import session
from core.i18n import gettext as _
from forum import audit, categories, groups, memberships, uploads
from forum.permissions import require
from forum.refusals import Forbidden, Invalid
from forum.viewers import Viewer
from models import Group

VISIBILITIES = ("public", "private", "hidden")


def places(viewer: Viewer) -> list[categories.Place]:
    """The categories among which a viewer may choose those whose posts the page of a group shows."""
    visible = set(categories.visible_ids(viewer))
    walked = (place for root in categories.forest().roots for place in root.below())
    return [place for place in walked if place.id in visible and not place.section]


def keep(viewer: Viewer, group: Group | None, form: Mapping[str, str]) -> Group:
    """Makes a group, its maker its owner, or changes one. Raises Forbidden, Invalid."""
    fields = _checked(group, form)
    name = fields["name"]
    if group is None:
        require(memberships.create_groups(viewer))
        group = groups.create(name)
        groups.join(viewer.id, group.id)
        memberships.set_owner(group.id, viewer.id, owner=True)
    else:
        memberships.require_manager(viewer, group)
    group = session().get_one(Group, group.id, populate_existing=True)
    had = bool(group.title)
    group.title, group.description, group.colour = fields["title"], fields["description"], fields["colour"]
    group.icon, group.shown_in = form.get("icon", "")[:40], _shown_in(viewer, group, form)
    if not group.system:
        group.name, group.visibility = name, fields["visibility"]
        group.leavable, group.requests = form.get("leavable") == "1", form.get("requests") == "1"
    session().flush()
    if bool(group.title) != had:
        groups.wear(group.id, worn=bool(group.title))
    cache.bump("groups")
    audit.note(viewer, "group.kept", name=name)
    return group


def destroy(viewer: Viewer, group: Group, typed: str) -> None:
    """Removes a group whose name was typed; its members stay, its rights go. Raises Forbidden, Invalid."""
    memberships.require_manager(viewer, group)
    if group.system:
        raise Forbidden(_("The site cannot do without this group."))
    if " ".join(typed.split()).casefold() != group.name.casefold():
        raise Invalid("name", _("This is not the name of the group."))
    audit.note(viewer, "group.destroyed", name=group.name)
    groups.wear(group.id, worn=False)
    uploads.drop_key(group.cover)
    session().delete(session().get_one(Group, group.id))
    session().flush()
    cache.bump("groups")
    cache.bump("grants")


def _checked(group: Group | None, form: Mapping[str, str]) -> dict[str, str]:
    name, title = " ".join(form.get("name", "").split()), " ".join(form.get("title", "").split())
    description, visibility = form.get("description", "").strip(), form.get("visibility", "")
    if not 2 <= len(name) <= 60 or "\x00" in name:
        raise Invalid("name", _("A group needs a name of 2 to 60 letters."))
    if len(title) > 40 or len(description) > 1000 or "\x00" in title + description:
        raise Invalid("title" if len(title) > 40 else "description", _("That is too long."))
    if visibility not in VISIBILITIES:
        raise Invalid("visibility", _("Choose who may join."))
    same = func.lower(Group.name) == name.lower()
    if session().scalar(select(Group.id).where(same, Group.id != (group.id if group else 0))):
        raise Invalid("name", _("There is a group of this name."))
    try:
        tint = colour.parse(form.get("colour", "").strip())
    except colour.BadColourError:
        raise Invalid("colour", _("Write a colour like #1a2b3c.")) from None
    return {"name": name, "title": title, "description": description, "visibility": visibility, "colour": tint}


def _shown_in(viewer: Viewer, group: Group, form: Mapping[str, str]) -> list[int]:
    """What was ticked, and of what was chosen before all that this viewer may not know of."""
    offered = {place.id for place in places(viewer)}
    kept = set(group.shown_in or ()) - offered
    return sorted(kept | {key for key in offered if form.get(f"place-{key}") == "1"})
