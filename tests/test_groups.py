"""Groups: the built-in ones, badges, joining and leaving."""

import csv
import re

import pytest

from core.db import session, writing
from forum import groups, handles, privileges, viewers
from forum.refusals import Conflict
from models import Candidacy, Grant, Group, Handle, Membership
from tests import factories
from tests.factories import (
    a_category,
    a_private_category,
    a_topic,
    a_user,
    an_administrator,
    fresh,
    grant,
    group_id,
    inside,
    number_of,
    viewer_of,
)
from tests.visitor import path_of


def test_a_new_site_has_the_built_in_groups_with_their_rights(app):
    with inside():
        known = viewers.builtin_groups()
        assert set(known) == set(groups.BUILT_IN)
        for slug, rights in privileges.DEFAULT_GRANTS.items():
            held = {grant.right for grant in session().query(Grant).filter(Grant.group_id == known[slug])}
            assert held == set(rights)
    assert number_of(Handle, Handle.kind == "group") == len(groups.BUILT_IN)


def test_laying_the_foundation_again_changes_nothing(app):
    before = number_of(Grant)
    with inside(), writing():
        groups.lay_foundation()
    assert (number_of(Group), number_of(Grant)) == (len(groups.BUILT_IN), before)


def test_a_member_of_a_group_wears_its_badge(guest):
    ann = a_user("Ann")
    with inside(), writing():
        team = groups.create("The Team", title="Team", colour="#1d4ed8", icon="star")
        groups.join(ann.id, team.id)
        groups.join(ann.id, team.id)
    assert fresh(team).members == 1
    page = guest.get(path_of(a_topic(by=fresh(ann))))
    assert "Ann (offline) Team wrote" in page.words
    assert f'class="badge group-badge g-{team.id}"' in page.html
    assert f".g-{team.id}{{--tint:#1d4ed8" in guest.get("/colours.css").html


def test_a_group_without_title_has_no_badge(app):
    ann = a_user("Ann")
    with inside(), writing():
        team = groups.create("Quiet ones")
        groups.join(ann.id, team.id)
    assert (fresh(ann).badges, team.slug) == ([], "quiet-ones")


def test_leaving_takes_badge_and_rights_away(app):
    ann = a_user("Ann", groups_of=["moderators"])
    with inside(), writing():
        groups.leave(ann.id, group_id("moderators"))
        groups.leave(ann.id, group_id("moderators"))
    assert fresh(ann).badges == []
    assert number_of(Membership, Membership.user_id == ann.id) == 0
    with inside():
        assert "moderate" not in privileges.rights(viewer_of(ann))
        assert session().get(Group, group_id("moderators")).members == 0


def test_the_last_administrator_stays_one(app):
    first, second = an_administrator("First"), an_administrator("Second")
    with inside(), writing():
        groups.leave(first.id, group_id("administrators"))
    with inside(), pytest.raises(Conflict), writing():
        groups.leave(second.id, group_id("administrators"))
    with inside():
        assert viewer_of(second).administrator
        assert not viewer_of(first).administrator


def test_a_group_and_a_person_of_the_same_name_have_two_handles(app):
    ann = a_user("Glue")
    with inside(), writing():
        team = groups.create("Glue")
    assert (ann.slug, team.slug) == ("glue", "glue-2")


def test_a_handle_is_never_given_out_twice(app):
    with inside(), writing():
        assert handles.claim("Glue", "user", 1) == "glue"
        assert handles.free("glue") == "glue-2"
        assert handles.claim("GLUE", "group", 1) == "glue-2"
        assert handles.free("Glue") == "glue-3"


@pytest.mark.parametrize("name", sorted(handles.RESERVED))
def test_reserved_handles_are_given_to_nobody(app, name):
    with inside(), writing():
        assert handles.claim(name, "user", 1) == f"{name}-2"


def test_addresses_of_handles(app):
    a_user("Ann")
    with inside():
        assert handles.addresses(["ann", "nobody", "administrators"]) == {"ann": "/user/ann"}
        assert handles.addresses([]) == {}


def test_guests_and_members_are_in_their_built_in_groups(app):
    ann = a_user("Ann")
    with inside():
        known = viewers.builtin_groups()
        assert viewers.guest().groups == {known["guests"]}
        member = viewers.member(ann.id)
        assert member
        assert member.groups == {known["registered"]}
        assert viewers.member(99999) is None


