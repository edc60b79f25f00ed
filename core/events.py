"""Events: facts that a verb announces in its own transaction, delivered to whoever subscribed.

`emit` writes a row to the outbox together with the change itself. After the commit each subscriber runs as a
job; a subscriber marked `at_once` runs in the process that wrote. What the outbox still holds when a process
dies is delivered by the recurring job `deliver_outbox`, which gives up after some tries (core/failures.py).
"""

import json
import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import String, Text, and_, delete, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from core import clock, failures, jobs
from core.changes import Shown
from core.db import Key, Model, after_commit, session, write_in_progress, writing

log = logging.getLogger("livery.events")

E = TypeVar("E")

_TRIES = 10
"""So often an event is tried by the recurring job; the last time is some eight hours after it happened."""


class Outbox(Model):
    """An event that was committed and is not yet delivered to everyone."""

    __shown__ = Shown(guests=False)

    __tablename__ = "outbox"
    id: Mapped[Key]
    name: Mapped[str] = mapped_column(String(60))
    payload: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)


_kinds: dict[str, type] = {}
_subscribers: dict[str, list[Callable[[Any], None]]] = defaultdict(list)
_at_once: dict[str, list[Callable[[Any], None]]] = defaultdict(list)


def subscribe(kind: type[E], *, at_once: bool = False) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Marks a function as listening to a kind of event. It may run twice for one event, and must stand that."""

    def register(function: Callable[[E], None]) -> Callable[[E], None]:
        _kinds[kind.__name__] = kind
        (_at_once if at_once else _subscribers)[kind.__name__].append(function)
        return function

    return register


def emit(event: Any) -> None:
    """Announces an event (a frozen dataclass of ids) in the running transaction. Raises RuntimeError outside one."""
    if not write_in_progress():
        raise RuntimeError("emit() belongs inside writing().")
    name = type(event).__name__
    for listener in _at_once[name]:
        after_commit(lambda listener=listener: listener(event))  # type: ignore[misc]
    if not _subscribers[name]:
        return
    row = Outbox(name=name, payload=json.dumps(asdict(event)), created_at=clock.now())
    session().add(row)
    session().flush()
    after_commit(lambda: _deliver_later(row.id))


def _deliver_later(row_id: int) -> None:
    try:
        deliver.later(row_id)
    except Exception:  # the queue is away: the recurring job delivers what the outbox holds
        log.exception("The event %s waits in the outbox", row_id)


@jobs.job
def deliver(row_id: int) -> None:
    """Gives one event of the outbox to its subscribers, then removes it."""
    row = session().get(Outbox, row_id)
    if row is None:
        return
    event = _kinds[row.name](**json.loads(row.payload))
    trouble = [error for listener in _subscribers[row.name] if (error := _heard(listener, event))]
    for error in trouble[1:]:
        log.error("Another subscriber to %s failed as well", row.name, exc_info=error)
    if trouble:
        raise trouble[0]
    with writing() as current:
        current.execute(delete(Outbox).where(Outbox.id == row_id))


def _heard(listener: Callable[[Any], None], event: Any) -> Exception | None:
    """Lets one subscriber hear an event; the others hear it, too, when it raises."""
    try:
        listener(event)
    except Exception as error:
        session().rollback()
        return error
    return None


jobs.kept_elsewhere(deliver)


def deliver_outbox() -> None:
    """Delivers what a dead process left behind: every event that is older than a minute.

    One that fails is tried again later and later, holds up no other, and is set aside after the last try.
    """
    rows = session().scalars(select(Outbox.id).where(_due()).order_by(Outbox.tries, Outbox.id).limit(100))
    for row_id in rows.all():
        try:
            deliver(row_id)
        except Exception as error:
            log.exception("The event %s stays in the outbox", row_id)
            session().rollback()
            with writing() as current:
                current.execute(update(Outbox).where(Outbox.id == row_id).values(tries=Outbox.tries + 1))
                if current.scalar(select(Outbox.tries).where(Outbox.id == row_id)) == _TRIES:
                    failures.keep(deliver.name, (row_id,), {}, error)


def drop(row_id: int) -> None:
    """Forgets an event that nobody will deliver any more."""
    session().execute(delete(Outbox).where(Outbox.id == row_id))


def _due() -> Any:
    """What is to be tried: an event 1, 2, 4 … minutes after it happened, and not after the last try."""
    return or_(*[
        and_(Outbox.tries == tries, Outbox.created_at < clock.now() - timedelta(minutes=2**tries))
        for tries in range(_TRIES)
    ])  # fmt: skip
