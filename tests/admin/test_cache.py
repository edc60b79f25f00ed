"""What is kept in memory: shown, and dropped in every process."""

import re

import asgi
from core import cache
from core.db import writing
from forum import cache_tools
from tests.factories import a_topic, inside, viewer_of
from tests.test_asgi import Client
from tests.visitor import path_of


def figures(page, name: str) -> list[str]:
    """A line of a table."""
    return re.search(rf"{re.escape(name)} ([\d,.]+(?: [\d,.]+| KiB| MiB| bytes| %)*)", page.words)[1].split()


def test_what_is_kept_is_shown_by_kind(keeper, guest):
    topic = a_topic()
    for _ in range(3):
        guest.get(path_of(topic))
        keeper.get("/recent")
    page = keeper.get("/admin/cache")
    pages = figures(page, "Pages for guests, before they are dressed in a skin")
    assert pages[0] == "1"
    assert "24.0 MiB" in page.words
    assert int(figures(page, "settings")[1]) > 2
    assert "Parts of pages" in page.words


def test_dropping_it_reaches_every_process_and_changes_nothing_else(app, keeper):
    topic = a_topic(title="Glue")
    site = asgi.Site(app)
    client = Client(site)
    try:
        assert client.get(path_of(topic))[0] == 200
        page = keeper.get("/admin/cache")
        kept_here = dict(cache._kept)
        with inside(), writing():  # as another process would
            cache_tools.clear(viewer_of(keeper.user))
        assert cache._kept == kept_here
        status, _headers, body = client.get(path_of(topic))
        assert (status, b"Glue" in body) == (200, True)
        assert not any(cache._kept.get(place) is value for place, value in kept_here.items())
        page = keeper.follow(keeper.submit(page, "/admin/cache/clear"))
        assert "Every process drops what it keeps" in page.html
        assert "cleared what is kept in memory" in keeper.get("/admin/log").words
    finally:
        site.close()


def test_clearing_moves_on_everything(app, keeper):
    a_topic()
    with inside():
        before = dict(cache.versions())
    keeper.get("/admin/cache")
    keeper.post("/admin/cache/clear")
    with inside():
        after = cache.versions()
    assert before
    assert all(after[name] > number for name, number in before.items())