# --- pages ---


def a_group(visit, *, by=None, **fields) -> str:
    """The slug of a group that an administrator (or somebody else) made through the form."""
    maker = visit(by) if by else visit(an_administrator("Founder"))
    given = {
        "name": "Glue club",
        "visibility": "public",
        "colour": "#1d4ed8",
        "leavable": "1",
        "requests": "1",
        **fields,
    }
    made = maker.post("/groups/new", given)
    assert made.status == 303, made.words
    return made.location.removeprefix("/groups/")


def is_in(user, slug: str) -> bool:
    """Whether somebody is a member."""
    return number_of(Membership, Membership.user_id == user.id, Membership.group_id == group_id(slug)) == 1


def test_the_directory_lists_searches_and_sorts(visit, guest):
    for name in ("Wood", "Glue"):
        a_group(visit, by=an_administrator(f"Maker of {name}"), name=name)
    ann = a_user("Ann")
    visit(ann).post("/groups/wood/membership", {"member": "1"})
    page = guest.get("/groups").words
    assert page.index("Glue") < page.index("Wood")
    page = guest.get("/groups?sort=members").words
    assert page.index("Wood") < page.index("Glue")
    assert "Wood" not in guest.get("/groups?q=glu").words
    assert "No name has these letters in it." in guest.get("/groups?q=zebra").words
    assert guest.get("/groups?sort=zebra").status == 400


def test_the_built_in_principals_are_no_groups_of_people(guest, keeper_of_groups):
    for slug in ("registered", "guests", "banned"):
        assert guest.get(f"/groups/{slug}").status == 404
        assert keeper_of_groups.get(f"/groups/{slug}").status == 404
    assert "Administrators" in guest.get("/groups").words


@pytest.fixture
def keeper_of_groups(visit):
    """An administrator's browser."""
    return visit(an_administrator("Warden"))


def test_anybody_joins_and_leaves_a_public_group_and_wears_its_badge_meanwhile(visit, guest):
    slug, ann = a_group(visit, title="Gluer"), a_user("Ann")
    browser = visit(ann)
    browser.submit(browser.get(f"/groups/{slug}"), f"/groups/{slug}/membership", member="1")
    assert is_in(ann, slug)
    assert "Gluer" in guest.get("/user/ann").words
    browser.submit(browser.get(f"/groups/{slug}"), f"/groups/{slug}/membership", member="0")
    assert not is_in(ann, slug)
    assert "Gluer" not in guest.get("/user/ann").words


def test_a_private_group_takes_a_request_and_an_owner_says_yes_or_no(visit):
    owner, ann, bob = a_user("Olga"), a_user("Ann"), a_user("Bob")
    grant("group:create", to=owner)
    slug = a_group(visit, by=owner, visibility="private")
    for person in (ann, bob):
        browser = visit(person)
        browser.post(f"/groups/{slug}/membership", {"member": "1"})
        assert "Your request waits" in browser.get(f"/groups/{slug}").words
        assert not is_in(person, slug)
    chief = visit(owner)
    page = chief.get(f"/groups/{slug}")
    assert "Ann asks to join" in page.words
    chief.submit(page, f"/groups/{slug}/candidates/{ann.id}", accept="1")
    chief.submit(page, f"/groups/{slug}/candidates/{bob.id}", accept="0")
    assert is_in(ann, slug)
    assert not is_in(bob, slug)
    assert number_of(Candidacy) == 0


def test_an_invitation_is_accepted_or_declined(visit):
    owner, ann, bob = an_administrator("Olga"), a_user("Ann"), a_user("Bob")
    slug = a_group(visit, by=owner, visibility="hidden")
    chief = visit(owner)
    for name in ("ann", "Bob"):
        chief.submit(chief.get(f"/groups/{slug}"), f"/groups/{slug}/invitations", who=name)
    assert "You are invited." in visit(ann).get(f"/groups/{slug}").words
    visit(ann).post(f"/groups/{slug}/membership", {"member": "1"})
    visit(bob).post(f"/groups/{slug}/membership", {"member": "0"})
    assert is_in(ann, slug)
    assert not is_in(bob, slug)
    assert visit(bob).get(f"/groups/{slug}").status == 404


