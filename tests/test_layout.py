"""The frame of every page: navigation, widgets, side bars, and the way through."""

import re

import pytest

from core.db import session
from forum import layout
from models import Account
from tests.factories import a_category, a_moderator, a_topic, a_user, inside, many_posts, set_setting, writes
from tests.visitor import path_of


@writes
def arrange(*entries) -> None:
    """Replaces the navigation."""
    layout.arrange(list(entries))


@writes
def widget(*args, **keywords) -> None:
    """Adds a widget."""
    layout.add_widget(*args, **keywords)


def rail(answer) -> str:
    """The left side bar."""
    return re.search(r'<nav id="rail".*?</nav>', answer.html, re.DOTALL)[0]


def test_the_navigation_comes_from_the_database_and_has_no_dead_entries(guest):
    links = re.findall(r'<a class="rail-link" href="([^"]*)"', rail(guest.get("/")))
    assert links == ["/categories", "/recent", "/tags", "/popular", "/users", "/groups"]
    for link in links:
        assert guest.get(link).status == 200


def test_entries_are_shown_to_whom_they_are_meant_for(guest, ann, visit):
    arrange(
        ("list-ul", "For all", "/categories", "everyone"),
        ("clock", "For guests", "/recent", "guests"),
        ("tags", "For members", "/tags", "members"),
        ("fire", "For staff", "/popular", "staff"),
    )
    seen = {
        name: set(re.findall(r"For \w+", rail(reader.get("/"))))
        for name, reader in (("guest", guest), ("member", ann), ("staff", visit(a_moderator())))
    }
    assert seen == {
        "guest": {"For all", "For guests"},
        "member": {"For all", "For members"},
        "staff": {"For all", "For members", "For staff"},
    }


def test_the_entry_of_this_page_is_marked(guest):
    assert re.search(r'href="/recent" aria-current="page"', rail(guest.get("/recent")))
    assert 'href="/tags" aria-current' not in rail(guest.get("/recent"))


def test_texts_of_the_navigation_are_escaped(guest):
    arrange(("list-ul", "<b>x</b>", '/categories"onclick="x', "everyone"))
    html = rail(guest.get("/"))
    assert "<b>x" not in html
    assert 'onclick="x' not in html


@pytest.mark.parametrize("place", ["brand", "header", "sidebar", "footer"])
def test_a_text_widget_is_escaped_and_a_trusted_one_is_html(guest, place):
    widget(place, "<b>plain</b>", title="A <title>")
    widget(place, "<b>trusted</b>", trusted=True)
    html = guest.get("/").html
    assert "<p>&lt;b&gt;plain&lt;/b&gt;</p>" in html
    assert "<b>trusted</b>" in html
    assert "A <title>" not in html


def test_widgets_have_an_audience(guest, ann):
    widget("footer", "Welcome, stranger.", audience="guests")
    assert "Welcome, stranger." in guest.get("/").html
    assert "Welcome, stranger." not in ann.get("/").html


def test_a_widget_for_an_unknown_place_is_not_shown_and_breaks_nothing(guest):
    widget("attic", "Dust.")
    assert "Dust." not in guest.get("/").html


def test_collapsing_the_side_bar_plain(guest):
    page = guest.get("/recent")
    assert "rail-open" not in page.html
    answer = guest.submit(page, "/sidebar", open="1")
    assert (answer.status, answer.location) == (303, "/recent")
    assert "rail rail-left rail-open" in guest.follow(answer).html
    closed = guest.submit(guest.get("/recent"), "/sidebar", open="0")
    assert "rail-open" not in guest.follow(closed).html


def test_collapsing_the_side_bar_htmx(ann, visit):
    topic = a_topic()
    answer = ann.htmx.submit(ann.get(path_of(topic)), "/sidebar", open="1")
    [part] = answer.parts
    assert part.target == "#rail"
    assert "rail-open" in part.html
    assert ann.get(path_of(topic)).shows(part.html)
    assert "rail-open" in visit(ann.user).get("/").html  # remembered in the account


def test_a_guests_side_bar_is_remembered_in_a_cookie_only(guest):
    assert guest.post("/sidebar", {"open": "1"}).cookies == ["sidebar"]
    assert guest.cookie("sidebar") == "open"
    with inside():
        assert session().query(Account).count() == 0


