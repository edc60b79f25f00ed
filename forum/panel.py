"""The control panel: its sections, and the right that each of them takes."""

from dataclasses import dataclass

from core.i18n import gettext as _
from core.i18n import mark
from core.settings import Int, declare
from forum.permissions import YES, Verdict, require
from forum.privileges import ADMIN_RIGHTS, rights
from forum.viewers import Viewer

settings = declare(
    "panel",
    minutes=Int(60, "Minutes without a visit after which the control panel asks for the password again", 5, 1440),
)


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the control panel, at /admin/<name>."""

    name: str
    right: str
    icon: str
    title: str
    words: str


SECTIONS = (
    Section("settings", "admin:settings", "sliders", mark("Settings"), mark("Everything that can be set, and who set it.")),
    Section("categories", "admin:categories", "folder", mark("Categories"), mark("The tree of places, and what becomes of them.")),
    Section("privileges", "admin:privileges", "key", mark("Rights"), mark("Who may do what, where, and why.")),
    Section("users", "admin:users", "person", mark("People"), mark("Everybody with an account, to find, filter and take along.")),
    Section("fields", "admin:users", "pencil", mark("Profile fields"), mark("What people may say about themselves.")),
    Section("invitations", "admin:users", "envelope", mark("Invitations"), mark("Whom members asked to join, and who came.")),
    Section("reasons", "admin:users", "megaphone", mark("Reasons"), mark("Texts for warnings, mutes and bans.")),
    Section("networks", "admin:users", "globe", mark("Networks"), mark("Addresses from which nobody writes.")),
    Section("log", "admin:users", "journal-text", mark("Log"), mark("Everything that the staff did.")),
    Section("groups", "admin:groups", "people", mark("Groups"), mark("All groups, the hidden ones too.")),
    Section("tags", "admin:tags", "tags", mark("Tags"), mark("Renamed, merged into others, removed.")),
    Section("navigation", "admin:settings", "list", mark("Navigation"), mark("The entries of the side bar, and who sees them.")),
    Section("widgets", "admin:settings", "grid", mark("Widgets"), mark("Texts and HTML around the pages.")),
    Section("terms", "admin:settings", "book", mark("Terms"), mark("What everybody accepts who joins.")),
    Section("skins", "admin:settings", "palette", mark("Skins"), mark("What the site wears, and skins of your own.")),
    Section("uploads", "admin:operations", "image", mark("Uploads"), mark("Everything that people uploaded, and who stores how much.")),
    Section("maintenance", "admin:operations", "hammer", mark("Maintenance"), mark("The site closed for a while, and who gets in.")),
    Section("mail", "admin:operations", "envelope", mark("Mail"), mark("How mails look, whether they arrive, and to whom they went.")),
    Section("health", "admin:operations", "shield-check", mark("Health"), mark("Whether all is in order, and what to do where it is not.")),
    Section("jobs", "admin:operations", "cpu", mark("Jobs"), mark("What the site does by itself, what waits, and what failed.")),
    Section("cache", "admin:operations", "hdd-stack", mark("Memory"), mark("What is kept ready, and how much it helps.")),
    Section("errors", "admin:operations", "exclamation-triangle", mark("Errors"), mark("What broke, and addresses where nothing is.")),
    Section("slow", "admin:operations", "clock", mark("Slow"), mark("Pages and queries that took long.")),
)  # fmt: skip
_NAMED = {section.name: section for section in SECTIONS}


def sections(viewer: Viewer) -> list[Section]:
    """The sections that a viewer may enter, in their order."""
    held = rights(viewer)
    return [section for section in SECTIONS if section.right in held]


def enter(viewer: Viewer, name: str = "") -> Verdict:
    """May the viewer enter a section; without a name, any?"""
    section = _NAMED.get(name)
    if section is not None:
        return may(viewer, section.right)
    if rights(viewer).isdisjoint(ADMIN_RIGHTS):
        return Verdict(False, _("The control panel is for administrators."))
    return YES


def may(viewer: Viewer, right: str) -> Verdict:
    """May the viewer do what one of the rights of administration allows?"""
    return YES if right in rights(viewer) else Verdict(False, _("This part of the control panel is not yours to use."))


def guard(viewer: Viewer, right: str) -> None:
    """Raises Forbidden for somebody without a right of administration."""
    require(may(viewer, right))
