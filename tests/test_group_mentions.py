"""A whole group is called by its name: who may, whom it reaches, and what completion offers."""

import pytest

from core.db import writing
from forum import groups
from models import Group
from tests.factories import a_post, a_private_category, a_topic, a_user, change, grant, inside, set_setting, viewer_of
from tests.test_compose import offered
from tests.test_notifications import told


@pytest.fixture
def team(app, ann):
    """A group with Ann, Bert and Cora in it."""
    people = [ann.user, a_user("Bert"), a_user("Cora")]
    with inside(), writing():
        made = groups.create("Glue team", visibility="public")
        for person in people:
            groups.join(person.id, made.id)
    return made, people[1:]


def test_all_in_a_group_are_told_once(ann, visit, team):
    _group, (bert, cora) = team
    topic = a_topic(by=bert, title="Which glue?", body="@glue-team and @cora, which?")
    assert told(ann) == ["Bert mentioned you: Which glue?"]
    assert told(visit(cora)) == ["Bert mentioned you: Which glue?"]
    assert told(visit(bert)) == []
    a_post(in_=topic, by=cora, body="@Glue-Team: this one")
    assert told(visit(bert)) == ["Cora mentioned you: Which glue?"]
    page = ann.follow(ann.get(f"/topic/{topic.id}"))
    assert '<a class="mention" href="/groups/glue-team">@glue-team</a>' in page.html


@pytest.mark.parametrize(
    ("setting", "heard"),
    [("moderators", (False, False, True)), ("members", (False, True, True)), ("everybody", (True, True, True))],
)
def test_who_may_is_a_setting(ann, visit, team, marshal, setting, heard):
    set_setting("groups.mentioned_by", setting)
    _group, (bert, _cora) = team
    for number, author in enumerate((a_user("Stranger"), bert, marshal.user)):
        a_topic(by=author, title=f"Topic {number}", body="@glue-team!")
        words = told(ann)
        assert any(line.endswith(f": Topic {number}") for line in words) == heard[number], words
        found = [insert for insert, _words in offered(visit(author).get("/compose/people", {"q": "glue"}))]
        assert found == (["@glue-team "] if heard[number] else [])


def test_a_group_that_is_hidden_too_large_or_made_of_rights_is_not_called(ann, visit, team, marshal):
    group, (bert, _cora) = team
    set_setting("groups.mentioned_most", "2")
    a_topic(by=bert, title="Too many", body="@glue-team")
    set_setting("groups.mentioned_most", "200")
    change(group, visibility="hidden")
    a_topic(by=bert, title="Hidden", body="@glue-team")
    a_topic(by=marshal.user, title="Everybody", body="@registered @moderators")
    assert told(ann) == []
    assert offered(visit(bert).get("/compose/people", {"q": "glue"})) == []
    assert offered(marshal.get("/compose/people", {"q": "registered"})) == []


def test_who_may_not_read_the_topic_is_not_told(ann, visit, team):
    group, (bert, cora) = team
    place = a_private_category(for_="moderators")
    grant("find", "read", "topics:read", to=cora, in_=place)
    a_topic(by=bert, in_=place, title="Secret", body="@glue-team")
    assert told(visit(cora)) == ["Bert mentioned you: Secret"]
    assert told(ann) == []
    assert viewer_of(ann.user).groups >= {group.id}
    assert isinstance(group, Group)
