"""The words of a synthetic community: names, titles, tags, and a pool of posts rendered once."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from forum import text


def _words(line: str) -> list[str]:
    return line.split()


GIVEN = _words(
    "Ada Alba Amir Anouk Arlo Asha Bela Bruno Cleo Dario Edda Elif Emil Enzo Fenna Fumi Gita Hana Hugo Ines Iris "
    "Ivo Jonas Juno Kaito Kira Lale Leif Lina Livia Malik Mara Mika Mina Nadia Nico Noor Odin Olga Oscar Paolo Petra "
    "Quinn Rafi Rosa Ruben Sami Sefa Selma Signe Tara Teo Thea Tomas Uma Vera Vito Wanda Yara Zora"
)
FAMILY = _words(
    "Abel Arndt Baker Banks Berg Blum Cole Costa Cruz Dahl Diaz Engel Falk Frost Gale Gray Haas Hale Holm Hunt Ito "
    "Jain Kane Katz Klein Koch Lang Lind Lund Marsh Moss Nagy Novak Ortiz Park Pohl Quist Reed Ross Rowe Sato Silva "
    "Stone Sund Tanaka Thorn Unger Vogel Wahl Weiss West Wolf Yates Young Zhou"
)
TAGS = _words(
    "beginners bicycles birds bread budget camera coffee colour cooking data design diy drawing electronics energy "
    "fonts games garden guitar history howto keyboard knitting languages linux maps meetup music network painting "
    "photos plants printing python question radio reading repair running safety sewing solar stars tools trains "
    "travel typography walking weather woodwork writing"
)
PLACES = (
    # name, description, icon, colour, the name of the place above it
    ("Commons", "Whatever has no other home.", "globe", "#0369a1", ""),
    ("Workbench", "Making and mending, with photographs.", "box", "#b45309", ""),
    ("Wood and metal", "Saws, files, glue and patience.", "box", "#92400e", "Workbench"),
    ("Wires", "Solder, sensors and small computers.", "lightbulb", "#a16207", "Workbench"),
    ("Kitchen table", "Bread, soup, and the long conversations beside them.", "fire", "#be123c", ""),
    ("Garden", "What grows, what eats it, and what to do.", "heart", "#15803d", ""),
    ("Programs", "Code, and the people who must read it.", "code-slash", "#6d28d9", ""),
    ("Bookshelf", "Read together, disagree politely.", "book", "#0f766e", ""),
    ("Out of doors", "Walks, maps, trains and weather.", "star", "#1d4ed8", ""),
    ("Music room", "Instruments, recordings, borrowed scores.", "bell", "#9d174d", ""),
    ("About this place", "How we do things here.", "shield-check", "#475569", ""),
)

_WHO = (
    "My neighbour", "The manual", "Our old one", "The second attempt", "A friend of mine", "The shop round the corner",
    "Half of the instructions", "Everybody I asked", "The cheap version", "That small screw", "Last year's model",
    "The forecast",
)  # fmt: skip
_DOES = (
    "never mentions", "works better with", "needs a whole evening for", "came apart because of", "has no place for",
    "quietly depends on", "gave up on", "makes a strange noise near", "took the blame for", "is still waiting for",
    "can be mended with", "turned out to be",
)  # fmt: skip
_WHAT = (
    "the left hinge", "a wet spring", "two cups of flour", "the wrong cable", "an ordinary pencil", "the last train",
    "a borrowed ladder", "the battery", "an index of its own", "a longer thread", "the spare key",
    "a good night's sleep", "the smallest setting", "three coats of paint",
)  # fmt: skip
_END = (
    "", "", "", ", at least in winter", ", and I have the photographs", ", which nobody told me",
    ", as far as I can see", ", so measure twice", ", if you let it", ", and that is fine",
)  # fmt: skip
_TITLES = (
    "{who} {does} {what}", "Is it true that {what} {end}?", "What do you do about {what}?", "{what}: a report",
    "Help: {who} {does} {what}", "In praise of {what}", "{what}, once more", "How long does {what} last?",
    "Before and after {what}", "Small question about {what}",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Body:
    """A text that many posts share, rendered."""

    source: str
    html: str
    excerpt: str


def bodies(dice: Random, number: int = 300) -> list[Body]:
    """A pool of texts: most of them short, a few long, with the marks that people use."""
    pool = []
    for _ in range(number):
        parts = [_paragraph(dice) for _ in range(min(8, 1 + int(dice.expovariate(0.9))))]
        if dice.random() < 0.3:
            parts.insert(dice.randrange(len(parts) + 1), _special(dice))
        source = "\n\n".join(parts)
        html = text.render(source)
        pool.append(Body(source, html, text.excerpt(html)))
    return pool


def title(dice: Random) -> str:
    """The title of a topic."""
    words = dice.choice(_TITLES).format(
        who=dice.choice(_WHO), does=dice.choice(_DOES), what=dice.choice(_WHAT), end="always helps"
    )
    return words[0].upper() + words[1:]


def _sentence(dice: Random) -> str:
    does, what = dice.choice(_DOES), dice.choice(_WHAT)
    if dice.random() < 0.1:
        what = f"*{what}*"
    return f"{dice.choice(_WHO)} {does} {what}{dice.choice(_END)}."


def _paragraph(dice: Random) -> str:
    return " ".join(_sentence(dice) for _ in range(dice.randint(1, 4)))


def _special(dice: Random) -> str:
    things: Sequence[str] = dice.sample(_WHAT, 3)
    return dice.choice(
        (
            "\n".join(f"- {thing}" for thing in things),
            "\n".join(f"{place}. {thing}" for place, thing in enumerate(things, 1)),
            f"> {_sentence(dice)}\n\nI see it otherwise.",
            f"```python\nfor thing in {list(things)!r}:\n    mend(thing)\n```",
            f"There is [a page about {things[0]}](https://example.org/{dice.randrange(1000)}), and it is **good**.",
            "| thing | cost |\n|---|---|\n" + "\n".join(f"| {thing} | {dice.randrange(90)} |" for thing in things),
        )
    )
