"""Operations: what machines ask, and what the log says."""

import http.client
import json
import logging
import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from app import create_app
from cli import worker
from core import config, health, jobs, logs, metrics, migrate, queries, tokens
from core.db import session
from forum import addresses
from tests.factories import a_topic, a_user, inside
from tests.visitor import Visitor, path_of
from web import operations


@pytest.fixture
def lines(app, monkeypatch):
    """The lines that the log writes from now on."""
    written = []
    monkeypatch.setattr(logs._handler, "emit", lambda record: written.append(logs._handler.format(record)))
    return written


# --- health and readiness ---


def test_a_living_process_says_so(guest):
    answer = guest.get("/healthz")
    assert (answer.status, answer.html) == (200, "ok\n")
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_process_is_ready_when_database_migrations_and_jobs_are(guest):
    answer = guest.get("/readyz")
    assert (answer.status, answer.html) == (200, "database: ok\nwriting: ok\nmigrations: ok\njobs: ok\n")


def test_a_database_behind_the_newest_revision_is_not_ready(guest, monkeypatch):
    monkeypatch.setattr(migrate, "head", lambda: "9999")
    answer = guest.get("/readyz")
    assert answer.status == 503
    assert re.search(r"migrations: at \d{4}, not at 9999\n", answer.html)
    assert "database: ok" in answer.html


def test_a_process_without_a_database_lives_but_is_not_ready(tmp_path):
    settings = config.read(
        {"LIVERY_DATA": str(tmp_path), "SECRET_KEY": "x", "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none"}
    )
    client = create_app(settings, TESTING=True, RATELIMIT_ENABLED=False).test_client()
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "database: does not answer (OperationalError)" in answer.text


def test_a_queue_that_nobody_works_through_is_not_ready(app, guest, tmp_path):
    settings = config.read({"LIVERY_DATA": str(tmp_path), "SECRET_KEY": "x"})
    jobs.connect(settings, app.app_context)
    answer = guest.get("/readyz")
    assert answer.status == 503
    assert "jobs: nobody works through the queue" in answer.html
    jobs._beat(None)
    assert guest.get("/readyz").status == 200


def test_a_database_that_can_only_be_read_is_not_ready(guest, monkeypatch):
    if session_is_sqlite():
        monkeypatch.setattr(health.os, "access", lambda *about: False)
    else:
        monkeypatch.setattr(health, "_IS_CLOSED", text("select 'on'"))
    answer = guest.get("/readyz")
    assert answer.status == 503
    assert "writing: the database can only be read\n" in answer.html
    assert guest.get("/readyz?only=database").status == 200


def session_is_sqlite() -> bool:
    with inside():
        return session().get_bind().dialect.name == "sqlite"


def test_a_proxy_sends_readers_to_a_process_whose_jobs_wait(app, guest, tmp_path, monkeypatch):
    jobs.connect(config.read({"LIVERY_DATA": str(tmp_path), "SECRET_KEY": "x"}), app.app_context)
    monkeypatch.setattr(migrate, "head", lambda: "9999")
    asked = re.search(r"health_uri (\S+)", (config.ROOT / "deploy" / "Caddyfile").read_text())[1]
    answer = guest.get(asked)
    assert (answer.status, answer.html) == (200, "database: ok\n")
    assert guest.get("/readyz").status == 503


# --- metrics ---


def sample(text: str, name: str) -> float:
    """The value of one line of the metrics."""
    return float(re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)[1])


