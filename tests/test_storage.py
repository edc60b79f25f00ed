"""Where uploads lie: a folder, or a bucket of a store that speaks S3 and looks at every signature."""

import json
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.error import URLError
from urllib.parse import urlencode

import pytest
from sqlalchemy import create_engine

from core import backup, config, migrate, restore, s3, storage
from core.s3 import Bucket, StoreFailed, sign
from core.storage import Folder
from models import Upload
from tests.factories import fresh, grant, number_of
from tests.test_uploads import a_picture, newest, send, served
from web import surroundings

KEY, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
WELCOME = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072"
_POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


@pytest.mark.parametrize(
    ("method", "path", "headers", "signature"),
    [
        ("GET", "/test.txt", {"Range": "bytes=0-9"}, "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"),
        (
            "PUT", "/test$file.text",
            {"Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY",
             "x-amz-content-sha256": WELCOME},
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        ("GET", "/?lifecycle", {}, "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        ("GET", "/?max-keys=2&prefix=J", {}, "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ],
)  # fmt: skip
def test_signatures_are_those_of_the_published_examples(method, path, headers, signature):
    made = sign(
        method, "https://examplebucket.s3.amazonaws.com" + path, {"x-amz-content-sha256": EMPTY, **headers},
        at=datetime(2013, 5, 24, tzinfo=UTC), region="us-east-1", key=KEY, secret=SECRET,
    )  # fmt: skip
    assert made["authorization"].endswith(f"Signature={signature}")
    assert f"Credential={KEY}/20130524/us-east-1/s3/aws4_request" in made["authorization"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A store of its own: its address, and the key and secret of somebody who may use it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url, log = f"http://127.0.0.1:{port}", (tmp_path_factory.mktemp("store") / "log").open("wb")
    # from the fifth request on every signature is checked, and who it belongs to
    command = [sys.executable, "-c", "import sys; from moto.server import main; main(sys.argv[1:])", "-H", "127.0.0.1"]
    running = subprocess.Popen(
        [*command, "-p", str(port)], stdout=log, stderr=log, env={"INITIAL_NO_AUTH_ACTION_COUNT": "4", "PATH": "/bin"}
    )
    try:
        yield url, *_somebody(url)
    finally:
        running.terminate()
        running.wait(10)
        log.close()


def _somebody(url: str) -> tuple[str, str]:
    """The key and secret of a user of the store who may do everything, and a bucket."""
    _identity(url, Action="CreateUser", UserName="livery")
    made = _identity(url, Action="CreateAccessKey", UserName="livery")
    policy = {"PolicyName": "all", "PolicyDocument": json.dumps(_POLICY)}
    _identity(url, Action="PutUserPolicy", UserName="livery", **policy)
    bucket = urllib.request.Request(url + "/files", method="PUT")
    with urllib.request.urlopen(bucket, timeout=20) as answer:
        assert answer.status == 200
    return tuple(re.search(f"<{name}>([^<]*)<", made)[1] for name in ("AccessKeyId", "SecretAccessKey"))


def _identity(url: str, **asked: str) -> str:
    """Asks the store for something that has to do with its users; waits until it is there."""
    scope = "Credential=x/20261122/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=x"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 {scope}", "Content-Type": "application/x-www-form-urlencoded"}
    data = urlencode({**asked, "Version": "2010-05-08"}).encode()
    end = time.monotonic() + 90
    while True:
        try:
            request = urllib.request.Request(url, data=data, headers=headers)
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.read().decode()
        except URLError as error:
            if hasattr(error, "code") or time.monotonic() > end:
                raise
            time.sleep(0.2)


@pytest.fixture
def bucket(server):
    """A bucket with nothing in it."""
    url, key, secret = server
    made = Bucket(url + "/files", "us-east-1", key, secret)
    yield made
    for name in list(made.names()):
        made.delete(name)


@pytest.fixture(params=["folder", "bucket"])
def place(request, tmp_path):
    """Each of the places where files can lie."""
    return Folder(tmp_path / "files") if request.param == "folder" else request.getfixturevalue("bucket")


def test_files_come_back_as_they_were(place):
    assert list(place.names()) == []
    files = {"a/file": b"", "b_-c/400.webp": bytes(range(256)) * 500, "b_-c/800.webp": b"x", "AZ09": b"one"}
    for name, data in files.items():
        place.put(name, data)
    assert {name: place.get(name) for name in place.names()} == files
    place.put("AZ09", b"two")
    assert place.get("AZ09") == b"two"
    place.delete("a/file")
    place.delete("a/file")
    assert place.get("a/file") is None
    assert sorted(place.names()) == ["AZ09", "b_-c/400.webp", "b_-c/800.webp"]


def test_a_long_list_comes_in_pieces(bucket, monkeypatch):
    ask = Bucket._ask
    sent = []

    def small(self, method, name, *, data=b"", query=None):
        sent.append(query)
        return ask(self, method, name, data=data, query={**query, "max-keys": "2"} if query else None)

    names = [f"{number}/file" for number in range(7)]
    for name in names:
        bucket.put(name, b"x")
    monkeypatch.setattr(s3.Bucket, "_ask", small)
    assert sorted(bucket.names()) == names
    assert len(sent) == 4


def test_a_store_that_refuses_is_an_error_and_not_an_empty_place(bucket):
    bucket.put("a/file", b"x")
    for wrong in (
        replace(bucket, secret="another"),
        replace(bucket, key="NOBODY"),
        replace(bucket, url=bucket.url + "x"),
    ):
        for act, arguments in ((wrong.get, ["a/file"]), (wrong.put, ["b/file", b"x"]), (list, [wrong.names()])):
            with pytest.raises(StoreFailed) as raised:
                act(*arguments)
            assert "another" not in str(raised.value)
    gone = replace(bucket, url="http://127.0.0.1:9/files")
    with pytest.raises(StoreFailed):
        gone.get("a/file")
    assert list(bucket.names()) == ["a/file"]


class _Liar(BaseHTTPRequestHandler):
    """A store that does what no store should."""

    asked: ClassVar[list[tuple[str, str]]] = []

    def do_GET(self):
        self.asked.append((self.path, self.headers.get("Authorization", "")))
        if self.path.endswith("/away"):
            self.send_response(302)
            self.send_header("Location", f"http://localhost:{self.server.server_address[1]}/files/elsewhere")
            self.end_headers()
            return
        self.send_response(200)
        if self.path.endswith("/half"):
            self.send_header("Content-Length", "1000")
        self.end_headers()
        with suppress(ConnectionError):  # whoever asked has heard enough
            for _ in range(20 if self.path.endswith("/much") else 1):
                self.wfile.write(b"x" * 10_000 if self.path.endswith("/much") else b"x")

    def log_message(self, *about):
        pass


@pytest.fixture
def liar():
    """A bucket in such a store."""
    running = ThreadingHTTPServer(("127.0.0.1", 0), _Liar)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    _Liar.asked.clear()
    yield Bucket(f"http://127.0.0.1:{running.server_address[1]}/files", "us-east-1", KEY, SECRET)
    running.shutdown()
    running.server_close()
    thread.join()


def test_nobody_but_the_store_is_asked(liar):
    with pytest.raises(StoreFailed, match="the store answered 302"):
        liar.get("away")
    assert [path for path, _proof in _Liar.asked] == ["/files/away"]


def test_an_answer_is_bounded_in_size_and_time_and_comes_whole(liar, monkeypatch):
    assert liar.get("much") == b"x" * 200_000
    monkeypatch.setattr(s3, "_LARGEST", 199_999)
    with pytest.raises(StoreFailed, match="the answer is larger than 199999 bytes"):
        liar.get("much")
    with pytest.raises(StoreFailed, match="larger than 199999 bytes"):
        liar.put("much", b"x" * 200_000)
    with pytest.raises(StoreFailed, match="999 bytes of the answer are missing"):
        liar.get("half")
    monkeypatch.setattr(s3, "_LONGEST", -1)
    with pytest.raises(StoreFailed, match="the answer takes longer than"):
        liar.get("one")


@pytest.fixture
def over_bucket(app, bucket, monkeypatch):
    """The application keeps its uploads in the bucket."""
    monkeypatch.setattr(storage, "_storage", bucket)
    return bucket


def test_uploads_and_pictures_lie_in_the_bucket(ann, guest, over_bucket):
    send(ann, "cat.png", a_picture())
    upload = newest()
    assert sorted(over_bucket.names()) == upload.variants
    assert served(guest, f"/uploads/{upload.key}/400.webp").size == (400, 267)
    grant("upload:post:file", to="registered")
    send(ann, "notes.txt", b"words")
    raw = guest.client.get(f"/uploads/{newest().key}/notes.txt")
    assert (raw.data, raw.headers["Content-Type"]) == (b"words", "application/octet-stream")
    ann.get("/me/picture")
    send(ann, "me.png", a_picture(), "/me/picture", kind="picture")
    assert served(guest, f"/uploads/{fresh(ann.user).picture}/96.png").size == (96, 96)
    ann.post("/me/picture/remove", {"kind": "picture"})
    ann.post(f"/uploads/{upload.id}/remove")
    assert [name.rpartition("/")[2] for name in over_bucket.names()] == ["file"]


def test_nothing_is_kept_of_an_upload_that_the_store_does_not_take(ann, over_bucket, monkeypatch):
    monkeypatch.setattr(storage, "_storage", replace(over_bucket, url="http://127.0.0.1:9/files"))
    answer = send(ann, "cat.png", a_picture())
    assert answer.status == 422
    assert "cannot be stored just now" in answer.words
    assert number_of(Upload) == 0


def test_a_file_that_cannot_be_fetched_is_not_missing(ann, guest, over_bucket, monkeypatch):
    send(ann, "cat.png", a_picture())
    monkeypatch.setattr(storage, "_storage", replace(over_bucket, url="http://127.0.0.1:9/files"))
    assert guest.get(f"/uploads/{newest().key}/400.webp").status == 503
    ann.get("/user/ann/uploads")
    assert ann.post(f"/uploads/{newest().id}/remove").status == 303  # what remains there is shown by nobody


def test_a_backup_holds_the_bucket_and_a_restore_fills_it(bucket, tmp_path):
    engine, target = (create_engine(f"sqlite:///{tmp_path / name}") for name in ("one.sqlite3", "two.sqlite3"))
    migrate.upgrade(engine)
    files = {"a/400.webp": b"cat" * 1000, "b/file": b""}
    for name, data in files.items():
        bucket.put(name, data)
    manifest = backup.write(engine, bucket, tmp_path / "site.zip")
    assert set(manifest["uploads"]) == set(files)
    bucket.delete("b/file")
    bucket.put("a/400.webp", b"changed")
    bucket.put("c/late", b"x")
    restore.restore(tmp_path / "site.zip", target, bucket)
    assert {name: bucket.get(name) for name in bucket.names()} == files
    folder = Folder(tmp_path / "uploads")  # and the way to a folder
    restore.restore(tmp_path / "site.zip", target, folder, replace=True)
    assert {name: folder.get(name) for name in folder.names()} == files
    for each in (engine, target):
        each.dispose()


def variables(bucket: Bucket, folder: Path) -> dict[str, str]:
    """The environment of a site over a bucket."""
    named = {"LIVERY_S3_URL": bucket.url + "/", "LIVERY_S3_KEY": bucket.key, "LIVERY_S3_SECRET": bucket.secret}
    return {"LIVERY_DATA": str(folder), "SECRET_KEY": "for tests only", **named}


def test_the_environment_names_the_bucket(bucket, tmp_path):
    found = config.read(variables(bucket, tmp_path))
    assert storage.of(found) == bucket
    assert isinstance(storage.of(replace(found, s3_url="")), Folder)
    for wrong in ({"LIVERY_S3_URL": "bucket"}, {"LIVERY_S3_URL": "ftp://x/y"}, {"LIVERY_S3_SECRET": ""}):
        with pytest.raises(ValueError, match="LIVERY_S3_URL"):
            config.read({**variables(bucket, tmp_path), **wrong})


def test_the_doctor_tries_it(app, bucket, tmp_path, monkeypatch):
    named = variables(bucket, tmp_path)
    with app.app_context():
        monkeypatch.setitem(app.config, "LIVERY", config.read(named))
        assert surroundings.uploads() == f"{bucket.url} keeps, gives and removes files"
        assert list(bucket.names()) == []
        monkeypatch.setitem(app.config, "LIVERY", config.read(named | {"LIVERY_S3_SECRET": "wrong"}))
        with pytest.raises(surroundings.Trouble, match="the store answered 403"):
            surroundings.uploads()
