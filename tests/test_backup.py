"""Backups: a live community in one file, back again on either database, by schedule, before upgrades and for moves."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, inspect, text
from sqlalchemy.exc import IntegrityError

from cli.torture_site import Site
from core import backup, backups, clock, config, db, frozen, jobs, migrate, move, restore, settings, tables, upgrade
from core.config import ROOT
from core.db import prepare_engine, writing
from core.storage import Folder
from tests import databases
from tests.databases import contents
from tests.factories import a_category, a_post, a_topic, a_user, a_vote, an_own_skin, first_post, inside, many_posts
from tests.test_cli import PASSWORD, livery
from tests.visitor import Visitor, path_of

SERVER = os.environ.get("LIVERY_TEST_DATABASE", "")
ON = ["sqlite", pytest.param("postgresql", marks=pytest.mark.skipif(not SERVER, reason="needs LIVERY_TEST_DATABASE"))]


@pytest.fixture
def live(app) -> Engine:
    """The database of the application, with a community in it."""
    ann, place = a_user("Ännchen", email="ann@example.org"), a_category("Werkstatt", parent_id=a_category().id)
    topic = a_topic(by=ann, in_=place, title="Which glue? 🪵", tags="glue, wood")
    a_vote(a_post(in_=topic, to=first_post(topic)))
    many_posts(topic, 40)
    an_own_skin()
    with inside():
        return db.db.engine


@pytest.fixture
def empty(tmp_path) -> Iterator[Callable[[str], Engine]]:
    """Makes empty databases of a kind."""
    made = []

    def make(kind: str) -> Engine:
        folder = tmp_path / f"target{len(made)}"
        folder.mkdir()
        place = databases.make(SERVER if kind == "postgresql" else "", folder, f"backup{len(made)}")
        url = config.read({"LIVERY_DATA": str(folder), "DATABASE_URL": place.url, "SECRET_KEY": "x"}).database_url
        engine = create_engine(url)
        prepare_engine(engine)
        made.append((place, engine))
        return engine

    yield make
    for place, engine in made:
        engine.dispose()
        place.drop()


@pytest.fixture
def file(live, tmp_path) -> Path:
    """A backup of the community."""
    uploads = tmp_path / "uploads"
    (uploads / "2026" / "11").mkdir(parents=True)
    (uploads / "2026" / "11" / "cat.png").write_bytes(bytes(range(256)) * 9)
    (uploads / "empty").write_bytes(b"")
    backup.write(live, Folder(uploads), tmp_path / "site.zip")
    return tmp_path / "site.zip"


def same(one: Engine, other: Engine) -> bool:
    """Whether two databases hold the same, apart from what the search has still to take in."""
    held = [contents(engine) for engine in (one, other)]
    for each in held:
        each.pop("search_queue", None)
    return held[0] == held[1]


# --- there and back ---


@pytest.mark.parametrize("kind", ON)
def test_a_restored_community_is_the_same_on_either_database(live, file, empty, tmp_path, kind):
    target = empty(kind)
    restore.restore(file, target, Folder(tmp_path / "new" / "uploads"))
    assert same(live, target)
    assert migrate.current(target) == migrate.head()
    found = {path.name: path.read_bytes() for path in (tmp_path / "new" / "uploads").rglob("*") if path.is_file()}
    assert found == {"cat.png": bytes(range(256)) * 9, "empty": b""}


@pytest.mark.parametrize("kind", ON)
def test_a_restored_community_goes_on(live, file, empty, tmp_path, kind):
    target = empty(kind)
    restore.restore(file, target, Folder(tmp_path / "new"))
    with target.begin() as connection:
        last = connection.scalar(text("select max(id) from tags"))
        connection.execute(text("insert into tags (name, topics) values ('new', 0)"))
        assert connection.scalar(text("select max(id) from tags")) == last + 1
    # and its keys are watched again
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"), target.begin() as connection:
        connection.execute(text("insert into memberships (group_id, user_id) values (1, 999999)"))


@pytest.mark.parametrize("kind", ON)
def test_a_backup_of_a_restored_community_has_the_same_hashes(live, file, empty, tmp_path, kind):
    target = empty(kind)
    first = restore.restore(file, target, Folder(tmp_path / "new"))
    again = backup.write(target, Folder(tmp_path / "new"), tmp_path / "again.zip")
    assert again["tables"] == first["tables"]
    assert again["uploads"] == first["uploads"]


@pytest.mark.parametrize("kind", ON)
def test_a_community_is_replaced_only_when_that_is_asked_for(live, file, empty, tmp_path, kind):
    target = empty(kind)
    restore.restore(file, target, Folder(tmp_path / "new"))
    before = contents(target)
    with pytest.raises(restore.NotEmpty):
        restore.restore(file, target, Folder(tmp_path / "new"))
    assert contents(target) == before
    with target.begin() as connection:
        connection.execute(text("update posts set source = 'changed'"))
    (tmp_path / "new" / "late.png").write_bytes(b"x")
    restore.restore(file, target, Folder(tmp_path / "new"), replace=True)
    assert same(live, target)
    assert not (tmp_path / "new" / "late.png").exists()


@pytest.mark.parametrize("kind", ON)
def test_a_restore_that_fails_leaves_everything_as_it_was(live, file, empty, tmp_path, kind, monkeypatch):
    target = empty(kind)
    restore.restore(file, target, Folder(tmp_path / "new"))
    before = contents(target)
    monkeypatch.setattr(tables, "fill", lambda connection, table, columns, of: None)
    with pytest.raises(restore.Differs, match="rows, not the"):
        restore.restore(file, target, Folder(tmp_path / "new"), replace=True)
    assert contents(target) == before
    assert (tmp_path / "new" / "empty").exists()


def test_a_backup_holds_one_moment_while_others_write(app, live, tmp_path):
    topic, ann = a_topic(), Visitor(app, a_user("Writer"))
    begun, over = threading.Event(), threading.Event()

    def write() -> None:
        while not over.is_set():
            assert ann.post(f"/topic/{topic.id}/posts", {"body": "One more."}).status == 303
            begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert begun.wait(20)
        manifest = backup.write(live, Folder(tmp_path / "none"), tmp_path / "live.zip")
    finally:
        over.set()
        writer.join()
    assert manifest["tables"]["posts"]["rows"] > 42
    rows = {name: rows_of(tmp_path / "live.zip", name) for name in ("posts", "topics")}
    counted = sum(row["topic_id"] == topic.id for row in rows["posts"])
    assert [row["posts"] for row in rows["topics"] if row["id"] == topic.id] == [counted]


def rows_of(path: Path, table: str) -> list[dict]:
    """The rows of a table of a backup."""
    with zipfile.ZipFile(path) as archive:
        names = json.loads(archive.read("manifest.json"))["tables"][table]["columns"]
        return [dict(zip(names, json.loads(line), strict=True)) for line in archive.open(f"tables/{table}.jsonl")]


@pytest.mark.parametrize("kind", ON)
def test_a_backup_of_an_older_version_is_brought_to_the_newest(empty, tmp_path, kind):
    old, new = empty(kind), empty(kind)
    with old.begin() as connection:
        migrate.to(connection, "0001")
        connection.execute(text("insert into tags (name, topics) values ('glue', 3)"))
    backup.write(old, Folder(tmp_path / "none"), tmp_path / "old.zip")
    restore.restore(tmp_path / "old.zip", new, Folder(tmp_path / "none"))
    assert migrate.current(new) == migrate.head()
    with new.connect() as connection:
        assert connection.execute(text("select name, topics from tags")).all() == [("glue", 3)]


def test_a_backup_of_a_newer_version_is_refused(file, empty, tmp_path, monkeypatch):
    monkeypatch.setattr(migrate, "head", lambda: "0001")
    with pytest.raises(backup.Broken, match="newer Livery"):
        restore.restore(file, empty("sqlite"), Folder(tmp_path / "new"))


def test_a_restore_that_was_killed_between_database_and_uploads_is_ended_by_the_next_start(village, file, tmp_path):
    folder = Path(shutil.copytree(village, tmp_path / "data"))
    for name in (".uploads-decided", ".uploads-not", ".restoring-x"):
        (folder / name / "new").mkdir(parents=True)
    (folder / ".uploads-decided" / "new" / "cat.png").write_bytes(b"new")
    (folder / ".uploads-decided" / "old").mkdir()
    (folder / ".uploads-decided" / "decided").touch()
    (folder / ".uploads-not" / "new" / "dog.png").write_bytes(b"other")
    assert livery(folder, "settings", "list").returncode == 0
    assert [path.name for path in (folder / "uploads").iterdir()] == ["cat.png"]
    assert not [path.name for path in folder.iterdir() if path.name.startswith((".uploads", ".restoring"))]


# --- verifying ---


def test_only_its_owner_may_read_a_backup(file):
    assert file.stat().st_mode & 0o777 == 0o600


def test_any_changed_byte_is_found(file, tmp_path):
    whole = file.read_bytes()
    backup.verify(file)
    with zipfile.ZipFile(file) as archive:
        places = [beginning_of(info, whole) + info.compress_size // 2 for info in archive.infolist() if info.file_size]
    assert len(places) > 10
    between = range(0, len(whole), len(whole) // 150)  # headers, the directory, its end: what holds the parts together
    for place in [*places, *between, *range(len(whole) - 170, len(whole), 3)]:
        damaged = bytearray(whole)
        damaged[place] ^= 1
        (tmp_path / "damaged.zip").write_bytes(damaged)
        with pytest.raises(backup.Broken):
            backup.verify(tmp_path / "damaged.zip")
    for size in (0, 10, len(whole) // 2, len(whole) - 1):
        (tmp_path / "short.zip").write_bytes(whole[:size])
        with pytest.raises(backup.Broken):
            backup.verify(tmp_path / "short.zip")


def beginning_of(info: zipfile.ZipInfo, whole: bytes) -> int:
    """Where the content of a member begins: behind its header, its name and what the format adds."""
    lengths = whole[info.header_offset + 26 : info.header_offset + 30]
    return info.header_offset + 30 + int.from_bytes(lengths[:2], "little") + int.from_bytes(lengths[2:], "little")


def rewritten(file: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The backup with other members, and a manifest that claims that all is well."""
    with zipfile.ZipFile(file) as archive:
        members, comment = {name: archive.read(name) for name in archive.namelist()}, archive.comment
    change(members)
    path = file.with_name("forged.zip")
    with zipfile.ZipFile(path, "w") as made:
        for name, held in members.items():
            made.writestr(name, held)
        made.comment = comment
    return path


