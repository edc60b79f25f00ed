"""Two processes over one database and one Redis: what one of them writes, the other shows with its next answer."""

import http.client
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest

from cli.torture_crowd import Crowd, Member
from cli.torture_site import Process, Redis, Site
from tests import databases

pytestmark = pytest.mark.redis
SERVER = os.environ.get("LIVERY_TEST_DATABASE", "")


@pytest.fixture(scope="module")
def pair(tmp_path_factory) -> Iterator[tuple[Site, Site, Crowd]]:
    """Two app processes and a worker; PostgreSQL where the suite runs on it, and always Redis."""
    if not shutil.which("redis-server"):
        pytest.fail("There is no redis-server here.", pytrace=False)
    folder: Path = tmp_path_factory.mktemp("scale")
    place, redis = databases.make(SERVER, folder, "scale"), Redis(folder)
    redis.start()
    shared = {"DATABASE_URL": place.url, "REDIS_URL": redis.url}
    one = Site(folder / "one", worker=True, **shared)
    other = Site(folder / "other", **shared)
    crowd = Crowd(one, members=3)
    try:
        one.start()
        other.start()
        assert one.becomes("/readyz", 200, 60)
        yield one, other, crowd
    finally:
        for process in (one, other, redis):
            process.kill() if isinstance(process, Process) else process.stop()
        crowd.engine.dispose()
        place.drop()


def ask(site: Site, path: str, by: Member | None = None, form: dict[str, str] | None = None) -> tuple[int, str]:
    """The status and the page of an address; a redirect is followed."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    headers = {"Origin": f"http://127.0.0.1:{site.port}", "Sec-Fetch-Site": "same-origin"}
    headers |= {"Cookie": by.cookie} if by else {}
    if form is not None:
        sent = urlencode({**form, "csrf_token": by.token if by else ""})
        connection.request("POST", path, sent, headers | {"Content-Type": "application/x-www-form-urlencoded"})
    else:
        connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    page, location = answer.read().decode(), answer.headers.get("Location")
    connection.close()
    if form is None and answer.status in (302, 303, 308) and location:
        return ask(site, location, by)
    return answer.status, page


def test_a_reply_in_one_process_is_seen_in_the_other_at_once(pair):
    one, other, crowd = pair
    keeper, member = crowd.members[:2]
    for number, (here, there) in enumerate([(one, other), (other, one)] * 3):
        words = f"Written in one place, number {number}."
        assert words not in ask(there, f"/topic/{crowd.topic}")[1]
        assert ask(here, f"/topic/{crowd.topic}/posts", member, {"body": words})[0] == 303
        for reader in (None, member, keeper):
            for site in (there, here):
                assert words in ask(site, f"/topic/{crowd.topic}", reader)[1]


def test_a_session_of_one_process_is_known_to_the_other(pair):
    one, other, crowd = pair
    for site in (one, other):
        assert "<title>Member 1 " in ask(site, "/me", crowd.members[1])[1]
        assert 'name="password"' in ask(site, "/me")[1]


def test_a_setting_changed_in_one_place_holds_in_all(pair):
    one, other, _ = pair
    assert one.livery("settings", "set", "site.title", "The other name").returncode == 0
    for site in (one, other):
        assert "The other name" in ask(site, "/recent")[1]


def test_a_limit_is_counted_over_all_processes(pair):
    one, other, _ = pair
    sent = {"name": "Nobody at all", "password": "wrong"}
    pages = []
    for number in range(7):
        site = (one, other)[number % 2]
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
        connection.request("GET", "/login")
        answer = connection.getresponse()
        page, cookie = answer.read().decode(), answer.headers["Set-Cookie"].split(";")[0]
        connection.close()
        token = page.split('name="csrf_token" value="')[1].split('"')[0]
        pages.append(ask(site, "/login", Member(cookie, token), sent)[1])
    assert "The name or the password is not right." in pages[4]
    assert "Those were too many tries for this name." in pages[5]
    assert "Those were too many tries for this name." in pages[6]


def test_what_a_guest_read_in_one_process_counts_in_the_other(pair):
    one, other, _ = pair
    assert one.livery("settings", "set", "reading.per_minute", "15").returncode == 0
    try:
        time.sleep(5.5)  # the limit itself is looked up every five seconds
        assert [ask(one, f"/recent?term={word}")[0] for word in ("week", "day")] == [200, 429]
        time.sleep(4)  # the other is told, and the network has got back too little to ask there
        assert ask(other, "/recent?term=week")[0] == 429
    finally:
        one.livery("settings", "set", "reading.per_minute", "0")
