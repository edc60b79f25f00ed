"""The way into the control panel, and the sections that somebody finds there."""

import re
from datetime import timedelta

import pytest
from flask_login import COOKIE_NAME
from sqlalchemy import select

from core import clock
from core.db import session
from forum import panel
from models import Group, Invitation, Membership, Sanction
from tests.factories import PASSWORD, a_group, a_user, an_administrator, grant, reads, set_setting
from tests.test_accounts import known_as, logs_in
from tests.visitor import Visitor

TITLES = {section.name: section.title for section in panel.SECTIONS}


def routes(app) -> list[tuple[str, str]]:
    """Every address of the control panel, with the method that it takes."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("admin."):
            path = re.sub(r"<[^>]*>", "1", rule.rule)
            found += [(method, path) for method in rule.methods & {"GET", "POST"}]
    return found


def test_members_are_refused_everywhere_and_guests_are_asked_to_log_in(app, ann, guest):
    ann.get("/")
    for method, path in routes(app):
        if method == "GET":
            assert ann.get(path).status == 403, path
            assert guest.get(path).location.startswith("/login?next=/admin"), path
        else:
            assert ann.post(path).status == 403, path
            assert guest.post(path).status == 403, path


def test_a_member_sees_no_way_in_and_an_administrator_does(ann, keeper):
    assert 'href="/admin"' not in ann.get("/").html
    assert 'href="/admin"' in keeper.get("/").html
    page = keeper.follow(keeper.get("/admin")) if keeper.get("/admin").status == 308 else keeper.get("/admin")
    for title in TITLES.values():
        assert title in page.words


@pytest.mark.parametrize("section", panel.SECTIONS, ids=lambda section: section.name)
def test_a_delegate_enters_what_his_right_opens_and_nothing_else(visit, section):
    helper = a_user("Helper")
    grant(section.right, to=helper)
    browser = visit(helper)
    mine = {each.name for each in panel.SECTIONS if each.right == section.right}
    for each in panel.SECTIONS:
        assert browser.get(f"/admin/{each.name}").status == (200 if each.name in mine else 403), each.name
    page = browser.get("/admin")
    for name, title in TITLES.items():
        assert (f'href="/admin/{name}"' in page.html) == (name in mine), title


def test_after_a_while_the_password_is_asked_for_again(keeper):
    assert keeper.get("/admin/settings?q=site").status == 200
    clock.travel(timedelta(minutes=61))
    asked = keeper.get("/admin/settings?q=site")
    assert asked.status == 403
    assert "Your password, please" in asked.words
    wrong = keeper.submit(asked, "/admin/prove", panel_password="not this one")
    assert "This is not your password." in wrong.words
    gone_on = keeper.submit(wrong, "/admin/prove", panel_password=PASSWORD)
    assert keeper.follow(gone_on).status == 200


def test_using_the_panel_keeps_it_open(keeper):
    for minutes in (40, 80, 120):
        clock.travel(timedelta(minutes=minutes))
        assert keeper.get("/admin/settings").status == 200


def test_a_form_that_comes_too_late_is_kept_and_goes_on_with_the_password(keeper):
    page = keeper.get("/admin/settings")
    clock.travel(timedelta(minutes=61))
    asked = keeper.submit(page, "/admin/settings/site", title="Glue")
    assert asked.status == 403
    assert "What you sent is kept" in asked.words
    assert "· Livery</title>" in keeper.get("/").html
    keeper.submit(asked, "/admin/settings/site", panel_password=PASSWORD)
    assert "· Glue</title>" in keeper.get("/").html


def test_whom_a_cookie_remembers_gives_his_password_first(app):
    keeper = an_administrator()
    browser = Visitor(app, keeper)
    with browser.client.session_transaction() as kept:
        kept.pop("proven_at")
    assert browser.get("/admin").status == 403


def test_what_somebody_else_proved_in_this_browser_opens_nothing(app, guest):
    a_user("Ann"), an_administrator()
    logs_in(guest, "Ann")
    kept = guest.cookie("session")
    remembering = Visitor(app)
    logs_in(remembering, "Keeper", remember="y")
    guest.client.set_cookie(COOKIE_NAME, remembering.cookie(COOKIE_NAME))
    guest.submit(guest.get("/"), "/logout")
    for session_cookie in (guest.cookie("session") or "", kept):  # as it is now, and as somebody kept it
        guest.client.set_cookie("session", session_cookie)
        guest.client.set_cookie(COOKIE_NAME, remembering.cookie(COOKIE_NAME))
        assert known_as(guest) == "Keeper"
        assert guest.get("/admin").status == 403
        assert 'name="current"' in guest.get("/me/password").html


def test_the_password_cannot_be_guessed_there(keeper):
    clock.travel(timedelta(minutes=61))
    for _ in range(5):
        asked = keeper.post("/admin/prove", {"panel_password": "a guess"})
    assert "This is not your password." in asked.words
    asked = keeper.post("/admin/prove", {"panel_password": PASSWORD})
    assert "too many tries" in asked.words


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "/logout", "/me/password"])
def test_the_way_on_stays_in_the_panel(keeper, address):
    assert keeper.post("/admin/prove", {"next": address}).location == "/admin"


# --- acts elsewhere that change who holds rights over others ---

HELPERS = {"name": "Helpers", "visibility": "public", "colour": "#1d4ed8"}


@reads
def power() -> list[object]:
    """Who is in which group, what groups are like, who is invited, and what was done to people."""
    columns = (
        (Membership.group_id, Membership.user_id, Membership.owner),
        (Group.id, Group.visibility),
        (Invitation.id,),
        (Sanction.id,),
    )
    return [sorted(map(tuple, session().execute(select(*each)))) for each in columns]


@pytest.mark.parametrize(
    ("address", "sends"),
    [
        ("/groups/administrators/invitations", {"who": "Ann"}),
        ("/groups/moderators/invitations", {"who": "Ann"}),
        ("/groups/administrators/members/{Zoe}", {"rank": "out"}),
        ("/groups/helpers/members/{Bert}", {"rank": "owner"}),
        ("/groups/helpers/edit", HELPERS),
        ("/groups/helpers/membership", {"member": "0"}),
        ("/groups/helpers/destroy", {"name": "Helpers"}),
        ("/me/invitations", {"addresses": "new@example.org", "group": "{helpers}"}),
        ("/user/zoe/sanctions", {"kind": "ban", "reason": "Gone.", "days": "7"}),
        ("/user/zoe/remove", {}),
    ],
)
def test_a_session_alone_gives_and_takes_no_rights_over_others(keeper, address, sends):
    a_user("Ann")
    bert, zoe = a_user("Bert"), an_administrator("Zoe")
    helpers = a_group("Helpers", of=[keeper.user, bert], visibility="private")
    grant("admin:users", to="helpers")
    set_setting("registration.mode", "invite")
    names = {"Zoe": zoe.id, "Bert": bert.id, "helpers": helpers.id}
    address, sends = address.format(**names), {name: value.format(**names) for name, value in sends.items()}
    keeper.get("/")
    before = power()
    clock.travel(timedelta(minutes=61))
    asked = keeper.post(address, sends)
    assert asked.status == 403
    assert "This changes who holds rights over others here" in asked.words
    wrong = keeper.submit(asked, address, panel_password="not this one")
    assert "This is not your password." in wrong.words
    assert power() == before
    assert keeper.submit(wrong, address, panel_password=PASSWORD).status == 303
    assert power() != before


def test_other_groups_and_other_people_take_no_password(keeper):
    a_group("Club", of=[a_user("Bert")], visibility="private")
    keeper.get("/")
    clock.travel(timedelta(minutes=61))
    assert keeper.post("/groups/club/invitations", {"who": "Bert"}).status == 422
    assert keeper.post("/groups/club/edit", {**HELPERS, "name": "Club"}).status == 303
    assert keeper.post("/user/bert/sanctions", {"kind": "ban", "reason": "Spam.", "days": "7"}).status == 303


def test_who_may_not_do_it_is_refused_before_a_password_is_asked(ann):
    an_administrator("Zoe")
    ann.get("/")
    clock.travel(timedelta(minutes=61))
    for address in ("/groups/administrators/invitations", "/user/zoe/sanctions"):
        answer = ann.post(address, {"who": "Ann", "kind": "ban", "reason": "x", "days": "7"})
        assert (answer.status, "password" in answer.words) == (403, False)
