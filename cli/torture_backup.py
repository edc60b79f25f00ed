"""A backup of a site while its members write, and whether the other database gives back the same."""

import time

from sqlalchemy import create_engine, select

from cli.torture_crowd import Crowd
from cli.torture_site import Site
from core import backup
from core import config as environment
from models import Post

WRITES = 20
"""Replies a second while the backup is made."""
WRITERS, MEMBERS = 10, 200
_LARGEST = 50_000


class Unlike(Exception):
    """What came back is not what was saved."""


def carried(site: Site, other: Site, posts: int) -> str:
    """Saves a site under replies, restores it into another one, and compares the two; raises Unlike."""
    crowd = Crowd(site, members=MEMBERS, posts=min(posts, _LARGEST))
    site.start()
    # each waits for his answer besides, a tenth of a second while a backup is made
    crowd.begin(writers=WRITERS, readers=2, every=WRITERS / WRITES - 0.1)
    if not crowd.wait_for(WRITES, 60):
        raise Unlike(f"nobody could write: {dict(crowd.told.writes)}")
    before, began = frozenset(crowd.told.acknowledged), time.monotonic()
    file, again = site.folder / "torture.backup", other.folder / "torture.backup"
    _done(site, "backup", str(file))
    took, during = time.monotonic() - began, len(crowd.told.acknowledged) - len(before)
    told = crowd.end()
    if wrong := crowd.troubles():
        raise Unlike("; ".join(wrong))
    _done(other, "restore", str(file))
    _done(other, "backup", str(again))
    saved, restored = backup.verify(file)["tables"], backup.verify(again)["tables"]
    if unlike := [name for name in saved if saved[name] != restored.get(name)]:
        raise Unlike(f"other contents in {', '.join(unlike)}")
    if missing := before - _replies(other):
        raise Unlike(f"{len(missing)} replies that were acknowledged before are not in it")
    rows = sum(each["rows"] for each in saved.values())
    return (
        f"saved in {took:.1f} s under {during / took:.0f} replies a second (slowest {told.slowest:.2f} s), restored to the other "
        f"database: {rows:,} rows in {len(saved)} tables, all hashes the same"
    )


def _done(site: Site, *words: str) -> None:
    done = site.livery(*words)
    if done.returncode:
        raise Unlike(f"{words[0]} failed: {(done.stderr or done.stdout).strip()[-500:]}")


def _replies(site: Site) -> set[str]:
    """The replies of the crowd that a site has."""
    engine = create_engine(environment.read({**site.environ}).database_url)
    with engine.connect() as connection:
        found = set(connection.scalars(select(Post.source).where(Post.source.like("torture %"))))
    engine.dispose()
    return found
