"""`bin/livery worker`: works through the queue, and shows what it counted to who may read metrics."""

import hmac
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from flask import current_app

from core import config as environment
from core import jobs, metrics


def run() -> None:
    """Works until told to stop; with LIVERY_WORKER_METRICS it listens there meanwhile."""
    config = current_app.config["LIVERY"]
    if config.worker_metrics:
        show_metrics(config)
    jobs.work()


def show_metrics(config: environment.Config) -> ThreadingHTTPServer:
    """Answers /metrics as the server does: to this machine alone, or with a token to whoever sends it."""
    wanted = config.metrics_token

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            scheme, _, sent = self.headers.get("Authorization", "").partition(" ")
            known = scheme.lower() == "bearer" and hmac.compare_digest(sent.strip().encode(), wanted.encode())
            if self.path != "/metrics" or (wanted and not known):
                return self.send_error(404)
            body = metrics.text().encode()
            self.send_response(200)
            self.send_header("Content-Type", metrics.CONTENT_TYPE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return None

        def log_message(self, *about: object) -> None:
            """The log of the site is for other things."""

    server = ThreadingHTTPServer((config.host if wanted else "127.0.0.1", config.worker_metrics), Answer)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
