"""`bin/audit`: asks the OSV database (osv.dev) whether a pinned dependency has a known weakness."""

import json
import os
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path

import click

from core.config import ROOT

SERVICE = "https://api.osv.dev/v1/querybatch"
WELL, FOUND, UNANSWERED = 0, 1, 3

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def pinned(lists: Iterable[Path]) -> list[tuple[str, str]]:
    """Every name and version that the lists pin."""
    return sorted({found.groups() for path in lists for found in _PIN.finditer(path.read_text())})


def weaknesses(pins: list[tuple[str, str]], service: str) -> dict[tuple[str, str], list[str]]:
    """The known weaknesses of each pin that has any. Raises OSError or ValueError when the service gives no answer."""
    queries = [{"package": {"name": name, "ecosystem": "PyPI"}, "version": version} for name, version in pins]
    request = urllib.request.Request(  # noqa: S310  (the address is ours or the operator's)
        service, json.dumps({"queries": queries}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
        results = json.load(answer)["results"]
    if len(results) != len(pins):
        raise ValueError("the answer is incomplete")
    found = {pin: [each["id"] for each in result.get("vulns", [])] for pin, result in zip(pins, results, strict=True)}
    return {pin: names for pin, names in found.items() if names}


def main() -> int:
    """Prints what was found; 0: nothing, 1: something, 3: nobody answered, so nothing is known."""
    pins = pinned([ROOT / "requirements.txt", ROOT / "requirements-dev.txt"])
    try:
        found = weaknesses(pins, os.environ.get("LIVERY_OSV") or SERVICE)
    except (OSError, ValueError, KeyError) as error:
        click.echo(f"The dependencies were NOT audited: the database of weaknesses gave no answer ({error}).", err=True)
        return UNANSWERED
    for (name, version), names in found.items():
        click.echo(f"{name} {version}: {', '.join(names)} (https://osv.dev/{names[0]})", err=True)
    if not found:
        click.echo(f"{len(pins)} pinned dependencies, no known weakness.")
    return FOUND if found else WELL


if __name__ == "__main__":
    sys.exit(main())
