"""Pages that follow: what one reader does appears on the other's page, once and in order, and nothing that is read moves."""

import pytest
from playwright.sync_api import expect

from tests.browser.live import Tab, Topic

pytestmark = pytest.mark.browser


def follow(browse, site, topic: Topic, **more) -> Tab:
    """A tab at a topic whose stream has begun."""
    tab = browse(**more)
    with tab.page.expect_response(lambda answer: "/events" in answer.url):
        tab.go(topic.path)
    return tab


def shown(tab: Tab) -> list[int]:
    """The numbers of the posts on the page, in order."""
    return tab.page.evaluate(
        "[...document.querySelectorAll('#stream > .post')].map((post) => Number(post.dataset.number))"
    )


def send(tab: Tab, topic: Topic, *bodies: str) -> None:
    """Sends replies from within a page, one after the other, as its forms do."""
    tab.page.evaluate(
        """async ([path, bodies]) => {
          const proof = document.querySelector('[name="csrf_token"]').value;
          for (const body of bodies) {
            await fetch(path, { method: "POST", redirect: "manual", body: new URLSearchParams({ body, csrf_token: proof }) });
          }
        }""",
        [f"/topic/{topic.id}/posts", list(bodies)],
    )


def test_a_reply_in_one_browser_appears_in_the_other(browse, site):
    topic = site.ground()
    ann, bert = (follow(browse, site, topic, person=site.person()) for _ in range(2))
    ann.page.get_by_role("link", name="Reply", exact=True).first.click()
    ann.page.fill("#dock textarea", "Do you see this?")
    expect(bert.page.locator(".readers-typing")).to_be_visible()
    ann.page.click("#dock .send")
    expect(bert.page.locator("#stream > .post").last).to_contain_text("Do you see this?")
    expect(ann.page.locator("#stream > .post").last).to_contain_text("Do you see this?")
    expect(bert.page.locator(f"#topic-{topic.id}-stats")).to_contain_text("4 posts")
    expect(bert.page.locator(".readers-typing")).to_have_count(0)
    assert shown(ann) == shown(bert) == [1, 2, 3, 4]


def test_a_vote_and_an_edit_in_one_browser_appear_in_the_other(browse, site):
    topic = site.ground()
    ann, bert = (follow(browse, site, topic, person=site.person()) for _ in range(2))
    guest = follow(browse, site, topic)
    second = ann.page.locator('#stream > .post[data-number="2"]')
    second.locator(".vote-up").click()
    for tab in (ann, bert, guest):
        expect(tab.page.locator('#stream > .post[data-number="2"] .vote-score')).to_contain_text("1")
    send(ann, topic, "Before the edit.")
    for tab in (bert, guest):
        expect(tab.page.locator("#stream > .post").last).to_contain_text("Before the edit.")
    expect(ann.page.locator("#stream > .post")).to_have_count(4)
    key = ann.page.locator("#stream > .post").last.get_attribute("id").removeprefix("post-")
    ann.go(f"/post/{key}/edit")
    ann.page.fill("textarea", "After the edit.")
    ann.page.click(".send")
    for tab in (bert, guest):
        expect(tab.page.locator("#stream > .post").last).to_contain_text("After the edit.")


def test_who_reads_further_up_is_told_and_not_moved(browse, site):
    topic = site.hall
    reader, writer = (follow(browse, site, topic, person=site.person()) for _ in range(2))
    top = "document.querySelector('#stream > .post').getBoundingClientRect().top"
    before, number = reader.page.evaluate(top), len(shown(reader))
    send(writer, topic, "One.", "Two.")
    pill = reader.page.locator("#news")
    expect(pill).to_have_text("2 new posts")
    assert (reader.page.evaluate(top), len(shown(reader))) == (before, number)
    pill.click()
    expect(reader.page.get_by_text("One.", exact=True)).to_be_visible()
    expect(pill).to_be_hidden()


def test_after_a_time_without_network_a_page_catches_up(browse, site):
    topic = site.ground()
    reader, writer = (follow(browse, site, topic, person=site.person()) for _ in range(2))
    reader.allowed.add(0)
    reader.context.set_offline(True)
    reader.page.evaluate("dispatchEvent(new Event('offline'))")
    send(writer, topic, *[f"While you were away {number}." for number in range(7)])
    writer.page.locator('#stream > .post[data-number="2"] .vote-up').click()
    assert shown(reader) == [1, 2, 3]
    reader.context.set_offline(False)
    reader.until(lambda: len(shown(reader)) == 10, lambda: reader.page.evaluate("scrollTo(0, 1e7)"))
    assert shown(reader) == list(range(1, 11))
    expect(reader.page.locator('#stream > .post[data-number="2"] .vote-score')).to_contain_text("1")
    reader.problems[:] = [
        each for each in reader.problems if "ERR_INTERNET_DISCONNECTED" not in each and "Failed to fetch" not in each
    ]


