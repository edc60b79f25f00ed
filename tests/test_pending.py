"""What reading leaves behind: held in this process, or in Redis where all processes see it."""

import shutil
import socket
import subprocess
import time

import pytest

from core import pending


@pytest.fixture(params=["process", pytest.param("redis", marks=pytest.mark.redis)])
def store(request, tmp_path):
    """Somewhere to hold things."""
    if request.param == "process":
        pending.connect("")
        pending.forget()
        yield
        pending.forget()
        return
    program = shutil.which("redis-server")
    if program is None:
        pytest.fail("There is no redis-server here.", pytrace=False)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = subprocess.Popen(
        [program, "--port", str(port), "--save", "", "--dir", str(tmp_path)], stdout=subprocess.DEVNULL
    )
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 0.1).close()
            break
        except OSError:
            time.sleep(0.05)
    pending.connect(f"redis://127.0.0.1:{port}/0")
    yield
    pending.connect("")
    running.terminate()
    running.wait()


def test_what_is_held_can_be_read_at_once_and_only_rises(store):
    pending.hold("read", 7, 1, 20)
    pending.hold("read", 7, 1, 5)
    pending.hold("read", 7, 2, 9)
    pending.hold("read", 8, 1, 3)
    assert pending.of("read", 7) == {1: 20, 2: 9}
    assert pending.of("read", 9) == {}
    assert pending.owners("read") == [7, 8]


def test_what_was_written_is_let_go_unless_more_came_meanwhile(store):
    pending.hold("read", 7, 1, 20)
    pending.hold("read", 7, 2, 9)
    taken = pending.of("read", 7)
    pending.hold("read", 7, 1, 21)
    pending.settle("read", 7, taken)
    assert pending.of("read", 7) == {1: 21}
    assert pending.owners("read") == [7]
    pending.settle("read", 7, {1: 21})
    assert pending.owners("read") == []


def test_everything_can_be_dropped(store):
    pending.hold("read", 7, 1, 20)
    pending.forget()
    assert pending.of("read", 7) == {}


def test_a_redis_that_is_away_stops_nobody_from_reading():
    pending.connect("redis://127.0.0.1:9/0")
    try:
        pending.hold("read", 7, 1, 20)
        assert pending.of("read", 7) == {}
    finally:
        pending.connect("")
