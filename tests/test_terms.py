"""Terms: shown and linked where there are some, ticked by newcomers, and asked of members before they write."""

import pytest
from sqlalchemy import select

from core.db import session
from models import Acceptance, Account, Act, Draft, Post, Terms, Vote
from tests.factories import (
    PASSWORD,
    a_topic,
    a_user,
    an_administrator,
    first_post,
    fresh,
    grant,
    number_of,
    reads,
    set_setting,
)
from tests.test_budgets import counting
from tests.visitor import Visitor, path_of

GOOD = "four plain wooden chairs"
JOINS = {"name": "Nora", "email": "nora@example.org", "password": GOOD, "repeat": GOOD}


@pytest.fixture
def keeper(app):
    """An administrator's browser."""
    return Visitor(app, an_administrator())


def writes_terms(keeper, body="Be **kind**.", **fields):
    """Writes the terms in the panel."""
    answer = keeper.submit(keeper.get("/admin/terms"), "/admin/terms", body=body, **fields)
    assert answer.status == 303
    return newest()


@reads
def newest() -> Terms:
    """The newest text of the terms."""
    return session().scalars(select(Terms).order_by(Terms.id.desc()).limit(1)).one()


@reads
def accepted(user) -> list[int]:
    """The versions that somebody accepted."""
    return list(session().scalars(select(Acceptance.terms_id).where(Acceptance.user_id == user.id)))


def test_without_terms_there_is_no_page_no_link_and_no_tick(guest):
    assert guest.get("/terms").status == 404
    assert "/terms" not in guest.get("/").html
    assert 'name="terms"' not in guest.get("/register").html


def test_terms_are_shown_and_linked_at_the_foot(keeper, guest):
    guest.get("/")
    writes_terms(keeper, "Be **kind**. <script>alert(1)</script>")
    page = guest.get("/terms")
    assert "Be kind ." in page.words
    assert "<strong>kind</strong>" in page.html
    assert "<script>alert" not in page.html
    assert '<a href="/terms">Terms</a>' in guest.get("/").html
    assert guest.get("/tos").location == "/terms"
    assert number_of(Act, Act.kind == "terms.kept") == 1
    writes_terms(keeper, "")
    assert guest.get("/terms").status == 404
    assert "/terms" not in guest.get("/").html


def test_only_who_may_set_things_writes_them(ann, guest, visit):
    helper = a_user("Helper")
    grant("admin:settings", to=helper)
    assert ann.get("/admin/terms").status == 403
    assert visit(helper).get("/admin/terms").status == 200
    assert guest.get("/admin/terms").status == 302


def test_too_long_terms_are_refused_and_kept(keeper):
    answer = keeper.submit(keeper.get("/admin/terms"), "/admin/terms", body="x" * 100_001)
    assert answer.status == 422
    assert answer.form("/admin/terms").fields["body"] == "x" * 100_001
    assert number_of(Terms) == 0


def test_a_newcomer_ticks_them(keeper, guest):
    version = writes_terms(keeper).id
    page = guest.get("/register")
    answer = guest.submit(page, "/register", **JOINS)
    assert answer.status == 422
    assert "Please read the terms" in answer.words
    assert 'value="Nora"' in answer.html
    answer = guest.submit(page, "/register", **JOINS, terms=str(version))
    assert answer.status == 303
    assert number_of(Acceptance, Acceptance.terms_id == version) == 2  # who wrote them, too
    with_tick = guest.get("/me/email")
    assert "terms have changed" not in with_tick.html


def test_a_tick_for_an_older_text_does_not_count(keeper, guest):
    old = writes_terms(keeper).id
    page = guest.get("/register")
    writes_terms(keeper, "Be kinder.")
    assert guest.submit(page, "/register", **JOINS, terms=str(old)).status == 422
    assert number_of(Account) == 1


def test_the_tick_of_who_waits_counts_when_he_is_let_in(keeper, guest, marshal):
    version = writes_terms(keeper).id
    set_setting("registration.mode", "approval")
    guest.submit(guest.get("/register"), "/register", **JOINS, terms=str(version))
    inbox = marshal.get("/moderation")
    [form] = [form for form in inbox.forms if form.action.startswith("/moderation/registrations/")]
    marshal.submit(inbox, form.action, act="accept")
    assert number_of(Acceptance, Acceptance.terms_id == version) == 2


def test_members_are_not_asked_about_terms_that_need_not_be_accepted_again(keeper, ann):
    writes_terms(keeper)
    assert "Our terms have changed" not in ann.get("/").html
    assert ann.post(f"/topic/{a_topic().id}/posts", {"body": "Hello."}).status == 303


def test_members_accept_new_terms_at_their_next_page_plain(keeper, ann):
    version = writes_terms(keeper, again="1").id
    page = ann.get("/recent")
    assert "Our terms have changed." in page.html
    answer = ann.submit(page, "/terms")
    assert answer.location == "/recent"
    assert "The terms are accepted." in ann.follow(answer).html
    assert "Our terms have changed" not in ann.get("/recent").html
    assert accepted(ann.user) == [version]
    assert "Our terms have changed" not in keeper.get("/").html
    writes_terms(keeper, "Be kinder.")
    assert "Our terms have changed" not in ann.get("/recent").html
    writes_terms(keeper, "Be kindest.", again="1")
    assert "Our terms have changed" in ann.get("/recent").html


