"""Live: how soon a reply in one browser appears in another, and how a page without network catches up.

    .venv/bin/python -m bench.live [--replies 50] [--away 30]

The server as it is run, over the demo community, and two people in Chromium on one topic. Each reply is sent from the
page of the one, and timed by one clock until it stands in the page of the other. Fails when the median is over 500 ms,
or when a post is missing, double or out of order; it says the load of the machine, for a busy one is late.
"""

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import click
from playwright.sync_api import Browser, Page

from skins.stage import chromium
from tests.browser.live import Person, Site, Topic

MOST_MS = 500
PAUSE = 2100
"""Milliseconds between two replies: nobody may send more than 30 a minute."""
NUMBERS = "() => [...document.querySelectorAll('#stream > .post')].map((post) => Number(post.dataset.number))"
WATCH = """number => new Promise((come) => {
  const look = () => document.querySelector(`#stream > .post[data-number="${number}"]`) ? come(Date.now()) : requestAnimationFrame(look);
  look();
})"""
SEND = """async ([path, body]) => {
  const proof = document.querySelector('[name="csrf_token"]').value;
  const begun = Date.now();
  await fetch(path, { method: "POST", redirect: "manual", body: new URLSearchParams({ body, csrf_token: proof }) });
  return begun;
}"""


@click.command(help=__doc__.splitlines()[0])
@click.option("--replies", default=50, show_default=True, help="Replies that are timed, one after the other.")
@click.option("--away", default=30.0, show_default=True, help="Seconds without network.")
def main(replies: int, away: float) -> None:
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        site = Site(Path(folder))
        site.start()
        try:
            topic, people = site.ground(), [site.person(), site.person()]
            writer, reader = (_page(browser, site, person, topic) for person in people)
            times = [_timed(writer, reader, topic, number) for number in range(4, 4 + replies)]
            last = 3 + replies
            late = _away(writer, reader, topic, last, away)
            shown = reader.evaluate(NUMBERS)
        finally:
            site.stop()
    ranked = sorted(times)
    median, p95 = statistics.median(ranked), ranked[int(len(ranked) * 0.95)]
    click.echo(f"{replies} replies: median {median:.0f} ms, p95 {p95:.0f} ms, slowest {ranked[-1]:.0f} ms")
    click.echo(f"after {away:.0f} s without network what was missed stood there {late:.1f} s later")
    click.echo(f"load of the machine: {', '.join(f'{each:.1f}' for each in os.getloadavg())}, {os.cpu_count()} cores")
    whole = shown == sorted(set(shown)) and shown[-1] == last + 5
    if not whole:
        click.echo(f"the page shows {shown}")
    sys.exit(0 if whole and median <= MOST_MS else 1)


def _page(browser: Browser, site: Site, person: Person, topic: Topic) -> Page:
    context = browser.new_context()
    context.add_cookies([site.session_cookie(person)])
    page = context.new_page()
    page.set_default_timeout(120_000)
    with page.expect_response(lambda answer: "/events" in answer.url):
        page.goto(site.url + topic.path)
    return page


def _timed(writer: Page, reader: Page, topic: Topic, number: int) -> float:
    """Sends a reply, and returns after how many milliseconds the other page showed it."""
    reader.wait_for_timeout(PAUSE)
    reader.evaluate("scrollTo(0, 1e7)")
    reader.evaluate(f"globalThis.seen = ({WATCH})({number})" + "; undefined")
    begun = writer.evaluate(SEND, [f"/topic/{topic.id}/posts", f"Reply {number}, as quick as can be."])
    return float(reader.evaluate("globalThis.seen")) - float(begun)


def _away(writer: Page, reader: Page, topic: Topic, last: int, seconds: float) -> float:
    """Takes one page's network away while the other writes; returns after how many seconds it had caught up."""
    reader.context.set_offline(True)
    for number in range(1, 6):
        writer.wait_for_timeout(PAUSE)
        writer.evaluate(SEND, [f"/topic/{topic.id}/posts", f"While you were away, {number}."])
    reader.wait_for_timeout(seconds * 1000)
    reader.context.set_offline(False)
    begun = time.monotonic()
    while reader.evaluate(NUMBERS)[-1] < last + 5 and time.monotonic() < begun + 120:
        reader.evaluate("scrollTo(0, 1e7)")
        reader.wait_for_timeout(50)
    return time.monotonic() - begun


if __name__ == "__main__":
    main()
