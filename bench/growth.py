"""Growth: what each page costs, made from the database with nothing kept, in communities from 10,000 posts up.

    .venv/bin/python -m bench.growth                                   10,000, 100,000 and 1,000,000 posts, on SQLite
    .venv/bin/python -m bench.growth --sizes 10000,10000000 --data /tmp/growth

The communities are asked in process and in turns, so that whatever else the machine does hits all of them alike. With
--data they are kept and used again. One of 10,000,000 posts takes an hour, most of it for the search index, and 25 GB.
"""

import os
import sys
import tempfile
from pathlib import Path

import click

from app import create_app
from bench import asking, pages
from bench.asking import Place
from core import config as environment
from core import db

ALLOWED = 1.3
"""How much more than in the smallest community a page may cost in any larger one."""


@click.command(help=__doc__.splitlines()[0])
@click.option("--sizes", default="10000,100000,1000000", show_default=True, help="Posts of the communities.")
@click.option("--rounds", default=40, show_default=True, help="How often each page is asked.")
@click.option("--data", help="A folder to keep the communities in.")
@click.option("--explain", is_flag=True, help="Show the plan of the slowest statement of each page that is over.")
def main(sizes: str, rounds: int, data: str | None, explain: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        grown = measured(Path(data or folder), [int(size) for size in sizes.split(",")], rounds, explain=explain)
    click.echo(report(grown))
    sys.exit(1 if over(grown) else 0)


def measured(folder: Path, sizes: list[int], rounds: int, *, explain: bool = False) -> dict[str, dict[int, Place]]:
    """Each page in each community: by name, then by the number of posts."""
    found: dict[str, dict[int, Place]] = {}
    asked = []
    for size in sizes:
        data = folder / str(size)
        known = pages.prepared(data, size)
        app = create_app(environment.read({**os.environ, "LIVERY_DATA": str(data)}))
        with app.app_context():
            engine, reader = db.db.engine, asking.reader()
            db.db.session.remove()
        askers = {who: asking.asker(app, mark, forgetting=True) for who, mark in (("guest", None), ("member", reader))}
        for page in (page for page in known if not page.name.startswith("again")):
            place = Place(f"{size:,}", page.path)
            found.setdefault(page.name, {})[size] = place
            asked.append((askers[page.name.split()[0]], place, engine))
    asking.take_turns([(ask, place) for ask, place, _ in asked], rounds)
    if explain:
        slow = over(found)
        for ask, place, engine in asked:
            if place in slow:
                asking.explain(engine, ask, place)
    return found


def over(grown: dict[str, dict[int, Place]]) -> list[Place]:
    """What costs too much more than in the smallest community."""
    return [place for name in grown for size, place in grown[name].items() if ratio(grown, name, size) > ALLOWED]


def ratio(grown: dict[str, dict[int, Place]], name: str, size: int) -> float:
    """How much more a page costs in a community than in the smallest one."""
    return grown[name][size].median / grown[name][min(grown[name])].median


def report(grown: dict[str, dict[int, Place]]) -> str:
    """The figures in lines: milliseconds in the smallest community, and how many times that in each larger one."""
    sizes = sorted(next(iter(grown.values())))
    lines = [f"{'':<18}" + "".join(f"{size:>14,}" for size in sizes)]
    for name, places in grown.items():
        times = [f"{places[sizes[0]].median:>11.2f} ms"] + [f"{ratio(grown, name, size):>14.2f}" for size in sizes[1:]]
        mark = "  OVER" if any(ratio(grown, name, size) > ALLOWED for size in sizes) else ""
        lines.append(f"{name:<18}{''.join(times)}{mark}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
