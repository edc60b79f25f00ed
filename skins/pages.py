"""The kinds of pages that the gate looks at: where they are in a community, and what they are made of."""

import hashlib
import re
from pathlib import Path

from playwright.sync_api import Page

from skins.build import ROOT
from skins.measure import Job
from skins.sheet import topic_path

TEMPLATES = {
    "home": "categories/index.html", "category": "categories/show.html", "topic": "topics/show.html",
    "recent": "lists/show.html", "login": "accounts/login.html", "register": "registration/new.html",
    "users": "users/index.html", "profile": "users/show.html", "tags": "tags/index.html", "skins": "skins/index.html",
    "composer": "posts/new.html", "new topic": "topics/new.html", "password": "accounts/password.html",
    "drafts": "drafts/index.html", "following": "following/index.html", "admin form": "admin/skins/index.html",
    "admin skin": "admin/skins/edit.html", "missing": "errors/error.html", "menu": "categories/index.html",
    "dock": "topics/show.html posts/new.html", "mode": "accounts/login.html", "shift": "topics/show.html",
}  # fmt: skip
"""The templates of each kind. `menu` is the skin menu, opened; `dock` a composer opened over a topic; `mode` and `shift`
are whether a look follows the reader's system, and whether anything moves while a page loads."""
FIXED = {
    "home": "/", "recent": "/recent", "login": "/login", "register": "/register", "users": "/users", "tags": "/tags",
    "skins": "/skins", "password": "/me/password", "drafts": "/drafts", "following": "/me/following",
    "admin form": "/admin/skins", "admin skin": "/admin/skins/new?base=vapor", "missing": "/topic/999999",
    "menu": "/", "mode": "/login",
}  # fmt: skip
"""Where those are that are in the same place in every community."""
WIDTHS = (1280, 390)
_MEASURE = ("skins/measure.js", "skins/measure.py")


def discover(page: Page, address: str) -> dict[str, str]:
    """Where the kinds of pages are in this community."""
    topic = topic_path(page, address)
    page.goto(address + "/")
    category = page.locator(".category-row .row-title a").nth(3).get_attribute("href")
    page.goto(address + topic)
    author = page.locator(".post-author").first.get_attribute("href")
    number = topic.split("/")[2]
    return FIXED | {
        "category": category, "topic": topic, "profile": author, "composer": f"/topic/{number}/reply",
        "new topic": f"/compose?category={category.split('/')[2]}", "dock": topic, "shift": topic,
    }  # fmt: skip


def jobs(paths: dict[str, str]) -> list[Job]:
    """The kinds of pages, wide and narrow; first those that take long."""
    guests = ("home", "category", "recent", "login", "register", "users", "profile", "tags", "skins")
    members = ("new topic", "password", "drafts", "following", "admin form", "admin skin")
    reply = "document.querySelector('.tools a.btn-primary').click()"
    made = []
    for width in WIDTHS:
        made += [
            Job("topic", paths["topic"], width),
            Job("composer", paths["composer"], width, logged_in=True, rails=True),
            *(Job(name, paths[name], width, rails=name == "home") for name in guests),
            *(Job(name, paths[name], width, logged_in=True) for name in members),
            Job("missing", paths["missing"], width, status=404),
            Job("menu", paths["menu"], width, script="document.querySelector('#skin-menu').open = true",
                within="#skin-menu", height=1500),
            Job("dock", paths["dock"], width, True, reply, "#dock"),
            Job("shift", paths["shift"], width),
            Job("shift", paths["home"], width),
        ]  # fmt: skip
    return [*made, Job("mode", paths["mode"], WIDTHS[0])]


def mark(kind: str) -> str:
    """A mark of what a kind of page is made of: its templates, their style sheets, and how it is measured."""
    parts = {f"templates/{name}" for page in TEMPLATES[kind].split() for name in templates(page)}
    texts = {part: (ROOT / part).read_bytes() for part in parts}
    for text in list(texts.values()):
        for name in re.findall(rb"asset\(['\"](css/[\w-]+\.css)['\"]\)", text):
            texts[f"static/{name.decode()}"] = (ROOT / "static" / name.decode()).read_bytes()
    texts |= {part: (ROOT / part).read_bytes() for part in _MEASURE}
    whole = hashlib.sha256()
    for part, text in sorted(texts.items()):
        whole.update(f"{part} {hashlib.sha256(text).hexdigest()}\n".encode())
    return whole.hexdigest()[:8]


def marks() -> dict[str, str]:
    """The marks of all kinds of pages."""
    return {kind: mark(kind) for kind in TEMPLATES}


def templates(page: str) -> set[str]:
    """A page's template, those around every page, and all that they may draw in: whatever templates they name."""
    found: set[str] = set()
    waiting = {page, *_named(ROOT / "web" / "dressing.py"), *_named(ROOT / "web" / "frame.py")}
    while waiting:
        each = waiting.pop()
        found.add(each)
        waiting |= _named(ROOT / "templates" / each) - found
    return found


def _named(file: Path) -> set[str]:
    names = re.findall(r"""["']([\w/.-]+\.html)["']""", file.read_text())
    # Bootstrap-Flask's are not ours to read
    return {name for name in names if (ROOT / "templates" / name).exists()}
