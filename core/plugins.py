"""Plugins: modules that the operator names in LIVERY_PLUGINS. They listen to events and bring jobs of their own.

They are loaded before the queue is opened. One that cannot be loaded is left out, and one that raises later costs nobody
his answer: the log, the metrics and the control panel say so.
"""

import logging
from collections.abc import Iterable
from importlib import import_module

from core import failures

log = logging.getLogger("livery.plugins")

_left_out: dict[str, str] = {}


def load(names: Iterable[str]) -> None:
    """Imports these modules, each once in a process; who raises is left out."""
    for name in names:
        try:
            import_module(name)
        except Exception as error:
            _left_out[name] = failures.short(error)
            log.exception("The plugin %s is left out", name)
        else:
            _left_out.pop(name, None)


def left_out() -> dict[str, str]:
    """The plugins that could not be loaded, and why."""
    return dict(_left_out)
