"""What the gate has found without fault (checked.json), and what a change leaves to be looked at again.

For each skin the record holds the name of its built file and, for each kind of page on which all its looks passed at all
widths, the mark of what that page was made of then.
"""

import datetime
import json
from dataclasses import dataclass
from typing import Any

from skins.build import ROOT
from skins.measure import Job
from skins.pages import TEMPLATES, WIDTHS
from skins.stage import Look, looks

FILE = ROOT / "skins" / "checked.json"
MANIFEST: dict[str, Any] = json.loads((ROOT / "static" / "skins" / "skins.json").read_text())
SKINS_AT_ONCE = 2
"""Changed skins that a quick check has time for."""
OTHERS, OTHERS_ON_CHANGED = 3, 4
"""Looks that are looked at although nothing of them changed: on every kind of page, and on kinds that changed."""

Record = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Plan:
    """What a quick check looks at."""

    skins: list[str]  # changed, and looked at on every page at every width
    waiting: list[str]  # changed, and left for another time
    pages: list[str]  # kinds that changed: at every width in all of `others`
    others: list[Look]
    width: int  # at which the first of `others` are looked at on every page

    def looks_for(self, job: Job) -> list[Look]:
        """The looks in which a page is looked at."""
        chosen = looks(self.skins) if self.skins else []
        if job.name in self.pages:
            return chosen + self.others
        return chosen + self.others[:OTHERS] if job.width == self.width else chosen


def quick(record: Record, now: dict[str, str], today: datetime.date) -> Plan:
    """What a change needs, with `now` the marks of the pages as they are; others, which change with the day, come along."""
    changed = [name for name in MANIFEST if not _known(record, name)]
    pages = [kind for kind in now if any(record[name][kind] != now[kind] for name in MANIFEST if name not in changed)]
    day = today.toordinal()
    turn = day % (len(changed) or 1)
    changed = [*changed[turn:], *changed[:turn]]
    skins, waiting = changed[:SKINS_AT_ONCE], changed[SKINS_AT_ONCE:]
    rest = [look for look in looks([]) if look.skin not in skins]
    others = [rest[(OTHERS * day + number) % len(rest)] for number in range(OTHERS_ON_CHANGED)]
    return Plan(skins, waiting, pages, others, WIDTHS[day % 2])


def read() -> Record:
    """What is recorded."""
    found: Record = json.loads(FILE.read_text()) if FILE.exists() else {}
    return found


def keep(found: list[dict[str, Any]], chosen: list[Look], kinds: list[str], now: dict[str, str]) -> None:
    """Records the skins that were looked at in all their looks, with the kinds of pages on which none had a problem."""
    record = read()
    failed = {(each["look"].rpartition("-")[0], each["page"]) for each in found}
    for skin in dict.fromkeys(look.skin for look in chosen):
        file = MANIFEST[skin]["file"]
        entry = record.get(skin, {})
        if entry.get("file") != file:
            entry = {"file": file}
        for kind in kinds:
            entry.pop(kind, None)
            if (skin, kind) not in failed and all(look in chosen for look in looks([skin])):
                entry[kind] = now[kind]
        record[skin] = entry
    lines = [f" {json.dumps(name)}: {json.dumps(entry, sort_keys=True)}" for name, entry in sorted(record.items())]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def _known(record: Record, name: str) -> bool:
    entry = record.get(name, {})
    return entry.get("file") == MANIFEST[name]["file"] and all(kind in entry for kind in TEMPLATES)
