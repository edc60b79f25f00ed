"""The settings page: everything declared is there, can be found and changed, and says who changed it."""

import pytest

from core import settings
from tests.factories import inside, set_setting
from tests.visitor import words


def test_every_declared_setting_has_a_field_with_its_label(keeper):
    page = keeper.get("/admin/settings")
    for name, setting in settings.declared.items():
        assert f'id="{name.replace(".", "-")}"' in page.html
        assert setting.label in page.words


def test_a_changed_setting_is_seen_by_everybody_and_says_when_and_by_whom(keeper, guest):
    page = keeper.get("/admin/settings")
    answer = keeper.submit(page, "/admin/settings/site", title="Glue & Co")
    after = keeper.follow(answer)
    assert "1 setting was changed." in words(after.html)
    assert "· Glue &amp; Co</title>" in guest.get("/").html
    assert "Changed just now by Keeper" in after.words
    assert "Default: Livery" in after.words
    log = keeper.get("/admin/settings/changes")
    assert "The name of the site Livery Glue &amp; Co Keeper".replace("&amp;", "&") in log.words


def test_what_was_not_changed_is_not_noted(keeper):
    page = keeper.get("/admin/settings")
    answer = keeper.submit(page, "/admin/settings/posts")
    assert "Nothing to change" in keeper.follow(answer).html
    assert "Nothing was changed yet" in keeper.get("/admin/settings/changes").words


def test_a_tick_that_is_taken_away_switches_off(keeper, guest):
    page = keeper.get("/admin/settings")
    fields = {key: value for key, value in page.form("/admin/settings/reading").fields.items() if key != "indexed"}
    keeper.post("/admin/settings/reading", fields)
    assert "Disallow: /\n" in guest.get("/robots.txt").html


def test_a_choice_is_made_among_its_words(keeper, guest):
    page = keeper.get("/admin/settings")
    answer = keeper.submit(page, "/admin/settings/registration", mode="closed")
    assert answer.status == 303
    assert "Registration is closed" in guest.get("/register").html


def test_a_value_that_cannot_be_taken_is_refused_with_all_of_its_form_and_kept_in_it(keeper):
    page = keeper.get("/admin/settings")
    answer = keeper.submit(page, "/admin/settings/posts", per_page="1000", length_min="5")
    assert answer.status == 422
    assert "1000 is not between 5 and 100." in answer.words
    assert 'value="1000"' in answer.html
    with inside():
        assert settings.get("posts.per_page") == 20
        assert settings.get("posts.length_min") == 1


def test_a_setting_can_have_its_default_back(keeper):
    set_setting("posts.per_page", "30")
    assert 'formaction="/admin/settings/posts/per_page/reset"' in keeper.get("/admin/settings").html
    after = keeper.follow(keeper.post("/admin/settings/posts/per_page/reset"))
    assert 'formaction="/admin/settings/posts/per_page/reset"' not in after.html
    with inside():
        assert settings.get("posts.per_page") == 20
    assert "on the command line" not in after.words


@pytest.mark.parametrize(
    ("asked", "found", "missing"),
    [
        ("longest name", "accounts-name_max", "accounts-name_min"),
        ("PER_PAGE", "posts-per_page", "site-title"),
        ("registration", "registration-mode", "posts-per_page"),
    ],
)
def test_settings_are_found_by_their_words(keeper, asked, found, missing):
    page = keeper.get("/admin/settings", {"q": asked})
    assert f'id="{found}"' in page.html
    assert f'id="{missing}"' not in page.html


def test_a_search_that_finds_nothing_says_so(keeper):
    assert "No setting has these words" in keeper.get("/admin/settings", {"q": "zebra"}).words


def test_there_is_no_setting_to_change_where_none_is_declared(keeper):
    assert keeper.post("/admin/settings/zebra", {"stripes": "1"}).status == 404
    assert keeper.post("/admin/settings/posts/zebra/reset").status == 404