def test_rows_that_are_added_or_missing_are_found(file):
    for change in (
        lambda members: members.update({"tables/users.jsonl": members["tables/users.jsonl"] * 2}),
        lambda members: members.pop("tables/users.jsonl"),
        lambda members: members.update({"uploads/more": b"x"}),
        lambda members: members.update({"manifest.json": members["manifest.json"].replace(b"cat", b"dog")}),
    ):
        with pytest.raises(backup.Broken):
            backup.verify(rewritten(file, change))


def test_a_file_outside_of_the_uploads_is_refused(file, tmp_path):
    with zipfile.ZipFile(file) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    manifest["uploads"]["../../evil"] = {"bytes": 1, "sha256": ""}
    made = json.dumps(manifest).encode()
    path = rewritten(file, lambda members: members.update({"manifest.json": made}))
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"livery " + backup.hashlib.sha256(made).hexdigest().encode()
    with pytest.raises(backup.Broken, match="outside of the uploads"):
        backup.verify(path)


def test_a_backup_of_an_earlier_version_which_ends_without_a_hash_is_read(file):
    def unsealed(members: dict[str, bytes]) -> None:
        manifest = json.loads(members["manifest.json"])
        members["manifest.json"] = json.dumps({**manifest, "sealed": False}).encode()

    path = rewritten(file, unsealed)
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"livery " + backup.hashlib.sha256(archive.read("manifest.json")).hexdigest().encode()
    assert backup.verify(path)["revision"] == migrate.head()


