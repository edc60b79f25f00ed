"""Robots and readers in bulk: robots.txt, the sitemap, and being asked to slow down."""

import re
import xml.etree.ElementTree as ElementTree

import pytest

from core import pubsub, settings
from core.db import writing
from forum import sitemap
from tests.factories import (
    a_category,
    a_deleted_topic,
    a_post,
    a_private_category,
    a_scheduled_topic,
    a_topic,
    a_user,
    inside,
    many_topics,
)
from tests.test_budgets import counting
from tests.visitor import Visitor, path_of
from web import allowances, kept, reading
from web.allowances import Allowances

GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def put(name: str, value: str) -> None:
    """Sets a setting, for the next request already."""
    with inside(), writing():
        settings.put(name, value)
    reading.forget()


@pytest.fixture
def counted(limited, monkeypatch):
    """The application with its limits on reading, and everybody's allowance full."""
    monkeypatch.setattr(kept, "RULES", {})  # what is kept is not counted: here every page is made
    reading.forget()
    return limited


# --- what robots are told ---


def test_robots_are_told_where_not_to_look_and_where_everything_is(guest):
    answer = guest.get("/robots.txt")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    lines = answer.html.splitlines()
    assert lines[0] == "User-agent: *"
    for line in ("Disallow: /admin", "Disallow: /search", "Disallow: /*?*sort=", "Disallow: /*?*cursor="):
        assert line in lines
    assert lines[-1] == "Sitemap: http://localhost/sitemap.xml"
    assert not any(line in ("Disallow: /", "Disallow: /topic/", "Disallow: /category/") for line in lines)


def test_a_site_that_wants_no_search_engines_says_so(guest):
    put("reading.indexed", "no")
    assert guest.get("/robots.txt").html == "User-agent: *\nDisallow: /\n"
    for path in ("/sitemap.xml", "/sitemap/places.xml", "/sitemap/1.xml"):
        assert guest.get(path).status == 404


def addresses(answer) -> list[str]:
    """The addresses of a sitemap."""
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    return [found.text for found in ElementTree.fromstring(answer.html).iter() if found.tag.endswith("}loc")]


def test_the_map_leads_to_everything_a_guest_may_read_and_to_nothing_else(app, guest):
    place, hidden = a_category("Workshop"), a_private_category("Staff")
    seen = a_topic(in_=place, title="Which glue? A & B")
    a_topic(in_=hidden)
    a_deleted_topic(in_=place)
    a_scheduled_topic(by=a_user(), in_=place)
    found = []
    for file in addresses(guest.get("/sitemap.xml")):
        found += addresses(guest.get(file.removeprefix("http://localhost")))
    assert f"http://localhost{path_of(seen)}" in found
    assert [path for path in found if "/topic/" in path] == [f"http://localhost{path_of(seen)}"]
    assert [path for path in found if "/category/" in path] == [f"http://localhost/category/{place.id}/workshop"]
    for path in found:
        assert guest.get(path.removeprefix("http://localhost")).status == 200, path
    assert re.search(r"<lastmod>\d{4}-\d\d-\d\dT[\d:]+\+00:00</lastmod>", guest.get("/sitemap/1.xml").html)


def test_the_map_is_cut_into_stretches_of_ids(app, guest, monkeypatch):
    monkeypatch.setattr(sitemap, "STRETCH", 10)
    many_topics(a_category(), 25)
    files = addresses(guest.get("/sitemap.xml"))
    assert [file.rpartition("/")[2] for file in files] == ["places.xml", "1.xml", "2.xml", "3.xml"]
    sizes = [len(addresses(guest.get(file.removeprefix("http://localhost")))) for file in files[1:]]
    assert sizes == [10, 10, 5]
    for number in (0, 4, 10**9, 10**30):
        assert guest.get(f"/sitemap/{number}.xml").status == 404, number


# --- one address for each page ---


def canonical_of(answer) -> list[str]:
    """The addresses that a page says are its own."""
    assert answer.status == 200
    return re.findall(r'<link rel="canonical" href="([^"]*)">', answer.html)


def test_every_page_says_its_one_address(guest):
    place = a_category()
    bert = a_user("Bert Grün")
    topic = many_topics(place, 45, by=bert)[0]
    a_topic(by=bert, tags="größe")
    here = f"/category/{place.id}/{place.slug}"
    for path, asked in (
        ("/", ""), ("/recent", ""), ("/recent", "?page=2"), ("/popular", ""), ("/top", ""), ("/tags", ""), ("/users", ""),
        ("/tags/gr%C3%B6%C3%9Fe", ""), (here, ""), (here, "?page=2"), (f"/user/{bert.slug}", ""), (path_of(topic), ""),
        (f"/user/{bert.slug}/topics", "?page=2"), (f"/user/{bert.slug}/posts", ""), ("/groups", ""),
    ):  # fmt: skip
        assert canonical_of(guest.get(path + asked)) == [path + asked]
        more = f"{asked}{'&' if asked else '?'}utm_source=x"
        assert canonical_of(guest.get(path + more)) == [path + asked], more
    assert canonical_of(guest.get("/recent?page=1")) == canonical_of(guest.get("/recent/")) == ["/recent"]
    assert canonical_of(guest.get("/categories")) == ["/"]


