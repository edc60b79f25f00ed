"""Digests: chosen by each, sent at their hour, once, with what is new for the reader, and ended by one click."""

from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from cli import main as command
from core import clock
from core.db import writing
from forum import digests
from models import Account, Digest
from tests.factories import (
    a_category,
    a_deleted_topic,
    a_post,
    a_private_category,
    a_topic,
    a_user,
    a_vote,
    first_post,
    inside,
    number_of,
    set_setting,
)
from tests.letters import link_in
from tests.test_mailing import bodies, confirm
from tests.test_sanctions import put
from tests.visitor import Visitor

MONDAY = datetime(2027, 3, 1, 12, tzinfo=UTC)
"""The first of a month, too."""


def at(moment: datetime) -> None:
    """It is this time now."""
    clock.travel(moment - datetime.now(UTC))


def run() -> None:
    """The job comes by."""
    with inside():
        digests.send_due()


def a_reader(app, name: str = "Ann", every: str = "week") -> Visitor:
    """A member with a confirmed address who has chosen how often he wants a digest."""
    user = a_user(name, email=f"{name.lower()}@example.org")
    confirm(user)
    visitor = Visitor(app, user)
    page = visitor.get("/me/notifications")
    visitor.submit(page, "/me/notifications", **dict.fromkeys(("mention", "reply", "topic", "vote", "follow"), "site"),
                   digest=every)  # fmt: skip
    return visitor


@pytest.fixture
def ann(server, app):
    """A member with a digest every week, on the Monday before."""
    at(MONDAY)
    return a_reader(app)


def test_a_digest_comes_on_sunday_at_its_hour_with_what_is_new(server, ann):
    liked = a_topic(title="Which glue?", by=a_user("Tom"))
    a_vote(first_post(liked), by=a_user("Vera"))
    a_post(in_=liked, by=a_user("Bob"))
    a_topic(title="My own", by=ann.user)
    ann.get("/recent")
    at(MONDAY.replace(day=7, hour=16, minute=59))
    run()
    assert server.letters == []
    at(MONDAY.replace(day=7, hour=17, minute=1))
    run()
    [letter] = server.letters
    assert letter["To"] == "ann@example.org"
    assert letter["Subject"] == "[Livery] What is new"
    assert letter["List-Id"] == "<digest.forum.example.org>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["List-Unsubscribe"][1:-1].startswith("https://forum.example.org/unsubscribe/")
    assert letter["Auto-Submitted"] == "auto-generated"
    for body in bodies(letter):
        assert "Top topics:" in body
        assert body.count("Which glue?") == 1
        assert "2 posts, 1 vote" in body
        assert "My own" not in body
        assert "every week" in body
        assert letter["List-Unsubscribe"][1:-1] in body
    assert f"/topic/{liked.id}/" in link_in(letter)
    run()
    assert len(server.letters) == 1


def test_a_digest_tells_of_unread_notices(server, ann):
    a_topic(title="Which glue?", by=a_user("Tom"), body="What do you say, @ann?")
    at(MONDAY.replace(day=7, hour=17))
    run()
    for body in bodies(server.letters[0]):
        assert "1 notice that you have not read:" in body
        assert "Tom mentioned you: Which glue?" in body


def test_nothing_new_is_no_mail(server, ann):
    a_topic(title="My own", by=ann.user)
    at(MONDAY.replace(day=7, hour=17))
    run()
    assert server.letters == []
    assert number_of(Digest, Digest.sent_at == clock.now()) == 0
    a_topic(title="Just too late", by=a_user("Tom"))
    at(MONDAY.replace(day=7, hour=18))
    run()
    assert server.letters == []
    at(MONDAY.replace(day=14, hour=17))
    run()
    assert "Just too late" in bodies(server.letters[0])[0]


def test_what_was_told_is_not_told_again(server, ann):
    a_topic(title="First", by=a_user("Tom"))
    at(MONDAY.replace(day=7, hour=17))
    run()
    a_topic(title="Second", by=a_user("Tim"))
    at(MONDAY.replace(day=14, hour=17))
    run()
    first, second = (bodies(letter)[0] for letter in server.letters)
    assert "First" in first
    assert "First" not in second
    assert "Second" in second


def test_nobody_reads_in_a_digest_what_he_may_not_see(server, ann):
    a_topic(title="Backstage talk", in_=a_private_category(for_="moderators"), by=a_user("Tom"))
    a_deleted_topic(title="Gone", by=a_user("Tim"), in_=a_category("Open"))
    at(MONDAY.replace(day=7, hour=17))
    run()
    assert server.letters == []