def test_a_hidden_group_is_hidden_everywhere(visit, guest):
    owner, ann = an_administrator("Olga"), a_user("Ann")
    slug = a_group(visit, by=owner, name="Secret society", title="Secret", visibility="hidden")
    topic = a_topic(by=owner, body=f"We are @{slug}.")
    for browser in (guest, visit(ann)):
        assert "Secret" not in browser.get("/groups").words
        assert browser.get(f"/groups/{slug}").status == 404
        assert "Secret" not in browser.get("/user/olga").words
        assert f"/groups/{slug}" not in browser.get(path_of(topic)).html
    assert visit(ann).post(f"/groups/{slug}/membership", {"member": "1"}).status == 404
    assert "Secret society" in visit(owner).get("/groups").words


def test_a_mention_of_a_group_leads_to_it(visit, guest):
    slug = a_group(visit)
    topic = a_topic(body=f"What does @{slug} say, and @registered?")
    page = guest.get(path_of(topic)).html
    assert f'<a class="mention" href="/groups/{slug}">@{slug}</a>' in page
    assert "/groups/registered" not in page


def test_the_page_of_a_group_shows_what_members_wrote_and_the_reader_may_read(visit, guest):
    ann = a_user("Ann")
    slug = a_group(visit)
    visit(ann).post(f"/groups/{slug}/membership", {"member": "1"})
    a_topic(by=ann, title="Open words")
    a_topic(by=ann, title="Closed words", in_=a_private_category(for_="moderators"))
    page = guest.get(f"/groups/{slug}")
    assert "Open words" in page.words
    assert "Closed words" not in page.words
    assert "Ann" in page.words


def test_owners_are_made_and_people_put_out(visit):
    slug, ann = a_group(visit), a_user("Ann")
    founder = visit(an_administrator("Second"))
    visit(ann).post(f"/groups/{slug}/membership", {"member": "1"})
    assert visit(ann).get(f"/groups/{slug}/edit").status == 403
    founder.post(f"/groups/{slug}/members/{ann.id}", {"rank": "owner"})
    assert visit(ann).get(f"/groups/{slug}/edit").status == 200
    founder.post(f"/groups/{slug}/members/{ann.id}", {"rank": "out"})
    assert not is_in(ann, slug)


def test_nobody_leaves_where_that_is_switched_off(visit):
    slug, ann = a_group(visit, leavable="0"), a_user("Ann")
    visit(ann).post(f"/groups/{slug}/membership", {"member": "1"})
    assert visit(ann).post(f"/groups/{slug}/membership", {"member": "0"}).status == 403
    assert is_in(ann, slug)


def test_who_may_not_make_or_manage_groups_cannot(visit, ann, guest):
    slug = a_group(visit)
    fields = {"name": "Mine", "visibility": "public", "colour": "#1d4ed8"}
    assert ann.post("/groups/new", fields).status == 403
    for path in ("edit", "invitations", "destroy", f"members/{ann.user.id}", f"candidates/{ann.user.id}"):
        assert (
            ann.post(f"/groups/{slug}/{path}", {**fields, "rank": "owner", "accept": "1", "who": "ann"}).status == 403
        )
        assert guest.post(f"/groups/{slug}/{path}", fields).status == 403
    assert not is_in(ann.user, slug)


def test_a_delegate_of_groups_cannot_give_himself_rights_by_joining(visit):
    helper, slug = a_user("Helper"), a_group(visit, visibility="private", name="Keyholders")
    grant("admin:groups", to=helper)
    browser = visit(helper)
    assert browser.get(f"/groups/{slug}/edit").status == 200
    grant("ban", to=slug)
    assert browser.get(f"/groups/{slug}/edit").status == 403
    for group in (slug, "moderators", "administrators"):
        assert browser.post(f"/groups/{group}/invitations", {"who": "Helper"}).status == 403
        assert not is_in(helper, group)


def test_administrators_are_made_by_administrators_and_the_last_one_stays(visit):
    founder, ann = an_administrator("Founder"), a_user("Ann")
    browser = visit(founder)
    assert browser.post(f"/groups/administrators/members/{founder.id}", {"rank": "out"}).status == 409
    assert browser.post("/groups/administrators/membership", {"member": "0"}).status == 409
    browser.post("/groups/administrators/invitations", {"who": "Ann"})
    assert is_in(ann, "administrators")
    assert visit(ann).get("/admin").status == 200
    assert browser.post("/groups/administrators/membership", {"member": "0"}).status == 303
    assert not is_in(founder, "administrators")
    assert browser.get("/admin").status == 403