def test_what_is_no_address_of_a_page_is_not_to_be_listed(app, guest):
    topic = a_topic()
    for path in ("/recent?term=week", "/recent?x=1", f"{path_of(topic)}?sort=most_votes", "/login", "/search"):
        for _ in range(2):  # made, and kept
            assert guest.get(path).headers["X-Robots-Tag"] == "noindex", path
    for path in ("/recent", "/", f"{path_of(topic)}?page=1"):
        assert "X-Robots-Tag" not in guest.get(path).headers, path


def test_what_has_no_second_page_is_missing_there(guest):
    slug = a_user("Bert").slug
    tabs = ("", "/posts", "/best", "/controversial", "/groups", "/following", "/followers", "/topics")
    for path in ("/", "/categories", "/tags", "/recent", "/users", *(f"/user/{slug}{tab}" for tab in tabs)):
        assert guest.get(f"{path}?page=1").status == 200, path
        assert guest.get(f"{path}?page=500").status == 404, path


def test_a_post_that_is_not_there_yet_leads_to_the_last(guest):
    topic = a_topic()
    a_post(in_=topic)
    last = f"{path_of(topic)}/2"
    answer = guest.get(f"{path_of(topic)}/987654?sort=newest_to_oldest")
    assert (answer.status, answer.location) == (302, f"{last}?sort=newest_to_oldest")
    assert guest.get(last).status == 200


def test_an_address_begins_with_one_stroke(guest):
    for path, right in (("//recent", "/recent"), ("///evil.example/x", "/evil.example/x")):
        # a path that begins so would be taken for the name of a host here
        answer = guest.client.get("/", query_string="page=1", environ_overrides={"PATH_INFO": path})
        assert (answer.status_code, answer.location) == (308, f"http://localhost{right}?page=1")


# --- being asked to slow down ---


def test_a_network_that_reads_too_fast_is_asked_to_wait(counted):
    put("reading.per_minute", "60")
    statuses = [Visitor(counted, address=f"203.0.113.{n}").get("/recent").status for n in range(1, 26)]
    assert statuses.count(200) >= 20
    assert statuses[-1] == 429
    answer = Visitor(counted, address="203.0.113.200").get("/recent")
    assert answer.status == 429
    assert int(answer.headers["Retry-After"]) in range(1, 61)
    assert "Please wait" in answer.html
    assert answer.headers["Cache-Control"] == "no-store"
    assert Visitor(counted, address="198.51.100.1").get("/recent").status == 200


def test_what_is_kept_is_not_counted(limited):
    put("reading.per_minute", "60")
    reader = Visitor(limited, address="203.0.113.9")
    assert {reader.get("/recent").status for _ in range(30)} == {200}


def test_a_refused_reader_costs_no_query(counted):
    put("reading.per_minute", "1")
    reader = Visitor(counted, address="203.0.113.9")
    assert 429 in [reader.get("/recent").status for _ in range(30)]
    with counting() as made:
        assert reader.get("/recent").status == 429
    assert made == []


def test_the_allowance_fills_up_again(monkeypatch):
    buckets, present = Allowances(), [0.0]
    monkeypatch.setattr(allowances.time, "monotonic", lambda: present[0])
    assert [buckets.take("a", 1, 60) for _ in range(20)] == [0] * 20
    assert buckets.take("a", 1, 60) >= 1
    present[0] += 5
    assert [buckets.take("a", 1, 60) for _ in range(6)] == [0, 0, 0, 0, 0, 2]


def test_processes_count_together(monkeypatch):
    present = [0.0]
    monkeypatch.setattr(allowances.time, "monotonic", lambda: present[0])
    monkeypatch.setattr(pubsub, "shared", lambda: True)
    here, there = Allowances(), Allowances()
    stops = [pubsub.listen(each.hear) for each in (here, there)]
    monkeypatch.setattr(pubsub, "publish", pubsub._tell)
    assert [here.take("a", 1, 60) for _ in range(15)] == [0] * 15
    here.tell()
    assert [there.take("a", 1, 60) for _ in range(6)] == [0, 0, 0, 0, 0, 2]
    there.tell()
    assert here.take("a", 1, 60) == 2
    here.tell()  # nobody is told twice, nor hears himself
    present[0] += 20
    assert [there.take("a", 1, 60) for _ in range(21)] == [0] * 20 + [2]
    for stop in stops:
        stop()


