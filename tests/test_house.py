"""The rules of the house that a machine can check (docs/STYLE.md says why)."""

import ast
import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from pytest_socket import SocketConnectBlockedError

from core.config import ROOT

LAYERS = ("blueprints", "cli", "core", "forms", "forum", "models", "web")
FEATURES = sorted(path.stem for path in (ROOT / "blueprints").glob("*.py") if path.stem != "__init__")
MODULES = [
    ROOT / "app.py",
    ROOT / "asgi.py",
    *(path for layer in LAYERS for path in sorted((ROOT / layer).rglob("*.py"))),
]
TESTS = sorted((ROOT / "tests").rglob("*.py"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STYLES = sorted((ROOT / "static" / "css").glob("*.css"))
PARTS = [path for path in TEMPLATES if path.name.startswith("_")]
SCRIPTS = sorted(path for path in (ROOT / "bin").iterdir() if path.is_file())

MAKES_HTML = {"web/assets.py", "web/context.py", "web/dressing.py", "web/folding.py", "web/fragments.py", "web/frame.py",
              "web/security.py"}  # fmt: skip
"""Modules that may call Markup(): every one escapes what it is given."""
SHOWS_HTML = {
    "posts/_post.html",
    "posts/_preview.html",
    "posts/_replies.html",
    "users/_posts.html",
    "bookmarks/_rows.html",
    "profiles/_text.html",
}
"""Templates that show the sanitised text of posts and profiles."""
COMMITS = {"core/db.py"}
ROLL_BACK = {"web/errors.py", "core/events.py", "core/durable.py", "web/checkup.py"}
TELLS_THE_TIME = {"core/clock.py"}


def name(path: Path) -> str:
    """A file as it is called from the root."""
    return path.relative_to(ROOT).as_posix()


def lines(path: Path) -> list[str]:
    """The lines of a file."""
    return path.read_text(encoding="utf-8").splitlines()


def tree(path: Path) -> ast.Module:
    """A module as Python reads it."""
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    """Every function of a module, inner ones too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef):
            yield node


def imports(path: Path) -> Iterator[str]:
    """Every module that a module imports, wherever in it."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{each.name}" for each in node.names)


# --- the tree ---


@pytest.mark.parametrize("feature", FEATURES)
def test_a_feature_has_its_file_in_every_role(feature):
    assert (ROOT / "forum" / f"{feature}.py").is_file()
    assert (ROOT / "templates" / feature).is_dir()
    assert (ROOT / "tests" / f"test_{feature}.py").is_file()


def test_no_file_is_called_by_what_says_nothing():
    forbidden = {"utils", "helpers", "common", "manager", "service", "routes", "views", "misc", "base_classes"}
    assert [name(path) for path in [*MODULES, *TESTS] if path.stem in forbidden] == []


def test_sizes():
    assert len(lines(ROOT / "app.py")) <= 150
    limits = [(path, 400) for path in MODULES] + [(path, 120) for path in TEMPLATES] + [(path, 40) for path in SCRIPTS]
    assert [(name(path), len(lines(path))) for path, most in limits if len(lines(path)) > most] == []


def test_no_function_is_longer_than_a_screen():
    found = [
        f"{name(path)}: {each.name} has {each.end_lineno - each.lineno + 1} lines"
        for path in MODULES
        for each in functions(path)
        if each.end_lineno - each.lineno + 1 > 40 and not _wires(path, each)
    ]
    assert found == []


def _wires(path: Path, function: ast.FunctionDef) -> bool:
    """Whether a function holds nothing but small functions that it connects."""
    inner = [node for node in function.body if isinstance(node, ast.FunctionDef)]
    own = function.end_lineno - function.lineno + 1 - sum(node.end_lineno - node.lineno + 1 for node in inner)
    return function.name in ("init_app", "create_app") and own <= 40


# --- imports ---


@pytest.mark.parametrize("layer", ["forum", "models", "core"])
def test_the_domain_knows_no_web_framework(layer):
    forbidden = ("flask", "flask_login", "flask_wtf", "wtforms", "werkzeug", "jinja2")
    found = [
        (name(path), module)
        for path in (ROOT / layer).rglob("*.py")
        for module in imports(path)
        if module.split(".")[0] in forbidden
    ]
    assert found == []


def test_views_never_query():
    found = [
        (name(path), module)
        for path in (ROOT / "blueprints").rglob("*.py")
        for module in imports(path)
        if module.split(".")[0] in ("sqlalchemy", "models") or module in ("core.db.session", "core.db.db")
    ]
    assert found == []


def test_no_blueprint_imports_another():
    found = [
        (name(path), module)
        for path in (ROOT / "blueprints").rglob("*.py")
        for module in imports(path)
        if module.split(".")[0] == "blueprints"
    ]
    assert found == []


def test_imports_stand_at_the_head_of_a_file():
    late = [
        f"{name(path)}:{node.lineno}"
        for path in MODULES
        for function in functions(path)
        for node in ast.walk(function)
        if isinstance(node, (ast.Import, ast.ImportFrom)) and path.parts[-2] not in ("cli",)
    ]
    allowed = [place for place in late if not place.startswith("core/migrate.py")]  # Alembic is slow to load
    assert allowed == []


def test_who_is_asking_is_a_parameter_below_the_web():
    for layer in ("forum", "models", "core", "blueprints", "forms"):
        for path in (ROOT / layer).rglob("*.py"):
            assert "current_user" not in path.read_text(encoding="utf-8"), name(path)


# --- habits ---


def test_only_one_place_commits():
    found = [name(path) for path in MODULES if re.search(r"\.(commit|rollback)\(", path.read_text(encoding="utf-8"))]
    assert set(found) - COMMITS <= ROLL_BACK
    for path in ROLL_BACK:
        assert ".commit(" not in (ROOT / path).read_text(encoding="utf-8")


def test_only_one_place_tells_the_time():
    clocks = re.compile(r"datetime\.(now|utcnow|today)\(|\btime\.time\(")
    found = {name(path) for path in MODULES if clocks.search(path.read_text(encoding="utf-8"))}
    assert found - TELLS_THE_TIME <= {"web/limits.py"}  # the limits library counts in time.time()


def test_the_headers_of_htmx_are_looked_at_in_one_place():
    files = [path for path in [*MODULES, *TEMPLATES] if not name(path).startswith("web/")]
    assert [name(path) for path in files if "HX-" in path.read_text(encoding="utf-8")] == []


def test_only_a_few_files_make_html_by_hand():
    code = {name(path) for path in MODULES if re.search(r"\bMarkup\(", path.read_text(encoding="utf-8"))}
    assert code <= MAKES_HTML
    shown = {
        path.relative_to(ROOT / "templates").as_posix()
        for path in TEMPLATES
        if re.search(r"\|\s*safe\b|autoescape", path.read_text(encoding="utf-8"))
    }
    assert shown <= SHOWS_HTML


def test_relationships_never_load_by_themselves():
    for path in MODULES:
        if name(path) != "core/db.py":
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"from sqlalchemy\.orm import[^\n]*\brelationship\b", text), name(path)


