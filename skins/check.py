"""The gate: every look over every kind of page (`bin/skins check`), or what a change needs (`bin/skins check quick`).

What was found without fault is recorded in checked.json (skins/record.py).
"""

import datetime
import os
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from skins import record
from skins.measure import GAUGE, Gauge, Job, opened, wear
from skins.pages import TEMPLATES, discover, jobs, marks
from skins.record import MANIFEST
from skins.stage import Look, chromium, dressed, launched, looks, member, site

SHIFTS = (Path(__file__).parent / "shifts.js").read_text()
SETTLED = """() => {
  const sheet = document.querySelector("#skin");
  const fonts = [...document.fonts].filter(({ status }) => status === "loaded");
  return [moved, sheet.sheet?.cssRules.length > 50 ? sheet.href : "", fonts.length];
}"""
PUSHED = """() => new Promise((done) => {
  const before = moved, block = document.createElement("div");
  block.style.height = "150px";
  document.body.prepend(block);
  setTimeout(() => done(moved > before + 0.005), 400);
})"""
SHOWN = 5
"""Problems of a page that are told at once; all of them are at the end."""
UNCHECKED = 3
"""The exit status when all that was looked at is well, but not all that changed was looked at."""

Found = list[dict[str, Any]]


def main(wanted: list[str]) -> int:
    """Measures the wanted looks (on the wanted pages: `@topic`); says what failed; 1 when something did."""
    if "quick" in wanted:
        return quick()
    kinds = [each.removeprefix("@") for each in wanted if each.startswith("@")] or list(TEMPLATES)
    chosen = looks([each for each in wanted if not each.startswith("@")])
    if not chosen or not set(kinds) <= set(TEMPLATES):
        raise SystemExit(f"There is no such look or page; the pages are {', '.join(f'@{kind}' for kind in TEMPLATES)}")
    now = marks()
    found = measured(lambda job: chosen if job.name in kinds else [])
    record.keep(found, chosen, kinds, now)
    return 1 if found else 0


def quick() -> int:
    """Measures what changed since it was recorded, and some looks of what did not."""
    plan = record.quick(record.read(), marks(), datetime.datetime.now(datetime.UTC).date())
    print("skins that changed:", *(plan.skins or ["none"]))
    print("pages that changed:", *(plan.pages or ["none"]))
    print("others:", *(look.name for look in (plan.others if plan.pages else plan.others[: record.OTHERS])))
    found = measured(plan.looks_for)
    if plan.waiting:
        print(f"Built since they were last checked, and not looked at now: {' '.join(plan.waiting)} (bin/skins check)")
    return 1 if found else UNCHECKED if plan.waiting else 0


def measured(looks_for: Callable[[Job], list[Look]]) -> Found:
    """The problems of the pages, each in its looks, in a community of its own; also says them, and how much was seen."""
    found: Found = []
    figures = {"pages": 0, "letters": 0, "runs": 0, "states": 0}
    with site() as (address, data):
        with chromium() as browser:
            paths = discover(browser.new_page(), address)
        asked = [(job, looks_for(job)) for job in jobs(paths) if looks_for(job)]
        if not asked:
            raise SystemExit("There is nothing to look at.")
        with ProcessPoolExecutor(min(4, max(2, os.cpu_count() or 2)), initializer=begin) as pool:
            answers = [pool.submit(run, job, chosen, address, data) for job, chosen in asked]
            try:
                for (job, chosen), answer in zip(asked, answers, strict=True):
                    part = answer.result()
                    found += part["problems"]
                    figures = {name: count + part.get(name, len(chosen)) for name, count in figures.items()}
                    tell(job, part)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
    report(found, [look for look in looks([]) if any(look in chosen for _, chosen in asked)], figures)
    return found


def tell(job: Job, part: dict[str, Any]) -> None:
    """What a page came to, and the first of its problems."""
    print(f"{job.name:10} {job.width:5}  {part['told']}: {len(part['problems'])} problems", flush=True)
    for each in part["problems"][:SHOWN]:
        print(f"    {each['look']}: {each['kind']}: {each['what']} in {each['where']}", flush=True)


_browser: list[Browser] = []
"""The browser of a process that measures; it ends with the process."""


def begin() -> None:
    """Starts the browser of a process that measures."""
    _browser.append(launched(sync_playwright().start()))


def run(job: Job, chosen: list[Look], address: str, data: Path) -> dict[str, Any]:
    """Measures a page in looks."""
    return {"shift": shifts, "mode": follows}.get(job.name, seen)(job, chosen, address, data)


