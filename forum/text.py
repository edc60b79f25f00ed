"""Markdown to safe HTML: CommonMark and GFM, mentions, quotes, highlighted code; never raw HTML.

comrak renders (CommonMark 0.31, GFM), a few passes over its output add what a forum needs, and nh3 always has
the last word on tags, attributes and addresses.
"""

import html as _html
import re
from collections.abc import Mapping

import comrak
import nh3
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

from core import images
from core.i18n import gettext as _

RENDER_VERSION = 1
_LONGEST_CODE = 20_000
"""Characters; longer code is shown without colours."""

_extensions = comrak.ExtensionOptions()
_extensions.table = _extensions.strikethrough = _extensions.autolink = True
_extensions.tasklist = _extensions.spoiler = _extensions.shortcodes = True
_extensions.cjk_friendly_emphasis = True
_parse = comrak.ParseOptions()
_render = comrak.RenderOptions()
_render.escape = True  # raw HTML is shown as it was typed
_render.hardbreaks = True

_TAGS = {
    "a", "blockquote", "br", "code", "del", "div", "em", "h3", "h4", "h5", "h6", "hr", "input", "li", "ol",
    "img", "p", "picture", "pre", "source", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title", "class"},
    "code": {"class"},
    "div": {"class", "tabindex", "role", "aria-label"},
    "img": {"src", "srcset", "sizes", "width", "height", "alt", "loading", "decoding"},
    "source": {"type", "srcset", "sizes"},
    "input": {"type", "checked", "disabled", "aria-label"},
    "ol": {"start"},
    "pre": {"tabindex"},
    "span": {"class", "tabindex"},
    "td": {"align"},
    "th": {"align"},
}
_cleaner = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
    strip_comments=True,
)
_trusted = nh3.Cleaner(
    tags=_TAGS
    | {
        "abbr",
        "address",
        "aside",
        "b",
        "caption",
        "center",
        "cite",
        "dd",
        "details",
        "dl",
        "dt",
        "figcaption",
        "figure",
    }
    | {
        "footer",
        "h2",
        "header",
        "i",
        "ins",
        "kbd",
        "mark",
        "nav",
        "q",
        "s",
        "section",
        "small",
        "sub",
        "summary",
        "sup",
    }
    | {"tfoot", "time", "u", "wbr"},
    clean_content_tags={"script", "style"},
    attributes={**_ATTRIBUTES, "*": {"class", "title", "lang", "dir"}, "a": {"href", "rel", "target"}},
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel=None,
    strip_comments=True,
)
_formatter = HtmlFormatter(nowrap=True, classprefix="hl-")

_MENTION = re.compile(r"(?<![\w@/.+-])@(\w[\w-]{0,79})")
_TOKEN = re.compile(r"<[^>]*>|[^<]+")
_CODE = re.compile(r'<pre><code(?: class="language-([^"]*)")?>(.*?)</code></pre>', re.DOTALL)
_IMAGE = re.compile(r'<img src="([^"]*)" alt="([^"]*)"[^>]*/?>')
_UPLOADED = re.compile(r"(/uploads/[A-Za-z0-9_-]{22}/)([1-9]\d{0,3})x([1-9]\d{0,4})\.(jpg|png|gif)")
_HEADING = re.compile(r"<(/?)h([1-6])>")
_CHECKBOX = re.compile(r'<input type="checkbox"( checked="")? disabled="" />')
_LINK = re.compile(r"<a [^>]*>.*?</a>", re.DOTALL)
_OUTWARD = '<a rel="nofollow ugc noopener"'
"""How a link to another site begins."""
_OUTSIDE = re.compile(r'<a href="(?!/(?!/)|[#?"])')
_TAG = re.compile(r"<(/?)(\w+)[^>]*>")
_BREAK = re.compile(r"</?(?:p|div|li|ul|ol|blockquote|pre|h\d|tr|td|th|table|br|hr|details|summary|img)\b[^>]*>")
_SIGN = re.compile(r"[\\`*_\[\]<>~|]")
_VOID = {"br", "hr", "img", "input"}
_DEEPEST = 100
"""Levels of elements inside each other; the sanitiser's time grows with the square of them."""


def mentioned(source: str) -> set[str]:
    """The handles that a text may be mentioning, lower case."""
    return {name.lower().rstrip("-_") for name in _MENTION.findall(source)}


def render(source: str, handles: Mapping[str, str] | None = None) -> str:
    """Safe HTML from Markdown. `handles` maps known handles to the addresses that mentions link to."""
    body = comrak.render_markdown(source, _extensions, _parse, _render)
    if body.count("<") > 10 * _DEEPEST:
        body = _shallow(body)
    body = _CODE.sub(_colour, body)
    body = _LINK.sub(lambda found: _IMAGE.sub(r"\2", found[0]), body)  # a link holds no other link
    body = _IMAGE.sub(_linked_image, body)
    body = _HEADING.sub(lambda found: f"<{found[1]}h{min(6, int(found[2]) + 2)}>", body)
    body = body.replace(
        "<table>", f'<div class="table-scroll" role="region" tabindex="0" aria-label="{_("Table")}"><table>'
    )
    body = body.replace("</table>", "</table></div>")
    body = body.replace('<span class="spoiler">', '<span class="spoiler" tabindex="0">')
    body = _CHECKBOX.sub(_labelled_checkbox, body)
    if handles:
        body = _link_mentions(body, handles)
    return _OUTSIDE.sub(f'{_OUTWARD} href="', _cleaner.clean(body))


