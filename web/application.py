"""The application: Flask's own, without what it asks of every request and can know beforehand."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask, Request
from werkzeug.routing import Map, MapAdapter, RequestRedirect, Rule

from core.store import Store

_Found = tuple[Rule, Mapping[str, Any]]


class Livery(Flask):
    """A Flask application at one address, none of whose functions is a coroutine, and no blueprint has a template context."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._found: Store[_Found] = Store(1024 * 1024, "addresses")

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function: to ask of each whether it is a coroutine takes longer than many of them."""
        return func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """The same as Flask's, put together of what the request knows already."""
        if request is None or not request.host.isascii():
            return super().create_url_adapter(request)
        return _Addresses(self._found, self.url_map, request)

    def update_template_context(self, context: dict[str, Any]) -> None:
        """Adds what every template may use; what it is given goes before that."""
        for values in self.template_context_processors[None]:
            for name, value in values().items():
                context.setdefault(name, value)


class _Addresses(MapAdapter):
    """Finds the view for an address, and knows it when the same is asked again."""

    def __init__(self, found: Store[_Found], addresses: Map, request: Request) -> None:
        super().__init__(
            addresses, request.host.lower(), request.root_path or "/", addresses.default_subdomain, request.scheme,
            request.path, request.method, request.environ.get("QUERY_STRING", ""),
        )  # fmt: skip
        self._found = found
        # Werkzeug takes it for the address that begins with one stroke
        self._doubled = request.environ.get("PATH_INFO", "").startswith("//")

    def match(self, *args: Any, **options: Any) -> Any:
        if args or options != {"return_rule": True}:
            return super().match(*args, **options)
        if self._doubled:
            raise RequestRedirect(self.make_redirect_url(self.path_info.lstrip("/"), self.query_args))
        asked = self.default_method, self.path_info
        known = self._found.get(asked)
        if known is None:
            known = super().match(return_rule=True)
            self._found.put(asked, known, 500 + len(self.path_info))
        rule, values = known
        return rule, dict(values)
