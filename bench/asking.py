"""What the benchmarks share: a reader who asks pages in process, in turns, and the plan behind a slow one."""

import gc
import itertools
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import click
from sqlalchemy import Engine, event, select

from core import store
from core.db import session, writing
from forum import accounts, sessions
from forum.refusals import Invalid
from models import User

_PARTS = {"HX-Request": "true", "HX-Request-Type": "partial"}


@dataclass
class Place:
    """A page that is measured: what it is called, where it is, and how many seconds it took each time."""

    name: str
    address: str
    allowed: float = 0.0
    times: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """In milliseconds."""
        return self.centile(0.5)

    def centile(self, share: float) -> float:
        """The time that a share of the requests kept to, in milliseconds."""
        return sorted(self.times)[min(len(self.times) - 1, int(len(self.times) * share))] * 1000


def reader() -> str:
    """The session mark of a member."""
    try:
        with writing():
            accounts.create("Reader", "", "a quiet member of the bench")
    except Invalid:
        pass  # he is here from the last time
    user_id = session().scalars(select(User.id).where(User.name == "Reader")).one()
    with writing():
        return f"{user_id}.{sessions.begin(user_id, 'Bench', '127.0.0.0/24')}"


def anew(address: str) -> str:
    """The same page where no member is sent what he had a moment ago: it asks what no view knows (web/again.py)."""
    return f"{address}{'&' if '?' in address else '?'}anew=1"


def asker(app, reader, parts_of: tuple[str, ...] = (), *, forgetting: bool = False):
    """A function that asks an address and tells the seconds; `forgetting`: nothing that was kept is of use for the page."""
    client = app.test_client()
    if reader:
        with client.session_transaction() as kept:
            kept["_user_id"], kept["_fresh"] = reader, True

    networks = itertools.count()

    def ask(address: str) -> float:
        if forgetting:
            store.forget()
        # each time from another network, as one alone would soon have asked for enough
        number = next(networks)
        readers = {"REMOTE_ADDR": f"10.{number >> 8 & 255}.{number & 255}.1"}
        begun = time.perf_counter()
        answer = client.get(address, headers=_PARTS if address.startswith(parts_of) else None, environ_base=readers)
        took = time.perf_counter() - begun
        assert answer.status_code == 200, f"{address} answers {answer.status}"
        return took

    return ask


def measure(ask, places: Sequence[Place], rounds: int) -> None:
    """Asks one site for all places, again and again."""
    take_turns([(ask, place) for place in places], rounds)


def take_turns(asked: Sequence[tuple[Callable[[str], float], Place]], rounds: int) -> None:
    """Asks for all places in an order that is drawn anew each time, of whichever site each is."""
    for ask, place in asked:
        for _ in range(3):
            ask(place.address)
    gc.collect()
    gc.disable()
    order = random.Random(1)
    with click.progressbar(range(rounds), label="Rounds") as bar:
        for _ in bar:
            for ask, place in order.sample(asked, len(asked)):
                place.times.append(ask(place.address))
            gc.collect()
    gc.enable()


def explain(engine: Engine, ask, place: Place) -> None:
    """Prints the plan of the statement that took longest while a page was made."""
    seen: list[tuple[float, str, object]] = []

    def before(connection, cursor, statement, parameters, context, many):
        connection.info["begun"] = time.perf_counter()

    def after(connection, cursor, statement, parameters, context, many):
        seen.append((time.perf_counter() - connection.info["begun"], statement, parameters))

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "after_cursor_execute", after)
    ask(place.address)
    event.remove(engine, "before_cursor_execute", before)
    event.remove(engine, "after_cursor_execute", after)
    took, statement, parameters = max(seen, key=lambda each: each[0])
    how = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN (ANALYZE) "
    click.echo(f"\n{place.address}\n{took * 1000:.1f} ms for {statement}\n{parameters}")
    with engine.connect() as connection:
        for row in connection.exec_driver_sql(how + statement, parameters):
            click.echo(f"    {row[-1]}")
