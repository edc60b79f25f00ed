"""`bin/livery doctor`: prints what the check-up finds, as it finds it."""

import click

from web import checkup


def run(*, fix: bool = False) -> bool:
    """Prints a line for each check, and returns whether all is well. With `fix`, mends counters, indexes and the search."""
    well, last = True, ""
    for found in checkup.found(fix=fix):
        click.echo(f"{'     ok' if found.well else '  WRONG'}  {found.name}: {found.sentence}")
        well, last = well and found.well, found.name
    if last in ("database", "migrations"):
        click.echo("      …  the rest waits until the database is ready")
    return well
