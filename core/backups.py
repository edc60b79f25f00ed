"""Backups by schedule: how often, how many are kept, and the job that makes them."""

import fcntl
import logging
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from core import backup, clock, failures, jobs, metrics, storage
from core.config import ROOT, Config
from core.settings import Int, declare

log = logging.getLogger("livery.backups")

settings = declare(
    "backups",
    every_hours=Int(24, "Hours between backups into the data folder; 0: none", high=24 * 365),
    keep=Int(7, "How many of these backups are kept", low=1, high=1000),
)

_NAME = "backups"


@dataclass(frozen=True, slots=True)
class Made:
    """A backup: its name, its size in bytes, and when it was made, in seconds since 1970."""

    name: str
    size: int
    at: float

    @property
    def moment(self) -> datetime:
        """When it was made."""
        return datetime.fromtimestamp(self.at, UTC)


@dataclass(frozen=True, slots=True)
class Report:
    """What became of the schedule: the backups that are kept, the newest first, and why the last try failed, if it did."""

    kept: Sequence[Made] = ()
    error: str = ""
    failed_at: float = 0.0


_running: "subprocess.Popen[bytes] | None" = None

_config: Config | None = None

metrics.gauge("livery_backup_age_seconds", "How old the newest backup is.", lambda: _age())


def connect(config: Config) -> None:
    """Tells the schedule which site it is for."""
    global _config
    _config = config


def folder(config: Config) -> Path:
    """Where backups lie; made when it is not there, and its age is that of the schedule."""
    place = config.data / "backups"
    place.mkdir(exist_ok=True, mode=0o700)
    return place


def kept(config: Config) -> list[Path]:
    """The backups of the schedule, the oldest first."""
    return sorted(folder(config).glob("livery-*.zip"))


def due(config: Config) -> bool:
    """Whether the schedule asks for a backup now. The first is due so many hours after the site began."""
    hours: int = settings.every_hours
    if not hours:
        return False
    since = max(kept(config), default=folder(config)).stat().st_mtime
    return clock.now().timestamp() - since >= hours * 3600


def report() -> Report:
    """The backups of the schedule, whichever process made them and wherever they lie."""
    assert _config is not None
    told, own = _told(), _kept(_config)
    if own and (not told.kept or own[0].at > told.kept[0].at):
        return Report(own, told.error, told.failed_at)
    return told


def late() -> datetime | None:
    """The moment of the newest backup when the schedule has missed one since; None while all is well.

    With no backup at all it is the moment since which one was to be made.
    """
    hours: int = settings.every_hours
    if not hours or _config is None:
        return None
    made = report().kept
    since = made[0].moment if made else datetime.fromtimestamp(folder(_config).stat().st_mtime, UTC)
    return since if clock.now() - since > timedelta(hours=2 * hours) else None


def make(engine: Engine, config: Config) -> Path | None:
    """Makes a backup by the schedule and drops the oldest of those that are too many; None while another one runs."""
    with (folder(config) / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        path = folder(config) / f"livery-{clock.now():%Y%m%d-%H%M%S}.zip"
        try:
            backup.write(engine, storage.of(config), path)
        except Exception as error:
            _tell(Report(_kept(config), failures.short(error), clock.now().timestamp()))
            raise
        for old in kept(config)[: -settings.keep]:
            old.unlink()
        _tell(Report(_kept(config)))
        return path


def make_due() -> None:
    """Starts a backup when one is due, in a process of its own that gives way to the site's. A recurring job."""
    global _running
    if _running is not None:
        status = _running.poll()
        if status is None:
            return
        _running = None
        if status:
            metrics.count("livery_job_failures", job="backup")
            log.error("The backup failed; `bin/livery backup --scheduled` says why")
    if _config is not None and due(_config):
        command = ["nice", sys.executable, "-m", "cli.main", "backup", "--scheduled"]
        _running = subprocess.Popen(command, cwd=ROOT)  # noqa: S603


def _age() -> float:
    return clock.now().timestamp() - report().kept[0].at


def _kept(config: Config) -> list[Made]:
    """The backups in this process's folder, the newest first."""
    return [Made(path.name, (about := path.stat()).st_size, about.st_mtime) for path in reversed(kept(config))]


def _tell(said: Report) -> None:
    try:
        jobs.tell(_NAME, said)
    except Exception:  # the queue is away: the backup itself is what counts
        log.exception("The queue does not answer, so other processes do not hear of the backup")


def _told() -> Report:
    try:
        return jobs.told(_NAME) or Report()
    except Exception:
        log.exception("The queue does not answer, so nobody knows of backups of other processes")
        return Report()
