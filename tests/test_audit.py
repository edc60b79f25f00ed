"""The audit of dependencies, over a database of weaknesses of its own."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from cli import audit


class Weaknesses(BaseHTTPRequestHandler):
    """Knows one weakness: of Flask, whatever its version."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        self.server.asked = asked
        weak = self.server.weak
        results = [{"vulns": [{"id": "OSV-1"}]} if each["package"]["name"] == weak else {} for each in asked]
        body = json.dumps({"results": results}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        """Says nothing."""


@pytest.fixture
def service(monkeypatch) -> Iterator[HTTPServer]:
    """A database of weaknesses on this machine."""
    server = HTTPServer(("127.0.0.1", 0), Weaknesses)
    server.weak = ""
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("LIVERY_OSV", f"http://127.0.0.1:{server.server_port}/v1/querybatch")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_every_pinned_dependency_is_asked_for(service, capsys):
    assert audit.main() == audit.WELL
    assert "no known weakness" in capsys.readouterr().out
    names = {each["package"]["name"] for each in service.asked}
    assert {"flask", "sqlalchemy", "granian", "pytest"} <= names
    assert all(each["version"] for each in service.asked)


def test_a_known_weakness_is_named_and_fails(service, capsys):
    service.weak = "flask"
    assert audit.main() == audit.FOUND
    assert "flask 3." in capsys.readouterr().err


def test_nobody_answering_is_said_in_plain_words_and_is_not_a_success(monkeypatch, capsys):
    monkeypatch.setenv("LIVERY_OSV", "http://127.0.0.1:9/v1/querybatch")
    assert audit.main() == audit.UNANSWERED
    assert "The dependencies were NOT audited" in capsys.readouterr().err
