"""Who is in the site while it is tortured: members who write and send again until they are answered, and readers."""

import http.client
import itertools
import secrets
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlencode

from flask import session as cookie_session
from flask_wtf.csrf import generate_csrf
from sqlalchemy import func, select

from app import create_app
from cli import generate, search_index
from cli.prepare import prepare
from cli.torture_site import Site
from core import clock, settings
from core import config as environment
from core.db import db, session, writing
from core.durable import DurableJob
from core.events import Outbox
from forum import categories, groups, handles, topics, viewers
from forum.slugs import name_key, slugify
from models import Account, Category, Notice, Post, Topic, User
from web.auth import log_in

_FEW = 30  # replies a minute that one member may send: the limit of the site
_SPREAD = 500  # topics of a large site that are written in


@dataclass
class Member:
    """Somebody with a session."""

    cookie: str
    token: str


@dataclass
class Told:
    """What the crowd was told."""

    acknowledged: set[str] = field(default_factory=set)
    unanswered: set[str] = field(default_factory=set)
    writes: Counter[str] = field(default_factory=Counter)
    reads: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0


class Crowd:
    """Members and readers of one site, which may have so many posts before they come."""

    def __init__(self, site: Site, members: int, posts: int = 0) -> None:
        self.site = site
        # only for its database and its secret: limits and jobs are the site's own
        config = environment.read({**site.environ, "REDIS_URL": ""})
        self.app = create_app(config, TESTING=True, RATELIMIT_ENABLED=False)
        with self.app.app_context():
            prepare()
            self.engine = db.engine
            ids, self.topic = _found_community(members)
            self.topics, self.pages = [self.topic], [f"/topic/{self.topic}"]
            if posts:
                generate.generate(max(20, posts // 250), max(1, posts // 20), posts, 1)
                search_index.catch_up()
                self.topics, self.pages = _far_and_wide()
            db.session.remove()
        self.members = [self._session_of(each) for each in ids]
        self._rested = iter(self.members)  # who has not written yet: a member may only send so much in a minute
        self.told = Told()
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def begin(self, *, writers: int, readers: int, every: float = 0.0) -> None:
        """Sends them in: each writer waits `every` seconds after an answer, and is a new member after a few replies."""
        for _ in range(writers):
            self._send_in(self._write, every)
        for number in range(readers):
            first = number * len(self.pages) // readers
            self._send_in(self._read, self.pages[first:] + self.pages[:first], every)

    def end(self) -> Told:
        """Calls them back; what was sent and never answered stays unanswered."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        return self.told

    def reply_once(self, member: Member) -> None:
        """One reply by a member, over a connection of its own."""
        self._reply(_Line(self.site.port), member)

    def reset_passwords(self, people: int) -> list[str]:
        """Gives some members an address and has each be sent the link to a new password; returns the addresses."""
        names = [f"member{number}@example.org" for number in range(people)]
        with self.app.app_context(), writing():
            ids = session().scalars(select(Account.user_id).order_by(Account.user_id).limit(people))
            for user_id, name in zip(ids, names, strict=True):
                account = session().get_one(Account, user_id)
                account.email = account.email_key = name
                account.email_confirmed_at = clock.now()
        line = _Line(self.site.port)
        told = [line.send("POST", "/reset", {"email": name}, Member("", "")) for name in names]
        assert set(told) == {"303"}, told
        return names

    def wait_for(self, replies: int, seconds: float) -> bool:
        """Waits until so many more replies are acknowledged."""
        wanted, end = len(self.told.acknowledged) + replies, time.monotonic() + seconds
        while len(self.told.acknowledged) < wanted:
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return True

    def troubles(self) -> list[str]:
        """Replies that were acknowledged and are not there, or are there twice."""
        with self.app.app_context():
            query = select(Post.source, func.count()).where(Post.source.like("torture %")).group_by(Post.source)
            found = dict(map(tuple, session().execute(query)))
            db.session.remove()
        self.engine.dispose()
        told = self.told
        lost = [body for body in told.acknowledged if body not in found]
        doubled = [body for body, number in found.items() if number > 1]
        strange = set(found) - told.acknowledged - told.unanswered
        return [
            f"{len(bodies)} {word} (first: {min(bodies)})"
            for word, bodies in (("acknowledged and lost", lost), ("doubled", doubled), ("never sent", strange))
            if bodies
        ]

    def waiting(self) -> int:
        """How much is still to be done by jobs for what was written and asked for."""
        return self._count(DurableJob) + self._count(Outbox)

    def noticed(self) -> int:
        """How many notices were told."""
        return self._count(Notice)

    def _count(self, table: type[db.Model]) -> int:
        with self.app.app_context():
            number = session().scalar(select(func.count()).select_from(table)) or 0
            db.session.remove()
        self.engine.dispose()
        return number

    def _session_of(self, user_id: int) -> Member:
        with self.app.test_request_context():
            log_in(user_id, remember=False)
            token = generate_csrf()
            signer = self.app.session_interface.get_signing_serializer(self.app)
            return Member(f"session={signer.dumps(dict(cookie_session))}", token)

    def _send_in(self, task, *about) -> None:
        thread = threading.Thread(target=task, args=about, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _write(self, every: float) -> None:
        line = _Line(self.site.port)
        for member in self._rested:
            for _ in range(_FEW - 2):
                if self._over.is_set():
                    return
                self._reply(line, member)
                self._over.wait(every)
        raise RuntimeError("There are too few members for so many replies.")

    def _reply(self, line: "_Line", member: Member) -> None:
        """Sends one reply, again and again with the same key, until it is acknowledged."""
        body, topic = f"torture {secrets.token_hex(8)}", secrets.choice(self.topics)
        sent = {"body": body, "send_key": secrets.token_urlsafe(12), "csrf_token": member.token}
        with self._lock:
            self.told.unanswered.add(body)
        while not self._over.is_set():
            began = time.monotonic()
            status = line.send("POST", f"/topic/{topic}/posts", sent, member)
            with self._lock:
                self.told.writes[status] += 1
                self.told.slowest = max(self.told.slowest, time.monotonic() - began)
                if status == "303":
                    self.told.acknowledged.add(body)
                    self.told.unanswered.discard(body)
                    return
            self._over.wait(0.1)

    def _read(self, pages: list[str], every: float) -> None:
        """Reads these pages, again and again."""
        line = _Line(self.site.port)
        for number in itertools.cycle(range(len(pages))):
            if self._over.is_set():
                return
            status = line.send("GET", pages[number])
            if status in ("301", "308"):
                pages[number] = line.location
                status = line.send("GET", pages[number])
            with self._lock:
                self.told.reads[status] += 1
            self._over.wait(every or 0.01)


class _Line:
    """A connection that is kept while it lasts."""

    def __init__(self, port: int) -> None:
        self.port, self.location = port, ""
        self.connection: http.client.HTTPConnection | None = None

    def send(self, method: str, path: str, form: dict[str, str] | None = None, by: Member | None = None) -> str:
        """The status of the answer, or the name of the error."""
        headers = {"Origin": f"http://127.0.0.1:{self.port}", "Sec-Fetch-Site": "same-origin"}
        if by:
            headers |= {"Cookie": by.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            self.connection.request(method, path, urlencode(form) if form else None, headers)
            answer = self.connection.getresponse()
            answer.read()
            self.location = answer.headers.get("Location", "")
            return str(answer.status)
        except (OSError, http.client.HTTPException) as error:
            if self.connection is not None:
                self.connection.close()
            self.connection = None
            return type(error).__name__


def _found_community(members: int) -> tuple[list[int], int]:
    with writing():
        settings.put("reading.per_minute", "0")
        settings.put("live.guests_at_once", "0")
        settings.put("pace.newcomer_seconds", "0")
        made = [_a_member(f"Member {number}") for number in range(members)]
        groups.make_administrator(made[0])
        place = categories.create("Torture")
    keeper = viewers.member(made[0])
    with writing():
        topic = topics.create(keeper, categories.get(keeper, place.id), "What will be left", "We shall see.", "")
    return made, topic.id


def _far_and_wide() -> tuple[list[int], list[str]]:
    """Topics old and new to write in, and pages to read: those topics, and the lists that they stand in."""
    newest = session().scalar(select(func.max(Topic.id))) or 1
    spread = [newest - number * newest // _SPREAD for number in range(_SPREAD)]
    open_ = select(Topic.id).where(Topic.id.in_(spread), Topic.locked_at.is_(None), Topic.deleted_at.is_(None))
    topics_ = list(session().scalars(open_))
    lists = ["/", "/recent", "/popular", "/top", "/categories"]
    lists += [f"/category/{each}" for each in session().scalars(select(Category.id).where(Category.topics > 0))]
    pages = [f"/topic/{each}" for each in topics_]
    return topics_, [page for topic in zip(pages, itertools.cycle(lists), strict=False) for page in topic]


def _a_member(name: str) -> int:
    """Somebody without a password, which would take longer to hash than all the rest."""
    about = {"name_key": name_key(name), "slug": slugify(name), "joined_at": clock.now(), "badges": []}
    user = User(name=name, **about)
    session().add(user)
    session().flush()
    handles.claim(name, "user", user.id)
    session().add(Account(user_id=user.id, password_hash="!", preferences={}, created_at=clock.now()))  # noqa: S106
    return user.id
