"""`bin/livery digests`: who gets a digest by mail, how often and when, and sending one now."""

import click
from sqlalchemy import select

from core.db import session
from core.i18n import exact
from forum import digests, mailing
from forum.slugs import name_key
from models import User


def show() -> None:
    """Lists who gets digests."""
    people = digests.listed()
    for each in people:
        by = "" if each.chosen else " (the site's default)"
        last = exact(each.sent_at) if each.sent_at else "none yet"
        click.echo(f"{each.name}: {digests.NAMES[each.every].lower()}{by}; last {last}; next {exact(each.next_at)}")
    if not people:
        click.echo("Nobody gets digests.")


def send(name: str) -> None:
    """Sends somebody a digest of what is new since his last one."""
    user_id = session().scalar(select(User.id).where(User.name_key == name_key(name), User.domain == ""))
    if user_id is None:
        raise click.ClickException(f"There is nobody called {name}.")
    if mailing.reader_of(user_id) is None:
        raise click.ClickException(f"{name} gets no mails: no confirmed address, or banned.")
    every = next((each.every for each in digests.listed() if each.user_id == user_id), "week")
    click.echo(f"Sent to {name}." if digests.send(user_id, every) else f"There is nothing new for {name}.")