def test_metrics_count_requests_and_queries(guest):
    metrics.forget()
    topic = a_topic()
    guest.get(path_of(topic))
    guest.get("/topic/99999")
    answer = guest.get("/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"
    assert answer.html.endswith("# EOF\n")
    assert sample(answer.html, 'livery_requests_total{status="200",view="topics.show"}') == 1
    assert sample(answer.html, 'livery_requests_total{status="404",view="topics.show"}') == 1
    assert sample(answer.html, "livery_queries_total") >= 4
    assert sample(answer.html, "livery_request_seconds_count") == 2
    assert sample(answer.html, 'livery_request_seconds_bucket{le="+Inf"}') == 2
    assert sample(answer.html, "livery_memory_bytes") > 10_000_000


def test_every_metric_has_a_type_and_a_meaning(guest):
    text = guest.get("/metrics").html
    declared = re.findall(r"^# TYPE (\S+) (counter|gauge|histogram)$", text, re.MULTILINE)
    assert len(declared) >= 8
    for name, _ in declared:
        assert re.search(rf"^# HELP {name} \S", text, re.MULTILINE), name
    families = {name for name, _ in declared}
    for line in text.splitlines():
        if not line.startswith("#"):
            family = re.sub(r"_(total|bucket|count|sum)$", "", re.match(r"\w+", line)[0])
            assert family in families, line


def test_a_value_that_cannot_be_read_is_left_out(guest):
    metrics.gauge("livery_test_broken", "A gauge of these tests.", lambda: 1 / 0)
    try:
        assert not re.search(r"^livery_test_broken ", guest.get("/metrics").html, re.MULTILINE)
    finally:
        del metrics._gauges["livery_test_broken"], metrics._help["livery_test_broken"]


def test_metrics_are_for_this_machine_only(app):
    assert Visitor(app, address="192.0.2.7").get("/metrics").status == 404
    assert Visitor(app, address="::1").get("/metrics").status == 200
    for name in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
        assert Visitor(app).get("/metrics", **{name: "127.0.0.1"}).status == 404, name


def test_with_a_token_metrics_are_for_whoever_sends_it(tmp_path):
    settings = config.read(
        {"LIVERY_DATA": str(tmp_path), "SECRET_KEY": "x", "LIVERY_METRICS_TOKEN": "a long token of metrics"}
    )
    client = create_app(settings, TESTING=True, RATELIMIT_ENABLED=False).test_client()
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    for scheme in ("Bearer", "bearer"):
        sent = {"Authorization": f"{scheme} a long token of metrics"}
        assert client.get("/metrics", headers=sent, environ_base={"REMOTE_ADDR": "192.0.2.7"}).status_code == 200


def test_a_worker_shows_what_it_counted(tmp_path):
    def asked(server, path="/metrics", **headers: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text

    metrics.count("livery_job_failures", job="core.mail.send")
    about = {"LIVERY_DATA": str(tmp_path), "SECRET_KEY": "x", "HOST": "0.0.0.0"}
    mine = worker.show_metrics(config.read(about))
    theirs = worker.show_metrics(config.read(about | {"LIVERY_METRICS_TOKEN": "a long token"}))
    try:
        assert mine.server_address[0] == "127.0.0.1"
        status, text = asked(mine)
        assert (status, sample(text, 'livery_job_failures_total{job="core.mail.send"}') >= 1) == (200, True)
        assert asked(mine, "/")[0] == 404
        assert [asked(theirs)[0], asked(theirs, Authorization="Bearer a long")[0]] == [404, 404]
        assert asked(theirs, Authorization="bearer a long token")[0] == 200
    finally:
        for each in (mine, theirs):
            each.shutdown()
            each.server_close()


# --- logs ---


class StoppedClock:
    """A clock that shows these times, one after the other."""

    def __init__(self, *times: float) -> None:
        self.perf_counter = iter(times).__next__


def test_a_request_gets_an_id_or_keeps_the_one_it_came_with(guest):
    first, second = (guest.get("/recent").headers["X-Request-ID"] for _ in range(2))
    assert re.fullmatch(r"[0-9a-f]{16}", first)
    assert first != second
    assert guest.get("/recent", **{"X-Request-ID": "proxy-12345678"}).headers["X-Request-ID"] == "proxy-12345678"
    for bad in ("short", "x" * 65, "with space 12", 'quote"quote', "<b>123456</b>"):
        assert guest.get("/recent", **{"X-Request-ID": bad}).headers["X-Request-ID"] != bad


def test_the_lines_of_a_request_carry_its_id(app, lines):
    with app.test_request_context("/recent", headers={"X-Request-ID": "proxy-12345678"}):
        app.preprocess_request()
        logging.getLogger("livery.test").warning("Something with %s", "words")
    assert 'level=warning logger=livery.test request=proxy-12345678 message="Something with words"' in lines[0]
    assert re.match(r"at=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00 ", lines[0])


def test_a_line_is_one_line_whatever_is_in_it():
    made = logs.Lines("logfmt").format(record('two\nlines "quoted"', path="/a b"))
    assert "\n" not in made
    assert made.endswith(r'message="two\nlines \"quoted\"" path="/a b"')
    made = json.loads(logs.Lines("json").format(record("two\nlines", ms=12.5)))
    assert (made["message"], made["ms"], made["level"]) == ("two\nlines", 12.5, "info")


def record(message: str, **fields: object) -> logging.LogRecord:
    """A record as the log gets it."""
    made = logging.LogRecord("livery.test", logging.INFO, __file__, 1, message, (), None)
    made.fields = fields
    return made


def test_no_secret_reaches_the_log(lines, app, monkeypatch):
    reset = tokens.make("reset", a_user().id, 0, lasts=timedelta(hours=1))
    invitation = "shortone"
    monkeypatch.setattr(operations, "time", StoppedClock(*range(0, 60, 2)))  # every request is slow, and logged
    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    guest = Visitor(app)
    for method, address in (
        ("GET", f"/reset/{reset}"), ("PUT", f"/reset/{reset}"), ("GET", f"/reset/{reset}/x"), ("PUT", f"/confirm/{reset}"),
        ("GET", f"/register/{invitation}/x"), ("DELETE", f"/register/{invitation}"),
    ):  # fmt: skip
        guest.send(method, address)
    monkeypatch.setattr(addresses, "known", broken)
    for method in ("GET", "POST"):
        guest.client.open(f"/reset/{reset}", method=method, headers=guest.own_headers())
    assert len([line for line in lines if "A request was slow" in line and "/…" in line]) == 8
    assert [line for line in lines if "GET /reset/… failed with 500" in line]
    for line in lines:
        assert reset not in line
        assert invitation not in line


def broken(*about, **more):
    """What nobody foresaw."""
    raise RuntimeError("broken")


def test_no_known_secret_reaches_the_log():
    logs.keep_secret("hunter2hunter2")
    for form in ("json", "logfmt"):
        made = logs.Lines(form).format(record("password hunter2hunter2 given", url="x:hunter2hunter2@y"))
        assert "hunter2" not in made
        assert "password … given" in made


def test_the_secrets_of_the_environment_are_known_to_the_log(tmp_path):
    settings = config.read(
        {
            "LIVERY_DATA": str(tmp_path), "SECRET_KEY": "the-signing-secret", "LIVERY_METRICS_TOKEN": "the-token-of-m",
            "DATABASE_URL": "postgresql://u:p%40ssw0rd@127.0.0.1/x", "REDIS_URL": "redis://:redispass@127.0.0.1/0",
            "DATABASE_REPLICA_URL": "postgresql://u:repl/cated@127.0.0.2/x",
        }
    )  # fmt: skip
    logs.set_up(settings)
    for secret in ("the-signing-secret", "the-token-of-m", "p@ssw0rd", "p%40ssw0rd", "redispass", "repl/cated"):
        assert secret not in logs.without_secrets(f"before {secret} after")


def test_the_values_of_a_failed_query_stay_out_of_the_log(app, lines):
    with inside(), pytest.raises(Exception, match="no_such") as caught:
        session().execute(text("select :secret from no_such_table"), {"secret": "my own words"})
    assert "my own words" not in str(caught.value)


def test_a_slow_query_is_logged_without_its_values(app, lines, monkeypatch):
    with inside():
        session().execute(text("select 1"))
        monkeypatch.setattr(queries, "time", StoppedClock(0.0, 0.35))
        session().execute(text("select  cast(:secret as text)"), {"secret": "my own words"})
    assert len(lines) == 1
    assert 'message="A query was slow" ms=350 query="select' in lines[0]
    assert "my own words" not in lines[0]


def test_a_slow_request_is_logged_without_what_the_address_asks(app, lines, monkeypatch):
    monkeypatch.setattr(operations, "time", StoppedClock(0.0, 1.5))
    Visitor(app).get("/healthz?token=secret")
    assert len(lines) == 1
    assert 'message="A request was slow" method=GET path=/healthz status=200 ms=1500.0 queries=0' in lines[0]
    assert "secret" not in lines[0]


def test_every_request_is_logged_where_the_operator_wants_it(tmp_path, lines):
    settings = config.read({"LIVERY_DATA": str(tmp_path), "SECRET_KEY": "x", "LIVERY_LOG_REQUESTS": "1"})
    made = create_app(settings, TESTING=True, RATELIMIT_ENABLED=False)

    @made.get("/test/<code>")
    def test_view(code: str) -> str:
        return "x"

    made.view_functions["test_view"].for_machines = True
    made.test_client().get("/test/resetcode123?q=1")
    assert [line for line in lines if "Answered" in line and "path=/test/…" in line]
    assert "resetcode123" not in "".join(lines)


def test_a_member_is_not_looked_up_for_machines(app):
    ann = Visitor(app, a_user("Ann"))
    metrics.forget()
    ann.get("/healthz")
    assert sample(metrics.text(), "livery_queries_total") == 0
