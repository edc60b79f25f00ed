"""The gate of the skins cannot pass falsely: whatever is wrong with a page, it says so."""

import json

import pytest

from skins.measure import GAUGE, Gauge, Job, opened, wear
from skins.stage import ROOT, Look

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

    def found(style="", script="", path="/login"):
        job = Job("login", path, 1280, rails=False)
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
