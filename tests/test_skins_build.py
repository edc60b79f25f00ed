"""What `bin/skins build` left in static/: complete, whole, small, asking nobody else, readable by its own figures."""

import gzip
import hashlib
import json
import re

import brotli
import pytest

from core.colour import contrast
from core.config import ROOT
from forum import skins
from skins.colour import WHITE, from_oklch, readable, to_oklch
from skins.colour import colour as read
from skins.colour import contrast as ratio
from skins.css import read as rules_of
from skins.css import rules as every_rule
from skins.css import write
from skins.direction import logical, mirrored
from skins.sources import under_white

BUILT = json.loads((ROOT / "static/skins/skins.json").read_text())
NAMES = sorted(BUILT)
LOOKS = [(name, mode) for name in NAMES for mode in BUILT[name]["swatches"]]
BUDGET = 20 * 1024
"""Bytes of CSS, as brotli packs them, that a reader may have to fetch in any skin."""
BOOTSTRAP = set((ROOT / "skins/bootstrap-classes.txt").read_text().split())


def css(name: str) -> str:
    return (ROOT / "static/skins" / BUILT[name]["file"]).read_text()


def test_there_are_twenty_seven_skins_and_nothing_else():
    assert set(NAMES) == {*skins.LIGHT, *skins.DARK, skins.NONE}
    assert len(NAMES) == 27
    files = {file for name in NAMES for file in (BUILT[name]["file"], BUILT[name]["rtl"]["file"])}
    wanted = {"skins.json", *files, *(f"{file}.{form}" for file in files for form in ("br", "gz"))}
    assert {path.name for path in (ROOT / "static/skins").iterdir()} == wanted


FILES = [(name, BUILT[name]) for name in NAMES] + [("rtl", BUILT[name]["rtl"]) for name in NAMES]


@pytest.mark.parametrize(("name", "entry"), FILES)
def test_the_name_of_a_file_is_the_mark_of_its_content(name, entry):
    data = (ROOT / "static/skins" / entry["file"]).read_bytes()
    assert entry["file"] == f"{name}-{hashlib.sha256(data).hexdigest()[:10]}.css"
    assert entry["bytes"] == len(data)


@pytest.mark.parametrize(("name", "entry"), FILES)
def test_the_packed_forms_are_the_file(name, entry):
    path = ROOT / "static/skins" / entry["file"]
    packed = {form: path.with_name(f"{path.name}.{form}").read_bytes() for form in ("br", "gz")}
    assert brotli.decompress(packed["br"]) == gzip.decompress(packed["gz"]) == path.read_bytes()
    assert {form: len(data) for form, data in packed.items()} == {form: entry[form] for form in ("br", "gz")}


@pytest.mark.parametrize("name", NAMES)
def test_a_skin_asks_no_other_site_for_anything(name):
    text = re.sub(r"xmlns='http://www\.w3\.org/2000/svg'", "", css(name))
    assert "http" not in text
    assert "@import" not in text
    assert "sourceMappingURL" not in text
    for address in re.findall(r"url\((?![\"']?data:)([^)]*)\)", text):
        assert re.fullmatch(r"\.\./fonts/[\w-]+\.woff2", address)


@pytest.mark.parametrize("name", NAMES)
def test_every_class_of_bootstrap_that_a_template_names_is_in_the_skin(name):
    named = set()
    for path in (ROOT / "templates").rglob("*.html"):
        for value in re.findall(r'class="([^"]*)"', path.read_text()):
            # of what a template computes, only the words in quotes are classes
            value = re.sub(r"\{[{%].*?[%}]\}", lambda code: " ".join(re.findall(r"'([^']*)'", code[0])), value)
            named |= set(re.findall(r"[A-Za-z][\w-]*", value)) & BOOTSTRAP
    assert {"btn", "btn-primary", "form-control", "alert"} <= named
    missing = {each for each in named if not re.search(rf"\.{each}(?![\w-])", css(name))}
    assert not missing, f"run bin/skins build: {name} lacks {sorted(missing)}"


@pytest.mark.parametrize("name", NAMES)
def test_a_reader_fetches_little(name):
    own = len(brotli.compress((ROOT / "static/css/livery.css").read_bytes(), quality=5))
    colours = 1024  # the categories and groups of a community, generously
    assert BUILT[name]["br"] + BUILT[name]["rtl"]["br"] + own + colours <= BUDGET


