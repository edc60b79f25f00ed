"""The environment: what must be known before the database."""

import stat

import pytest

from app import create_app
from core import config


def read(folder, **environment):
    """The configuration of an environment over a folder."""
    return config.read({"LIVERY_DATA": str(folder), **environment})


def test_an_empty_environment_is_enough(tmp_path):
    found = read(tmp_path / "new" / "folder")
    assert found.data == tmp_path / "new" / "folder"
    assert found.data.is_dir()
    assert found.database_url == f"sqlite:///{found.data / 'livery.sqlite3'}"
    assert (found.host, found.port, found.demo, found.embedded) == ("127.0.0.1", 8000, True, True)


def test_the_secret_is_made_once_and_only_its_owner_reads_it(tmp_path):
    first, second = read(tmp_path), read(tmp_path)
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) == 64
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert read(tmp_path / "other").secret_key != first.secret_key
    assert read(tmp_path, SECRET_KEY="mine").secret_key == "mine"


@pytest.mark.parametrize(
    ("url", "used"),
    [
        ("postgres://u:p@h:1/d", "postgresql+psycopg://u:p@h:1/d"),
        ("postgresql://u@h/d", "postgresql+psycopg://u@h/d"),
        ("postgresql+psycopg://u@h/d", "postgresql+psycopg://u@h/d"),
        ("sqlite:////tmp/x.sqlite3", "sqlite:////tmp/x.sqlite3"),
    ],
)
def test_addresses_of_databases(tmp_path, url, used):
    assert read(tmp_path, DATABASE_URL=url).database_url == used


@pytest.mark.parametrize(
    "environment",
    [
        {"PORT": "eight"},
        {"PORT": "80.5"},
        {"DATABASE_URL": "mysql://x"},
        {"DATABASE_URL": "nonsense"},
        {"DATABASE_URL": "postgresql://u:first@second@127.0.0.1/x"},
        {"DATABASE_URL": "postgresql://u:fi/rst@second@127.0.0.1/x"},
        {"DATABASE_URL": "postgresql://u:x@127.0.0.1/x", "DATABASE_REPLICA_URL": "postgresql://u:first@second@h/x"},
        {"LIVERY_URL": "forum.example.org"},
        {"LIVERY_URL": "https://x/forum"},
        {"LIVERY_LOG": "xml"},
        {"LIVERY_TRUSTED_PROXIES": "the proxy"},
        {"LIVERY_SLOW_QUERY": "-1"},
        {"LIVERY_SLOW_PAGE": "long"},
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence(tmp_path, environment):
    with pytest.raises(ValueError, match=next(iter(environment))):
        read(tmp_path, **environment)


def test_the_rest_of_the_environment(tmp_path):
    found = read(tmp_path, HOST="0.0.0.0", PORT="80", REDIS_URL="redis://r", LIVERY_DEMO="0")
    assert (found.host, found.port, found.demo, found.embedded) == ("0.0.0.0", 80, False, False)


def test_an_application_stands_on_a_configuration(tmp_path):
    made = create_app(read(tmp_path), TESTING=True, RATELIMIT_ENABLED=False)
    assert made.config["SECRET_KEY"] == read(tmp_path).secret_key
    assert made.config["SESSION_COOKIE_HTTPONLY"]
    assert made.config["SESSION_COOKIE_SAMESITE"] == "Lax"
    assert "bootstrapNone" not in str(made.url_map)


def test_how_the_site_is_reached(tmp_path):
    found = read(
        tmp_path, LIVERY_URL="https://forum.example.org/", LIVERY_HOSTS="a.example, b.example",
        LIVERY_TRUSTED_PROXIES="127.0.0.1, 10.1.0.0/16 ::1",
    )  # fmt: skip
    assert (found.url, found.behind_tls) == ("https://forum.example.org", True)
    assert found.hosts == ("forum.example.org", "a.example", "b.example")
    assert [str(network) for network in found.trusted_proxies] == ["127.0.0.1/32", "10.1.0.0/16", "::1/128"]
    assert not read(tmp_path, LIVERY_URL="http://127.0.0.1:8000").behind_tls
    assert (read(tmp_path).hosts, read(tmp_path).trusted_proxies) == ((), ())


def test_how_the_site_is_watched(tmp_path):
    usual = read(tmp_path)
    assert (usual.log_format, usual.log_requests, usual.slow_query, usual.slow_page) == ("logfmt", False, 200, 1000)
    found = read(tmp_path, LIVERY_LOG="json", LIVERY_LOG_REQUESTS="1", LIVERY_SLOW_QUERY="0", LIVERY_SLOW_PAGE="50")
    assert (found.log_format, found.log_requests, found.slow_query, found.slow_page) == ("json", True, 0, 50)
