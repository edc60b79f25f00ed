"""Markdown to HTML: what it can do, and what never gets through."""

import re
import time
from html.parser import HTMLParser

import pytest

from forum import text
from forum.text import excerpt, mentioned, quote, render
from tests.payloads import PAYLOADS

OUTSIDE = 'rel="nofollow ugc noopener" '

# CommonMark 0.31 by its sections, in this site's dialect: raw HTML is shown, a line end is a line break, headings
# begin at h3, code can be scrolled to with the keyboard.
EXAMPLES = [
    # thematic breaks
    ("---", "<hr>"),
    ("***", "<hr>"),
    (" _ _ _", "<hr>"),
    ("--", "<p>--</p>"),
    # headings
    ("# One", "<h3>One</h3>"),
    ("## Two ##", "<h4>Two</h4>"),
    ("#### Four", "<h6>Four</h6>"),
    ("###### Six", "<h6>Six</h6>"),
    ("####### seven", "<p>####### seven</p>"),
    ("#nospace", "<p>#nospace</p>"),
    ("\\# not one", "<p># not one</p>"),
    ("Setext\n======", "<h3>Setext</h3>"),
    ("Setext\n------", "<h4>Setext</h4>"),
    # code
    ("    code", '<pre tabindex="0"><code>code\n</code></pre>'),
    ("\ttab", '<pre tabindex="0"><code>tab\n</code></pre>'),
    ("```\n<b>\n```", '<pre tabindex="0"><code>&lt;b&gt;\n</code></pre>'),
    ("~~~\ncode\n~~~", '<pre tabindex="0"><code>code\n</code></pre>'),
    ("```\nnever closed", '<pre tabindex="0"><code>never closed</code></pre>'),
    ("`code`", "<p><code>code</code></p>"),
    ("`` a`b ``", "<p><code>a`b</code></p>"),
    ("`*a*`", "<p><code>*a*</code></p>"),
    ("`a", "<p>`a</p>"),
    # raw HTML is text
    ("<div>raw</div>", "&lt;div&gt;raw&lt;/div&gt;"),
    ("a <b>c</b>", "<p>a &lt;b&gt;c&lt;/b&gt;</p>"),
    ("<!-- c -->", "&lt;!-- c --&gt;"),
    # paragraphs and line breaks
    ("a\nb", "<p>a<br>\nb</p>"),
    ("a  \nb", "<p>a<br>\nb</p>"),
    ("a\\\nb", "<p>a<br>\nb</p>"),
    ("a\n\n\nb", "<p>a</p>\n<p>b</p>"),
    ("  a", "<p>a</p>"),
    # quotes
    ("> a\n> b", "<blockquote>\n<p>a<br>\nb</p>\n</blockquote>"),
    ("> a\nlazy", "<blockquote>\n<p>a<br>\nlazy</p>\n</blockquote>"),
    (">> a", "<blockquote>\n<blockquote>\n<p>a</p>\n</blockquote>\n</blockquote>"),
    # lists
    ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
    ("* a", "<ul>\n<li>a</li>\n</ul>"),
    ("+ a", "<ul>\n<li>a</li>\n</ul>"),
    ("-a", "<p>-a</p>"),
    ("1. a\n2. b", "<ol>\n<li>a</li>\n<li>b</li>\n</ol>"),
    ("3) c", '<ol start="3">\n<li>c</li>\n</ol>'),
    ("1986\\. no list", "<p>1986. no list</p>"),
    ("- a\n  - b", "<ul>\n<li>a\n<ul>\n<li>b</li>\n</ul>\n</li>\n</ul>"),
    ("- a\n\n- b", "<ul>\n<li>\n<p>a</p>\n</li>\n<li>\n<p>b</p>\n</li>\n</ul>"),
    # escapes and entities
    ("\\*a\\*", "<p>*a*</p>"),
    ("&amp; &copy; &#35; &nosuch;", "<p>&amp; © # &amp;nosuch;</p>"),
    ("5 < 6 > 4 & 3", "<p>5 &lt; 6 &gt; 4 &amp; 3</p>"),
    # emphasis
    ("*a* _b_", "<p><em>a</em> <em>b</em></p>"),
    ("**a** __b__", "<p><strong>a</strong> <strong>b</strong></p>"),
    ("***a***", "<p><em><strong>a</strong></em></p>"),
    ("*a **b** c*", "<p><em>a <strong>b</strong> c</em></p>"),
    ("snake_case_word", "<p>snake_case_word</p>"),
    ("in*si*de", "<p>in<em>si</em>de</p>"),
    ("* not em *", "<ul>\n<li>not em *</li>\n</ul>"),
    ("**中文**字", "<p><strong>中文</strong>字</p>"),
    # links
    ('[a](/b "t")', '<p><a href="/b" title="t">a</a></p>'),
    ("[a](<b c>)", f'<p><a {OUTSIDE}href="b%20c">a</a></p>'),
    ("[a]\n\n[a]: /b", '<p><a href="/b">a</a></p>'),
    ("[a][b]\n\n[b]: /c 'T'", '<p><a href="/c" title="T">a</a></p>'),
    ("[not a link]", "<p>[not a link]</p>"),
    ("[a *b*](/c)", '<p><a href="/c">a <em>b</em></a></p>'),
    ("<https://x.example>", f'<p><a {OUTSIDE}href="https://x.example">https://x.example</a></p>'),
    ("<me@x.example>", f'<p><a {OUTSIDE}href="mailto:me@x.example">me@x.example</a></p>'),
    # GitHub's additions
    ("https://x.example/a_b.", f'<p><a {OUTSIDE}href="https://x.example/a_b">https://x.example/a_b</a>.</p>'),
    ("www.x.example", f'<p><a {OUTSIDE}href="http://www.x.example">www.x.example</a></p>'),
    ("~~a~~", "<p><del>a</del></p>"),
    # ours
    (":tada: :nosuch:", "<p>🎉 :nosuch:</p>"),
    ("||a||", '<p><span class="spoiler" tabindex="0">a</span></p>'),
    ("a || b", "<p>a || b</p>"),
]