def apart(html: str) -> str:
    """Rendered HTML whose links to other sites open in a new tab."""
    return html.replace(_OUTWARD, f'{_OUTWARD} target="_blank"')


def trusted(source: str) -> str:
    """HTML of an administrator, without what the site's content policy would not let run: scripts, styles, forms, frames."""
    return _trusted.clean(source)


def excerpt(html: str, longest: int = 200) -> str:
    """The beginning of rendered HTML as plain text, cut at a word; quotes and code are left out."""
    without = re.sub(r"<(blockquote|pre)\b.*?</\1>", " ", html, flags=re.DOTALL)
    without = re.sub(r'<span class="spoiler"[^>]*>.*?</span>', "…", without, flags=re.DOTALL)
    plain = " ".join(_html.unescape(re.sub(r"<[^>]*>", " ", without or html)).split())
    if not plain:
        plain = " ".join(_html.unescape(re.sub(r"<[^>]*>", " ", html)).split())
    plain = re.sub(r" ([,.;:!?])", r"\1", plain)
    if len(plain) <= longest:
        return plain
    return plain[: longest - 1].rsplit(" ", 1)[0].rstrip(",.;:") + "…"


def plain(html: str, *, spoilers: bool = True) -> str:
    """The words of rendered HTML; without `spoilers`, what they hide is left out."""
    if not spoilers:
        html = re.sub(r'<span class="spoiler"[^>]*>.*?</span>', "…", html, flags=re.DOTALL)
    apart = _BREAK.sub(" ", html)
    return _html.unescape(re.sub(r"<[^>]*>", "", apart))


def link(words: str, address: str) -> str:
    """The Markdown of a link that shows these words as they are."""
    shown = _SIGN.sub(r"\\\g<0>", words)
    return f"[{shown}]({address})"


def quote_lead(author: str, post_id: int) -> str:
    """The line over a quote: who wrote it, with a link back."""
    return f"{link(author, f'/post/{post_id}')} {_('wrote')}:"


def quote(author: str, post_id: int, source: str) -> str:
    """A text that quotes another, ready for the composer."""
    lines = "\n".join("> " + line if line else ">" for line in source.strip().splitlines())
    return f"{quote_lead(author, post_id)}\n\n{lines}\n\n"


def _shallow(body: str) -> str:
    depth = 0

    def keep(found: re.Match[str]) -> str:
        nonlocal depth
        closing, tag = found[1], found[2]
        if tag in _VOID:
            return found[0]
        depth -= bool(closing)
        kept = depth < _DEEPEST
        depth += not closing
        return found[0] if kept else ""

    return _TAG.sub(keep, body)


def _colour(found: re.Match[str]) -> str:
    language, code = found[1], found[2]
    if language and len(code) <= _LONGEST_CODE:
        try:
            lexer = get_lexer_by_name(language.split()[0], stripnl=False)
        except (ClassNotFound, IndexError):
            pass
        else:
            code = highlight(_html.unescape(code), lexer, _formatter)
    return f'<pre tabindex="0"><code>{code}</code></pre>'


def _linked_image(found: re.Match[str]) -> str:
    address, words = found[1], found[2]
    own = _UPLOADED.fullmatch(address)
    if own:
        return _picture(own, address, words)
    # An image of another site would tell that site who reads: it becomes a link.
    return f'<a href="{address}">{words or address}</a>' if address else words


def _picture(own: re.Match[str], address: str, words: str) -> str:
    folder, width, height, ending = own[1], int(own[2]), int(own[3]), own[4]
    widths = [width] if ending == "gif" else images.steps(width)
    small, fallback = (", ".join(f"{folder}{step}.{kind} {step}w" for step in widths) for kind in ("webp", ending))
    sizes = f"(max-width: 700px) 100vw, {min(width, 700)}px"
    return (
        f'<a class="picture" href="{address}"><picture><source type="image/webp" srcset="{small}" sizes="{sizes}">'
        f'<img src="{folder}{widths[min(1, len(widths) - 1)]}.{ending}" srcset="{fallback}" sizes="{sizes}" '
        f'width="{width}" height="{height}" alt="{words}" loading="lazy" decoding="async"></picture></a>'
    )


def _labelled_checkbox(found: re.Match[str]) -> str:
    label = _("Done") if found[1] else _("To do")
    return f'<input type="checkbox" aria-label="{label}" disabled=""{found[1] or ""}>'


def _link_mentions(body: str, handles: Mapping[str, str]) -> str:
    result, closed_to = [], ""

    def link(found: re.Match[str]) -> str:
        name = found[1]
        address = handles.get(name.lower().rstrip("-_"))
        if address is None:
            return found[0]
        kept = name.rstrip("-_")
        return f'<a class="mention" href="{address}">@{kept}</a>{name[len(kept) :]}'

    for token in _TOKEN.findall(body):
        if token.startswith("<"):
            tag = token[1:].split(None, 1)[0].rstrip(">").lower()
            if closed_to:
                closed_to = "" if tag == "/" + closed_to else closed_to
            elif tag in ("a", "code", "pre"):
                closed_to = tag
            result.append(token)
        else:
            result.append(token if closed_to else _MENTION.sub(link, token))
    return "".join(result)