def test_every_public_function_of_the_domain_says_what_it_does():
    missing = []
    for layer in ("forum", "core"):
        for path in (ROOT / layer).rglob("*.py"):
            module = tree(path)
            if path.stem != "__init__" and not ast.get_docstring(module):
                missing.append(name(path))
            for node in module.body:
                public = isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")
                if public and not ast.get_docstring(node):
                    missing.append(f"{name(path)}: {node.name}")
    assert missing == []


def test_nothing_is_left_to_do_in_comments():
    for path in [*MODULES, *TEMPLATES]:
        assert not re.search(r"\b(TO.?DO|FIX.?ME|X{3}|HACK)\b", path.read_text(encoding="utf-8")), name(path)


# --- views ---


def views(app: Flask) -> Iterator[tuple[str, object]]:
    """Every view of a blueprint."""
    for endpoint, view in app.view_functions.items():
        if endpoint.split(".")[0] in FEATURES:
            yield endpoint, view


def test_a_script_lets_no_failure_pass():
    for path in SCRIPTS:
        text = path.read_text()
        assert "set -e" in text
        # in `a || { b && c; }` bash goes on although a and b failed
        assert not re.search(r"\|\|\s*\{\s*\[[^]]*\]\s*&&", text), path.name


def test_a_view_is_at_most_fifteen_lines():
    found = []
    for path in (ROOT / "blueprints").rglob("*.py"):
        for function in functions(path):
            if any("blueprint." in ast.unparse(mark) for mark in function.decorator_list):
                long = function.end_lineno - function.body[0].lineno + 1
                if long > 15:
                    found.append(f"{name(path)}: {function.name} has {long} lines")
    assert found == []


def test_views_need_no_docstring():
    found = [
        f"{name(path)}: {function.name}"
        for path in (ROOT / "blueprints").rglob("*.py")
        if path.stem != "__init__"
        for function in functions(path)
        if ast.get_docstring(function)
    ]
    assert found == []


def test_every_write_has_a_limit(app):
    unlimited = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if "POST" in rule.methods and not getattr(app.view_functions[rule.endpoint], "limited", None)
    ]
    assert unlimited == []


def test_no_address_is_read_and_written_by_the_same_view(app):
    for rule in app.url_map.iter_rules():
        assert len(rule.methods - {"HEAD", "OPTIONS"}) == 1, rule.rule