def test_banned_and_unconfirmed_people_get_none(server, app, marshal):
    at(MONDAY)
    banned, unsure = a_reader(app, "Ben"), a_reader(app, "Una")
    put(banned.user, "ban", by=marshal.user, days=30)
    confirm(unsure.user, confirmed=False)
    before = len(server.letters)  # the ban is told
    a_topic(title="Which glue?", by=a_user("Tom"))
    at(MONDAY.replace(day=7, hour=17))
    run()
    assert len(server.letters) == before


@pytest.mark.parametrize(
    ("every", "days"),
    [("day", [1, 2, 3, 4]), ("week", [7, 14, 21, 28]), ("biweek", [14, 28]), ("month", [1, 32, 62])],
)
def test_each_kind_has_its_days(app, every, days):
    hour = MONDAY.replace(hour=17)
    moments = [hour + timedelta(days=day) for day in range(max(days))]
    with inside():
        due = [each for each in moments if digests.last_time(every, each) == each]
        assert [1 + (each - hour).days for each in due] == days
        assert digests.last_time(every, due[-1] + timedelta(hours=23)) == due[-1]
        assert digests.next_time(every, due[0]) == due[1]


def test_those_who_have_not_chosen_get_it_as_the_site_says(server, app):
    at(MONDAY - timedelta(days=3))
    user = a_user("Ann", email="ann@example.org")
    confirm(user)
    at(MONDAY)
    a_topic(title="Which glue?", by=a_user("Tom"))
    at(MONDAY.replace(hour=17))
    run()
    assert server.letters == []  # off, as long as nobody says otherwise
    set_setting("digests.every", "day")
    run()
    assert len(server.letters) == 1
    page = Visitor(app, user).get("/me/notifications")
    assert "As the site does (every day)" in page.words


def test_one_click_ends_digests_and_nothing_else(server, app, ann):
    a_topic(title="First", by=a_user("Tom"))
    at(MONDAY.replace(day=7, hour=17))
    run()
    path = server.letters[0]["List-Unsubscribe"][1:-1].removeprefix("https://forum.example.org")
    assert "A digest of what is new" in Visitor(app).get(path).words
    answer = Visitor(app).send("POST", path, data={"List-Unsubscribe": "One-Click"})
    assert answer.status == 200
    a_topic(title="Second", by=a_user("Tim"))
    at(MONDAY.replace(day=14, hour=17))
    run()
    assert len(server.letters) == 1
    assert number_of(Digest, Digest.every == "off") == 1


def test_a_job_that_dies_between_sends_nobody_two(server, app, monkeypatch):
    at(MONDAY)
    for name in ("Ann", "Bea", "Cleo"):
        a_reader(app, name)
    a_topic(title="Which glue?", by=a_user("Tom"))
    at(MONDAY.replace(day=7, hour=17))
    real, seen = digests.send, []

    def dying(user_id, every, **more):
        if len(seen) == 1:
            raise SystemExit
        seen.append(user_id)
        return real(user_id, every, **more)

    monkeypatch.setattr(digests, "send", dying)
    with pytest.raises(SystemExit):
        run()
    monkeypatch.setattr(digests, "send", real)
    run()
    run()
    assert sorted(letter["To"] for letter in server.letters) == [
        f"{name}@example.org" for name in ("ann", "bea", "cleo")
    ]


def test_a_server_that_was_down_for_a_day_sends_none_late(server, ann):
    a_topic(title="Which glue?", by=a_user("Tom"))
    at(MONDAY.replace(day=8, hour=17))
    run()
    assert server.letters == []


def test_a_choice_that_does_not_exist_is_refused(app):
    visitor = Visitor(app, a_user())
    page = visitor.get("/me/notifications")
    kinds = dict.fromkeys(("mention", "reply", "topic", "vote", "follow"), "site")
    assert visitor.submit(page, "/me/notifications", **kinds, digest="hourly").status == 422
    assert number_of(Digest) == 0


def test_the_operator_sees_who_gets_one_and_sends_one(server, app, ann, monkeypatch):
    monkeypatch.setattr(command, "in_app", app.app_context)
    monkeypatch.setattr(command, "_prepare", lambda: None)

    def ask(*words):
        return CliRunner().invoke(command.livery, ["digests", *words])

    assert "Ann: every week; last 1 Mar 2027, 12:00 UTC; next 7 Mar 2027, 17:00 UTC" in ask().output
    assert "There is nothing new for Ann." in ask("--send", "Ann").output
    at(MONDAY.replace(hour=13))
    a_topic(title="Which glue?", by=a_user("Tom"))
    assert "Sent to Ann." in ask("--send", "Ann").output
    assert "Which glue?" in bodies(server.letters[0])[0]
    assert ask("--send", "Nobody").exit_code == 1
    with inside(), writing() as current:
        current.get_one(Account, ann.user.id).email_confirmed_at = None
    assert ask("--send", "Ann").exit_code == 1
    assert "Nobody gets digests." in ask().output
