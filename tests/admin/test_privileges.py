"""The editor of rights: who may do what where, who may give it, and why."""

import re

import pytest

from core.config import ROOT
from forum import granting, privileges
from models import Act, Grant
from tests.factories import (
    a_category,
    a_group,
    a_moderator,
    a_private_category,
    a_topic,
    a_user,
    change,
    fresh,
    grant,
    group_id,
    number_of,
)
from tests.visitor import path_of


def matrix_of(browser, place=0, show="viewing"):
    """The page of a place."""
    return browser.get(f"/admin/privileges?place={place}&show={show}")


def cells(page) -> set[str]:
    """The boxes that are ticked."""
    return set(re.findall(r'name="cell" value="([^"]*)"[^>]* checked', page.html))


def save(browser, place, show, ticked):
    """Sends the table with these boxes ticked."""
    page = matrix_of(browser, place, show)
    lines = re.findall(r'name="line" value="([^"]*)"', page.html)
    return browser.post("/admin/privileges", {"place": str(place), "show": show, "line": lines, "cell": list(ticked)})


def test_a_category_inherits_until_it_has_rights_of_its_own(keeper, guest):
    top = a_category("Top")
    below = a_category("Below", parent_id=top.id)
    assert "It has the rights of the whole site." in matrix_of(keeper, below.id).words
    keeper.post("/admin/privileges/own", {"place": str(top.id), "own": "1"})
    assert "This category has rights of its own." in matrix_of(keeper, top.id).words
    assert "It has the rights of Top, above it." in matrix_of(keeper, below.id).words
    assert guest.get(f"/category/{below.id}/below").status == 200
    mine = cells(matrix_of(keeper, top.id)) - {f"g{group_id('guests')}:{right}" for right in ("find", "read")}
    assert save(keeper, top.id, "viewing", mine).status == 303
    assert guest.get(f"/category/{top.id}/top").status == 404
    assert guest.get(f"/category/{below.id}/below").status == 404
    keeper.post("/admin/privileges/own", {"place": str(top.id), "own": "0"})
    assert guest.get(f"/category/{below.id}/below").status == 200
    assert number_of(Grant, Grant.category_id == top.id) == 0


def test_rights_of_its_own_begin_as_those_that_counted(keeper, guest):
    place = a_category("Place")
    before = cells(matrix_of(keeper, 0))
    keeper.post("/admin/privileges/own", {"place": str(place.id), "own": "1"})
    assert cells(matrix_of(keeper, place.id)) == before
    assert guest.get(f"/category/{place.id}/place").status == 200


def test_rights_are_copied_from_another_category(keeper, guest):
    private, place = a_private_category("Backstage"), a_category("Place")
    keeper.post("/admin/privileges/own", {"place": str(place.id), "own": "1"})
    keeper.post("/admin/privileges/own", {"place": str(place.id), "own": "1", "like": str(private.id)})
    assert guest.get(f"/category/{place.id}/place").status == 404
    assert cells(matrix_of(keeper, place.id)) == cells(matrix_of(keeper, private.id))


def test_a_category_is_closed_to_all_but_one_group(keeper, ann, guest, visit):
    bert, place = a_user("Bert"), a_category("Place")
    team = a_group("Team", of=[bert])
    grant("moderate", to=ann.user, in_=place)
    topic, inside = a_topic(in_=place), visit(bert)
    page = keeper.get(f"/admin/privileges?place={place.id}")
    answer = keeper.submit(page, "/admin/privileges/group", group=str(team.id))
    assert "Only “Team” and the staff see it now." in keeper.follow(answer).html
    address = f"/category/{place.id}/place"
    readers = (guest, visit(a_user("Carl")), inside, keeper, ann, visit(a_moderator()))
    assert [reader.get(address).status for reader in readers] == [404, 404, 200, 200, 200, 200]
    assert inside.get(f"/topic/{topic.id}/reply").status == 200
    assert keeper.post("/admin/privileges/group", {"place": str(place.id), "group": "9999"}).status == 404
    assert ann.post("/admin/privileges/group", {"place": str(place.id), "group": str(team.id)}).status == 403


def test_an_inherited_table_cannot_be_changed_there(keeper):
    place = a_category("Place")
    page = matrix_of(keeper, place.id)
    assert not re.search(r'name="cell"(?![^>]*disabled)', page.html)
    answer = save(keeper, place.id, "viewing", [])
    assert answer.status == 422
    assert "This category has its parent" in answer.words


def test_a_change_counts_at_once_for_everybody(keeper, ann, guest):
    topic = a_topic()
    assert guest.get(path_of(topic)).status == 200
    save(keeper, 0, "viewing", cells(matrix_of(keeper)) - {f"g{group_id('guests')}:topics:read"})
    assert guest.get(path_of(topic)).status == 403
    assert ann.get(path_of(topic)).status == 200


