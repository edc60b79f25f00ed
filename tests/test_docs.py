import re
from pathlib import Path

from cli.document import settings_page
from cli.torture import TORTURES

ROOT = Path(__file__).resolve().parent.parent


def test_the_page_of_settings_is_what_the_declarations_say():
    assert (ROOT / "docs" / "settings.md").read_text() == settings_page()


def test_the_readme_names_every_folder_of_the_house():
    readme = (ROOT / "README.md").read_text()
    for folder in (
        "blueprints",
        "forms",
        "web",
        "forum",
        "models",
        "core",
        "cli",
        "templates",
        "static",
        "skins",
        "demo",
    ):
        assert f"`{folder}/`" in readme


def test_every_page_that_the_documents_link_to_exists():
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_line_of_the_threat_model_names_a_test_that_exists():
    lines = [line for line in (ROOT / "docs" / "SECURITY.md").read_text().splitlines() if line.startswith("| ")]
    threats = [line for line in lines if not line.startswith("| threat")]
    assert len(threats) > 25
    for line in threats:
        found = re.search(r"`([\w/]+\.py)::(test_\w+)` \|$", line)
        assert found, f"no test is named: {line}"
        tests = (ROOT / "tests" / found[1]).read_text()
        assert re.search(rf"^def {found[2]}\(", tests, re.MULTILINE), f"there is no {found[0]}"


def test_every_variable_of_the_environment_is_in_the_operators_book():
    read = set(
        re.findall(r'"((?:LIVERY_|HOST|PORT|DATABASE_|REDIS_|SECRET_)\w*)"', (ROOT / "core" / "config.py").read_text())
    )
    told = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", (ROOT / "docs" / "OPERATING.md").read_text()))
    assert len(read) > 10
    assert read <= told
    assert {name for name in told if name.startswith(("LIVERY_", "DATABASE_", "REDIS_"))} <= read
    for path in ("deploy/compose.yaml", "deploy/livery.service"):
        named = set(re.findall(r"\b(LIVERY_[A-Z0-9_]+)\b", (ROOT / path).read_text()))
        assert named <= read, path


def test_every_torture_is_in_the_operators_book():
    for name in TORTURES:
        assert f"`{name}`" in (ROOT / "docs" / "OPERATING.md").read_text(), name
