"""Pictures of the looks: one contact sheet of all for the README, or large ones to look at, several looks to a sheet."""

import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from skins.stage import ROOT, Look, chromium, dressed, looks, site

PAGES = {"home": "/", "topic": ""}
PER_SHEET = 6
CONTACT = ROOT / "docs" / "img" / "skins.png"


def topic_path(page: Page, address: str) -> str:
    """The demo's topic that shows what text can hold."""
    page.goto(address + "/recent?term=alltime")
    links = page.locator(".row-title a").evaluate_all("all => all.map(a => [a.textContent, a.getAttribute('href')])")
    page.goto(address + "/")
    wanted = [href for title, href in links if "arkdown" in title]
    return wanted[0] if wanted else links[0][1]


def shots(browser: Browser, address: str, look: Look, folder: Path, paths: dict[str, str]) -> list[str]:
    """Four pictures of a look; the names of their files."""
    made = []
    for width in (1280, 390):
        context = dressed(browser, address, look, width)
        page = context.new_page()
        for name, path in paths.items():
            page.goto(address + path)
            page.evaluate("document.fonts.ready")
            file = f"{look.name}-{name}-{width}.png"
            page.screenshot(path=folder / file)
            made.append(file)
        context.close()
    return made


def images(files: list[str]) -> str:
    """The pictures of a look side by side."""
    return "".join(f"<img src={file!r} height=400>" for file in files)


def sheet(browser: Browser, folder: Path, name: str, rows: list[tuple[Look, list[str]]]) -> None:
    """One picture of several looks."""
    cells = "".join(f"<section><h2>{look.name}</h2><div>{images(files)}</div></section>" for look, files in rows)
    style = (
        "body{margin:8px;font:16px sans-serif;background:#888}div{display:flex;gap:4px}h2{margin:4px;font-size:16px}"
    )
    (folder / f"{name}.html").write_text(f"<!doctype html><style>{style}</style>{cells}")
    context = browser.new_context(viewport={"width": 1700, "height": 900})
    page = context.new_page()
    page.goto((folder / f"{name}.html").resolve().as_uri())
    page.screenshot(path=folder / f"{name}.png", full_page=True)
    context.close()


def contact(browser: Browser, address: str, topic: str, picture: Path) -> None:
    """One small picture of all looks: the same topic in each."""
    with tempfile.TemporaryDirectory() as spare:
        cells = []
        for look in looks([]):
            context = dressed(browser, address, look, 1000)
            page = context.new_page()
            page.set_viewport_size({"width": 1000, "height": 640})
            page.goto(address + topic)
            page.evaluate("document.fonts.ready.then(() => {})")
            page.screenshot(path=Path(spare) / f"{look.name}.png")
            title = "No Skin" if look.skin == "noskin" else look.skin.capitalize()
            cells.append(
                f"<figure><img src='{look.name}.png' width=250><figcaption>{title}, {look.mode}</figcaption></figure>"
            )
            context.close()
        style = (
            "body{margin:0;padding:12px;display:grid;grid-template-columns:repeat(6,250px);gap:12px;background:#fff;"
            "font:13px sans-serif;color:#222}figure{margin:0}img{display:block;outline:1px solid #ccc}"
            "figcaption{padding-top:4px}"
        )
        (Path(spare) / "all.html").write_text(f"<!doctype html><style>{style}</style>{''.join(cells)}")
        page = browser.new_page(viewport={"width": 1584, "height": 900})
        page.goto((Path(spare) / "all.html").as_uri())
        page.screenshot(path=Path(spare) / "all.png", full_page=True)
        save(Image.open(Path(spare) / "all.png").convert("RGB"), picture)


def save(whole: Image.Image, picture: Path) -> None:
    """Writes a picture in 256 colours: in each part of it those that fill most of it, exactly; the rest from its mixture."""
    known: dict[tuple[int, ...], int] = {}
    across, down = 6, -(-whole.height // 190)
    for place in range(across * down):
        left, top = place % across * whole.width // across, place // across * whole.height // down
        part = whole.crop((left, top, left + whole.width // across, top + whole.height // down))
        counted = sorted(part.getcolors(part.width * part.height) or [], reverse=True)
        known.update(dict.fromkeys((colour for _, colour in counted[:3]), 0))
        # what is small but strong: the button that one knows a skin by
        strong = [colour for count, colour in counted[3:60] if max(colour) - min(colour) > 70]
        known.update(dict.fromkeys(strong[:1], 0))
    mixed = whole.quantize(256 - min(len(known), 200)).getpalette() or []
    flat = [value for colour in list(known)[:200] for value in colour]
    palette = Image.new("P", (1, 1))
    palette.putpalette((flat + mixed)[: 3 * 256])
    whole.quantize(palette=palette, dither=Image.Dither.NONE).save(picture, optimize=True)


def main(folder: Path | None, wanted: list[str]) -> None:
    """Writes the contact sheet of the README, or the large pictures and their sheets into a folder."""
    with site() as (address, _), chromium() as browser:
        topic = topic_path(browser.new_page(), address)
        if folder is None:
            contact(browser, address, topic, CONTACT)
            print(f"{CONTACT.relative_to(ROOT)}: {CONTACT.stat().st_size:,} bytes")
            return
        folder.mkdir(parents=True, exist_ok=True)
        paths = {"home": "/", "topic": topic}
        rows = [(look, shots(browser, address, look, folder, paths)) for look in looks(wanted)]
        for start in range(0, len(rows), PER_SHEET):
            sheet(browser, folder, f"sheet-{start // PER_SHEET + 1:02}", rows[start : start + PER_SHEET])
    print(f"{len(rows)} looks in {folder}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None, sys.argv[2:])
