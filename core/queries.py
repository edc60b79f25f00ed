"""Queries, watched: how many a request makes, how long they take, and which of them are slow."""

import logging
import time
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event

from core import logs, metrics, noticed

log = logging.getLogger("livery.queries")

_LONGEST_SHOWN = 600

metrics.counter("livery_queries", "Queries sent to the database.")
metrics.counter("livery_query_seconds", "Seconds spent waiting for the database.")
metrics.counter("livery_slow_queries", "Queries that took longer than LIVERY_SLOW_QUERY.")


@dataclass(slots=True)
class Spent:
    """What one request has asked of the database so far."""

    queries: int = 0
    seconds: float = 0.0
    where: str = ""  # the shape of the address that asks


spent: ContextVar[Spent | None] = ContextVar("spent", default=None)
"""What the request that is being answered here has spent; None outside of one."""


def watch(engine: Engine, slow: int) -> None:
    """Counts the queries of an engine, and logs those of `slow` milliseconds and more (0: none). Never their values."""

    @event.listens_for(engine, "before_cursor_execute")
    def _begins(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        connection.info["livery.began"] = time.perf_counter()

    @event.listens_for(engine, "after_cursor_execute")
    def _ended(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        seconds = time.perf_counter() - connection.info["livery.began"]
        noted = spent.get()
        if noted is not None:
            noted.queries += 1
            noted.seconds += seconds
        if not many:
            where = noted.where if noted is not None else ""
            noticed.slow(
                "query", noticed.statement_shape(statement), seconds, address=where, request=logs.request_id.get()
            )  # fmt: skip
        if slow and not many and seconds * 1000 >= slow:  # a batch of thousands of rows may take its time
            metrics.count("livery_slow_queries")
            shown = " ".join(statement.split())[:_LONGEST_SHOWN]
            log.warning("A query was slow", extra={"fields": {"ms": round(seconds * 1000), "query": shown}})
