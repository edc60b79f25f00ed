"""docs/settings.md, made from the declarations."""

from importlib import import_module
from itertools import groupby
from pkgutil import iter_modules

import app  # noqa: F401  (loads what the web layer declares)
import forum
from core.settings import Bool, Choice, Int, Setting, Str, declared


def settings_page() -> str:
    """The page that lists every setting."""
    for module in iter_modules(forum.__path__):
        import_module(f"forum.{module.name}")
    lines = ["# Settings", "", "Made by `bin/livery settings document > docs/settings.md` from the declarations.", ""]
    for feature, names in groupby(sorted(declared), key=lambda name: name.split(".")[0]):
        lines += [f"## {feature}", "", "| setting | meaning | default | takes |", "|---|---|---|---|"]
        lines += [
            f"| `{name}` | {declared[name].label} | {_plain(declared[name].default)} | {_takes(declared[name])} |"
            for name in names
        ]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _plain(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _takes(setting: Setting) -> str:
    if isinstance(setting, Int):
        return f"{setting.low} to {setting.high:,}"
    if isinstance(setting, Bool):
        return "yes, no"
    if isinstance(setting, Choice):
        return ", ".join(setting.options)
    return f"up to {setting.longest} characters" if isinstance(setting, Str) else ""
