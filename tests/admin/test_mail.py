"""Mail in the control panel: the server, how mails look, a mail to oneself, the log, and what lies in the folder."""

from datetime import timedelta

import pytest

from core import clock, jobs, mail, mail_log
from core.mail_log import Mail
from tests.conftest import configuration
from tests.factories import PASSWORD, a_user, grant, inside, number_of
from tests.visitor import Visitor, words


@pytest.fixture
def postmaster(app):
    """An administrator with an address."""
    return Visitor(app, a_user("Postmaster", email="post@example.org", groups_of=["administrators"]))


@pytest.fixture
def folder(app, tmp_path):
    """A site without a mail server."""
    mail.connect(configuration(app.config["LIVERY"].database_url, tmp_path))
    yield tmp_path / "mail"
    mail.connect(app.config["LIVERY"])


def test_the_server_is_named_and_its_password_is_not(app, keeper, tmp_path):
    config = configuration(app.config["LIVERY"].database_url, tmp_path)
    object.__setattr__(config, "mail", "smtps://robot:opensesame@mail.example.org:4650")
    mail.connect(config)
    try:
        page = keeper.get("/admin/mail")
    finally:
        mail.connect(app.config["LIVERY"])
    assert "mail.example.org:4650" in page.words
    assert "from the first byte" in page.words
    assert "opensesame" not in page.html
    assert "robot" not in page.html


def test_a_mail_to_oneself_arrives(server, postmaster):
    page = postmaster.get("/admin/mail")
    assert "A mail goes to post@example.org, at once." in page.words
    page = postmaster.follow(postmaster.submit(page, "/admin/mail/try"))
    assert "The mail is sent." in page.html
    [letter] = server.letters
    assert letter["To"] == "post@example.org"
    assert number_of(Mail, Mail.state == "sent", Mail.address == "post@example.org") == 1
    assert "post@example.org" in page.words.split("Log")[-1]
    assert "to try the server" in postmaster.get("/admin/log").words


def test_what_the_server_answers_is_shown_when_it_does_not_take_it(server, postmaster):
    server.full = True
    answer = postmaster.submit(postmaster.get("/admin/mail"), "/admin/mail/try")
    assert answer.status == 502
    assert "no room now" in answer.words
    assert number_of(Mail, Mail.state == "failed", Mail.error.contains("no room now")) == 1


def test_whoever_has_no_address_is_told_so(keeper):
    page = keeper.get("/admin/mail")
    assert "You have given no e-mail address." in page.words
    assert keeper.post("/admin/mail/try").status == 422


@pytest.mark.parametrize("kind", sorted(mail.samples))
def test_every_kind_of_mail_is_shown_in_both_forms_and_harmlessly(keeper, kind):
    listed = keeper.get("/admin/mail")
    assert f'href="/admin/mail/kinds/{kind}"' in listed.html
    page = keeper.get(f"/admin/mail/kinds/{kind}")
    assert f'<iframe class="mail-frame" sandbox src="/admin/mail/kinds/{kind}/html"' in page.html
    rich = keeper.get(f"/admin/mail/kinds/{kind}/html")
    assert rich.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none';")
    assert words(rich.html).split()[0] in page.words  # the same words as text
    assert len(words(rich.html)) > 40


def test_the_links_of_examples_do_nothing(keeper, guest):
    shown = " ".join(keeper.get(f"/admin/mail/kinds/{kind}").words for kind in mail.samples)
    for purpose in ("reset", "confirm", "unsubscribe"):
        assert f"/{purpose}/example" in shown
        guest.get("/")
        assert guest.post(f"/{purpose}/example", {"password": PASSWORD, "repeat": PASSWORD}).status == 404
    assert keeper.get("/admin/mail/kinds/zebra").status == 404


def test_mails_are_listed_with_what_became_of_them(server, keeper):
    with inside():
        mail.post("ann@example.org", mail.Letter("Hello", ("Words.",)))
        server.full = True
        mail.post("bert@example.org", mail.Letter("Good bye", ("Words.",)))
    page = keeper.get("/admin/mail")
    assert "Hello to ann@example.org" in page.words
    assert "Sent" in page.words
    assert "no room now" in page.words
    assert "On its way" in keeper.get("/admin/mail", {"state": "waiting"}).words.split("Good bye")[1]
    assert "bert@" not in keeper.get("/admin/mail", {"q": "ANN@"}).html
    assert "bert@" in keeper.get("/admin/mail", {"q": "good"}).html
    assert "bert@" not in keeper.get("/admin/mail", {"state": "sent"}).html
    for _ in range(jobs.RETRIES):
        far = clock.now().replace(tzinfo=None) + timedelta(days=1)
        for task in jobs._queue.read_schedule(far):
            jobs._queue._execute(task, far)
    assert number_of(Mail, Mail.state == "failed", Mail.tries == 6) == 1
    server.full = False
    keeper.get("/admin/jobs")
    keeper.post("/admin/jobs/retry", {"which": "all"})
    assert number_of(Mail, Mail.state == "sent") == 2
    assert len(server.letters) == 2


def test_every_page_of_the_log_is_reached_and_old_mails_are_forgotten(keeper):
    with inside():
        for number in range(60):
            mail_log.begin(f"reader-{number:02}@example.org", "Hello")
    first = keeper.get("/admin/mail")
    second = keeper.get(first.html.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&"))
    for number in range(60):
        name = f"reader-{number:02}@example.org"
        assert (name in first.words) != (name in second.words)
    clock.travel(timedelta(days=31))
    with inside():
        mail_log.prune()
    assert number_of(Mail) == 0


def test_without_a_server_mails_are_read_in_the_folder(folder, keeper):
    assert "Nothing was laid here yet." in keeper.get("/admin/mail/folder").words
    with inside():
        mail.post("ann@example.org", mail.Letter("Hello", ("Words <b>here</b>.",)))
    assert "No mail server is configured" in keeper.get("/admin/mail").words
    listed = keeper.get("/admin/mail/folder")
    assert "Hello to ann@example.org" in listed.words
    [path] = folder.glob("*.eml")
    page = keeper.get(f"/admin/mail/folder/{path.name}")
    assert "Words <b>here</b>." in page.words
    rich = keeper.get(f"/admin/mail/folder/{path.name}/html")
    assert "Words &lt;b&gt;here&lt;/b&gt;." in rich.html
    assert rich.headers["Content-Security-Policy"].startswith("sandbox")
    (folder.parent / "secret.eml").write_text("Subject: no\n\nno")
    for name in ("20260101-000000-000000.eml", "..%2fsecret.eml", "secret.eml"):
        assert keeper.get(f"/admin/mail/folder/{name}").status == 404


def test_a_delegate_reads_no_mail_that_opens_an_account(folder, visit):
    helper = a_user("Helper")
    grant("admin:operations", to=helper)
    browser = visit(helper)
    with inside():
        mail.post("ann@example.org", mail.Letter("Hello", ("Words.",)))
    page = browser.get("/admin/mail")
    assert page.status == 200
    assert "/admin/mail/folder" not in page.html
    [path] = folder.glob("*.eml")
    for address in ("", f"/{path.name}", f"/{path.name}/html"):
        assert browser.get(f"/admin/mail/folder{address}").status == 403
