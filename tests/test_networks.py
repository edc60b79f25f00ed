"""Who a request comes from, under which name and how: behind proxies, behind TLS, and without either."""

import pytest
from flask import Flask, jsonify, request

from app import create_app
from core import config
from tests.factories import PASSWORD, a_user
from tests.visitor import Visitor
from web.networks import household_of, network_of


@pytest.fixture
def site(app, tmp_path):
    """Makes an application over the same database with another environment."""

    def make(**environ: str) -> Flask:
        settings = config.read(
            {
                "LIVERY_DATA": str(tmp_path), "SECRET_KEY": "for tests only",
                "DATABASE_URL": app.config["SQLALCHEMY_DATABASE_URI"], **environ,
            }
        )  # fmt: skip
        made = create_app(settings, TESTING=True, RATELIMIT_ENABLED=False)

        @made.get("/test/who")
        def who() -> object:
            return jsonify(address=request.remote_addr, scheme=request.scheme, host=request.host)

        made.view_functions["who"].for_machines = True
        return made

    return make


def seen(site: Flask, address: str, **headers: str) -> dict[str, str]:
    """What the application believes of a request."""
    return site.test_client().get("/test/who", headers=headers, environ_base={"REMOTE_ADDR": address}).get_json()


FORWARDED = {
    "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "forum.example.org",
    "X-Real-IP": "203.0.113.9", "Forwarded": "for=203.0.113.9;proto=https", "X-Forwarded-Prefix": "/evil",
}  # fmt: skip


def test_nobody_is_believed_who_is_not_configured(site):
    assert seen(site(), "127.0.0.1", **FORWARDED) == {"address": "127.0.0.1", "scheme": "http", "host": "localhost"}
    other = site(LIVERY_TRUSTED_PROXIES="10.0.0.0/8")
    assert seen(other, "192.0.2.1", **FORWARDED) == {"address": "192.0.2.1", "scheme": "http", "host": "localhost"}


def test_a_trusted_proxy_is_believed(site):
    made = site(LIVERY_TRUSTED_PROXIES="10.0.0.0/8, ::1")
    told = {"address": "203.0.113.9", "scheme": "https", "host": "forum.example.org"}
    assert seen(made, "10.1.2.3", **FORWARDED) == told
    assert seen(made, "::1", **FORWARDED) == told
    assert seen(made, "::ffff:10.1.2.3", **FORWARDED) == told


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("203.0.113.9:5555", "203.0.113.9"),
        ("[2001:db8::7]:5555", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("198.51.100.1, 203.0.113.9:5555, 10.0.0.2:80", "203.0.113.9"),
        ("203.0.113.9:port", "10.1.2.3"),
        ("[]:5555", "10.1.2.3"),
    ],
)
def test_a_proxy_may_tell_the_port_of_a_client(site, written, address):
    made = site(LIVERY_TRUSTED_PROXIES="10.0.0.0/8")
    assert seen(made, "10.1.2.3", **{"X-Forwarded-For": written})["address"] == address


def test_what_a_client_writes_before_its_own_address_counts_for_nothing(site):
    made = site(LIVERY_TRUSTED_PROXIES="10.0.0.0/8")
    through_two = {"X-Forwarded-For": "127.0.0.1, 8.8.8.8, 203.0.113.9, 10.0.0.7"}
    assert seen(made, "10.1.2.3", **through_two)["address"] == "203.0.113.9"
    assert seen(made, "10.1.2.3", **{"X-Forwarded-For": "nonsense"})["address"] == "10.1.2.3"
    assert seen(made, "10.1.2.3", **{"X-Forwarded-For": "127.0.0.1, <b>, 10.0.0.7"})["address"] == "10.0.0.7"


@pytest.mark.parametrize("host", ["evil.example/path", "a b", "x@evil", "", "host:99999999"])
def test_a_strange_name_from_a_proxy_is_not_taken(site, host):
    made = site(LIVERY_TRUSTED_PROXIES="10.0.0.0/8")
    assert seen(made, "10.1.2.3", **{"X-Forwarded-Host": host})["host"] == "localhost"


def test_networks_and_households():
    assert network_of("203.0.113.77") == network_of("203.0.113.1") == "203.0.113.0/24"
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2::") == "2001:db8:1:2::/64"
    assert network_of("2001:db8:1:3::") != network_of("2001:db8:1:2::")
    assert household_of("203.0.113.77") == "203.0.113.77"
    assert household_of("2001:db8:1:2:3::4") == "2001:db8:1:2::/64"
    assert network_of("") == ""


