"""The dashboard: what needs somebody, and what happened when."""

import re
from datetime import timedelta

import pytest

from core import backups, clock, jobs
from core.db import writing
from forum import groups, memberships, schedule, statistics
from models import Count
from tests.factories import (
    a_category,
    a_moderator,
    a_post,
    a_topic,
    a_user,
    grant,
    inside,
    number_of,
    viewer_of,
)
from tests.visitor import Visitor, path_of, words
from web import reading

ROBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def counted() -> None:
    """What the jobs do within two minutes."""
    with inside():
        schedule.flush_tallies()
        statistics.catch_up()
        statistics.catch_up()


def tile(page, title: str) -> str:
    """The words of one of the tiles."""
    return words(re.search(rf'<h3 class="tile-title">{title}</h3>(.*?)</li>', page.html, re.DOTALL)[1])


def rows(page, plot: str) -> list[list[int]]:
    """The figures behind a plot, without the names of the stretches."""
    figure = re.search(rf'id="plot-{plot}">(.*?)</figure>', page.html, re.DOTALL)[1]
    found = re.findall(r'<th scope="row">[^<]*</th>((?:<td>[\d,]+</td>)+)</tr>', figure)
    return [[int(each.replace(",", "")) for each in re.findall(r"<td>([\d,]+)</td>", row)] for row in found]


def test_visits_are_told_apart(keeper, ann, guest):
    topic = a_topic()
    for _ in range(3):
        guest.get(path_of(topic))
    guest.get("/", **{"User-Agent": ROBOT})
    ann.get("/")
    ann.get("/recent")
    ann.htmx.get("/recent")  # a part of a page that is open
    ann.get("/topic/999999")
    keeper.get("/admin/")
    counted()
    page = keeper.get("/admin/")
    assert tile(page, "Visits of members").startswith("Today 2 none before")
    assert tile(page, "Visits of guests").startswith("Today 3")
    assert tile(page, "Visits of robots").startswith("Today 1")
    assert rows(page, "visits")[-1] == [2, 3, 1, 0]
    assert "Visits: 6 in 24 hours, and 0 in as long before." in page.html


def test_what_came_is_counted_once_whoever_counts(keeper):
    topic = a_topic(by=a_user("Ann"))
    a_post(in_=topic)
    with inside():
        statistics.catch_up()
    assert number_of(Count) == 0  # first seen
    for _ in range(3):
        counted()
    page = keeper.get("/admin/")
    assert tile(page, "New topics").startswith("Today 1")
    assert tile(page, "New posts").startswith("Today 2")
    assert tile(page, "Registrations").startswith("Today 3")
    a_post(in_=topic)
    counted()
    assert tile(keeper.get("/admin/"), "New posts").startswith("Today 3")


def test_figures_stand_in_their_hour_day_and_month_beside_those_before(keeper, monkeypatch):
    monkeypatch.setattr(statistics, "_BATCH", 2)
    start = clock.now().replace(day=15, hour=12, minute=30)
    clock.travel(start - clock.now())
    topic = a_topic()
    present = clock.now()
    for back in (timedelta(hours=1), timedelta(hours=23), timedelta(hours=25), timedelta(days=8), timedelta(days=370)):
        a_post(in_=topic, created_at=present - back)
    counted()
    hours, days = rows(keeper.get("/admin/"), "posts"), rows(keeper.get("/admin/?range=7d"), "posts")
    assert (len(hours), hours[-1][0], hours[-2], hours[0]) == (24, 1, [1, 1], [1, 0])
    assert (len(days), days[-1], days[-2], days[0]) == (7, [2, 0], [2, 1], [0, 0])
    months = rows(keeper.get("/admin/?range=12m"), "posts")
    assert (len(months), months[-1], sum(before for _, before in months)) == (12, [5, 1], 1)
    assert keeper.get("/admin/?range=zebra").status == 400
    # of the day before, only what came until the same hour is compared
    assert tile(keeper.get("/admin/"), "New posts").startswith("Today 2 ▲ 100 % more 7 days 4 ▲ 300 % more")


