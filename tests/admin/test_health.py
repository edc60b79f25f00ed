"""Health in the control panel: what the check-up finds, what to do, and what the dashboard says of it."""

import os
import socket
from datetime import timedelta

import pytest

from core import backups, clock, config, failures, jobs, mail
from forum import checkups
from models import Finding, Group
from tests.factories import change, inside, number_of, reads, set_setting
from web import checkup, surroundings


@pytest.fixture(autouse=True)
def _a_secret_that_is_one(monkeypatch):
    monkeypatch.setitem(surroundings.CHECKS, "configuration", lambda: "for tests")


@reads
def the_group() -> Group:
    """Any group."""
    return checkups.session().query(Group).order_by(Group.id).first()


def looks() -> None:
    """The recurring job."""
    with inside():
        checkup.look_when_due()


def test_everything_is_looked_at_when_somebody_asks_for_it(keeper):
    page = keeper.get("/admin/health")
    assert "Nobody has looked yet" in page.words
    page = keeper.follow(keeper.submit(page, "/admin/health"))
    for name in ("Configuration in order", "Database in order", "Counters of topics in order", "Search in order"):
        assert name in page.words
    assert "Disk space wrong" not in page.words
    assert page.words.count("What to do") == 0
    assert "Nothing. All is well" in keeper.get("/admin/").words
    assert "made the site look whether all is in order" in keeper.get("/admin/log").words


def test_what_is_wrong_comes_first_with_what_to_do_and_stands_on_the_dashboard(keeper):
    change(the_group(), members=777)
    page = keeper.follow(keeper.submit(keeper.get("/admin/health"), "/admin/health"))
    assert page.words.index("Counters of groups wrong") < page.words.index("Configuration in order")
    assert "groups.members: 1 row is off, first id 1" in page.words
    assert "What to do: `bin/livery doctor --fix` puts it right" in page.words
    board = keeper.get("/admin/")
    assert "Counters of groups: groups.members: 1 row is off" in board.words
    assert 'class="need" href="/admin/health"' in board.html
    with inside():
        list(checkup.found(fix=True))
    keeper.submit(keeper.get("/admin/health"), "/admin/health")
    assert "Counters of groups" not in keeper.get("/admin/").words


def test_the_site_looks_at_itself_once_a_day_without_reading_whole_tables(keeper):
    looks()
    page = keeper.get("/admin/health").words
    assert "Disk space in order" in page
    assert "Counters of" not in page
    looked = number_of(Finding, Finding.at >= clock.now() - timedelta(minutes=1))
    clock.travel(timedelta(hours=23))
    looks()
    assert number_of(Finding, Finding.at >= clock.now() - timedelta(minutes=1)) == 0
    clock.travel(timedelta(hours=25))
    looks()
    assert number_of(Finding, Finding.at >= clock.now() - timedelta(minutes=1)) == looked


def test_a_quick_look_does_not_forget_what_a_thorough_one_found(keeper):
    change(the_group(), members=777)
    keeper.submit(keeper.get("/admin/health"), "/admin/health")
    clock.travel(timedelta(hours=25))
    looks()
    clock.travel(timedelta())
    assert "Counters of groups" in keeper.get("/admin/").words


def test_the_site_does_not_look_at_itself_where_that_is_switched_off(keeper):
    set_setting("checkups.every_hours", "0")
    looks()
    assert number_of(Finding) == 0
    assert "The site does not look at itself." in keeper.get("/admin/health").words


def test_a_check_that_breaks_is_a_finding_and_the_others_are_made(keeper, monkeypatch):
    def breaks() -> str:
        raise RuntimeError("no such disk")

    monkeypatch.setitem(surroundings.CHECKS, "disk space", breaks)
    page = keeper.follow(keeper.submit(keeper.get("/admin/health"), "/admin/health"))
    assert "Disk space wrong RuntimeError: no such disk" in page.words
    assert "Search in order" in page.words