def test_a_group_is_changed_and_removed(visit, guest):
    slug, ann = a_group(visit, title="Gluer"), a_user("Ann")
    visit(ann).post(f"/groups/{slug}/membership", {"member": "1"})
    browser = visit(an_administrator("Second"))
    page = browser.get(f"/groups/{slug}/edit")
    browser.submit(page, f"/groups/{slug}/edit", title="", visibility="public")
    assert fresh(ann).badges == []
    browser.submit(browser.get(f"/groups/{slug}/edit"), f"/groups/{slug}/edit", title="Sticky", visibility="public")
    assert "Sticky" in guest.get("/user/ann").words
    question = browser.get(f"/groups/{slug}/destroy")
    assert "members stay, but lose the badge" in question.words
    refused = browser.submit(question, f"/groups/{slug}/destroy", name="Other")
    assert refused.status == 422
    assert "This is not the name of the group." in refused.words
    browser.submit(question, f"/groups/{slug}/destroy", name="glue Club")
    assert guest.get(f"/groups/{slug}").status == 404
    assert fresh(ann).badges == []
    assert browser.post("/groups/moderators/destroy").status == 403


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", "x"), ("name", "x" * 61), ("colour", "red"), ("visibility", "odd"), ("title", "x" * 41)],
)
def test_a_group_that_cannot_be_is_refused(keeper_of_groups, field, value):
    given = {"name": "Glue club", "visibility": "public", "colour": "#1d4ed8", field: value}
    before = number_of(Group)
    assert keeper_of_groups.post("/groups/new", given).status == 422
    assert number_of(Group) == before


def test_two_groups_of_one_name_are_refused(visit):
    a_group(visit)
    again = {"name": "glue CLUB", "visibility": "public", "colour": "#1d4ed8"}
    assert visit(an_administrator("Other")).post("/groups/new", again).status == 422


def test_a_person_chooses_which_badges_are_shown_and_in_which_order(ann, guest):
    first, second = (factories.a_group(name, of=[ann.user], title=name) for name in ("Glue", "Wood"))
    other = factories.a_group("Metal", title="Metal")
    name = re.compile(r'class="badge group-badge g-(\d+)"')

    def shown() -> list[int]:
        return [int(key) for key in name.findall(guest.get(f"/user/{ann.user.slug}").html)]

    assert shown() == [first.id, second.id]
    assert 'href="/me/badges"' in ann.get("/groups/glue").html
    page = ann.get("/me/badges")
    assert page.html.index("Glue") < page.html.index("Wood")
    assert "Metal" not in page.words
    places = {f"place-{first.id}": "2", f"place-{second.id}": "1"}
    ann.post("/me/badges", {**places, "worn": [str(first.id), str(second.id), str(other.id)]})
    assert shown() == [second.id, first.id]
    assert ann.get("/me/badges").html.index("Wood") < ann.get("/me/badges").html.index("Glue")
    ann.post("/me/badges", {"worn": [str(first.id)]})
    assert shown() == [first.id]
    ann.post("/me/badges", {})
    assert shown() == []
    assert guest.get("/me/badges").location.startswith("/login")


def test_members_are_found_by_name(guest):
    group = factories.a_group("Team", of=[a_user("Anton"), a_user("Berta")], visibility="public")
    found = guest.get(f"/groups/{group.slug}?q=ANT").html
    assert ("Anton" in found, "Berta" in found) == (True, False)
    assert "No name has these letters in it." in guest.get(f"/groups/{group.slug}?q=zzz").words


def test_requests_are_switched_off_and_invitations_stay(visit, guest):
    slug, ann, bob = a_group(visit, visibility="private"), a_user("Ann"), a_user("Bob")
    asking = visit(bob)
    asking.post(f"/groups/{slug}/membership", {"member": "1"})
    founder = visit(an_administrator("Second"))
    page = founder.get(f"/groups/{slug}/edit")
    founder.submit(page, f"/groups/{slug}/edit", visibility="private", requests="0")
    browser = visit(ann)
    page = browser.get(f"/groups/{slug}")
    assert "Ask to join" not in page.words
    assert "Nobody asks to join this group: its owners invite whom they want." in page.words
    assert "Log in to join" not in guest.get(f"/groups/{slug}").words
    assert "by invitation" in guest.get("/groups").words
    refused = browser.post(f"/groups/{slug}/membership", {"member": "1"})
    assert (refused.status, "Nobody asks to join" in refused.words) == (403, True)
    assert number_of(Candidacy, Candidacy.user_id == ann.id) == 0
    assert "Bob asks to join" in founder.get(f"/groups/{slug}").words
    founder.post(f"/groups/{slug}/invitations", {"who": "Ann"})
    browser.submit(browser.get(f"/groups/{slug}"), f"/groups/{slug}/membership", member="1")
    assert is_in(ann, slug)