@pytest.mark.parametrize(
    ("revision", "command", "why"),
    [
        ("0041x", "verify", "none of Livery's"),
        ("0041x", "restore", "none of Livery's"),
        ("0000", "restore", "not know"),
    ],
)
def test_a_backup_of_no_known_revision_is_refused(file, tmp_path, revision, command, why):
    with zipfile.ZipFile(file) as archive:
        manifest = {**json.loads(archive.read("manifest.json")), "revision": revision, "sealed": False}
    made = json.dumps(manifest).encode()
    path = rewritten(file, lambda members: members.update({"manifest.json": made}))
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"livery " + backup.hashlib.sha256(made).hexdigest().encode()
    refused = livery(tmp_path / "data", command, str(path))
    assert (refused.returncode, "Traceback" in refused.stderr) == (1, False)
    assert why in refused.stderr


# --- the command line ---


@pytest.fixture(scope="module")
def village(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the demo community."""
    folder = tmp_path_factory.mktemp("village")
    assert livery(folder, "demo", "load").returncode == 0
    return folder


def test_backup_verify_and_restore_on_the_command_line(village, tmp_path):
    file, other = tmp_path / "site.zip", tmp_path / "other"
    for name in ("a.png", "holiday photo.jpg"):
        (village / "uploads").mkdir(exist_ok=True)
        (village / "uploads" / name).write_bytes(b"x")
    made = livery(village, "backup", str(file))
    assert made.returncode == 0, made.stderr
    assert "from sqlite" in made.stdout
    assert "1 uploaded file (1 left out, for their names are not Livery's)" in made.stdout
    before = file.read_bytes()
    refused = livery(village, "backup", str(file))
    assert (refused.returncode, "is there already" in refused.stderr) == (1, True)
    assert file.read_bytes() == before
    assert livery(village, "backup", "--replace", str(file)).returncode == 0
    assert livery(village, "verify", str(file)).stdout.startswith(f"{file} is whole: ")
    back = livery(other, "restore", str(file))
    assert (back.returncode, back.stdout.startswith("Restored and compared: ")) == (0, True), back.stderr
    healthy = livery(other, "doctor")
    assert (healthy.returncode, "WRONG" in healthy.stdout) == (0, False), healthy.stdout
    again = livery(other, "restore", str(file))
    assert again.returncode == 1
    assert "--replace puts the backup in its place" in again.stderr
    assert livery(other, "restore", "--replace", str(file)).returncode == 0
    file.write_bytes(file.read_bytes()[:-7])
    for command in (["verify"], ["restore", "--replace"]):
        refused = livery(other, *command, str(file))
        assert refused.returncode == 1
        assert "Traceback" not in refused.stderr


def test_a_backup_that_cannot_be_written_is_said_in_a_sentence(village, tmp_path):
    refused = livery(village, "backup", str(tmp_path / "nowhere" / "site.zip"))
    assert refused.returncode == 1
    assert refused.stderr.startswith("Error: No backup was made: ")
    assert livery(village, "backup").returncode == 2


def test_a_disk_that_is_full_is_said_in_a_sentence(village, tmp_path):
    made = tmp_path / "site.zip"
    assert livery(village, "backup", str(made)).returncode == 0
    for words in (["backup", str(tmp_path / "other.zip")], ["restore", str(made)]):
        command = ["bash", "-c", 'ulimit -f 64; exec "$@"', "bash", sys.executable, "-m", "cli.main", *words]
        folder = village if words[0] == "backup" else tmp_path / "other"
        environ = {**os.environ, "LIVERY_DATA": str(folder)}
        refused = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
        assert (refused.returncode, "Traceback" in refused.stderr) == (1, False), refused.stderr
        assert refused.stderr.startswith(("Error: No backup was made: ", "Error: Nothing was changed: "))


def test_the_schedule_keeps_so_many(village, tmp_path):
    folder = Path(shutil.copytree(village, tmp_path / "data"))
    livery(folder, "settings", "set", "backups.keep", "2")
    for day in range(1, 4):
        (folder / "backups").mkdir(exist_ok=True)
        (folder / "backups" / f"livery-2026010{day}-000000.zip").write_bytes(b"old")
    made = livery(folder, "backup", "--scheduled")
    assert made.returncode == 0, made.stderr
    names = sorted(path.name for path in (folder / "backups").glob("*.zip"))
    assert len(names) == 2
    assert names[0] == "livery-20260103-000000.zip"
    assert livery(folder, "verify", str(folder / "backups" / names[1])).returncode == 0


# --- the schedule ---


def test_a_backup_is_due_after_so_many_hours(app, tmp_path):
    place = config.read({"LIVERY_DATA": str(tmp_path), "SECRET_KEY": "x"})
    with inside():
        assert not backups.due(place)  # the schedule begins now
        clock.travel(timedelta(hours=25))
        assert backups.due(place)
        (tmp_path / "backups" / "livery-x.zip").write_bytes(b"")
        os.utime(tmp_path / "backups" / "livery-x.zip", (clock.now().timestamp(),) * 2)
        assert not backups.due(place)
        clock.travel(timedelta(hours=25 + 25))
        assert backups.due(place)
        with writing():
            settings.put("backups.every_hours", "0")
        assert not backups.due(place)


def test_a_due_backup_is_made_by_a_process_of_its_own_and_only_one_at_a_time(app, tmp_path, monkeypatch):
    started = []

    class Process:
        status = None

        def __init__(self, command: list[str], **more: object) -> None:
            started.append(command)

        def poll(self) -> int | None:
            return self.status

    monkeypatch.setattr(backups.subprocess, "Popen", Process)
    monkeypatch.setattr(backups, "_running", None)
    monkeypatch.setattr(backups, "_config", config.read({"LIVERY_DATA": str(tmp_path), "SECRET_KEY": "x"}))
    with inside():
        backups.make_due()
        assert started == []
        clock.travel(timedelta(hours=25))
        backups.make_due()
        backups.make_due()
        assert [command[-2:] for command in started] == [["backup", "--scheduled"]]
        Process.status = 1  # it failed: the next run tries again
        backups.make_due()
        assert len(started) == 2


def test_two_scheduled_backups_at_once_are_one(app, live, tmp_path):
    place = config.read({"LIVERY_DATA": str(tmp_path), "SECRET_KEY": "x"})
    with inside(), (backups.folder(place) / ".lock").open("w") as lock:
        backups.fcntl.flock(lock, backups.fcntl.LOCK_EX)
        assert backups.make(live, place) is None
        backups.fcntl.flock(lock, backups.fcntl.LOCK_UN)
        assert backups.make(live, place) is not None


# --- upgrades ---

FAILING = """
from alembic import op
import sqlalchemy as sa

revision, down_revision, branch_labels, depends_on = "{number}", "{before}", None, None


def upgrade():
    {first}
    op.create_table("half_made", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("update users set name = 'nobody'")
    op.execute("drop table votes")
    {more}
    raise RuntimeError("this migration fails on purpose")


def downgrade():
    op.drop_table("half_made")
"""


@pytest.fixture
def next_version(tmp_path, monkeypatch) -> Callable[..., str]:
    """Makes the next version of Livery, whose migration fails (or, without its last line, does not)."""

    def make(more: str = "", *, first: str = "", fails: bool = True) -> str:
        folder = Path(shutil.copytree(ROOT / "migrations", tmp_path / "migrations"))
        before = migrate.head()
        number = f"{int(before) + 1:04}"
        source = FAILING.format(number=number, before=before, first=first, more=more)
        if not fails:
            source = source.split("    op.execute")[0] + source[source.index("\n\ndef downgrade") :]
        (folder / "versions" / f"{number}_next.py").write_text(source)
        monkeypatch.setattr(migrate, "FOLDER", folder)
        return number

    return make


@pytest.fixture
def inhabited(file, empty, tmp_path) -> Callable[[str], Engine]:
    """Makes databases with the community in it."""

    def make(kind: str) -> Engine:
        engine = empty(kind)
        restore.restore(file, engine, Folder(tmp_path / "none"))
        return engine

    return make


@pytest.mark.parametrize("kind", ON)
def test_a_failed_upgrade_leaves_the_old_state(inhabited, next_version, tmp_path, kind):
    engine = inhabited(kind)
    before, revision = contents(engine), migrate.current(engine)
    number = next_version()
    with pytest.raises(upgrade.UpgradeFailed, match=f"The upgrade to {number} failed .*is as it was, at {revision}"):
        upgrade.upgrade(engine, tmp_path, Folder(tmp_path / "uploads"))
    assert contents(engine) == before
    assert migrate.current(engine) == revision
    assert "half_made" not in inspect(engine).get_table_names()


def test_even_what_a_failed_migration_committed_is_taken_back_on_sqlite(inhabited, next_version, tmp_path):
    engine = inhabited("sqlite")
    before = contents(engine)
    next_version('op.get_bind().exec_driver_sql("COMMIT"); op.get_bind().exec_driver_sql("BEGIN")')
    with pytest.raises(upgrade.UpgradeFailed):
        upgrade.upgrade(engine, tmp_path, Folder(tmp_path / "uploads"))
    assert contents(engine) == before
    assert "half_made" not in inspect(engine).get_table_names()
    assert not list((tmp_path / "backups").glob("*.sqlite3"))


READS_FIRST = 'import time; op.get_bind().exec_driver_sql("select name from tags").all(); time.sleep(0.5)'


@contextmanager
def others_writing(engine: Engine) -> Iterator[list[str]]:
    """An older process that goes on writing; what it was told is written."""
    told: list[str] = []
    begun, over = threading.Event(), threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(str(engine.url.database), timeout=20, isolation_level=None)) as connection:
            while not over.is_set():
                name = f"tag{len(told)}"
                connection.execute("insert into tags (name, topics) values (?, 0)", (name,))
                told.append(name)
                begun.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert begun.wait(20)
        yield told
    finally:
        over.set()
        writer.join()


@pytest.mark.parametrize("fails", [True, False])
def test_what_an_older_process_writes_during_an_upgrade_is_kept(inhabited, next_version, tmp_path, fails):
    engine = inhabited("sqlite")
    number = next_version(first=READS_FIRST, fails=fails)
    with others_writing(engine) as told:
        if fails:
            with pytest.raises(upgrade.UpgradeFailed, match="on purpose"):
                upgrade.upgrade(engine, tmp_path, Folder(tmp_path / "uploads"))
        else:
            assert upgrade.upgrade(engine, tmp_path, Folder(tmp_path / "uploads"))
    with engine.connect() as connection:
        assert set(told) <= set(connection.scalars(text("select name from tags")))
    assert (migrate.current(engine) == number) is not fails


def test_nobody_writes_between_what_a_migration_commits_and_its_end(inhabited, next_version, tmp_path):
    engine = inhabited("sqlite")
    next_version(
        'op.get_bind().exec_driver_sql("COMMIT")\n'
        f"    from pathlib import Path; assert Path({str(tmp_path / frozen.NAME)!r}).exists()\n"
        '    op.get_bind().exec_driver_sql("BEGIN")'
    )
    with pytest.raises(upgrade.UpgradeFailed, match="on purpose"):
        upgrade.upgrade(engine, tmp_path, Folder(tmp_path / "uploads"))
    assert not (tmp_path / frozen.NAME).exists()


def test_what_a_killed_upgrade_leaves_is_removed_by_the_next_start(village, tmp_path):
    folder = Path(shutil.copytree(village, tmp_path / "data"))
    (folder / "backups").mkdir(exist_ok=True)
    (folder / "backups" / "before-upgrade.sqlite3").write_bytes(b"half")
    (folder / frozen.NAME).write_text('{"why": "upgrade"}')
    assert livery(folder, "settings", "set", "site.title", "Again").returncode == 0
    assert not (folder / "backups" / "before-upgrade.sqlite3").exists()
    assert not (folder / frozen.NAME).exists()


def test_the_copy_before_an_upgrade_is_its_owners_alone(inhabited, next_version, tmp_path):
    engine = inhabited("sqlite")
    copy = tmp_path / "backups" / "before-upgrade.sqlite3"
    next_version(first=f"import os; assert os.stat({str(copy)!r}).st_mode & 0o777 == 0o600", fails=False)
    assert upgrade.upgrade(engine, tmp_path, Folder(tmp_path / "uploads"))
    assert copy.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("kind", ON)
def test_a_process_goes_on_beside_a_newer_version(inhabited, tmp_path, kind, caplog):
    engine = inhabited(kind)
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    assert not upgrade.upgrade(engine, tmp_path, Folder(tmp_path / "uploads"))
    assert not (tmp_path / "backups").exists()
    assert "at 9999, of a newer Livery" in caplog.text
    with engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = 'a4f1'"))
    with pytest.raises(upgrade.UpgradeFailed, match="at revision a4f1"):
        upgrade.upgrade(engine, tmp_path, Folder(tmp_path / "uploads"))
    assert not (tmp_path / "backups").exists()


def test_the_doctor_names_a_newer_version(village, tmp_path):
    folder = Path(shutil.copytree(village, tmp_path / "data"))
    with closing(sqlite3.connect(folder / "livery.sqlite3")) as connection, connection:
        connection.execute("update alembic_version set version_num = '9999'")
    found = livery(folder, "doctor")
    assert "ok  migrations: at 9999, of a newer Livery than this one" in found.stdout
    assert found.returncode == 0


@pytest.mark.parametrize("kind", ON)
def test_an_upgrade_makes_a_backup_first(inhabited, next_version, empty, tmp_path, kind, monkeypatch):
    engine, said = inhabited(kind), []
    before = contents(engine)
    number = next_version(fails=False)
    assert upgrade.upgrade(engine, tmp_path, Folder(tmp_path / "uploads"), said.append)
    assert not upgrade.upgrade(engine, tmp_path, Folder(tmp_path / "uploads"))
    assert migrate.current(engine) == number
    (made,) = (tmp_path / "backups").glob(f"before-{number}-*.zip")
    assert said == [f"Making a backup before the upgrade: {made}"]
    monkeypatch.undo()
    old = empty(kind)
    restore.restore(made, old, Folder(tmp_path / "none"))
    held = contents(old)
    assert {**held, "search_queue": []} == {**before, "search_queue": []}


def test_a_new_database_needs_no_backup(empty, tmp_path):
    assert upgrade.upgrade(empty("sqlite"), tmp_path, Folder(tmp_path / "uploads"))
    assert not (tmp_path / "backups").exists()


def test_of_the_backups_before_upgrades_three_are_kept(inhabited, next_version, tmp_path):
    engine = inhabited("sqlite")
    (tmp_path / "backups").mkdir()
    for number in range(5):
        (tmp_path / "backups" / f"before-000{number}-20260101-000000.zip").write_bytes(b"old")
    number = next_version(fails=False)
    upgrade.upgrade(engine, tmp_path, Folder(tmp_path / "uploads"))
    names = sorted(path.name[:11] for path in (tmp_path / "backups").glob("before-*.zip"))
    assert names == sorted(["before-0003", "before-0004", f"before-{number}"])


# --- moving ---


@pytest.fixture
def moving(app, tmp_path, monkeypatch) -> Iterator[frozen.Held]:
    """A site that is being moved."""
    monkeypatch.setattr(db, "frozen_by", tmp_path / frozen.NAME)
    held = frozen.stop(tmp_path, "move", "db.example.org")
    yield held
    (tmp_path / frozen.NAME).unlink()


def test_while_it_moves_a_site_is_read_and_nothing_changes(app, live, request):
    topic, ann = a_topic(), Visitor(app, a_user("Ann"))
    request.getfixturevalue("moving")
    before = contents(live)
    assert ann.get(path_of(topic)).status == 200
    for send in (ann.post, ann.htmx.post):
        answer = send(f"/topic/{topic.id}/posts", {"body": "One more."})
        assert answer.status == 503
        assert answer.headers["Retry-After"] == "120"
        assert "Only reading for a few minutes" in answer.words
        assert "What you typed is still in your browser" in answer.words
    jobs.run_recurring()
    assert contents(live) == before


def test_people_are_told_whether_a_move_is_done_or_broke_off(app, live, request, tmp_path):
    topic, ann = a_topic(), Visitor(app, a_user("Ann"))
    held = request.getfixturevalue("moving")
    held.finish()
    words = ann.post(f"/topic/{topic.id}/posts", {"body": "One more."}).words
    assert "writing goes on as soon as it is opened in its new place" in words
    assert "What you typed is still in your browser" in words
    (tmp_path / frozen.NAME).write_text('{"why": "move", "to": "db.example.org", "since": "2026-03-04T14:05:00+00:00"}')
    words = ann.post(f"/topic/{topic.id}/posts", {"body": "One more."}).words
    assert "Only reading since 4 Mar 2026, 14:05 UTC: something broke off" in words
    assert "db.example.org" not in words


@pytest.fixture
def settled(inhabited, tmp_path) -> tuple[config.Config, Engine]:
    """A site on SQLite."""
    engine = inhabited("sqlite")
    folder = Path(str(engine.url.database)).parent
    return config.read({"LIVERY_DATA": str(folder), "SECRET_KEY": "x"}), engine


@pytest.mark.parametrize("kind", ON)
def test_a_running_community_is_carried_over_and_stays_frozen_behind(settled, empty, kind):
    place, source = settled
    target, mark = empty(kind), place.data / frozen.NAME
    move.move(place, source, target)
    assert same(source, target)
    for other in (target, empty(kind)):
        with pytest.raises(frozen.Stopped, match=f"was moved.*delete {mark}"):
            move.move(place, source, other)
        assert mark.exists()
    assert not migrate.current(other)


def test_a_move_that_fails_lets_writing_go_on(settled, empty):
    place, source = settled
    nowhere = create_engine("postgresql+psycopg://nobody@127.0.0.1:9/none")
    with pytest.raises(Exception, match=r"(?i)connect"):
        move.move(place, source, nowhere)
    assert not (place.data / frozen.NAME).exists()
    with pytest.raises(restore.NotEmpty):
        move.move(place, source, source)
    assert not (place.data / frozen.NAME).exists()


def test_a_move_that_fails_leaves_the_mark_of_another(settled, empty, monkeypatch):
    place, source = settled
    mark = place.data / frozen.NAME

    def deleted_and_made_anew(*about: object) -> None:
        mark.unlink()
        mark.write_text("another's")
        raise OSError("no room")

    monkeypatch.setattr(restore, "restore", deleted_and_made_anew)
    with pytest.raises(OSError, match="no room"):
        move.move(place, source, empty("sqlite"))
    assert mark.read_text() == "another's"


def test_a_move_that_was_killed_is_named_and_the_next_one_clears_up(settled, empty):
    place, source = settled
    mark, left = place.data / frozen.NAME, place.data / ".moving-x"
    left.mkdir()
    mark.write_text('{"why": "move", "to": "db.example.org", "since": "2026-03-04T14:05:00+00:00"}')
    words = f"since 2026-03-04 14:05 UTC by a move to db.example.org that broke off. .* delete {mark}"
    with pytest.raises(frozen.Stopped, match=words):
        move.move(place, source, empty("sqlite"))
    mark.unlink()
    move.move(place, source, empty("sqlite"))
    assert not left.exists()


def test_a_site_that_was_moved_starts_and_says_so(village, tmp_path):
    folder = Path(shutil.copytree(village, tmp_path / "data"))
    held = frozen.stop(folder, "move", "db.example.org")
    held.finish()
    site = Site(folder)
    try:
        site.start()
        assert site.ask("/recent") == 200
    finally:
        site.stop()
    assert "This community was moved to db.example.org at" in site.log.read_text()
    found = livery(folder, "doctor")
    assert found.returncode == 1
    assert "WRONG  writing: This community was moved to db.example.org at" in found.stdout
    again = livery(folder, "move-to", "postgresql://nobody@127.0.0.1:9/none")
    assert again.returncode == 1
    assert "Nothing was done. This community was moved to db.example.org" in again.stderr


def test_only_from_sqlite_to_postgresql(tmp_path):
    (tmp_path / "livery.sqlite3").touch()
    for url, why in (("sqlite:////tmp/x.sqlite3", "from SQLite to PostgreSQL only"), ("mysql://x", "must begin with")):
        refused = livery(tmp_path, "move-to", url)
        assert refused.returncode == 1
        assert why in refused.stderr


def test_nothing_of_a_password_is_in_a_backup_in_plain(village, tmp_path):
    folder = Path(shutil.copytree(village, tmp_path / "data"))
    livery(folder, "users", "create", "Somebody", "--password", PASSWORD)
    livery(folder, "backup", str(tmp_path / "site.zip"))
    secret = (folder / "secret_key").read_text().strip().encode()
    with zipfile.ZipFile(tmp_path / "site.zip") as archive:
        for name in archive.namelist():
            held = archive.read(name)
            assert PASSWORD.encode() not in held
            assert secret not in held
