"""The list of everybody with an account."""

import csv
import io
from datetime import timedelta

from core import clock
from tests.factories import a_moderator, a_topic, a_user


def test_people_are_found_by_name_and_address(keeper):
    a_user("Ann", email="ann@example.org")
    a_user("Bob", email="bob@example.com")
    assert "ann@example.org" in keeper.get("/admin/users").words
    for asked in ("AN", "ann@example"):
        page = keeper.get("/admin/users", {"q": asked}).words
        assert "Ann" in page
        assert "Bob" not in page
    assert "Nobody here" in keeper.get("/admin/users", {"q": "zebra"}).words


def test_people_are_filtered(keeper):
    writer, old = a_user("Writer"), a_user("Elder", joined_at=clock.now() - timedelta(days=400))
    a_topic(by=writer)
    a_moderator("Marshal")
    shown = {}
    for name in ("all", "new", "silent", "away", "staff"):
        page = keeper.get("/admin/users", {"show": name}).words
        shown[name] = {
            who for who in ("Writer", "Elder", "Marshal", "Keeper") if who in page.replace("Administrators", "")
        }
    assert shown["all"] == {"Writer", "Elder", "Marshal", "Keeper"}
    assert shown["new"] == {"Writer", "Marshal", "Keeper"}
    assert shown["silent"] == {"Elder", "Marshal", "Keeper"}
    assert shown["away"] == {"Elder"}
    assert shown["staff"] == {"Marshal", "Keeper"}
    assert keeper.get("/admin/users", {"show": "zebra"}).status == 400
    assert old.name == "Elder"


def test_every_page_of_people_is_reached_once(keeper):
    for number in range(60):
        a_user(f"Person {number:02}")
    first = keeper.get("/admin/users")
    further = next(part for part in first.html.split('href="') if part.startswith("/admin/users?cursor="))
    second = keeper.get(further.split('"')[0].replace("&amp;", "&"))
    names = [f"Person {number:02}" for number in range(60)]
    assert all((name in first.words) != (name in second.words) for name in names)


def test_the_table_holds_everybody_and_no_formulas(keeper):
    a_user("Ann", email="=cmd@example.org")
    answer = keeper.get("/admin/users/export.csv")
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.html)))
    assert [row["name"] for row in rows] == ["Ann", "Keeper"]
    assert rows[0]["email"] == "'=cmd@example.org"
    assert [row["name"] for row in csv.DictReader(io.StringIO(keeper.get("/admin/users/export.csv?q=kee").html))] == [
        "Keeper"
    ]