def seen(job: Job, chosen: list[Look], address: str, data: Path) -> dict[str, Any]:
    """What can be seen on a page, in each look."""
    total: dict[str, Any] = {"problems": [], "letters": 0, "runs": 0, "states": 0}
    beside = _browser[0].new_page()
    beside.evaluate(GAUGE)
    context = _browser[0].new_context(
        viewport={"width": job.width, "height": job.height}, reduced_motion="reduce", bypass_csp=True, locale="en-GB"
    )
    if job.logged_in:
        member(context, address, data)
    page = opened(context, job, address)
    wear(page, chosen[0], MANIFEST)
    if not Gauge(page, beside, context.new_cdp_session(page), job, chosen[0]).awake():
        raise SystemExit(f"A pale word on {job.name} went unnoticed: the gate is broken.")
    for look in chosen:
        wear(page, look, MANIFEST)
        gauge = Gauge(page, beside, context.new_cdp_session(page), job, look)
        gauge.measure()
        total["problems"] += gauge.problems
        total["letters"] += gauge.letters
        total["runs"] += gauge.runs
        total["states"] += gauge.seen_states
    context.close()
    beside.close()
    total["told"] = f"{total['letters']:9,} letters in {total['runs']:6,} runs, {total['states']:6,} in states"
    return total


def shifts(job: Job, chosen: list[Look], address: str, _data: Path) -> dict[str, Any]:
    """What moves while a page loads with nothing kept, at 300 ms of latency, and what it asks other sites for."""
    found, worst = [], 0.0
    slow = {"offline": False, "latency": 300, "downloadThroughput": -1, "uploadThroughput": -1}
    for look in chosen:
        context = dressed(_browser[0], address, look, job.width)
        context.add_init_script(SHIFTS)
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
        page.goto(address + job.path)
        page.evaluate("document.fonts.ready.then(() => {})")
        page.wait_for_timeout(400)
        moved, sheet, fonts = page.evaluate(SETTLED)
        built = MANIFEST[look.skin]
        if not sheet.endswith(built["file"]) or (built["fonts"]["preload"] and not fonts):
            raise SystemExit(f"{look.name} came as {sheet} with {fonts} fonts.")
        worst = max(worst, moved)
        place = {"look": look.name, "page": job.name, "width": job.width, "where": job.path}
        if moved >= 0.005:
            found.append({**place, "kind": "shift", "what": f"{moved:.3f}"})
        strange = [url for url in asked if not url.startswith((address + "/", "data:"))]
        found += [{**place, "kind": "elsewhere", "what": url} for url in strange]
        if look is chosen[0] and not page.evaluate(PUSHED):
            raise SystemExit(f"A push on {job.path} went unnoticed: the gate is broken.")
        context.close()
    return {"problems": found, "letters": 0, "runs": 0, "states": 0, "told": f"{worst:.4f} at most"}


def follows(job: Job, chosen: list[Look], address: str, _data: Path) -> dict[str, Any]:
    """The looks that are not the same when the reader's system, and not the reader, asked for them."""
    found = []
    page = _browser[0].new_page(bypass_csp=True)
    page.goto(address + job.path)
    page.evaluate(GAUGE)
    painted: dict[str, str] = {}
    for look in chosen:
        page.emulate_media(color_scheme="dark" if look.mode == "light" else "light", reduced_motion="reduce")
        wear(page, look, MANIFEST)
        asked = page.evaluate("gauge.painted()")
        page.emulate_media(color_scheme=look.mode, reduced_motion="reduce")
        wear(page, Look(look.skin, "auto"), MANIFEST)
        if page.evaluate("gauge.painted()") != asked or painted.get(look.skin) == asked:
            place = {"look": look.name, "page": job.name, "width": job.width}
            found.append({**place, "kind": "mode", "what": "auto is painted otherwise", "where": "page"})
        painted[look.skin] = asked
    page.close()
    return {"problems": found, "letters": 0, "runs": 0, "states": 0, "told": f"{len(chosen)} looks like the system"}


def report(found: list[dict[str, Any]], chosen: list[Look], figures: dict[str, int]) -> None:
    """The problems of each look, the like ones together, and how much was looked at."""
    print()
    for look in chosen:
        mine = [each for each in found if each["look"] == look.name]
        print(f"{look.name:18} {len(mine)}")
        like: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for each in mine:
            like.setdefault((each["kind"], each["where"]), []).append(each)
        for (kind, where), group in like.items():
            pages = sorted({f"{each['page']}@{each['width']}" for each in group})
            print(f"    {kind}: {group[0]['what']} in {where} ({len(group)} times: {', '.join(pages[:4])})")
    print(f"\n{len(chosen)} looks, {', '.join(f'{count:,} {name}' for name, count in figures.items())}: "
          f"{len(found)} problems")  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
