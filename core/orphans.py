"""Orphans: a worker whose server was killed leaves with it, so that no old process goes on answering beside the new one."""

import multiprocessing
import os
import threading
from multiprocessing.connection import wait


def leave_with_parent() -> None:
    """Ends this process as soon as the one that began it is gone. Nothing to do in a process that nobody began so.

    The end is as sudden as the parent's: what was acknowledged is in the database, and what was not is asked for again.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()
