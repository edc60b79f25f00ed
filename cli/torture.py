"""`bin/livery torture`: sites of its own, killed, starved and crowded, and whether anything acknowledged was lost."""

import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import click

from cli import torture_backup
from cli.torture_crowd import Crowd, Told
from cli.torture_site import LeftOut, MailServer, Postgres, Redis, Site


@dataclass(frozen=True)
class Plan:
    """How hard, and how long."""

    kills: int
    seconds: float
    writers: int
    readers: int
    seed: int
    posts: int = 0
    """Of the site that is crowded, before anybody comes."""


def run(names: tuple[str, ...], plan: Plan) -> bool:
    """Does the tortures that are named (all, if none is) and returns whether the site stood all of them."""
    stood = True
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what was started is ended, too
    for name in names or TORTURES:
        with tempfile.TemporaryDirectory(prefix="livery-torture-") as place:
            Path(place).chmod(0o755)  # the user that PostgreSQL runs as passes through
            try:
                click.echo(f"     ok  {name}: {TORTURES[name](Path(place), plan)}")
            except LeftOut as reason:
                click.echo(f"   left  {name}: not done, {reason}")
            except Trouble as trouble:
                stood = False
                click.echo(f" FAILED  {name}: {trouble}")
    return stood


class Trouble(Exception):
    """What the site did not stand."""


def crowd_sqlite(place: Path, plan: Plan) -> str:
    """Writers and readers, as fast as they can, and nobody may see a locked database."""
    with _site(place) as site:
        crowd = Crowd(site, members=plan.writers * (5 + int(plan.seconds * 2)), posts=plan.posts)
        site.start()
        crowd.begin(writers=plan.writers, readers=plan.readers)
        time.sleep(plan.seconds)
        told = crowd.end()
        _check(site, crowd)
        wal = Path(f"{site.folder}/livery.sqlite3-wal")
        size = wal.stat().st_size // 1024 if wal.exists() else 0
    locked = site.log.read_text().count("database is locked")
    if locked or set(told.writes) != {"303"} or set(told.reads) != {"200"}:
        raise Trouble(f"{locked} times locked; writers were told {dict(told.writes)}, readers {dict(told.reads)}")
    return (
        f"{plan.posts:,} posts, {plan.writers} writers and {plan.readers} readers for {plan.seconds:.0f} s: {told.writes['303']} replies, "
        f"{told.reads['200']} pages, no lock seen; slowest write {told.slowest:.2f} s, write-ahead log {size:,} KB"
    )


def kill_sqlite(place: Path, plan: Plan) -> str:
    """kill -9 of server or worker at random moments under replies."""
    with _site(place) as site:
        return _killed(site, plan)


def kill_postgres(place: Path, plan: Plan) -> str:
    """The same on PostgreSQL."""
    with _postgres(place / "pg") as server, _site(place, DATABASE_URL=server.url) as site:
        return _killed(site, plan)


def backup_sqlite(place: Path, plan: Plan) -> str:
    """A backup under replies, restored to PostgreSQL, is the same."""
    with _postgres(place / "pg") as server, _site(place) as site:
        return _carried(site, Site(place / "other", DATABASE_URL=server.url), plan)


def backup_postgres(place: Path, plan: Plan) -> str:
    """A backup under replies, restored to SQLite, is the same."""
    with _postgres(place / "pg") as server, _site(place, DATABASE_URL=server.url) as site:
        return _carried(site, Site(place / "other"), plan)


def redis_gone(place: Path, plan: Plan) -> str:
    """Redis is killed while members write, and comes back: nobody notices."""
    redis = Redis(place)
    redis.start()
    try:
        with _site(place / "site", worker=True, REDIS_URL=redis.url) as site:
            crowd = Crowd(site, members=120)
            site.start()
            if not site.becomes("/readyz", 200):
                raise Trouble("the worker never began")
            crowd.begin(writers=4, readers=4, every=0.1)
            _still_answered(crowd, "with Redis")
            redis.kill()
            _still_answered(crowd, "without Redis")
            redis.start()
            _still_answered(crowd, "with Redis again")
            told = crowd.end()
            if not site.becomes("/readyz", 200, 60):
                raise Trouble("the worker did not come back")
            _check(site, crowd)
    finally:
        redis.kill()
    _only(site, told, {"303"}, {"200"})
    return f"{len(told.acknowledged)} replies and {told.reads['200']} pages before, without and after it; none refused"


