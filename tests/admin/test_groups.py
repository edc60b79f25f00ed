"""The groups of the site in the control panel: found, sorted, and led on to what is done with them."""

import re

from core import clock
from core.db import session, writing
from forum import group_directory
from models import Candidacy, Grant
from tests.factories import a_group, a_user, grant, inside, writes
from tests.test_budgets import counting


def names(page) -> list[str]:
    """The names on the page, in order."""
    return re.findall(r'class="panel-row-title"><a href="/groups/[^"]*">([^<]*)</a>', page.html)


@writes
def asks(user, group) -> None:
    """Somebody asks to join a group."""
    session().add(Candidacy(group_id=group.id, user_id=user.id, invited=False, since=clock.now()))


def test_all_groups_are_listed_with_what_waits_and_what_can_be_done(keeper):
    team = a_group("Team", of=[a_user("Bert"), a_user("Carl")], title="Crew")
    a_group("Secret", visibility="hidden")
    asks(a_user("Dora"), team)
    page = keeper.get("/admin/groups")
    assert names(page) == ["Administrators", "Global moderators", "Secret", "Team"]
    assert "@team · 2 members · by request or invitation · 1 asks to join" in page.words
    assert "hidden, by invitation" in page.words
    assert "Registered" not in names(page)
    for path in ("/groups/team/edit", "/groups/team/destroy", "/groups/team#managing", "/groups/new"):
        assert f'href="{path}"' in page.html
        assert keeper.get(path.partition("#")[0]).status == 200
    assert 'href="/groups/administrators/destroy"' not in page.html


def test_groups_are_found_and_sorted(keeper):
    for number, name in enumerate(("Oak", "Ash", "Elm")):
        a_group(name, of=[a_user() for _ in range(number)])
    found = [name for name in names(keeper.get("/admin/groups?sort=members")) if len(name) == 3]
    assert found == ["Elm", "Ash", "Oak"]
    assert names(keeper.get("/admin/groups?sort=newest"))[:3] == ["Elm", "Ash", "Oak"]
    assert names(keeper.get("/admin/groups?q=OA")) == ["Oak"]
    assert names(keeper.get("/admin/groups?q=@elm")) == ["Elm"]
    assert "No name has these letters in it." in keeper.get("/admin/groups?q=zebra").words
    assert keeper.get("/admin/groups?sort=zebra").status == 400


def test_many_groups_come_in_pages(keeper, monkeypatch):
    monkeypatch.setattr(group_directory, "_PER_PAGE", 2)
    for name in ("b", "a", "c"):
        a_group(name * 3, of=[a_user()])
    for sort in group_directory.SORTS:
        seen, address = [], f"/admin/groups?sort={sort}"
        while address:
            page = keeper.get(address)
            seen += names(page)
            following = re.search(r'rel="next" href="([^"]*)"', page.html)
            address = following[1].replace("&amp;", "&") if following else ""
        assert len(seen) == len(set(seen)) == 5, sort
    assert keeper.get("/admin/groups?cursor=nonsense").status == 400


def test_a_delegate_manages_what_holds_nothing_beyond_him(visit, ann):
    helper = a_user("Helper")
    grant("admin:groups", to=helper)
    a_group("Plain")
    a_group("Keyholders")
    grant("ban", to="keyholders")
    page = visit(helper).get("/admin/groups")
    assert 'href="/groups/plain/edit"' in page.html
    assert 'href="/groups/keyholders/edit"' not in page.html
    assert page.words.count("it holds rights that you do not hold") == 3
    assert ann.get("/admin/groups").status == 403


def test_a_delegate_opens_groups_where_others_do_not_see_them(visit, ann):
    helper = a_user("Helper")
    grant("admin:groups", to=helper)
    a_group("Plain")
    with inside(), writing():
        for right in session().query(Grant).filter(Grant.right == "view:groups"):
            session().delete(right)
    assert visit(helper).get("/groups/plain/edit").status == 200
    assert ann.get("/groups/plain").status == 403


def test_a_long_list_takes_no_more_queries_than_a_short_one(keeper):
    def queries() -> int:
        with counting() as seen:
            keeper.get("/admin/groups")
        return len(seen)

    a_group()
    keeper.get("/admin/groups")
    few = queries()
    for number in range(12):
        a_group(f"Group {number}", of=[a_user()])
    keeper.get("/admin/groups")
    assert queries() <= few
