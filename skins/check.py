"""The gate: every look over every kind of page (`bin/skins check`), or what a change needs (`bin/skins check quick`).

What a full check found without fault is recorded in checked.json by the name of the built file.
"""

import datetime
import json
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from skins.measure import GAUGE, Gauge, Job, opened, wear
from skins.sheet import topic_path
from skins.stage import ROOT, Look, chromium, dressed, launched, looks, member, site

RECORD = ROOT / "skins" / "checked.json"
MANIFEST: dict[str, Any] = json.loads((ROOT / "static" / "skins" / "skins.json").read_text())
SHIFTS = (Path(__file__).parent / "shifts.js").read_text()
QUICK_CHANGED, QUICK_OTHERS = 2, 3
SHOWN = 5
"""Problems of a page that are told at once; all of them are at the end."""
UNCHECKED = 3
"""The exit status when all that was looked at is well, but not all that changed was looked at."""


def main(wanted: list[str]) -> int:
    """Measures the wanted looks (on the wanted pages: `@topic`); says what failed; 1 when something did."""
    pages = [each.removeprefix("@") for each in wanted if each.startswith("@")]
    waiting: list[str] = []
    if "quick" in wanted:
        chosen, waiting = quick(json.loads(RECORD.read_text()), datetime.datetime.now(datetime.UTC).date())
        print("looks:", *(look.name for look in chosen))
    else:
        chosen = looks([each for each in wanted if not each.startswith("@")])
    if not chosen:
        raise SystemExit("There is no such look.")
    with site() as (address, data):
        found, figures = measured(chosen, pages, address, data)
    report(found, chosen, figures)
    if not pages and "quick" not in wanted:
        record(found, chosen)
    if waiting:
        print(f"Built since they were last checked, and not looked at now: {' '.join(waiting)} (bin/skins check)")
    return 1 if found else UNCHECKED if waiting else 0


def quick(checked: dict[str, str], today: datetime.date) -> tuple[list[Look], list[str]]:
    """The looks that a change needs: of the skins that changed, and three others, which are others every day.

    Also the changed skins that there is no time for.
    """
    changed = [name for name, entry in MANIFEST.items() if checked.get(name) != entry["file"]]
    turn = today.toordinal() % (len(changed) or 1)
    changed = [*changed[turn:], *changed[:turn]]
    now, waiting = changed[:QUICK_CHANGED], changed[QUICK_CHANGED:]
    rest = [look for look in looks([]) if look.skin not in now]
    start = QUICK_OTHERS * today.toordinal()
    others = [rest[(start + number) % len(rest)] for number in range(QUICK_OTHERS)]
    return [*(looks(now) if now else []), *others], waiting


def record(found: list[dict[str, Any]], chosen: list[Look]) -> None:
    """Keeps which skins passed, all their looks on all pages."""
    checked = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    failed = {each["look"].rpartition("-")[0] for each in found}
    for skin in {look.skin for look in chosen}:
        checked.pop(skin, None)
        if skin not in failed and all(look in chosen for look in looks([skin])):
            checked[skin] = MANIFEST[skin]["file"]
    RECORD.write_text(json.dumps(checked, indent=1, sort_keys=True) + "\n")


def jobs(paths: dict[str, str]) -> list[Job]:
    """The kinds of pages, wide and narrow."""
    made = []
    click = "document.querySelector('.tools a.btn-primary').click()"
    for width in (1280, 390):
        plain = [name for name in paths if name not in ("composer", "compose")]
        made += [Job(name, paths[name], width, rails=name == "home") for name in plain]
        made += [
            Job("composer", paths["composer"], width, logged_in=True, rails=True),
            Job("new topic", paths["compose"], width, logged_in=True),
            Job("password", "/me/password", width, logged_in=True),
            Job("drafts", "/drafts", width, logged_in=True),
            Job("following", "/me/following", width, logged_in=True),
            Job("admin form", "/admin/skins", width, logged_in=True),
            Job("admin skin", "/admin/skins/new?base=vapor", width, logged_in=True),
            Job("missing", "/topic/999999", width, status=404),
            Job("menu", "/", width, script="document.querySelector('#skin-menu').open = true", within="#skin-menu",
                height=1500),
            Job("dock", paths["topic"], width, True, click, "#dock"),
        ]  # fmt: skip
    return made


