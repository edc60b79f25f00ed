"""Moderation: the public log, where it is switched on, and how much waits for whom."""

import re

import pytest
from sqlalchemy import select

from core import pubsub
from core.db import session, writing
from forum import layout, live, sanctions
from models import Topic
from tests.factories import (
    a_category,
    a_private_category,
    a_topic,
    a_user,
    an_administrator,
    change,
    first_post,
    grant,
    inside,
    set_setting,
    viewer_of,
)
from tests.test_budgets import counting
from tests.visitor import Visitor


@pytest.fixture
def busy(marshal):
    """A moderator who has done something in the open and something behind doors."""
    open_one = a_topic(title="Glue", in_=a_category("Crafts"))
    secret = a_topic(title="Secret plans", in_=a_private_category("Backstage"))
    marshal.get("/")
    for topic in (open_one, secret):
        assert marshal.post(f"/topic/{topic.id}/lock", {"locked": "1"}).status in (200, 303)
    with inside(), writing():
        sanctions.put(viewer_of(marshal.user), a_user("Bert").id, "ban", "Private words.", None)
        sanctions.write_down(viewer_of(marshal.user), a_user("Cleo").id, "A note.")
    return marshal


def test_there_is_no_public_log_until_it_is_switched_on(busy, guest):
    assert guest.get("/moderation/log").status == 404
    assert busy.get("/moderation/log").status == 404


def test_the_public_log_names_no_moderator_and_nothing_that_is_hidden(busy, guest, ann):
    set_setting("moderation.public_log", "yes")
    page = guest.get("/moderation/log").words
    assert "A moderator locked the topic Glue" in page
    assert "A moderator banned Bert" in page
    assert "Marshal" not in page
    for hidden in ("Secret plans", "Private words.", "Cleo", "A note."):
        assert hidden not in page
    assert "Secret plans" in ann.get("/moderation/log").words  # members may read it


def test_every_page_leads_to_the_public_log_where_it_is_switched_on(busy, guest, ann):
    assert all('href="/moderation/log"' not in visitor.get("/recent").html for visitor in (guest, ann))
    set_setting("moderation.public_log", "yes")
    assert all('href="/moderation/log"' in visitor.get("/recent").html for visitor in (guest, ann))


def test_an_empty_log_says_so(guest):
    set_setting("moderation.public_log", "yes")
    assert "Nothing yet" in guest.get("/moderation/log").words


@pytest.mark.parametrize(
    ("known", "here"),
    [
        ("/flags", "/moderation"), ("/flags/7", "/moderation/flags/7"), ("/registration-queue", "/moderation"),
        ("/ip-blacklist", "/admin/networks"),
    ],
)  # fmt: skip
def test_addresses_that_other_forums_have_lead_there(keeper, known, here):
    answer = keeper.get(known)
    assert (answer.status, answer.location) == (308, here)


# --- how much waits ---


def counts(page) -> dict[str, str]:
    """The counts of the frame that are shown, by their ids."""
    return dict(re.findall(r'<span class="rail-count" id="([a-z0-9-]+)">(\d+\+?)<', page.html))


@pytest.fixture
def keeper(app):
    """Somebody who may work everything."""
    return Visitor(app, an_administrator())


@pytest.fixture
def waits(app, ann, keeper, marshal):
    """One of each: a report, a post that waits, and somebody who asks to be let in."""
    place = a_category("Crafts")
    topic = a_topic(title="Glue", in_=place)
    ann.get("/")
    ann.post(f"/post/{first_post(topic).id}/report", {"reason": "spam", "words": ""})
    set_setting("queue.on", "yes")
    ann.post(f"/topic/{topic.id}/posts", {"body": "Held back."})
    set_setting("registration.mode", "approval")
    stranger = Visitor(app)
    page = stranger.get("/register")
    secret = "four plain wooden chairs"
    stranger.submit(page, "/register", name="Zoe", email="zoe@example.org", password=secret, repeat=secret)
    return place


def test_the_frame_counts_what_waits_as_the_inbox_does(waits, ann, keeper, marshal, visit):
    shown = {"bell-count": "3", "inbox-count": "3", "inbox-menu": "3"}
    assert shown.items() <= counts(keeper.get("/recent")).items()
    assert keeper.get("/moderation").html.count('<article class="case"') == 3
    assert "Waiting 3" in keeper.get("/moderation").words
    assert "inbox-count" not in ann.get("/recent").html
    helper = a_user("Helper")
    grant("moderate", to=helper, in_=waits)
    assert counts(visit(helper).get("/recent"))["inbox-count"] == "2"  # nobody comes in through him
    elsewhere = a_user("Elsa")
    grant("moderate", to=elsewhere, in_=a_category("Far away"))
    assert 'id="inbox-count" hidden' in visit(elsewhere).get("/recent").html


def test_what_is_dealt_with_leaves_the_counts_of_all_moderators_at_once(waits, keeper, marshal):
    assert counts(marshal.get("/recent"))["inbox-count"] == "3"
    page = keeper.get("/moderation")
    case = next(form for form in page.forms if form.action.startswith("/moderation/flags/"))
    keeper.submit(page, case.action, act="rejected")
    assert counts(marshal.get("/recent"))["inbox-count"] == "2"
    assert counts(keeper.get("/recent"))["inbox-count"] == "2"


def test_what_moves_away_is_no_longer_counted(waits, visit):
    helper = a_user("Helper")
    grant("moderate", to=helper, in_=waits)
    assert counts(visit(helper).get("/recent"))["inbox-count"] == "2"
    with inside():
        topic = session().scalars(select(Topic)).one()
    change(topic, category_id=a_category("Far away").id)
    assert 'id="inbox-count" hidden' in visit(helper).get("/recent").html


def test_entries_of_the_navigation_show_how_much_is_there(waits, keeper):
    with inside(), writing():
        layout.arrange(
            [("bell", "News", "/notifications", "members"), ("shield-check", "Inbox", "/moderation", "staff")]
        )
    page = keeper.get("/recent")
    shown = {"notices-count-1": "3", "notices-menu-1": "3", "inbox-count-2": "3", "inbox-menu-2": "3"}
    assert shown.items() <= counts(page).items()
    parts = keeper.htmx.get("/live/own").parts
    assert [part.target for part in parts] == [
        "#bell-count",
        "#inbox-count",
        "#inbox-menu",
        *(f"#{key}" for key in shown),
    ]
    for part in parts:
        assert page.shows(part.html)
    assert counts(Visitor(keeper.app).get("/recent")) == {}


def test_the_counts_cost_a_moderator_nothing_while_nothing_changes(waits, keeper):
    with inside(), writing():
        layout.arrange([("shield-check", "Inbox", "/moderation", "staff")])
    for _ in range(3):
        with counting() as seen:
            keeper.get("/recent")
    assert seen == []


def test_pages_of_moderators_are_told_when_something_comes_or_goes(waits, ann, keeper, marshal, heard_here):
    page = keeper.get("/moderation")
    heard = []
    stop = pubsub.listen(heard.extend)
    case = next(form for form in page.forms if form.action.startswith("/moderation/flags/"))
    before = marshal.get("/live/state").raw.json["own"]
    keeper.submit(page, case.action, act="rejected")
    stop()
    assert {"inbox bell 0", f"inbox case flag-{case.action.rsplit('/')[-1]}"} <= set(heard)
    assert marshal.get("/live/state").raw.json["own"] != before
    with inside():
        assert "inbox" in live.audience(viewer_of(marshal.user), None, None)
        assert "inbox" not in live.audience(viewer_of(ann.user), None, None)