def postgres_restarted(place: Path, plan: Plan) -> str:
    """PostgreSQL dies without a word and comes back."""
    with _postgres(place / "pg") as server, _site(place, DATABASE_URL=server.url) as site:
        crowd = Crowd(site, members=120)
        site.start()
        crowd.begin(writers=4, readers=4, every=0.1)
        for _ in range(3):
            _still_answered(crowd, "with PostgreSQL")
            server.stop("immediate")
            if not site.becomes("/readyz", 503):
                raise Trouble("/readyz says ready without a database")
            server.start()
        _still_answered(crowd, "with PostgreSQL again")
        told = crowd.end()
        _check(site, crowd)
    _only(site, told, {"303", "503"}, {"200", "503"})
    return (
        f"3 restarts: {len(told.acknowledged)} replies, none lost or doubled; {told.writes['503']} asked to try again"
    )


def postgres_slow(place: Path, plan: Plan) -> str:
    """PostgreSQL answers nobody for two seconds, again and again."""
    with _postgres(place / "pg") as server, _site(place, DATABASE_URL=server.url) as site:
        crowd = Crowd(site, members=120)
        site.start()
        crowd.begin(writers=3, readers=3, every=0.1)  # fewer than the server has threads: each of them will wait
        for _ in range(3):
            _still_answered(crowd, "with PostgreSQL")
            server.pause(signal.SIGSTOP)
            time.sleep(2)
            alive = site.ask("/healthz")
            server.pause(signal.SIGCONT)
            if alive != 200:
                raise Trouble("the process itself stopped answering")
        _still_answered(crowd, "with PostgreSQL again")
        told = crowd.end()
        _check(site, crowd)
    _only(site, told, {"303"}, {"200"})
    return f"3 pauses of 2 s: {len(told.acknowledged)} replies, none refused; the slowest took {told.slowest:.1f} s"


def full_disk(place: Path, plan: Plan) -> str:
    """The disk is full for a while: reading goes on, writing is refused in clear words, and then taken again."""
    with _small_disk(place / "disk") as disk, _site(disk) as site:
        crowd = Crowd(site, members=120)
        site.start()
        crowd.begin(writers=4, readers=4, every=0.05)
        _still_answered(crowd, "with room")
        with suppress(OSError), (disk / "ballast").open("wb", buffering=0) as ballast:
            while ballast.write(bytes(4096)) == 4096:
                pass
        end = time.monotonic() + 60
        while not crowd.told.writes["507"] and time.monotonic() < end:
            time.sleep(0.1)
        reading = {site.ask(f"/topic/{crowd.topic}"), site.ask("/recent")}
        (disk / "ballast").unlink()
        _still_answered(crowd, "with room again")
        told = crowd.end()
        _check(site, crowd, but="disk space")
    if not told.writes["507"]:
        raise Trouble(f"no writer was told that the disk is full: {dict(told.writes)}")
    if not reading <= {200, 308}:
        raise Trouble(f"readers got {reading} while the disk was full")
    _only(site, told, {"303", "507"}, {"200"})
    return (
        f"{told.writes['507']} writes refused in clear words, {len(told.acknowledged)} taken and kept, no page refused"
    )


def mail_hanging(place: Path, plan: Plan) -> str:
    """The mail server takes calls and says nothing, then comes to itself: nobody waits for it, and no mail is lost."""
    with MailServer() as server, _site(place, LIVERY_MAIL=server.url) as site:
        server.hanging.set()
        crowd = Crowd(site, members=60)
        site.start()
        crowd.begin(writers=2, readers=2, every=0.5)
        _still_answered(crowd, "before there was any mail")
        sent = crowd.reset_passwords(4)
        time.sleep(25)  # longer than anybody waits for a mail server
        if server.taken:
            raise Trouble("a mail server that hangs has taken mail")
        _still_answered(crowd, "while the mail server hangs")
        server.hanging.clear()
        end = time.monotonic() + 180
        while len(server.taken) < len(sent) and time.monotonic() < end:
            time.sleep(0.5)
        told = crowd.end()
        _check(site, crowd)
    _only(site, told, {"303"}, {"200"})
    if sorted(server.taken) != sorted(sent):
        raise Trouble(f"{len(sent)} mails were asked for; these came: {server.taken}")
    return (
        f"{len(told.acknowledged)} replies and {told.reads['200']} pages meanwhile, slowest write {told.slowest:.2f} s; "
        f"all {len(sent)} mails came once it answered, each once"
    )