def test_a_new_topic_is_told_to_a_list(browse, site):
    reader = browse()
    with reader.page.expect_response(lambda answer: "/events" in answer.url):
        reader.go("/recent")
    writer = browse(person=site.person())
    writer.go(site.categories["Questions and feedback"])
    writer.page.get_by_role("link", name="New topic").click()
    writer.page.fill("#composer-title", "A topic that lists are told of")
    writer.page.fill("#dock textarea", "Here it is.")
    writer.page.click("#dock .send")
    expect(reader.page.locator("#news")).to_have_text("1 new topic")
    reader.page.click("#news")
    expect(reader.page.locator("#topics")).to_contain_text("A topic that lists are told of")


def count(tab: Tab, element: str):
    """A count of the side bars, for `expect`."""
    return tab.page.locator(f"#{element}")


@pytest.mark.parametrize("streams", [True, False])
def test_the_bell_and_what_is_unread_follow_what_others_and_other_tabs_do(browse, site, streams):
    if not streams:
        site.set("live.poll_seconds", "5")
    topic, reader, writer = site.ground(), site.person(), site.person()
    other = browse(person=reader)
    other.go("/unread")
    other.page.locator("#mark-menu summary").click()
    other.page.get_by_role("button", name="Everything as read").click()
    expect(count(other, "unread-count-2")).to_be_hidden()
    here = browse(person=reader)
    if not streams:
        here.page.route("**/events*", lambda route: route.abort())
        here.allowed.add(0)
    here.go("/tags")
    bell, unread = count(here, "bell-count"), count(here, "unread-count-2")
    expect(bell).to_be_hidden()
    expect(unread).to_be_hidden()
    send(follow(browse, site, topic, person=writer), topic, f"Look, @{reader.slug}.")
    patience = 8_000 if streams else 25_000
    expect(bell).to_have_text("1 new", timeout=patience)
    expect(unread).to_have_text("1 new", timeout=patience)
    other.go(topic.path)
    expect(bell).to_be_hidden(timeout=patience)
    expect(unread).to_be_hidden(timeout=patience)
    assert len(here.documents) == 1
    if not streams:
        here.problems[:] = [each for each in here.problems if "ERR_FAILED" not in each]
        site.set("live.poll_seconds", "15")


def test_fifty_replies_in_a_burst_appear_once_and_in_order(browse, site):
    topic = site.ground()
    reader = follow(browse, site, topic, person=site.person())
    writers = [follow(browse, site, topic, person=site.person()) for _ in range(2)]
    for at, writer in enumerate(writers):  # two, as the limit of one is thirty in a minute
        burst(writer, topic, [f"Reply {number} of writer {at}." for number in range(25)])
    for writer in writers:
        writer.until("window.sent !== undefined")
    assert [writer.page.evaluate("window.sent") for writer in writers] == [[0] * 25] * 2
    assert site.posts_of(topic) == 53
    # what is appended pushes the end out of sight, and what one reads never moves: so he reads on
    reader.until(lambda: len(shown(reader)) >= 53, lambda: reader.page.evaluate("scrollTo(0, 1e7)"))
    assert shown(reader) == list(range(1, 54))
    reader.page.wait_for_timeout(500)
    assert shown(reader) == list(range(1, 54))


def burst(tab: Tab, topic: Topic, bodies: list[str]) -> None:
    """Begins to send replies from within a page, as fast as the site takes them; `sent` holds the statuses when done.

    (0 is the redirect of a post that was taken, which the script does not follow.)
    """
    tab.page.evaluate(
        """([path, bodies]) => {
          const proof = document.querySelector('[name="csrf_token"]').value;
          (async () => {
            const statuses = [];
            for (const body of bodies) {
              const fields = new URLSearchParams({ body, csrf_token: proof });
              statuses.push((await fetch(path, { method: "POST", redirect: "manual", body: fields })).status);
            }
            window.sent = statuses;
          })();
        }""",
        [f"/topic/{topic.id}/posts", bodies],
    )
