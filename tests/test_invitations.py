"""Invitations: who may invite, what the link opens and for how long, and who sees what became of it."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from core import clock
from core.db import session, writing
from forum import groups, invitations
from models import Account, Act, Invitation, Membership, Registration, User
from tests.factories import (
    a_moderator,
    a_user,
    an_administrator,
    fresh,
    grant,
    inside,
    number_of,
    reads,
    set_setting,
    viewer_of,
)
from tests.letters import link_in
from tests.visitor import Visitor

GOOD = "four plain wooden chairs"


@pytest.fixture
def host(app):
    """A member who may invite, where nobody joins otherwise."""
    set_setting("registration.mode", "invite")
    user = a_user("Host")
    grant("invite", to=user)
    return Visitor(app, user)


def invites(visitor, addresses="nora@example.org", **fields):
    """Sends invitations from their page."""
    return visitor.submit(visitor.get("/me/invitations"), "/me/invitations", addresses=addresses, **fields)


def joins(app, link, name="Nora", **fields):
    """Opens a link and fills in its form."""
    visitor = Visitor(app, None, "203.0.113.9")
    usual = {"name": name, "password": GOOD, "repeat": GOOD}
    return visitor, visitor.submit(visitor.get(link), link, **{**usual, **fields})


@reads
def the_invitation() -> Invitation:
    """The only one."""
    return session().scalars(select(Invitation)).one()


def test_whoever_is_invited_joins_plain(host, server, app, marshal):
    page = host.follow(invites(host))
    assert "1 invitation is on its way." in page.html
    assert "nora@example.org open" in page.words
    [letter] = server.letters
    assert (letter["To"], letter["Subject"]) == ("nora@example.org", "Host invites you to Livery")
    link = link_in(letter)
    shown = Visitor(app).get(link)
    assert "Host would like to have you at Livery." in shown.words
    assert "Your address is nora@example.org" in shown.words
    visitor, answer = joins(app, link)
    assert answer.status == 303
    assert 'href="/user/nora"' in visitor.get("/").html
    assert "nora@example.org is confirmed." in visitor.get("/me/email").words
    assert len(server.letters) == 1  # no other mail asks to confirm it
    assert "Nora accepted" in host.get("/me/invitations").words
    told = host.get("/notifications")
    assert "Nora joined on your invitation" in told.words
    assert host.get(re.search(r'href="(/notifications/\d+)"', told.html)[1]).location == "/user/nora"
    assert "Invited by Host" in marshal.get("/user/nora/record").words
    assert "Invited by" not in visitor.get("/user/nora/record").words
    row = the_invitation()
    assert (row.email, row.user_id) == ("", visitor_id("Nora"))
    assert number_of(Registration, Registration.network == "203.0.113.0/24") == 1
    # the link worked once
    again = Visitor(app).get(link)
    assert again.status == 404
    assert "was used already" in again.words


def test_whoever_is_invited_joins_htmx(host, server, app):
    page = host.get("/me/invitations")
    answer = host.htmx.sends(page, "/me/invitations", addresses="nora@example.org")
    assert (answer.status, answer.location) == (303, "/me/invitations")
    link = link_in(server.letters[0])
    guest = Visitor(app)
    answer = guest.htmx.sends(guest.htmx.boosted(link), link, name="Nora", password=GOOD, repeat=GOOD)
    assert (answer.status, answer.location) == (303, "/")
    assert number_of(User, User.name == "Nora") == 1


@reads
def visitor_id(name: str) -> int:
    """The id of a person."""
    return session().scalars(select(User.id).where(User.name == name)).one()


def test_who_may_not_invite_is_told_so_and_sees_no_way_there(host, ann, guest):
    page = ann.get("/me/invitations")
    assert page.status == 403
    assert "You may not invite people." in page.words
    assert "/me/invitations" not in ann.get("/").html
    assert '"/me/invitations"' in host.get("/").html
    assert guest.get("/me/invitations").status == 302
    ann.get("/")
    assert ann.post("/me/invitations", {"addresses": "nora@example.org"}).status == 403
    assert number_of(Invitation) == 0


@pytest.mark.parametrize(("written", "words"), [
    ("", "Write an e-mail address."), ("nora", "“nora” is not an e-mail address."),
    ("good@example.org no@", "“no@” is not an e-mail address."), ("a\x00b@example.org", "is not an e-mail address."),
    ("Ann@example.org", "belongs to a member already."),
    (" ".join(f"n{number}@example.org" for number in range(51)), "At most 50 at once, please."),
])  # fmt: skip
def test_what_cannot_be_invited_is_said_and_kept_and_nothing_is_sent(host, server, written, words):
    a_user(email="ann@example.org")
    answer = invites(host, written)
    assert answer.status == 422
    assert words in answer.words
    assert answer.form("/me/invitations").fields["addresses"] == written.replace("\x00", "\x00")
    assert number_of(Invitation) == 0
    assert server.letters == []


def test_several_are_invited_at_once_and_nobody_twice(host, server):
    assert invites(host, "nora@example.org, olga@example.org\nNORA@example.org").status == 303
    assert sorted(letter["To"] for letter in server.letters) == ["nora@example.org", "olga@example.org"]
    assert "Nora@example.org is invited already." in invites(host, "Nora@example.org").words
    assert number_of(Invitation) == 2


def test_a_member_has_only_so_many_open_invitations_and_staff_any(host, visit):
    set_setting("registration.invitations_open", "2")
    assert invites(host, "a@example.org").status == 303
    refused = invites(host, "b@example.org c@example.org")
    assert "You may have 2 open invitations; open now: 1." in refused.words
    assert invites(host, "b@example.org").status == 303
    many = " ".join(f"n{number}@example.org" for number in range(5))
    assert invites(visit(an_administrator()), many).status == 303
    # one that was taken back makes room
    host.submit(host.get("/me/invitations"), f"/me/invitations/{first_of(host.user)}/withdraw")
    assert invites(host, "d@example.org").status == 303
    set_setting("registration.invitations_open", "0")
    assert invites(host, "e@example.org f@example.org").status == 303


@reads
def first_of(user: User) -> int:
    """The first invitation that somebody sent."""
    return (
        session().scalars(select(Invitation.id).where(Invitation.inviter_id == user.id).order_by(Invitation.id)).first()
    )


def test_the_link_works_for_seven_days(host, server, app):
    invites(host)
    link = link_in(server.letters[0])
    clock.travel(timedelta(days=6, hours=23))
    assert Visitor(app).get(link).status == 200
    clock.travel(timedelta(days=7, minutes=1))
    late = Visitor(app).get(link)
    assert late.status == 404
    assert "too old" in late.words
    assert "too old by now" in host.get("/me/invitations").words
    clock.travel(timedelta(days=38))
    with inside():
        invitations.forget()
    assert number_of(Invitation) == 0


def test_an_invitation_is_taken_back_by_its_sender_and_by_staff_alone(host, server, app, ann, visit):
    grant("invite", to=ann.user)
    invites(host)
    key, link = the_invitation().id, link_in(server.letters[0])
    ann.get("/")
    assert ann.post(f"/me/invitations/{key}/withdraw").status == 404
    assert ann.post(f"/admin/invitations/{key}/withdraw").status == 403
    keeper = visit(an_administrator())
    page = keeper.get("/admin/invitations")
    assert "nora@example.org open invited by Host" in page.words
    keeper.submit(page, f"/admin/invitations/{key}/withdraw")
    assert number_of(Act, Act.kind == "invitation.withdrawn") == 1
    gone = Visitor(app).get(link)
    assert gone.status == 404
    assert "This invitation was taken back." in gone.words
    assert "taken back" in host.get("/me/invitations").words


def test_what_was_accepted_is_not_taken_back(host, server, app):
    invites(host)
    page = host.get("/me/invitations")
    joins(app, link_in(server.letters[0]))
    assert host.submit(page, f"/me/invitations/{the_invitation().id}/withdraw").status == 409


@pytest.mark.parametrize("link", ["/register/nonsense", "/register/a.b"])
def test_a_made_up_link_opens_nothing(host, app, link):
    assert Visitor(app).get(link).status == 404
    guest = Visitor(app)
    guest.get("/login")
    assert guest.post(link, {"name": "Nora", "password": GOOD, "repeat": GOOD}).status == 404
    assert number_of(User, User.name == "Nora") == 0


def test_an_invitation_holds_as_long_as_its_sender_may_invite(host, server, app, visit):
    invites(host)
    link = link_in(server.letters[0])
    keeper = visit(an_administrator())
    keeper.get("/")
    ban = {"kind": "ban", "reason": "Sold them.", "days": "0"}
    assert keeper.post("/user/host/sanctions", ban).status == 303
    assert Visitor(app).get(link).status == 404
    guest = Visitor(app)
    guest.get("/login")
    assert guest.post(link, {"name": "Nora", "password": GOOD, "repeat": GOOD}).status == 404
    assert number_of(User, User.name == "Nora") == 0


def test_mistakes_are_said_and_the_link_still_works(host, server, app):
    invites(host)
    link = link_in(server.letters[0])
    _visitor, answer = joins(app, link, name="Host")
    assert answer.status == 422
    assert "This name is taken." in answer.words
    _visitor, answer = joins(app, link, repeat="other")
    assert "The two passwords are not the same." in answer.words
    _visitor, answer = joins(app, link)
    assert answer.status == 303


def test_where_a_moderator_looks_first_an_invitation_goes_past_him(host, server, app):
    set_setting("registration.mode", "approval")
    asking = Visitor(app)
    page = asking.get("/register")
    asking.submit(page, "/register", name="Nora", email="nora@example.org", password=GOOD, repeat=GOOD)
    assert number_of(Registration, Registration.state == "waiting") == 1
    invites(host)
    link = link_in(next(letter for letter in server.letters if "invites you" in letter["Subject"]))
    _visitor, answer = joins(app, link)
    assert answer.status == 303
    assert number_of(Registration, Registration.state == "waiting") == 0
    assert number_of(Account, Account.email == "nora@example.org") == 1


def test_where_registration_is_closed_no_invitation_opens_it(host, server, app):
    invites(host)
    set_setting("registration.mode", "closed")
    assert Visitor(app).get(link_in(server.letters[0])).status == 404
    page = host.get("/me/invitations")
    assert "Registration is closed." in page.words
    assert [form for form in page.forms if form.action == "/me/invitations"] == []
    host.post("/me/invitations", {"addresses": "olga@example.org"})
    assert number_of(Invitation) == 1


# --- groups ---


@pytest.fixture
def crew(host):
    """A group that the host owns."""
    with inside(), writing():
        made = groups.create("Crew", visibility="hidden")
        groups.join(host.user.id, made.id)
        session().execute(Membership.__table__.update().where(Membership.group_id == made.id).values(owner=True))
    return made


def test_one_joins_the_groups_of_who_invites(host, crew, server, app):
    assert "Crew" in host.get("/me/invitations").words
    invites(host, group=[str(crew.id)])
    link = link_in(server.letters[0])
    assert "You join: Crew." in Visitor(app).get(link).words
    joins(app, link)
    assert number_of(Membership, Membership.group_id == crew.id, Membership.user_id == visitor_id("Nora")) == 1
    assert number_of(Act, Act.kind == "group.let_in") == 1


def test_into_groups_of_others_nobody_invites(host, ann, crew):
    grant("invite", to=ann.user)
    assert "Crew" not in ann.get("/me/invitations").words
    assert invites(ann, group=[str(crew.id)]).status == 403
    administrators = next(iter(viewer_of(an_administrator()).groups))
    assert invites(host, group=[str(administrators)]).status == 403
    assert number_of(Invitation) == 0


def test_who_lost_the_group_meanwhile_lets_nobody_in(host, crew, server, app):
    invites(host, group=[str(crew.id)])
    with inside(), writing():
        groups.leave(host.user.id, crew.id)
    joins(app, link_in(server.letters[0]))
    assert number_of(Membership, Membership.user_id == visitor_id("Nora")) == 0


def test_staff_invites_into_any_group(app, server, crew):
    keeper = Visitor(app, an_administrator())
    invites(keeper, group=[str(crew.id)])
    joins(app, link_in(server.letters[0]))
    assert number_of(Membership, Membership.user_id == visitor_id("Nora")) == 1


# --- the panel ---


def test_the_panel_shows_all_to_who_administers_people(host, app, visit, ann):
    invites(host, " ".join(f"n{number}@example.org" for number in range(10)))
    helper = a_user("Helper")
    grant("admin:users", to=helper)
    page = visit(helper).get("/admin/invitations")
    assert page.words.count("invited by Host") == 10
    assert ann.get("/admin/invitations").status == 403
    assert visit(a_moderator()).get("/admin/invitations").status == 403


def test_an_empty_panel_says_so(app):
    assert "Nobody invited yet" in Visitor(app, an_administrator()).get("/admin/invitations").words


def test_the_sender_is_shown_to_staff_only_while_he_is_there(host, server, app, marshal):
    invites(host)
    joins(app, link_in(server.letters[0]))
    assert fresh(host.user) is not None
    assert "Invited by" not in marshal.get("/user/host/record").words
