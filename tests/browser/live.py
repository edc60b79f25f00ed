"""The site as it is served, its people and topics, and a tab that notes everything its page does."""

import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request, expect

from skins.stage import session_of

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "seven lanterns over the quiet harbour"
LONG_TOPIC = "Small things you learned this year"

# Each test gets its own people and its own topics, so that neither limits nor other tests stand in its way.
_FURNISH = """
import json
from app import create_app
from core import settings
from core.db import session, writing
from forum import accounts, categories, posts, topics, viewers
from models import Topic
from sqlalchemy import select

PASSWORD = {password!r}
kept = accounts.hashed(PASSWORD)
accounts.hashed = lambda password: kept if password == PASSWORD else 1 / 0
with create_app().app_context(), writing():
    settings.put("pace.newcomer_seconds", "0")  # a script writes faster than a person
    people = [accounts.create(f"Reader {{number:02}}", "", PASSWORD) for number in range(1, 201)]
    writers = [viewers.member(person.id) for person in people[:2]]
    place = next(each for each in categories.forest().by_id.values() if each.name == "Questions and feedback")
    def ground(title, more):
        opening = ("The first post of this ground.", "practice")
        begun = topics.create(writers[0], place, title, *opening)
        topic = topics.get(writers[0], begun.id)
        second = posts.reply(writers[1], topic, "The second post has some words that can be quoted.")
        posts.reply(writers[0], topic, "The third post answers the second.", reply_to_id=second.id)
        for number in range(4, more + 4):
            posts.reply(writers[number % 2], topic, f"This is number {{number}}.")
        return [topic.id, topic.path, topic.title]
    made = [ground(f"Practice ground {{number:02}}", 0) for number in range(1, 121)]
    hall = ground("Practice hall", 27)
    long = session().execute(select(Topic.id, Topic.slug, Topic.title).where(Topic.title == {long!r})).one()
    print(json.dumps({{
        "people": [[person.id, person.name, person.slug] for person in people[2:]],
        "grounds": made,
        "hall": hall,
        "long": [long.id, f"/topic/{{long.id}}/{{long.slug}}", long.title],
        "categories": {{each.name: each.path for each in categories.forest().by_id.values()}},
    }}))
"""


@dataclass(frozen=True)
class Person:
    """Somebody who can log in with PASSWORD."""

    id: int
    name: str
    slug: str


@dataclass(frozen=True)
class Topic:
    """A topic to read or to write in."""

    id: int
    path: str
    title: str