def test_what_is_implied_is_shown_as_implied(keeper):
    page = matrix_of(keeper, 0)
    line = re.search(rf'<tr id="line-g{group_id("administrators")}">.*?</tr>', page.html, re.DOTALL)[0]
    assert line.count('aria-label="implied"') == 5
    assert "checkbox" not in line
    line = re.search(rf'<tr id="line-g{group_id("moderators")}">.*?</tr>', page.html, re.DOTALL)[0]
    assert 'aria-label="implied"' in line


def test_a_person_is_given_a_right_of_his_own(keeper, visit):
    ann = a_user("Ann")
    place = a_private_category("Backstage", for_="moderators")
    browser = visit(ann)
    assert browser.get(f"/category/{place.id}/backstage").status == 404
    there = keeper.get("/admin/privileges/find", {"who": "ann", "place": place.id, "show": "viewing"})
    assert f"with=u{ann.id}" in there.location
    page = keeper.follow(there)
    assert f'value="u{ann.id}:find"' in page.html
    lines = re.findall(r'name="line" value="([^"]*)"', page.html)
    ticked = [*cells(page), f"u{ann.id}:find", f"u{ann.id}:read"]
    keeper.post("/admin/privileges", {"place": str(place.id), "show": "viewing", "line": lines, "cell": ticked})
    assert browser.get(f"/category/{place.id}/backstage").status == 200


def test_a_moderator_of_one_category_moderates_there_alone(keeper, visit):
    bob = a_user("Bob")
    here, below, elsewhere = a_category("Here"), None, a_category("Elsewhere")
    below = a_category("Below", parent_id=here.id)
    answer = keeper.post("/admin/privileges/moderators", {"place": str(here.id), "who": "Bob", "moderates": "1"})
    assert answer.status == 303
    assert "Bob" in matrix_of(keeper, here.id).words
    browser = visit(bob)
    for place, may in ((here, True), (below, True), (elsewhere, False)):
        topic = a_topic(in_=place)
        answer = browser.post(f"/topic/{topic.id}/lock", {"locked": "1"})
        assert (answer.status < 400) == may, place.name
    page = matrix_of(keeper, here.id)
    keeper.post("/admin/privileges/moderators", {"place": str(here.id), "key": f"u{bob.id}", "moderates": "0"})
    assert "Bob" not in matrix_of(keeper, here.id).words
    assert "Bob" in page.words


def test_nobody_can_give_what_he_does_not_hold(visit):
    helper, place = a_user("Helper"), a_private_category("Backstage", for_="moderators")
    grant("admin:privileges", to=helper)
    browser = visit(helper)
    me, before = f"u{helper.id}", number_of(Grant)
    for where, show, right in (
        (0, "administration", "admin:settings"), (0, "administration", "admin:privileges"), (0, "site", "ban"),
        (0, "moderation", "moderate"), (place.id, "viewing", "find"), (0, "moderation", "purge"),
    ):  # fmt: skip
        answer = browser.post(
            "/admin/privileges", {"place": str(where), "show": show, "line": [me], "cell": [f"{me}:{right}"]}
        )
        if right != "admin:privileges":
            assert answer.status == 403, right
    browser.post("/admin/privileges/moderators", {"place": str(place.id), "who": "Helper", "moderates": "1"})
    assert browser.post("/admin/privileges/own", {"place": str(place.id), "own": "0"}).status == 403
    assert number_of(Grant) == before
    assert fresh(place).own_rights


def test_what_is_not_his_to_take_stays_when_a_delegate_saves(visit):
    helper = a_user("Helper")
    grant("admin:privileges", to=helper)
    browser = visit(helper)
    before = number_of(Grant, Grant.right == "ban")
    save(browser, 0, "site", cells(matrix_of(browser, 0, "site")) - {"x"})
    save(browser, 0, "site", [])
    assert number_of(Grant, Grant.right == "ban") == before > 0


@pytest.mark.parametrize(
    ("who", "act", "words"),
    [
        ("Keeper", "admin:settings", "Keeper is an administrator, and administrators may do everything."),
        ("Ann", "topics:reply", "It is granted to the group Registered on the whole site."),
        ("Marshal", "topics:delete", "Global moderators moderates on the whole site, and moderating brings it."),
        ("", "topics:reply", "A guest belongs to: Guests. None of these is granted it there. Granted to: Registered."),
        ("Ann", "ban", "None of these is granted it there. Granted to: Global moderators."),
    ],
)
def test_the_page_says_why(keeper, who, act, words):
    a_user("Ann")
    a_moderator("Marshal")
    page = keeper.get("/admin/privileges/why", {"who": who, "act": act, "place": "0"})
    assert words in page.words


def test_the_page_says_whose_rights_count(keeper):
    a_user("Ann")
    top = a_private_category("Backstage", for_="moderators")
    below = a_category("Below", parent_id=top.id)
    page = keeper.get("/admin/privileges/why", {"who": "ann", "act": "read", "place": below.id})
    assert "No, it is not allowed." in page.words
    assert "Below has the rights of Backstage, above it." in page.words
    assert "There is nobody of this name" in keeper.get("/admin/privileges/why", {"who": "zed", "act": "read"}).words