def test_old_hours_and_days_are_dropped_and_months_stay(app):
    a_post(in_=a_topic())
    counted()
    spans = {"hour", "day", "month"}
    assert {span for span in spans if number_of(Count, Count.span == span)} == spans
    for later, left in ((timedelta(days=41), {"day", "month"}), (timedelta(days=801), {"month"})):
        clock.travel(later)
        with inside():
            statistics.forget_old()
        assert {span for span in spans if number_of(Count, Count.span == span)} == left


def test_visits_that_could_not_be_written_wait(app, guest, monkeypatch):
    guest.get("/")

    def fails(counts) -> None:
        raise RuntimeError

    with monkeypatch.context() as broken:
        broken.setattr(statistics, "_add", fails)
        with inside(), pytest.raises(RuntimeError):
            schedule.flush_tallies()
    counted()
    assert number_of(Count, Count.kind == "guests", Count.span == "hour") == 1


@pytest.mark.parametrize("browser", [ROBOT, "Mozilla/5.0 (compatible; bingbot/2.0)", "some-crawler/1.0"])
def test_robots_are_known_by_their_name(browser):
    assert reading.crawler_of(browser)
    assert not reading.crawler_of("Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0")


def test_what_needs_somebody_is_listed_with_the_way_there(keeper, ann):
    assert "Nothing. All is well" in keeper.get("/admin/").words
    topic = a_topic(title="Glue")
    ann.get(path_of(topic))
    post = a_post(in_=topic)
    ann.post(f"/post/{post.id}/report", {"reason": "spam", "words": ""})
    page = keeper.get("/admin/")
    assert "1 flag is open" in page.words
    assert 'class="need" href="/moderation"' in page.html
    assert "Nothing. All is well" not in page.words


def test_requests_to_join_are_told_to_who_may_answer(keeper, ann, visit):
    with inside(), writing():
        club = groups.create("Gluers")
        memberships.join(viewer_of(ann.user), club)
    assert "1 person asks to join Gluers" in keeper.get("/admin/").words
    helper = a_user("Helper")
    grant("admin:dashboard", to=helper)
    page = visit(helper).get("/admin/")
    assert page.status == 200
    assert "Gluers" not in page.words
    assert "What needs you" in page.words


def test_a_schedule_that_was_missed_and_jobs_that_nobody_does_are_told(keeper, monkeypatch):
    since = clock.now() - timedelta(days=3)
    monkeypatch.setattr(backups, "late", lambda: since)
    monkeypatch.setattr(jobs, "alive", lambda: False)
    page = keeper.get("/admin/").words
    assert "There was no backup since" in page
    assert "Nobody works through the jobs" in page


def test_a_backup_is_late_when_the_schedule_has_missed_it(app):
    with inside():
        assert backups.late() is None
        clock.travel(timedelta(hours=49))
        assert backups.late() is not None


def test_only_who_may_sees_the_figures(visit):
    helper = a_user("Helper")
    grant("admin:tags", to=helper)
    page = visit(helper).get("/admin/")
    assert page.status == 200
    assert "At a glance" not in page.words
    assert "Renamed, merged into others, removed." in page.words


def test_who_writes_much_is_named(keeper):
    busy, quiet = a_user("Busy"), a_user("Quiet")
    topic = a_topic(by=quiet, in_=a_category())
    for _ in range(3):
        a_post(in_=topic, by=busy)
    page = keeper.get("/admin/").words
    assert re.search(r"Busy 3 posts Quiet 1 post\b", page)


def test_an_empty_site_says_so(app):
    page = keeper_of(app).get("/admin/").words
    assert "Nobody has written yet" in page
    assert page.count("Nothing yet.") == 5


def keeper_of(app) -> Visitor:
    """A browser of somebody who sees the figures."""
    person = a_moderator()
    grant("admin:dashboard", to=person)
    return Visitor(app, person)