@pytest.mark.parametrize("value", ["", "2", "open", "1\x00"])
def test_any_other_state_of_the_side_bar_is_closed(guest, value):
    assert guest.post("/sidebar", {"open": value}).status == 303
    assert guest.cookie("sidebar") == "closed"


def test_the_right_side_bar_of_a_guest_leads_back_to_where_he_was(guest):
    page = guest.get("/recent?term=week")
    assert 'href="/login?next=/recent%3Fterm%3Dweek"' in page.html
    assert 'href="/register?next=/recent%3Fterm%3Dweek"' in page.html


def test_the_right_side_bar_of_a_member_is_his_menu(ann):
    page = ann.get("/recent")
    assert 'href="/user/ann"' in page.html
    assert page.form("/logout").fields["next"] == "/recent"
    assert "/login" not in page.html


def test_every_page_can_be_used_with_the_keyboard(guest):
    page = guest.get("/")
    assert page.html.index('class="skip-link" href="#content"') < page.html.index('id="rail"')
    assert '<main id="content" tabindex="-1">' in page.html
    assert not re.search(r'tabindex="[1-9]', page.html)


def test_breadcrumbs_lead_down_to_a_topic(guest):
    parent = a_category("Workshop")
    child = a_category("Glue", parent_id=parent.id)
    page = guest.get(path_of(a_topic(in_=child, title="Which one?")))
    crumbs = re.search(r'<ol class="crumbs">.*?</ol>', page.html, re.DOTALL)[0]
    assert re.findall(r">([^<>]+)</(?:a|span)>", crumbs) == ["Home", "Workshop", "Glue", "Which one?"]


def test_title_and_description_of_the_site_are_settings(guest):
    set_setting("site.title", "The Glue Pot")
    set_setting("site.description", "All about glue.")
    page = guest.get("/")
    assert "· The Glue Pot</title>" in page.html
    assert '<meta name="description" content="All about glue.">' in page.html


def test_nothing_on_a_page_comes_from_another_site(guest, ann):
    topic = a_topic(by=a_user(), body="![cat](https://cats.example/cat.png)")
    for reader in (guest, ann):
        for path in ("/", "/recent", path_of(topic), "/users", "/tags"):
            for address in re.findall(r'(?:src|<link[^>]* href)="([^"]*)"', reader.get(path).html):
                assert re.match(r"/(?!/)", address), address


def test_icons_of_a_page_are_in_the_sprite(guest, ann):
    topic = a_topic(tags="glue")
    sprite = guest.get("/static/img/icons.svg").html
    for reader in (guest, ann):
        for path in ("/", f"/category/{topic.category_id}", path_of(topic), "/users", "/tags", "/popular", "/nowhere"):
            answer = reader.get(path)
            page = reader.follow(answer) if answer.status == 308 else answer
            for name in re.findall(r'<use href="[^"#]*#([\w-]+)"', page.html):
                assert f'id="{name}"' in sprite, f"{path} uses {name}"


def test_the_keys_are_listed_and_can_be_turned_off(guest, ann):
    page, part = guest.get("/keys"), guest.htmx.get("/keys")
    assert "The next post, topic or person" in page.words
    assert page.shows(part.html)
    for reader in (guest, ann):
        assert "data-keys" not in reader.get("/").html
        looks = reader.get("/skins")
        assert reader.submit(looks, "/look", keys="off").status == 303
        assert 'data-keys="off"' in reader.get("/").html


def test_a_guests_first_visit_to_a_topic_weighs_at_most_120_kilobytes(guest):
    topic = a_topic()
    many_posts(topic, 30)

    def weight(path: str) -> int:
        with guest.client.get(path, headers={"Accept-Encoding": "br"}) as answer:
            return len(answer.data)

    page = guest.get(path_of(topic))
    named = re.findall(r'(?:src|href)="(/static/[^"#]*|/colours[^"#]*)', page.html)
    named += " ".join(re.findall(r'data-scripts="([^"]*)"', page.html)).split()
    assert not [path for path in named if re.search(r"/(drafts|composer|uploads|completion)\.js", path)]
    assert len(set(named)) >= 8
    assert weight(path_of(topic)) + sum(weight(path) for path in set(named)) <= 120 * 1024