@pytest.mark.parametrize(("source", "html"), EXAMPLES)
def test_markdown(source, html):
    assert render(source).rstrip("\n") == html


def test_a_table_scrolls_in_a_place_of_its_own():
    html = render("| a | b |\n|:--|--:|\n| 1 | 2 |")
    assert html.startswith('<div class="table-scroll" role="region" tabindex="0" aria-label="Table"><table>')
    assert '<th align="right">b</th>' in html
    assert html.rstrip().endswith("</table></div>")


def test_tasks_have_boxes_with_words():
    html = render("- [ ] a\n- [x] b")
    assert '<input type="checkbox" aria-label="To do" disabled="">' in html
    assert '<input type="checkbox" aria-label="Done" disabled="" checked="">' in html


def test_code_is_coloured_by_its_language():
    html = render("```python\ndef a(): return 'x<y'\n```")
    assert '<span class="hl-k">def</span>' in html
    assert "x&lt;y" in html
    assert "style=" not in html


@pytest.mark.parametrize(
    "language", ["python", "js", "rust", "html", "sql", "c++", "diff", "Python", "bash extra words"]
)
def test_many_languages(language):
    html = render(f"```{language}\n<a> = 1\n```")
    assert html.startswith('<pre tabindex="0"><code>')
    assert "<a>" not in html


@pytest.mark.parametrize("language", ["nosuch", "", " ", "../../etc/passwd", '"><script>', "a" * 500, "\x00", "日本語"])
def test_an_unknown_language_is_plain(language):
    assert "<span" not in render(f"```{language}\nx = 1\n```")


def test_very_long_code_is_shown_without_colours():
    assert "<span" not in render("```python\n" + "x = 1\n" * 4000 + "```")


# --- links and images ---


def leads_somewhere_safe(address: str) -> bool:
    """Whether a browser would take an address as one of the web (or of this site), not as a script."""
    shortened = re.sub(r"[\x00-\x20]", "", address)  # what browsers leave out when they look for the scheme
    scheme = re.match(r"([a-z][a-z0-9+.-]*):", shortened, re.IGNORECASE)
    return scheme is None or scheme[1].lower() in ("http", "https", "mailto")


@pytest.mark.parametrize(
    "address",
    [
        "https://x.example", "http://x.example", "//x.example", "HTTPS://x.example", "HtTp://x.example",
        "https:x.example", "mailto:a@x.example", "<  //x.example>", "&#x2f;&#x2f;x.example", "https://localhost/topic/7",
    ],
)  # fmt: skip
def test_links_that_lead_away_say_so(address):
    html = render(f"[words]({address})")
    assert 'rel="nofollow ugc noopener"' in html


