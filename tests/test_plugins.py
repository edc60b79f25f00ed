"""Plugins: modules that the operator names are loaded, and one that raises costs nobody else anything."""

from pathlib import Path

import pytest

from tests.test_cli import folder, livery, prepared  # noqa: F401  (fixtures)

GOOD = """
from core.settings import Int, declare

declare("shout", loudness=Int(3, "How loud"))
"""
BROKEN = "raise RuntimeError('it was written for another version')"


@pytest.fixture
def beside(folder: Path) -> dict[str, str]:  # noqa: F811
    """Two plugins beside the data, one of which cannot be loaded."""
    (folder / "shout.py").write_text(GOOD)
    (folder / "broken.py").write_text(BROKEN)
    return {"PYTHONPATH": str(folder)}


def test_a_plugin_is_loaded_and_brings_what_it_declares(folder, beside):  # noqa: F811
    assert "shout.loudness" in livery(folder, "settings", "list", LIVERY_PLUGINS="shout", **beside).stdout
    assert "shout.loudness" not in livery(folder, "settings", "list", **beside).stdout
    healthy = livery(folder, "doctor", LIVERY_PLUGINS="shout", **beside)
    assert healthy.returncode == 0, healthy.stdout
    assert "plugins: shout" in healthy.stdout


def test_one_that_cannot_be_loaded_is_left_out_and_said(folder, beside):  # noqa: F811
    listed = livery(folder, "settings", "list", LIVERY_PLUGINS="broken, shout", **beside)
    assert listed.returncode == 0, listed.stderr
    assert "shout.loudness" in listed.stdout
    assert "The plugin broken is left out" in listed.stderr
    found = livery(folder, "doctor", LIVERY_PLUGINS="broken,nowhere", **beside)
    assert found.returncode == 1
    assert "left out broken: RuntimeError: it was written for another version; nowhere: ModuleNotFound" in found.stdout
