"""Static files: addresses that change with the content, and the stylesheet of the colours that people chose."""

import hashlib
import re
from functools import lru_cache

from flask import Flask, Response, request, send_from_directory
from markupsafe import Markup

from core import colour as colour_maths
from core.cache import keep
from core.config import ROOT
from forum import categories, groups, skins, tags
from web import looks, varying

STATIC = ROOT / "static"
_YEAR = 365 * 86400


@lru_cache(maxsize=256)
def asset(path: str) -> str:
    """The address of a static file, with a mark of its content, so that browsers may keep it for good."""
    return f"/static/{path}?v={hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:10]}"


_HASHED = re.compile(r"(?:skins/[a-z]+-[0-9a-f]{10}\.css|fonts/[\w-]+-[0-9a-f]{10}\.woff2)")
_PACKED = (("br", ".br"), ("gzip", ".gz"))


def _hashed(filename: str) -> Response:
    """A file whose name changes with its content, in its ready compressed form where the browser takes that."""
    if filename.endswith(".woff2"):
        answer = send_from_directory(STATIC, filename, mimetype="font/woff2")
    else:
        forms = (form for form in _PACKED if request.accept_encodings.quality(form[0]) > 0)
        encoding, ending = next((form for form in forms if (STATIC / (filename + form[1])).is_file()), ("", ""))
        answer = send_from_directory(
            STATIC, filename + ending, mimetype="text/css", download_name=filename.rpartition("/")[2]
        )
        varying.by(answer, "Accept-Encoding")
        if encoding:
            answer.headers["Content-Encoding"] = encoding
    answer.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
    return answer


@lru_cache(maxsize=1024)
def icon(name: str, size: int = 16, label: str = "") -> Markup:
    """An icon of the sprite; with a label it is named, without one it is decoration. Arrows turn with the language."""
    hidden = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    way = Markup(" icon-way") if name.endswith(("-left", "-right")) else ""
    return Markup('<svg class="icon{4}" width="{0}" height="{0}" {1}><use href="{2}#{3}"/></svg>').format(
        size, hidden, asset("img/icons.svg"), name, way
    )


@lru_cache(maxsize=1)
def icons() -> tuple[str, ...]:
    """The names of the icons that there are."""
    return tuple(re.findall(r'<symbol id="([a-z0-9-]+)"', (STATIC / "img/icons.svg").read_text(encoding="utf-8")))


_HEX = re.compile(r"#[0-9a-fA-F]{6}")


def colours() -> tuple[str, str]:
    """The stylesheet of the colours of categories, groups and tags and of swatches, and its mark; made again when one of them changes."""

    def make() -> tuple[str, str]:
        rules = []
        known = [("c", key, place.colour) for key, place in categories.forest().by_id.items()]
        known += [("t", key, colour) for key, colour in tags.painted().values()]
        known += [("g", key, badge.colour) for key, badge in groups.badges().items()]
        for kind, key, colour in known:
            if _HEX.fullmatch(colour):
                rules.append(f".{kind}-{key}{{--tint:{colour};--on-tint:{colour_maths.ink_on(colour)}}}")
        text = "".join(rules) + looks.swatches(asset("img/swatches.svg"))
        return text, hashlib.sha256(text.encode()).hexdigest()[:10]

    return keep("colours", make, "categories", "groups", "skins", "tags")


def init_app(app: Flask) -> None:
    """Serves static files for a year when their address carries their mark."""

    @app.get("/static/<path:filename>", endpoint="static")
    def static(filename: str) -> Response:
        if _HASHED.fullmatch(filename):
            return _hashed(filename)
        answer = send_from_directory(STATIC, filename)
        # an address with another mark is of another version of Livery: what it means nobody may keep as that
        if request.args and request.full_path == asset(filename):
            answer.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
        return answer

    @app.get("/colours.css", endpoint="colours")
    def colours_css() -> Response:
        text, mark = colours()
        answer = Response(text, mimetype="text/css")
        if request.args.get("v") == mark:
            answer.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
        return answer

    app.jinja_env.globals.update(
        asset=asset, icon=icon, icons=icons, skin_title=skins.title, tag_css=tag_css, legible=legible
    )


def tag_css(name: str) -> str:
    """The classes of a tag: with its own colour, if it has one."""
    found = tags.painted().get(name)
    return f"pill pill-tag t-{found[0]}" if found else "pill pill-tag"


def legible(colour: str) -> tuple[str, str] | None:
    """The ink that is written with on a colour, and its contrast like 5.3; None for what is no colour."""
    if not _HEX.fullmatch(colour or ""):
        return None
    ink = colour_maths.ink_on(colour)
    return ink, f"{colour_maths.contrast(colour, ink):.1f}"


def colours_url() -> str:
    """The address of the colours' stylesheet."""
    return f"/colours.css?v={colours()[1]}"
