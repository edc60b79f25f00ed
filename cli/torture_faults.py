"""The tortures of a part that fails for a while: Redis, PostgreSQL, the disk, the mail server, a worker, a plugin."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cli.torture_checks import Plan, Trouble, a_postgres, a_site, a_small_disk, check, only, still_answered
from cli.torture_crowd import Crowd
from cli.torture_site import MailServer, Redis, Site

_PATIENCE = 6.0
"""Seconds that a reply may take while Redis hangs: a second or two for that, and the rest for a crowd on a small machine."""


def redis_gone(place: Path, plan: Plan) -> str:
    """Redis is killed while members write, and comes back: nobody notices."""
    with _crowded(place) as (redis, site, crowd):
        still_answered(crowd, "with Redis")
        redis.kill()
        still_answered(crowd, "without Redis")
        redis.start()
        still_answered(crowd, "with Redis again")
        told = crowd.end()
        if not site.becomes("/readyz", 200, 60):
            raise Trouble("the worker did not come back")
        check(site, crowd)
    only(site, told, {"303"}, {"200"})
    return f"{len(told.acknowledged)} replies and {told.reads['200']} pages before, without and after it; none refused"


def redis_hanging(place: Path, plan: Plan) -> str:
    """Redis takes calls and says nothing, again and again: nobody is refused, and nobody waits for it long."""
    with _crowded(place) as (redis, site, crowd):
        for _ in range(2):
            still_answered(crowd, "with Redis")
            redis.pause(signal.SIGSTOP)
            time.sleep(12)
            still_answered(crowd, "while Redis hangs")
            redis.pause(signal.SIGCONT)
        still_answered(crowd, "with Redis again")
        told = crowd.end()
        if not site.becomes("/readyz", 200, 60):
            raise Trouble("the worker did not come back")
        check(site, crowd)
    only(site, told, {"303"}, {"200"})
    if told.slowest > _PATIENCE:
        raise Trouble(f"somebody waited {told.slowest:.1f} s for a reply, more than {_PATIENCE} s")
    return (
        f"2 pauses of 12 s: {len(told.acknowledged)} replies and {told.reads['200']} pages, none refused; "
        f"the slowest reply took {told.slowest:.1f} s"
    )


def postgres_restarted(place: Path, plan: Plan) -> str:
    """PostgreSQL dies without a word and comes back."""
    with a_postgres(place / "pg") as server, a_site(place, DATABASE_URL=server.url) as site:
        crowd = Crowd(site, members=120)
        site.start()
        crowd.begin(writers=4, readers=4, every=0.1)
        for _ in range(3):
            still_answered(crowd, "with PostgreSQL")
            server.stop("immediate")
            if not site.becomes("/readyz", 503):
                raise Trouble("/readyz says ready without a database")
            server.start()
        still_answered(crowd, "with PostgreSQL again")
        told = crowd.end()
        check(site, crowd)
    only(site, told, {"303", "503"}, {"200", "503"})
    return (
        f"3 restarts: {len(told.acknowledged)} replies, none lost or doubled; {told.writes['503']} asked to try again"
    )


def postgres_slow(place: Path, plan: Plan) -> str:
    """PostgreSQL answers nobody for two seconds, again and again."""
    with a_postgres(place / "pg") as server, a_site(place, DATABASE_URL=server.url) as site:
        crowd = Crowd(site, members=120)
        site.start()
        crowd.begin(writers=3, readers=3, every=0.1)  # fewer than the server has threads: each of them will wait
        for _ in range(3):
            still_answered(crowd, "with PostgreSQL")
            server.pause(signal.SIGSTOP)
            time.sleep(2)
            alive = site.ask("/healthz")
            server.pause(signal.SIGCONT)
            if alive != 200:
                raise Trouble("the process itself stopped answering")
        still_answered(crowd, "with PostgreSQL again")
        told = crowd.end()
        check(site, crowd)
    only(site, told, {"303"}, {"200"})
    return f"3 pauses of 2 s: {len(told.acknowledged)} replies, none refused; the slowest took {told.slowest:.1f} s"


def full_disk(place: Path, plan: Plan) -> str:
    """The disk is full for a while: reading goes on, writing is refused in clear words, and then taken again."""
    with a_small_disk(place / "disk") as disk, a_site(disk) as site:
        crowd = Crowd(site, members=120)
        site.start()
        crowd.begin(writers=4, readers=4, every=0.05)
        still_answered(crowd, "with room")
        with suppress(OSError), (disk / "ballast").open("wb", buffering=0) as ballast:
            while ballast.write(bytes(4096)) == 4096:
                pass
        end = time.monotonic() + 60
        while not crowd.told.writes["507"] and time.monotonic() < end:
            time.sleep(0.1)
        reading = {site.ask(f"/topic/{crowd.topic}"), site.ask("/recent")}
        (disk / "ballast").unlink()
        still_answered(crowd, "with room again")
        told = crowd.end()
        check(site, crowd, but="disk space")
    if not told.writes["507"]:
        raise Trouble(f"no writer was told that the disk is full: {dict(told.writes)}")
    if not reading <= {200, 308}:
        raise Trouble(f"readers got {reading} while the disk was full")
    only(site, told, {"303", "507"}, {"200"})
    return (
        f"{told.writes['507']} writes refused in clear words, {len(told.acknowledged)} taken and kept, no page refused"
    )


def mail_hanging(place: Path, plan: Plan) -> str:
    """The mail server takes calls and says nothing, then comes to itself: nobody waits for it, and no mail is lost."""
    with MailServer() as server, a_site(place, LIVERY_MAIL=server.url) as site:
        server.hanging.set()
        crowd = Crowd(site, members=60)
        site.start()
        crowd.begin(writers=2, readers=2, every=0.5)
        still_answered(crowd, "before there was any mail")
        sent = crowd.reset_passwords(4)
        time.sleep(25)  # longer than anybody waits for a mail server
        if server.taken:
            raise Trouble("a mail server that hangs has taken mail")
        still_answered(crowd, "while the mail server hangs")
        server.hanging.clear()
        _wait(lambda: len(server.taken) >= len(sent), 180)
        told = crowd.end()
        check(site, crowd)
    only(site, told, {"303"}, {"200"})
    if sorted(server.taken) != sorted(sent):
        raise Trouble(f"{len(sent)} mails were asked for; these came: {server.taken}")
    return (
        f"{len(told.acknowledged)} replies and {told.reads['200']} pages meanwhile, slowest write {told.slowest:.2f} s; "
        f"all {len(sent)} mails came once it answered, each once"
    )


def worker_killed(place: Path, plan: Plan) -> str:
    """kill -9 of the worker while it has mails and events in hand: what it was to do is done by the next."""
    with MailServer() as server, _crowded(place, LIVERY_MAIL=server.url) as (redis, site, crowd):
        server.hanging.set()  # so that the worker has a mail in hand whenever it is killed
        sent = crowd.reset_passwords(4)
        for _ in range(max(2, plan.kills // 10)):
            site.kill_worker()
            still_answered(crowd, "without a worker")
            site.start_worker()
            still_answered(crowd, "with a new worker")
        redis.kill()  # and its memory with it
        redis.start()
        server.hanging.clear()
        told = crowd.end()
        late = _wait(lambda: len(server.taken) >= len(sent) and not crowd.waiting(), 600)
        check(site, crowd)
    only(site, told, {"303"}, {"200"})
    if late or set(server.taken) != set(sent):
        raise Trouble(f"{len(sent)} mails were asked for, these came: {server.taken}; to be done: {crowd.waiting()}")
    return (
        f"{len(told.acknowledged)} replies and {told.reads['200']} pages meanwhile; all {len(sent)} mails came, "
        f"{len(server.taken)} in all, and nothing is left to be done"
    )


def plugin_raising(place: Path, plan: Plan) -> str:
    """A plugin raises wherever it is called, and brings jobs that always fail: nobody else is held up."""
    with (
        MailServer() as server,
        a_site(place, LIVERY_MAIL=server.url, LIVERY_PLUGINS="cli.torture_plugin,cli.no_such_plugin") as site,
    ):
        crowd = Crowd(site, members=60)
        site.start()
        crowd.begin(writers=3, readers=3, every=0.2)
        still_answered(crowd, "beside a plugin that raises")
        sent = crowd.reset_passwords(4)
        late = _wait(lambda: len(server.taken) >= len(sent), 60)
        still_answered(crowd, "beside jobs that fail")
        told = crowd.end()
        ready = site.ask("/readyz")
        check(site, crowd, but="cli.no_such_plugin")
        raised = {
            where: site.log.read_text().count(f"Spite: {where}") for where in ("at once", "the job", "every second")
        }
    only(site, told, {"303"}, {"200"})
    if late or ready != 200 or not all(raised.values()) or not crowd.noticed():
        raise Trouble(f"mails {server.taken}, ready {ready}, raised {raised}, {crowd.noticed()} notices")
    return (
        f"raised {sum(raised.values())} times; {len(told.acknowledged)} replies, {told.reads['200']} pages, "
        f"all {len(sent)} mails meanwhile; notices told: {crowd.noticed()}"
    )


def _wait(until: Callable[[], bool], seconds: float) -> bool:
    """Waits until something holds; whether it was in vain."""
    end = time.monotonic() + seconds
    while not until() and time.monotonic() < end:
        time.sleep(0.5)
    return not until()


@contextmanager
def _crowded(place: Path, **environ: str) -> Iterator[tuple[Redis, Site, Crowd]]:
    """A site with a Redis and a worker of its own, in which members write and read."""
    redis = Redis(place)
    redis.start()
    try:
        with a_site(place / "site", worker=True, REDIS_URL=redis.url, **environ) as site:
            crowd = Crowd(site, members=120)
            site.start()
            if not site.becomes("/readyz", 200):
                raise Trouble("the worker never began")
            crowd.begin(writers=4, readers=4, every=0.1)
            yield redis, site, crowd
    finally:
        redis.kill()
