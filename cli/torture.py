"""`bin/livery torture`: sites of its own, killed, starved and crowded, and whether anything acknowledged was lost."""

import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import click

from cli import torture_backup, torture_faults
from cli.torture_checks import Plan, Trouble, a_postgres, a_site, check, only, still_answered, worker_of
from cli.torture_crowd import Crowd
from cli.torture_site import LeftOut, Site


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


def crowd_sqlite(place: Path, plan: Plan) -> str:
    """Writers and readers, as fast as they can, and nobody may see a locked database."""
    with a_site(place) as site:
        crowd = Crowd(site, members=plan.writers * (5 + int(plan.seconds * 2)), posts=plan.posts)
        site.start()
        crowd.begin(writers=plan.writers, readers=plan.readers)
        time.sleep(plan.seconds)
        told = crowd.end()
        check(site, crowd)
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
    with a_site(place) as site:
        return _killed(site, plan)


def kill_postgres(place: Path, plan: Plan) -> str:
    """The same on PostgreSQL."""
    with a_postgres(place / "pg") as server, a_site(place, DATABASE_URL=server.url) as site:
        return _killed(site, plan)


def backup_sqlite(place: Path, plan: Plan) -> str:
    """A backup under replies, restored to PostgreSQL, is the same."""
    with a_postgres(place / "pg") as server, a_site(place) as site:
        return _carried(site, Site(place / "other", DATABASE_URL=server.url), plan)


def backup_postgres(place: Path, plan: Plan) -> str:
    """A backup under replies, restored to SQLite, is the same."""
    with a_postgres(place / "pg") as server, a_site(place, DATABASE_URL=server.url) as site:
        return _carried(site, Site(place / "other"), plan)


TORTURES: dict[str, Callable[[Path, Plan], str]] = {
    "crowd-sqlite": crowd_sqlite,
    "kill-sqlite": kill_sqlite,
    "kill-postgres": kill_postgres,
    "backup-sqlite": backup_sqlite,
    "backup-postgres": backup_postgres,
    "redis-gone": torture_faults.redis_gone,
    "redis-hanging": torture_faults.redis_hanging,
    "postgres-restarted": torture_faults.postgres_restarted,
    "postgres-slow": torture_faults.postgres_slow,
    "full-disk": torture_faults.full_disk,
    "mail-hanging": torture_faults.mail_hanging,
    "worker-killed": torture_faults.worker_killed,
    "plugin-raising": torture_faults.plugin_raising,
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
    still_answered(crowd, "after the last kill")
    told = crowd.end()
    check(site, crowd)
    only(site, told, {"303", "503"}, {"200", "503"})
    return (
        f"{plan.kills} kills under {len(told.acknowledged)} acknowledged replies: 0 lost, 0 doubled; "
        f"{len(told.unanswered)} never answered; slowest start {max(starts):.1f} s"
    )
