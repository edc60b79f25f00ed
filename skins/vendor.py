"""Fetches the pinned front-end packages and puts what the site serves into static/.

Run by `bin/vendor`. Needs npm; nothing of it is needed to run Livery, whose repository holds the results. Skins and
fonts have a build of their own (skins/build.py).
"""

import json
import re
from pathlib import Path

from skins.packages import PINNED, fetch

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "static"


def put(path: str, content: bytes | str) -> None:
    target = STATIC / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content.encode() if isinstance(content, str) else content)


def used_icons() -> list[str]:
    """The icons that templates, code and the demo community name."""
    names = set()
    for pattern in ("templates/**/*.html",):
        for path in ROOT.glob(pattern):
            text = path.read_text()
            names |= set(re.findall(r"icon\(\s*\"([a-z0-9-]+)\"", text))
            names |= set(re.findall(r"empty\(\"([a-z0-9-]+)\"", text))
            names |= set(re.findall(r"\"(chevron-double-[a-z]+)\"", text))
    for path in (
        *ROOT.glob("demo/*.toml"),
        *ROOT.glob("forum/*.py"),
        *ROOT.glob("models/*.py"),
        *ROOT.glob("cli/*.py"),
    ):
        names |= set(
            re.findall(
                r"icon(?: =|=|: Mapped\[str\] = mapped_column\(String\(40\), default=) ?\"([a-z0-9-]+)\"",
                path.read_text(),
            )
        )
    return sorted(names | set(json.loads((ROOT / "skins" / "icons.json").read_text())))


def main() -> None:
    htmx = fetch("htmx.org")
    put("vendor/htmx.min.js", re.sub(rb"\n?//# sourceMappingURL=.*", b"", htmx["dist/htmx.min.js"]))
    legible = fetch("@fontsource/atkinson-hyperlegible")
    for weight in (400, 700):
        name = f"atkinson-hyperlegible-latin-{weight}-normal.woff2"
        put(f"vendor/atkinson-hyperlegible-{weight}.woff2", legible[f"files/{name}"])
    put("vendor/LICENSE.atkinson-hyperlegible", legible["LICENSE"])
    icons = fetch("bootstrap-icons")
    symbols = []
    for name in used_icons():
        svg = icons[f"icons/{name}.svg"].decode()
        drawing = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.DOTALL)[1].strip()
        symbols.append(f'<symbol id="{name}" viewBox="0 0 16 16">{drawing}</symbol>')
    put(
        "img/icons.svg",
        '<svg xmlns="http://www.w3.org/2000/svg" fill="currentColor">'
        + re.sub(r">\s+<", "><", "".join(symbols))
        + "</svg>\n",
    )
    for name, files in (
        ("htmx.org", htmx),
        ("bootstrap", fetch("bootstrap")),
        ("bootswatch", fetch("bootswatch")),
        ("bootstrap-icons", icons),
    ):
        licence = next(files[file] for file in files if file.upper().startswith("LICENSE"))
        put(f"vendor/LICENSE.{name}", licence)
    lines = [
        f"{name} {PINNED[name]['version']}: {PINNED[name]['licence']}"
        for name in ("htmx.org", "bootstrap", "bootswatch", "bootstrap-icons", "@fontsource/atkinson-hyperlegible")
    ]
    put("vendor/VERSIONS", "\n".join(lines) + "\n")
    axe = fetch("axe-core")
    (ROOT / "tests" / "browser" / "axe.min.js").write_bytes(axe["axe.min.js"])
    print(f"{len(symbols)} icons")


if __name__ == "__main__":
    main()
