"""The gate of the skins cannot pass falsely: whatever is wrong with a page, it says so."""

import json
from functools import partial

import pytest

from skins import check
from skins.measure import GAUGE, Gauge, Job, opened, wear
from skins.stage import ROOT, Look, dressed

pytestmark = pytest.mark.browser

MANIFEST = json.loads((ROOT / "static" / "skins" / "skins.json").read_text())
GRADIENT = "#content { background: linear-gradient(90deg, #fff, #777 400px); }"


@pytest.fixture
def problems(site, browser):
    """What the gate says of the page for logging in, with a fault in it."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 844}, reduced_motion="reduce", bypass_csp=True, locale="en-GB"
    )
    beside = browser.new_page()
    beside.evaluate(GAUGE)

    def found(style="", script="", path="/login", job=None):
        job = job or Job("login", path, 1280)
        page = opened(context, job, site.url)
        wear(page, Look("noskin", "light"), MANIFEST)
        page.add_style_tag(content=style or "html {}")
        page.evaluate("document.querySelectorAll('#content .form-control').forEach((each) => { each.value = 'Ann'; })")
        page.evaluate(script or "0")
        gauge = Gauge(page, beside, context.new_cdp_session(page), job, Look("noskin", "light"))
        gauge.measure()
        page.close()
        return {each["kind"] for each in gauge.problems}, gauge

    yield found
    context.close()
    beside.close()


def test_a_page_without_a_fault(problems):
    kinds, gauge = problems()
    assert kinds == set()
    assert gauge.letters > 100
    assert gauge.runs >= 10
    assert gauge.seen_states >= 10


@pytest.mark.parametrize(
    ("style", "kind"),
    [
        ("h1 { color: #999; }", "text"),
        (".form-label { opacity: 0.5; }", "text"),
        (GRADIENT + ".form-label { color: #767676; display: block; text-align: end; }", "text"),
        ("#content .form-control { color: #aaa; }", "text"),
        (".btn-primary:hover { --bs-btn-hover-bg: #9ec5fe; }", "hover"),
        ("#content a:focus { color: #aaa; }", "focus"),
        (".btn-primary:disabled { --bs-btn-disabled-bg: #eee; --bs-btn-disabled-color: #fff; }", "disabled"),
        (".form-control { border-color: #ddd; }", "edge"),
        (
            "#content { position: fixed; inset: 0; } #content::after { content: ''; position: fixed; inset: 0; }",
            "unseen",
        ),
        ("#page { transform: translateX(-4000px); }", "unseen"),
    ],
)
def test_a_fault_is_found(problems, style, kind):
    assert kind in problems(style)[0]


def test_a_page_that_holds_nothing_does_not_pass(problems):
    assert "unseen" in problems(script="document.body.replaceChildren()")[0]


def test_what_axe_finds_is_told(problems):
    kinds, _gauge = problems(script="document.querySelector('label').remove()")
    assert "axe label" in kinds


def test_a_page_that_cannot_be_had_ends_the_gate(problems):
    with pytest.raises(SystemExit, match="answers 404"):
        problems(path="/nothing-here")
    with pytest.raises(Exception, match="skins/gone"):
        problems(script="gauge.wear('/static/skins/gone.css', 'light', 'gone')")


def test_the_words_of_a_sample_in_a_shadow_root_are_counted_and_judged(problems):
    samples = "[...document.querySelectorAll('.sample-frame')]"
    kinds, gauge = problems(path="/skins")
    assert kinds == set()
    pale = "root.querySelector('h3').style.color = '#aaa'"
    kinds, worse = problems(path="/skins", script=f"{samples}.forEach(({{ shadowRoot: root }}) => {{ {pale} }})")
    assert kinds == {"text"}
    assert worse.letters == gauge.letters


@pytest.fixture
def within(browser, monkeypatch):
    """The gate measures in the browser of the tests, past the content policy."""
    monkeypatch.setattr(check, "_browser", [browser])
    monkeypatch.setattr(check, "dressed", partial(dressed, bypass_csp=True))


SHIFT = Job("shift", "/login", 1280)
LOOK = Look("lux", "light")
LATE = "addEventListener('load', () => setTimeout(() => { %s }, 50));"


def test_a_page_that_stays_where_it_is_and_asks_nobody_else(site, within):
    assert check.run(SHIFT, [LOOK], site.url, site.data)["problems"] == []


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (
            "document.body.prepend(Object.assign(document.createElement('div'), { innerHTML: '<br>'.repeat(9) }))",
            "shift",
        ),
        ("new Image().src = 'http://127.0.0.1:9/counted.png'", "elsewhere"),
    ],
)
def test_what_moves_while_it_loads_and_asks_elsewhere_is_told(site, within, monkeypatch, script, kind):
    monkeypatch.setattr(check, "SHIFTS", check.SHIFTS + LATE % script)
    assert [each["kind"] for each in check.run(SHIFT, [LOOK], site.url, site.data)["problems"]] == [kind]


def test_a_gate_that_sees_nothing_move_is_broken(site, within, monkeypatch):
    monkeypatch.setattr(check, "SHIFTS", "globalThis.moved = 0;")
    with pytest.raises(SystemExit, match="the gate is broken"):
        check.run(SHIFT, [LOOK], site.url, site.data)


def test_a_look_that_does_not_follow_the_system_is_told(site, within, monkeypatch):
    both = [Look("lux", "light"), Look("lux", "dark")]
    assert check.run(Job("mode", "/login", 1280), both, site.url, site.data)["problems"] == []

    def otherwise(page, look, manifest):
        wear(page, look, manifest)
        page.evaluate(f"document.querySelector('h1').style.color = {'red' if look.mode == 'auto' else ''!r}")

    monkeypatch.setattr(check, "wear", otherwise)
    assert {each["look"] for each in check.run(Job("mode", "/login", 1280), both, site.url, site.data)["problems"]} == {
        "lux-light",
        "lux-dark",
    }


def test_of_an_open_menu_all_is_looked_at_and_nothing_of_what_lies_behind(problems):
    opening = Job("menu", "/", 1280, script="document.querySelector('#skin-menu').open = true", within="#skin-menu")
    kinds, gauge = problems(job=opening)
    assert kinds == set()
    assert gauge.seen_states >= 10
    assert problems(".row-title a:hover { color: #bbb; }", job=opening)[0] == set()
    assert problems("#skin-menu .menu-item:hover { color: #aaa; }", job=opening)[0] == {"hover", "active"}
    assert problems("#skin-menu .menu-head { color: #aaa; }", job=opening)[0] == {"text", "axe color-contrast"}
