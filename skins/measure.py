"""A page in a look, measured in Chromium: by axe, and by the pixels that really lie behind each word.

It notes a problem when it saw less text than the page holds, so that a page that did not load cannot pass.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession, Page

from skins.stage import ROOT, Look

AXE = (ROOT / "tests" / "browser" / "axe.min.js").read_text()
GAUGE = (Path(__file__).parent / "measure.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
STATES = {"hover": ["hover"], "focus": ["focus", "focus-visible"], "active": ["hover", "active", "focus"]}
DISABLED_LEAST = 2.5
"""What a control that is switched off still has to have (WCAG asks for nothing)."""
ROWS, TALLEST = 7, 9000


@dataclass(frozen=True)
class Job:
    """A kind of page at a width."""

    name: str
    path: str
    width: int
    logged_in: bool = False
    script: str = ""
    """What is done to the page first; such a page keeps its scripts, and only `within` is looked at (and axe sees all)."""
    within: str = ""
    status: int = 200
    height: int = 844
    rails: bool = False
    """Whether the rails are put through their states here too; they are the same on every page."""


def opened(context: BrowserContext, job: Job, address: str) -> Page:
    """The page; without its scripts unless something is to be done with them, so that it does not grow."""
    page = context.new_page()
    if not job.script:
        page.route("**/*.js*", lambda route: route.abort())
    answer = page.goto(address + job.path)
    if answer.status != job.status:
        raise SystemExit(f"{job.path} answers {answer.status}")
    if job.script:
        page.evaluate(job.script)
        page.wait_for_function("s => document.querySelector(s)?.innerText.trim().length > 20", arg=job.within)
        page.wait_for_timeout(300)
        page.route("**/*", lambda route: route.continue_() if "/static/" in route.request.url else route.abort())
    page.evaluate(AXE)
    page.evaluate(GAUGE)
    page.evaluate(f"gauge.trim({ROWS})")
    return page


def wear(page: Page, look: Look, manifest: dict[str, Any]) -> None:
    """Dresses the open page; of the gallery's samples only those of this skin stay."""
    href = f"/static/skins/{manifest[look.skin]['file']}"
    page.evaluate("([href, theme, skin]) => gauge.wear(href, theme, skin)", [href, look.mode, look.skin])