@pytest.mark.parametrize("times", [1, 2])
def test_jobs_that_failed_are_on_the_dashboard_with_the_way_to_them(keeper, times):
    for number in range(times):
        with inside():
            failures.keep("core.mail.send", (number,), {}, ValueError("no such number"))
    board = keeper.get("/admin/")
    assert ("1 job failed for good" if times == 1 else "2 jobs failed for good") in board.words
    assert 'href="/admin/jobs?show=failed"' in board.html
    page = keeper.get("/admin/jobs?show=failed")
    assert "ValueError: no such number" in page.words
    assert "Recurring jobs" not in page.words
    assert "Recurring jobs" in keeper.get("/admin/jobs").words


# --- what it looks at ---


def look(keeper) -> str:
    """What the page says after somebody asked for a look."""
    return keeper.follow(keeper.submit(keeper.get("/admin/health"), "/admin/health")).words


def test_a_mail_server_that_takes_calls_is_in_order(keeper, server):
    found = look(keeper)
    assert f"Mail in order 127.0.0.1:{server.server_address[1]} answers, not encrypted" in found
    assert "mails come from forum@example.org" in found
    assert server.taken == []


def test_without_a_mail_server_it_says_where_mails_lie(keeper):
    assert "Mail in order none is named; mails lie in " in look(keeper)


def test_a_mail_server_that_is_away_silent_or_full_of_secrets_is_wrong(keeper, server, monkeypatch):
    monkeypatch.setattr(surroundings, "_CALL", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        object.__setattr__(mail._config, "mail", f"smtp://127.0.0.1:{silent.getsockname()[1]}")
        found = look(keeper)
        assert f"Mail wrong 127.0.0.1:{silent.getsockname()[1]}: " in found
        assert "timed out What to do: check LIVERY_MAIL" in found
    assert "Connection refused" in look(keeper)
    object.__setattr__(mail._config, "mail", f"smtp://anna:hunter2hunter2@127.0.0.1:{server.server_address[1]}")
    found = look(keeper)
    assert "SMTP AUTH extension not supported by server." in found
    assert "hunter2" not in found


def test_mails_that_come_from_no_address_are_wrong(keeper, server):
    for sender, well in (("The forum", False), ("The forum <forum@example.org>", True), ("a@b@c", False)):
        object.__setattr__(mail._config, "mail_from", sender)
        assert ("which is no address" not in look(keeper)) == well, sender


def test_jobs_that_failed_are_told_and_many_are_wrong(keeper):
    for number in range(100):
        with inside():
            failures.keep("core.mail.send", (number,), {}, ValueError("no such number"))
        if number == 2:
            assert "Jobs in order the queue is worked through; 3 failed for good" in look(keeper)
    assert "Jobs wrong the queue is worked through; 100 failed for good" in look(keeper)


def test_a_queue_that_nobody_works_through_is_wrong_where_a_worker_is_wanted(app, monkeypatch):
    monkeypatch.setattr(jobs, "alive", lambda: False)
    for url, well in (("", True), ("redis://127.0.0.1:9/0", False)):
        monkeypatch.setitem(app.config, "LIVERY", config.read({"SECRET_KEY": "x" * 16, "REDIS_URL": url}))
        with inside():
            [made] = [each for each in checkup.found(thorough=False) if each.name == "jobs"]
        assert made.well == well
        assert ("the server is not running" in made.words) == well


def test_a_schedule_that_missed_a_backup_is_wrong(keeper, app):
    assert "Backups in order one every 24 hours, and none is late" in look(keeper)
    folder, before = backups.folder(app.config["LIVERY"]), clock.now() - timedelta(hours=49)
    os.utime(folder, (before.timestamp(), before.timestamp()))
    assert "though one is wanted every 24 hours" in look(keeper)
    os.utime(folder)
    set_setting("backups.every_hours", "0")
    assert "Backups in order none are made by a schedule" in look(keeper)