@pytest.mark.parametrize("address", ["/topic/7", "#post-9", "?sort=most_votes", "/a//b"])
def test_links_within_the_site_do_not(address):
    assert "rel=" not in render(f"[words]({address})")


def test_an_image_becomes_a_link():
    assert render("![A cat](https://x.example/c.png)").strip() == (
        f'<p><a {OUTSIDE}href="https://x.example/c.png">A cat</a></p>'
    )
    assert '">https://x.example/c.png</a>' in render("![](https://x.example/c.png)")
    assert "<img" not in render('![a](/b.png "t") ![c][d]\n\n[d]: /e.png')


def test_an_image_in_a_link_becomes_its_words():
    assert (
        render("[![A cat](/c.png)](https://x.example)").strip()
        == f'<p><a {OUTSIDE}href="https://x.example">A cat</a></p>'
    )


@pytest.mark.parametrize(
    "scheme", ["javascript", "JaVaScRiPt", "vbscript", "data", "file", "ftp", "java&#10;script", "blob"]
)
def test_other_schemes_lead_nowhere(scheme):
    for source in (
        f"[a]({scheme}:alert(1))",
        f"![a]({scheme}:alert(1))",
        f"[a]\n\n[a]: {scheme}:alert(1)",
        f"<{scheme}:alert>",
    ):
        for _, name, value in attributes(render(source)):
            assert name != "href" or leads_somewhere_safe(value)


# --- mentions ---

KNOWN = {"ann": "/user/ann", "žofie": "/user/žofie", "anne-marie": "/user/anne-marie"}


@pytest.mark.parametrize(
    ("source", "linked"),
    [
        ("@ann", "@ann"),
        ("Hello @Ann!", "@Ann"),
        ("(@ann)", "@ann"),
        ("@ann, @ann's", "@ann"),
        ("@ann-", "@ann"),
        ("@anne-marie", "@anne-marie"),
        ("@Žofie", "@Žofie"),
        ("**@ann**", "@ann"),
        ("> @ann", "@ann"),
        ("- @ann", "@ann"),
        ("||@ann||", "@ann"),
    ],
)
def test_somebody_mentioned_is_linked(source, linked):
    html = render(source, KNOWN)
    assert f'<a class="mention" href="/user/{linked[1:].lower()}">{linked}</a>' in html


@pytest.mark.parametrize(
    "source",
    [
        "ann", "@nobody", "me@ann.example", "@ann@elsewhere.example", "`@ann`", "    @ann", "```\n@ann\n```",
        "[@ann](/x)", "/@ann", "https://x.example/@ann", "@@ann", "a@ann", "@ann_marie", "<https://x.example/@ann>",
    ],
)  # fmt: skip
def test_what_is_no_mention(source):
    assert 'class="mention"' not in render(source, KNOWN)


def test_who_is_mentioned():
    assert mentioned("@Ann and @bert- (@cora) me@mail.example @@d") == {"ann", "bert", "cora"}


# --- excerpts and quotes ---


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ("One *two* **three**.", "One two three."),
        ("> quoted\n\nMine.", "Mine."),
        ("```\ncode\n```\n\nAfter.", "After."),
        ("> only quoted", "only quoted"),
        ("Who? ||the butler||", "Who? …"),
        ("a < b & c", "a < b & c"),
        ("# Head\n\nText", "Head Text"),
        ("", ""),
        ("[a](/b), c", "a, c"),
    ],
)
def test_the_beginning_of_a_text(source, plain):
    assert excerpt(render(source)) == plain


def test_a_long_beginning_is_cut_at_a_word():
    short = excerpt(render("word " * 100), 50)
    assert len(short) <= 50
    assert short.endswith("word…")
    assert len(excerpt(render("x" * 1000))) <= 200


def test_a_spoiler_is_not_given_away_by_the_excerpt():
    assert "butler" not in excerpt(render("||it was **the butler** `x`|| and ||the butler||"))


@pytest.mark.parametrize("name", ["Ann", "_Ann_", "__Ann__", "a.b-c", "O'Neill", "山田太郎"])
def test_a_quote_shows_the_name_as_it_is(name):
    html = render(quote(name, 7, "Line one.\n\nLine two."))
    assert f'<a href="/post/7">{name}</a> wrote:' in html
    assert "<blockquote>\n<p>Line one.</p>\n<p>Line two.</p>\n</blockquote>" in html