TORTURES: dict[str, Callable[[Path, Plan], str]] = {
    "crowd-sqlite": crowd_sqlite,
    "kill-sqlite": kill_sqlite,
    "kill-postgres": kill_postgres,
    "backup-sqlite": backup_sqlite,
    "backup-postgres": backup_postgres,
    "redis-gone": redis_gone,
    "postgres-restarted": postgres_restarted,
    "postgres-slow": postgres_slow,
    "full-disk": full_disk,
    "mail-hanging": mail_hanging,
}


def _carried(site: Site, other: Site, plan: Plan) -> str:
    try:
        return torture_backup.carried(site, other, plan.posts)
    except torture_backup.Unlike as unlike:
        raise Trouble(str(unlike)) from unlike


def _killed(site: Site, plan: Plan) -> str:
    dice = random.Random(plan.seed)  # noqa: S311
    crowd = Crowd(site, members=plan.writers * (3 + plan.kills // 2))
    starts = [site.start()]
    crowd.begin(writers=plan.writers, readers=2, every=plan.writers / 20)  # 20 replies a second in all
    for number in range(plan.kills):
        if not crowd.wait_for(dice.randint(1, 12), 60):
            raise Trouble(f"nothing was written for a minute after {number} kills: {dict(crowd.told.writes)}")
        time.sleep(dice.random() * 0.05)
        if dice.random() < 0.3 and (worker := worker_of(site)):
            subprocess.run(["kill", "-9", str(worker)], check=False)  # noqa: S603, S607  (the server makes a new one)
        else:
            site.server.kill()
            starts.append(site.start())
    _still_answered(crowd, "after the last kill")
    told = crowd.end()
    _check(site, crowd)
    _only(site, told, {"303", "503"}, {"200", "503"})
    return (
        f"{plan.kills} kills under {len(told.acknowledged)} acknowledged replies: 0 lost, 0 doubled; "
        f"{len(told.unanswered)} never answered; slowest start {max(starts):.1f} s"
    )


def worker_of(site: Site) -> int:
    """The process that does the server's work."""
    server = site.server.running
    assert server is not None
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children")
    found = [int(word) for word in children.read_text().split()] if children.exists() else []
    return found[-1] if found else 0


def _still_answered(crowd: Crowd, when: str) -> None:
    if not crowd.wait_for(10, 60):
        raise Trouble(f"nobody could write {when}: {dict(crowd.told.writes)}")


def _check(site: Site, crowd: Crowd, but: str = "nothing") -> None:
    wrong = crowd.troubles() + [line for line in site.doctor() if but not in line]
    if wrong:
        raise Trouble("; ".join(wrong))


def _only(site: Site, told: Told, writes: set[str], reads: set[str]) -> None:
    """Nobody was told anything else; lines that broke because their process was killed are no answers."""
    strange = {status: number for status, number in told.writes.items() if status.isdigit() and status not in writes}
    strange |= {status: number for status, number in told.reads.items() if status.isdigit() and status not in reads}
    if strange:
        raise Trouble(f"somebody was told {strange}; the log: {site.errors()}")


@contextmanager
def _site(place: Path, **about: object) -> Iterator[Site]:
    site = Site(place / "data", **about)
    try:
        yield site
    except RuntimeError as error:
        raise Trouble(str(error)) from error
    finally:
        site.stop()


@contextmanager
def _postgres(place: Path) -> Iterator[Postgres]:
    server = Postgres(place)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def _small_disk(place: Path) -> Iterator[Path]:
    """A file system of 32 MB in memory."""
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=32m", "livery-torture", str(place)]
    if not shutil.which("mount") or subprocess.run(command, capture_output=True, check=False).returncode:  # noqa: S603
        raise LeftOut("a small file system cannot be mounted here (it takes root)")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=False)  # noqa: S603, S607
