"""Networks that are kept out."""

from datetime import timedelta

import pytest

from core import clock
from models import NetworkBan, Post, User
from tests.factories import PASSWORD, a_topic, a_user, number_of
from tests.visitor import Visitor, path_of


def bar(keeper, network, **more):
    """Keeps a network out."""
    page = keeper.get("/admin/networks")
    return keeper.submit(page, "/admin/networks", network=network, **more)


@pytest.mark.parametrize(
    ("network", "inside", "outside"),
    [
        ("203.0.113.0/24", "203.0.113.9", "203.0.114.9"),
        ("203.0.113.7", "203.0.113.7", "203.0.113.8"),
        ("2001:db8::/32", "2001:db8:1::5", "2001:db9::5"),
        ("203.0.113.0/24", "::ffff:203.0.113.9", "::1"),
    ],
)
def test_nobody_writes_logs_in_or_registers_from_there(app, keeper, network, inside, outside):
    topic, bert = a_topic(), a_user("Bert")
    assert bar(keeper, network, reason="Robots.").status == 303
    for address, kept_out in ((inside, True), (outside, False)):
        member = Visitor(app, bert, address)
        assert member.get(path_of(topic)).status == 200
        before = number_of(Post)
        answer = member.post(f"/topic/{topic.id}/posts", {"body": "Hello."})
        assert (answer.status == 403) == kept_out
        assert ("Robots." in answer.words) == kept_out
        assert number_of(Post) == before + (not kept_out)
        stranger = Visitor(app, None, address)
        answer = stranger.submit(stranger.get("/login"), "/login", name="Bert", password=PASSWORD)
        assert answer.status == (403 if kept_out else 303)
        people = number_of(User)
        joining = Visitor(app, None, address)
        form = {"name": "Robert", "email": "", "password": PASSWORD, "repeat": PASSWORD}
        joining.submit(joining.get("/register"), "/register", **form)
        assert number_of(User) == people + (not kept_out)


def test_it_ends_and_is_let_in_again(app, keeper):
    topic, bert = a_topic(), a_user("Bert")
    end = (clock.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    bar(keeper, "203.0.113.0/24", until=end)
    member = Visitor(app, bert, "203.0.113.9")
    member.get("/")
    refused = member.post(f"/topic/{topic.id}/posts", {"body": "Hello."})
    assert refused.status == 403
    assert "until" in refused.words
    clock.travel(timedelta(hours=2))
    assert member.post(f"/topic/{topic.id}/posts", {"body": "Hello."}).status == 303
    clock.travel(timedelta())
    page = keeper.get("/admin/networks")
    keeper.submit(page, page.forms[-1].action if "destroy" in page.forms[-1].action else destroy_of(page))
    assert number_of(NetworkBan) == 0
    assert member.post(f"/topic/{topic.id}/posts", {"body": "Hello again."}).status == 303


def destroy_of(page):
    """The address of the button that lets a network in."""
    return next(form.action for form in page.forms if form.action.endswith("/destroy"))


def test_the_same_network_is_kept_out_once(keeper):
    bar(keeper, "203.0.113.9/24", reason="Robots.")
    bar(keeper, "203.0.113.0/24", reason="Many robots.")
    assert number_of(NetworkBan) == 1
    assert "Many robots." in keeper.get("/admin/networks").words


@pytest.mark.parametrize(
    ("network", "words"),
    [
        ("zebra", "Write an address or a network"),
        ("10.0.0.0/4", "That is too wide"),
        ("2001::/16", "That is too wide"),
        ("127.0.0.0/8", "You are in this network yourself."),
    ],
)
def test_what_is_no_network_or_ones_own_is_refused(keeper, network, words):
    answer = bar(keeper, network)
    assert answer.status == 422
    assert words in answer.words
    assert number_of(NetworkBan) == 0


def test_an_administrator_is_never_kept_out(app, keeper):
    bar(keeper, "203.0.113.0/24")
    away = Visitor(app, keeper.user, "203.0.113.9")
    page = away.get("/admin/networks")
    assert away.submit(page, destroy_of(page)).status == 303


def test_members_do_not_keep_anybody_out(ann):
    ann.get("/")
    assert ann.get("/admin/networks").status == 403
    assert ann.post("/admin/networks", {"network": "203.0.113.0/24"}).status == 403