def test_a_quote_of_a_quote_and_of_code():
    html = render(quote("Ann", 7, "> earlier\n\n```\ncode\n```"))
    assert html.count("<blockquote>") == 2
    assert "<pre" in html


# --- what never gets through ---

ALLOWED = {
    "a": {"href", "title", "class", "rel"},
    "code": set(),
    "div": {"class", "tabindex", "role", "aria-label"},
    "input": {"type", "checked", "disabled", "aria-label"},
    "ol": {"start"},
    "pre": {"tabindex"},
    "span": {"class", "tabindex"},
    "td": {"align"},
    "th": {"align"},
    "picture": set(),
    "source": {"type", "srcset", "sizes"},
    "img": {"src", "srcset", "sizes", "width", "height", "alt", "loading", "decoding"},
    **dict.fromkeys("blockquote br del em h3 h4 h5 h6 hr li p strong table tbody thead tr ul".split(), frozenset()),
}


def attributes(html: str) -> list[tuple[str, str, str]]:
    """Every attribute of some HTML: element, name, value."""
    found = []

    class Walk(HTMLParser):
        def handle_starttag(self, tag, attrs):
            found.extend((tag, name, value or "") for name, value in [("", ""), *attrs])

        def handle_comment(self, data):
            found.append(("!", "comment", data))

        def unknown_decl(self, data):
            found.append(("!", "declaration", data))

        def handle_pi(self, data):
            found.append(("!", "instruction", data))

    walk = Walk()
    walk.feed(html)
    walk.close()
    return found


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_runs(payload):
    for source in (payload, f"text {payload} text", f"> {payload}", f"[a]({payload})", f"- {payload}\n\n{payload}"):
        html = render(source, {"ann": "/user/ann"})
        for tag, name, value in attributes(html):
            assert tag in ALLOWED, f"<{tag}> from {source!r}"
            assert not name or name in ALLOWED[tag], f"{name} on <{tag}> from {source!r}"
            if name == "href":
                assert leads_somewhere_safe(value), f"{value} from {source!r}"
            if name in ("src", "srcset"):
                assert value.startswith("/uploads/"), f"{value} from {source!r}"
            if name == "class":
                assert value in ("mention", "spoiler", "table-scroll", "picture") or value.startswith("hl-")


def test_a_payload_is_shown_as_it_was_typed():
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in render("<script>alert(1)</script>")


LONG = {
    "quotes": ">" * 32_767,
    "quotes with spaces": "> " * 16_000 + "x",
    "lists": "- " * 16_000 + "x",
    "numbered lists": "1. " * 10_000 + "x",
    "stars": "*" * 16_000 + "a" + "*" * 16_000,
    "emphasis": "*a _b " * 5_000,
    "brackets": "[" * 32_767,
    "links": "[a](/b) " * 4_000,
    "images": "![a](/b) " * 3_600,
    "images in links": "[![a](/b)](/c) " * 2_000,
    "mentions": "@ann " * 6_000,
    "at signs": "@" * 32_767,
    "spoilers": "||a " * 8_000,
    "backticks": "".join("`" * size + " " for size in range(250)),
    "table": "|a|b|\n|-|-|\n" + "|x|y|\n" * 5_000,
    "wide table": "|a" * 4_000 + "\n" + "|-" * 4_000,
    "code": "```python\n" + "x=1\n" * 4_900 + "```",
    "fences": "```\n" * 8_000,
    "references": "[a]: b\n" * 4_000 + "[a]" * 500,
    "less-than signs": "<" * 32_767,
    "ampersands": "&" * 32_767,
    "addresses": "http://a.b/" * 2_900,
    "colons": ":" * 32_767,
}


@pytest.mark.parametrize("name", LONG)
def test_no_text_takes_long(name):
    start = time.process_time()
    html = render(LONG[name], {"ann": "/user/ann"})
    excerpt(html)
    assert time.process_time() - start < 1.5


def test_deep_nesting_ends_somewhere_and_stays_well_formed():
    html = render(">" * 5_000 + " deep\n\nafter")
    assert html.count("<blockquote>") == html.count("</blockquote>") <= 100
    assert "deep" in html
    assert html.rstrip().endswith("<p>after</p>")


def test_ordinary_nesting_is_kept():
    source = "\n".join("  " * level + f"- level {level}" for level in range(30)) + "\n\n" + "word *em* " * 600
    assert render(source).count("<ul>") == 30


def test_the_version_of_the_rendering_is_kept_with_every_post():
    assert text.RENDER_VERSION >= 1
