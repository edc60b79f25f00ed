"""The list of everybody with an account."""

import csv
import io
import re
from datetime import timedelta

import pytest

from core import clock, durable
from core.db import session, writing
from forum import census, groups, removals, sanctions
from forum.refusals import Conflict
from models import Account, Act, Membership, Sanction
from tests.factories import (
    PASSWORD,
    a_moderator,
    a_topic,
    a_user,
    change,
    fresh,
    grant,
    group_id,
    inside,
    number_of,
    viewer_of,
)


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


# --- finding ---


def names(page) -> list[str]:
    """Who is listed, in order."""
    return re.findall(r'<p class="panel-row-title"><a href="/user/[^"]*">([^<]*)</a>', page.html)


def test_more_filters_and_those_of_a_group(keeper):
    present = clock.now()
    a_user("Fresh", email="fresh@example.org")
    long_ago = {"joined_at": present - timedelta(days=800)}
    a_user("Away for long", last_seen_at=present - timedelta(days=400), **long_ago)
    a_user("Away a while", last_seen_at=present - timedelta(days=120), **long_ago)
    muted = a_user("Muted", groups_of=["moderators"])
    with inside(), writing():
        sanctions.put(viewer_of(keeper.user), muted.id, "mute", "Quiet.", None)
        session().get(Account, muted.id).email_confirmed_at = present
    shown = {name: set(names(keeper.get("/admin/users", {"show": name}))) for name in census.FILTERS}
    assert shown["unconfirmed"] == {"Fresh", "Away for long", "Away a while", "Keeper"}
    assert shown["away3"] == {"Away for long", "Away a while"}
    assert shown["away"] == shown["away12"] == {"Away for long"}
    assert shown["muted"] == {"Muted"}
    assert shown["banned"] == set()
    page = keeper.get("/admin/users", {"group": group_id("moderators")})
    assert names(page) == ["Muted"]
    assert "muted" in page.words


@pytest.mark.parametrize("sort", census.SORTS)
def test_each_order_reaches_everybody_once(keeper, monkeypatch, sort):
    monkeypatch.setattr(census, "_PER_PAGE", 3)
    present = clock.now()
    for number in range(11):
        a_user(
            f"Person {number:02}", posts=number % 3, reputation=number % 2, joined_at=present - timedelta(days=number % 4),
            last_seen_at=None if number % 3 == 0 else present - timedelta(days=number % 2),
        )  # fmt: skip
    found, address = [], f"/admin/users?sort={sort}"
    while address:
        page = keeper.get(address)
        found += names(page)
        further = re.search(r'rel="next" href="([^"]*)"', page.html)
        address = further[1].replace("&amp;", "&") if further else ""
    assert sorted(found) == ["Keeper", *(f"Person {number:02}" for number in range(11))]
    if sort == "name":
        assert found == sorted(found)
    if sort == "posts":
        assert found[0] == "Person 08"
    if sort == "unseen":
        assert found[0] == "Person 00" or found[0] == "Keeper"
    assert keeper.get("/admin/users?cursor=zebra").status == 400


def test_the_table_has_the_columns_that_were_asked_for(keeper):
    a_user("Ann", groups_of=["moderators"], email="ann@example.org")
    chosen = keeper.get("/admin/users/export.csv?column=groups&column=name&q=ann").html
    assert chosen == "name,groups\r\nAnn,Global moderators\r\n"
    every = csv.DictReader(io.StringIO(keeper.get("/admin/users/export.csv").html))
    assert every.fieldnames == list(census.COLUMNS)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r=1"])
def test_what_a_spreadsheet_would_compute_is_made_plain(text):
    assert census._tame(text) == f"'{text}"
    assert census._tame("Ann - and = co") == "Ann - and = co"


# --- acting ---


def act(browser, what: str, *people, **details):
    """Selects people, says what to do with them, and says yes."""
    asked = browser.get("/admin/users/act", {"act": what, "person": [person.id for person in people]})
    assert asked.status == 200
    ids = [str(person.id) for person in people]
    return browser.post("/admin/users/act", {"act": what, "person": ids, "back": "/admin/users", **details})