def test_a_group_with_requests_is_asked_as_before(visit):
    slug, ann = a_group(visit, visibility="private"), a_user("Ann")
    browser = visit(ann)
    assert "Ask to join" in browser.get(f"/groups/{slug}").words
    browser.post(f"/groups/{slug}/membership", {"member": "1"})
    assert number_of(Candidacy, Candidacy.user_id == ann.id) == 1
    browser.post(f"/groups/{slug}/membership", {"member": "1"})
    assert number_of(Candidacy, Candidacy.user_id == ann.id) == 1


def test_the_last_owner_stays_one_until_somebody_else_is(visit):
    owner, ann = a_user("Olga"), a_user("Ann")
    grant("group:create", to=owner)
    slug = a_group(visit, by=owner)
    visit(ann).post(f"/groups/{slug}/membership", {"member": "1"})
    chief = visit(owner)
    for path, fields in (("membership", {"member": "0"}), (f"members/{owner.id}", {"rank": "member"})):
        refused = chief.post(f"/groups/{slug}/{path}", fields)
        assert (refused.status, "A group needs an owner" in refused.words) == (409, True)
    assert visit(an_administrator("Second")).post(f"/groups/{slug}/members/{owner.id}", {"rank": "out"}).status == 409
    assert is_in(owner, slug)
    chief.post(f"/groups/{slug}/members/{ann.id}", {"rank": "owner"})
    assert chief.post(f"/groups/{slug}/membership", {"member": "0"}).status == 303
    assert not is_in(owner, slug)
    assert visit(ann).get(f"/groups/{slug}/edit").status == 200


def test_the_page_shows_posts_of_the_categories_that_were_chosen(visit, guest):
    owner = an_administrator("Olga")
    slug, (tools, wood, secret) = (
        a_group(visit, by=owner),
        (a_category("Tools"), a_category("Wood"), a_private_category()),
    )
    for place, title in ((tools, "A sharp chisel"), (wood, "Oak or ash"), (secret, "Hidden words")):
        a_topic(by=owner, in_=place, title=title)
    chief = visit(owner)

    def shown(browser) -> list[bool]:
        words = browser.get(f"/groups/{slug}").words
        return [title in words for title in ("A sharp chisel", "Oak or ash", "Hidden words")]

    assert (shown(guest), shown(chief)) == ([True, True, False], [True, True, True])
    page = chief.get(f"/groups/{slug}/edit")
    chief.submit(page, f"/groups/{slug}/edit", visibility="public", **{f"place-{wood.id}": "1"})
    assert (shown(guest), shown(chief)) == ([False, True, False], [False, True, False])
    ticked = chief.get(f"/groups/{slug}/edit").html
    assert f'name="place-{wood.id}" value="1" checked' in ticked
    assert f'name="place-{tools.id}" value="1">' in ticked
    chief.submit(page, f"/groups/{slug}/edit", visibility="public", **{f"place-{secret.id}": "1"})
    assert shown(guest) == [False, False, False]
    chief.submit(page, f"/groups/{slug}/edit", visibility="public")
    assert shown(guest) == [True, True, False]


def test_what_was_chosen_follows_a_category_into_another(visit, guest):
    owner = an_administrator("Olga")
    slug, tools, wood = a_group(visit, by=owner), a_category("Tools"), a_category("Wood")
    a_topic(by=owner, in_=tools, title="A sharp chisel")
    chief = visit(owner)
    page = chief.get(f"/groups/{slug}/edit")
    chief.submit(page, f"/groups/{slug}/edit", visibility="public", **{f"place-{tools.id}": "1"})
    chief.post(f"/admin/categories/{tools.id}/merge", {"into": str(wood.id)})
    assert "A sharp chisel" in guest.get(f"/groups/{slug}").words


