"""Folding: what a template says the same each time (its words, icons, addresses of files) is worked out when it is compiled."""

import re
from collections.abc import Callable, MutableMapping
from functools import lru_cache
from gettext import NullTranslations
from itertools import zip_longest
from types import FunctionType
from typing import Any, cast

from flask import Flask, current_app, template_rendered
from flask.templating import Environment
from jinja2 import Template, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape

from core import i18n
from web.pieces import Piece, Pieces

_WORDS = {"_", "gettext"}
_SAME = {"icon", "asset"}


class _Context(Context):
    """What a template sees. Jinja asks of each function that one calls, and of all globals together, more than it needs."""

    def __init__(self, environment: Any, parent: Any, name: Any, blocks: Any, globals: Any = None) -> None:  # noqa: A002
        # the names of all globals would be gathered for a question that is not asked here (`_get_default_module`)
        super().__init__(environment, parent, name, blocks)

    def call(__self, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        if type(__obj) is not FunctionType or hasattr(__obj, "jinja_pass_arg"):
            return super().call(__obj, *args, **kwargs)
        kwargs.pop("_loop_vars", None)
        kwargs.pop("_block_vars", None)
        return __obj(*args, **kwargs)


class _Template(Template):
    """A template whose macros see what they are given, and what every template sees: never the page around them."""

    def encoded(self, values: dict[str, Any]) -> list[bytes]:
        """What it makes of some values, in UTF-8: piece by piece, as what is kept (web/pieces.py) is encoded already."""
        try:
            return [piece.encode() for piece in self.root_render_func(self.new_context(values))]
        except Exception:
            self.environment.handle_exception()  # raises it, with the lines of the template

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        # Jinja would look each time whether the page defines something more, and make the macros anew if it did
        return super()._get_default_module()


class _Generator(CodeGenerator):
    """Writes a value into a page by way of `shown`."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile and finalize.src is None:
            self.write("environment.shown(")
        else:
            super()._output_child_pre(node, frame, finalize)


class FoldingEnvironment(Environment):
    """Jinja's environment, with constant calls folded. One language each: the words are in the compiled templates."""

    template_class = _Template
    context_class = _Context
    code_generator_class = _Generator

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._known: dict[str, Template] = {}

    @staticmethod
    def shown(value: Any) -> str:
        """A value as it stands in a page: escaped, unless it is HTML already, which needs no further look."""
        kind = type(value)
        if kind is Markup or kind is Piece:
            return value  # type: ignore[no-any-return]
        return value.__html__() if kind is Pieces else escape(value)

    def get_template(self, name: Any, parent: str | None = None, globals: Any = None) -> Template:  # noqa: A002
        """A template by its name, found in one step where templates do not change while the site runs."""
        if self.auto_reload or globals or type(name) is not str:
            return super().get_template(name, parent, globals)
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = super().get_template(name, parent)
        return found

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        # a chain of mappings, which Jinja would make, is copied entry by entry for each page
        return super().make_globals(d) if d else self.globals

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        folder = _Folder(self, tight=bool(name and name.endswith(".html")))
        tree: nodes.Template = folder.visit(super()._parse(source, name, filename))
        return tree


class _Folder(NodeTransformer):
    def __init__(self, env: Environment, *, tight: bool) -> None:
        self.env = env
        self.tight = tight  # an HTML page is sent without what makes its template easy to read

    def visit_TemplateData(self, node: nodes.TemplateData) -> nodes.Node:  # noqa: N802
        if self.tight:
            node.data = _INDENT.sub(r"\1", _FIRST_INDENT.sub(" ", node.data))
        return node

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        called = node.node.name if isinstance(node.node, nodes.Name) else ""
        fixed = all(isinstance(each, nodes.Const) for each in node.args)
        if called not in _WORDS | _SAME or not fixed or node.dyn_args or node.dyn_kwargs:
            return node
        if not all(isinstance(each.value, nodes.Const) for each in node.kwargs):
            return (_filled(node) or node) if called in _WORDS else node
        values: list[Any] = [each.value for each in node.args]  # type: ignore[attr-defined]
        named: dict[str, Any] = {each.key: each.value.value for each in node.kwargs}  # type: ignore[attr-defined]
        made = self.env.globals[called](*values, **named) if called in _SAME else _words(values[0], **named)
        return nodes.Const(made, lineno=node.lineno)


def rendered(name: str, values: dict[str, Any]) -> list[bytes]:
    """A page, or a part of one, made by a template, as Flask's `render_template` makes it; encoded, and in pieces."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    app.update_template_context(values)
    template = cast(_Template, app.jinja_env.get_template(name))
    made = template.encoded(values)
    if template_rendered.receivers:
        template_rendered.send(app, template=template, context=values)
    return made


def counting(catalogue: NullTranslations) -> Callable[..., Markup]:
    """`ngettext` for templates: what counts nothing but its number is put together once for each."""

    @lru_cache(maxsize=2048)
    def counted(singular: str, plural: str, number: int) -> Markup:
        return Markup(catalogue.ngettext(singular, plural, number)) % {"num": number}  # noqa: S704

    def ngettext(singular: str, plural: str, num: int, /, **values: Any) -> Markup:
        if not values or values == {"num": num}:
            return counted(singular, plural, num)
        return Markup(catalogue.ngettext(singular, plural, num)) % {"num": num, **values}  # noqa: S704

    return ngettext


_INDENT, _FIRST_INDENT = re.compile(r"(\n)[ \t]+"), re.compile(r"^[ \t]{2,}")
_GAP = re.compile(r"%\((\w+)\)s")


def _filled(node: nodes.Call) -> nodes.Concat | None:
    """Words with values in them as their pieces one after the other, each escaped if need be; None if that says less."""
    texts_and_names = _GAP.split(i18n.gettext(node.args[0].value))  # type: ignore[attr-defined]
    texts, names = texts_and_names[::2], texts_and_names[1::2]
    values = {each.key: each.value for each in node.kwargs}
    if not any(texts) or any("%" in text.replace("%%", "") for text in texts) or sorted(names) != sorted(values):
        return None
    pieces: list[nodes.Expr] = []
    for text, name in zip_longest(texts, names):
        if text:
            pieces.append(nodes.Const(Markup(text.replace("%%", "%")), lineno=node.lineno))  # noqa: S704
        if name:
            pieces.append(values[name])
    return nodes.Concat(pieces, lineno=node.lineno)


def _words(message: str, /, **named: Any) -> Markup:
    return Markup(i18n.gettext(message)) % named  # noqa: S704
