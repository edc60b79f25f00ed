"""A site with the demo community in it, and a browser that looks at it in any look (`bin/skins check`, `sheet`)."""

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from playwright.sync_api import Browser, BrowserContext, Playwright, sync_playwright

from skins.build import LOOKS, ROOT
from web.auth import GIVEN, OF, PROVEN

_BEGIN = """
    INSERT INTO sessions (user_id, key, epoch, browser, system, network, begun_at, seen_at)
    SELECT user_id, 'stage', session_epoch, 'Chrome', 'Linux', '127.0.0.0/24', at, at
    FROM accounts, (SELECT ?2 AS at) WHERE user_id = ?1
"""
_MOVE_ON = """
    INSERT INTO versions (name, number) VALUES ('viewers', 1) ON CONFLICT (name) DO UPDATE SET number = number + 1
"""
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--force-color-profile=srgb"]


@dataclass(frozen=True)
class Look:
    """A skin in one colour mode."""

    skin: str
    mode: str

    @property
    def name(self) -> str:
        return f"{self.skin}-{self.mode}"


def looks(wanted: list[str]) -> list[Look]:
    """The looks of the named skins (`darkly`) or the named looks (`zephyr-dark`); all 47 when none is named."""
    made = []
    for skin, design in LOOKS.items():
        modes = ["dark"] if "own" in design else ["light", "dark"]
        made += [Look(skin, mode) for mode in modes]
    return [look for look in made if not wanted or look.skin in wanted or look.name in wanted]


@contextmanager
def site() -> Iterator[tuple[str, Path]]:
    """Serves a demo community of its own; gives its address and data folder.

    SKINS_DATA keeps the folder from one run to the next; SKINS_SITE names a site that runs already (with SKINS_DATA).
    """
    if os.environ.get("SKINS_SITE"):
        yield os.environ["SKINS_SITE"], Path(os.environ.get("SKINS_DATA", ""))
        return
    with tempfile.TemporaryDirectory() as spare, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        data = Path(os.environ.get("SKINS_DATA", spare))
        # a community as it comes, whatever is set up on this machine
        set_up = ("LIVERY_", "DATABASE_URL", "REDIS_URL", "SECRET_KEY")
        env = {name: value for name, value in os.environ.items() if not name.startswith(set_up)}
        env |= {"LIVERY_DATA": str(data), "HOST": "127.0.0.1", "PORT": str(port)}
        address = f"http://127.0.0.1:{port}"
        with (data / "server.log").open("wb") as log:
            server = subprocess.Popen(
                [sys.executable, "-m", "cli.main", "serve"],
                cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        try:
            _wait(address, server)
            yield address, data
        finally:
            server.terminate()
            server.wait(15)


def _wait(address: str, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 90
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(address + "/login", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("The site did not start.")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser of the machine (CHROMIUM names it)."""
    with sync_playwright() as playwright:
        running = launched(playwright)
        yield running
        running.close()


def launched(playwright: Playwright) -> Browser:
    """A running browser."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    return playwright.chromium.launch(executable_path=path, args=ARGUMENTS)


def member(context: BrowserContext, address: str, data: Path) -> None:
    """Makes the reader of a window the community's first member, who has just given his password."""
    value = session_of(data, 1)
    context.add_cookies([{"name": "session", "value": value, "url": address, "httpOnly": True}])


def session_of(data: Path, user_id: int) -> str:
    """The value of a session's cookie, as a log-in of this person would just have made it, with its row in the database."""
    connection = sqlite3.connect(data / "livery.sqlite3", timeout=10)
    with connection:
        connection.execute(_BEGIN, (user_id, datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")))
        connection.execute(_MOVE_ON)
        row = connection.execute("SELECT max(id) FROM sessions WHERE user_id = ? AND key = 'stage'", (user_id,))
        mark = f"{row.fetchone()[0]}-stage"
    connection.close()
    now, signer = int(time.time()), Flask(__name__)
    signer.secret_key = (data / "secret_key").read_text().strip()
    serializer = SecureCookieSessionInterface().get_signing_serializer(signer)
    proof = {PROVEN: now, GIVEN: now, OF: mark}
    value: str = serializer.dumps({"_user_id": f"{user_id}.{mark}", "_fresh": True, **proof})
    return value


def dressed(browser: Browser, address: str, look: Look, width: int, **more: object) -> BrowserContext:
    """A window whose reader has chosen this look."""
    context = browser.new_context(
        viewport={"width": width, "height": 800 if width > 600 else 844},
        locale="en-GB",
        reduced_motion="reduce",
        **more,
    )
    context.add_cookies(
        [{"name": "skin", "value": look.skin, "url": address}, {"name": "mode", "value": look.mode, "url": address}]
    )
    return context
