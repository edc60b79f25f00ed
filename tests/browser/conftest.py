"""The browser and its tabs: each test gets tabs of its own, and each tab is checked when the test is over."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.live import ROOT, Person, Site, Tab, Topic

ARTIFACTS = ROOT / "test-artifacts"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
_outcome = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    running = Site(tmp_path_factory.mktemp("site"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Site]:
    """A site that was started over an empty folder, without the demo."""
    running = Site(tmp_path)
    running.env["LIVERY_DEMO"] = "0"
    running.serve()
    yield running
    running.stop()


@pytest.fixture
def me(site: Site) -> Person:
    """Somebody who is nobody else's."""
    return site.person()


@pytest.fixture
def ground(site: Site) -> Topic:
    """A topic that nobody else writes in."""
    return site.ground()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if name and (found := shutil.which(name))), None)
    if path is None:
        pytest.fail("There is no Chromium here (CHROMIUM may name one); bin/chromium installs it.", pytrace=False)
    expect.set_options(timeout=8_000)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=[*ARGUMENTS])
        yield running
        running.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    if report.when == "call":
        item.stash[_outcome] = report.failed
    return report


@pytest.fixture
def browse(site: Site, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Tab]]:
    """Opens tabs: with or without script, wide or narrow, for a guest or a person. Each is checked at the end."""
    tabs: list[Tab] = []

    def make(*, script: bool = True, width: int = 1280, person: Person | None = None, **more: Any) -> Tab:
        height = 800 if width > 600 else 844
        context = browser.new_context(
            viewport={"width": width, "height": height}, java_script_enabled=script, locale="en-GB", **more
        )
        context.set_default_timeout(8_000)
        if person:
            context.add_cookies([site.session_cookie(person)])
        tabs.append(Tab(site, context, script))
        return tabs[-1]

    yield make
    failed = request.node.stash.get(_outcome, True)
    for number, tab in enumerate(tabs):
        if failed:
            ARTIFACTS.mkdir(exist_ok=True)
            name = re.sub(r"[^\w.-]+", "-", request.node.name)[:120]
            tab.page.screenshot(path=ARTIFACTS / f"{name}-{number}.png")
            print(f"tab {number} at {tab.page.url}", *tab.problems, sep="\n  ")
        tab.context.close()
    if not failed:
        for tab in tabs:
            tab.check()