def test_the_first_word_of_an_address_names_the_file(app):
    words = {
        "accounts": {"login", "logout", "me", "reset"},
        "categories": {"", "categories", "category"},
        "flags": {"post", "user", "moderation", "flags"},
        "following": {"topic", "category", "tags", "user", "me"},
        "groups": {"groups", "me"},  # the badges that somebody wears
        "compose": {"compose"},
        "drafts": {"drafts", "user"},
        "layout": {"sidebar", "keys"},
        "lists": {"recent", "popular", "top"},
        "live": {"events", "live", "topic", "post"},
        "deletions": {"post", "topic"},
        "bookmarks": {"post", "user", "me"},
        "bulk": {"category"},
        "transfers": {"post", "topic"},
        "topic_tools": {"topic"},
        "queue": {"post-queue", "moderation"},
        "registration": {"register", "moderation", "registration-queue"},
        "moderation": {"moderation", "ip-blacklist"},
        "first_run": {"setup", "welcome"},
        "invitations": {"me", "register"},
        "terms": {"terms", "tos"},
        "removals": {"user"},
        "revisions": {"post"},
        "notifications": {"notifications", "me", "unsubscribe"},
        "pictures": {"me"},
        "posts": {"post", "preview", "topic"},
        "sanctions": {"user"},
        "leaving": {"me", "user"},
        "preferences": {"me", "user"},
        "sessions": {"me"},
        "addresses": {"me", "confirm"},
        "naming": {"me", "user"},
        "skins": {"skin", "skins", "look"},
        "tags": {"tags"},
        "topics": {"topic", "compose", "category"},
        "unread": {"unread", "topic", "category"},
        "uploads": {"uploads", "user"},
        "users": {"users", "user", "uid"},
        "profiles": {"me", "user"},
        "votes": {"post"},
    }
    for rule in app.url_map.iter_rules():
        feature = rule.endpoint.split(".")[0]
        if feature in FEATURES:
            assert rule.rule.split("/")[1] in words.get(feature, {feature}), rule.rule


# --- templates ---


@pytest.mark.parametrize("path", STYLES, ids=name)
def test_no_style_says_left_or_right(path):
    rules = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    found = re.findall(r"(?<=[{;\s])[\w-]*\b(?:left|right)\b[\w-]*:[^;}]*|[\w-]+:\s*(?:left|right)\b", rules)
    assert not found, "say inline-start and inline-end, so that pages can be written from right to left"


@pytest.mark.parametrize("path", PARTS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_part_begins_with_what_it_needs(path):
    assert re.fullmatch(r"\{# needs: .+ #\}", lines(path)[0])


@pytest.mark.parametrize(
    "path", [path for path in TEMPLATES if ".parts." in path.name], ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_parts_for_htmx_say_what_changes_where_and_nothing_else(path):
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    rest = re.sub(r'<hx-partial hx-target="#[^"]*" hx-swap="[^"]*">\s*</hx-partial>', "", text)
    assert rest.strip() == ""


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_template_holds_nothing_that_the_content_policy_forbids(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<[^>]*\sstyle\s*=", text)
    assert not re.search(r"<[^>]*\son[a-z]+\s*=", text)
    assert "<style" not in text
    assert "hx-on" not in text
    assert "javascript:" not in text
    assert not re.search(r"hx-(vals|headers|vars)\s*=\s*[\"']\s*(js|javascript):", text)
    assert not re.search(r"hx-trigger\s*=\s*\"[^\"]*\[", text)
    for attributes, script in re.findall(r"<script([^>]*)>(.*?)</script>", text, re.DOTALL):
        assert "src=" in attributes
        assert not script.strip()
    assert not re.search(r"(src|href|action)\s*=\s*\"(https?:)?//", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_control_works_without_script(path):
    text = path.read_text(encoding="utf-8")
    for tag in re.findall(r"<form\b[^>]*>", text):
        if "hx-post" in tag:
            address = re.search(r'hx-post="([^"]*)"', tag)[1]
            assert 'method="post"' in tag
            assert f'action="{address}"' in tag
    for tag in re.findall(r"<a\b[^>]*hx-get[^>]*>", text):
        assert re.search(r'\shref="[^#"]', tag), tag
    for tag in re.findall(
        r"<(?!a\b|form\b|input\b|button\b|li\b|hx-partial\b)[a-z]+\b[^>]*\shx-(?:get|post)=[^>]*>", text
    ):
        # what only shows an answer to what is typed elsewhere is no control
        assert 'role="status"' in tag, f"{tag} does nothing without script"
        assert re.search(r'hx-trigger="input from:#', tag), f"{tag} does nothing without script"


def test_posts_are_out_of_reach_for_htmx():
    for path in TEMPLATES:
        for tag in re.findall(r"<div class=\"post-body\"[^>]*>", path.read_text(encoding="utf-8")):
            assert "hx-ignore" in tag, name(path)


# --- tests ---


def test_every_interactive_feature_is_tested_with_and_without_script():
    names = {
        function.name
        for path in TESTS
        if path.parent.name == "tests"
        for function in functions(path)
        if function.name.startswith("test_")
    }
    scripted = {each.removesuffix("_htmx") for each in names if each.endswith("_htmx")}
    plain = {each.removesuffix("_plain") for each in names if each.endswith("_plain")}
    assert len(scripted & plain) >= 12


def test_no_test_talks_to_the_world():
    with pytest.raises((SocketConnectBlockedError, UserWarning), match=r"192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 80), timeout=0.1)


def test_no_test_is_written_twice():
    for path in TESTS:
        seen = [node.name for node in tree(path).body if isinstance(node, ast.FunctionDef)]
        assert len(seen) == len(set(seen)), name(path)