def test_an_owner_chooses_only_among_what_he_may_read_and_keeps_what_others_chose(visit):
    owner = a_user("Olga")
    grant("group:create", to=owner)
    slug, wood, secret = (
        a_group(visit, by=owner),
        a_category("Wood"),
        a_private_category("Backstage", for_="moderators"),
    )
    chief, warden = visit(owner), visit(an_administrator("Warden"))
    address, both = f"/groups/{slug}/edit", {f"place-{wood.id}": "1", f"place-{secret.id}": "1"}
    assert "Backstage" not in chief.get(address).words
    chief.submit(chief.get(address), address, visibility="public", **both)
    group = session_group(slug)
    assert fresh(group).shown_in == [wood.id]
    warden.submit(warden.get(address), address, visibility="public", **both)
    assert fresh(group).shown_in == [wood.id, secret.id]
    chief.submit(chief.get(address), address, visibility="public", **{f"place-{wood.id}": "0"})
    assert fresh(group).shown_in == [secret.id]


def session_group(slug: str) -> Group:
    """A group by its handle."""
    with inside():
        return session().get_one(Group, group_id(slug))


def test_who_manages_a_group_takes_its_members_along_as_a_table(visit, guest):
    owner, ann = a_user("Olga"), a_user("=1+1")
    grant("group:create", to=owner)
    slug = a_group(visit, by=owner, visibility="private")
    factories.a_group("Other", of=[a_user("Carl")])
    with inside(), writing():
        groups.join(ann.id, group_id(slug))
    address = f"/groups/{slug}/members.csv"
    assert address in visit(owner).get(f"/groups/{slug}").html
    for browser in (visit(owner), visit(an_administrator("Warden"))):
        answer = browser.get(address)
        assert answer.headers["Content-Disposition"] == f'attachment; filename="members-{slug}.csv"'
        rows = list(csv.reader(answer.html.splitlines()))
        assert rows[0] == ["name", "handle", "rank", "joined the site", "posts"]
        assert [row[:3] for row in rows[1:]] == [["Olga", "olga", "owner"], ["'=1+1", ann.slug, "member"]]
        assert "@" not in answer.html
    assert visit(ann).get(address).status == 403
    assert address not in visit(ann).get(f"/groups/{slug}").html
    assert guest.get(address).location.startswith("/login")


def notices_of(browser) -> list[str]:
    """What somebody is told, the newest first."""
    return re.findall(r'class="notice-link" href="/notifications/\d+">([^<]*)</a>', browser.get("/notifications").html)


def leads_to(browser) -> str:
    """Where the newest notice leads."""
    return browser.get(re.search(r'href="(/notifications/\d+)"', browser.get("/notifications").html)[1]).location


def test_owners_are_told_of_requests_and_who_asked_of_the_answer(visit):
    owner, ann, bob = a_user("Olga"), a_user("Ann"), a_user("Bob")
    grant("group:create", to=owner)
    slug, chief = a_group(visit, by=owner, visibility="private"), visit(owner)
    for person in (ann, bob):
        visit(person).post(f"/groups/{slug}/membership", {"member": "1"})
    assert notices_of(chief) == ["Bob and Ann ask to join a group of yours"]
    visit(bob).post(f"/groups/{slug}/membership", {"member": "0"})
    assert notices_of(chief) == ["Ann asks to join a group of yours"]
    assert leads_to(chief) == f"/groups/{slug}"
    chief.post(f"/groups/{slug}/candidates/{ann.id}", {"accept": "1"})
    assert notices_of(visit(ann)) == ["Olga let you into a group"]
    assert leads_to(visit(ann)) == f"/groups/{slug}"
    assert notices_of(visit(bob)) == []


def test_who_is_invited_is_told_until_that_is_taken_back(visit):
    owner, ann = an_administrator("Olga"), a_user("Ann")
    slug, chief = a_group(visit, by=owner, visibility="hidden"), visit(owner)
    chief.post(f"/groups/{slug}/invitations", {"who": "Ann"})
    assert notices_of(visit(ann)) == ["Olga invites you to a group"]
    assert leads_to(visit(ann)) == f"/groups/{slug}"
    assert "You are invited." in visit(ann).get(f"/groups/{slug}").words
    other = a_group(visit, by=an_administrator("Otto"), name="Other", visibility="private")
    chief.post(f"/groups/{other}/invitations", {"who": "Ann"})
    chief.post(f"/groups/{other}/candidates/{ann.id}", {"accept": "0"})
    assert notices_of(visit(ann)) == ["Olga invites you to a group"]
