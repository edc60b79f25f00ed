"""Varying: which parts of a request an answer depends on, said to whatever keeps it (RFC 9110, 12.5.5)."""

from flask import Response

from web.exchange import header


def by(answer: Response, *names: str) -> None:
    """Adds names of request headers to an answer's `Vary`."""
    # `answer.vary` would take the header apart, and put it together again, for each of them
    before = header(answer, "Vary")
    known = {each.strip().lower() for each in before.split(",")} if before else set[str]()
    if new := [name for name in names if name.lower() not in known]:
        answer.headers.set("Vary", ", ".join([before, *new] if before else new))
