"""The application for a WSGI server (`granian --interface wsgi --factory cli.server:make`): no live events, no kept
answers on an event loop; embedded, with the threads that work through the jobs."""

from multiprocessing.util import Finalize

from flask import Flask

from app import create_app
from core import orphans
from forum import schedule


def make() -> Flask:
    """The application of a worker process."""
    orphans.leave_with_parent()
    app = create_app()
    if app.config["LIVERY"].embedded:
        # granian's workers are children of multiprocessing, which leave without calling what atexit knows
        Finalize(None, schedule.start(app.app_context, embedded=True), exitpriority=10)
    return app