class Gauge:
    """One page in one look."""

    def __init__(self, page: Page, beside: Page, cdp: CDPSession, job: Job, look: Look) -> None:
        self.page, self.beside, self.cdp, self.job, self.look = page, beside, cdp, job, look
        self.problems: list[dict[str, Any]] = []
        self.letters = self.runs = self.seen_states = 0
        self.within = f"document.querySelector({json.dumps(job.within)})" if job.within else "undefined"
        cdp.send("DOM.enable")
        cdp.send("CSS.enable")

    def note(self, kind: str, what: str, where: str) -> None:
        place = {"look": self.look.name, "page": self.job.name, "width": self.job.width}
        self.problems.append({**place, "kind": kind, "what": what, "where": where})

    def measure(self) -> None:
        """Everything that is measured."""
        self.stretch()
        self.axe()
        self.text()
        for rails in (False, True) if self.job.rails else (False,):
            if self.page.evaluate(f"gauge.kinds({json.dumps(rails)}, {self.within})"):
                self.forced()
                self.switched_off()
            self.page.evaluate("gauge.forget()")

    def awake(self) -> bool:
        """Whether a pale word would be noticed on this page."""
        place = f"{self.job.within} form" if self.job.within else "#content"
        self.page.evaluate("place => gauge.canary(place)", place)
        self.stretch()
        self.text()
        self.page.evaluate("document.querySelector('#canary').remove()")
        return any(each["kind"] == "text" and "canary" in each["what"] for each in self.problems)

    def stretch(self) -> None:
        """A window as tall as the page, so that all of it can be looked at at once."""
        if self.job.script:
            return
        self.page.set_viewport_size({"width": self.job.width, "height": self.job.height})
        height = min(TALLEST, max(self.job.height, self.page.evaluate("document.documentElement.scrollHeight") + 1))
        self.page.set_viewport_size({"width": self.job.width, "height": height})

    def axe(self) -> None:
        ran = self.page.evaluate("tags => gauge.axe(tags)", TAGS)
        if ran["passes"] < 8:
            self.note("axe", f"only {ran['passes']} rules had something to look at", "page")
        for rule, where, why in ran["found"]:
            self.note(f"axe {rule}", why[:160], where)

    def behind(self, runs: list[dict[str, Any]] | None = None) -> str:
        """A picture of the page without its letters; with runs, of as much of it as they take."""
        asked: dict[str, Any] = {"format": "png", "captureBeyondViewport": False, "optimizeForSpeed": True}
        if runs:
            height = min(max(box[3] for run in runs for box in run["boxes"]) + 8, self.page.viewport_size["height"])
            asked["clip"] = {"x": 0, "y": 0, "width": self.job.width, "height": height, "scale": 1}
        self.page.evaluate("gauge.veil()")
        try:
            return self.cdp.send("Page.captureScreenshot", asked)["data"]
        finally:
            self.page.evaluate("gauge.unveil()")

    def judged(self, kind: str, runs: list[dict[str, Any]], picture: str) -> int:
        verdict = self.verdict(runs, picture)
        if verdict["failures"]:
            # a busy machine paints late: what fails has to fail in a second picture too
            self.page.wait_for_timeout(150)
            verdict = self.verdict(runs, self.behind())
        for each in verdict["failures"]:
            self.note(
                kind, f"“{each['text']}” {each['colour']} reaches {each['ratio']} of {each['least']}", each["where"]
            )
        return verdict["unseen"]

    def verdict(self, runs: list[dict[str, Any]], picture: str) -> dict[str, Any]:
        """Which runs cannot be read on what the picture shows behind them, and how many letters are not in it."""
        return self.beside.evaluate(
            "([runs, shot, least]) => gauge.judge(runs, shot, least)", [runs, picture, DISABLED_LEAST]
        )

    def text(self) -> None:
        """Every run of text against the pixels behind it, and whether that was all of the text."""
        read = self.page.evaluate(f"gauge.collect({self.within})")
        held = self.page.evaluate(f"gauge.held({self.within})")
        controls = self.page.evaluate(f"gauge.controls({self.within})")
        picture = self.behind()
        unseen = self.judged("text", read["runs"], picture)
        runs, covered = read["runs"], read["skipped"].get("covered", 0)
        for turn in range(1, self.page.evaluate(f"gauge.turns({self.within})")):
            more = self.page.evaluate(f"gauge.collect({self.within}, {turn})")["runs"]
            unseen += self.judged("text", more, self.behind(more)) if more else 0
            covered -= sum(each["letters"] for each in more)
            runs += more
        self.page.evaluate(f"gauge.turn({self.within}, 0)")
        self.runs = len(runs)
        self.letters = sum(each["letters"] for each in runs) - unseen
        aside = sum(read["skipped"].values()) - read["skipped"].get("covered", 0) + covered
        if self.letters + aside < held or self.letters < 40 or (covered + unseen) > 0.02 * held:
            self.note("unseen", f"{self.letters} of {held} letters were seen, {read['skipped']} left out", "page")
        for edge in self.beside.evaluate("([controls, shot]) => gauge.edges(controls, shot)", [controls, picture]):
            self.note("edge", f"reaches {edge['ratio']} of 3", edge["where"])

    def forced(self) -> None:
        """One of each kind of control, as a pointer or a key would have it."""
        root = self.cdp.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
        nodes = self.cdp.send("DOM.querySelectorAll", {"nodeId": root, "selector": "[data-kind]"})["nodeIds"]
        for name, states in {**STATES, "": []}.items():
            for node in nodes:
                self.cdp.send("CSS.forcePseudoState", {"nodeId": node, "forcedPseudoClasses": states})
            if states:
                runs = self.page.evaluate("gauge.states()")
                self.judged(name, runs, self.behind(runs))
                self.seen_states += len(runs)

    def switched_off(self) -> None:
        """Every control disabled."""
        self.page.evaluate("gauge.switchOff(true)")
        runs = [each for each in self.page.evaluate("gauge.states()") if each["disabled"]]
        if runs:
            self.judged("disabled", runs, self.behind(runs))
        self.page.evaluate("gauge.switchOff(false)")
        self.seen_states += len(runs)