class Site:
    """The production server over a fresh data folder with the demo community in it."""

    def __init__(self, data: Path) -> None:
        self.data = data
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LIVERY_", "PYTEST_"))}
        for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY"):
            kept.pop(name, None)
        self.env = {**kept, "LIVERY_DATA": str(data), "HOST": "127.0.0.1", "PORT": str(port)}
        self.log = data / "server.log"

    def start(self) -> None:
        """Starts the server and puts people and topics into it."""
        self.serve()
        self._furnish()

    def serve(self) -> None:
        """Starts the server and waits until it answers."""
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "cli.main", "serve"]
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        end = time.monotonic() + 60
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > end:
                self.stop()
                pytest.fail(f"The server did not start:\n{self.log.read_text()}", pytrace=False)
            time.sleep(0.1)

    def kill(self) -> None:
        """Ends the server without a warning, as a power cut would."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """Ends the server."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def person(self) -> Person:
        """Somebody whom no other test knows."""
        return self._people.pop(0)

    def ground(self) -> Topic:
        """A topic of three posts that no other test writes in."""
        return self._grounds.pop(0)

    def pages(self, *, member: bool) -> list[str]:
        """An address of every type of page, as a guest or as a member meets it."""
        long, first = self.long.path, self._sql("SELECT min(id) FROM posts WHERE topic_id = ?", self.long.id)[0][0]
        guest = ["/login", "/register"]
        own = [
            f"/topic/{self.long.id}/reply",
            f"/compose?category={self._category(long)}",
            "/me/settings",
            "/me/sessions",
            "/me/leave",
            "/me/password",
        ]
        return [
            "/",
            *(self.categories[name] for name in ("General", "The workshop", "AI Insights", "Announcements")),
            self.categories["Off the clock"] + "?sort=most_votes&tag=long-thread",
            *(long, long + "?page=6&sort=most_votes", long + "/60", self.demo("What Markdown can do")),
            *(
                self.demo("Twenty-six skins"),
                self.demo("House rules"),
                f"/post/{first}/replies",
                f"/post/{first}/voters",
            ),
            *("/recent", "/popular?term=alltime", "/top?term=alltime", f"/recent?cid={self._category(long)}"),
            *("/tags", "/tags/practice", "/tags?q=nothing-like-this", "/users", "/users?sort=online&q=zzz"),
            *("/user/reader-01", "/user/reader-01/topics", "/nothing-here", "/recent?term=never"),
            *(own if member else guest),
        ]

    def demo(self, beginning: str) -> str:
        """The address of a topic of the demo community."""
        found = self._sql("SELECT id, slug FROM topics WHERE title LIKE ?", beginning + "%")
        return f"/topic/{found[0][0]}/{found[0][1]}"

    def _category(self, path: str) -> int:
        return self._sql("SELECT category_id FROM topics WHERE id = ?", int(path.split("/")[2]))[0][0]

    def session_cookie(self, person: Person) -> dict[str, Any]:
        """What the browser holds after this person has logged in."""
        return {
            "name": "session",
            "value": session_of(self.data, person.id),
            "url": self.url,
            "httpOnly": True,
            "sameSite": "Lax",
        }

    def set(self, name: str, value: str) -> None:
        """Changes a setting, as an operator would."""
        command = [sys.executable, "-m", "cli.main", "settings", "set", name, value]
        subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, check=True)

    def lock(self, topic: Topic) -> None:
        """Locks a topic behind everybody's back, as a moderator elsewhere would."""
        now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        self._sql("UPDATE topics SET locked_at = ? WHERE id = ?", now, topic.id)
        self._sql("UPDATE versions SET number = number + 1")  # as every write of the site itself moves them on

    @contextmanager
    def troubled(self) -> Iterator[None]:
        """Takes something from the database that no page can be made without, and puts it back."""
        self._sql("ALTER TABLE versions RENAME TO versions_away")
        try:
            yield
        finally:
            self._sql("ALTER TABLE versions_away RENAME TO versions")

    def moderator(self) -> Person:
        """Somebody whom no other test knows, and who moderates everywhere."""
        return self._member_of("moderators")

    def administrator(self) -> Person:
        """Somebody whom no other test knows, and who may do everything."""
        return self._member_of("administrators")

    def _member_of(self, slug: str) -> Person:
        person, group = self.person(), self._sql("SELECT id FROM groups WHERE slug = ?", slug)[0][0]
        self._sql("INSERT INTO memberships (group_id, user_id, owner) VALUES (?, ?, 0)", group, person.id)
        return person

    def drafts_of(self, person: Person) -> list[str]:
        """What the server holds of somebody's unsent texts, the newest last."""
        found = self._sql("SELECT body FROM drafts WHERE user_id = ? AND sent_at IS NULL ORDER BY saved_at", person.id)
        return [row[0] for row in found]

    def posts_of(self, topic: Topic) -> int:
        """How many posts the database holds for a topic."""
        return self._sql("SELECT count(*) FROM posts WHERE topic_id = ?", topic.id)[0][0]

    def _sql(self, statement: str, *values: Any) -> list[Any]:
        connection = sqlite3.connect(self.data / "livery.sqlite3", timeout=10)
        try:
            found = connection.execute(statement, values).fetchall()
            connection.commit()
        finally:
            connection.close()
        return found

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.url + "/login", timeout=5) as answer:
                return answer.status == 200
        except OSError:
            return False

    def _furnish(self) -> None:
        code = _FURNISH.format(password=PASSWORD, long=LONG_TOPIC)
        made = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=self.env, capture_output=True, text=True, check=False
        )
        if made.returncode:
            self.stop()
            pytest.fail(f"The site could not be furnished:\n{made.stderr}", pytrace=False)
        found = json.loads(made.stdout.strip().splitlines()[-1])
        self._people = [Person(*each) for each in found["people"]]
        self._grounds = [Topic(*each) for each in found["grounds"]]
        self.long = Topic(*found["long"])
        self.hall = Topic(*found["hall"])
        self.categories: dict[str, str] = found["categories"]


