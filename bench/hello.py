"""What everything is compared with: the smallest Flask application there can be, behind the same server and bridge.

It runs as granian starts it: what Livery asks of the system for its own process (`web.turns.wake_gently`) it does not.
"""

from flask import Flask

from web.bridge import Bridge


def make() -> Bridge:
    """The application of a worker process."""
    app = Flask(__name__)

    @app.get("/")
    def hello() -> str:
        return "Hello"

    return Bridge(app, threads=8, largest=lambda scope: 10_000)