def after(browser, answer) -> str:
    """What the list says after an act."""
    assert answer.status == 303
    return browser.follow(answer).html


def test_people_are_selected_and_asked_about_before_anything_happens_plain(keeper):
    ann, bob = a_user("Ann"), a_user("Bob")
    page = keeper.get("/admin/users?ticked=1&q=b")
    assert page.html.count(" checked>") >= 1
    assert "With the selected people" in page.words
    asked = keeper.get("/admin/users/act", {"act": "ban", "person": [ann.id, bob.id], "back": "/admin/users?q=b"})
    assert "Ban: 2 people" in asked.words
    assert "cannot log in" in asked.words
    form = asked.form("/admin/users/act")
    assert form.fields["back"] == "/admin/users?q=b"
    assert number_of(Sanction) == 0
    assert keeper.get("/admin/users/act?act=ban").status == 303


def test_bulk_acts_by_script_htmx(keeper):
    ann = a_user("Ann", email="ann@example.org")
    asked = keeper.get("/admin/users/act", {"act": "confirm", "person": ann.id})
    answer = keeper.htmx.sends(asked, "/admin/users/act")
    assert answer.status == 303
    assert "Done for 1 person." in keeper.follow(answer).html


def test_addresses_are_confirmed_and_codes_sent_again(keeper, server):
    ann, bob = a_user("Ann", email="ann@example.org"), a_user("Bob")
    assert "Done for 1 person." in after(keeper, act(keeper, "ask", ann, bob))
    assert [letter["To"] for letter in server.letters] == ["ann@example.org"]
    told = after(keeper, act(keeper, "confirm", ann, bob))
    assert "Done for 1 person. 1 person was left as is: Somebody has given no address." in told
    with inside():
        assert session().get(Account, ann.id).email_confirmed_at is not None
    assert "Done for 0 people." in after(keeper, act(keeper, "ask", ann))
    assert number_of(Act, Act.kind == "person.confirmed") == 1


def test_people_join_and_leave_groups(keeper):
    ann, bob = a_user("Ann"), a_user("Bob")
    with inside(), writing():
        club = groups.create("Gluers").id
    assert "Done for 2 people." in after(keeper, act(keeper, "join", ann, bob, group=club))
    assert "Done for 0 people." in after(keeper, act(keeper, "join", ann, group=club))
    assert number_of(Membership, Membership.group_id == club) == 2
    assert "Done for 1 person." in after(keeper, act(keeper, "leave", ann, group=club))
    refused = act(keeper, "join", ann, group="")
    assert refused.status == 422
    assert "Choose a group that you may change." in refused.words


def test_people_are_muted_banned_and_logged_out(keeper, visit):
    ann, bob = a_user("Ann"), a_user("Bob")
    theirs = visit(ann), visit(bob)
    refused = act(keeper, "ban", ann, reason="", days="7")
    assert refused.status == 422
    assert "Say why" in refused.words
    assert refused.form("/admin/users/act").fields["person"] == str(ann.id)
    assert "Done for 1 person." in after(keeper, act(keeper, "mute", ann, reason="Quiet, please.", days="1"))
    assert "Done for 1 person." in after(keeper, act(keeper, "ban", bob, reason="Out.", days="0"))
    assert theirs[1].get("/recent").status == 403
    assert theirs[0].get("/me/password").status == 200
    assert "Done for 1 person." in after(keeper, act(keeper, "logout", ann))
    assert theirs[0].get("/me/password").status == 302
    assert number_of(Act, Act.kind.in_(("person.mute", "person.ban", "person.logged_out"))) == 3
    assert act(keeper, "ban", ann, reason="Out.", days="zebra").status == 422