def discover(page: Page, address: str) -> dict[str, str]:
    """Where the kinds of pages are in this community."""
    topic = topic_path(page, address)
    page.goto(address + "/")
    category = page.locator(".category-row .row-title a").nth(3).get_attribute("href")
    page.goto(address + topic)
    author = page.locator(".post-author").first.get_attribute("href")
    number = topic.split("/")[2]
    return {
        "home": "/", "category": category, "topic": topic, "recent": "/recent", "login": "/login",
        "register": "/register", "users": "/users", "profile": author, "tags": "/tags", "skins": "/skins",
        "composer": f"/topic/{number}/reply", "compose": f"/compose?category={category.split('/')[2]}",
    }  # fmt: skip


def measured(
    chosen: list[Look], pages: list[str], address: str, data: Path
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """The problems of the looks on the pages, and how much was looked at."""
    with chromium() as browser:
        paths = discover(browser.new_page(), address)
    found: list[dict[str, Any]] = []
    figures = {"pages": 0, "letters": 0, "runs": 0, "states": 0}
    asked = [job for job in jobs(paths) if not pages or job.name in pages]
    with ProcessPoolExecutor(min(4, max(2, os.cpu_count() or 2)), initializer=begin) as pool:
        answers = [pool.submit(run, job, chosen, address, data) for job in asked]
        for job, answer in zip(asked, answers, strict=True):
            part = answer.result()
            found += part["problems"]
            figures = {name: count + part.get(name, len(chosen)) for name, count in figures.items()}
            print(f"{job.name:10} {job.width:5}  {part['letters']:9,} letters in {part['runs']:6,} runs, "
                  f"{part['states']:6,} in states: {len(part['problems'])} problems", flush=True)  # fmt: skip
            for each in part["problems"][:SHOWN]:
                print(f"    {each['look']}: {each['kind']}: {each['what']} in {each['where']}", flush=True)
    found += follows(address, chosen) if not pages or "mode" in pages else []
    found += shifts(address, chosen, paths["topic"]) if not pages or "shift" in pages else []
    return found, figures


_browser: list[Browser] = []
"""The browser of a process that measures; it ends with the process."""


def begin() -> None:
    """Starts the browser of a process that measures."""
    _browser.append(launched(sync_playwright().start()))


def run(job: Job, chosen: list[Look], address: str, data: Path) -> dict[str, Any]:
    """Measures a page in every look."""
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
    return total


def shifts(address: str, chosen: list[Look], topic: str) -> list[dict[str, Any]]:
    """What moves while a page loads with nothing kept, at 300 ms of latency, and what it asks other sites for."""
    found, worst = [], 0.0
    slow = {"offline": False, "latency": 300, "downloadThroughput": -1, "uploadThroughput": -1}
    with chromium() as browser:
        for look in {each.skin: each for each in chosen}.values():
            for path, width in ((path, width) for path in ("/", topic) for width in (1280, 390)):
                context = dressed(browser, address, look, width)
                context.add_init_script(SHIFTS)
                page = context.new_page()
                asked: list[str] = []
                page.on("request", lambda request, asked=asked: asked.append(request.url))
                context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
                page.goto(address + path)
                page.evaluate("document.fonts.ready.then(() => {})")
                page.wait_for_timeout(400)
                moved = page.evaluate("moved")
                worst = max(worst, moved)
                place = {"look": look.name, "page": path, "width": width, "where": "page"}
                if moved >= 0.005:
                    found.append({**place, "kind": "shift", "what": f"{moved:.3f}"})
                strange = [url for url in asked if not url.startswith((address + "/", "data:"))]
                found += [{**place, "kind": "elsewhere", "what": url} for url in strange]
                context.close()
    print(f"layout shift: {worst:.4f} at most")
    return found


def follows(address: str, chosen: list[Look]) -> list[dict[str, Any]]:
    """The looks that are not the same when the reader's system, and not the reader, asked for them."""
    found = []
    with chromium() as browser:
        page = browser.new_page(bypass_csp=True)
        page.goto(address + "/login")
        page.evaluate(GAUGE)
        painted: dict[str, str] = {}
        for look in chosen:
            page.emulate_media(color_scheme="dark" if look.mode == "light" else "light", reduced_motion="reduce")
            wear(page, look, MANIFEST)
            asked = page.evaluate("gauge.painted()")
            page.emulate_media(color_scheme=look.mode, reduced_motion="reduce")
            wear(page, Look(look.skin, "auto"), MANIFEST)
            if page.evaluate("gauge.painted()") != asked or painted.get(look.skin) == asked:
                place = {"look": look.name, "page": "login", "width": 1280}
                found.append({**place, "kind": "mode", "what": "auto is painted otherwise", "where": "page"})
            painted[look.skin] = asked
    print(f"like the system: {len(chosen)} looks, {len(found)} problems")
    return found


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