SIDED = re.compile(
    r"[;{](?:(?:margin|padding|border)-)?(?:left|right)\b[\w-]*:|-(?:left|right)-radius:|:(?:left|right)[;}]"
)


@pytest.mark.parametrize("name", NAMES)
def test_a_skin_serves_both_directions(name):
    assert not SIDED.findall(css(name))
    turned = (ROOT / "static/skins" / BUILT[name]["rtl"]["file"]).read_text()
    arrow = re.search(r"\.form-select\{[^}]*background-position:right ([^;}]*)", css(name))[1]
    assert f".form-select{{background-position:left {arrow}" in turned
    assert "letter-spacing" not in turned.replace("letter-spacing:normal", "")
    assert BUILT[name]["rtl"]["br"] < 400


def test_sides_become_start_and_end_and_the_rest_is_turned_round():
    shipped = (
        ".a{padding:1px 2px 3px 4px;margin-left:1px;border-top-left-radius:2px;left:0;text-align:right;float:left}"
    )
    rule = logical(rules_of(shipped)[0])
    assert rule.text() == (
        ".a{padding-block:1px 3px;padding-inline:4px 2px;margin-inline-start:1px;border-start-start-radius:2px;"
        "inset-inline-start:0;text-align:end;float:inline-start}"
    )
    drawn = (
        ".b{border-radius:1px 2px 3px 4px/5px 6px;background-position:right 1px top 2px;color:red}.c{border-radius:4px}"
    )
    assert write(mirrored(rules_of(drawn))) == (
        ".b{border-radius:2px 1px 4px 3px/6px 5px 6px 5px;background-position:left 1px top 2px}"
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_skin_dresses_a_sample_in_a_shadow_root_too(name):
    said = {selector for rule in every_rule(rules_of(css(name))) for selector in rule.selectors}
    assert {":root", ":host", "body", ".sample-page"} <= said
    for rule in every_rule(rules_of(css(name))):
        assert (":root" in rule.selectors) is (":host" in rule.selectors)
        assert ("body" in rule.selectors) is (".sample-page" in rule.selectors)


def test_every_font_of_every_skin_is_declared_for_the_samples():
    faces = (ROOT / "static/fonts/faces.css").read_text()
    for name in NAMES:
        assert set(re.findall(r"@font-face\{[^}]*\}", css(name))) <= set(re.findall(r"@font-face\{[^}]*\}", faces))


@pytest.mark.parametrize("name", NAMES)
def test_the_modes_of_a_skin(name):
    entry, text = BUILT[name], css(name)
    if name in skins.DARK:
        assert (entry["kind"], set(entry["swatches"])) == ("dark", {"dark"})
        assert "data-bs-theme" not in text  # dark whatever the page says
        assert "color-scheme:dark" in text
    else:
        assert (entry["kind"], set(entry["swatches"])) == ("light", {"light", "dark"})
        assert "[data-bs-theme=dark]{color-scheme:dark" in text
        assert re.search(r"@media \(prefers-color-scheme:dark\)\{.*\[data-bs-theme=auto\]\{", text)


@pytest.mark.parametrize(("name", "mode"), LOOKS)
def test_what_is_written_can_be_read(name, mode):
    swatch = BUILT[name]["swatches"][mode]
    for paper in ("bg", "panel"):
        for ink in ("text", "quiet", "link"):
            assert contrast(swatch[ink], swatch[paper]) >= 4.5, f"{ink} on {paper}"
        assert contrast(swatch["control"], swatch[paper]) >= 3.0
    assert contrast(swatch["on_primary"], swatch["primary"]) >= 4.5


def test_dark_looks_of_light_skins_have_colours_of_their_own():
    grounds = [BUILT[name]["swatches"]["dark"]["bg"] for name in (*skins.LIGHT, skins.NONE)]
    assert len(set(grounds)) == len(grounds)


@pytest.mark.parametrize("name", NAMES)
def test_the_fonts_of_a_skin_are_here(name):
    fonts = BUILT[name]["fonts"]
    for file in fonts["files"]:
        data = (ROOT / "static/fonts" / file).read_bytes()
        assert data[:4] == b"wOF2"
        assert hashlib.sha256(data).hexdigest()[:10] == file.removesuffix(".woff2").rpartition("-")[2]
    named = set(re.findall(r"url\(\.\./fonts/([^)]*)\)", css(name)))
    assert named == set(fonts["files"])
    assert bool(fonts["files"]) == bool(fonts["preload"])
    if fonts["preload"]:
        assert fonts["preload"] in fonts["files"]
        assert "-latin-" in fonts["preload"]
        assert "-ext-" not in fonts["preload"]
        assert {f"{family} Arial" for family in fonts["families"]} <= set(fonts["fallbacks"])
        assert css(name).count("font-display:swap") == len(fonts["files"])


def test_every_font_file_belongs_to_a_skin_and_has_a_licence():
    used = {file for name in NAMES for file in BUILT[name]["fonts"]["files"]}
    here = {path.name for path in (ROOT / "static/fonts").glob("*.woff2")}
    assert here == used
    licences = (ROOT / "static/fonts/LICENSES").read_text()
    assert all(kind in licences for kind in ("OFL-1.1", "UFL-1.0"))
    families = {family for name in NAMES for family in BUILT[name]["fonts"]["families"]}
    assert all(family in licences for family in families)


def fetched(guest, path: str, asked: str = "") -> tuple[int, dict[str, str], bytes]:
    """A file as it comes over the wire; packed files are no text."""
    with guest.client.get(path, headers={"Accept-Encoding": asked}) as answer:
        return answer.status_code, dict(answer.headers), answer.data


def test_a_skin_is_served_in_the_form_that_the_browser_takes(guest):
    for asked, encoding in (("br, gzip", "br"), ("gzip", "gzip"), ("br;q=0, gzip", "gzip"), ("", "")):
        status, headers, data = fetched(guest, f"/static/skins/{BUILT['vapor']['file']}", asked)
        assert (status, headers.get("Content-Encoding", "")) == (200, encoding)
        assert len(data) == BUILT["vapor"][{"br": "br", "gzip": "gz", "": "bytes"}[encoding]]
        assert headers["Content-Type"].startswith("text/css")
        assert "immutable" in headers["Cache-Control"]
        assert headers["Vary"] == "Accept-Encoding"


def test_a_page_asks_for_its_font_ahead(guest):
    guest.post("/skin", {"skin": "zephyr"})
    font = BUILT["zephyr"]["fonts"]["preload"]
    assert (
        f'<link rel="preload" href="/static/fonts/{font}" as="font" type="font/woff2" crossorigin>'
        in guest.get("/").html
    )
    status, headers, _ = fetched(guest, f"/static/fonts/{font}")
    assert (status, headers["Content-Type"]) == (200, "font/woff2")
    assert "immutable" in headers["Cache-Control"]
    guest.post("/skin", {"skin": "cerulean"})
    assert 'rel="preload"' not in guest.get("/").html


@pytest.mark.parametrize("text", ["#0d6efd", "#e95420", "#78c2ad", "#222222", "#ffffff", "#39cbfb"])
def test_a_colour_survives_the_way_to_oklch_and_back(text):
    assert str(from_oklch(*to_oklch(read(text)))) == text


@pytest.mark.parametrize("text", ["#eb6864", "#3498db", "#f0ad4e", "#b58900"])
def test_darkening_stops_as_soon_as_white_can_be_read_and_keeps_the_hue(text):
    made = under_white(read(text))
    assert 4.6 <= ratio(WHITE, made) < 4.75
    turned = abs(to_oklch(made)[2] - to_oklch(read(text))[2])
    assert min(turned, 360 - turned) < 3


def test_an_ink_moves_away_from_its_papers_and_no_further_than_it_must():
    light, dark = [read("#ffffff"), read("#e9ecef")], [read("#222222"), read("#444444")]
    assert readable(read("#000000"), light) == read("#000000")
    assert ratio(readable(read("#888888"), light), light[1]) >= 4.6 > ratio(read("#888888"), light[1])
    assert ratio(readable(read("#00bc8c"), dark), dark[1]) >= 4.6
    with pytest.raises(ValueError, match="can be read"):
        readable(read("#888888"), [read("#ffffff"), read("#000000")])
