"""Moderation: the public log, where it is switched on."""

import pytest

from core.db import writing
from forum import sanctions
from tests.factories import a_category, a_private_category, a_topic, a_user, inside, set_setting, viewer_of


@pytest.fixture
def busy(marshal):
    """A moderator who has done something in the open and something behind doors."""
    open_one = a_topic(title="Glue", in_=a_category("Crafts"))
    secret = a_topic(title="Secret plans", in_=a_private_category("Backstage"))
    marshal.get("/")
    for topic in (open_one, secret):
        assert marshal.post(f"/topic/{topic.id}/lock", {"locked": "1"}).status in (200, 303)
    with inside(), writing():
        sanctions.put(viewer_of(marshal.user), a_user("Bert").id, "ban", "Private words.", None)
        sanctions.write_down(viewer_of(marshal.user), a_user("Cleo").id, "A note.")
    return marshal


def test_there_is_no_public_log_until_it_is_switched_on(busy, guest):
    assert guest.get("/moderation/log").status == 404
    assert busy.get("/moderation/log").status == 404


def test_the_public_log_names_no_moderator_and_nothing_that_is_hidden(busy, guest, ann):
    set_setting("moderation.public_log", "yes")
    page = guest.get("/moderation/log").words
    assert "A moderator locked the topic Glue" in page
    assert "A moderator banned Bert" in page
    assert "Marshal" not in page
    for hidden in ("Secret plans", "Private words.", "Cleo", "A note."):
        assert hidden not in page
    assert "Secret plans" in ann.get("/moderation/log").words  # members may read it


def test_an_empty_log_says_so(guest):
    set_setting("moderation.public_log", "yes")
    assert "Nothing yet" in guest.get("/moderation/log").words