def test_mutes_and_bans_are_lifted_together(keeper, visit):
    ann, bob, cleo = a_user("Ann"), a_user("Bob"), a_user("Cleo")
    act(keeper, "ban", ann, reason="Too loud.", days="7")
    act(keeper, "ban", bob, reason="Much too loud.", days="0")
    act(keeper, "mute", cleo, reason="Quiet, please.", days="0")
    people = [ann.id, bob.id, cleo.id]
    asked = keeper.get("/admin/users/act", {"act": "unban", "person": people})
    assert "They may log in again from now on." in asked.words
    assert "Bob for good · Much too loud." in asked.words
    assert "Cleo there is nothing to lift" in asked.words
    too_long = act(keeper, "unban", ann, reason="x" * 501)
    assert too_long.status == 422
    assert "A reason has at most 500 letters." in too_long.words
    assert "Done for 2 people." in after(keeper, act(keeper, "unban", ann, bob, cleo, reason="They are sorry."))
    assert names(keeper.get("/admin/users?show=banned")) == []
    assert names(keeper.get("/admin/users?show=muted")) == ["Cleo"]
    assert "lifted by Keeper: They are sorry." in visit(bob).get("/user/bob/record").words
    assert "Done for 1 person." in after(keeper, act(keeper, "unmute", cleo))
    assert "Done for 0 people." in after(keeper, act(keeper, "unmute", cleo))
    log = keeper.get("/admin/log").words
    assert "lifted the ban of" in log
    assert "lifted the mute of" in log
    assert number_of(Act, Act.kind.in_(("person.ban_lifted", "person.mute_lifted"))) == 3


def test_bans_of_the_staff_are_lifted_by_administrators_only(keeper, visit):
    marshal = a_user("Marshal", groups_of=["moderators"])
    act(keeper, "ban", marshal, reason="Out.", days="0")
    helper = a_user("Helper")
    grant("admin:users", "ban", to=helper)
    browser = visit(helper)
    told = after(browser, act(browser, "unban", marshal))
    assert "Only administrators may do this to somebody of the staff." in told
    assert names(keeper.get("/admin/users?show=banned")) == ["Marshal"]


def test_spammers_are_removed_with_everything(keeper):
    ann, bob = a_user("Ann"), a_user("Bob")
    topics = [a_topic(by=person) for person in (ann, bob)]
    assert "Done for 2 people." in after(keeper, act(keeper, "remove", ann, bob))
    assert all(fresh(topic).deleted_at for topic in topics)


def test_of_many_spammers_a_share_goes_at_once_and_the_rest_by_jobs(app, keeper, monkeypatch):
    monkeypatch.setattr(removals, "AT_ONCE", 4)
    monkeypatch.setattr(durable.see_to, "later", lambda row_id: None)  # whoever took it from the queue died
    people = a_user("Ann"), a_user("Bob")
    topics = [a_topic(by=person) for person in people for _ in range(3)]
    assert "Done for 2 people." in after(keeper, act(keeper, "remove", *people))
    assert sum(fresh(topic).deleted_at is None for topic in topics) == 2
    monkeypatch.undo()
    clock.travel(timedelta(minutes=6))
    with app.app_context():
        durable.find_lost()
    assert all(fresh(topic).deleted_at for topic in topics)


def test_nobody_reaches_further_than_his_own_rights(visit, keeper):
    helper, ann, other = a_user("Helper"), a_user("Ann", email="a@example.org"), a_moderator("Marshal")
    grant("admin:users", to=helper)
    browser = visit(helper)
    browser.get("/admin/users")
    assert "You may not do this to people." in after(browser, act(browser, "ban", ann, reason="Out.", days="1"))
    assert "Only moderators of the whole site" in after(browser, act(browser, "remove", ann))
    for what in ("logout", "confirm", "ask"):
        assert "Only administrators may do this to somebody of the staff." in after(browser, act(browser, what, other))
    assert act(browser, "join", helper, group=group_id("administrators")).status == 422
    assert "Administrators" not in browser.get("/admin/users/act", {"act": "join", "person": ann.id}).words
    assert "Done for 1 person." in after(browser, act(browser, "confirm", ann))


