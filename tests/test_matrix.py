"""Every route × every kind of viewer × every kind of category: who sees and does what, as the rules say, without a leak."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from core import cache, db, pending, tally
from core.db import session, writing
from forum import categories, following, live, notifications, tags
from forum.refusals import Missing
from models import Notice, User
from tests import conftest
from tests.factories import PASSWORD, a_category, a_post, a_topic, grant, inside, number_of, viewer_of
from tests.matrix import CASES, WITHOUT, Case
from tests.visitor import Answer
from tests.world import KINDS, READS, VIEWERS, World, a_world, furnish

TOLD = {"yes": (200, 204, 302, 303, 308), "no": (403,), "missing": (404,)}
DESTINATION = {"public": "readonly", "private": "public", "readonly": "public", "hidden": "public"}


class Stage:
    """The world, which stands again as it was after each request that changed it."""

    def __init__(self, application, database):
        conftest.begin_again(application, database)
        self.app, self.database = application, database
        self.world = furnish(a_world(application))
        with application.app_context():
            self.engine = db.db.engine
            db.db.session.remove()
        database.remember(self.engine, "world")
        self.tokens = {who: browser.token for who, browser in self.world.browsers.items()}
        self.doors = {who: dict(self.session_of(who)) for who in VIEWERS if who != "guest"}

    def session_of(self, who):
        with self.world.browsers[who].client.session_transaction() as kept:
            return kept

    def enter(self, who):
        """Lets somebody have the session that he began with, whatever became of it."""
        browser = self.world.browsers[who]
        browser.client._cookies.clear()
        if who != "guest":
            with browser.client.session_transaction() as kept:
                kept.update(self.doors[who])
        return browser

    def set_back(self):
        self.database.restore("world")
        cache.forget()
        tally.forget()
        pending.forget()

    @contextmanager
    def watched(self) -> Iterator[list[str]]:
        """Gathers what is written."""
        written: list[str] = []

        def note(_connection, _cursor, statement, *_rest):
            if statement.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE"):
                written.append(statement)

        event.listen(self.engine, "before_cursor_execute", note)
        try:
            yield written
        finally:
            event.remove(self.engine, "before_cursor_execute", note)


@pytest.fixture(scope="module")
def stage(_application, _database) -> Stage:
    """One world for all tests of this module."""
    return Stage(_application, _database)


def values(stage: Stage, case: Case, who: str, kind: str) -> dict[str, object]:
    """What the variables of an address and of a form are."""
    world: World = stage.world
    known = {**world.values(kind or "public"), **world.more[kind], "password": PASSWORD, "kind": kind, "one": 1,
             "public": world.places["public"].id, "keeper": world.people["administrator"].id}  # fmt: skip
    slugs = {"me": world.people[who].slug if who != "guest" else "member", "person": "somebody",
             "place": f"nameof{kind}", "topic": world.topics[kind or "public"].slug}  # fmt: skip
    if kind:
        known["destination"] = world.places[DESTINATION[kind]].id
    for name, other in case.names.items():
        known[name] = slugs.get(other, other) if name == "slug" else known.get(other, other)
    return known


def address(stage: Stage, case: Case, known: dict[str, object]) -> str:
    """The address that is asked."""
    method, _, endpoint = case.route.partition(" ")
    adapter = stage.app.url_map.bind("localhost")
    rules = [
        rule
        for rule in stage.app.url_map.iter_rules(endpoint)
        if method in rule.methods
        and all(case.names.get(name, value) == value for name, value in (rule.defaults or {}).items())
    ]
    rule = max(rules, key=lambda each: ("number" not in each.arguments, len(each.arguments)))
    filled = {name: known[name] for name in rule.arguments if name not in (rule.defaults or {})}
    with stage.app.test_request_context():
        made = adapter.build(endpoint, {**filled, **(rule.defaults or {})}, method=method)
    return made + case.query.format(**known)


def ask(stage: Stage, case: Case, who: str, kind: str) -> tuple[str, Answer]:
    """Sends the request of a case, and says to where."""
    known, browser = values(stage, case, who, kind), stage.enter(who)
    at = address(stage, case, known)
    if case.route.startswith("GET"):
        return at, browser.get(at)
    sent = {name: text.format(**known) for name, text in case.sends.items()}
    if (every := sent.pop("*notices", None)) is not None:
        sent |= dict.fromkeys(notifications.KINDS, every)
    browser.at = "/"
    # as HTMX sends it: what is refused comes back as a line, and not as a page whose frame costs ten times as much
    headers = {**browser.own_headers(), **browser.htmx.headers()}
    return at, browser.send("POST", at, data={**sent, "csrf_token": stage.tokens[who]}, headers=headers)


def told(case: Case, answer: Answer) -> str:
    """What somebody was told: yes, no, missing, login; or the status, where it is none of these."""
    if answer.status in (302, 303) and answer.location.startswith("/login"):
        return "login" if case.route != "POST accounts.send_reset" else "yes"
    return next((word for word, numbers in TOLD.items() if answer.status in numbers), str(answer.status))


def leaks(stage: Stage, who: str, at: str, html: str) -> list[str]:
    """Words on a page that stand only where this reader may not read, but for those that he asked with."""
    asked = re.findall(r"\w+of\w+", at)
    shown = html
    for word in asked:
        shown = re.sub(rf'(?:value|href|action|content|hx-get|hx-post)="[^"]*{word}[^"]*"', "", shown)
    hidden = [word for kind in KINDS if who not in READS[kind] for word in stage.world.secrets(kind)]
    return [word for word in hidden if word in shown and word not in asked]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.route + case.query)
def test_every_route_answers_everybody_as_the_rules_say(stage, case):
    wrong = []
    for kind in case.kinds:
        for who in VIEWERS:
            if who == case.names.get("but_not"):
                continue
            expected = case.rule.answer(who, kind)
            if expected == "login" and case.route.startswith("POST"):
                expected = "no"
            with stage.watched() as written:
                at, answer = ask(stage, case, who, kind)
            found = told(case, answer)
            if found != expected:
                wrong.append(f"{who} at {at} ({kind or 'anywhere'}): {found}, not {expected}: {answer.words[:150]}")
            if expected != "yes" and written:
                wrong.append(f"{who} at {at} ({kind}) was refused, and yet something was written: {written[0][:200]}")
            if words := leaks(stage, who, at, answer.html):
                wrong.append(f"{who} at {at} ({kind}) is shown {words}")
            if written:
                stage.set_back()
    assert wrong == [], "\n".join(wrong)


def test_every_route_has_a_line(stage):  # `app` would empty the database on which the stage stands
    routes = {
        f"{method} {rule.endpoint}"
        for rule in stage.app.url_map.iter_rules()
        for method in rule.methods & {"GET", "POST", "PUT", "PATCH", "DELETE"}
    }
    lines = {case.route for case in CASES} | set(WITHOUT)
    for route in sorted(routes - lines):
        rule = next(rule.rule for rule in stage.app.url_map.iter_rules() if rule.endpoint == route.split()[1])
        words = f'''{route} ({rule}) has no line in tests/matrix.py. Who may? Add one there, such as
    say("{route}", {"ADMINISTRATORS" if "admin." in route else "MEMBERS"})
and take another rule where that is not who: EVERYBODY, READERS, WRITERS, MODERATORS, WORKERS, SETTINGS …'''
        pytest.fail(words)
    assert lines - routes == set(), "these lines are of routes that are gone"


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_is_told_of_what_he_may_not_read(stage, kind):
    """Neither by a mention, nor because he follows who wrote it or the tag that it carries."""
    world, names = stage.world, {who: person for who, person in stage.world.people.items() if who != "banned"}
    try:
        with inside():
            author = session().get_one(User, world.topics[kind].author_id)
        with inside(), writing():
            for person in names.values():
                following.follow_person(viewer_of(person), author.id, follow=True)
                following.follow_tag(viewer_of(person), f"tagof{kind}", follow=True)
        everybody = " ".join(f"@{person.slug}" for person in world.people.values())
        a_post(in_=world.topics[kind], by=author, body=everybody)
        begun = a_topic(by=author, in_=world.places[kind], title=f"titleof{kind} anew", tags=f"tagof{kind}")
        about = Notice.topic_id.in_([begun.id, world.topics[kind].id]) & (Notice.kind != "flag")
        told_of_it = {
            who for who, person in world.people.items() if number_of(Notice, Notice.user_id == person.id, about)
        }
        assert told_of_it - {"banned"} == READS[kind] - {"guest", "banned"}
        assert "banned" not in told_of_it or kind in ("public", "readonly")
        for who in names:
            page = stage.enter(who).get("/notifications")
            assert (f"titleof{kind}" in page.html) == (who in READS[kind]), who
            assert leaks(stage, who, "/notifications", page.html) == []
    finally:
        stage.set_back()


@pytest.mark.parametrize("who", [who for who in VIEWERS if who != "banned"])
def test_no_page_is_told_that_something_happens_where_its_reader_may_not_read(stage, who):
    world, person = stage.world, stage.world.people.get(who)
    with inside():
        viewer = viewer_of(person)
        signals = live.audience(viewer, None, 0)
        for kind, place in world.places.items():
            may = who in READS[kind]
            assert (f"lists new {place.id}" in signals) == may, kind
            assert f"place-{place.id}" not in signals or may, kind
            if not may:
                with pytest.raises(Missing):
                    live.audience(viewer, world.topics[kind].id, None)
                with pytest.raises(Missing):
                    live.audience(viewer, None, place.id)


def test_a_tag_and_a_category_count_only_what_their_reader_may_read(app, guest, ann):
    parent = a_category("Garden")
    child = a_category("Cellar", parent_id=parent.id, own_rights=True)
    grant("find", "read", "topics:read", to=ann.user, in_=child)
    a_topic(in_=parent, tags="glue")
    a_topic(in_=child, tags="glue")
    with inside():
        for reader, seen in ((None, 1), (ann.user, 2)):
            viewer = viewer_of(reader)
            ids = categories.visible_ids(viewer)
            assert list(tags.most_used(ids)) == [("glue", seen)]
            assert [node.topics for node in categories.tree(viewer) if node.place.id == parent.id] == [seen]
    assert "Cellar" not in guest.get("/categories").html