def test_what_is_dear_counts_more(counted):
    put("reading.per_minute", "60")
    reader = Visitor(counted, address="203.0.113.9")
    statuses = [reader.get("/recent?term=week").status for _ in range(5)]
    assert statuses == [200, 200, 200, 200, 429]


def test_open_pages_that_look_whether_anything_happened_hardly_count(counted):
    put("reading.per_minute", "60")
    topic = a_topic()
    reader = Visitor(counted, address="203.0.113.9")
    for path in (f"/live/state?topic={topic.id}", f"/events?topic={topic.id}"):
        assert 429 not in {reader.get(path).status for _ in range(25)}, path
    assert reader.get("/recent").status == 200


def test_members_files_and_machines_are_not_asked_to_wait(counted):
    put("reading.per_minute", "1")
    ann = Visitor(counted, a_user("Ann"), address="203.0.113.9")
    guest = Visitor(counted, address="203.0.113.10")
    assert 429 in [guest.get("/recent").status for _ in range(30)]
    assert [ann.get("/recent").status for _ in range(8)] == [200] * 8
    for path in ("/static/img/livery.svg", "/healthz", "/colours.css"):
        assert guest.get(path).status == 200, path


def test_zero_means_no_limit(counted):
    put("reading.per_minute", "0")
    assert {Visitor(counted).get("/recent?term=week").status for _ in range(30)} == {200}


def statuses_of(site, agents, address: str) -> list[int]:
    """The answers to requests under some names from one address."""
    client, base = site.test_client(), {"REMOTE_ADDR": address}
    found = [client.get("/recent", headers={"User-Agent": agent}, environ_base=base) for agent in agents]
    return [each.status_code for each in found]


def test_robots_of_one_network_share_an_allowance_under_whatever_name(counted):
    put("reading.crawlers_per_minute", "6")
    names = [GOOGLE, "Mozilla/5.0 (compatible; bingbot/2.0)", "SomeNewBot/1.0", GOOGLE]
    assert statuses_of(counted, names, "203.0.113.9") == [200, 200, 429, 429]
    assert Visitor(counted, address="203.0.113.10").get("/recent").status == 200


def test_who_calls_himself_a_crawler_takes_nothing_from_the_one_that_is(counted):
    put("reading.crawlers_per_minute", "6")
    assert statuses_of(counted, [GOOGLE] * 3, "203.0.113.9") == [200, 200, 429]
    assert statuses_of(counted, [GOOGLE] * 2, "66.249.66.1") == [200, 200]


def test_an_invented_name_brings_a_guest_no_more_pages(counted):
    put("reading.per_minute", "60")
    put("reading.crawlers_per_minute", "0")
    names = [f"{letter}{letter}bot/1.0" for letter in "abcdefghijklmnopqrstuvwxyz"]
    assert statuses_of(counted, names, "203.0.113.9")[-1] == 429
    assert statuses_of(counted, ["Mozilla/5.0", GOOGLE, "one-more-bot/1.0"], "203.0.113.9") == [429] * 3


def test_a_known_crawler_gets_no_second_addresses(counted):
    topic = a_topic()
    second = (
        "/recent?term=week", "/recent?x=1", "/recent?page=1&x=", "/recent?page=1&page=1", "/tags?fbclid=7",
        f"{path_of(topic)}?sort=most_votes", f"{path_of(topic)}?utm_source=x", f"/post/{topic.first_post_id}", "/login",
    )  # fmt: skip
    client = counted.test_client()
    for path in second:
        with counting() as made:
            answer = client.get(path, headers={"User-Agent": GOOGLE})
        assert answer.status_code == 403, path
        assert "robots.txt" in answer.text
        assert made == [], path
    for path in (path_of(topic), f"{path_of(topic)}?page=1", "/recent", "/robots.txt", "/sitemap.xml"):
        assert client.get(path, headers={"User-Agent": GOOGLE}).status_code == 200, path


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (GOOGLE, "googlebot"),
        ("Mozilla/5.0 (compatible; bingbot/2.0)", "bingbot"),
        ("SomeNewBot/1.0", "somenewbot"),
        ("my-crawler/2", "my-crawler"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", ""),
        ("Mozilla/5.0 (Linux; Android 14; CUBOT X70) AppleWebKit/537.36", ""),
        ("", ""),
        ("a" * 100_000 + "bot/1.0", ""),
        (" " * 100_000 + GOOGLE, ""),
    ],
    ids=lambda value: value[:30],
)
def test_crawlers_are_known_by_name(agent, name):
    assert reading.crawler_of(agent) == name