def test_the_last_administrator_is_spared(keeper):
    left = after(keeper, act(keeper, "leave", keeper.user, group=group_id("administrators")))
    assert "The last administrator must stay one." in left
    assert "Nobody does this to himself." in after(keeper, act(keeper, "ban", keeper.user, reason="Out.", days="1"))
    with inside():
        assert viewer_of(keeper.user).administrator


def test_what_is_refused_for_one_leaves_no_trace_and_does_not_stop_the_others(keeper, monkeypatch):
    ann, bob = a_user("Ann"), a_user("Bob")
    plain = removals.remove

    def breaks_behind(viewer, person_id, **more) -> None:
        plain(viewer, person_id, **more)
        if person_id == ann.id:
            raise Conflict("Too late.")

    monkeypatch.setattr(removals, "remove", breaks_behind)
    assert "1 person was left as is: Too late." in after(keeper, act(keeper, "remove", ann, bob))
    assert number_of(Sanction, Sanction.user_id == ann.id) == 0
    assert number_of(Sanction, Sanction.user_id == bob.id) == 1


def test_odd_selections_are_refused(keeper):
    ann = a_user("Ann")
    keeper.get("/admin/users")
    assert keeper.get("/admin/users/act", {"act": "zebra", "person": ann.id}).status == 400
    assert keeper.post("/admin/users/act", {"act": "logout", "person": "x"}).status == 400
    assert keeper.post("/admin/users/act", {"act": "logout"}).status == 422
    assert (
        keeper.post("/admin/users/act", {"act": "remove", "person": [str(key) for key in range(1, 30)]}).status == 422
    )
    gone = keeper.get("/admin/users/act", {"act": "logout", "person": 999_999})
    assert "Nobody here" in gone.words
    away = keeper.post("/admin/users/act", {"act": "logout", "person": ann.id, "back": "//evil.example"})
    assert away.location == "/admin/users"


# --- making ---


def test_an_account_is_made_with_a_password(keeper, visit):
    page = keeper.get("/admin/users/new")
    made = keeper.submit(page, "/admin/users/new", name="Newcomer", email="", password=PASSWORD)
    assert "Newcomer has an account now." in after(keeper, made)
    browser = visit()
    form = browser.get("/login")
    assert browser.submit(form, "/login", name="Newcomer", password=PASSWORD).status == 303
    assert number_of(Act, Act.kind == "person.created") == 1


def test_who_gets_no_password_is_sent_the_way_to_one(keeper, server):
    page = keeper.get("/admin/users/new")
    keeper.submit(page, "/admin/users/new", name="Newcomer", email="new@example.org", password="")
    assert any("/reset/" in letter.get_body(("plain",)).get_content() for letter in server.letters)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "x", "password": PASSWORD}, "A name has"),
        ({"name": "Newcomer"}, "Write a password, or an address"),
        ({"name": "Newcomer", "password": "aaaaaaaa"}, "easy to guess"),
        ({"name": "Keeper", "password": PASSWORD}, "This name is taken."),
    ],
)
def test_an_account_that_cannot_be_made_says_why(keeper, fields, words):
    page = keeper.get("/admin/users/new")
    answer = keeper.submit(page, "/admin/users/new", **fields)
    assert answer.status == 422
    assert words in answer.words
    assert answer.form("/admin/users/new").fields["name"] == fields["name"]


def test_the_letters_that_are_searched_follow_names_and_addresses(keeper):
    ann = a_user("Annabel", email="ann@example.org")
    a_user("50% off")

    def found(words: str) -> list[str]:
        return names(keeper.get("/admin/users", {"q": words}))

    assert [found(words) for words in ("NABE", "ann@ex", "na", "50%", "0% o")] == [
        ["Annabel"], ["Annabel"], ["Annabel"], ["50% off"], ["50% off"],
    ]  # fmt: skip
    change(ann, name="Zora", name_key="zora")
    with inside(), writing():
        session().get_one(Account, ann.id).email_key = "zora@example.org"
    assert [found(words) for words in ("nabe", "ann@ex", "zor", "zora@")] == [[], [], ["Zora"], ["Zora"]]
    with inside(), writing():
        session().delete(session().get_one(Account, ann.id))
    assert found("zora") == []