def test_members_accept_new_terms_at_their_next_page_htmx(keeper, ann):
    writes_terms(keeper, again="1")
    answer = ann.htmx.submit(ann.get("/recent"), "/terms")
    assert [part.target for part in answer.parts] == ["#terms-banner", "#message-terms"]
    assert "Our terms have changed" not in ann.get("/recent").html


def test_an_answer_to_an_older_text_is_none(keeper, ann):
    writes_terms(keeper, again="1")
    page = ann.get("/recent")
    writes_terms(keeper, "Be kinder.", again="1")
    late = ann.submit(page, "/terms")
    assert late.status == 409
    assert accepted(ann.user) == []
    assert number_of(Acceptance, Acceptance.user_id == ann.user.id) == 0


def test_what_is_sent_before_is_held_back_and_goes_on_with_the_acceptance_plain(keeper, ann):
    topic = a_topic()
    page = ann.get(f"/topic/{topic.id}/reply")
    version = writes_terms(keeper, again="1").id
    held = ann.submit(page, f"/topic/{topic.id}/posts", body='Words with "signs" & <more>.')
    assert held.status == 403
    assert "First, our terms" in held.words
    assert number_of(Post, Post.topic_id == topic.id) == 1
    form = held.form(f"/topic/{topic.id}/posts")
    assert form.fields["body"] == 'Words with "signs" & <more>.'
    assert form.buttons == [{"class": "btn btn-primary", "name": "accept_terms", "value": str(version)}]
    answer = ann.submit(held, f"/topic/{topic.id}/posts", accept_terms=str(version))
    assert answer.status == 303
    assert 'Words with "signs" &amp; &lt;more&gt;.' in ann.get(path_of(topic)).html
    assert accepted(ann.user) == [version]


def test_what_is_sent_before_is_held_back_and_goes_on_with_the_acceptance_htmx(keeper, ann):
    topic = a_topic()
    page = ann.get(f"/topic/{topic.id}/reply")
    writes_terms(keeper, again="1")
    held = ann.htmx.submit(page, f"/topic/{topic.id}/posts", body="Words.")
    assert held.status == 403
    assert held.headers["HX-Retarget"] == "#messages"
    assert "What you typed stays where it is" in held.words
    answer = ann.htmx.submit(held, "/terms")
    assert "Now send it again." in answer.html
    assert ann.htmx.submit(page, f"/topic/{topic.id}/posts", body="Words.").status == 200
    assert number_of(Post, Post.topic_id == topic.id) == 2


def test_until_then_reading_looks_drafts_and_the_way_out_work_and_writing_waits(keeper, ann):
    topic = a_topic()
    post = first_post(topic)
    writes_terms(keeper, again="1")
    assert ann.get(path_of(topic)).status == 200
    assert ann.post("/look", {"mode": "dark"}).status == 303
    assert ann.post("/sidebar", {"open": "1"}).status == 303
    draft = {"kind": "reply", "target": str(topic.id), "send_key": "k" * 16, "body": "Begun.", "version": "0"}
    ann.get(f"/topic/{topic.id}/reply")
    ann.post("/drafts", draft)
    assert ann.post(f"/post/{post.id}/vote", {"value": "1"}).status == 403
    assert ann.post("/me/password", {"current": PASSWORD, "password": GOOD, "repeat": GOOD}).status == 403
    assert number_of(Vote) == 0
    assert fresh(post).score == 0
    assert ann.post("/logout", {}).status == 303
    assert 'href="/user/ann"' not in ann.get("/").html


def test_a_draft_is_kept_meanwhile(keeper, ann):
    topic = a_topic()
    page = ann.get(f"/topic/{topic.id}/reply")
    writes_terms(keeper, again="1")
    ann.submit(page, "/drafts", body="Begun.") if any(f.action == "/drafts" for f in page.forms) else ann.post(
        "/drafts", {**page.form(f"/topic/{topic.id}/posts").fields, "body": "Begun."}
    )
    assert number_of(Draft, Draft.user_id == ann.user.id, Draft.body == "Begun.") == 1


def test_who_logs_in_while_sending_is_asked_too(keeper, guest, ann):
    topic = a_topic()
    writes_terms(keeper, again="1")
    guest.get(path_of(topic))
    sent = {"body": "Words.", "name": "Ann", "password": PASSWORD}
    answer = guest.post(f"/topic/{topic.id}/posts", sent)
    assert answer.status in (403, 422)
    assert "Words." in answer.html
    assert number_of(Post, Post.topic_id == topic.id) == 1


def test_terms_cost_no_query(keeper, ann, guest):
    writes_terms(keeper, again="1")
    for reader in (ann, guest):
        reader.get("/recent")
        reader.get("/recent")
        with counting() as seen:
            reader.get("/recent")
        assert not [statement for statement in seen if "terms" in statement or "acceptances" in statement]
