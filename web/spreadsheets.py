"""Spreadsheets: a long table sent line by line, as CSV (RFC 4180) that no program takes for formulas."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from flask import Response, stream_with_context

_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def answer(rows: Iterable[Sequence[str]], name: str) -> Response:
    """The rows as a file of this name. The first row is asked for at once, so that a refusal is still an answer."""
    following = iter(rows)
    first = next(following)
    made = Response(stream_with_context(_lines(first, following)), mimetype="text/csv")
    made.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return made


def _lines(first: Sequence[str], rest: Iterator[Sequence[str]]) -> Iterator[str]:
    yield _line(first)
    for row in rest:
        yield _line(row)


def _line(row: Sequence[str]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow([f"'{cell}" if cell.startswith(_FORMULAS) else cell for cell in row])
    return written.getvalue()
