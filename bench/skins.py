"""Changing the skin: frames without a skin, layout shift, time, bytes and strangers, in Chromium.

    .venv/bin/python -m bench.skins [skin …]

Every skin is looked at in an open page, with 300 ms of latency, as it comes over the network; the last seven ten times
more, as they lie there. Each frame that the browser paints says what it wears. Nothing is saved, for a look is not a choice;
a choice is measured after that. Fails when a promise is broken: a bare frame, a request elsewhere, a shift, 20 KB, or 100 ms
once a skin is fetched: that is for the middle of its switches, and it says the load of the machine, for a busy one is late.
"""

import os
import statistics
import sys
from typing import Any

from playwright.sync_api import BrowserContext, Page

from skins.check import SHIFTS
from skins.record import MANIFEST
from skins.stage import Look, chromium, dressed, site

LATENCY = 300
KEPT, ROUNDS = 7, 10
MOST_MS, MOST_BYTES = 100, 20 * 1024
WATCH = """
globalThis.frames_seen = [];
globalThis.hovered_at = 0;
const watch = () => {
  const style = getComputedStyle(document.documentElement);
  const worn = document.querySelector("#skin")?.getAttribute("href");
  frames_seen.push([performance.now(), style.getPropertyValue("--bs-body-bg") !== "", worn]);
  requestAnimationFrame(watch);
};
addEventListener("DOMContentLoaded", () => requestAnimationFrame(watch));
addEventListener("pointerover", ({ target }) => {
  if (target.closest?.("button[name=skin]")) globalThis.hovered_at ||= performance.now();
}, true);
"""
CHOOSE = """name => {
  frames_seen.length = 0;
  document.querySelector(`#skin-menu button[value="${name}"]`).click();
}"""


def main(wanted: list[str]) -> int:
    """Measures the wanted skins (all when none is named); 1 when a promise is broken."""
    names = wanted or [name for name in MANIFEST if name != "noskin"]
    broken: list[str] = []
    with site() as (address, _), chromium() as browser:
        context = dressed(browser, address, Look("noskin", "light"), 1280, bypass_csp=True)
        context.add_init_script(SHIFTS + WATCH)
        page = context.new_page()
        page.emulate_media(reduced_motion="no-preference")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address + "/recent")
        page.locator("#skin-menu > summary").click()
        slow = {"offline": False, "latency": LATENCY, "downloadThroughput": -1, "uploadThroughput": -1}
        context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
        took = [looked_at(page, name, broken) for name in [*names, "noskin", *(names[-KEPT:] * ROUNDS)]]
        chosen(context, page, names, broken)
        broken += [f"{url} was asked" for url in asked if not url.startswith((address + "/", "data:"))]
    again = [each["ms"] for each in took if not each["fetched"]]
    middle = statistics.median(again)
    print(f"\n{len(took)} switches, {sum(each['frames'] for each in took)} frames, {sum(each['bare'] for each in took)} bare; "
          f"{len(again)} once fetched: {min(again):.0f} ms at least, {middle:.0f} in the middle, {max(again):.0f} at most, at a "
          f"load of {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")  # fmt: skip
    broken += [f"once fetched a switch takes {middle:.0f} ms"] if middle >= MOST_MS else []
    print(*(f"BROKEN: {each}" for each in broken), sep="\n")
    return 1 if broken else 0


def looked_at(page: Page, name: str, broken: list[str]) -> dict[str, Any]:
    """Hovers over a skin until it is worn; how long that took, and what the frames wore meanwhile."""
    known = page.evaluate(
        "file => Boolean(document.querySelector(`link.skin[href$='${file}']`))", MANIFEST[name]["file"]
    )
    button = page.locator(f'#skin-menu button[value="{name}"]')
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    page.evaluate("frames_seen.length = hovered_at = 0")
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_function("file => frames_seen.some(([, , href]) => href.endsWith(file))", arg=MANIFEST[name]["file"])
    page.wait_for_timeout(150)
    frames = page.evaluate("frames_seen")
    first = next(at for at, _, href in frames if href.endswith(MANIFEST[name]["file"]))
    began = page.evaluate("hovered_at")
    bare = sum(not styled for _, styled, _ in frames)
    if bare:
        broken.append(f"{name}: {bare} bare frames")
    made = {"ms": first - began, "frames": len(frames), "bare": bare, "fetched": not known}
    print(
        f"{name:10} {'fetched' if made['fetched'] else 'known':8} {made['ms']:6.0f} ms {len(frames):4} frames, {bare} bare"
    )
    return made


def chosen(context: BrowserContext, page: Page, names: list[str], broken: list[str]) -> None:
    """Chooses the last skin and looks at a fresh page in it: what it weighs, and that it comes dressed."""
    name = names[-1]
    page.evaluate(CHOOSE, name)
    page.wait_for_function("file => frames_seen.at(-1)?.[2].endsWith(file)", arg=MANIFEST[name]["file"])
    page.wait_for_timeout(600)
    broken += ["a choice passes a bare frame"] if page.evaluate("frames_seen.some(([, styled]) => !styled)") else []
    fresh, sizes = context.new_page(), {}
    cdp = context.new_cdp_session(fresh)
    cdp.send("Network.enable")
    kinds: dict[str, str] = {}
    cdp.on("Network.responseReceived", lambda event: kinds.update({event["requestId"]: event["response"]["url"]}))
    cdp.on("Network.loadingFinished", lambda event: sizes.update({event["requestId"]: event["encodedDataLength"]}))
    cdp.send("Network.setCacheDisabled", {"cacheDisabled": True})
    fresh.goto(page.url)
    fresh.wait_for_timeout(600)
    css = sum(size for key, size in sizes.items() if ".css" in kinds.get(key, ""))
    bare, moved = fresh.evaluate("[frames_seen.filter(([, styled]) => !styled).length, moved]")
    print(f"\n{name} chosen; a fresh page fetches {css:,} bytes of CSS with their headers, paints {bare} bare frames, "
          f"and moves by {moved:.3f}")  # fmt: skip
    if css > MOST_BYTES or bare or moved >= 0.005:
        broken.append(f"a fresh page: {css} bytes of CSS, {bare} bare frames, a shift of {moved:.3f}")


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