class Tab:
    """A page, and everything it did that a reader or an operator would not want."""

    def __init__(self, site: Site, context: BrowserContext, script: bool) -> None:
        self.site, self.context, self.script = site, context, script
        self.problems: list[str] = []
        self.allowed: set[int] = set()
        """Statuses of refused requests that the test provokes: the browser notes each in its console."""
        self.requests: list[Request] = []
        self.documents: list[str] = []
        """The documents that the main frame went to, redirects left out."""
        context.add_init_script(
            "document.addEventListener('securitypolicyviolation', (event) =>"
            " console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`))"
        )
        self.page: Page = context.new_page()
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.problems.append(f"script error: {error}"))
        self.page.on("request", self._on_request)
        self.page.on("crash", lambda _: self.problems.append("the page crashed"))

    def go(self, path: str) -> None:
        """Opens an address of the site, as typed into the bar."""
        self.page.goto(self.site.url + path)

    def at(self, path: str) -> None:
        """Waits until the bar shows this path; what follows a ? may be anything."""
        expect(self.page).to_have_url(re.compile(re.escape(self.site.url + path) + r"(\?[^#]*)?(#.*)?$"))

    @property
    def path(self) -> str:
        """The path and query in the bar."""
        parts = urlsplit(self.page.url)
        return parts.path + ("?" + parts.query if parts.query else "")

    @property
    def born(self) -> float:
        """When the document was made: the same as long as no other took its place."""
        return self.page.evaluate("performance.timeOrigin")

    def sent(self, method: str, path: str) -> list[Request]:
        """The requests to a path, whatever their query."""
        return [each for each in self.requests if each.method == method and urlsplit(each.url).path == path]

    def until(self, done: str | Callable[[], Any], step: Callable[[], Any] = lambda: None) -> None:
        """Waits until something is true: an expression in the page, or a function of the test; between two tries `step`.

        (The browser's own waiting for an expression would need eval, which the policy forbids.)
        """
        end = time.monotonic() + 15
        while not (self.page.evaluate(done) if isinstance(done, str) else done()):
            assert time.monotonic() < end, f"waited in vain for {done}"
            step()
            self.page.wait_for_timeout(20)

    def widest(self) -> int:
        """By how many pixels the page could be scrolled sideways."""
        return self.page.evaluate("document.scrollingElement.scrollWidth - innerWidth")

    def check(self) -> None:
        """Fails when the page had errors, broke the policy or asked another site for something."""
        strange = [each.url for each in self.requests if not each.url.startswith((self.site.url + "/", "data:"))]
        assert not strange, f"requests left the site: {strange}"
        assert not self.problems, "\n".join(dict.fromkeys(self.problems))

    def _on_console(self, message: ConsoleMessage) -> None:
        refused = re.search(r"responded with a status of (\d+)", message.text)
        if refused and int(refused[1]) in self.allowed:
            return
        if message.type in ("error", "warning"):
            self.problems.append(f"console {message.type}: {message.text}")

    def _on_request(self, request: Request) -> None:
        self.requests.append(request)
        if request.is_navigation_request() and request.frame == self.page.main_frame and not request.redirected_from:
            self.documents.append(request.url)


def open_composer(tab: Tab, topic: Topic) -> Locator:
    """Opens the composer in the dock of a topic and gives its text."""
    tab.go(topic.path)
    tab.page.locator(".tools").get_by_role("link", name="Reply", exact=True).click()
    text = tab.page.locator("#dock").get_by_label("Text")
    expect(text).to_be_focused()
    return text