# --- names ---


def test_without_a_list_every_name_is_answered(site):
    assert site().test_client().get("/recent", headers={"Host": "anything.example"}).status_code == 200


def test_with_a_list_only_its_names_are_answered(site):
    made = site(LIVERY_URL="http://forum.example.org", LIVERY_HOSTS="www.example.org")
    for host in ("forum.example.org", "FORUM.example.org", "forum.example.org:80", "www.example.org"):
        assert made.test_client().get("/recent", headers={"Host": host}).status_code == 200, host
    for host in ("evil.example", "forum.example.org.evil.example", "forum.example.org:8080", "localhost"):
        answer = made.test_client().get("/recent", headers={"Host": host})
        assert (answer.status_code, answer.text) == (421, "This site has another name.\n"), host


MAPS = ("/robots.txt", "/sitemap.xml", "/sitemap/places.xml")


def test_what_names_the_site_as_it_was_asked_is_kept_by_nobody(site):
    made = site()
    for path in MAPS:
        answer = made.test_client().get(path, headers={"Host": "evil.example"})
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store"), path
        assert "http://evil.example/" in answer.text


def test_what_names_the_site_as_it_is_configured_may_be_kept_by_everybody(site):
    made = site(LIVERY_URL="http://forum.example.org")
    for path in MAPS:
        answer = made.test_client().get(path, headers={"Host": "forum.example.org"})
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "public, max-age=3600"), path
        assert "http://forum.example.org/" in answer.text


@pytest.mark.parametrize("host", ["evil.example/path", "a b", "x@evil", "host:99999999", "<b>", "a,b"])
def test_what_is_no_name_of_a_host_is_refused(site, host):
    made = site()
    for path in (*MAPS, "/recent"):
        answer = made.test_client().get(path, headers={"Host": host})
        assert (answer.status_code, answer.text) == (400, "No site has such a name.\n"), path
    assert made.test_client().get("/healthz", headers={"Host": host}).status_code == 200


def test_probes_may_ask_by_address(site):
    made = site(LIVERY_URL="http://forum.example.org")
    assert made.test_client().get("/healthz", headers={"Host": "10.0.0.3:8000"}).status_code == 200


# --- behind TLS ---


def test_behind_tls_browsers_are_told_to_stay_there(site):
    made = site(LIVERY_URL="https://forum.example.org")
    answer = made.test_client().get("/recent", headers={"Host": "forum.example.org"})
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in site().test_client().get("/recent").headers


def test_behind_tls_every_cookie_is_for_tls_and_sessions_are_bound_to_the_host(site):
    a_user("Ann")
    made = site(LIVERY_URL="https://localhost")
    browser = Visitor(made)
    browser.client.get("/", base_url="https://localhost")
    sent = {"Origin": "https://localhost", "Sec-Fetch-Site": "same-origin"}
    page = browser.send("GET", "/login", base_url="https://localhost")
    fields = {**page.form("/login").fields, "name": "Ann", "password": PASSWORD, "remember": "y"}
    answer = browser.send("POST", "/login", data=fields, headers=sent, base_url="https://localhost")
    assert answer.status == 303
    chosen = Visitor(made).send("POST", "/skin", data={"skin": "lux"}, headers=sent, base_url="https://localhost")
    lines = answer.headers.getlist("Set-Cookie") + chosen.headers.getlist("Set-Cookie")
    assert {line.split("=")[0] for line in lines} >= {"__Host-session", "__Host-remember_token", "skin"}
    for line in lines:
        assert "; Secure" in line, line
        assert "Path=/" in line
        assert "SameSite=Lax" in line
        assert "Domain" not in line
    for line in lines:
        assert not line.startswith("__Host-") or "HttpOnly" in line


def test_behind_tls_a_page_without_it_proves_nothing(site):
    made = site(LIVERY_URL="https://localhost")
    for origin, status in (("http://localhost", 403), ("https://localhost", 303)):
        answer = Visitor(made).send("POST", "/skin", data={"skin": "lux"}, headers={"Origin": origin})
        assert answer.status == status, origin


def test_without_tls_cookies_have_their_plain_names(site):
    a_user("Ann")
    browser = Visitor(site())
    page = browser.get("/login")
    assert page.cookies == ["session"]
    assert "Secure" not in page.headers["Set-Cookie"]
