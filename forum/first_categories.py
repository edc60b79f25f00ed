"""First categories: what a new site may begin with, by what it is for."""

from dataclasses import dataclass

from core.i18n import gettext as _
from core.i18n import mark
from forum import categories


@dataclass(frozen=True, slots=True)
class Seed:
    """A category to be, with those under it."""

    name: str
    description: str
    icon: str
    colour: str
    under: tuple["Seed", ...] = ()


_NEWS, _PLAY, _HELP, _WORK, _CARE = "#b45309", "#0f766e", "#1d4ed8", "#6d28d9", "#b91c1c"

TITLES = {
    "forum": mark("A general forum"), "support": mark("Support for a product"), "club": mark("A club"),
    "class": mark("A school class"), "none": mark("No categories yet"),
}  # fmt: skip
SEEDS: dict[str, tuple[Seed, ...]] = {
    "forum": (
        Seed(mark("Announcements"), mark("What is new here."), "megaphone", _NEWS),
        Seed(mark("General"), mark("Everything that fits nowhere else."), "chat-dots", _HELP, (
            Seed(mark("Say hello"), mark("Who we are."), "people", _PLAY),
            Seed(mark("Off topic"), mark("Tea, weather, cats."), "cup-hot", _PLAY),
        )),
        Seed(mark("Questions and feedback"), mark("About this site itself."), "question-circle", _WORK),
    ),
    "support": (
        Seed(mark("Announcements"), mark("Releases and what they bring."), "megaphone", _NEWS),
        Seed(mark("Help"), mark("Something does not work, or how does one do it?"), "question-circle", _HELP, (
            Seed(mark("Getting started"), mark("Installing, and the first steps."), "compass", _PLAY),
            Seed(mark("Troubles"), mark("What went wrong, and how it was mended."), "wrench-adjustable", _CARE),
        )),
        Seed(mark("Ideas"), mark("What is missing."), "lightbulb", _WORK),
        Seed(mark("Show and tell"), mark("What people made with it."), "image", _PLAY),
    ),
    "club": (
        Seed(mark("News"), mark("From the board to everybody."), "newspaper", _NEWS),
        Seed(mark("Meetings and trips"), mark("When and where we meet, and who comes."), "compass", _HELP, (
            Seed(mark("Planned"), mark("What lies ahead."), "clock", _HELP),
            Seed(mark("Looking back"), mark("Pictures and reports."), "image", _PLAY),
        )),
        Seed(mark("Members"), mark("Talk among ourselves."), "people", _PLAY),
        Seed(mark("Lend and swap"), mark("Offered and wanted."), "box", _WORK),
    ),
    "class": (
        Seed(mark("Notices"), mark("From the teachers to everybody."), "megaphone", _NEWS),
        Seed(mark("Lessons"), mark("Questions about what we learn."), "book", _HELP, (
            Seed(mark("Homework"), mark("What was the task, and how does one begin?"), "pencil", _HELP),
            Seed(mark("Projects"), mark("What groups work on."), "grid", _WORK),
        )),
        Seed(mark("Common room"), mark("Everything but lessons."), "cup-hot", _PLAY),
    ),
    "none": (),
}  # fmt: skip


def plant(name: str) -> None:
    """Makes the categories of a template. Raises KeyError for an unknown one."""
    for seed in SEEDS[name]:
        _grow(seed, None)


def _grow(seed: Seed, parent_id: int | None) -> None:
    made = categories.create(
        _(seed.name), description=_(seed.description), icon=seed.icon, colour=seed.colour, parent_id=parent_id
    )
    for each in seed.under:
        _grow(each, made.id)