def test_every_answer_of_the_page_is_what_the_check_says(keeper):
    people = [a_user("Ann"), a_moderator("Marshal")]
    places = [a_category("Open"), a_private_category("Backstage", for_="moderators")]
    for person in people:
        for place in places:
            for act in ("find", "read", "topics:reply", "moderate"):
                page = keeper.get("/admin/privileges/why", {"who": person.slug, "act": act, "place": place.id})
                allowed = (place.name == "Open" and act != "moderate") or person.name == "Marshal"
                assert ("Yes, it is allowed." in page.words) == allowed, (person.name, place.name, act)


def test_every_right_of_the_editor_decides_something(keeper):
    sources = [path for folder in ("forum", "web", "blueprints") for path in (ROOT / folder).rglob("*.py")]
    asked = "".join(path.read_text() for path in sources if path.name not in ("privileges.py", "granting.py"))
    assert (len(privileges.CATEGORY_RIGHTS), len(privileges.GLOBAL_RIGHTS), len(privileges.ADMIN_RIGHTS)) == (17, 17, 9)
    used = {right for right in privileges.ALL_RIGHTS if f'"{right}"' in asked}
    assert used == privileges.ALL_RIGHTS - privileges.IDLE_RIGHTS
    shown = "".join(matrix_of(keeper, show=show).html for show in granting.FILTERS)
    assert {
        right for right in privileges.ALL_RIGHTS if f':{right}"' in shown
    } == privileges.ALL_RIGHTS - privileges.IDLE_RIGHTS


def a_small_tree():
    """A category with rights of its own for the staff, and three below it: one plain, two with rights of their own."""
    top = a_private_category("Top", for_="moderators")
    plain = a_category("Plain", parent_id=top.id)
    opened, deep = a_category("Opened", parent_id=top.id, own_rights=True), a_category("Deep", parent_id=plain.id)
    grant("find", "read", "topics:read", to="guests", in_=opened)
    change(deep, own_rights=True)
    grant("find", "read", "topics:read", to="guests", in_=deep)
    return top, plain, opened, deep


def test_rights_are_copied_to_all_below_after_a_question(keeper, guest, ann):
    top, plain, opened, deep = a_small_tree()
    grant("moderate", to=ann.user, in_=opened)
    other = a_category("Elsewhere", own_rights=True)
    grant("find", "read", "topics:read", to="guests", in_=other)
    addresses = [f"/category/{place.id}/x" for place in (top, plain, opened, deep, other)]
    assert [guest.get(address).status for address in addresses] == [404, 404, 308, 308, 308]
    page = matrix_of(keeper, top.id)
    assert "Copy these rights to those below it 2" in page.words
    question = keeper.get(f"/admin/privileges/{top.id}/below")
    assert "3 categories stand below it." in question.words
    assert "2 have rights of their own." in question.words
    assert [name in question.words for name in ("Opened", "Deep", "Plain", "Elsewhere")] == [True, True, False, False]
    assert guest.get(addresses[2]).status == 308
    answer = keeper.submit(question, f"/admin/privileges/{top.id}/below")
    assert "The rights of 2 categories were replaced." in keeper.follow(answer).html
    assert [guest.get(address).status for address in addresses] == [404, 404, 404, 404, 308]
    assert ann.get(addresses[2]).status == 308
    assert [fresh(place).own_rights for place in (plain, opened, deep)] == [False, True, True]
    assert cells(matrix_of(keeper, deep.id)) == cells(matrix_of(keeper, top.id))
    log = keeper.get("/admin/log").words
    assert "copied to those below it the rights of Top" in log
    assert "→ Deep, Opened" in log or "→ Opened, Deep" in log


def test_where_nothing_below_has_rights_of_its_own_nothing_is_asked(keeper):
    top = a_category("Top")
    a_category("Below", parent_id=top.id)
    answer = keeper.get(f"/admin/privileges/{top.id}/below")
    assert "Nothing to copy: all that stands below “Top” has its rights already." in keeper.follow(answer).html
    assert "Copy these rights" not in matrix_of(keeper, top.id).words
    assert keeper.post(f"/admin/privileges/{top.id}/below").status == 303
    assert number_of(Act) == 0
    assert keeper.get("/admin/privileges/999/below").status == 404


def test_nobody_copies_rights_that_he_does_not_hold(visit):
    top, _plain, opened, _deep = a_small_tree()
    helper = a_user("Helper")
    grant("admin:privileges", to=helper)
    before = number_of(Grant, Grant.category_id == opened.id)
    assert visit(helper).post(f"/admin/privileges/{top.id}/below").status == 403
    assert number_of(Grant, Grant.category_id == opened.id) == before == 3
