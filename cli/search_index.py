"""The search index from the command line: filling it, and making it again."""

import click

from core.db import writing
from forum import search_index


def catch_up() -> None:
    """Takes in everything that waits, with a bar where that takes a while."""
    waiting = search_index.waiting()
    if not waiting:
        return
    with click.progressbar(length=waiting, label="Search") as bar:
        search_index.catch_up(bar.update)


def rebuild() -> None:
    """Makes the whole index again."""
    with writing():
        topics = search_index.rebuild()
    catch_up()
    click.echo(f"The search index holds {topics:,} topics and their posts.")
